//! The two deployment guides as runbooks, on what they deploy: sound, broken, and mended.

mod alarms;
mod deployed;
mod diagnoses;
mod ends;
mod sam;
mod table;
