//! Throttling, refusals and the states of real restores, by replayed answers.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::stage::{answer, item, refusal, restored};
use checkride::aws::tables::{EncryptionChoice, RestoreFromBackup, RestoreOverrides, RestoreToTime, Scan, Table};
use checkride::aws::{AwsErrorKind, RestorePoint};

use crate::support::replay::{Replay, Turn};

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
