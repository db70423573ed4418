//! `checkride doctor`: is this machine fit to run? It changes nothing, here or elsewhere.
//!
//! Facts come first, several at once, each with an end: what is asked of the network, of credentials and of programs. Then
//! they are judged, and each fault has one line of its own: what hangs on something that failed is *unknown*, and says on
//! what it hangs.

mod clock;
mod credentials;
mod endpoints;
mod examine;
mod finding;
mod identity;
mod machine;
mod needs;
mod patience;
mod permissions;
mod project;
mod region;
mod shown;
mod target;
mod tools;

pub(super) use examine::doctor;
