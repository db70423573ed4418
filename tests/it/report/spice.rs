//! A run in which every text is hostile.

use serde_json::Value;

use crate::report::tale::Run;

/// The keys under which a word of the format stands, or an id: what follows is no free text.
const WORDS: &[&str] = &[
    "kind",
    "type",
    "phase",
    "phases",
    "step",
    "steps",
    "undo",
    "to",
    "id",
    "ask",
    "choice",
    "choices",
    "outcome",
    "result",
    "what",
    "why",
    "end",
    "verdict",
    "then",
    "checkride",
    "run",
    "digest",
    "started",
    "level",
    "when",
];

/// The same run with every free text made hostile: each ends in the next of these texts. A question's id, which stands in
/// two records, ends in the first of them.
pub(super) fn hostile(run: &Run, texts: &[&str]) -> Run {
    let mut turn = texts.iter().cycle();
    let mut next = || (*turn.next().unwrap()).to_owned();
    let mut spice = |value: Value| {
        let mut value = value;
        spiced(&mut value, texts[0], &mut next);
        value
    };
    let header = serde_json::from_value(spice(serde_json::to_value(&run.header).unwrap())).unwrap();
    let mut events = run.events.clone();
    for event in &mut events {
        event.kind = serde_json::from_value(spice(serde_json::to_value(&event.kind).unwrap())).unwrap();
    }
    Run { header, events, plan: spice(run.plan.clone()), files: run.files.clone() }
}

fn spiced(value: &mut Value, first: &str, next: &mut impl FnMut() -> String) {
    match value {
        Value::String(text) => text.push_str(&next()),
        Value::Array(items) => items.iter_mut().for_each(|item| spiced(item, first, next)),
        Value::Object(map) => {
            let asks = map.contains_key("choices");
            let (need, rehearsal) = (map.contains_key("state"), map.contains_key("needs"));
            for (key, inner) in map.iter_mut() {
                let words = match inner {
                    Value::String(_) => true,
                    Value::Array(items) => items.iter().all(Value::is_string),
                    _ => false,
                };
                match (inner, key.as_str()) {
                    (Value::String(id), "id") if asks => id.push_str(first),
                    (Value::String(id), "question") => id.push_str(first),
                    // A question's `evidence` is one word, an answer's a list of attachments.
                    (_, "evidence") if asks => {}
                    // What an undo needs is free text, and whether it is there a word; what it undoes is an id.
                    (inner, "what") if need => spiced(inner, first, next),
                    (_, "state") if need => {}
                    (_, "change") if rehearsal => {}
                    (_, key) if words && WORDS.contains(&key) => {}
                    (inner, _) => spiced(inner, first, next),
                }
            }
            for (_, inner) in map.iter_mut().filter(|(key, _)| ["inputs", "outputs", "secrets"].contains(&key.as_str()))
            {
                let Value::Object(names) = inner else { panic!("it is a map") };
                *names =
                    std::mem::take(names).into_iter().map(|(name, it)| (format!("{name}{}", next()), it)).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
