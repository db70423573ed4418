//! One table under the eyes of its key specifications.

use std::cell::{LazyCell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;

use super::{Entry, KeySpec, KeyType, Node, NodeValue, Tree};
use crate::source::{
    Code, Diagnostic, Diagnostics, INVALID_VALUE, Located, MISSING_KEY, Sources, Span, UNKNOWN_KEY, WRONG_TYPE, suggest,
};

/// What all tables of one reading share: the texts, and the faults found so far.
#[derive(Debug)]
pub struct Reader<'a> {
    sources: &'a Sources,
    faults: RefCell<Diagnostics>,
}

impl<'a> Reader<'a> {
    /// A reader that has found nothing yet.
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, faults: RefCell::new(Diagnostics::new()) }
    }

    /// The texts.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// Keeps a fault.
    pub fn push(&self, fault: Diagnostic) {
        self.faults.borrow_mut().push(fault);
    }

    /// Keeps an error of code `code` at a place.
    pub fn error(&self, code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) {
        self.push(Diagnostic::error(code, message).at(span, label));
    }

    /// Keeps all faults of another reading.
    pub fn extend(&self, faults: Diagnostics) {
        self.faults.borrow_mut().extend(faults);
    }

    /// Whether an error was found so far.
    pub fn has_errors(&self) -> bool {
        self.faults.borrow().has_errors()
    }

    /// All that was found.
    pub fn into_diagnostics(self) -> Diagnostics {
        self.faults.into_inner()
    }
}

