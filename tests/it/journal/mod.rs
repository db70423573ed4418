//! The journal: damage is found and named, a torn end is set aside, and what was written once stays readable.

mod damage;
mod five;
mod golden;
mod held;
mod lock;
mod readers;
mod resume;
mod room;
mod words;
