//! Reading the parameters of a check.

use crate::catalog::model::Param;
use crate::source::reader::{Entry, KeySpec, KeyType, NodeValue, Table};
use crate::source::{Diagnostic, INVALID_VALUE, WRONG_TYPE};
use crate::value::{InputType, TYPE_KEYS};

static PARAM_KEYS: &[KeySpec] = &[
    KeySpec::optional("default", KeyType::Any, "", "What it is when the step does not say."),
    KeySpec::optional("help", KeyType::Text, "", "What it is for."),
];

/// Reads every parameter; none when one has a fault.
pub(super) fn read_params(table: &Table<'_>) -> Option<Vec<Param>> {
    let read: Vec<Option<Param>> =
        table.map("params").unwrap_or_default().iter().map(|entry| read_param(table, entry)).collect();
    read.into_iter().collect()
}

fn read_param(table: &Table<'_>, entry: &Entry) -> Option<Param> {
    let (name, reader) = (&entry.key, table.reader());
    let sound = is_name(&name.value);
    if !sound {
        reader.push(
            Diagnostic::error(INVALID_VALUE, format!("`{}` is no name of a parameter", name.value))
                .at(name.span, "")
                .help("a lower-case letter, then lower-case letters, digits and `_`; not a word of the language"),
        );
    }
    let NodeValue::Table(tree) = &entry.node.value else {
        reader.push(
            Diagnostic::error(WRONG_TYPE, format!("parameter `{}` is a table that names its type", name.value))
                .at(entry.node.span, format!("this is {}", entry.node.type_name()))
                .help(format!("such as `{} = {{ text = true }}` or `{{ integer = {{ min = 1 }} }}`", name.value)),
        );
        return None;
    };
    let mut own = Table::new(tree, entry.node.span, format!("parameter `{}`", name.value), TYPE_KEYS, reader);
    own.also(PARAM_KEYS);
    let ty = InputType::read(&own);
    let help = own.text("help").map(|help| help.value);
    let default = own.entry("default").map(|entry| (entry.node.to_json(), entry.node.span));
    own.finish_with(|key| (key == "string").then(|| "text is `text = true`".to_owned()));
    let ty = ty?;
    if ty.is_secret() {
        let fault = Diagnostic::error(INVALID_VALUE, "a parameter of a check is no secret");
        reader.push(fault.at(entry.node.span, "").help("what a check is given stands in reports"));
        return None;
    }
    let default = match default {
        Some((value, span)) => match ty.accept(&value) {
            Ok(value) => Some(value),
            Err(why) => {
                let message = format!("the default of parameter `{}` is refused", name.value);
                reader.push(Diagnostic::error(INVALID_VALUE, message).at(span, why));
                return None;
            }
        },
        None => None,
    };
    sound.then(|| Param { name: name.clone(), ty, default, help })
}

/// Whether a name can stand in an expression.
pub(super) fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let rest = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    first && rest && name.len() <= 64 && !matches!(name, "in" | "true" | "false" | "null")
}
