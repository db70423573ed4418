//! What the tests of tables share.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::time::Duration;

use serde_json::{Value, json};

use checkride::aws::api::client::resolve;
use checkride::aws::tables::{Item, Table, TableReads};

use crate::support::replay::Turn;
use crate::support::sandbox::Sandboxed;

/// Looks until there is something, for 20 seconds.
///
/// # Panics
/// When there is nothing then.
pub(super) async fn soon<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..200 {
        match look().await {
            Some(found) => return found,
            None => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("it did not come")
}

/// Waits for a table to be active.
pub(super) async fn active(reads: &TableReads, name: &str) -> Table {
    soon(async || reads.describe(name).await.unwrap().value.filter(|table| table.status == "ACTIVE")).await
}

pub(super) fn item(json: &Value) -> Item {
    Item::from_json(json).unwrap()
}

/// Makes a table with an index and a sort key.
pub(super) async fn table(aws: &Sandboxed, name: &str) -> Table {
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
    active(&reads, name).await
}

pub(super) fn answer(body: &Value) -> Turn {
    Turn::Answer(200, body.to_string())
}

pub(super) fn refusal(code: &str, message: &str) -> Turn {
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message });
    Turn::Answer(400, body.to_string())
}

/// A table as `DynamoDB` describes one that is restored, a replica of a global table, and encrypted by a key.
pub(super) fn restored(status: &str) -> Value {
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
