//! `aws`: any operation of the AWS API.

use crate::aws::api::client::Operation;
use crate::aws::api::validate::{Given, OutputType, output_type};
use crate::catalog::{refuse_input, resolve_call};
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::Effect;
use crate::step::inverse::{Way, known_by, way_of};
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
    KeySpec::optional(
        "capture",
        KeyType::Boolean,
        "true",
        "Whether a setting is read and put on record before it is changed, for a step that puts it back (`aws-restore`).",
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
    /// Whether what is there is put on record before it is changed.
    pub capture: bool,
}

impl AwsCall {
    /// Reads the keys of `aws`, and holds the parameters against the model of the service.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let call = table.text("call");
        let with = value_entries(table, "with");
        let pages = table.integer("pages", 1, 10_000).map_or(PAGES, |pages| usize::try_from(pages.value).unwrap_or(1));
        let capture = table.boolean("capture");
        let call = call?;
        let operation = resolve_call(&call, table.reader())?;
        let with = with?;
        let nodes = table.map("with").unwrap_or_default();
        refuse_input(operation, &call, &with, nodes, table.reader(), &|_| Given::Unknown);
        if let (Some(span), None) = (table.key_span("capture"), way_of(operation)) {
            let help = "it is for operations that change a setting, and of which it is known how that is put back";
            let message = format!("nothing is captured before {}", operation.call());
            table.invalid(span, message, Some(help.to_owned()));
        }
        Some(Self { operation, with, pages, capture: capture.unwrap_or(true) })
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

    /// How what it changes is read before, and put back after, where that is known and wanted.
    pub fn way(&self) -> Option<&'static Way> {
        way_of(self.operation).filter(|_| self.capture)
    }

    /// The names under which expressions know what was there before; none where it is not captured.
    pub fn before_names(&self) -> Option<Vec<String>> {
        Some(known_by(self.way()?, self.with.iter().map(|(name, _)| name.as_str())))
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
