//! `checkride verify`: reads only, nobody asked, an exact exit code.

mod codes;
mod lenient;
mod named;
mod order;
mod outputs;
mod pace;
mod targets;
