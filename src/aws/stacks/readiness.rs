//! Whether a stack can take a change set, as a table; each refusal has a message and a remedy.

use std::fmt;

use super::events::StackEvent;
use super::model::StackDescription;

/// What a stack's status allows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Readiness {
    /// There is no stack: a change set of type CREATE makes it.
    Create {
        /// There is an empty shell, left over by a change set that was never executed. It holds nothing: another change
        /// set may be made for it.
        left_over: bool,
    },
    /// The stack can be updated.
    Update,
    /// Not now, or not so.
    Refused(StackRefusal),
}

/// Why a stack cannot be changed as asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StackRefusal {
    /// Something is changing it.
    InProgress {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
        /// The last event: what is going on, and since when.
        last: Option<String>,
    },
    /// Its creation failed: nothing is left in it, but it must be deleted before it can be created again.
    MustBeDeleted {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
    /// The rollback of an update failed.
    UpdateRollbackFailed {
        /// The stack's name.
        stack: String,
        /// The service's words.
        reason: Option<String>,
    },
    /// Its deletion failed.
    DeleteFailed {
        /// The stack's name.
        stack: String,
        /// The service's words.
        reason: Option<String>,
    },
    /// It failed and was told not to roll back, or an import failed.
    LeftFailed {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
    /// A status that is new to us.
    UnknownStatus {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
    /// The template needs capabilities that were not acknowledged.
    MissingCapabilities {
        /// Which.
        missing: Vec<String>,
    },
    /// The template is larger than a call carries, and there is no upload bucket.
    NeedsBucket {
        /// Its size.
        bytes: usize,
    },
    /// The template is larger than `CloudFormation` takes.
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Parameters with no value, no previous value and no default.
    ParametersMissing {
        /// Which.
        names: Vec<String>,
    },
    /// Values for parameters that the template does not declare.
    ParametersUnknown {
        /// Which.
        names: Vec<String>,
        /// What it declares.
        declared: Vec<String>,
    },
}

/// Whether a stack (none: it does not exist) can take a change set. `last` is its newest event, for the message.
pub fn readiness(stack: Option<&StackDescription>, last: Option<&StackEvent>) -> Readiness {
    let Some(stack) = stack else { return Readiness::Create { left_over: false } };
    let (name, status) = (stack.name.clone(), stack.status.clone());
    match status.as_str() {
        "DELETE_COMPLETE" => Readiness::Create { left_over: false },
        "REVIEW_IN_PROGRESS" => Readiness::Create { left_over: true },
        "CREATE_COMPLETE"
        | "UPDATE_COMPLETE"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_COMPLETE"
        | "IMPORT_ROLLBACK_COMPLETE" => Readiness::Update,
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => {
            Readiness::Refused(StackRefusal::MustBeDeleted { stack: name, status })
        }
        "UPDATE_ROLLBACK_FAILED" => {
            Readiness::Refused(StackRefusal::UpdateRollbackFailed { stack: name, reason: stack.status_reason.clone() })
        }
        "DELETE_FAILED" => {
            Readiness::Refused(StackRefusal::DeleteFailed { stack: name, reason: stack.status_reason.clone() })
        }
        "CREATE_FAILED" | "UPDATE_FAILED" | "IMPORT_ROLLBACK_FAILED" => {
            Readiness::Refused(StackRefusal::LeftFailed { stack: name, status })
        }
        in_progress if in_progress.ends_with("_IN_PROGRESS") => {
            let last = last.map(|event| {
                let time = event.time.map(|time| format!(" at {}", time.format("%H:%M:%S UTC"))).unwrap_or_default();
                format!("{} {}{time}", event.logical_id, event.status)
            });
            Readiness::Refused(StackRefusal::InProgress { stack: name, status, last })
        }
        _ => Readiness::Refused(StackRefusal::UnknownStatus { stack: name, status }),
    }
}

/// Whether an operation on a stack has come to its end, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StackEnd {
    /// It goes on.
    Running,
    /// It did what it was asked for.
    Succeeded,
    /// It failed, and was rolled back.
    RolledBack,
    /// It failed, and needs a person.
    Failed,
}

/// How far a stack is, by its status, while a change set is executed.
pub fn end(status: &str) -> StackEnd {
    match status {
        // The change is complete; what follows only deletes what was replaced.
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => StackEnd::Succeeded,
        "ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" | "DELETE_COMPLETE" => {
            StackEnd::RolledBack
        }
        failed if failed.ends_with("_FAILED") => StackEnd::Failed,
        // In progress, or a word that is new to us: the deadline decides.
        _ => StackEnd::Running,
    }
}

/// The capabilities that are needed and not acknowledged. `CAPABILITY_NAMED_IAM` includes `CAPABILITY_IAM`;
/// `CAPABILITY_AUTO_EXPAND` has no effect on a change set, whose review is the acknowledgement.
pub fn missing_capabilities(needed: &[String], given: &[String]) -> Vec<String> {
    let has = |name: &str| given.iter().any(|given| given == name);
    let mut missing: Vec<String> = needed
        .iter()
        .filter(|name| match name.as_str() {
            "CAPABILITY_AUTO_EXPAND" => false,
            "CAPABILITY_IAM" => !has("CAPABILITY_IAM") && !has("CAPABILITY_NAMED_IAM"),
            other => !has(other),
        })
        .cloned()
        .collect();
    missing.sort();
    missing.dedup();
    if missing.iter().any(|name| name == "CAPABILITY_NAMED_IAM") {
        missing.retain(|name| name != "CAPABILITY_IAM");
    }
    missing
}

impl StackRefusal {
    /// What the operator or the author can do about it.
    pub fn remedy(&self) -> String {
        match self {
            StackRefusal::InProgress { stack, .. } => format!(
                "wait until it is done, then retry (`aws cloudformation describe-stack-events --stack-name {stack}` shows \
                 what is going on)"
            ),
            StackRefusal::MustBeDeleted { stack, .. } => format!(
                "a stack whose creation failed cannot be updated: look at its events, then delete it \
                 (`aws cloudformation delete-stack --stack-name {stack}`) and retry"
            ),
            StackRefusal::UpdateRollbackFailed { stack, .. } => format!(
                "repair what the rollback could not, then \
                 `aws cloudformation continue-update-rollback --stack-name {stack}`; resources skipped there are left \
                 as they are and no longer fit the template"
            ),
            StackRefusal::DeleteFailed { stack, .. } => format!(
                "remove what blocks the deletion, then `aws cloudformation delete-stack --stack-name {stack}`, and retry"
            ),
            StackRefusal::LeftFailed { stack, .. } => {
                format!(
                    "roll it back (`aws cloudformation rollback-stack --stack-name {stack}`) or delete it, then retry"
                )
            }
            StackRefusal::UnknownStatus { .. } => "look at the stack in the console; then retry".to_owned(),
            StackRefusal::MissingCapabilities { missing } => {
                let list: Vec<String> = missing.iter().map(|name| format!("\"{name}\"")).collect();
                format!(
                    "the template creates IAM resources: if that is wanted, add `capabilities = [{}]` to the step",
                    list.join(", ")
                )
            }
            StackRefusal::NeedsBucket { .. } => {
                "name a bucket of the account and region in the step: `upload_bucket = \"…\"`".to_owned()
            }
            StackRefusal::TooLarge { .. } => "split the template into nested stacks".to_owned(),
            StackRefusal::ParametersMissing { .. } => "give them under `parameters` of the step".to_owned(),
            StackRefusal::ParametersUnknown { declared, .. } => {
                if declared.is_empty() {
                    "the template declares no parameters".to_owned()
                } else {
                    format!("the template declares {}", declared.join(", "))
                }
            }
        }
    }
}

impl fmt::Display for StackRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = |reason: &Option<String>| reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        match self {
            StackRefusal::InProgress { stack, status, last } => {
                write!(f, "stack {stack} is being changed ({status})")?;
                last.as_ref().map_or(Ok(()), |last| write!(f, "; last event: {last}"))
            }
            StackRefusal::MustBeDeleted { stack, status } => {
                write!(f, "stack {stack} is in {status}: its creation failed, and it must be deleted first")
            }
            StackRefusal::UpdateRollbackFailed { stack, reason } => {
                write!(f, "stack {stack} is in UPDATE_ROLLBACK_FAILED{}", because(reason))
            }
            StackRefusal::DeleteFailed { stack, reason } => {
                write!(f, "stack {stack} is in DELETE_FAILED{}", because(reason))
            }
            StackRefusal::LeftFailed { stack, status } => {
                write!(f, "stack {stack} is in {status}: it failed and was not rolled back")
            }
            StackRefusal::UnknownStatus { stack, status } => {
                write!(f, "stack {stack} is in {status}, which checkride does not know")
            }
            StackRefusal::MissingCapabilities { missing } => {
                write!(f, "the template needs {}, which the step does not acknowledge", missing.join(", "))
            }
            StackRefusal::NeedsBucket { bytes } => {
                write!(f, "the template has {bytes} bytes: more than 51,200 go only by an upload bucket")
            }
            StackRefusal::TooLarge { bytes } => {
                write!(f, "the template has {bytes} bytes: CloudFormation takes 1,048,576 at most")
            }
            StackRefusal::ParametersMissing { names } => {
                write!(f, "no value, no previous value and no default for {}", names.join(", "))
            }
            StackRefusal::ParametersUnknown { names, .. } => {
                write!(f, "the template does not declare {}", names.join(", "))
            }
        }
    }
}

impl std::error::Error for StackRefusal {}
