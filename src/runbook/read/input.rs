//! Reading `[inputs]`.

use super::keys::INPUT_KEYS;
use crate::runbook::InputSpec;
use crate::runbook::model::Broken;
use crate::source::reader::{Entry, NodeValue, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, INVALID_VALUE, WRONG_TYPE};
use crate::value::{InputType, TYPE_KEYS};

/// Reads every input. One with a fault is named in `broken`.
pub(super) fn read_inputs(top: &Table<'_>, broken: &mut Broken) -> Vec<InputSpec> {
    let mut inputs = Vec::new();
    for entry in top.map("inputs").unwrap_or_default() {
        match read_input(top, entry) {
            Some(input) => inputs.push(input),
            None => {
                broken.inputs.insert(entry.key.value.clone());
            }
        }
    }
    inputs
}

fn read_input(top: &Table<'_>, entry: &Entry) -> Option<InputSpec> {
    let name = &entry.key;
    let mut sound = true;
    if !is_name(&name.value) {
        top.reader().push(
            Diagnostic::error(INVALID_VALUE, format!("`{}` is no name of an input", name.value))
                .at(name.span, "")
                .help("a lower-case letter, then lower-case letters, digits and `_`; not a word of the language"),
        );
        sound = false;
    }
    let NodeValue::Table(tree) = &entry.node.value else {
        top.reader().push(
            Diagnostic::error(WRONG_TYPE, format!("input `{}` is a table that names its type", name.value))
                .at(entry.node.span, format!("this is {}", entry.node.type_name()))
                .help(format!("such as `{} = {{ text = true }}` or `{{ choice = [\"a\", \"b\"] }}`", name.value)),
        );
        return None;
    };
    let mut table = Table::new(tree, entry.node.span, format!("input `{}`", name.value), TYPE_KEYS, top.reader());
    table.also(INPUT_KEYS);
    let ty = InputType::read(&table);
    let help = table.text("help").map(|help| help.value);
    let default = table.entry("default").map(|entry| (entry.node.to_json(), entry.node.span));
    table.finish();
    let ty = ty?;
    let mut accepted = None;
    if let Some((value, span)) = default {
        if ty.is_secret() {
            top.reader().push(
                Diagnostic::error(CONFLICTING_KEYS, "a secret has no default")
                    .at(span, "a secret in a file is none")
                    .help("name where it comes from: `secret = { env = \"NAME\" }`"),
            );
            return None;
        }
        match ty.accept(&value) {
            Ok(value) => accepted = Some(value),
            Err(why) => {
                top.reader().push(
                    Diagnostic::error(INVALID_VALUE, format!("the default of input `{}` is refused", name.value))
                        .at(span, why),
                );
                return None;
            }
        }
    }
    let span = name.span;
    sound.then(|| InputSpec { name: name.clone(), ty, default: accepted, help, span })
}

/// Whether a name can stand in an expression.
pub(super) fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let rest = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    first && rest && name.len() <= 64 && !is_word_of_the_language(name)
}

/// The words that CEL reads as something other than a name.
pub(super) fn is_word_of_the_language(name: &str) -> bool {
    matches!(name, "in" | "true" | "false" | "null")
}
