//! `check`: a named check of the catalogue.

use std::sync::Arc;

use crate::catalog::{Catalog, Check, Param};
use crate::source::reader::{KeySpec, KeyType, Reader, Table};
use crate::source::{Diagnostic, Located, Span, suggest};
use crate::step::kind::codes::{CHECK_INPUT, UNKNOWN_CHECK};
use crate::value::{InputType, RefAt, Scope, ValueTemplate, value_entries};

/// The keys of `check`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("check", KeyType::Text, "The check, by its id: `checkride checks` lists them."),
    KeySpec::optional("with", KeyType::Map(&KeyType::Any), "", "Its parameters: `checkride explain CHECK` lists them."),
];

/// What stands in `out.items` of each item.
pub const ITEM_FIELDS: &[&str] = &["name", "outcome", "reason"];

/// What a parameter is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Gift {
    /// The parameter.
    pub name: Located<String>,
    /// The value.
    pub value: ValueTemplate,
    /// Where the value stands.
    pub span: Span,
}

/// A named check of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckStep {
    /// Its id.
    pub id: Located<String>,
    /// What its parameters are given, in the order of the file.
    pub with: Vec<Gift>,
    /// The check; none until it was found in the catalogue.
    pub check: Option<Arc<Check>>,
}

impl CheckStep {
    /// Reads the keys of `check`. Which check it is, and whether the parameters fit, is told by [`find`](Self::find).
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let id = table.text("check");
        let with = value_entries(table, "with");
        let entries = table.map("with").unwrap_or_default();
        let with = with?.into_iter().zip(entries);
        let with = with.map(|((_, value), entry)| Gift { name: entry.key.clone(), value, span: entry.node.span });
        Some(Self { id: id?, with: with.collect(), check: None })
    }

    /// Finds the check in a catalogue, and holds the parameters against it. What is wrong goes to the reader; nothing does
    /// where the check has faults of its own.
    pub fn find(&mut self, catalog: &Catalog, reader: &Reader<'_>) {
        let id = &self.id;
        let Some(check) = catalog.get(&id.value) else {
            if !catalog.is_broken(&id.value) {
                let near = catalog.near(&id.value).map(|near| format!("did you mean `{near}`?"));
                let all = "`checkride checks` lists them; your own stand in `checks/*.toml`".to_owned();
                let fault = Diagnostic::error(UNKNOWN_CHECK, format!("there is no check `{}`", id.value));
                reader.push(fault.at(id.span, "unknown check").help(near.unwrap_or(all)));
            }
            return;
        };
        for gift in &self.with {
            if let Some(param) = check.param(&gift.name.value) {
                fits(param, gift, reader);
                continue;
            }
            let names = check.params.iter().map(|param| param.name.value.as_str());
            let message = format!("check `{}` has no parameter `{}`", id.value, gift.name.value);
            let fault = Diagnostic::error(CHECK_INPUT, message).at(gift.name.span, "unknown parameter");
            reader.push(fault.maybe_help(suggest::help(&gift.name.value, names)));
        }
        let given = |param: &&Param| self.with.iter().any(|gift| gift.name.value == param.name.value);
        for param in check.params.iter().filter(|param| param.default.is_none() && !given(param)) {
            let what = param.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
            let message = format!("check `{}` needs `{}`", id.value, param.name.value);
            let fault = Diagnostic::error(CHECK_INPUT, message).at(id.span, "");
            reader.push(fault.help(format!("in `with`: {}{what}", param.ty.describe())));
        }
        self.check = Some(Arc::clone(check));
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.with.iter().flat_map(|gift| gift.value.refs()).collect()
    }
}

/// Tells a value that can never be that of a parameter.
fn fits(param: &Param, gift: &Gift, reader: &Reader<'_>) {
    let refuse = |why: String| {
        let message = format!("parameter `{}` is {}", param.name.value, param.ty.describe());
        reader.push(Diagnostic::error(CHECK_INPUT, message).at(gift.span, why));
    };
    if gift.value.references().is_empty() {
        match gift.value.eval(&Scope::new()) {
            Ok(value) => param.ty.accept(&value).err().into_iter().for_each(refuse),
            Err(error) => refuse(error.to_string()),
        }
        return;
    }
    let shape = match &gift.value {
        ValueTemplate::Text(template) if template.is_whole() => return,
        ValueTemplate::Text(_) => "this is text",
        ValueTemplate::List(_) => "this is a list",
        ValueTemplate::Map(_) => "this is a map",
        ValueTemplate::Fixed(_) => return,
    };
    let wanted = match &param.ty {
        InputType::Text { .. } | InputType::Choice(_) | InputType::Secret { .. } => "this is text",
        InputType::List(_) => "this is a list",
        InputType::Integer { .. } | InputType::OneOf(_) | InputType::Boolean => "",
    };
    if shape != wanted {
        refuse(shape.to_owned());
    }
}
