//! The two deployment guides as runbooks, on what they deploy: sound, broken, and mended.

mod alarms;
mod cdk;
mod deployed;
mod diagnoses;
mod ready;
mod ends;
mod sam;
mod table;
mod trial;
