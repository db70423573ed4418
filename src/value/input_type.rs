//! What a typed value may be: the inputs of a runbook, and the answer to an `input` step.

use regex::Regex;
use serde_json::Value;

use super::expr::kind_of;
use crate::source::reader::{KeySpec, KeyType, Node, NodeValue, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, INVALID_VALUE, MISSING_KEY, WRONG_TYPE, suggest};

/// A type with its bounds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InputType {
    /// Text.
    Text {
        /// A regular expression that the whole text must match.
        pattern: Option<String>,
        /// The most characters.
        max: Option<usize>,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: Option<i64>,
        /// The most.
        max: Option<i64>,
    },
    /// One of these whole numbers.
    OneOf(Vec<i64>),
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    /// A list of these.
    List(Box<InputType>),
    /// Text that is shown and written nowhere.
    Secret {
        /// The environment variable that it comes from.
        env: Option<String>,
        /// The file that it comes from, relative to the project.
        file: Option<String>,
    },
}

static TEXT_KEYS: &[KeySpec] = &[
    KeySpec::optional("pattern", KeyType::Text, "", "A regular expression that the whole text must match."),
    KeySpec::optional("max", KeyType::Integer, "", "The most characters."),
];

static INTEGER_KEYS: &[KeySpec] = &[
    KeySpec::optional("min", KeyType::Integer, "", "The least value."),
    KeySpec::optional("max", KeyType::Integer, "", "The greatest value."),
    KeySpec::optional("one_of", KeyType::List(&KeyType::Integer), "", "The numbers of which the value is one."),
];

static SECRET_KEYS: &[KeySpec] = &[
    KeySpec::optional("env", KeyType::Text, "", "The environment variable that holds the secret."),
    KeySpec::optional("file", KeyType::Path, "", "The file that holds the secret, relative to the project."),
];

/// The keys that name a type. One of them must be there.
pub(crate) static TYPE_KEYS: &[KeySpec] = &[
    KeySpec::optional("text", KeyType::Table(TEXT_KEYS), "", "Text; `true` when there are no bounds."),
    KeySpec::optional("integer", KeyType::Table(INTEGER_KEYS), "", "A whole number; `true` when there are no bounds."),
    KeySpec::optional("boolean", KeyType::Boolean, "", "`true`: the value is `true` or `false`."),
    KeySpec::optional("choice", KeyType::List(&KeyType::Text), "", "The words of which the value is one."),
    KeySpec::optional("list", KeyType::Any, "", "A list; what its items are, as a table with a type of its own."),
    KeySpec::optional(
        "secret",
        KeyType::Table(SECRET_KEYS),
        "",
        "Text that is cut from everything that is shown or written; `true` when it is asked for.",
    ),
];

impl InputType {
    /// Reads the type keys of a table that takes [`TYPE_KEYS`].
    pub(crate) fn read(table: &Table<'_>) -> Option<Self> {
        let present: Vec<&KeySpec> = TYPE_KEYS.iter().filter(|spec| table.has(spec.name)).collect();
        let names: Vec<&str> = TYPE_KEYS.iter().map(|spec| spec.name).collect();
        let reader = table.reader();
        match present.as_slice() {
            [] => {
                reader.push(
                    Diagnostic::error(MISSING_KEY, format!("{} has no type", table.what()))
                        .at(table.span(), "which type?")
                        .help(format!("one of {}", suggest::list(&names))),
                );
                None
            }
            [one] => Self::read_key(table, one.name),
            [first, second, ..] => {
                let place = |spec: &KeySpec| table.key_span(spec.name).unwrap_or(table.span());
                reader.push(
                    Diagnostic::error(CONFLICTING_KEYS, format!("{} has two types", table.what()))
                        .at(place(second), "a second type")
                        .related(place(first), "the first one"),
                );
                None
            }
        }
    }

