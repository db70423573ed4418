//! Generated cases, held against the oracle. `CHECKRIDE_CASES=1000000 cargo test --lib generated` is the long form;
//! `CHECKRIDE_SEED` is the first case.

use secrecy::SecretString;

use crate::world::secret::oracle::{encoded, groups, holds, shows};
use crate::world::secret::{CUT, Redactor};

/// Cases without the variable.
const CASES: u64 = 1_000;

/// Splitmix64: a case is its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("it is below n")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn text(&mut self, letters: &[char], length: usize) -> String {
        (0..length).map(|_| self.of(letters)).collect()
    }
}

/// No letter of the mark's, and none that ends an escape sequence of the generator's: what is left after a cut must not look
/// like a secret by the mark's own letters.
const FEW: &str = "abd";
const SOME: &str = "abdfgABDF0189";
const SPECIAL: &str = "abd0 \"\\/&<>'%+üß$`=\t";
/// The mark's own, where no terminal is.
const MARK: &str = "[secrt]";
const MARK_ENDS: char = ']';

struct Case {
    secrets: Vec<String>,
    text: Vec<u8>,
    /// What must be gone beside the secrets themselves.
    gone: Vec<Vec<u8>>,
    /// Control sequences stand between the bytes.
    terminal: bool,
    /// Some take more than one byte back. What is found beyond the promise depends on what stands before it.
    long: bool,
}

