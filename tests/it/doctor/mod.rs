//! `checkride doctor`: on sound set-ups, and on broken ones, each found by exactly the line that is for it.
//!
//! AWS is the emulator, or [`cloud`]: AWS's own names and TLS, behind a proxy on loopback. Nobody here has asked AWS.

mod account;
mod cloud;
mod machine;
mod network;
mod permissions;
mod sound;
