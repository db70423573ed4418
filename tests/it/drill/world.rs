//! A fake of `DynamoDB` that knows what a table held at a time: point-in-time restores give that, and no later data. How far
//! the latest restorable time is behind is the test's. It is asked by the program alone; a test looks at it directly.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use checkride::world::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::kept::{Around, Kept};
use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::sandbox::account;
use crate::support::web::{Heard, Web, reply, reply_json};

/// A write to a table: when, which key, and the item; none: it was deleted.
type Change = (DateTime<Utc>, String, Option<Value>);

#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    changes: Vec<Change>,
    items: BTreeMap<String, Value>,
    pub(super) tags: BTreeMap<String, String>,
    /// How many looks it is not ready for.
    busy: u32,
    restored: Option<(String, DateTime<Utc>)>,
    pub(super) kept: Kept,
}

#[derive(Debug, Default)]
struct Backup {
    name: String,
    table: String,
    held: Held,
}

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<String, Held>,
    backups: BTreeMap<String, Backup>,
    around: Around,
    /// Operations that are refused: after how many more calls, how often still, with which code.
    refuses: BTreeMap<String, (u32, u32, String)>,
    calls: Vec<String>,
    /// What was restored does not become active.
    stuck: bool,
    /// The status that what was restored ends in, in place of `ACTIVE`; empty: it is not there any more.
    ends: Option<String>,
}

/// Tables with their items, backups by name, and what is scaled.
pub(super) type Everything = (BTreeMap<String, BTreeMap<String, Value>>, Vec<String>, Vec<String>);

/// The fake.
#[derive(Debug)]
pub(super) struct World {
    pub(super) account: String,
    web: Web,
    state: Arc<Mutex<State>>,
}

/// How far the latest restorable time is behind.
pub(super) const LAG: TimeDelta = TimeDelta::milliseconds(1500);

impl Held {
    /// The items at a time.
    fn at(&self, time: DateTime<Utc>) -> BTreeMap<String, Value> {
        let mut items = BTreeMap::new();
        for (_, key, item) in self.changes.iter().filter(|(at, ..)| *at <= time) {
            match item {
                Some(item) => items.insert(key.clone(), item.clone()),
                None => items.remove(key),
            };
        }
        items
    }

    fn change(&mut self, at: DateTime<Utc>, key: String, item: Option<Value>) {
        match &item {
            Some(item) => self.items.insert(key.clone(), item.clone()),
            None => self.items.remove(&key),
        };
        self.changes.push((at, key, item));
    }
}

impl World {
    /// A world with one table, `orders`, of so many items.
    pub(super) fn new(items: u32) -> Self {
        let account = account();
        let state = Arc::new(Mutex::new(State::default()));
        let mut orders = Held { kept: Kept { recovery: true, ..Kept::default() }, ..Held::default() };
        let long_ago = Clock::System.now() - TimeDelta::hours(1);
        for number in 0..items {
            let item = json!({ "pk": { "S": format!("order-{number:06}") }, "total": { "N": number.to_string() } });
            orders.change(long_ago, key_of(&item), Some(item));
        }
        state.lock().unwrap().tables.insert("orders".to_owned(), orders);
        let (shared, owner) = (Arc::clone(&state), account.clone());
        let web = Web::keeping(move |heard, to| answer(&shared, &owner, heard, to));
        Self { account, web, state }
    }

