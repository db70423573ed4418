//! `CloudFormation`: looking at stacks, changing them through change sets, and saying why they failed.

mod arn;
mod capture;
mod cause;
mod change_set;
mod data;
mod diff;
mod drift;
mod events;
mod model;
mod names;
mod no_echo;
mod parameters;
mod readiness;
mod reads;
mod stored;
mod template;
mod writes;

pub use arn::arn_of;
pub use capture::StackCapture;
pub use cause::{RootCause, root_cause};
pub use change_set::{ChangeSetDescription, PropertyChange, Replacement, ResourceChange};
pub use data::holds_data;
pub use diff::{StackDiff, shown_digest};
pub use drift::{Drift, DriftedProperty, DriftedResource, LastDrift};
pub use events::{EventCursor, StackEvent};
pub use model::{MASKED, StackDescription, StackOutput, StackParameter, StackResource, StackTag};
pub use names::Names;
pub use no_echo::NoEcho;
pub use parameters::{ParameterChoice, ParameterSource, choose_parameters};
pub use readiness::{Readiness, StackEnd, StackRefusal, end, missing_capabilities, readiness};
pub use reads::{StackReads, TemplateParameter, TemplateSource, TemplateSummary};
pub use stored::{Stored, StoredAt};
pub use template::{MAX_INLINE, MAX_TEMPLATE, TemplateRoute, TemplateText};
pub use writes::{ChangeSetKind, ChangeSetSpec, CreatedChangeSet, OnStackFailure, StackWrites};
