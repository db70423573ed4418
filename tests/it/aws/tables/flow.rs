//! Tables, items and backups, against the emulator.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use serde_json::json;

use super::stage::{active, item, soon, table};
use checkride::aws::tables::{
    Attribute, Billing, Condition, Item, Limits, RestoreFromBackup, RestoreOverrides, Scan, Written,
};

use crate::support::sandbox::{self, Sandboxed};

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

async fn fill(aws: &Sandboxed, table: &str, count: usize) {
    for n in 0..count {
        let made = item(&json!({ "id": { "S": "a" }, "n": { "N": n.to_string() }, "user": { "S": "ana" } }));
        aws.tables().put(table, &made, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_table_is_described() {
    let aws = sandbox::aws();
    let reads = aws.reads().tables();
    assert_eq!(reads.describe("none-such").await.unwrap().value, None);
    let found = table(&aws, "sessions").await;
    assert_eq!((found.name.as_str(), found.status.as_str(), found.class.as_str()), ("sessions", "ACTIVE", "STANDARD"));
    assert!(found.arn.ends_with(":table/sessions") && found.arn.contains(&aws.settings().account), "{}", found.arn);
    assert_eq!((found.key.partition.name.as_str(), found.key.partition.kind.as_str()), ("id", "S"));
    let sort = found.key.sort.clone().unwrap();
    assert_eq!((sort.name.as_str(), sort.kind.as_str()), ("n", "N"));
    assert_eq!(found.billing, Billing::OnDemand(Limits::default()));
    assert_eq!(found.indexes.len(), 1);
    assert_eq!(found.indexes[0].partition[0].name, "user");
    assert_eq!(found.indexes[0].projection.kind, "KEYS_ONLY");
    assert!(found.stream.is_none() && !found.deletion_protection && found.replicas.is_empty());
    let same = reads.describe(&found.arn).await.unwrap().value.unwrap();
    assert_eq!(same.id, found.id, "by ARN as by name");
    assert_eq!(reads.tags(&found.arn).await.unwrap().value["team"], "sessions");
}

#[tokio::test]
async fn items_are_put_on_a_condition_walked_page_by_page_and_counted() {
    let aws = sandbox::aws();
    let found = table(&aws, "sessions").await;
    let (reads, writes) = (aws.reads().tables(), aws.tables());
    fill(&aws, "sessions", 7).await;

    let scan = Scan { table: "sessions".to_owned(), limit: Some(3), consistent: true, ..Scan::default() };
    let (mut pages, mut seen, mut from) = (0, Vec::new(), None);
    loop {
        let page = reads.scan(&scan, from.as_ref()).await.unwrap().value;
        assert!(page.items.len() <= 3, "a page is no larger than asked");
        pages += 1;
        seen.extend(page.items);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert!(pages >= 3 && seen.len() == 7, "{pages} pages of {} items", seen.len());

    let (first, next) = reads.count(&scan, None).await.unwrap().value;
    assert!(first == 3 && next.is_some(), "{first}");
    let whole = Scan { limit: None, ..scan };
    assert_eq!(reads.count(&whole, next.as_ref()).await.unwrap().value, (4, None));

    let keys: Vec<Item> = seen.iter().map(|item| found.key.of(item).unwrap()).collect();
    let mut again = reads.items("sessions", &keys).await.unwrap().value;
    let by_bytes = |items: &mut Vec<Item>| items.sort_by_key(Item::canonical);
    by_bytes(&mut again);
    by_bytes(&mut seen);
    assert_eq!(again, seen);
    assert_eq!(reads.count_of("sessions", "id", &text("a")).await.unwrap().value, 7);
    assert_eq!(reads.count_of("sessions", "id", &text("b")).await.unwrap().value, 0);

    let marker = item(&json!({ "id": { "S": "checkride" }, "n": { "N": "1" }, "run": { "S": "7f3a" } }));
    let key = found.key.of(&marker).unwrap();
    assert_eq!(reads.item("sessions", &key).await.unwrap().value, None);
    let absent = Condition::Absent("id".to_owned());
    assert_eq!(writes.put("sessions", &marker, Some(&absent)).await.unwrap().value, Written::Done);
    assert_eq!(writes.put("sessions", &marker, Some(&absent)).await.unwrap().value, Written::Refused);
    assert_eq!(reads.item("sessions", &key).await.unwrap().value, Some(marker));
    let of = |run: &str| Condition::Equals("run".to_owned(), text(run));
    assert_eq!(writes.delete_item("sessions", &key, Some(&of("other"))).await.unwrap().value, Written::Refused);
    assert_eq!(writes.delete_item("sessions", &key, Some(&of("7f3a"))).await.unwrap().value, Written::Done);
    assert_eq!(reads.item("sessions", &key).await.unwrap().value, None);
}

#[tokio::test]
async fn a_backup_brings_back_what_was_and_not_what_came_later() {
    let aws = sandbox::aws();
    let source = table(&aws, "sessions").await;
    let (reads, writes) = (aws.reads().tables(), aws.tables());
    fill(&aws, "sessions", 3).await;
    assert_eq!(reads.backups("sessions").await.unwrap().value, []);
    let made = writes.create_backup("sessions", "drill").await.unwrap().value;
    let look = async || reads.backup(&made.arn).await.unwrap().value;
    let ready = soon(async || look().await.filter(|backup| backup.status == "AVAILABLE")).await;
    assert_eq!((ready.name.as_str(), ready.table.as_str(), ready.kind.as_str()), ("drill", "sessions", "USER"));
    let later = item(&json!({ "id": { "S": "later" }, "n": { "N": "1" } }));
    writes.put("sessions", &later, None).await.unwrap();

    let overrides = RestoreOverrides { indexes: Some(Vec::new()), ..RestoreOverrides::default() };
    let restore = RestoreFromBackup { backup: made.arn.clone(), target: "copy".to_owned(), overrides };
    writes.restore_from_backup(&restore).await.unwrap();
    let copy = active(&reads, "copy").await;
    assert_ne!(copy.id, source.id);
    assert_eq!(reads.count_of("copy", "id", &text("a")).await.unwrap().value, 3);
    let key = source.key.of(&later).unwrap();
    assert_eq!(reads.item("copy", &key).await.unwrap().value, None);
    let twice = writes.restore_from_backup(&restore).await.unwrap_err();
    assert_eq!(twice.code(), "TableAlreadyExistsException", "{twice}");

    writes.delete_table("copy").await.unwrap();
    soon(async || reads.describe("copy").await.unwrap().value.is_none().then_some(())).await;
    writes.delete_backup(&made.arn).await.unwrap();
    // DynamoDB remembers a backup that was deleted.
    soon(async || look().await.is_none_or(|backup| backup.status == "DELETED").then_some(())).await;
    let left = reads.backups("sessions").await.unwrap().value;
    assert!(left.iter().all(|backup| backup.arn != made.arn || backup.status == "DELETED"), "{left:?}");
}
