//! Looking at items: a page at a time, so that a table of any size is walked in the memory of one page.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Select};
use aws_types::request_id::RequestId;

use super::data::Key;
use super::item::{Attribute, Item};
use super::reads::TableReads;
use super::sdk::{SdkItem, given, item, request};
use crate::aws::clients::{Reply, incomplete};
use crate::aws::error::{AwsError, AwsErrorKind, Call};
use crate::aws::pace::jitter;

const SCAN: Call = Call("dynamodb", "Scan");
const GET: Call = Call("dynamodb", "GetItem");
const BATCH: Call = Call("dynamodb", "BatchGetItem");
const QUERY: Call = Call("dynamodb", "Query");

/// The most keys of a batch.
const KEYS: usize = 100;
/// How often the rest of a batch is asked for without getting anything of it.
const IDLE: u32 = 8;
/// The longest wait in between, but for the spread.
const LONGEST: Duration = Duration::from_secs(10);

/// Which items of a table are walked through. Without anything but the name: all of them, in pages of up to 1 MB.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scan {
    /// The table, by name or ARN.
    pub table: String,
    /// This part of the table, of so many that are walked side by side: `(0, 4)` is the first of four.
    pub segment: Option<(i32, i32)>,
    /// The most items of a page.
    pub limit: Option<i32>,
    /// Whether what was written before the page is asked for is in it. It costs twice as much.
    pub consistent: bool,
}

/// A page of items.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The items. None need be there while `next` is.
    pub items: Vec<Item>,
    /// Where the next page begins, if there is one.
    pub next: Option<Item>,
}

impl Key {
    /// The key of an item; none where the item has not all of it.
    pub fn of(&self, item: &Item) -> Option<Item> {
        let names = std::iter::once(&self.partition).chain(&self.sort).map(|attribute| &attribute.name);
        names.map(|name| Some((name.clone(), item.get(name)?.clone()))).collect::<Option<_>>().map(Item)
    }
}

