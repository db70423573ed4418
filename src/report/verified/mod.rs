//! A verification shown: the runs of its targets side by side, in the formats that a pipeline reads.
//!
//! Each renderer is a pure function of a [`Verification`]. They share one reading of the runs, [`findings`](finding): which
//! steps count, how each stands, in the order of the runbook whatever the order in which they ended. What is known of a
//! step beside its run (its line, severity, waiver, what it was in another run) comes in as an [`Aside`].
//!
//! | format | for whom | what it must keep |
//! |---|---|---|
//! | [`human`](human()) | a log | stable lines; what is wrong comes last, right above the counts |
//! | [`json`](json()) | programs | `format` 1, held by `schemas/verification-1.schema.json` |
//! | [`junit`](junit()) | any pipeline | a suite a target; failure against error |
//! | [`annotations`] | GitHub | ten of a kind a step, its escapes |
//! | [`job_summary`] | GitHub | 1 MiB |
//! | [`comment`] | a pull request | 65,536 characters |
//! | [`sarif`](sarif()) | code scanning | SARIF 2.1.0 |

mod bounded;
mod digest;
mod finding;
mod github;
mod human;
mod json;
mod junit;
mod model;
mod sarif;
mod tally;
mod words;

pub use digest::{COMMENT_LIMIT, SUMMARY_LIMIT, comment, job_summary};
pub use finding::{Class, Finding, findings};
pub use github::annotations;
pub use human::human;
pub use json::json;
pub use junit::junit;
pub use model::{Aside, Before, Lenient, NamedCheck, UnusedWaiver, Verification, Verified, Waived};
pub use sarif::sarif;
pub use tally::Tally;
