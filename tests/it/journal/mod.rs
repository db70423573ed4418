//! The journal: damage is found and named, a torn end is set aside, and what was written once stays readable.

mod damage;
mod five;
mod golden;
mod readers;
mod resume;
mod words;