    /// A project whose profile `sandbox` is this world.
    pub(super) fn project(&self, runbook: &str) -> Project {
        let endpoint = self.web.url("");
        Project::new()
            .emulated_unwatched("sandbox", &self.account, endpoint.trim_end_matches('/'))
            .runbook("r", runbook)
            .answers("phase.drill = yes")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Refuses an operation so many times, with this code.
    pub(super) fn refuses(&self, operation: &str, times: u32, code: &str) {
        self.refuses_after(operation, 0, times, code);
    }

    /// The same, after so many calls that are not.
    pub(super) fn refuses_after(&self, operation: &str, calls: u32, times: u32, code: &str) {
        self.state().refuses.insert(operation.to_owned(), (calls, times, code.to_owned()));
    }

    /// What was restored does not become active, or does from now on.
    pub(super) fn sticks(&self, stuck: bool) {
        self.state().stuck = stuck;
    }

    /// What is restored ends in this status; in an empty one it is not there any more.
    pub(super) fn restored_ends(&self, status: &str) {
        self.state().ends = Some(status.to_owned());
    }

    /// The alarms come to this state.
    pub(super) fn alarms_are(&self, state: &str) {
        for alarm in &mut self.state().around.alarms {
            alarm["StateValue"] = json!(state);
            alarm["StateReason"] = json!("3 datapoints were greater than 5");
        }
    }

    /// All that there is: tables with their items, backups by name, and what is scaled.
    pub(super) fn everything(&self) -> Everything {
        let state = self.state();
        let tables = state.tables.iter().map(|(name, held)| (name.clone(), held.items.clone())).collect();
        let scaled =
            state.around.targets.keys().map(|(resource, dimension)| format!("{resource} {dimension}")).collect();
        (tables, state.backups.values().map(|backup| backup.name.clone()).collect(), scaled)
    }

    /// The names of the tables.
    pub(super) fn tables(&self) -> Vec<String> {
        self.state().tables.keys().cloned().collect()
    }

    /// Somebody else takes the keys of the markers.
    pub(super) fn overwrites_markers(&self) {
        let mut state = self.state();
        let orders = state.tables.get_mut("orders").expect("it is there");
        let markers: Vec<String> = orders.items.keys().filter(|key| key.contains("checkride#")).cloned().collect();
        for key in markers {
            let item: Value = serde_json::from_str(&key).expect("a key is JSON");
            orders.change(Clock::System.now(), key, Some(item));
        }
    }

    /// Gives a table the tag of another run.
    pub(super) fn tagged(&self, table: &str, run: &str) {
        let mut state = self.state();
        let held = state.tables.get_mut(table).expect("it is there");
        held.tags.insert("checkride:run".to_owned(), run.to_owned());
    }

    /// Somebody deletes a table, and restores another one under its name.
    pub(super) fn replaced(&self, table: &str) {
        let mut state = self.state();
        state.tables.get_mut(table).expect("it is there").tags.clear();
    }

    /// Somebody deletes all items of a table.
    pub(super) fn empties(&self, table: &str) {
        self.state().tables.get_mut(table).expect("it is there").items.clear();
    }

    /// Somebody has a table scaled.
    pub(super) fn scales(&self, table: &str) {
        let mut state = self.state();
        for dimension in ["dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"] {
            state.around.targets.insert((format!("table/{table}"), dimension.to_owned()), (1, 5));
        }
    }

    /// Somebody gives a table a replica in this region, or takes it away.
    pub(super) fn replicates(&self, table: &str, region: Option<&str>) {
        let mut state = self.state();
        state.tables.get_mut(table).expect("it is there").kept.replica = region.map(str::to_owned);
    }

    /// Gives `orders` every setting that no restore carries over and that this fake knows.
    pub(super) fn settled(self) -> Self {
        let mut state = self.state();
        let orders = state.tables.get_mut("orders").expect("it is there");
        let tags = [("team", "shop"), ("aws:cloudformation:stack-name", "shop"), ("checkride:run", "an-older-run")];
        orders.tags.extend(tags.map(|(key, value)| (key.to_owned(), value.to_owned())));
        orders.kept.expires = Some("gone_at".to_owned());
        orders.kept.stream = Some("NEW_AND_OLD_IMAGES".to_owned());
        orders.kept.protected = true;
        let whole = ("table/orders".to_owned(), "dynamodb:table:WriteCapacityUnits".to_owned());
        let index = ("table/orders/index/by-day".to_owned(), "dynamodb:index:ReadCapacityUnits".to_owned());
        let policy = (whole.0.clone(), whole.1.clone(), "writes".to_owned());
        state.around.targets.extend([(whole, (5, 50)), (index, (1, 9))]);
        state.around.policies.insert(policy, json!({ "TargetValue": 70.0 }));
        state.around.alarms.push(json!({
            "AlarmName": "orders-throttled", "MetricName": "ThrottledRequests", "Namespace": "AWS/DynamoDB",
            "Dimensions": [{ "Name": "TableName", "Value": "orders" }], "StateValue": "OK",
        }));
        drop(state);
        self
    }

    /// A table's settings and tags, and the names of the policies that scale it.
    pub(super) fn kept(&self, table: &str) -> (Kept, BTreeMap<String, String>, Vec<String>) {
        let state = self.state();
        let held = &state.tables[table];
        let own = state.around.policies.keys().filter(|(resource, ..)| *resource == format!("table/{table}"));
        (held.kept.clone(), held.tags.clone(), own.map(|(.., name)| name.clone()).collect())
    }

    /// An address at it.
    pub(super) fn url(&self, path: &str) -> String {
        self.web.url(path)
    }

    /// How often anybody has turned to it, for whatever.
    pub(super) fn connections(&self) -> usize {
        self.web.connections()
    }

    /// The calls so far, by operation.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }
}

fn key_of(item: &Value) -> String {
    json!({ "pk": item["pk"] }).to_string()
}

fn answer(state: &Mutex<State>, account: &str, heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    let Some(target) = heard.header("x-amz-target") else {
        // Who is asked by a form, or by method and path.
        let action = heard.body.split('&').find_map(|part| part.strip_prefix("Action="));
        let call = action.map_or_else(|| heard.line.clone(), str::to_owned);
        state.lock().unwrap().calls.push(call);
        return reply(to, "200 OK", "Content-Type: text/xml\r\n", caller_body(account).as_bytes());
    };
    let operation = target.rsplit('.').next().unwrap_or_default();
    let input: Value = serde_json::from_str(&heard.body).unwrap_or_default();
    let mut state = state.lock().unwrap();
    state.calls.push(operation.to_owned());
    match state.carry_out(account, operation, &input) {
        Ok(output) => reply_json(to, "200 OK", &output.to_string()),
        Err(code) => {
            let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": code });
            reply_json(to, "400 Bad Request", &body.to_string())
        }
    }
}

fn seconds(at: DateTime<Utc>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "as DynamoDB writes times")]
    let seconds = at.timestamp_millis() as f64 / 1000.0;
    seconds
}

