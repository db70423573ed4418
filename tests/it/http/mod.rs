//! The kind `http`: what its answers become, and what becomes of an effect when there is none.

mod reads;
mod secrets;
mod tls;
mod writes;
