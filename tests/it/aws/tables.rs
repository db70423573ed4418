//! Tables, items and backups: against the emulator, and by replayed answers for what it has not.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use checkride::aws::api::client::resolve;
use checkride::aws::tables::{
    Attribute, Billing, Condition, Difference, EncryptionChoice, Item, Known, Limits, Recovery, Remedy,
    RestoreFromBackup, RestoreOverrides, RestoreToTime, Scan, SettingChange, Table, Written, differences,
};
use checkride::aws::{Awaited, AwsErrorKind, RestorePoint, WaitFault};

use crate::support::replay::{Replay, Turn};
use crate::support::sandbox::{self, Sandboxed};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn item(json: &Value) -> Item {
    Item::from_json(json).unwrap()
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

/// Makes a table with an index and a sort key.
async fn table(aws: &Sandboxed, name: &str) -> Table {
    let input = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "id", "AttributeType": "S" },
            { "AttributeName": "n", "AttributeType": "N" },
            { "AttributeName": "user", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "id", "KeyType": "HASH" },
            { "AttributeName": "n", "KeyType": "RANGE" },
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-user",
            "KeySchema": [{ "AttributeName": "user", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "Tags": [{ "Key": "team", "Value": "sessions" }],
    });
    aws.api().call(resolve("dynamodb:CreateTable").unwrap(), &input, None).await.unwrap();
    let reads = aws.reads().tables();
    let made = reads.table_until(name, Awaited::Up, soon(), |_| {}).await.unwrap();
    made.value.unwrap()
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
    let ready = reads.backup_until(&made.arn, Awaited::Up, soon(), |_| {}).await.unwrap().value.unwrap();
    assert_eq!((ready.name.as_str(), ready.table.as_str(), ready.kind.as_str()), ("drill", "sessions", "USER"));
    let later = item(&json!({ "id": { "S": "later" }, "n": { "N": "1" } }));
    writes.put("sessions", &later, None).await.unwrap();

    let overrides = RestoreOverrides { indexes: Some(Vec::new()), ..RestoreOverrides::default() };
    let restore = RestoreFromBackup { backup: made.arn.clone(), target: "copy".to_owned(), overrides };
    writes.restore_from_backup(&restore).await.unwrap();
    let mut told = Vec::new();
    let hear = |status: Option<&str>| told.push(status.map(str::to_owned));
    let copy = reads.table_until("copy", Awaited::Up, soon(), hear).await.unwrap().value.unwrap();
    assert_eq!(told.last(), Some(&Some("ACTIVE".to_owned())));
    assert_ne!(copy.id, source.id);
    assert_eq!(reads.count_of("copy", "id", &text("a")).await.unwrap().value, 3);
    let key = source.key.of(&later).unwrap();
    assert_eq!(reads.item("copy", &key).await.unwrap().value, None);
    let twice = writes.restore_from_backup(&restore).await.unwrap_err();
    assert_eq!(twice.code(), "TableAlreadyExistsException", "{twice}");

    writes.delete_table("copy").await.unwrap();
    let gone = reads.table_until("copy", Awaited::Gone, soon(), |_| {}).await.unwrap().value;
    assert_eq!(gone, None);
    writes.delete_backup(&made.arn).await.unwrap();
    reads.backup_until(&made.arn, Awaited::Gone, soon(), |_| {}).await.unwrap();
    let left = reads.backups("sessions").await.unwrap().value;
    assert!(left.iter().all(|backup| backup.arn != made.arn || backup.status == "DELETED"), "{left:?}");
}

