//! Inputs: from the profile, the command line and the defaults. What is missing is asked for by whoever can ask.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::profile::Profile;
use crate::runbook::{InputSpec, InputType, Runbook, StepSpec};
use crate::source::suggest;

/// Why an input was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The runbook has no such input.
    #[error("there is no input `{name}`{}", .near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// What was given.
        name: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The profile sets it, and does not leave it open.
    #[error("input `{name}` is set by profile `{profile}`, and locked")]
    Locked {
        /// The input.
        name: String,
        /// The profile.
        profile: String,
    },
    /// It is not of its type.
    #[error("input `{name}`: {why}")]
    Invalid {
        /// The input.
        name: String,
        /// Why.
        why: String,
    },
    /// A secret is never given on a command line.
    #[error("input `{name}` is a secret, and not given on a command line: other users of the machine would see it")]
    SecretGiven {
        /// The input.
        name: String,
    },
}

/// The inputs of a run.
#[derive(Clone, Debug, Default)]
pub struct Resolved<'a> {
    /// Every value that is known and no secret.
    pub values: Map<String, Value>,
    /// The secrets that are needed, by name, with where they come from.
    pub secrets: BTreeMap<String, String>,
    /// Inputs without a value, secrets not among them.
    pub missing: Vec<&'a InputSpec>,
}

/// The inputs that these steps refer to.
pub fn needed_inputs<'a>(steps: impl IntoIterator<Item = &'a StepSpec>) -> BTreeSet<String> {
    steps
        .into_iter()
        .flat_map(StepSpec::refs)
        .filter(|at| at.reference.root == "input")
        .filter_map(|at| at.reference.path.first().cloned())
        .collect()
}

/// Resolves what can be resolved. `given` are the pairs of `-i`; `needed` limits what is missing and which secrets count.
pub fn resolve<'a>(
    runbook: &'a Runbook,
    profile: Option<&Profile>,
    given: &[(String, String)],
    needed: &BTreeSet<String>,
) -> Result<Resolved<'a>, Vec<InputError>> {
    let mut errors = Vec::new();
    let mut by_hand: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, text) in given {
        match accept(runbook, profile, name, text) {
            Ok(value) => drop(by_hand.insert(name, value)),
            Err(error) => errors.push(error),
        }
    }
    let mut resolved = Resolved::default();
    for spec in &runbook.inputs {
        let name = spec.name.value.as_str();
        if let InputType::Secret { env, file } = &spec.ty {
            if needed.contains(name) {
                let source = match (env, file) {
                    (Some(env), _) => format!("env:{env}"),
                    (None, Some(file)) => format!("file:{file}"),
                    (None, None) => "asked".to_owned(),
                };
                resolved.secrets.insert(name.to_owned(), source);
            }
            continue;
        }
        let set = profile.and_then(|profile| profile.inputs.get(name)).map(|located| &located.value);
        let value = by_hand.remove(name).or_else(|| set.cloned()).or_else(|| spec.default.clone());
        match value.map(|value| spec.ty.accept(&value)) {
            Some(Ok(value)) => drop(resolved.values.insert(name.to_owned(), value)),
            Some(Err(why)) => errors.push(InputError::Invalid { name: name.to_owned(), why }),
            None if needed.contains(name) => resolved.missing.push(spec),
            None => {}
        }
    }
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

fn accept(runbook: &Runbook, profile: Option<&Profile>, name: &str, text: &str) -> Result<Value, InputError> {
    let Some(spec) = runbook.input(name) else {
        let names = runbook.inputs.iter().map(|input| input.name.value.as_str());
        let near = suggest::closest(name, names).map(str::to_owned);
        return Err(InputError::Unknown { name: name.to_owned(), near });
    };
    if spec.ty.is_secret() {
        return Err(InputError::SecretGiven { name: name.to_owned() });
    }
    if let Some(profile) = profile
        && profile.inputs.contains_key(name)
        && !profile.open.contains(name)
    {
        return Err(InputError::Locked { name: name.to_owned(), profile: profile.name.clone() });
    }
    spec.ty.accept_text(text).map_err(|why| InputError::Invalid { name: name.to_owned(), why })
}