    fn read_key(table: &Table<'_>, key: &str) -> Option<Self> {
        match key {
            "boolean" => (table.boolean(key)? || Self::not_false(table, key)).then_some(Self::Boolean),
            "choice" => Self::read_choice(table),
            "list" => Self::read_list(table),
            "text" => {
                let Some(bounds) = Self::bounds(table, key)? else {
                    return Some(Self::Text { pattern: None, max: None });
                };
                let pattern = bounds.text("pattern");
                let max = bounds.integer("max", 1, 1_000_000).and_then(|max| usize::try_from(max.value).ok());
                bounds.finish();
                if let Some(pattern) = &pattern
                    && let Err(error) = Regex::new(&pattern.value)
                {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    table.invalid(pattern.span, format!("this is no regular expression: {reason}"), None);
                    return None;
                }
                Some(Self::Text { pattern: pattern.map(|pattern| pattern.value), max })
            }
            "integer" => {
                let Some(bounds) = Self::bounds(table, key)? else {
                    return Some(Self::Integer { min: None, max: None });
                };
                let read = Self::read_integer(&bounds);
                bounds.finish();
                read
            }
            _ => {
                let Some(bounds) = Self::bounds(table, key)? else {
                    return Some(Self::Secret { env: None, file: None });
                };
                let env = bounds.text("env");
                let file = bounds.text("file");
                if let (Some(_), Some(file)) = (&env, &file) {
                    let fault = Diagnostic::error(CONFLICTING_KEYS, "a secret comes from one place: `env` or `file`");
                    table.reader().push(fault.at(file.span, "a second place"));
                }
                bounds.finish();
                Some(Self::Secret { env: env.map(|env| env.value), file: file.map(|file| file.value) })
            }
        }
    }