impl State {
    fn carry_out(&mut self, account: &str, operation: &str, input: &Value) -> Result<Value, String> {
        match self.refuses.get_mut(operation) {
            Some((calls, ..)) if *calls > 0 => *calls -= 1,
            Some((_, times, code)) if *times > 0 => {
                *times -= 1;
                return Err(code.clone());
            }
            Some(_) | None => {}
        }
        let text = |member: &str| input[member].as_str().unwrap_or_default().to_owned();
        let name = |member: &str| text(member).rsplit('/').next().unwrap_or_default().to_owned();
        let gone = || "ResourceNotFoundException".to_owned();
        let now = Clock::System.now();
        let arn = |name: &str| format!("arn:aws:dynamodb:us-east-1:{account}:table/{name}");
        if let Some(answer) = self.around.answer(operation, input) {
            return answer;
        }
        if let Some(answer) = self.tables.get_mut(&name("TableName")).and_then(|it| it.kept.answer(operation, input)) {
            return Ok(answer);
        }
        match operation {
            "DescribeTable" => {
                let name = name("TableName");
                let (stuck, ends) = (self.stuck, self.ends.clone());
                let held = self.tables.get_mut(&name).ok_or_else(gone)?;
                let status = if held.busy > 0 || (stuck && held.restored.is_some()) { "CREATING" } else { "ACTIVE" };
                let over = held.busy == 0 && held.restored.is_some();
                let status = ends.as_deref().filter(|_| over).unwrap_or(status);
                held.busy = held.busy.saturating_sub(1);
                if status.is_empty() {
                    return Err(gone());
                }
                Ok(json!({ "Table": described(&arn(&name), &name, held, status) }))
            }
            "DescribeContinuousBackups" => {
                let on = self.tables.get(&name("TableName")).ok_or_else(gone)?.kept.recovery;
                let window = if on {
                    json!({
                        "PointInTimeRecoveryStatus": "ENABLED",
                        "EarliestRestorableDateTime": seconds(now - TimeDelta::days(1)),
                        "LatestRestorableDateTime": seconds(now - LAG),
                    })
                } else {
                    json!({ "PointInTimeRecoveryStatus": "DISABLED" })
                };
                Ok(json!({ "ContinuousBackupsDescription": {
                    "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": window,
                }}))
            }
            "PutItem" => {
                let held = self.tables.get_mut(&name("TableName")).ok_or_else(gone)?;
                let key = key_of(&input["Item"]);
                if input["ConditionExpression"].is_string() && held.items.contains_key(&key) {
                    return Err("ConditionalCheckFailedException".to_owned());
                }
                held.change(now, key, Some(input["Item"].clone()));
                Ok(json!({}))
            }
            "GetItem" => {
                let held = self.tables.get(&name("TableName")).ok_or_else(gone)?;
                let item = held.items.get(&key_of(&input["Key"])).cloned();
                Ok(item.map_or_else(|| json!({}), |item| json!({ "Item": item })))
            }
            "DeleteItem" => {
                let held = self.tables.get_mut(&name("TableName")).ok_or_else(gone)?;
                let key = key_of(&input["Key"]);
                // The one condition that is ever asked for: an attribute has a value.
                let name = input["ExpressionAttributeNames"]["#it"].as_str().unwrap_or_default();
                let wanted = input["ExpressionAttributeValues"].get(":value");
                if wanted.is_some_and(|wanted| held.items.get(&key).is_none_or(|item| item[name] != *wanted)) {
                    return Err("ConditionalCheckFailedException".to_owned());
                }
                held.change(now, key, None);
                Ok(json!({}))
            }
            "Scan" => {
                let held = self.tables.get(&name("TableName")).ok_or_else(gone)?;
                let after = input.get("ExclusiveStartKey").map(key_of);
                let from = after.map_or(Bound::Unbounded, Bound::Excluded);
                let rest = held.items.range((from, Bound::Unbounded));
                let page: Vec<&Value> = rest.take(5000).map(|(_, item)| item).collect();
                let mut output = json!({ "Items": page, "Count": page.len(), "ScannedCount": page.len() });
                if page.len() == 5000 {
                    output["LastEvaluatedKey"] = json!({ "pk": page[4999]["pk"] });
                }
                Ok(output)
            }
            "BatchGetItem" => {
                let asked = input["RequestItems"].as_object().and_then(|asked| asked.iter().next());
                let (table, asked) = asked.expect("it asks for items");
                let items = &self.tables.get(table).ok_or_else(gone)?.items;
                let keys = asked["Keys"].as_array().into_iter().flatten();
                let found: Vec<&Value> = keys.filter_map(|key| items.get(&key_of(key))).collect();
                Ok(json!({ "Responses": { table: found }, "UnprocessedKeys": {} }))
            }
            "CreateBackup" => {
                let (table, backup) = (name("TableName"), text("BackupName"));
                let held = self.tables.get(&table).ok_or_else(gone)?.clone();
                let id = format!("{}/backup/{:06}", arn(&table), self.backups.len());
                self.backups.insert(id.clone(), Backup { name: backup.clone(), table, held });
                Ok(json!({ "BackupDetails": {
                    "BackupArn": id, "BackupName": backup, "BackupStatus": "CREATING", "BackupType": "USER",
                    "BackupCreationDateTime": seconds(now), "BackupSizeBytes": 0,
                }}))
            }
            "ListBackups" => {
                let table = name("TableName");
                let of_table = self.backups.iter().filter(|(_, backup)| backup.table == table);
                let summaries: Vec<Value> = of_table
                    .map(|(id, backup)| json!({
                        "BackupArn": id, "BackupName": backup.name, "BackupStatus": "AVAILABLE", "BackupType": "USER",
                        "TableName": table, "TableArn": arn(&table), "TableId": "t", "BackupCreationDateTime": seconds(now),
                    }))
                    .collect();
                Ok(json!({ "BackupSummaries": summaries }))
            }
            "DeleteBackup" => {
                let found = self.backups.remove(&text("BackupArn"));
                found.map(|_| json!({})).ok_or_else(|| "BackupNotFoundException".to_owned())
            }
            "RestoreTableToPointInTime" | "RestoreTableFromBackup" => {
                let target = name("TargetTableName");
                if self.tables.contains_key(&target) {
                    return Err("TableAlreadyExistsException".to_owned());
                }
                let (source, at, items) = if operation == "RestoreTableFromBackup" {
                    let backup = self.backups.get(&text("BackupArn")).ok_or("BackupNotFoundException")?;
                    (backup.table.clone(), now, backup.held.items.clone())
                } else {
                    let source = name("SourceTableArn");
                    let held = self.tables.get(&source).ok_or_else(gone)?;
                    let wanted = input["RestoreDateTime"].as_f64();
                    #[expect(clippy::cast_possible_truncation, reason = "as DynamoDB reads times")]
                    let at = wanted.and_then(|wanted| DateTime::from_timestamp(wanted as i64, 0)).unwrap_or(now - LAG);
                    if at > now - LAG {
                        return Err("InvalidRestoreTimeException".to_owned());
                    }
                    (source, at, held.at(at))
                };
                let changes = items.iter().map(|(key, item)| (now, key.clone(), Some(item.clone()))).collect();
                let held = Held { changes, items, busy: 2, restored: Some((arn(&source), at)), ..Held::default() };
                let output = json!({ "TableDescription": described(&arn(&target), &target, &held, "CREATING") });
                self.tables.insert(target, held);
                Ok(output)
            }
            "TagResource" => {
                let held = self.tables.get_mut(&name("ResourceArn")).ok_or_else(gone)?;
                for tag in input["Tags"].as_array().into_iter().flatten() {
                    let text = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
                    held.tags.insert(text("Key"), text("Value"));
                }
                Ok(json!({}))
            }
            "ListTagsOfResource" => {
                let held = self.tables.get(&name("ResourceArn")).ok_or_else(gone)?;
                let tags: Vec<Value> =
                    held.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
                Ok(json!({ "Tags": tags }))
            }
            "DeleteTable" if self.tables.get(&name("TableName")).is_some_and(|held| held.kept.protected) => {
                Err("ValidationException".to_owned())
            }
            "DeleteTable" => self.tables.remove(&name("TableName")).map(|_| json!({})).ok_or_else(gone),
            other => Err(format!("UnknownOperationException {other}")),
        }
    }
}

fn described(arn: &str, name: &str, held: &Held, status: &str) -> Value {
    let mut table = json!({
        "TableName": name, "TableArn": arn, "TableId": "t", "TableStatus": status,
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "BillingModeSummary": { "BillingMode": "PAY_PER_REQUEST" },
        "ItemCount": 0, "TableSizeBytes": 0, "CreationDateTime": 1_700_000_000.0,
    });
    held.kept.describe(&mut table);
    if let Some((source, at)) = &held.restored {
        let summary = json!({ "SourceTableArn": source, "RestoreDateTime": seconds(*at), "RestoreInProgress": false });
        table["RestoreSummary"] = summary;
    }
    table
}
