//! Each embedded check × it passes, it fails, there is nothing to look at, nobody may look, it is elsewhere, its
//! remedy was followed. What is made and
//! what each check says of it stands in `tests/checks/`, one file a service; `TABLE.md` there is made of them.

pub(crate) mod front;
mod remedy;
mod services;
pub(crate) mod sheet;
mod table;
mod tried;
mod words;
