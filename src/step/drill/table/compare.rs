//! A `compare` step of two tables with all its values known.

use std::collections::HashMap;

use serde_json::json;

use crate::aws::AwsReads;
use crate::aws::tables::{Item, Key, Scan, Table};
use crate::event::{Failure, FailureKind};
use crate::step::drill::compare::{self, Differences, Hash};
use crate::step::drill::table::marker::RUN;
use crate::step::effect::Halt;
use crate::step::kind::{CompareHow, TableCompare};
use crate::step::pause::disturbed;
use crate::step::{Ran, ReadAction, ReadContext, StepStop, TaskFault};
use crate::value::{Scope, Template};

/// The most items that are compared one by one: of each 32 bytes are kept.
const MOST: usize = 2_000_000;
/// In how many places of the table a sample is taken.
const PLACES: i32 = 8;
const DOING: &str = "tables are compared";

/// What a `compare` step is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct TableCompareTask {
    /// The table that is right.
    pub table: String,
    /// The one that is held against it.
    pub with: String,
    /// How.
    pub how: CompareHow,
    /// How many items may differ.
    pub tolerance: u64,
}

/// What a comparison has found.
#[derive(Debug, Default)]
struct Found {
    /// How many items the one has, and the other. In a sample: how many were looked at.
    items: (u64, u64),
    of: Differences,
}

impl ReadAction for TableCompareTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match Box::pin(self.compare(cx)).await {
            Ok(found) => Ok(self.judged(&found)),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }
}

impl TableCompareTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had.
    pub fn of(compare: &TableCompare, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| {
            template.eval_text(scope).map_err(|error| TaskFault {
                span: Some(template.span()),
                why: format!("`{}`: {error}", template.text()),
            })
        };
        let (table, with) = (text(&compare.table)?, text(&compare.with)?);
        let tolerance = compare.tolerance.eval(scope).map_err(|why| TaskFault { span: None, why })?;
        Ok(Self { table, with, how: compare.how, tolerance })
    }

    /// What it will do, as far as its values are known.
    pub fn preview(compare: &TableCompare, scope: &Scope) -> Vec<String> {
        Self::lines(&compare.table.preview(scope), &compare.with.preview(scope), compare.how)
    }

    /// What it will do.
    pub fn describe(&self) -> Vec<String> {
        Self::lines(&self.table, &self.with, self.how)
    }

    fn lines(table: &str, with: &str, how: CompareHow) -> Vec<String> {
        let how = match how {
            CompareHow::Count => "by the number of items".to_owned(),
            CompareHow::Sample(items) => format!("by the hashes of {items} items"),
            CompareHow::Full => "by the hashes of all items".to_owned(),
        };
        vec![format!("compares DynamoDB tables {table} and {with} {how}; markers of checkride do not count")]
    }

    async fn compare(&self, cx: &ReadContext) -> Result<Found, Halt> {
        let aws = cx.aws.clone().ok_or_else(|| {
            Failure::new(FailureKind::Guard, "a compare step needs an account")
                .with_remedy("give the profile an `[aws]` section")
        })?;
        let (one, other) = (described(&aws, &self.table).await?, described(&aws, &self.with).await?);
        if one.key != other.key {
            let message = format!("{} and {} have different keys", self.table, self.with);
            return Err(Failure::new(FailureKind::Expectation, message).into());
        }
        match self.how {
            CompareHow::Count => {
                let mut items = (0, 0);
                each(cx, &aws, &one, None, async |_| {
                    items.0 += 1;
                    Ok(())
                })
                .await?;
                each(cx, &aws, &other, None, async |_| {
                    items.1 += 1;
                    Ok(())
                })
                .await?;
                Ok(Found { items, of: Differences::of_numbers(items) })
            }
            CompareHow::Sample(items) => sample(cx, &aws, &one, &other, items).await,
            CompareHow::Full => full(cx, &aws, &one, &other).await,
        }
    }

    fn judged(&self, found: &Found) -> Ran {
        let empty = match self.how {
            // What else the other one holds was not looked at.
            CompareHow::Sample(_) => (found.items.0 == 0).then(|| format!("{} holds no item", self.table)),
            CompareHow::Count | CompareHow::Full => {
                (found.items == (0, 0)).then(|| format!("{} and {} hold no item", self.table, self.with))
            }
        };
        let out = json!({ "items": { "table": found.items.0, "with": found.items.1 } });
        let not_held = format!("{} does not hold what {} holds", self.with, self.table);
        found.of.judged(out, self.tolerance, empty, &not_held)
    }
}

async fn described(aws: &AwsReads, name: &str) -> Result<Table, Halt> {
    if let Some(table) = aws.tables().describe(name).await?.value {
        return Ok(table);
    }
    let message = format!("there is no table {name} in {}", aws.settings().region);
    Err(Failure::new(FailureKind::Expectation, message).into())
}

