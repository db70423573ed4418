//! Expressions and templates.

#![no_main]

use checkride::value::{Expr, Scope, Template};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fn scope() -> Scope {
    let mut scope = Scope::new();
    scope.set(&["input"], json!({"stage": "prod", "size": 3, "list": ["a", "b"], "on": true}));
    scope.set(&["out"], json!({"stdout": "version 1.2", "json": {"a": [1, 2.5, null, {"b": "c"}]}, "exit": 0}));
    scope.set(&["error"], json!({"code": "", "status": 0, "message": ""}));
    scope.set(&["aws"], json!({"account": "123456789012", "region": "us-east-1", "emulated": true}));
    scope.mark_unknown(&["step"], "a step");
    scope
}

fuzz_target!(|text: &str| {
    let inside = |start: usize, end: usize| text.get(start..end).is_some();
    match Expr::parse(text) {
        Ok(expr) => {
            assert!(expr.references().iter().all(|reference| inside(reference.start, reference.end)));
            let _ = (expr.eval(&scope()), expr.paths_with_values(&scope()), expr.constant());
        }
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| inside(fault.start, fault.end))),
    }
    match Template::parse(text) {
        Ok(template) => {
            assert!(template.references().iter().all(|reference| inside(reference.start, reference.end)));
            let _ = (template.eval(&scope()), template.preview(&scope()));
        }
        Err(faults) => assert!(!faults.is_empty() && faults.iter().all(|fault| inside(fault.start, fault.end))),
    }
});