/// The settings of a source, its copy by point in time, and what is put back on it.
#[tokio::test]
async fn what_a_restore_does_not_carry_over_is_put_back() {
    let aws = sandbox::aws();
    let (reads, writes) = (aws.reads().tables(), aws.tables());
    let source = table(&aws, "sessions").await;
    let on = writes.set_point_in_time("sessions", true, None).await.unwrap().value;
    assert!(on.on && reads.point_in_time("sessions").await.unwrap().value.on);
    writes.set_time_to_live("sessions", "expires", true).await.unwrap();
    assert_eq!(reads.time_to_live("sessions").await.unwrap().value.on(), Some("expires"));
    writes.set_stream("sessions", Some("NEW_IMAGE")).await.unwrap();
    writes.set_deletion_protection("sessions", true).await.unwrap();
    writes.set_insights("sessions", true, None).await.unwrap();
    let refused = writes.delete_table("sessions").await.unwrap_err();
    assert!(refused.is_definite(), "{refused}");

    let restore = RestoreToTime {
        source: source.arn.clone(),
        target: "sessions-drill".to_owned(),
        at: RestorePoint::Latest,
        overrides: RestoreOverrides::default(),
    };
    writes.restore_to_time(&restore).await.unwrap();
    let copy = reads.table_until("sessions-drill", Awaited::Up, soon(), |_| {}).await.unwrap().value.unwrap();
    writes.tag(&copy.arn, &BTreeMap::from([("checkride:run".to_owned(), "7f3a".to_owned())])).await.unwrap();

    let source = reads.describe("sessions").await.unwrap().value.unwrap();
    let before = reads.settings(&source).await.unwrap().value;
    assert_eq!(before.time_to_live, Known::Is(Some("expires".to_owned())));
    assert!(matches!(before.point_in_time, Known::Is(Recovery { on: true, .. })), "{before:?}");
    assert_eq!(before.stream.as_deref(), Some("NEW_IMAGE"));
    assert!(before.deletion_protection && matches!(before.insights, Known::Is(Some(_))), "{before:?}");
    assert_eq!((&before.policy, &before.destinations), (&Known::Is(None), &Known::Is(Vec::new())));
    // The emulator has no such service: that is said, and the rest is read.
    assert!(matches!(before.scaling, Known::Not(_)), "{before:?}");

    let all = differences(&before, &reads.settings(&copy).await.unwrap().value);
    let changes = put_back(&all);
    assert!(matches!(changes.last(), Some(SettingChange::DeletionProtection)), "{changes:?}");
    assert!(changes.len() >= 5, "{changes:?}");
    for change in &changes {
        writes.put_back(&copy, change).await.unwrap();
        reads.table_until("sessions-drill", Awaited::Up, soon(), |_| {}).await.unwrap();
    }
    let copy = reads.describe("sessions-drill").await.unwrap().value.unwrap();
    let after = reads.settings(&copy).await.unwrap().value;
    assert_eq!(put_back(&differences(&before, &after)), []);
    assert!(matches!(&after.tags, Known::Is(tags) if tags["team"] == "sessions" && tags["checkride:run"] == "7f3a"));
}

fn put_back(all: &[Difference]) -> Vec<SettingChange> {
    let changes = all.iter().filter_map(|difference| match &difference.remedy {
        Remedy::PutBack(changes) => Some(changes.clone()),
        Remedy::Reported(_) => None,
    });
    changes.flatten().collect()
}

fn answer(body: &Value) -> Turn {
    Turn::Answer(200, body.to_string())
}

fn refusal(code: &str, message: &str) -> Turn {
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message });
    Turn::Answer(400, body.to_string())
}

#[tokio::test]
async fn a_throttled_page_is_asked_for_again() {
    let throttled = || refusal("ProvisionedThroughputExceededException", "The level of configured throughput …");
    let page = json!({ "Items": [{ "id": { "S": "a" } }], "Count": 1, "ScannedCount": 1 });
    let replay = Replay::of(vec![throttled(), throttled(), throttled(), answer(&page)]);
    let scan = Scan { table: "t".to_owned(), segment: Some((1, 4)), ..Scan::default() };
    let from = item(&json!({ "id": { "S": "0" } }));
    let page = replay.aws().reads().tables().scan(&scan, Some(&from)).await.unwrap().value;
    assert_eq!((page.items, page.next), (vec![item(&json!({ "id": { "S": "a" } }))], None));
    let sent: Vec<Value> = replay.sent().iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
    assert_eq!(sent.len(), 4);
    let wanted = json!({ "TableName": "t", "Segment": 1, "TotalSegments": 4, "ConsistentRead": false,
        "ExclusiveStartKey": { "id": { "S": "0" } } });
    assert!(sent.iter().all(|sent| *sent == wanted), "{sent:?}");
}

