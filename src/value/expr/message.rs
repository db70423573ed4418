//! The CEL parser's messages in our words.

use cel::{ParseError, ParseErrors};

use crate::value::scan::{Scan, measure};
use crate::value::{ExprFault, FaultKind};

/// The one fault worth telling: what follows the first is the parser's recovery.
pub(super) fn syntax_fault(text: &str, errors: &ParseErrors) -> ExprFault {
    let syntax = errors.errors.iter().find(|error| error.msg.starts_with("Syntax error"));
    let Some(error) = syntax.or(errors.errors.first()) else {
        return ExprFault::new(FaultKind::Syntax, "the expression does not parse", 0, text.len());
    };
    let at = offset(text, error);
    let (start, end) =
        Scan::new(text, at).next().map_or((text.trim_end().len(), text.len()), |(_, start, end)| (start, end));
    let word = &text[start..end];
    let message = error.msg.strip_prefix("Syntax error: ").unwrap_or(&error.msg);
    if message.contains("recursion") {
        return super::parse::too_deep(text, 0);
    }
    if start >= text.trim_end().len() {
        let unclosed = measure(text).unclosed;
        return match unclosed {
            Some(open) => {
                let bracket = &text[open..=open];
                ExprFault::new(FaultKind::Syntax, format!("this `{bracket}` is not closed"), open, open + 1)
            }
            None => ExprFault::new(FaultKind::Syntax, "the expression ends where a value is needed", start, text.len()),
        };
    }
    if message.starts_with("token recognition error") && word.starts_with(['"', '\'']) {
        return ExprFault::new(
            FaultKind::Syntax,
            "this string does not end, or has an escape that is none",
            start,
            end,
        )
        .help("CEL knows \\n \\r \\t \\\\ \\' \\\" \\xHH \\uHHHH; a raw string r'…' has no escapes");
    }
    let known = [
        ("invalid argument to has() macro", "`has` takes the field of something, such as `has(out.json.name)`"),
        ("argument must be a simple name", "the first argument of a macro is a new name, as in `list.all(x, x > 0)`"),
        ("invalid int literal", "this integer does not fit 64 bits"),
        ("invalid uint literal", "this integer does not fit 64 bits"),
        ("invalid double literal", "this number does not fit a float"),
    ];
    if let Some((_, words)) = known.iter().find(|(theirs, _)| message.contains(theirs)) {
        return ExprFault::new(FaultKind::Syntax, *words, start, end);
    }
    ExprFault::new(FaultKind::Syntax, format!("unexpected `{word}`"), start, end).maybe_help(habit(word))
}

/// What people of other languages mean.
fn habit(word: &str) -> Option<String> {
    let help = match word {
        "=" => "compare with `==`",
        "&" | "and" => "write `&&`",
        "|" | "or" => "write `||`",
        "not" => "write `!`",
        "~" => "match with `text.matches(regex)`",
        "$" => "names stand bare in an expression: `input.stage`, with no `${…}`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// The byte that an error is at: the parser counts lines from 1 and characters from 1.
fn offset(text: &str, error: &ParseError) -> usize {
    let (line, column) = error.pos;
    let line = usize::try_from(line - 1).unwrap_or_default();
    let column = usize::try_from(column - 1).unwrap_or_default();
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &text[before..];
    before + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}
