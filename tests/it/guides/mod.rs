//! The two deployment guides as runbooks, on what they deploy: sound, broken, and mended.

mod alarms;
mod cdk;
mod deployed;
mod diagnoses;
mod ends;
mod reads;
mod ready;
mod sam;
mod table;
mod trial;