/// As many pages as a table of 100,000 items may have, throttled again and again: a repetition uses nothing up.
#[tokio::test]
async fn a_long_walk_that_is_throttled_all_the_way_comes_to_its_end() {
    let mut calls = 0;
    let replay = Replay::answering(move |_| {
        calls += 1;
        let page = calls / 3;
        match (calls % 3, page) {
            (0, 400) => answer(&json!({ "Items": [], "Count": 0, "ScannedCount": 0 })),
            (0, _) => answer(&json!({ "Items": [{ "id": { "N": page.to_string() } }], "Count": 1, "ScannedCount": 1,
                "LastEvaluatedKey": { "id": { "N": page.to_string() } } })),
            _ => refusal("ThrottlingException", "Rate exceeded"),
        }
    });
    let reads = replay.aws().reads().tables();
    let scan = Scan { table: "t".to_owned(), ..Scan::default() };
    let (mut items, mut from) = (0, None);
    loop {
        let page = reads.scan(&scan, from.as_ref()).await.unwrap().value;
        items += page.items.len();
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((items, replay.actions().len()), (399, 1200));
}

#[tokio::test]
async fn what_a_batch_leaves_over_is_asked_for_again() {
    let key = |n: u32| json!({ "id": { "S": n.to_string() } });
    let first = json!({ "Responses": { "t": [key(1)] }, "UnprocessedKeys": { "t": { "Keys": [key(2)] } } });
    let second = json!({ "Responses": { "t": [key(2)] }, "UnprocessedKeys": {} });
    let replay = Replay::of(vec![answer(&first), answer(&second)]);
    let keys = [item(&key(1)), item(&key(2))];
    let reply = replay.aws().reads().tables().items("t", &keys).await.unwrap();
    assert_eq!(reply.value, keys);
    assert_eq!(reply.request_ids, ["req-1", "req-2"]);
    let second: Value = serde_json::from_str(&replay.sent()[1].body).unwrap();
    assert_eq!(second["RequestItems"]["t"]["Keys"], json!([key(2)]));

    let never = json!({ "Responses": {}, "UnprocessedKeys": { "t": { "Keys": [key(2)] } } });
    let replay = Replay::answering(move |_| answer(&never));
    let error = replay.aws().reads().tables().items("t", &keys[1..]).await.unwrap_err();
    assert!(matches!(error.kind, AwsErrorKind::Throttled { .. }), "{error}");
    assert_eq!(replay.actions().len(), 8);
}

#[tokio::test]
async fn a_restore_that_cannot_be_is_refused_in_its_own_words_and_sent_once() {
    let restore = |at| RestoreToTime {
        source: "arn:aws:dynamodb:us-east-1:111122223333:table/t".to_owned(),
        target: "copy".to_owned(),
        at,
        overrides: RestoreOverrides::default(),
    };
    let at: DateTime<Utc> = "2026-11-22T19:00:30.9Z".parse().unwrap();
    for code in ["PointInTimeRecoveryUnavailableException", "InvalidRestoreTimeException", "LimitExceededException"] {
        let replay = Replay::of(vec![refusal(code, "Too bad")]);
        let error = replay.aws().tables().restore_to_time(&restore(RestorePoint::At(at))).await.unwrap_err();
        assert_eq!((error.code(), error.is_definite()), (code, true), "{error}");
        let sent: Value = serde_json::from_str(&replay.sent()[0].body).unwrap();
        assert_eq!(sent["RestoreDateTime"], json!(1_795_374_030_i64), "{sent}");
        assert_eq!(sent.get("UseLatestRestorableTime"), None);
    }
    let replay = Replay::of(vec![Turn::Lost]);
    let lost = replay.aws().tables().restore_to_time(&restore(RestorePoint::Latest)).await.unwrap_err();
    assert!(lost.could_have_happened(), "{lost}");
    assert_eq!(replay.actions().len(), 1, "a change is sent once");
}

/// A table as `DynamoDB` describes one that is restored, a replica of a global table, and encrypted by a key.
fn restored(status: &str) -> Value {
    json!({ "Table": {
        "TableName": "copy", "TableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/copy", "TableStatus": status,
        "TableId": "b0", "CreationDateTime": 1.7e9, "ItemCount": 5, "TableSizeBytes": 500,
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" },
            { "AttributeName": "u", "AttributeType": "S" }],
        "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 6, "NumberOfDecreasesToday": 0 },
        "GlobalSecondaryIndexes": [{ "IndexName": "i", "IndexStatus": "ACTIVE",
            "KeySchema": [{ "AttributeName": "u", "KeyType": "HASH" }, { "AttributeName": "id", "KeyType": "RANGE" }],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"] },
            "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 2 } }],
        "LocalSecondaryIndexes": [{ "IndexName": "l", "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" },
            { "AttributeName": "u", "KeyType": "RANGE" }], "Projection": { "ProjectionType": "ALL" } }],
        "SSEDescription": { "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:key" },
        "Replicas": [{ "RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE" }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" }, "LatestStreamArn": "arn:s",
        "RestoreSummary": { "SourceTableArn": "arn:t", "RestoreDateTime": 1_795_373_000.0,
            "RestoreInProgress": status == "CREATING" },
    } })
}

#[tokio::test]
async fn a_restored_table_says_what_it_is_of() {
    let replay = Replay::of(vec![answer(&restored("ACTIVE"))]);
    let table = replay.aws().reads().tables().describe("copy").await.unwrap().value.unwrap();
    let of = table.restored.clone().unwrap();
    assert_eq!((of.table.as_deref(), of.backup, of.in_progress), (Some("arn:t"), None, false));
    assert_eq!(of.at.timestamp(), 1_795_373_000);
    assert_eq!(table.replicas[0].arn, "arn:aws:dynamodb:eu-west-1:111122223333:table/copy");
    assert_eq!(serde_json::from_str::<Table>(&serde_json::to_string(&table).unwrap()).unwrap(), table);

    // What it is may be asked for again, for another one.
    let replay = Replay::of(vec![answer(&json!({ "TableDescription": restored("CREATING")["Table"] }))]);
    let overrides = RestoreOverrides {
        billing: Some(table.billing),
        indexes: Some(table.indexes.clone()),
        local_indexes: Some(table.local_indexes.clone()),
        encryption: Some(EncryptionChoice::Kms("alias/other".to_owned())),
    };
    let restore = RestoreFromBackup { backup: "arn:b".to_owned(), target: "copy-2".to_owned(), overrides };
    replay.aws().tables().restore_from_backup(&restore).await.unwrap();
    let sent: Value = serde_json::from_str(&replay.sent()[0].body).unwrap();
    assert_eq!(sent["BillingModeOverride"], "PROVISIONED");
    assert_eq!(sent["ProvisionedThroughputOverride"], json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 }));
    assert_eq!(
        sent["GlobalSecondaryIndexOverride"],
        json!([{ "IndexName": "i",
            "KeySchema": [{ "AttributeName": "u", "KeyType": "HASH" }, { "AttributeName": "id", "KeyType": "RANGE" }],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"] },
            "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 2 } }])
    );
    assert_eq!(sent["LocalSecondaryIndexOverride"][0]["IndexName"], "l");
    let encrypted = json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/other" });
    assert_eq!(sent["SSESpecificationOverride"], encrypted);
}

#[tokio::test]
async fn a_wait_tells_each_status_and_ends_where_nothing_more_will_come() {
    let throttled = || refusal("ThrottlingException", "Rate exceeded");
    let states = [restored("CREATING"), restored("CREATING"), restored("ACTIVE")];
    // A look that fails for a moment does not end the wait: eight attempts of one look, and on it goes.
    let turns = (0..8).map(|_| throttled()).chain(states.iter().map(answer)).collect();
    let replay = Replay::of(turns);
    let mut told = Vec::new();
    let hear = |status: Option<&str>| told.push(status.unwrap_or("-").to_owned());
    let reads = replay.aws().reads().tables();
    assert!(reads.table_until("copy", Awaited::Up, soon(), hear).await.unwrap().value.is_some());
    assert_eq!(told, ["CREATING", "ACTIVE"]);

    let replay =
        Replay::of(vec![answer(&restored("CREATING")), answer(&restored("INACCESSIBLE_ENCRYPTION_CREDENTIALS"))]);
    let dead = replay.aws().reads().tables().table_until("copy", Awaited::Up, soon(), |_| {}).await.unwrap_err();
    assert_eq!(dead.to_string(), "it is `INACCESSIBLE_ENCRYPTION_CREDENTIALS`");

    let replay = Replay::answering(|_| refusal("ResourceNotFoundException", "Requested resource not found"));
    let reads = replay.aws().reads().tables();
    assert_eq!(reads.table_until("copy", Awaited::Up, soon(), |_| {}).await, Err(WaitFault::Missing));
    assert_eq!(reads.table_until("copy", Awaited::Gone, soon(), |_| {}).await.unwrap().value, None);

    let replay = Replay::answering(|_| answer(&restored("CREATING")));
    let over = Instant::now();
    let late = replay.aws().reads().tables().table_until("copy", Awaited::Up, over, |_| {}).await.unwrap_err();
    assert_eq!(late.to_string(), "it is `CREATING`, and the time is over");

    let denied = Replay::of(vec![refusal("AccessDeniedException", "no")]);
    let denied = denied.aws().reads().tables().table_until("copy", Awaited::Up, soon(), |_| {}).await.unwrap_err();
    assert!(matches!(denied, WaitFault::Aws(_)), "{denied}");
}