    /// The table of bounds of a type; `Some(None)` when the key is `true`.
    #[expect(clippy::option_option, reason = "a fault, no bounds, and bounds are three things")]
    fn bounds<'a>(table: &Table<'a>, key: &str) -> Option<Option<Table<'a>>> {
        if let Some(NodeValue::Boolean(truth)) = table.entry(key).map(|entry| &entry.node.value) {
            return (*truth || Self::not_false(table, key)).then_some(None);
        }
        table.table(key).map(Some)
    }

    fn not_false(table: &Table<'_>, key: &str) -> bool {
        let span = table.entry(key).map_or(table.span(), |entry| entry.node.span);
        table.invalid(span, format!("`{key} = false` names no type"), Some(format!("write `{key} = true`")));
        false
    }

    fn read_integer(bounds: &Table<'_>) -> Option<Self> {
        let min = bounds.integer("min", i64::MIN, i64::MAX);
        let max = bounds.integer("max", i64::MIN, i64::MAX);
        let one_of = bounds.integers("one_of");
        if let (Some(min), Some(max)) = (&min, &max)
            && min.value > max.value
        {
            bounds.invalid(max.span, format!("`max` is less than `min`, which is {}", min.value), None);
            return None;
        }
        let Some(numbers) = one_of else {
            return Some(Self::Integer { min: min.map(|min| min.value), max: max.map(|max| max.value) });
        };
        let span = bounds.entry("one_of").map_or(bounds.span(), |entry| entry.node.span);
        if let Some(bound) = min.or(max) {
            let fault = Diagnostic::error(CONFLICTING_KEYS, "the number is one of a list, and within bounds");
            bounds.reader().push(fault.at(bound.span, "a bound").related(span, "the list says it all"));
            return None;
        }
        if numbers.is_empty() {
            bounds.invalid(span, "one of nothing", Some("name at least one number".to_owned()));
            return None;
        }
        for (index, number) in numbers.iter().enumerate() {
            if numbers[..index].contains(number) {
                bounds.invalid(number.span, format!("{} stands twice in the list", number.value), None);
            }
        }
        Some(Self::OneOf(numbers.into_iter().map(|number| number.value).collect()))
    }

    fn read_choice(table: &Table<'_>) -> Option<Self> {
        let words = table.texts("choice")?;
        let span = table.entry("choice").map_or(table.span(), |entry| entry.node.span);
        if words.is_empty() {
            table.invalid(span, "a choice of nothing", Some("name at least one word".to_owned()));
            return None;
        }
        for (index, word) in words.iter().enumerate() {
            if words[..index].contains(word) {
                table.invalid(word.span, format!("`{}` stands twice in the choice", word.value), None);
            }
        }
        Some(Self::Choice(words.into_iter().map(|word| word.value).collect()))
    }

    fn read_list(table: &Table<'_>) -> Option<Self> {
        let node: &Node = &table.entry("list")?.node;
        let item = match &node.value {
            NodeValue::Boolean(true) => Self::Text { pattern: None, max: None },
            NodeValue::Table(tree) => {
                let inner = Table::new(tree, node.span, "the list", TYPE_KEYS, table.reader());
                let item = Self::read(&inner);
                for spec in TYPE_KEYS {
                    inner.has(spec.name);
                }
                inner.finish();
                item?
            }
            NodeValue::Text(_)
            | NodeValue::Integer(_)
            | NodeValue::Float(_)
            | NodeValue::Boolean(false)
            | NodeValue::Datetime(_)
            | NodeValue::List(_) => {
                table.reader().push(
                    Diagnostic::error(WRONG_TYPE, "`list` takes a table that names the type of its items")
                        .at(node.span, format!("this is {}", node.type_name()))
                        .help("such as `list = { text = true }` or `list = { choice = [\"a\", \"b\"] }`"),
                );
                return None;
            }
        };
        if matches!(item, Self::List(_) | Self::Secret { .. }) {
            table.reader().push(
                Diagnostic::error(INVALID_VALUE, "a list holds text, integers, booleans or choices")
                    .at(node.span, "neither lists nor secrets"),
            );
            return None;
        }
        Some(Self::List(Box::new(item)))
    }

    /// Whether the value is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    /// The type and its bounds in words, with an article.
    pub fn describe(&self) -> String {
        match self {
            Self::Text { pattern: None, max: None } => "text".to_owned(),
            Self::Text { pattern: None, max: Some(max) } => format!("text of at most {max} characters"),
            Self::Text { pattern: Some(pattern), max: None } => format!("text that matches `{pattern}`"),
            Self::Text { pattern: Some(pattern), max: Some(max) } => {
                format!("text of at most {max} characters that matches `{pattern}`")
            }
            Self::Integer { min: None, max: None } => "an integer".to_owned(),
            Self::Integer { min: Some(min), max: None } => format!("an integer of at least {min}"),
            Self::Integer { min: None, max: Some(max) } => format!("an integer of at most {max}"),
            Self::Integer { min: Some(min), max: Some(max) } => format!("an integer from {min} to {max}"),
            Self::OneOf(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                format!("one of {}", numbers.join(", "))
            }
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Choice(words) => format!("one of {}", suggest::list(words)),
            Self::List(item) => format!("a list, each item {}", item.describe()),
            Self::Secret { .. } => "a secret".to_owned(),
        }
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// What the value should be, as a fragment for a person. A secret is not repeated in it.
    pub fn accept(&self, value: &Value) -> Result<Value, String> {
        let wrong = || format!("this is {}; it must be {}", kind_of(value), self.describe());
        match (self, value) {
            (Self::Text { pattern, max }, Value::String(text)) => {
                let whole = |pattern: &String| Regex::new(&format!("^(?:{pattern})$"));
                let matches =
                    pattern.as_ref().map(whole).is_none_or(|regex| regex.is_ok_and(|regex| regex.is_match(text)));
                let short = max.is_none_or(|max| text.chars().count() <= max);
                if matches && short && !text.contains('\0') {
                    Ok(value.clone())
                } else {
                    Err(format!("`{text}` is not {}", self.describe()))
                }
            }
            (Self::Integer { min, max }, Value::Number(number)) => match number.as_i64() {
                Some(n) if min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max) => Ok(value.clone()),
                _ => Err(format!("{number} is not {}", self.describe())),
            },
            (Self::OneOf(numbers), Value::Number(number)) => {
                let is_one = number.as_i64().is_some_and(|n| numbers.contains(&n));
                is_one.then(|| value.clone()).ok_or_else(|| format!("{number} is not {}", self.describe()))
            }
            (Self::Choice(words), Value::String(text)) => {
                if words.contains(text) {
                    return Ok(value.clone());
                }
                let near = suggest::closest(text, words.iter().map(String::as_str));
                let near = near.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
                Err(format!("`{text}` is not {}{near}", self.describe()))
            }
            (Self::List(item), Value::Array(values)) => values.iter().map(|value| item.accept(value)).collect(),
            (Self::Secret { .. }, Value::String(text)) if text.is_empty() => Err("the secret is empty".to_owned()),
            (Self::Secret { .. }, Value::String(text)) if text.contains('\0') => {
                Err("the secret has a NUL byte".to_owned())
            }
            (Self::Boolean, Value::Bool(_)) | (Self::Secret { .. }, Value::String(_)) => Ok(value.clone()),
            (
                Self::Text { .. }
                | Self::Integer { .. }
                | Self::OneOf(_)
                | Self::Boolean
                | Self::Choice(_)
                | Self::List(_)
                | Self::Secret { .. },
                _,
            ) => Err(wrong()),
        }
    }

    /// Checks a value that was typed: on the command line, or at a prompt. The items of a list are separated by commas, or the
    /// list is written as JSON.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn accept_text(&self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Text { .. } | Self::Choice(_) | Self::Secret { .. } => Value::from(text),
            Self::Integer { .. } | Self::OneOf(_) => match text.trim().parse::<i64>() {
                Ok(number) => Value::from(number),
                Err(_) => return Err(format!("`{text}` is not {}", self.describe())),
            },
            Self::Boolean => match text.trim() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(format!("`{text}` is not {}", self.describe())),
            },
            Self::List(item) => {
                if text.trim_start().starts_with('[') {
                    serde_json::from_str(text).map_err(|error| format!("this is no JSON list: {error}"))?
                } else {
                    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                    return items.map(|one| item.accept_text(one)).collect();
                }
            }
        };
        self.accept(&value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::InputType;

    #[test]
    fn values_are_held_against_their_bounds() {
        let stage = InputType::Choice(vec!["dev".into(), "prod".into()]);
        assert_eq!(stage.accept_text("prod"), Ok(json!("prod")));
        assert_eq!(stage.accept_text("prd").unwrap_err(), "`prd` is not one of `dev`, `prod`; did you mean `prod`?");
        let number = InputType::Integer { min: Some(1), max: Some(10) };
        assert_eq!(number.accept_text("10"), Ok(json!(10)));
        assert!(number.accept_text("11").is_err());
        assert!(number.accept_text("1.5").is_err());
        assert!(number.accept(&json!("1")).is_err(), "text is no number");
        let size = InputType::OneOf(vec![2, 4]);
        assert_eq!(size.accept_text("4"), Ok(json!(4)));
        assert_eq!(size.accept_text("3").unwrap_err(), "3 is not one of 2, 4");
        assert_eq!(size.accept_text("four").unwrap_err(), "`four` is not one of 2, 4");
        assert!(size.accept(&json!("4")).is_err(), "text is no number");
        let name = InputType::Text { pattern: Some("[a-z]+|x1".into()), max: Some(3) };
        assert_eq!(name.accept_text("abc"), Ok(json!("abc")));
        assert!(name.accept_text("abcd").is_err());
        assert!(name.accept_text("a1").is_err(), "the whole text must match");
    }

    #[test]
    fn lists_are_commas_or_json() {
        let list = InputType::List(Box::new(InputType::Integer { min: None, max: None }));
        assert_eq!(list.accept_text("1, 2,3"), Ok(json!([1, 2, 3])));
        assert_eq!(list.accept_text("[1,2]"), Ok(json!([1, 2])));
        assert_eq!(list.accept_text(""), Ok(json!([])));
        assert!(list.accept_text("1,x").is_err());
    }

    #[test]
    fn a_refused_secret_is_not_repeated() {
        let secret = InputType::Secret { env: None, file: None };
        assert_eq!(secret.accept_text("hunter2"), Ok(json!("hunter2")));
        assert!(!secret.accept_text("hunter2\0").unwrap_err().contains("hunter2"));
        assert!(secret.accept_text("").is_err());
    }
}
