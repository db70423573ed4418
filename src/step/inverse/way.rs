//! One row of the table.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aws::api::client::{Operation, resolve};
use crate::step::inverse::tree::Tree;

/// How a setting is read, and how it is put back.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The operations that change it, without their service.
    pub calls: Vec<String>,
    /// Those of them that take it away.
    #[serde(default)]
    pub removing: Vec<String>,
    /// The parameters that say whose setting it is. Each of them goes into every call that knows it.
    pub keys: Vec<String>,
    /// The read that tells what is there.
    pub read: Call,
    /// The errors of the read that mean that nothing is there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Where in the answer the setting stands; without it, the whole of it.
    pub setting: Option<String>,
    /// Its fields that have the names of parameters; of each only that part which the call takes.
    #[serde(default)]
    pub take: Vec<String>,
    /// Whether every parameter of the call is a field.
    #[serde(default)]
    pub all: bool,
    /// Its fields that stand elsewhere, or are made of several values.
    #[serde(default)]
    pub fields: BTreeMap<String, Tree>,
    /// What of the parameters becomes the fields, where they have other names.
    #[serde(default)]
    pub sets: BTreeMap<String, Tree>,
    /// Whether only those fields are the setting that the call gives: what it does not give, it does not change.
    #[serde(default)]
    pub given: bool,
    /// A field of which only those entries are the setting that the call names.
    pub entries: Option<Entries>,
    /// Fields that belong to the setting when another one is given.
    #[serde(default)]
    pub together: BTreeMap<String, Vec<String>>,
    /// Whether there always is such a setting: it is changed, and never taken away.
    #[serde(default)]
    pub always: bool,
    /// Parameters that say how it is changed, and not what to.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// What a field is given to have it as if it had never been set.
    #[serde(default)]
    pub unset: Map<String, Value>,
    /// Fields that the service calls secret: they are not on record.
    #[serde(default)]
    pub secret: Vec<String>,
    /// Names of values that the model calls secret and that are none: the id of a key.
    #[serde(default)]
    pub open: Vec<String>,
    /// What must hold of the answer before the setting may be changed.
    pub ready: Option<String>,
    /// The calls that put it back; without them, the first of `calls`.
    #[serde(default)]
    pub put: Vec<Call>,
    /// The same where nothing is there; without them, those of `put`.
    #[serde(default)]
    pub create: Vec<Call>,
    /// The calls that take it away.
    #[serde(default)]
    pub remove: Vec<Call>,
    /// The fields that stay when it was taken away: the service knows no way to have none again.
    pub leaves: Option<Map<String, Value>>,
    /// What a person should know of it.
    pub note: Option<String>,
    /// The service, by botocore's name: that of its file.
    #[serde(skip)]
    pub service: String,
}

/// A call of the table.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The operation, without its service.
    #[serde(rename = "call")]
    pub name: String,
    /// Parameters beside the keys and the fields.
    #[serde(default)]
    pub with: BTreeMap<String, Tree>,
    /// Whether the fields are left out.
    #[serde(default)]
    pub bare: bool,
    /// Whether it is made at all.
    pub when: Option<Tree>,
}

/// A field of many entries.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// The field: a map, or a list of things that have a name.
    pub of: String,
    /// What the name of a thing is called.
    pub key: Option<String>,
    /// The names that the call gives.
    pub names: Tree,
    /// What an entry of a map is given to have it as if it had never been set.
    pub unset: Option<Value>,
}

impl Way {
    /// The operation of a call of this row.
    pub fn operation(&self, call: &str) -> Operation {
        resolve(&format!("{}:{call}", self.service)).expect("a test resolves every call of the table")
    }

    /// The operation that reads.
    pub fn reads(&self) -> Operation {
        self.operation(&self.read.name)
    }

    /// Whether there always is such a setting.
    pub fn is_always(&self) -> bool {
        self.always || self.given || self.entries.is_some()
    }

    /// Whether an operation takes the setting away.
    pub fn takes_away(&self, operation: Operation) -> bool {
        self.removing.iter().any(|name| name == operation.name())
    }

    /// The names of its fields, as an operation of this row gives them.
    pub fn field_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.take.iter().chain(self.fields.keys()).cloned().collect();
        if self.all {
            let put = self.operation(&self.put_calls()[0].name);
            let members = put.service().input(put.model()).map_or(&[][..], |shape| shape.members());
            let others = members.iter().map(|member| member.name.to_string());
            names.extend(others.filter(|name| !self.keys.contains(name) && !self.ignore.contains(name)));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Whether a field is part of what a call gives.
    pub(super) fn is_given(&self, field: &str, given: impl Fn(&str) -> bool) -> bool {
        let with = |name: &String| self.together.get(name).is_some_and(|fields| fields.iter().any(|it| it == field));
        !self.given || given(field) || self.together.keys().filter(|name| with(name)).any(|name| given(name))
    }

    /// Parameters of a call of which nothing is known that would put them back.
    pub fn stays<'a>(&self, given: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        if !self.given {
            return Vec::new();
        }
        let fields = self.field_names();
        let known =
            |name: &str| [&self.keys, &self.ignore, &fields].iter().any(|list| list.iter().any(|it| it == name));
        given.filter(|name| !known(name)).collect()
    }

    /// The calls that put it back where something is there.
    pub(super) fn put_calls(&self) -> Vec<Call> {
        if self.put.is_empty() {
            return vec![Call { name: self.calls[0].clone(), with: BTreeMap::new(), bare: false, when: None }];
        }
        self.put.clone()
    }

    /// Every operation by which it may be put back.
    pub fn writes(&self) -> Vec<Operation> {
        let mut all: Vec<Call> = self.put_calls();
        all.extend(self.create.iter().chain(&self.remove).cloned());
        let mut names: Vec<&str> = all.iter().map(|call| call.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| self.operation(name)).collect()
    }
}
