//! Each way back of the table × nothing was there, something else was there: changed by a run, put back by its rollback, and
//! read. What is made stands in `tests/ways/`, one file a service; `TABLE.md` there is made of them.

mod kept;
mod services;
mod sheet;
mod table;
mod tried;
mod whole;
