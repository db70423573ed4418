//! The registry of a run's secrets.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::world::secret::automaton::Automaton;
use crate::world::secret::cutter::Cutter;
use crate::world::secret::finder::Finder;
use crate::world::secret::forms::forms_of;
use crate::world::secret::refusal::{SecretError, accept};

/// What stands in the place of a secret.
pub const CUT: &str = "[secret]";

#[derive(Default)]
struct Secrets {
    known: Vec<(String, SecretString)>,
    forms: Vec<Vec<u8>>,
    automaton: Arc<Automaton>,
}

impl Secrets {
    /// The same secret may come again, with each attempt of a step that gives it.
    fn learn(&mut self, name: String, secret: SecretString) {
        let plain = secret.expose_secret();
        if self.known.iter().any(|(known, value)| *known == name && value.expose_secret() == plain) {
            return;
        }
        self.forms.extend(forms_of(plain));
        self.known.push((name, secret));
    }

    fn build(&mut self) {
        self.forms.sort_unstable();
        self.forms.dedup();
        self.automaton = Arc::new(Automaton::new(self.forms.iter().map(Vec::as_slice).collect()));
    }
}

/// The registry of the run's secrets, shared by every sink.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Secrets>>);

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Adds a secret. From now on it is cut, in every form that is known of it; see [`crate::world::secret`].
    pub fn add(&self, name: &str, secret: &SecretString) -> Result<(), SecretError> {
        accept(name, secret.expose_secret())?;
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        secrets.learn(name.to_owned(), secret.clone());
        secrets.build();
        drop(secrets);
        Ok(())
    }

    /// A registry of secrets that were accepted before: by name, as [`Redactor::secrets`] gives them.
    pub fn of(known: Vec<(String, SecretString)>) -> Self {
        let mut secrets = Secrets::default();
        for (name, secret) in known {
            secrets.learn(name, secret);
        }
        secrets.build();
        Self(Arc::new(RwLock::new(secrets)))
    }

    /// The name and the plain value of every secret: for a process of ours that cuts on its own.
    pub fn secrets(&self) -> Vec<(String, SecretString)> {
        self.read().known.clone()
    }

    /// Whether there is no secret.
    pub fn is_empty(&self) -> bool {
        self.read().known.is_empty()
    }

    /// Whether a text holds a secret.
    pub fn finds(&self, text: &[u8]) -> bool {
        let mut finder = Finder::new(self.forms(), 0);
        let mut found = Vec::new();
        finder.push(text, &mut found);
        !found.is_empty()
    }

    /// The text with every secret cut.
    pub fn cut(&self, text: &str) -> String {
        if self.forms().is_empty() {
            return text.to_owned();
        }
        let mut cutter = self.stream();
        let mut bytes = cutter.push(text.as_bytes());
        bytes.extend(cutter.finish());
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// As [`Redactor::cut`], for a panic, which may have come while the registry was being changed: then none.
    pub fn try_cut(&self, text: &str) -> Option<String> {
        match self.0.try_read() {
            Ok(secrets) => drop(secrets),
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => return None,
        }
        Some(self.cut(text))
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
        Cutter::new(self.clone())
    }

    /// Whether a text is a secret, as a whole.
    fn is_secret(&self, text: &str) -> bool {
        self.read().forms.binary_search_by(|form| form.as_slice().cmp(text.as_bytes())).is_ok()
    }

    /// What is looked for now: another one as soon as a secret is added.
    pub(super) fn forms(&self) -> Arc<Automaton> {
        Arc::clone(&self.read().automaton)
    }

    /// A panic in another thread leaves the registry as it was: panics are cut, too.
    fn read(&self) -> RwLockReadGuard<'_, Secrets> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
