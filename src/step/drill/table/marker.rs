//! Markers in a table: items of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::aws::tables::{Attribute, Condition, Item, Number, Table, Written};
use crate::aws::{Aws, AwsReads};
use crate::event::{EffectResult, Failure, FailureKind};
use crate::step::WriteContext;
use crate::step::drill::made::Made;
use crate::step::effect::{Halt, effect_that, planned};
use crate::world::clock::{Clock, rfc3339};

/// The attribute that says of which run a marker is. Items that have it are none of the table's own.
pub(in crate::step::drill) const RUN: &str = "checkride_run";
/// The attribute that says which of the step's markers it is, from 1.
const NUMBER: &str = "checkride_number";
/// The attribute that says when it was written.
const AT: &str = "checkride_at";

/// A table that markers are written into, looked at once.
#[derive(Clone, Debug)]
pub(in crate::step::drill) struct TableMarkers {
    table: Table,
    given: BTreeMap<String, Value>,
    run: String,
}

impl TableMarkers {
    /// Looks at the table. `given`: the attributes of the key that are given.
    pub(in crate::step::drill) async fn open(
        aws: &Aws,
        name: &str,
        given: &BTreeMap<String, Value>,
        run: &str,
    ) -> Result<Self, Halt> {
        let Some(table) = aws.reads().tables().describe(name).await?.value else {
            let message = format!("there is no table {name} in {}", aws.settings().region);
            return Err(Failure::new(FailureKind::Guard, message).into());
        };
        Ok(Self { table, given: given.clone(), run: run.to_owned() })
    }

    /// Who else sees the markers, if anybody does.
    pub(in crate::step::drill) fn warning(&self) -> Option<String> {
        let name = &self.table.name;
        self.table
            .stream
            .is_some()
            .then(|| format!("{name} has a stream: who reads it sees the markers, by their attribute `{RUN}`"))
    }

    /// Writes one. Gives its key and its time.
    pub(in crate::step::drill) async fn put(&self, cx: &WriteContext, aws: &Aws, number: u32) -> Result<Value, Halt> {
        let (tables, table) = (aws.tables(), &self.table);
        let key = self.key(cx, number)?;
        let at = rfc3339(Clock::System.now());
        let item = [(RUN, &self.run), (AT, &at)]
            .into_iter()
            .fold(key.clone(), |item, (name, text)| item.with(name, Attribute::Text(text.clone())))
            .with(NUMBER, Attribute::Text(number.to_string()));
        let made = Made::Marker { table: table.arn.clone(), key: key.clone() };
        let absent = Condition::Absent(table.key.partition.name.clone());
        let putting = planned(aws, "dynamodb:PutItem", &made.target(), false);
        let put = async |_| tables.put(&table.name, &item, Some(&absent)).await;
        let written = effect_that(cx, putting, put, |written| became(*written)).await?;
        if written == Written::Refused {
            let message = format!("there is an item with the key {} already", key.to_json());
            return Err(Failure::new(FailureKind::Guard, message)
                .with_remedy("give the markers a `key` of their own")
                .into());
        }
        Ok(json!({ "key": key.to_json(), "at": at }))
    }

    /// One that an earlier attempt has written, as it is in the table.
    pub(in crate::step::drill) async fn found(
        &self,
        aws: &AwsReads,
        table: &str,
        key: &Item,
    ) -> Result<Option<Value>, Halt> {
        let item = aws.tables().item(table, key).await?.value;
        let at = item.as_ref().and_then(|item| item.get(AT));
        Ok(match at {
            Some(Attribute::Text(at)) => Some(json!({ "key": key.to_json(), "at": at })),
            Some(_) | None => None,
        })
    }

    /// The key of a marker: what is given, and the rest made so that no two of them, of no run, are the same.
    fn key(&self, cx: &WriteContext, number: u32) -> Result<Item, Halt> {
        let own = format!("checkride#{}#{}#{number:05}", self.run, cx.read.step);
        let attributes: Vec<_> = std::iter::once(&self.table.key.partition).chain(&self.table.key.sort).collect();
        // The last attribute of the key that is not given counts; where all are given, the marker would always be the same.
        let free = attributes.iter().rev().find(|attribute| !self.given.contains_key(&attribute.name));
        let Some(free) = free.map(|attribute| attribute.name.clone()) else {
            let message = "`key` gives the whole key: every marker would be the same item";
            let remedy = "leave one attribute of the key to checkride";
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        };
        let mut key = Item::default();
        for attribute in attributes {
            let given = self.given.get(&attribute.name);
            let text = match given {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None if attribute.name == free => own.clone(),
                None => format!("checkride#{}", self.run),
            };
            let value = match (attribute.kind.as_str(), given) {
                ("N", None) => Attribute::Number(below_zero(&text)),
                ("N", Some(_)) => Attribute::Number(Number::read(&text).map_err(|error| {
                    Failure::new(FailureKind::Guard, format!("`key.{}` is no number: {error}", attribute.name))
                })?),
                ("B", _) => Attribute::Binary(text.into_bytes()),
                _ => Attribute::Text(text),
            };
            key = key.with(&attribute.name, value);
        }
        Ok(key)
    }
}

/// What became of a write under a condition.
pub(in crate::step::drill) fn became(written: Written) -> EffectResult {
    match written {
        Written::Done => EffectResult::Done,
        Written::Refused => EffectResult::Refused,
    }
}

/// A number of 37 digits below zero, made of a text: no application counts there.
fn below_zero(text: &str) -> Number {
    let digest = Sha256::digest(text);
    let part = |from: usize| {
        let bytes = digest[from..].first_chunk().expect("a digest has 32 bytes");
        u64::from_be_bytes(*bytes) % 1_000_000_000_000_000_000
    };
    let digits = format!("{:018}{:018}", part(0), part(8));
    Number::read(&format!("-1{digits}")).expect("a minus and 37 digits are a number of DynamoDB's")
}
