//! The values of the rules' language, and the names that are in scope.

use std::collections::BTreeMap;

use super::fault::RuleFault;
use super::params::Param;

/// A value. "Not set" is `Option::None` around it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Datum {
    Text(String),
    Flag(bool),
    List(Vec<Datum>),
    Record(BTreeMap<&'static str, Datum>),
}

/// A path into a value: `resourceId[1]`, `accountId`, `[0]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AttributePath(Vec<Step>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

/// The names in scope, innermost last. A rule's names end with the rule.
#[derive(Debug, Default)]
pub(super) struct Scope<'r>(Vec<(&'r str, Datum)>);

impl Datum {
    /// What the path leads to. `None` when there is nothing.
    pub(super) fn at(&self, path: &AttributePath) -> Option<&Datum> {
        path.0.iter().try_fold(self, |datum, step| match (step, datum) {
            (Step::Name(name), Datum::Record(record)) => record.get(name.as_str()),
            (Step::Index(index), Datum::List(list)) => list.get(*index),
            (Step::Name(_), Datum::Text(_) | Datum::Flag(_) | Datum::List(_))
            | (Step::Index(_), Datum::Text(_) | Datum::Flag(_) | Datum::Record(_)) => None,
        })
    }
}

impl From<&Param> for Datum {
    fn from(param: &Param) -> Self {
        match param {
            Param::Text(text) => Datum::Text(text.clone()),
            Param::Bool(flag) => Datum::Flag(*flag),
            Param::List(list) => Datum::List(list.iter().cloned().map(Datum::Text).collect()),
        }
    }
}

impl AttributePath {
    /// Reads names separated by `separator`, each perhaps followed by `[index]`. The empty text is the value itself.
    pub(super) fn read(text: &str, separator: char) -> Result<Self, RuleFault> {
        let mut steps = Vec::new();
        for part in text.split(separator).filter(|_| !text.is_empty()) {
            let fault = || RuleFault::Path(text.to_owned());
            let (name, index) = match part.split_once('[') {
                None => (part, None),
                Some((name, rest)) => {
                    let digits = rest.strip_suffix(']').ok_or_else(fault)?;
                    (name, Some(digits.parse().map_err(|_| fault())?))
                }
            };
            if name.is_empty() && index.is_none() {
                return Err(fault());
            }
            steps.extend((!name.is_empty()).then(|| Step::Name(name.to_owned())));
            steps.extend(index.map(Step::Index));
        }
        Ok(AttributePath(steps))
    }
}

impl<'r> Scope<'r> {
    pub(super) fn set(&mut self, name: &'r str, datum: Datum) {
        self.0.push((name, datum));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Datum> {
        self.0.iter().rev().find(|(known, _)| *known == name).map(|(_, datum)| datum)
    }

    /// How many names there are: a mark to come back to.
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Forgets the names that were set after the mark.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.0.truncate(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributePath, Datum, Scope, Step};

    #[test]
    fn paths_are_read() {
        let name = |text: &str| Step::Name(text.to_owned());
        let cases = [
            ("region", vec![name("region")]),
            ("resourceId[1]", vec![name("resourceId"), Step::Index(1)]),
            ("[0]", vec![Step::Index(0)]),
            ("a.b", vec![name("a"), name("b")]),
            ("", vec![]),
        ];
        for (text, steps) in cases {
            assert_eq!(AttributePath::read(text, '.'), Ok(AttributePath(steps)), "{text}");
        }
        for wrong in ["a..b", "a[", "a[x]", "a[-1]", "a[0]b", "."] {
            assert!(AttributePath::read(wrong, '.').is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_inner_name_ends_with_its_rule() {
        let mut scope = Scope::default();
        scope.set("a", Datum::Flag(true));
        let mark = scope.mark();
        scope.set("b", Datum::Flag(false));
        assert!(scope.get("b").is_some());
        scope.back_to(mark);
        assert_eq!((scope.get("a"), scope.get("b")), (Some(&Datum::Flag(true)), None));
    }
}
