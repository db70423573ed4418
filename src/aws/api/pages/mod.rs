//! All pages of an answer, by the models' `paginators-1.json`, merged to the JSON that the AWS CLI prints.
//!
//! Everything here is pure: the caller makes the calls. As with the AWS CLI the merged answer holds the paginator's
//! result keys, from all pages, and its other named keys, from the first page; no token, and nothing that is true of one
//! page alone (`KeyCount`).

mod fault;
mod key;
mod merged;
mod paginator;
mod walk;

pub use fault::{PagesFault, PaginatorFault, PaginatorsFault};
pub use paginator::{Paginator, Paginators};
pub use walk::Pages;
