//! `checkride verify`: reads only, nobody asked, an exact exit code.

mod codes;
mod connections;
mod lenient;
mod named;
mod order;
mod outputs;
mod pace;
mod read_role;
mod shared;
mod targets;
