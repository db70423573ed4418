//! checkride runs deployment runbooks on AWS. This file is the map of the house.
//!
//! A file imports only from rooms on lower floors, or from its own room; `tests/it/house.rs` reads every
//! `use crate::…` and holds it against this table. `engine`, `report` and `aws` never import each other: only `cli` ties
//! them together.
//!
//! | floor | room | what is in it |
//! |---|---|---|
//! | 0 | [`id`] | run ids, step ids, phases: validated newtypes |
//! | 1 | [`source`] | text with positions: files, diagnostics, the TOML reader, rendering of diagnostics |
//! | 1 | [`world`] | what is outside and not AWS: clock, processes, HTTP, secrets |
//! | 1 | [`aws`] | the one door to AWS |
//! | 2 | [`event`] | the words of a run: events, failures, the state they fold to |
//! | 2 | [`value`] | expressions, templates, the scope that they see |
//! | 2 | [`profile`] | an environment: account, region, policy, inputs |
//! | 3 | [`catalog`] | named checks as data: the embedded ones, a project's own, what they must keep |
//! | 4 | [`step`] | what a step can be: actions, contexts, questions, the kinds |
//! | 4 | [`journal`] | the run on disk: hash-chained records, artifacts |
//! | 4 | [`report`] | the run shown: live on a terminal, or from a journal |
//! | 5 | [`runbook`] | what a runbook file says, and the rules it must keep |
//! | 5 | [`shim`] | the process that owns a command: its output, its end |
//! | 6 | [`plan`] | what will be done: pure data, with its digest |
//! | 7 | [`engine`] | the run itself: one loop, one scheduler, one recorder |
//! | 7 | [`evidence`] | what a run leaves, held against itself |
//! | 8 | [`cli`] | arguments, prompts, commands, exit codes |
//!
//! One run:
//!
//! ```text
//!                      requests (cancel, signal)                       ┌── journal   first; a failure stops the run
//!  operator ⇄ cli      ┌────────────────────┐                          │
//!  signals ───────────▶│  engine::run loop  │── Recorder::record ─────▶├── report::terminal  (also takes Progress)
//!  attempts ──────────▶│  select! one event │     1 cut secrets        ├── report::jsonl
//!    (own channel each)│  decide, record    │     2 RunState::apply    └── Vec<Event>         in tests
//!                      └─────────▲──────────┘     3 journal append
//!                                │                4 fan out
//!                                │ Decision = schedule::next(&Plan, &RunState)     pure
//!   after the run, or any day later:  journal::read ─▶ RunView ─▶ markdown      pure functions
//! ```
//!
//! The library exists for the binary and the tests. What is stable is the command line, the runbook format and the
//! journal; the Rust API is not.

pub mod aws;
pub mod catalog;
pub mod cli;
pub mod engine;
pub mod event;
pub mod evidence;
pub mod id;
pub mod journal;
pub mod plan;
pub mod profile;
pub mod report;
pub mod runbook;
pub mod shim;
pub mod source;
pub mod step;
pub mod value;
pub mod world;