impl TableReads {
    /// A page of a table. `from`: where the page before said that this one begins.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn scan(&self, scan: &Scan, from: Option<&Item>) -> Result<Reply<Page>, AwsError> {
        let answer = self.page(scan, from, None).await?;
        let request_id = answer.request_id().map(str::to_owned);
        let items = answer.items.unwrap_or_default().into_iter().map(item).collect::<Option<_>>();
        let items = items.ok_or_else(|| unread(SCAN, request_id.as_deref()))?;
        let page = Page { items, next: next(answer.last_evaluated_key, request_id.as_deref())? };
        Ok(Reply::new(page, request_id.as_deref()))
    }

    /// How many items a page of a table has, and where the next one begins: it costs what the page costs, and brings
    /// none of it here.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn count(&self, scan: &Scan, from: Option<&Item>) -> Result<Reply<(u64, Option<Item>)>, AwsError> {
        let answer = self.page(scan, from, Some(Select::Count)).await?;
        let request_id = answer.request_id().map(str::to_owned);
        let count = u64::try_from(answer.count).unwrap_or_default();
        let next = next(answer.last_evaluated_key, request_id.as_deref())?;
        Ok(Reply::new((count, next), request_id.as_deref()))
    }

    async fn page(&self, scan: &Scan, from: Option<&Item>, select: Option<Select>) -> Result<ScanOutput, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients
            .table_reads
            .scan()
            .table_name(&scan.table)
            .set_select(select)
            .set_segment(scan.segment.map(|(segment, _)| segment))
            .set_total_segments(scan.segment.map(|(_, total)| total))
            .set_limit(scan.limit)
            .consistent_read(scan.consistent)
            .set_exclusive_start_key(from.map(request));
        asked.send().await.map_err(|error| AwsError::from_sdk(SCAN, &error))
    }

    /// An item by its key, as it is now; none when there is none.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn item(&self, table: &str, key: &Item) -> Result<Reply<Option<Item>>, AwsError> {
        let clients = self.door.clients().await?;
        let asked = clients.table_reads.get_item().table_name(table).set_key(Some(request(key))).consistent_read(true);
        let answer = asked.send().await.map_err(|error| AwsError::from_sdk(GET, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        let found = match answer.item.filter(|found| !found.is_empty()) {
            Some(found) => Some(item(found).ok_or_else(|| unread(GET, request_id.as_deref()))?),
            None => None,
        };
        Ok(Reply::new(found, request_id.as_deref()))
    }

    /// Items by their keys, as they are now, in no order; a key that has none is left out. What `DynamoDB` leaves over
    /// is asked for again, slower each time. No key may be there twice.
    ///
    /// # Errors
    /// Any [`AwsError`]; [`AwsErrorKind::Throttled`] where nothing more came.
    pub async fn items(&self, table: &str, keys: &[Item]) -> Result<Reply<Vec<Item>>, AwsError> {
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: Vec::with_capacity(keys.len()), request_ids: Vec::new() };
        for keys in keys.chunks(KEYS) {
            let mut rest: Vec<SdkItem> = keys.iter().map(request).collect();
            let mut idle = 0;
            while !rest.is_empty() {
                let asked = KeysAndAttributes::builder().set_keys(Some(rest.clone())).consistent_read(true).build();
                let asked = asked.map_err(|_| AwsError::of(BATCH, AwsErrorKind::Request, None, Vec::new(), false))?;
                let answer = clients.table_reads.batch_get_item().request_items(table, asked).send().await;
                let answer = answer.map_err(|error| AwsError::from_sdk(BATCH, &error))?;
                let request_id = answer.request_id().map(str::to_owned);
                // One table was asked for: whatever the answer calls it, by name or ARN, it is that one.
                let found = answer.responses.unwrap_or_default().into_values().flatten();
                for found in found {
                    reply.value.push(item(found).ok_or_else(|| unread(BATCH, request_id.as_deref()))?);
                }
                let left = answer.unprocessed_keys.unwrap_or_default().into_values();
                let left: Vec<SdkItem> = left.flat_map(|left| left.keys).collect();
                idle = if left.len() < rest.len() { 0 } else { idle + 1 };
                if idle == IDLE {
                    let code = "ProvisionedThroughputExceededException".to_owned();
                    let message = format!("{} keys stay unprocessed", left.len());
                    let kind = AwsErrorKind::Throttled { code, message };
                    return Err(AwsError::of(BATCH, kind, request_id.as_deref(), Vec::new(), false));
                }
                reply.request_ids.extend(request_id);
                rest = left;
                if !rest.is_empty() {
                    let wait = self.door.backoff.saturating_mul(1 << idle).min(LONGEST);
                    tokio::time::sleep(wait + jitter(wait)).await;
                }
            }
        }
        Ok(reply)
    }

    /// How many items have this partition key.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn count_of(&self, table: &str, partition: &str, value: &Attribute) -> Result<Reply<u64>, AwsError> {
        let clients = self.door.clients().await?;
        let mut reply = Reply { value: 0, request_ids: Vec::new() };
        let mut next: Option<HashMap<_, _>> = None;
        loop {
            let page = clients
                .table_reads
                .query()
                .table_name(table)
                .select(Select::Count)
                .consistent_read(true)
                .key_condition_expression("#partition = :value")
                .expression_attribute_names("#partition", partition)
                .expression_attribute_values(":value", given(value))
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| AwsError::from_sdk(QUERY, &error))?;
            reply.request_ids.extend(page.request_id().map(str::to_owned));
            reply.value += u64::try_from(page.count).unwrap_or_default();
            next = page.last_evaluated_key.filter(|key| !key.is_empty());
            if next.is_none() {
                return Ok(reply);
            }
        }
    }
}

/// Where the next page begins, if there is one.
fn next(key: Option<SdkItem>, request_id: Option<&str>) -> Result<Option<Item>, AwsError> {
    let key = key.filter(|key| !key.is_empty());
    key.map(|key| item(key).ok_or_else(|| unread(SCAN, request_id))).transpose()
}

/// An item of an answer holds a value of a type that this version does not know.
fn unread(call: Call, request_id: Option<&str>) -> AwsError {
    incomplete(call, "attribute of a known type", request_id)
}
