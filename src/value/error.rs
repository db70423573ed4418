//! `error`, as expressions see it: always a map of the same three names.

use serde_json::{Value, json};

/// `error` after something went wrong. `status`: of HTTP, or what a program ended with; 0 where there is none.
pub fn error_value(code: &str, status: i64, message: &str) -> Value {
    json!({ "code": code, "status": status, "message": message })
}

/// `error` when all went well.
pub fn no_error() -> Value {
    error_value("", 0, "")
}