/// A table that is being read.
#[derive(Debug)]
pub struct Table<'a> {
    tree: &'a Tree,
    span: Span,
    what: String,
    reader: &'a Reader<'a>,
    specs: Vec<&'static [KeySpec]>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Table<'a> {
    /// A table with its place, its name for messages ("step `build`") and its keys.
    pub fn new(
        tree: &'a Tree,
        span: Span,
        what: impl Into<String>,
        specs: &'static [KeySpec],
        reader: &'a Reader<'a>,
    ) -> Self {
        Self { tree, span, what: what.into(), reader, specs: vec![specs], asked: RefCell::new(BTreeSet::new()) }
    }

    /// Takes more keys: those of the kind of a step.
    pub fn also(&mut self, specs: &'static [KeySpec]) {
        self.specs.push(specs);
    }

    /// Gives the table another name for messages.
    pub fn rename(&mut self, what: impl Into<String>) {
        self.what = what.into();
    }

    /// What the table is, for messages.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Where the table is.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The reading it is part of.
    pub fn reader(&self) -> &'a Reader<'a> {
        self.reader
    }

    fn spec(&self, key: &str) -> &'static KeySpec {
        let spec = self.specs.iter().copied().flatten().find(|spec| spec.name == key);
        spec.unwrap_or_else(|| panic!("key `{key}` of {} has a specification", self.what))
    }

    /// The entry of a key, whatever its type.
    ///
    /// # Panics
    ///
    /// In a debug build, when the key has no specification: code asks only for keys that the reference names.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        if cfg!(debug_assertions) {
            self.asked.borrow_mut().insert(self.spec(key).name);
        }
        self.tree.get(key)
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// The place of a key (not of its value).
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entry(key).map(|entry| entry.key.span)
    }

    /// Keeps a fault of the value of a key.
    pub fn invalid(&self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.reader.push(Diagnostic::error(INVALID_VALUE, message).at(span, "").maybe_help(help));
    }

    fn wrong_type(&self, key: &str, node: &Node, ty: KeyType) {
        let found = node.type_name();
        let expected = ty.expectation();
        let help = match (&node.value, ty) {
            (NodeValue::Text(text), KeyType::List(_)) if key == "run" => {
                let words: Vec<String> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
                Some(format!("each argument is an item: `run = [{}]`; or use `shell`", words.join(", ")))
            }
            (NodeValue::Table(_), KeyType::List(_))
                if key == "tags" && self.specs.iter().copied().flatten().any(|spec| spec.name == "stack_tags") =>
            {
                Some("the tags of the stack itself are `stack_tags`".to_owned())
            }
            (NodeValue::Text(text), KeyType::List(_)) => Some(format!("write `{key} = [{text:?}]`")),
            (NodeValue::Text(text), KeyType::Integer) if text.parse::<i64>().is_ok() => {
                Some(format!("write `{key} = {text}`, with no quotes"))
            }
            (NodeValue::Text(text), KeyType::Boolean) if text == "true" || text == "false" => {
                Some(format!("write `{key} = {text}`, with no quotes"))
            }
            (NodeValue::Text(text), KeyType::Date) if text.parse::<NaiveDate>().is_ok() => {
                Some(format!("write `{key} = {text}`, with no quotes"))
            }
            (NodeValue::Integer(number), KeyType::Duration) => {
                Some(format!("a duration names its unit: `{key} = \"{number}s\"`"))
            }
            (NodeValue::Boolean(truth), KeyType::Expression) => Some(format!("write `{key} = \"{truth}\"`")),
            _ => None,
        };
        self.reader.push(
            Diagnostic::error(WRONG_TYPE, format!("`{key}` of {} takes {expected}", self.what))
                .at(node.span, format!("this is {found}"))
                .maybe_help(help),
        );
    }

    fn text_of(&self, key: &str, node: &Node, ty: KeyType) -> Option<Located<String>> {
        if let NodeValue::Text(text) = &node.value {
            return Some(Located::new(text.clone(), node.span));
        }
        self.wrong_type(key, node, ty);
        None
    }

    /// The text of a key. Empty text in a required key is a fault.
    pub fn text(&self, key: &str) -> Option<Located<String>> {
        let spec = self.spec(key);
        let text = self.text_of(key, &self.entry(key)?.node, spec.ty)?;
        if spec.required && text.value.trim().is_empty() {
            self.invalid(text.span, format!("`{key}` of {} is empty", self.what), None);
            return None;
        }
        Some(text)
    }

    /// A boolean key.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        let node = &self.entry(key)?.node;
        if let NodeValue::Boolean(truth) = node.value {
            return Some(truth);
        }
        self.wrong_type(key, node, KeyType::Boolean);
        None
    }

    /// A whole number between two bounds.
    pub fn integer(&self, key: &str, min: i64, max: i64) -> Option<Located<i64>> {
        let node = &self.entry(key)?.node;
        let NodeValue::Integer(number) = node.value else {
            self.wrong_type(key, node, KeyType::Integer);
            return None;
        };
        if (min..=max).contains(&number) {
            return Some(Located::new(number, node.span));
        }
        let bounds = if max == i64::MAX { format!("at least {min}") } else { format!("from {min} to {max}") };
        self.invalid(node.span, format!("`{key}` of {} is {bounds}", self.what), None);
        None
    }

    /// A number, whole or not, at least `min`.
    pub fn number(&self, key: &str, min: f64) -> Option<f64> {
        let node = &self.entry(key)?.node;
        #[expect(clippy::cast_precision_loss, reason = "numbers that large are not written by hand")]
        let number = match node.value {
            NodeValue::Integer(number) => number as f64,
            NodeValue::Float(number) => number,
            NodeValue::Text(_)
            | NodeValue::Boolean(_)
            | NodeValue::Datetime(_)
            | NodeValue::List(_)
            | NodeValue::Table(_) => {
                self.wrong_type(key, node, KeyType::Number);
                return None;
            }
        };
        if number.is_finite() && number >= min {
            return Some(number);
        }
        self.invalid(node.span, format!("`{key}` of {} is at least {min}", self.what), None);
        None
    }

    /// A date.
    pub fn date(&self, key: &str) -> Option<Located<NaiveDate>> {
        let node = &self.entry(key)?.node;
        if let NodeValue::Datetime(text) = &node.value {
            if let Ok(date) = text.parse() {
                return Some(Located::new(date, node.span));
            }
            self.invalid(node.span, format!("`{key}` of {} takes a date alone, with no time", self.what), None);
            return None;
        }
        self.wrong_type(key, node, KeyType::Date);
        None
    }

    /// A length of time of at least a millisecond and at most ten years.
    pub fn duration(&self, key: &str) -> Option<Located<Duration>> {
        let text = self.text_of(key, &self.entry(key)?.node, KeyType::Duration)?;
        let help = "a number with a unit: `90s`, `15m`, `2h`, `7d`, `1h 30m`";
        let message = match duration_of(&text.value) {
            Some(length) if length < Duration::from_millis(1) => {
                format!("`{key}` of {} is longer than nothing", self.what)
            }
            Some(length) if length > Duration::from_hours(87840) => {
                format!("`{key}` of {} is longer than ten years", self.what)
            }
            Some(length) => return Some(Located::new(length, text.span)),
            None => format!("`{}` is no duration", text.value),
        };
        self.invalid(text.span, message, Some(help.to_owned()));
        None
    }

    /// One of the words of the key's specification.
    ///
    /// # Panics
    ///
    /// When the key's specification is no choice.
    pub fn choice(&self, key: &str) -> Option<Located<&'static str>> {
        let KeyType::Choice(words) = self.spec(key).ty else { panic!("key `{key}` is a choice") };
        let text = self.text_of(key, &self.entry(key)?.node, KeyType::Choice(words))?;
        self.word(key, &text, words)
    }

    /// A text that must be one of these words.
    pub fn word(
        &self,
        key: &str,
        text: &Located<String>,
        words: &'static [&'static str],
    ) -> Option<Located<&'static str>> {
        if let Some(word) = words.iter().find(|word| **word == text.value) {
            return Some(Located::new(*word, text.span));
        }
        self.invalid(
            text.span,
            format!("`{}` is not a value of `{key}`", text.value),
            suggest::help(&text.value, words.iter().copied()),
        );
        None
    }

    /// The items of a list of strings.
    pub fn texts(&self, key: &str) -> Option<Vec<Located<String>>> {
        let items = self.list(key)?;
        let ty = match self.spec(key).ty {
            KeyType::List(of) => *of,
            other => other,
        };
        Some(items.iter().filter_map(|item| self.text_of(key, item, ty)).collect())
    }

    /// A list of whole numbers. An item that is none is a fault, and left out.
    pub fn integers(&self, key: &str) -> Option<Vec<Located<i64>>> {
        let items = self.list(key)?.iter().filter_map(|item| {
            let NodeValue::Integer(number) = item.value else {
                let expected = self.spec(key).ty.expectation();
                let fault = Diagnostic::error(WRONG_TYPE, format!("`{key}` of {} takes {expected}", self.what));
                self.reader.push(fault.at(item.span, format!("this is {}", item.type_name())));
                return None;
            };
            Some(Located::new(number, item.span))
        });
        Some(items.collect())
    }

    /// The items of a list.
    pub fn list(&self, key: &str) -> Option<&'a [Node]> {
        let node = &self.entry(key)?.node;
        if let NodeValue::List(items) = &node.value {
            return Some(items);
        }
        self.wrong_type(key, node, self.spec(key).ty);
        None
    }

    /// The entries of a table with names of the author's own.
    pub fn map(&self, key: &str) -> Option<&'a [Entry]> {
        let node = &self.entry(key)?.node;
        if let NodeValue::Table(tree) = &node.value {
            return Some(&tree.entries);
        }
        self.wrong_type(key, node, self.spec(key).ty);
        None
    }

    /// The entries of a table of strings.
    pub fn text_map(&self, key: &str) -> Option<Vec<(Located<String>, Located<String>)>> {
        let ty = match self.spec(key).ty {
            KeyType::Map(of) => *of,
            other => other,
        };
        let entries = self.map(key)?;
        let text = |entry: &Entry| {
            let name = format!("{key}.{}", entry.key.value);
            Some((entry.key.clone(), self.text_of(&name, &entry.node, ty)?))
        };
        Some(entries.iter().filter_map(text).collect())
    }

    /// A table inside this one.
    ///
    /// # Panics
    ///
    /// When the key's specification is no table.
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        let KeyType::Table(specs) = self.spec(key).ty else { panic!("key `{key}` is a table") };
        let entry = self.entry(key)?;
        let what = format!("`{key}`");
        self.table_of(key, &entry.node, what, specs)
    }

    /// A node as a table; anything else is a fault.
    pub fn table_of(
        &self,
        key: &str,
        node: &'a Node,
        what: impl Into<String>,
        specs: &'static [KeySpec],
    ) -> Option<Table<'a>> {
        if let NodeValue::Table(tree) = &node.value {
            return Some(Table::new(tree, node.span, what, specs, self.reader));
        }
        self.wrong_type(key, node, KeyType::Table(specs));
        None
    }

    /// Ends the reading of the table: names each unknown key and each required one that is missing.
    pub fn finish(self) {
        self.finish_with(|_| None);
    }

    /// Ends the reading of a table whose keys are not all known: names only the required ones that are missing.
    pub fn finish_required(self) {
        let known: Vec<&KeySpec> = self.specs.iter().copied().flatten().collect();
        self.missing(&known);
    }

    fn missing(&self, known: &[&KeySpec]) {
        for spec in known.iter().filter(|spec| spec.required) {
            self.require(spec);
        }
    }

    /// A fault where a key is missing that this table cannot do without, whatever its specification says of others.
    pub fn require(&self, spec: &KeySpec) {
        if self.tree.get(spec.name).is_none() {
            let is_table = matches!(spec.ty, KeyType::Table(_));
            let name = if is_table { format!("`[{}]`", spec.name) } else { format!("`{}`", spec.name) };
            self.reader.push(
                Diagnostic::error(MISSING_KEY, format!("{} has no {name}", self.what))
                    .at(self.span, format!("{name} is missing"))
                    .help(format!("{name} is {}. {}", spec.ty.expectation(), spec.doc)),
            );
        }
    }

    /// As [`finish`](Self::finish); `hint` may know where an unknown key belongs.
    pub fn finish_with(self, hint: impl Fn(&str) -> Option<String>) {
        let known: Vec<&KeySpec> = self.specs.iter().copied().flatten().collect();
        let names = || known.iter().map(|spec| spec.name);
        let missing = LazyCell::new(|| names().filter(|name| self.tree.get(name).is_none()).collect::<Vec<&str>>());
        for entry in &self.tree.entries {
            let key = entry.key.value.as_str();
            if names().any(|name| name == key) {
                continue;
            }
            let help = hint(key).or_else(|| {
                let near = suggest::closest(key, missing.iter().copied()).or_else(|| suggest::closest(key, names()));
                near.map(|near| format!("did you mean `{near}`?"))
                    .or_else(|| suggest::help(key, missing.iter().copied()))
            });
            self.reader.push(
                Diagnostic::error(UNKNOWN_KEY, format!("{} has no key `{key}`", self.what))
                    .at(entry.key.span, "unknown key")
                    .maybe_help(help),
            );
        }
        self.missing(&known);
        if cfg!(debug_assertions) {
            let asked = self.asked.borrow();
            let unread: Vec<_> = known.iter().map(|spec| spec.name).filter(|name| !asked.contains(name)).collect();
            assert!(unread.is_empty(), "{} has keys that nobody reads: {unread:?}", self.what);
        }
    }
}

/// A length of time, such as `90s` or `1h 30m`; none of what is none.
pub fn duration_of(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}