/// Gives each item of a table that is no marker, page by page: no more than a page is kept.
async fn each(
    cx: &ReadContext,
    aws: &AwsReads,
    table: &Table,
    segment: Option<(i32, i32)>,
    mut take: impl AsyncFnMut(Item) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let scan = Scan { table: table.name.clone(), segment, limit: None, consistent: true };
    let (mut from, mut seen) = (None, 0_u64);
    loop {
        let page =
            cx.within(Box::pin(aws.tables().scan(&scan, from.as_ref()))).await.map_err(|end| disturbed(end, DOING))?;
        let page = page?.value;
        for item in page.items.into_iter().filter(|item| item.get(RUN).is_none()) {
            seen += 1;
            take(item).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        cx.say(format!("{seen} items of {}", table.name));
        from = Some(next);
    }
}

async fn full(cx: &ReadContext, aws: &AwsReads, one: &Table, other: &Table) -> Result<Found, Halt> {
    let mut found = Found::default();
    let mut left: HashMap<Hash, Hash> = HashMap::new();
    each(cx, aws, one, None, async |item| {
        found.items.0 += 1;
        if left.len() == MOST {
            let message = format!("{} has more than {MOST} items", one.name);
            let remedy = "compare a sample: `how = \"sample\"`, with `sample = 10000`";
            return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
        }
        left.insert(hash(&key_of(&one.key, &item)), hash(&item));
        Ok(())
    })
    .await?;
    each(cx, aws, other, None, async |item| {
        found.items.1 += 1;
        let key = key_of(&other.key, &item);
        let what = match left.remove(&hash(&key)) {
            Some(known) if known == hash(&item) => {
                found.of.same += 1;
                return Ok(());
            }
            Some(_) => {
                found.of.different += 1;
                "different"
            }
            None => {
                found.of.extra += 1;
                "extra"
            }
        };
        found.of.example(what, key.to_json());
        Ok(())
    })
    .await?;
    found.of.missing = left.len() as u64;
    if found.of.missing > 0 {
        // Their keys are not kept: those of the first are looked for once more.
        each(cx, aws, one, None, async |item| {
            let key = key_of(&one.key, &item);
            if left.contains_key(&hash(&key)) {
                found.of.example("missing", key.to_json());
            }
            Ok(())
        })
        .await?;
    }
    Ok(found)
}

/// Takes items in several places of the one, and looks them up in the other, page by page.
async fn sample(cx: &ReadContext, aws: &AwsReads, one: &Table, other: &Table, items: u32) -> Result<Found, Halt> {
    let mut found = Found::default();
    let share = items.div_ceil(PLACES.unsigned_abs());
    for place in 0..PLACES {
        let limit = i32::try_from(share).ok();
        let scan = Scan { table: one.name.clone(), segment: Some((place, PLACES)), limit, consistent: true };
        let (mut left, mut from) = (share as usize, None);
        while left > 0 {
            let page = cx.within(Box::pin(aws.tables().scan(&scan, from.as_ref()))).await;
            let page = page.map_err(|end| disturbed(end, DOING))??.value;
            let own = page.items.into_iter().filter(|item| item.get(RUN).is_none());
            let taken: Vec<Item> = own.take(left).collect();
            left -= taken.len();
            look_up(cx, aws, (one, other), &taken, &mut found).await?;
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// Looks items of the one up in the other.
async fn look_up(
    cx: &ReadContext,
    aws: &AwsReads,
    (one, other): (&Table, &Table),
    items: &[Item],
    found: &mut Found,
) -> Result<(), Halt> {
    let keys: Vec<Item> = items.iter().map(|item| key_of(&one.key, item)).collect();
    let there = cx.within(Box::pin(aws.tables().items(&other.name, &keys))).await;
    let there = there.map_err(|end| disturbed(end, DOING))??.value;
    let there: HashMap<Hash, Hash> = there.iter().map(|item| (hash(&key_of(&other.key, item)), hash(item))).collect();
    found.items.0 += items.len() as u64;
    found.items.1 += there.len() as u64;
    for (item, key) in items.iter().zip(&keys) {
        match there.get(&hash(key)) {
            Some(known) if *known == hash(item) => found.of.same += 1,
            Some(_) => {
                found.of.different += 1;
                found.of.example("different", key.to_json());
            }
            None => {
                found.of.missing += 1;
                found.of.example("missing", key.to_json());
            }
        }
    }
    Ok(())
}

fn key_of(key: &Key, item: &Item) -> Item {
    // Every item of a table has its key; an answer that says otherwise is compared as a whole.
    key.of(item).unwrap_or_else(|| item.clone())
}

fn hash(item: &Item) -> Hash {
    compare::hash(item.canonical())
}
