//! What an attempt gave, held against what the step expects.

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::engine::attempt::Judged;
use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind, Outcome};
use crate::runbook::StepSpec;
use crate::source::{Located, Span};
use crate::step::kind::StepKind;
use crate::step::{Effect, Hidden, Ran, error_map};
use crate::value::{Expr, Scope};
use crate::world::secret::CUT;

/// The largest output that is kept on record, in bytes of JSON.
const LARGEST_OUTPUT: usize = 1024 * 1024;

impl Steps {
    /// Holds what an attempt gave against what the step expects.
    pub(super) fn judge(&self, spec: &StepSpec, scope: &Scope, attempt: u32, ran: Ran) -> Judged {
        if let Some(failure) = &ran.failure {
            // What is not named stays what the service said, and that decides no read.
            let decides = failure.kind.is_answer() && speaks_of_failure(&spec.kind, &spec.expect);
            if !decides {
                let failed = self.failed(spec, with_hint(spec, failure.clone()));
                let Ran { artifacts, requests, shared, .. } = ran;
                return Judged { artifacts, requests, shared, ..failed };
            }
        }
        self.judge_answer(spec, scope, attempt, ran)
    }

    /// The same for an answer that is known to decide, be it an error.
    pub(super) fn judge_answer(&self, spec: &StepSpec, scope: &Scope, attempt: u32, ran: Ran) -> Judged {
        let scope = with_result(scope, attempt, &ran);
        let Ran { out, failure: _, artifacts, note, warning, requests, shared, stays, hidden, part: _ } = ran;
        let with_files =
            |judged: Judged| Judged { artifacts: artifacts.clone(), requests: requests.clone(), shared, ..judged };
        for expect in &spec.expect {
            match expect.value.eval_bool(&scope) {
                Ok(true) => {}
                Ok(false) => {
                    let message = format!("expected `{}`", expect.value.text());
                    let mut failure = self.locate(Failure::new(FailureKind::Expectation, message), expect.span);
                    failure.values = expect.value.paths_with_values(&scope.with("out", masked(&out, &hidden)));
                    return with_files(self.failed(spec, failure));
                }
                Err(error) => return with_files(self.failed(spec, self.expression(&error, expect))),
            }
        }
        match self.outputs(spec, &scope, &out, &hidden) {
            Ok(outputs) => {
                let outcome = if warning.is_some() { Outcome::Warned } else { Outcome::Passed };
                with_files(Judged { outputs, reason: warning.or(note), stays, ..Judged::of(outcome) })
            }
            Err(failure) => with_files(self.failed(spec, failure)),
        }
    }

    pub(super) fn failed(&self, spec: &StepSpec, mut failure: Failure) -> Judged {
        if failure.at.is_none() {
            // A check fails by what it looks at, not by a line of its own in the runbook: its name is the line that asked.
            let asked = if let StepKind::Check(check) = &spec.kind { check.id.span } else { spec.span };
            failure = self.locate(failure, asked);
        }
        if let Some(remedy) = &spec.remedy {
            failure.remedy = Some(remedy.clone());
        }
        Judged::failed(failure)
    }

    /// What a step gives to others: its declared outputs, and the fields of `out` that somebody refers to.
    /// What is `hidden` goes on record nowhere, so it is no output either.
    pub(super) fn outputs(
        &self,
        spec: &StepSpec,
        scope: &Scope,
        out: &Value,
        hidden: &[Hidden],
    ) -> Result<Map<String, Value>, Failure> {
        let mut outputs = Map::new();
        let mut scope = scope.clone();
        for it in hidden {
            let path: Vec<&str> = std::iter::once("out").chain(it.path.iter().map(String::as_str)).collect();
            scope.mark_unknown(&path, "never: it is secret, and too short or too common to be cut");
        }
        let scope = &scope;
        for field in spec.kind.fields() {
            let used = self.used.get(spec.id.value.as_str()).is_some_and(|fields| fields.contains(field));
            // What a drill measures is its evidence, whoever refers to it.
            if !used && !spec.kind.is_of_drill() {
                continue;
            }
            if hidden.iter().any(|it| it.path.first().is_some_and(|name| name == field)) {
                let message = format!("`{field}` holds what is secret, and too short or too common to be cut");
                return Err(self.locate(Failure::new(FailureKind::Guard, message), spec.span));
            }
            if let Some(value) = out.get(field) {
                if spec.sensitive.iter().any(|name| name == field) {
                    self.keep_secret(field, value, spec.span)?;
                }
                outputs.insert(field.to_owned(), value.clone());
            }
        }
        for (name, expr) in &spec.outputs {
            let value = expr.value.eval(scope).map_err(|error| self.expression(&error, expr))?;
            if spec.sensitive.contains(&name.value) {
                self.keep_secret(&name.value, &value, expr.span)?;
            }
            outputs.insert(name.value.clone(), value);
        }
        let length = serde_json::to_string(&outputs).map_or(0, |text| text.len());
        if length > LARGEST_OUTPUT {
            let message = format!("the outputs are {length} bytes long; {LARGEST_OUTPUT} is the limit");
            return Err(self.locate(Failure::new(FailureKind::Format, message), spec.span));
        }
        Ok(outputs)
    }

