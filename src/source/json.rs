//! Diagnostics for other programs.

use serde_json::{Value, json};

use super::{Diagnostic, Diagnostics, Sources, Span};

/// The version of the JSON form. It grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// Diagnostics as JSON: `{ "format": 1, "diagnostics": [ … ], "left_out": 0 }`. Lines and columns start at 1, columns count characters,
/// the end is exclusive.
pub fn render_json(diagnostics: &Diagnostics, sources: &Sources) -> Value {
    let list: Vec<Value> = diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect();
    json!({ "format": VERSION, "diagnostics": list, "left_out": diagnostics.left_out() })
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let related: Vec<Value> =
        diagnostic.related.iter().map(|(span, label)| json!({ "at": place(*span, sources), "label": label })).collect();
    json!({
        "code": diagnostic.code.0,
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "path": diagnostic.path,
        "at": diagnostic.span.map(|span| place(span, sources)),
        "line": diagnostic.span.map(|span| sources.line_text(span)),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "note": diagnostic.note,
        "related": related,
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    let file = sources.get(span.source);
    let (line, column) = file.line_col(span.start);
    let (end_line, end_column) = file.line_col(span.end);
    json!({ "path": file.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column })
}

#[cfg(test)]
mod tests {
    use super::render_json;
    use crate::source::{Diagnostic, Diagnostics, SYNTAX, Sources, Span};

    #[test]
    fn places_are_lines_and_columns() {
        let mut sources = Sources::new();
        let id = sources.add("a.toml".into(), "x = 1\ny = é z\n".into());
        let fault = Diagnostic::error(SYNTAX, "no").at(Span::new(id, 13, 14), "here");
        let json = render_json(&Diagnostics::from(fault), &sources);
        assert_eq!(json["format"], 1);
        let at = &json["diagnostics"][0]["at"];
        assert_eq!(
            (at["line"].as_u64(), at["column"].as_u64(), at["end_column"].as_u64()),
            (Some(2), Some(7), Some(8))
        );
        assert_eq!(json["diagnostics"][0]["line"], "y = é z");
    }
}
