//! What must never be printed or stored, and the one thing that cuts it.
//!
//! A net, not a boundary: a program can always write a secret in a form that nobody foresaw.

use std::fmt;
use std::sync::{Arc, RwLock};

use aho_corasick::AhoCorasick;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What stands in the place of a secret.
pub const CUT: &str = "[secret]";

/// The shortest value that can be cut without mangling everything else.
pub const SHORTEST: usize = 4;

/// Lines of a multi-line secret that are shorter than this are too common to be cut by themselves.
const SHORTEST_LINE: usize = 8;

/// A secret that cannot be kept secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    /// It is part of a word that every record needs.
    #[error("the secret `{name}` is an everyday word, and cannot be cut from output")]
    TooCommon {
        /// The secret's name.
        name: String,
    },
    /// Cutting it would cut everything.
    #[error("the secret `{name}` is shorter than {SHORTEST} characters, and cannot be cut from output")]
    TooShort {
        /// The secret's name.
        name: String,
    },
}

/// The words of the journal's format: a secret that is part of one would make records unreadable.
const WORDS: &str = "session_started identity_verified guard_refused deviation phase_started phase_finished asked answered \
    step_started effect_intended effect_settled attempt_failed item_settled step_finished rollback_started interrupted \
    session_ended run_finished passed warned failed skipped declined unknown refused verification_failed step_failed stuck \
    needs_person verification_unknown guarded changed journal_broken nothing_done left_out settled_by_person plan_changed \
    break_glass continue stop roll_back start resume credentials finished terminal_lost unknown_effect checklist deploy \
    verify drill rollback confirm value ready_phase complete_phase approve_phase approve_write approve_change \
    after_failure settle_unknown accept_plan log_in not-applicable execute decline roll-back did-not-happen happened abort \
    optional required expectation exit signal spawn timeout cancelled access expired throttled transport unsupported \
    guard expression format lost terminal file policy note operation service causes message remedy values request_id \
    attempt outcome failure outputs artifacts digest media bytes question choices evidence detail problem options reason \
    account region emulator target token result waits_for verdict stopping retry_in_ms";

#[derive(Default)]
struct Needles {
    secrets: Vec<(String, SecretString)>,
    forms: Vec<String>,
    matcher: Option<AhoCorasick>,
    longest: usize,
}

impl Needles {
    fn add(&mut self, name: &str, secret: &SecretString) {
        let plain = secret.expose_secret();
        let mut forms = vec![plain.to_owned(), plain.trim().to_owned()];
        if plain.contains('\n') {
            forms.extend(plain.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE).map(str::to_owned));
        }
        let escaped: Vec<String> = forms
            .iter()
            .map(|form| Value::String(form.clone()).to_string())
            .map(|json| json[1..json.len() - 1].to_owned())
            .collect();
        forms.extend(escaped);
        for form in forms {
            if !form.is_empty() && !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.longest = self.forms.iter().map(String::len).max().unwrap_or(0);
        self.matcher = AhoCorasick::new(&self.forms).ok();
        self.secrets.push((name.to_owned(), secret.clone()));
    }
}

/// The registry of the run's secrets, shared by every sink.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Needles>>);

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Adds a secret. From now on it is cut, in its plain form, without surrounding space, line by line, and as JSON writes
    /// it.
    pub fn add(&self, name: &str, secret: &SecretString) -> Result<(), SecretError> {
        let plain = secret.expose_secret();
        if plain.trim().len() < SHORTEST {
            return Err(SecretError::TooShort { name: name.to_owned() });
        }
        if WORDS.split_whitespace().any(|word| word.contains(plain.trim())) {
            return Err(SecretError::TooCommon { name: name.to_owned() });
        }
        self.0.write().expect("no holder of the lock panics").add(name, secret);
        Ok(())
    }

    /// A registry of secrets that were accepted before: by name, as [`Redactor::secrets`] gives them.
    pub fn of(secrets: Vec<(String, SecretString)>) -> Self {
        let mut needles = Needles::default();
        for (name, secret) in &secrets {
            needles.add(name, secret);
        }
        Self(Arc::new(RwLock::new(needles)))
    }

    /// The name and the plain value of every secret: for a process of ours that cuts on its own.
    pub fn secrets(&self) -> Vec<(String, SecretString)> {
        self.0.read().expect("no holder of the lock panics").secrets.clone()
    }

    /// Whether a text holds a secret.
    pub fn finds(&self, text: &[u8]) -> bool {
        let needles = self.0.read().expect("no holder of the lock panics");
        needles.matcher.as_ref().is_some_and(|matcher| matcher.is_match(text))
    }

    /// Whether a text is a secret, as a whole.
    fn is_secret(&self, text: &str) -> bool {
        self.0.read().expect("no holder of the lock panics").forms.iter().any(|form| form == text)
    }

    /// The text with every secret cut.
    pub fn cut(&self, text: &str) -> String {
        let mut cutter = self.stream();
        let mut bytes = cutter.push(text.as_bytes());
        bytes.extend(cutter.finish());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The value with every secret cut, in strings and in keys.
    pub fn cut_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.cut(&text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.cut_value(item)).collect()),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(key, value)| (self.cut(&key), self.cut_value(value))).collect())
            }
            Value::Number(number) => {
                // A secret of digits may come back as a number.
                let text = number.to_string();
                if self.is_secret(&text) { Value::String(CUT.to_owned()) } else { Value::Number(number) }
            }
            Value::Null | Value::Bool(_) => value,
        }
    }

    /// A cutter for a stream that comes in pieces.
    pub fn stream(&self) -> Cutter {
        Cutter { redactor: self.clone(), held: Vec::new(), masked: None }
    }

    /// Every place where a secret stands, overlapping ones joined.
    fn ranges(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let needles = self.0.read().expect("no holder of the lock panics");
        let Some(matcher) = &needles.matcher else { return Vec::new() };
        let mut found: Vec<(usize, usize)> =
            matcher.find_overlapping_iter(text).map(|found| (found.start(), found.end())).collect();
        found.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (start, end) in found {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                Some(_) | None => joined.push((start, end)),
            }
        }
        joined
    }

    fn longest(&self) -> usize {
        self.0.read().expect("no holder of the lock panics").longest
    }
}

