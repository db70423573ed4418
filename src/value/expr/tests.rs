//! Whatever a person writes, parsing and evaluating it ends, with places inside the text.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use serde_json::json;

use crate::value::{Expr, Scope, Template};

fn scope() -> Scope {
    let mut scope = Scope::new();
    scope.set(&["input"], json!({ "a": 1, "b": "x", "c": [1, 2, { "d": null }], "e": 1.5, "f": true }));
    scope.set(&["out"], json!({ "json": { "list": [[1], [2]] }, "exit": -1 }));
    scope
}

/// Text made of what expressions are made of: much of it parses.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "input.a",
        "input.b",
        "input.c",
        "out.json.list",
        "x",
        "y",
        "1",
        "-1",
        "2u",
        "1.5",
        "'a'",
        "\"b\"",
        "'''c'''",
        "r'\\'",
        "true",
        "null",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ".",
        ",",
        ":",
        "?",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "!",
        " in ",
        ".all(x, ",
        ".map(y, ",
        ".filter(x, ",
        "has(input.",
        "size(",
        "json(",
        "capture(",
        "age(",
        "é",
        "'",
        "\"",
        "\\",
        "\n",
        "//",
        "${",
        "}",
        "$${",
        "timestamp(",
        "duration(",
        ".size()",
        "[0]",
        "['k']",
        "9223372036854775807",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..25).prop_map(|words| words.concat())
}

fn survives(text: &str) {
    let inside = |start: usize, end: usize| {
        start <= end && end <= text.len() && text.is_char_boundary(start) && text.is_char_boundary(end)
    };
    match Expr::parse(text) {
        Ok(expr) => {
            assert!(expr.references().iter().all(|reference| inside(reference.start, reference.end)), "{text:?}");
            let _ = expr.eval(&scope());
            let _ = expr.paths_with_values(&scope());
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|fault| inside(fault.start, fault.end)), "{text:?}: {faults:?}");
        }
    }
    match Template::parse(text) {
        Ok(template) => {
            assert!(template.references().iter().all(|reference| inside(reference.start, reference.end)), "{text:?}");
            let _ = template.eval(&scope());
            let _ = template.preview(&scope());
        }
        Err(faults) => assert!(faults.iter().all(|fault| inside(fault.start, fault.end)), "{text:?}: {faults:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}") {
        survives(&text);
    }

    #[test]
    fn text_of_pieces_is_survived(text in pieces()) {
        survives(&text);
    }

    #[test]
    fn text_in_a_template_is_survived(before in "[a$}{]{0,3}", text in pieces()) {
        survives(&format!("{before}${{{text}}}"));
    }

    #[test]
    fn deep_text_is_survived(open in prop::sample::select(vec!["(", "[", "{'a': ", "!", "-", "!(", "a.map(x, ", "a ? ", "f(", "a[", "'"]), count in 1_usize..3000) {
        survives(&open.repeat(count));
    }

    #[test]
    fn a_literal_text_is_itself(text in "[^$]{0,40}") {
        let template = Template::parse(&text);
        prop_assert!(template.is_ok_and(|template| template.literal() == Some(text.as_str())));
    }

    #[test]
    fn numbers_keep_their_value(number in any::<i64>()) {
        let mut scope = Scope::new();
        scope.set(&["input", "n"], json!(number));
        let value = Expr::parse("input.n").map(|expr| expr.eval(&scope));
        prop_assert!(value == Ok(Ok(json!(number))));
    }
}