    pub(super) fn keep_secret(&self, name: &str, value: &Value, span: Span) -> Result<(), Failure> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.redactor
            .add(name, &SecretString::from(text))
            .map_err(|error| self.locate(Failure::new(FailureKind::Guard, error.to_string()), span))
    }
}

/// What expressions see once there is a result.
pub(super) fn with_result(scope: &Scope, attempt: u32, ran: &Ran) -> Scope {
    scope.with("out", ran.out.clone()).with("error", error_map(ran.failure.as_ref())).with("attempt", json!(attempt))
}

/// The failure of a read, with how to have an answer like it decide.
fn with_hint(spec: &StepSpec, failure: Failure) -> Failure {
    let answered = failure.kind.is_answer() && !failure.kind.decides_a_read();
    if spec.effect != Effect::Read || !answered || failure.remedy.is_some() {
        return failure;
    }
    failure.with_remedy("an error that no `expect` names decides nothing: `error.code == ''` makes it a failure")
}

/// A result with what is hidden taken out.
pub(super) fn masked(out: &Value, hidden: &[Hidden]) -> Value {
    let mut shown = out.clone();
    for it in hidden {
        if let Some(value) = shown.pointer_mut(&it.pointer()) {
            *value = Value::from(CUT);
        }
    }
    shown
}

/// Whether expressions speak of the error, or of a command's exit code: then they decide.
pub(super) fn names_the_error<'a>(expressions: impl IntoIterator<Item = &'a Located<Expr>>) -> bool {
    expressions.into_iter().flat_map(|expression| expression.value.references()).any(|reference| {
        reference.root == "error"
            || (reference.root == "out" && reference.path.first().is_some_and(|name| name == "exit"))
    })
}

/// Whether expressions say what is to follow from a failure of this kind of step: then they decide.
pub(super) fn speaks_of_failure<'a>(
    kind: &StepKind,
    expressions: impl IntoIterator<Item = &'a Located<Expr>> + Clone,
) -> bool {
    // What a check has found, a step adds to, and does not take back.
    !matches!(kind, StepKind::Check(_) | StepKind::Bake(_))
        && (names_the_error(expressions.clone()) || names_the_status(kind, expressions))
}

/// Whether a request's expectations speak of its status.
fn names_the_status<'a>(kind: &StepKind, expressions: impl IntoIterator<Item = &'a Located<Expr>>) -> bool {
    match kind {
        StepKind::Http(_) => expressions
            .into_iter()
            .flat_map(|expect| expect.value.references())
            .any(|reference| reference.root == "out" && reference.path.first().is_some_and(|name| name == "status")),
        // A stack's status is a word, and is there only when all went well.
        StepKind::Confirm(_)
        | StepKind::Input(_)
        | StepKind::Command(_)
        | StepKind::File(_)
        | StepKind::Stack(_)
        | StepKind::StackRestore(_)
        | StepKind::Aws(_)
        | StepKind::AwsRestore(_)
        | StepKind::S3Restore(_)
        | StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_)
        | StepKind::Wait(_)
        | StepKind::Check(_)
        | StepKind::Bake(_) => false,
    }
}