/// Cuts secrets from a stream. What it gives does not depend on where the pieces were cut; it holds back at most as many
/// bytes as the longest secret has.
#[derive(Debug)]
pub struct Cutter {
    redactor: Redactor,
    held: Vec<u8>,
    /// How many of the held bytes are already covered by a mark that was given out; `None` when the last byte given out was
    /// not part of a secret.
    masked: Option<usize>,
}

impl Cutter {
    /// Takes bytes, gives those that are surely not part of a secret.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let keep = self.redactor.longest().saturating_sub(1);
        self.give(self.held.len().saturating_sub(keep))
    }

    /// Gives the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        self.give(self.held.len())
    }

    fn give(&mut self, safe: usize) -> Vec<u8> {
        let mut ranges = self.redactor.ranges(&self.held);
        let mut given = Vec::with_capacity(safe);
        let mut at = 0;
        let mut masked = self.masked;
        if let Some(covered) = masked {
            let mut covered = covered;
            // A secret that begins inside what is covered, or just behind it, makes the same mark longer.
            while let Some(first) = ranges.first() {
                if first.0 > covered {
                    break;
                }
                covered = covered.max(first.1);
                ranges.remove(0);
            }
            at = covered.min(safe);
            masked = (covered >= safe).then(|| covered - safe);
        }
        for (start, end) in ranges {
            if start >= safe {
                break;
            }
            given.extend_from_slice(&self.held[at..start]);
            given.extend_from_slice(CUT.as_bytes());
            at = end.min(safe);
            masked = (end >= safe).then(|| end - safe);
        }
        if at < safe {
            given.extend_from_slice(&self.held[at..safe]);
            masked = None;
        }
        self.masked = masked;
        self.held.drain(..safe);
        given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
    use secrecy::SecretString;

    use super::{CUT, Redactor};

    fn redactor(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        for secret in secrets {
            redactor.add("test", &SecretString::from((*secret).to_owned())).unwrap();
        }
        redactor
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
        for secret in ["123", "  12 ", "pass", "deploy", "step", "finished"] {
            assert!(Redactor::default().add("pin", &SecretString::from(secret.to_owned())).is_err(), "{secret}");
        }
    }

    #[test]
    fn a_registry_can_be_handed_on() {
        let first = redactor(&["hunter2hunter2", "other-secret"]);
        let handed = Redactor::of(first.secrets());
        assert_eq!(handed.cut("hunter2hunter2 other-secret"), format!("{CUT} {CUT}"));
        assert_eq!(handed.secrets().len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn output_does_not_depend_on_the_pieces(
            text in "[a-d]{0,60}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            secrets in prop::collection::vec("[a-d]{4,7}", 1..4),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let redactor = redactor(&secrets);
            let whole = redactor.cut(&text);
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            at.sort_unstable();
            let mut cutter = redactor.stream();
            let mut out = Vec::new();
            let mut from = 0;
            for to in at.into_iter().chain([text.len()]) {
                out.extend(cutter.push(&text.as_bytes()[from..to]));
                from = to;
            }
            out.extend(cutter.finish());
            prop_assert_eq!(String::from_utf8(out).unwrap(), whole.clone());
            for secret in secrets {
                prop_assert_eq!(whole.contains(secret), false);
            }
        }
    }
}
