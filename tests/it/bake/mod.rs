//! Steps of kind `bake`: a hold over alarms and checks; how it ends, what of it is on record and shown.

mod alarms;
mod begun;
mod replay;
mod sandbox;
mod shown;
