//! What the fake of RDS hears and says, in the query protocol.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use url::form_urlencoded;

use super::rds::Thing;
use crate::support::web::{Heard, reply, reply_json};

/// The members of a form.
pub(super) fn form(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// The tags of a request.
pub(super) fn tags_of(input: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let keys = input.iter().filter(|(name, _)| name.starts_with("Tags.") && name.ends_with(".Key"));
    keys.map(|(name, key)| (key.clone(), input[&name.replace(".Key", ".Value")].clone())).collect()
}

/// An error.
pub(super) fn refusal(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{code} it is</Message></Error></ErrorResponse>"
    )
}

/// An event.
pub(super) fn event(at: DateTime<Utc>, message: &str) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("<Event><SourceIdentifier>it</SourceIdentifier><Date>{at}</Date><Message>{message}</Message></Event>")
}

/// What `CloudWatch` says of a volume.
pub(super) fn points(to: &mut dyn Write, heard: &Heard, gib: Option<u32>) -> std::io::Result<()> {
    let bytes = gib.map(|gib| f64::from(gib) * 1_073_741_824.0);
    if heard.header("x-amz-target").is_some() {
        let all: Vec<_> = bytes.iter().map(|bytes| json!({ "Maximum": bytes, "Timestamp": 1_795_377_300.0 })).collect();
        return reply_json(to, "200 OK", &json!({ "Label": "VolumeBytesUsed", "Datapoints": all }).to_string());
    }
    let all = bytes.map_or_else(String::new, |bytes| format!("<member><Maximum>{bytes}</Maximum></member>"));
    let body = format!(
        "<GetMetricStatisticsResponse><GetMetricStatisticsResult><Label>VolumeBytesUsed</Label>\
         <Datapoints>{all}</Datapoints></GetMetricStatisticsResult></GetMetricStatisticsResponse>"
    );
    reply(to, "200 OK", "Content-Type: text/xml\r\n", body.as_bytes())
}

fn arn(account: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:rds:us-east-1:{account}:{kind}:{name}")
}

fn common(thing: &Thing) -> String {
    let mut text = format!(
        "<Engine>{}</Engine><EngineVersion>16.4</EngineVersion><BackupRetentionPeriod>{}</BackupRetentionPeriod>\
         <DeletionProtection>{}</DeletionProtection><StorageEncrypted>true</StorageEncrypted><KmsKeyId>arn:key</KmsKeyId>\
         <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId>\
         </VpcSecurityGroupMembership></VpcSecurityGroups><EnabledCloudwatchLogsExports>",
        thing.engine, thing.backup_days, thing.protected
    );
    for log in &thing.logs {
        write!(text, "<member>{log}</member>").unwrap();
    }
    text + "</EnabledCloudwatchLogsExports>" + &tag_list(thing)
}

fn tag_list(thing: &Thing) -> String {
    let tags = thing.tags.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!("<TagList>{}</TagList>", tags.collect::<String>())
}

/// A cluster.
pub(super) fn cluster(
    account: &str,
    name: &str,
    thing: &Thing,
    status: &str,
    members: &[String],
    latest: &str,
    port: u16,
) -> String {
    let members = members.iter().map(|member| {
        let writes = *member == thing.writer;
        format!(
            "<DBClusterMember><DBInstanceIdentifier>{member}</DBInstanceIdentifier><IsClusterWriter>{writes}</IsClusterWriter>\
             <PromotionTier>1</PromotionTier></DBClusterMember>"
        )
    });
    format!(
        "<DBCluster><DBClusterIdentifier>{name}</DBClusterIdentifier><DBClusterArn>{}</DBClusterArn><Status>{status}</Status>\
         <EngineMode>provisioned</EngineMode><DBClusterParameterGroup>{}</DBClusterParameterGroup>\
         <Endpoint>127.0.0.1</Endpoint><ReaderEndpoint>reader.{name}</ReaderEndpoint><Port>{port}</Port>\
         <DBSubnetGroup>private</DBSubnetGroup><AllocatedStorage>1</AllocatedStorage>\
         <EarliestRestorableTime>2026-01-01T00:00:00Z</EarliestRestorableTime>\
         <LatestRestorableTime>{latest}</LatestRestorableTime><StorageType>{}</StorageType>\
         <DBClusterMembers>{}</DBClusterMembers>{}</DBCluster>",
        arn(account, "cluster", name),
        thing.parameters,
        thing.storage.as_deref().unwrap_or("aurora-iopt1"),
        members.collect::<String>(),
        common(thing)
    )
}

/// An instance.
pub(super) fn instance(account: &str, name: &str, thing: &Thing, status: &str, latest: &str) -> String {
    let of = if thing.of.is_empty() {
        format!("<LatestRestorableTime>{latest}</LatestRestorableTime>")
    } else {
        format!("<DBClusterIdentifier>{}</DBClusterIdentifier>", thing.of)
    };
    format!(
        "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><DBInstanceArn>{}</DBInstanceArn>\
         <DBInstanceStatus>{status}</DBInstanceStatus><DBInstanceClass>{}</DBInstanceClass><AllocatedStorage>20</AllocatedStorage>\
         <DBParameterGroups><DBParameterGroup><DBParameterGroupName>{}</DBParameterGroupName></DBParameterGroup>\
         </DBParameterGroups><PubliclyAccessible>{}</PubliclyAccessible><MultiAZ>false</MultiAZ>{of}{}</DBInstance>",
        arn(account, "db", name),
        thing.class,
        thing.parameters,
        thing.public,
        common(thing)
    )
}

/// A snapshot.
pub(super) fn snapshot(account: &str, kind: &str, name: &str, thing: &Thing, status: &str) -> String {
    let (element, id) = if kind == "snapshot" {
        ("DBSnapshot", "DBInstanceIdentifier")
    } else {
        ("DBClusterSnapshot", "DBClusterIdentifier")
    };
    format!(
        "<{element}><{element}Identifier>{name}</{element}Identifier><{element}Arn>{}</{element}Arn><{id}>{}</{id}>\
         <Status>{status}</Status><SnapshotType>manual</SnapshotType><EngineVersion>16.4</EngineVersion>\
         <SnapshotCreateTime>2026-11-22T08:00:00Z</SnapshotCreateTime>{}</{element}>",
        arn(account, kind, name),
        thing.of,
        tag_list(thing)
    )
}
