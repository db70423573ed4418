use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use secrecy::SecretString;

use super::automaton::Automaton;
use super::{CUT, Cutter, Redactor, SecretError};

fn redactor(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::default();
    for secret in secrets {
        redactor.add("test", &SecretString::from((*secret).to_owned())).unwrap();
    }
    redactor
}

/// A registry without the refusals.
fn any_redactor(secrets: &[String]) -> Redactor {
    Redactor::of(secrets.iter().map(|it| (String::new(), SecretString::from(it.clone()))).collect())
}

fn cut_in_pieces(redactor: &Redactor, pieces: &[&[u8]]) -> Vec<u8> {
    let mut cutter = redactor.stream();
    let mut out: Vec<u8> = pieces.iter().flat_map(|piece| cutter.push(piece)).collect();
    out.extend(cutter.finish());
    out
}

/// A secret that repeats nothing.
fn long_secret(length: usize) -> String {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from((state >> 16) % 90).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn overlapping_and_prefixed_secrets_leave_nothing() {
    assert_eq!(redactor(&["abcd", "abcdefgh"]).cut("xabcdefghy"), format!("x{CUT}y"));
    assert_eq!(redactor(&["abcdef", "defghi"]).cut("-abcdefghi-"), format!("-{CUT}-"));
}

#[test]
fn a_line_of_a_key_is_cut_by_itself() {
    let key = "-----BEGIN KEY-----\nQUJDREVGR0hJSg==\n-----END KEY-----";
    assert_eq!(redactor(&[key]).cut("got QUJDREVGR0hJSg== here"), format!("got {CUT} here"));
}

#[test]
fn json_forms_and_numbers_are_cut() {
    let redactor = redactor(&["pa\"ss\nword", "12345678"]);
    let value = serde_json::json!({"a": ["x pa\"ss\nword"], "b": 12_345_678, "12345678": 1});
    let text = redactor.cut_value(value).to_string();
    assert_eq!(text, format!(r#"{{"a":["x {CUT}"],"b":"{CUT}","{CUT}":1}}"#));
}

#[test]
fn a_secret_that_cannot_be_cut_is_refused() {
    let add = |secret: &str| Redactor::default().add("pin", &SecretString::from(secret.to_owned()));
    for secret in ["123", "  12 ", "abc", ""] {
        assert!(matches!(add(secret), Err(SecretError::TooShort { .. })), "{secret}");
    }
    for secret in
        ["pass", "deploy", "step", "finished", "true", "Production", "us-east-1", "LOCALHOST", "secret", "cret"]
    {
        assert!(matches!(add(secret), Err(SecretError::TooCommon { .. })), "{secret}");
    }
    for secret in ["12345", "00000000", "abababab", "----------"] {
        assert!(matches!(add(secret), Err(SecretError::TooSimple { .. })), "{secret}");
    }
    assert!(matches!(add(&"ab c".repeat(20_000)), Err(SecretError::TooLong { .. })));
    assert!(add("123456").is_ok() && add("hunter2").is_ok());
}

#[test]
fn a_registry_can_be_handed_on() {
    let first = redactor(&["hunter2hunter2", "other-secret"]);
    let handed = Redactor::of(first.secrets());
    assert_eq!(handed.cut("hunter2hunter2 other-secret"), format!("{CUT} {CUT}"));
    assert_eq!(handed.secrets().len(), 2);
    assert_eq!(Redactor::of(vec![("short".to_owned(), SecretString::from("ab".to_owned()))]).cut("abab"), "abab");
}

#[test]
fn encoded_secrets_are_cut() {
    let secret = "p/ss \"w'rd\"&<ü>$x\\";
    let redactor = redactor(&[secret]);
    for (what, text) in [
        ("json", r#"p/ss \"w'rd\"&<ü>$x\\"#),
        ("json, slash", r#"p\/ss \"w'rd\"&<ü>$x\\"#),
        ("json, ascii", r#"p/ss \"w'rd\"&<\u00fc>$x\\"#),
        ("json, ascii, upper", r#"p/ss \"w'rd\"&<\u00FC>$x\\"#),
        ("php", r#"p\/ss \"w'rd\"&<\u00fc>$x\\"#),
        ("go", r#"p/ss \"w'rd\"\u0026\u003cü\u003e$x\\"#),
        (".net", r"p/ss \u0022w\u0027rd\u0022\u0026\u003C\u00FC\u003E$x\\"),
        ("json in json", r#"p/ss \\\"w'rd\\\"&<ü>$x\\\\"#),
        ("encodeURIComponent", "p%2Fss%20%22w'rd%22%26%3C%C3%BC%3E%24x%5C"),
        ("urlencode", "p%2Fss+%22w%27rd%22%26%3C%C3%BC%3E%24x%5C"),
        ("urlencode, lower", "p%2fss+%22w%27rd%22%26%3c%c3%bc%3e%24x%5c"),
        ("path", "p/ss%20%22w%27rd%22%26%3C%C3%BC%3E%24x%5C"),
        ("xml", "p/ss &quot;w&apos;rd&quot;&amp;&lt;ü&gt;$x\\"),
        ("xml, text", "p/ss \"w'rd\"&amp;&lt;ü&gt;$x\\"),
        ("html, go", "p/ss &#34;w&#39;rd&#34;&amp;&lt;ü&gt;$x\\"),
        ("html, python", "p/ss &quot;w&#x27;rd&quot;&amp;&lt;ü&gt;$x\\"),
        ("shell", r#"p/ss "w'\''rd"&<ü>$x\"#),
        ("shell, python", r#"p/ss "w'"'"'rd"&<ü>$x\"#),
        ("shell, double", r#"p/ss \"w'rd\"&<ü>\$x\\"#),
        ("shell, %q", r#"p/ss\ \"w\'rd\"\&\<ü\>\$x\\"#),
        ("sql", r#"p/ss "w''rd"&<ü>$x\"#),
        ("debug", r#"p/ss \"w\'rd\"&<ü>$x\\"#),
        ("hex", &hex::encode(secret)),
        ("hex, upper", &hex::encode_upper(secret)),
    ] {
        assert_eq!(redactor.cut(&format!("<{text}>")), format!("<{CUT}>"), "{what}");
    }
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(cut_in_pieces(&redactor, &[&wide]), CUT.as_bytes());
}

#[test]
fn base64_is_cut_wherever_the_secret_stands_in_it() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let secret = "ü?>~tok/en-of+a.kind";
    let redactor = redactor(&[secret]);
    for before in ["", "x", "xy", "xyz", "user:"] {
        for after in ["", "\n", "@host", "@host/"] {
            let text = format!("{before}{secret}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                let cut = redactor.cut(&encoded);
                assert!(cut.contains(CUT), "{text} {encoded}");
                // What is left of the secret is at most some bits of a byte on each side.
                let left = cut.replace(CUT, "").trim_end_matches('=').len() * 6 / 8;
                assert!(left <= before.len() + after.len() + 2, "{text} {cut}");
            }
        }
    }
}

#[test]
fn wrapped_base64_is_cut() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let secret = long_secret(200);
    let redactor = redactor(&[&secret]);
    for width in [64, 76] {
        for end in ["\n", "\r\n"] {
            let encoded = STANDARD.encode(&secret);
            let lines: Vec<&str> =
                encoded.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
            // A carriage return between two pieces stays.
            let cut = redactor.cut(&lines.join(end)).replace(CUT, "").replace('\r', "");
            assert_eq!(cut, "", "{width} {end:?}");
        }
    }
}

#[test]
fn a_part_of_a_long_secret_is_cut() {
    let secret = long_secret(300);
    let cut = redactor(&[&secret]).cut(&secret[..250]);
    assert_eq!(cut, format!("{CUT}{}", &secret[192..250]));
}

#[test]
fn a_secret_between_escape_sequences_is_cut() {
    let redactor = redactor(&["hunter2"]);
    for text in [
        "\x1b[31mhun\x1b[1mter2",
        "hun\x1b]8;;http://x\x1b\\ter\x1b]0;title\x072",
        "h\x1b[31mu\x1b[32mn\x1b[33mt\x1b[34me\x1b[35mr\x1b[36m2",
        "hun\rter2",
        "hun\0ter2",
        "hun\x1bMter\x1b(B2",
        "h\x08hu\x08un\x08nt\x08te\x08er\x08r2\x082",
        "_\x08h_\x08u_\x08n_\x08t_\x08e_\x08r_\x082",
        "huntXY\x08\x08er2",
        "huntü\x08er2",
    ] {
        let cut = redactor.cut(&format!("<{text}>"));
        let plain = cut.replace("\x1b[31m", "").replace("_\x08", "").replace("h\x08", "");
        assert_eq!(plain, format!("<{CUT}>"), "{text:?}");
    }
    for text in ["hun\nter2", "hun\x1b[31mXter2", "hunX\rter2"] {
        assert_eq!(redactor.cut(text), text);
    }
}

#[test]
fn only_what_may_become_a_secret_is_held_back() {
    let redactor = redactor(&["hunter2hunter2"]);
    let mut cutter = redactor.stream();
    assert_eq!(cutter.push(b"Password (again): "), b"Password (again): ");
    assert_eq!(cutter.push(b"it is hunt"), b"it is ");
    assert_eq!(cutter.push(b"ing season."), b"hunting season.");
    assert_eq!(cutter.push(b" hunter2"), b" ");
    assert_eq!(cutter.push(b"hunter2"), CUT.as_bytes());
    assert_eq!(cutter.push(b"hunter"), b"");
    assert_eq!(cutter.finish(), b"hunter");
}

#[test]
fn a_sequence_that_never_ends_holds_nothing_back_for_ever() {
    let redactor = redactor(&["hunter2"]);
    let mut cutter = redactor.stream();
    let mut out = cutter.push(b"hun\x1b]0;");
    assert_eq!(out, b"");
    for _ in 0..5000 {
        out.extend(cutter.push(b"x"));
    }
    assert!(out.len() > 4000, "{}", out.len());
}

#[test]
fn a_secret_that_is_added_later_is_looked_for_in_what_is_held() {
    let redactor = redactor(&["hunter2hunter2"]);
    let mut cutter = redactor.stream();
    let mut out = cutter.push(b"my hunter2hu");
    redactor.add("late", &SecretString::from("hunter2hurry".to_owned())).unwrap();
    out.extend(cutter.push(b"rry or other-late-one"));
    redactor.add("later", &SecretString::from("other-late-one".to_owned())).unwrap();
    out.extend(cutter.push(b" other-late-one"));
    out.extend(cutter.finish());
    assert_eq!(String::from_utf8(out).unwrap(), format!("my {CUT} or other-late-one {CUT}"));
}

#[test]
fn nothing_is_said_of_what_is_held() {
    let mut cutter: Cutter = redactor(&["hunter2hunter2"]).stream();
    cutter.push(b"hunter2");
    assert!(!format!("{cutter:?}").contains("hunt"));
}

#[test]
fn places_are_found_in_what_a_reader_gives() {
    let redactor = redactor(&["hunter2hunter2"]);
    let mut text = vec![b'.'; 200_000];
    text[65_530..65_544].copy_from_slice(b"hunter2hunter2");
    let places = redactor.scan(text.as_slice()).unwrap();
    assert_eq!(places.iter().map(|place| (place.start, place.end)).collect::<Vec<_>>(), [(65_530, 65_544)]);
    assert_eq!(Redactor::default().scan(text.as_slice()).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn output_does_not_depend_on_the_pieces(
        text in "[a-d]{0,60}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        secrets in prop::collection::vec("[a-d]{4,7}", 1..4),
    ) {
        let redactor = any_redactor(&secrets);
        let whole = redactor.cut(&text);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        at.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for to in at.into_iter().chain([text.len()]) {
            pieces.push(&text.as_bytes()[from..to]);
            from = to;
        }
        prop_assert_eq!(String::from_utf8(cut_in_pieces(&redactor, &pieces)).unwrap(), whole.clone());
        for secret in secrets {
            prop_assert_eq!(whole.contains(&secret), false);
        }
    }
}

/// `cargo test --release --lib how_fast -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a test"]
fn how_fast_output_is_cut() {
    let secrets: Vec<String> = (0..20).map(|n| long_secret(40 + n)[n..].to_owned()).collect();
    let redactor = any_redactor(&secrets);
    let line = "2026-11-21T18:15:07Z INFO deploy[4711] CREATE_IN_PROGRESS AWS::Lambda::Function Handler 1f3b7c99\n";
    for (what, text) in [
        ("lines", line.repeat(700)),
        ("lines of a terminal", line.replace('\n', "\r\n").repeat(700)),
        ("colours", line.replace("INFO", "\x1b[32mINFO\x1b[0m").repeat(700)),
    ] {
        let mut cutter = redactor.stream();
        let mut out = Vec::new();
        let began = std::time::Instant::now();
        let rounds = 8192;
        for _ in 0..rounds {
            out.clear();
            cutter.push_into(text.as_bytes(), &mut out);
        }
        let bytes = text.len() * rounds;
        let rate = bytes as u128 * 1000 / began.elapsed().as_nanos();
        println!("{what}: {} MiB through 20 secrets, {rate} MB/s", bytes >> 20);
    }
}

/// Wherever a form stands, nobody who looks for candidates passes it by.
#[test]
fn no_beginning_is_passed_over() {
    let forms: [&[u8]; 4] = [b"Wxyz", b"5wxyz", b"six-66", b"\0seven\xff"];
    for form in forms {
        for others in [false, true] {
            let all = if others { forms.to_vec() } else { vec![form] };
            let automaton = Automaton::new(all);
            for at in 0..24 {
                for after in 0..12 {
                    let text = [vec![b'.'; at], form.to_vec(), vec![b'_'; after]].concat();
                    for from in 0..=at {
                        let found = automaton.candidate(&text, from).expect("a form stands there");
                        assert!((from..=at).contains(&found), "{form:?} at {at}, from {from}: {found}");
                    }
                }
            }
        }
    }
}