fn case(random: &mut Random) -> Case {
    let terminal = random.one_in(2);
    let letters = if terminal { random.of(&[FEW, SOME, SPECIAL]) } else { random.of(&[FEW, SOME, SPECIAL, MARK]) };
    let letters: Vec<char> = letters.chars().collect();
    let mut secrets: Vec<String> = Vec::new();
    for _ in 0..=random.below(4) {
        let length = if random.one_in(12) { 60 + random.below(80) } else { 4 + random.below(9) };
        let fresh = random.text(&letters, length);
        // Often one that overlaps another, holds it, or begins like it.
        let secret = match secrets.first() {
            Some(first) if random.one_in(2) => {
                let chars: Vec<char> = first.chars().collect();
                let tail: String = chars[random.below(chars.len())..].iter().collect();
                let head: String = chars[..random.below(chars.len())].iter().collect();
                random.of(&[&tail, &head]).clone() + &fresh[..]
            }
            Some(_) | None => fresh,
        };
        let lines = random.one_in(10);
        secrets.push(if lines { format!("{secret}\n{}", random.text(&letters, 12)) } else { secret });
    }
    // What is refused is not promised: of the mark's own letters, much.
    let promised = |secret: &str| Redactor::default().add("", &SecretString::from(secret.to_owned())).is_ok();
    let marks = letters.contains(&MARK_ENDS);
    secrets.retain(|secret| secret.trim() == secret && secret.len() >= 4 && (!marks || promised(secret)));
    let mut text = Vec::new();
    let mut gone = Vec::new();
    for _ in 0..=random.below(4) {
        let length = random.below(8);
        text.extend(random.text(&letters, length).into_bytes());
        if secrets.is_empty() {
            continue;
        }
        let secret = secrets[random.below(secrets.len())].clone();
        match random.below(8) {
            0 => text.extend(secret.chars().take(random.below(secret.len())).collect::<String>().into_bytes()),
            1 => {
                let start = random.below(9);
                // Letters that no secret has: else what stands beside it may look like a part of it by chance.
                let beside: Vec<char> = "xyz".chars().collect();
                let whole = format!("{}{secret}{}", random.text(&beside, start), random.text(&beside, 5));
                let at = whole.find(&secret).expect("it was put there");
                gone.push(groups(&whole, &secret, at).into_bytes());
                text.extend(base64_of(&whole).into_bytes());
            }
            2 | 3 => text.extend(secret.into_bytes()),
            _ => {
                let all = encoded(&secret);
                text.extend_from_slice(&all[random.below(all.len())].1);
            }
        }
    }
    gone.retain(|form| form.len() >= 8);
    if terminal {
        // What is shown of base64 is a part of what is looked for: more than one byte taken back in it is beyond the promise.
        text = with_controls(random, &text, gone.is_empty());
    }
    let long = terminal && gone.is_empty();
    Case { secrets, text, gone, terminal, long }
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// What stands between characters; at the end, what takes more than one byte back.
const BETWEEN: &[&[u8]] = &[
    b"\x1b[m",
    b"\x1b[38;5;2m",
    b"\x1b]2;Q\x07",
    b"\x1b(Q",
    b"\x1bM",
    b"\r",
    b"\0",
    b"_\x08",
    b"\x1b[mQ\r\x08",
    b"_\x08_\x08",
    b"\r_\x1b[m\0\x08\x1b[m",
    b"QQ\x08\x08",
    b"abda\x08\x08\x08\x08",
    b"QQQQQQQQ\x08\x08\x08\x08\x08\r\x08\x08\x08",
];

/// The text with a terminal's control sequences between its characters; what is taken back stays within the promise.
fn with_controls(random: &mut Random, text: &[u8], long: bool) -> Vec<u8> {
    let often = 1 + random.below(12);
    let mut out = Vec::new();
    for byte in text {
        // Never inside a character.
        if *byte & 0xc0 != 0x80 && random.one_in(often) {
            let between = random.of(if long { BETWEEN } else { &BETWEEN[..11] });
            out.extend_from_slice(between);
        }
        out.push(*byte);
    }
    out
}

fn cut(redactor: &Redactor, pieces: &[&[u8]]) -> Vec<u8> {
    let mut cutter = redactor.stream();
    let mut out = Vec::new();
    for piece in pieces {
        cutter.push_into(piece, &mut out);
    }
    out.extend(cutter.finish());
    out
}

/// Checks one case; says what is wrong.
fn check(seed: u64) -> Result<(), String> {
    let mut random = Random(seed);
    let Case { secrets, text, gone, terminal, long } = case(&mut random);
    let redactor = Redactor::of(secrets.iter().map(|it| (String::new(), SecretString::from(it.clone()))).collect());
    let told = |what: &str, out: &[u8]| {
        let (text, out) = (String::from_utf8_lossy(&text), String::from_utf8_lossy(out));
        Err(format!("seed {seed}: {what}\n  secrets {secrets:?}\n  text {text:?}\n  output {out:?}"))
    };
    let out = cut(&redactor, &[&text]);
    for secret in &secrets {
        for (name, form) in encoded(secret) {
            if holds(&out, &form) || (terminal && shows(&out, &form)) {
                return told(&format!("{name} of {secret:?} is left"), &out);
            }
        }
    }
    for form in &gone {
        if holds(&out, form) || (terminal && shows(&out, form)) {
            return told(&format!("{:?} is left", String::from_utf8_lossy(form)), &out);
        }
    }
    for at in 0..=text.len() {
        let split = cut(&redactor, &[&text[..at], &text[at..]]);
        if split != out {
            return told(&format!("split at {at} it is {:?}", String::from_utf8_lossy(&split)), &out);
        }
    }
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    let few: Vec<&[u8]> = text.chunks(1 + random.below(7)).collect();
    for pieces in [bytes, few] {
        let split = cut(&redactor, &pieces);
        if split != out {
            return told(&format!("in pieces it is {:?}", String::from_utf8_lossy(&split)), &out);
        }
    }
    // What takes more than one byte back after a secret's first bytes is beyond the promise: it is found when something else
    // happens to hold those bytes back, and a mark in the place of that something may do so, or may not. So the second time
    // may find what the first did not (once in a million cases; see the test below). All that it does then is to cut.
    let again = cut(&redactor, &[&out]);
    if again != out && !(long && is_cut_of(&again, &out)) {
        return told(&format!("cut again it is {:?}", String::from_utf8_lossy(&again)), &out);
    }
    let marks = out.windows(CUT.len()).any(|window| window == CUT.as_bytes());
    if redactor.finds(&text) != marks {
        return told("what is found and what is cut differ", &out);
    }
    let places = redactor.scan(text.as_slice()).map_err(|error| error.to_string())?;
    if places.is_empty() == marks {
        return told("what is scanned and what is cut differ", &out);
    }
    Ok(())
}

/// Whether all that is left of a text, between the marks, stood in it, in this order.
fn is_cut_of(cut: &[u8], text: &[u8]) -> bool {
    let (cut, text) = (String::from_utf8_lossy(cut), String::from_utf8_lossy(text));
    let mut rest = &*text;
    let mut left = cut.split(CUT);
    let whole = left.clone().next().is_some_and(|first| text.starts_with(first))
        && left.clone().last().is_some_and(|last| text.ends_with(last));
    whole
        && left.all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
}

/// The one case of the first million in which the second time finds more.
#[test]
fn a_second_time_may_find_more_beyond_the_promise() {
    assert_eq!(check(126_505), Ok(()));
    let mut random = Random(126_505);
    let Case { secrets, text, long, .. } = case(&mut random);
    let redactor = Redactor::of(secrets.into_iter().map(|it| (String::new(), SecretString::from(it))).collect());
    let out = cut(&redactor, &[&text]);
    let again = cut(&redactor, &[&out]);
    assert!(long && again != out, "it finds all the first time now: let `check` hold it to that");
    assert!(is_cut_of(&again, &out) && !is_cut_of(&out, &again));
}

#[test]
fn generated_cases_leak_nothing() {
    #[expect(clippy::disallowed_methods, reason = "the length of this one test is set from outside")]
    let set = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let first = set("CHECKRIDE_SEED", 0);
    let cases = first..first + set("CHECKRIDE_CASES", CASES);
    let threads: usize = 4;
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let mine = cases.clone().skip(worker).step_by(threads);
                scope.spawn(move || mine.filter_map(|seed| check(seed).err()).take(3).collect())
            })
            .collect();
        workers.into_iter().flat_map(|worker| -> Vec<String> { worker.join().expect("no case panics") }).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
