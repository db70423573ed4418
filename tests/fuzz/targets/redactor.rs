//! The redactor: pieces, and what is left.
//!
//! The first byte says how many bytes the secrets have and the second how the text is cut into pieces; then come the secrets,
//! one a line, and the text.

#![no_main]

use checkride::world::secret::Redactor;
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;

fn cut(redactor: &Redactor, text: &[u8], piece: usize) -> Vec<u8> {
    let mut cutter = redactor.stream();
    let mut out: Vec<u8> = text.chunks(piece).flat_map(|piece| cutter.push(piece)).collect();
    out.extend(cutter.finish());
    out
}

fuzz_target!(|bytes: &[u8]| {
    let [length, piece, rest @ ..] = bytes else { return };
    let (secrets, text) = rest.split_at(rest.len().min(usize::from(*length)));
    let secrets = String::from_utf8_lossy(secrets);
    let redactor = Redactor::default();
    let kept: Vec<&str> = secrets
        .lines()
        .filter(|line| redactor.add("secret", &SecretString::from((*line).to_owned())).is_ok())
        .collect();
    let out = cut(&redactor, text, text.len().max(1));
    assert_eq!(out, cut(&redactor, text, usize::from(*piece).max(1)));
    assert_eq!(out, cut(&redactor, text, 1));
    for secret in kept {
        // What has a part of the mark in it is cut as far as it has none.
        let own = !secret.contains(['[', ']']) && !"[secret]".contains(secret);
        assert!(!own || !out.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret:?} is left");
    }
    assert_eq!(redactor.finds(text), !redactor.scan(text).expect("memory can be read").is_empty());
});
