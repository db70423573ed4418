//! As much of JSON Schema as `schemas/` uses, and stricter in one thing: a key that the schema does not know is a fault here,
//! so that what is written is documented. `scripts/format-check` asks a whole validator.

use serde_json::Value;

/// What is wrong with a value, each with its place.
pub(super) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (key, asked) in schema.as_object().unwrap() {
        let good = match key.as_str() {
            "description" | "title" | "$schema" | "$defs" | "properties" => true,
            "$ref" => {
                let pointer = asked.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(pointer).unwrap(), value, at, found);
                true
            }
            "type" => is_a(asked.as_str().unwrap(), value),
            "const" => asked == value,
            "enum" => asked.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|it| it >= asked.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|it| it <= asked.as_i64().unwrap()),
            "minItems" => value.as_array().is_none_or(|it| it.len() as u64 >= asked.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|it| it.len() as u64 <= asked.as_u64().unwrap()),
            "pattern" => {
                let pattern = regex::Regex::new(asked.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|it| pattern.is_match(it))
            }
            "anyOf" => any(root, asked, value, at, found),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, asked, item, &format!("{at}[{n}]"), found);
                }
                true
            }
            "prefixItems" => {
                for (n, item) in
                    value.as_array().into_iter().flatten().enumerate().take(asked.as_array().unwrap().len())
                {
                    check(root, &asked[n], item, &format!("{at}[{n}]"), found);
                }
                true
            }
            "required" => asked.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            other => panic!("the schema says `{other}`, which nobody reads here"),
        };
        if !good {
            found.push(format!("{at}: `{key}` {asked} does not hold of {value}"));
        }
    }
    let Some(known) = schema.get("properties") else { return };
    for (key, inner) in value.as_object().into_iter().flatten() {
        match known.get(key) {
            Some(schema) => check(root, schema, inner, &format!("{at}.{key}"), found),
            None => found.push(format!("{at}: the schema does not know `{key}`")),
        }
    }
}

/// One of several, null among them: what is said is of the one that comes nearest.
fn any(root: &Value, asked: &Value, value: &Value, at: &str, found: &mut Vec<String>) -> bool {
    let tried = asked.as_array().unwrap().iter().map(|schema| {
        let mut faults = Vec::new();
        check(root, schema, value, at, &mut faults);
        faults
    });
    let best = tried.min_by_key(Vec::len).unwrap();
    found.extend(best);
    true
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no such type: {other}"),
    }
}
