//! `aws`: any operation of the AWS API.

use crate::aws::api::client::Operation;
use crate::aws::api::validate::{Given, OutputType, output_type};
use crate::catalog::{refuse_input, resolve_call};
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::Effect;
use crate::value::{RefAt, ValueTemplate, value_entries};

/// The keys of `aws`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("call", KeyType::Text, "The operation: `service:Operation`, as in `dynamodb:DescribeTable`."),
    KeySpec::optional(
        "with",
        KeyType::Map(&KeyType::Any),
        "",
        "Its parameters, by the names of the AWS API. Bytes are base64, moments ISO 8601.",
    ),
    KeySpec::optional(
        "pages",
        KeyType::Integer,
        "100",
        "How many pages of an answer are read and put together, at most; 1 gives one page as the service sends it.",
    ),
];

/// How many pages are read when the step does not say.
const PAGES: usize = 100;

/// Any operation of the AWS API.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsCall {
    /// The operation.
    pub operation: Operation,
    /// Its parameters, in the order of the file.
    pub with: Vec<(String, ValueTemplate)>,
    /// How many pages of an answer are read, at most.
    pub pages: usize,
}

impl AwsCall {
    /// Reads the keys of `aws`, and holds the parameters against the model of the service.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let call = table.text("call");
        let with = value_entries(table, "with");
        let pages = table.integer("pages", 1, 10_000).map_or(PAGES, |pages| usize::try_from(pages.value).unwrap_or(1));
        let call = call?;
        let operation = resolve_call(&call, table.reader())?;
        let with = with?;
        let nodes = table.map("with").unwrap_or_default();
        refuse_input(operation, &call, &with, nodes, table.reader(), &|_| Given::Unknown);
        Some(Self { operation, with, pages })
    }

    /// What it may change when the step does not say.
    pub fn effect(&self) -> Effect {
        if self.operation.read().is_some() { Effect::Read } else { Effect::Write }
    }

    /// What the step may say that it changes: a read reads.
    pub fn effects(&self) -> &'static [Effect] {
        match self.operation.read() {
            Some(_) => &[Effect::Read],
            None => &[Effect::Write, Effect::Irreversible],
        }
    }

    /// What `out` looks like.
    pub fn output(&self) -> OutputType<'static> {
        output_type(self.operation.service(), self.operation.model())
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        self.with.iter().flat_map(|(_, value)| value.refs()).collect()
    }
}
