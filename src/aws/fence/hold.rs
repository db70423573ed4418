//! The fence itself, and the client that stands behind it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::sent::{Asks, Sent};
use super::subject::{Subjects, known_as, subjects};

/// What may be changed.
#[derive(Debug)]
pub struct Fence {
    account: String,
    within: Mutex<BTreeSet<String>>,
}

/// What a client may send that nobody has signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::aws) enum Unsigned {
    /// Logins: a role taken by a token, single sign-on, the address of an instance's own data.
    Logins,
    /// Nothing that changes something: AWS has operations that need no signature, as the reset of a user's password.
    Nothing,
}

/// A change that was not let through. Nothing was sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{call} was held back: {why}")]
pub(in crate::aws) struct OutOfBounds {
    /// The call.
    pub(in crate::aws) call: String,
    /// Why.
    pub(in crate::aws) why: String,
}

impl Fence {
    /// A fence with nothing within, for the names of an account.
    pub fn around(account: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { account: account.into(), within: Mutex::default() })
    }

    /// Lets what this names be changed from now on: an ARN, or its beginning, with `*` behind it. A bucket is let in with
    /// all its objects; its objects (`BUCKET/*`) are without the bucket's own settings.
    /// Gives whether it was not within before.
    pub fn let_in(&self, arn: impl Into<String>) -> bool {
        self.within().insert(known_as(arn.into()))
    }

    /// Whether what this names may be changed.
    pub(in crate::aws) fn lets(&self, arn: &str) -> bool {
        self.is_within(arn)
    }

    /// Lets what this names be changed no more.
    pub fn let_out(&self, arn: impl Into<String>) {
        self.within().remove(&known_as(arn.into()));
    }

    /// The same client, behind the fence. `unsigned`: what it may send that nobody has signed.
    pub(in crate::aws) fn before(self: &Arc<Self>, http: SharedHttpClient, unsigned: Unsigned) -> SharedHttpClient {
        SharedHttpClient::new(Fenced { http, fence: Arc::clone(self), unsigned })
    }

    /// Whether a request may leave.
    fn judge(&self, request: &HttpRequest, unsigned: Unsigned) -> Result<(), OutOfBounds> {
        let sent = Sent::of(request);
        if unsigned == Unsigned::Logins && sent.may_be_login(request) {
            return Ok(());
        }
        let service = if sent.service.is_empty() { "unsigned" } else { &sent.service };
        let call = || match &sent.asks {
            Asks::Named { operation, .. } => format!("{service}:{operation}"),
            Asks::Rest { method, path, .. } => format!("{service} {method} {path}"),
        };
        match subjects(&sent, &self.account) {
            Subjects::Nothing => Ok(()),
            Subjects::Unreadable => {
                let why = "a drill changes only what it made, and what this changes cannot be told";
                Err(OutOfBounds { call: call(), why: why.to_owned() })
            }
            Subjects::All(arns) => match arns.iter().find(|arn| !self.is_within(arn)) {
                Some(arn) => {
                    let why = format!("a drill changes only what it made, and `{arn}` is none of that");
                    Err(OutOfBounds { call: call(), why })
                }
                None => Ok(()),
            },
        }
    }

    fn is_within(&self, arn: &str) -> bool {
        let within = self.within();
        let begins = |known: &String| known.strip_suffix('*').is_some_and(|start| arn.starts_with(start));
        let bucket = arn.split_once(":s3:::").and_then(|(_, object)| object.split_once('/'));
        let bucket = bucket.map(|(_, key)| &arn[..arn.len() - key.len() - 1]);
        within.contains(arn) || bucket.is_some_and(|bucket| within.contains(bucket)) || within.iter().any(begins)
    }

    fn within(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.within.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client whose requests are held against the fence.
#[derive(Clone)]
struct Fenced {
    http: SharedHttpClient,
    fence: Arc<Fence>,
    unsigned: Unsigned,
}

impl fmt::Debug for Fenced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fenced").finish_non_exhaustive()
    }
}

impl HttpClient for Fenced {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.http.http_connector(settings, components);
        let fence = Arc::clone(&self.fence);
        SharedHttpConnector::new(FencedConnector { connector, fence, unsigned: self.unsigned })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.http.connector_metadata()
    }
}

#[derive(Debug)]
struct FencedConnector {
    connector: SharedHttpConnector,
    fence: Arc<Fence>,
    unsigned: Unsigned,
}

impl HttpConnector for FencedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.fence.judge(&request, self.unsigned) {
            Ok(()) => self.connector.call(request),
            Err(out) => HttpConnectorFuture::ready(Err(ConnectorError::user(out.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;

    use super::{Fence, Unsigned};

    const MINE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/drill";

    fn judged(fence: &Fence, scope: &str, target: &str, body: &str) -> Result<(), String> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri("https://example.com/").unwrap();
        request.set_method("POST").unwrap();
        let signed = format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/{scope}/aws4_request, Signature=0");
        request.headers_mut().insert("authorization", signed);
        match target.strip_prefix("form") {
            Some(_) => request.headers_mut().insert("content-type", "application/x-www-form-urlencoded"),
            None => request.headers_mut().insert("x-amz-target", format!("X.{target}")),
        };
        fence.judge(&request, Unsigned::Logins).map_err(|out| out.to_string())
    }

    fn table(fence: &Fence, operation: &str, body: &str) -> Result<(), String> {
        judged(fence, "eu-west-1/dynamodb", operation, body)
    }

    #[test]
    fn only_what_is_within_is_changed_however_it_is_named() {
        let fence = Fence::around("111122223333");
        fence.let_in(MINE);
        for body in [r#"{"TableName": "drill"}"#, &format!(r#"{{"TableName": "{MINE}"}}"#)] {
            assert_eq!(table(&fence, "DeleteTable", body), Ok(()));
        }
        for body in [
            r#"{"TableName": "orders"}"#,
            r#"{"TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}"#,
            r#"{"TableName": "arn:aws:dynamodb:us-east-1:111122223333:table/drill"}"#,
            r#"{"TableName": "arn:aws:dynamodb:eu-west-1:999922223333:table/drill"}"#,
            r#"{"TableName": "Drill"}"#,
            r#"{"TableName": 5}"#,
            "{}",
            "not JSON",
        ] {
            assert!(table(&fence, "DeleteTable", body).is_err(), "{body}");
            assert!(table(&fence, "PutItem", body).is_err(), "{body}");
        }
        let replica = judged(&fence, "us-east-1/dynamodb", "DeleteTable", r#"{"TableName": "drill"}"#);
        assert!(replica.unwrap_err().contains("us-east-1"), "the same name in another region is another table");
    }

    #[test]
    fn a_restore_reads_its_source_and_changes_its_target() {
        let fence = Fence::around("111122223333");
        let body = r#"{"SourceTableName": "orders", "TargetTableName": "drill"}"#;
        assert!(table(&fence, "RestoreTableToPointInTime", body).is_err(), "nothing is within yet");
        fence.let_in(MINE);
        assert_eq!(table(&fence, "RestoreTableToPointInTime", body), Ok(()));
        let over = r#"{"SourceTableName": "drill", "TargetTableName": "orders"}"#;
        assert!(table(&fence, "RestoreTableToPointInTime", over).is_err());
        assert!(table(&fence, "BatchWriteItem", r#"{"RequestItems": {"drill": [], "orders": []}}"#).is_err());
        assert_eq!(table(&fence, "BatchWriteItem", r#"{"RequestItems": {"drill": []}}"#), Ok(()));
        let backup = r#"{"TableName": "orders", "BackupName": "of-the-run"}"#;
        assert!(table(&fence, "CreateBackup", backup).is_err());
        fence.let_in("arn:aws:dynamodb:eu-west-1:111122223333:table/orders backup of-the-run");
        assert_eq!(table(&fence, "CreateBackup", backup), Ok(()));
        assert!(
            table(&fence, "DeleteTable", r#"{"TableName": "orders"}"#).is_err(),
            "its table is not within for that"
        );
    }

    #[test]
    fn what_scales_a_table_and_its_indexes_is_the_tables() {
        let fence = Fence::around("111122223333");
        fence.let_in(MINE);
        let scaled = |resource: &str| {
            let body = format!(r#"{{"ServiceNamespace": "dynamodb", "ResourceId": "{resource}"}}"#);
            judged(&fence, "eu-west-1/application-autoscaling", "RegisterScalableTarget", &body)
        };
        assert_eq!(scaled("table/drill"), Ok(()));
        assert_eq!(scaled("table/drill/index/by-day"), Ok(()));
        for other in ["table/orders", "table/orders/index/drill", "table/drill-2/index/a", "service/drill", ""] {
            assert!(scaled(other).is_err(), "{other}");
        }
    }

    /// A request to S3.
    fn object(fence: &Fence, method: &str, url: &str, body: &str) -> Result<(), String> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(url).unwrap();
        request.set_method(method).unwrap();
        let signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/s3/aws4_request, Signature=0";
        request.headers_mut().insert("authorization", signed);
        fence.judge(&request, Unsigned::Logins).map_err(|out| out.to_string())
    }

    #[test]
    fn a_bucket_of_the_run_is_changed_and_no_other() {
        let fence = Fence::around("111122223333");
        fence.let_in("arn:aws:s3:::drill");
        let (path, host) = ("https://s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com");
        let list = |key: &str| format!("<Delete><Object><Key>{key}</Key></Object></Delete>");
        for (method, url, body) in [
            ("PUT", format!("{path}/drill"), ""),
            ("PUT", format!("{path}/drill/a%20b"), ""),
            ("PUT", format!("{path}/drill?tagging"), ""),
            ("PUT", format!("https://drill.{host}/a"), ""),
            ("POST", format!("{path}/drill/a?uploads"), ""),
            ("POST", format!("https://drill.{host}/?delete"), &*list("a")),
            ("DELETE", format!("{path}/drill/a?versionId=1"), ""),
            ("DELETE", format!("{path}/drill"), ""),
        ] {
            assert_eq!(object(&fence, method, &url, body), Ok(()), "{method} {url}");
        }
        let point = "logs-111122223333.s3-accesspoint.eu-west-1.amazonaws.com";
        fence.let_in("arn:aws:s3:::logs-111122223333");
        for (method, url, body) in [
            ("PUT", format!("{path}/orders/a"), ""),
            ("PUT", format!("{path}/%6Frders/a"), ""),
            ("PUT", format!("{path}/orders/../drill/a"), ""),
            ("PUT", format!("{path}/drill-2/a"), ""),
            ("PUT", format!("https://orders.{host}/drill/a"), ""),
            ("PUT", format!("https://{point}/a"), ""),
            ("PUT", format!("{path}/arn%3Aaws%3As3%3A%3A%3Adrill/a"), ""),
            ("PUT", format!("{path}/arn:aws:s3:eu-west-1:111122223333:accesspoint/drill/a"), ""),
            ("PUT", format!("https://drill-abc-s3alias.{host}/a"), ""),
            ("PUT", format!("{path}/orders?versioning"), ""),
            ("DELETE", format!("{path}/orders/a?versionId=1"), ""),
            ("DELETE", format!("{path}/orders"), ""),
            ("POST", format!("{path}/orders?delete"), &*list("a")),
            ("POST", format!("{path}/drill?delete"), "no XML"),
            ("POST", format!("{path}/"), ""),
        ] {
            assert!(object(&fence, method, &url, body).is_err(), "{method} {url}");
        }
        assert_eq!(object(&fence, "GET", &format!("{path}/orders/a"), ""), Ok(()));
    }

    #[test]
    fn objects_that_are_touched_are_not_their_bucket() {
        let fence = Fence::around("111122223333");
        fence.let_in("arn:aws:s3:::orders/uploads/checkride-marker/*");
        let path = "https://s3.eu-west-1.amazonaws.com/orders";
        let marker = "uploads/checkride-marker/run/mark/00001";
        let list = |keys: &[&str]| {
            let all = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect::<Vec<_>>().concat();
            format!("<Delete>{all}</Delete>")
        };
        assert_eq!(object(&fence, "PUT", &format!("{path}/{marker}"), ""), Ok(()));
        assert_eq!(object(&fence, "DELETE", &format!("{path}/{marker}?versionId=3"), ""), Ok(()));
        assert_eq!(object(&fence, "POST", &format!("{path}?delete"), &list(&[marker])), Ok(()));
        assert!(object(&fence, "POST", &format!("{path}?delete"), &list(&[marker, "uploads/a"])).is_err());
        for other in ["", "/", "/uploads/a", "?policy", "?versioning", "/uploads/checkride-marker"] {
            assert!(object(&fence, "PUT", &format!("{path}{other}"), "").is_err(), "{other}");
            assert!(object(&fence, "DELETE", &format!("{path}{other}"), "").is_err(), "{other}");
        }
    }

    #[test]
    fn databases_are_the_same_in_any_case_and_a_restore_reads_its_source() {
        let fence = Fence::around("111122223333");
        fence.let_in("arn:aws:rds:eu-west-1:111122223333:cluster:Drill");
        fence.let_in("arn:aws:rds:eu-west-1:111122223333:db:drill-1");
        let sent = |operation: &str, rest: &str| {
            judged(&fence, "eu-west-1/rds", "form", &format!("Action={operation}&{rest}"))
        };
        let arn = "arn%3Aaws%3Ards%3Aeu-west-1%3A111122223333%3Acluster%3A";
        for mine in ["drill", "DRILL", &format!("{arn}drill"), &format!("{arn}Drill")] {
            assert_eq!(sent("DeleteDBCluster", &format!("DBClusterIdentifier={mine}")), Ok(()), "{mine}");
        }
        for other in ["orders", "Orders", "drill-1", &format!("{arn}orders"), &format!("{arn}ORDERS"), ""] {
            let named = format!("DBClusterIdentifier={other}");
            for operation in ["DeleteDBCluster", "FailoverDBCluster", "ModifyDBCluster"] {
                assert!(sent(operation, &named).is_err(), "{operation} {other}");
            }
        }
        let restore = "SourceDBClusterIdentifier=orders&DBClusterIdentifier=drill";
        assert_eq!(sent("RestoreDBClusterToPointInTime", restore), Ok(()));
        let over = "SourceDBClusterIdentifier=drill&DBClusterIdentifier=orders";
        assert!(sent("RestoreDBClusterToPointInTime", over).is_err());
        assert_eq!(sent("CreateDBInstance", "DBInstanceIdentifier=drill-1&DBClusterIdentifier=drill"), Ok(()));
        let into = "DBInstanceIdentifier=drill-1&DBClusterIdentifier=orders";
        assert!(sent("CreateDBInstance", into).is_err(), "an instance of its own in a cluster that is not");
        let renamed = "DBClusterIdentifier=drill&NewDBClusterIdentifier=orders";
        assert!(sent("ModifyDBCluster", renamed).is_err());
        assert_eq!(sent("DescribeDBClusters", "DBClusterIdentifier=orders"), Ok(()));
    }

    /// By name, or by the very ARN that was let in: a partial one may be another secret's.
    #[test]
    fn a_secret_is_known_by_its_name() {
        let fence = Fence::around("111122223333");
        let place = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
        fence.let_in(format!("{place}mte/drill"));
        let deleted = |secret: &str| {
            let body = format!(r#"{{"SecretId": "{secret}", "ForceDeleteWithoutRecovery": true}}"#);
            judged(&fence, "eu-west-1/secretsmanager", "DeleteSecret", &body)
        };
        assert_eq!(deleted("mte/drill"), Ok(()));
        for other in ["mte/dev/api-token", "mte/drill-AbCdEf", &format!("{place}mte/dev/api-token-AbCdEf"), ""] {
            assert!(deleted(other).is_err(), "{other}");
        }
        assert!(deleted(&format!("{place}mte/drill-AbCdEf")).is_err(), "whose ending that is, nobody can tell");
        let made = |name: &str| {
            let body = format!(r#"{{"Name": "{name}", "SecretString": "x"}}"#);
            judged(&fence, "eu-west-1/secretsmanager", "CreateSecret", &body)
        };
        assert_eq!((made("mte/drill"), made("mte/other").is_err()), (Ok(()), true));
        let read = judged(&fence, "eu-west-1/secretsmanager", "GetSecretValue", r#"{"SecretId": "mte/dev/api-token"}"#);
        assert_eq!(read, Ok(()));
    }

    #[test]
    fn what_a_stack_leaves_is_known_by_its_arn() {
        let fence = Fence::around("111122223333");
        fence.let_in("arn:aws:sqs:eu-west-1:111122223333:q");
        fence.let_in("arn:aws:kms:eu-west-1:111122223333:key/1");
        let queue = |url: &str| {
            judged(&fence, "eu-west-1/sqs", "DeleteQueue", &format!(r#"{{"QueueUrl": "https://sqs.x/{url}"}}"#))
        };
        assert_eq!((queue("111122223333/q"), queue("111122223333/other").is_err()), (Ok(()), true));
        let key = |id: &str| judged(&fence, "eu-west-1/kms", "ScheduleKeyDeletion", &format!(r#"{{"KeyId": "{id}"}}"#));
        assert_eq!((key("1"), key("2").is_err(), key("alias/1").is_err()), (Ok(()), true, true));
    }

    /// Of what is not signed a login is let through, and only where logins are sent.
    #[test]
    fn an_operation_that_needs_no_signature_is_no_login() {
        let fence = Fence::around("111122223333");
        let held = |method: &str, header: (&'static str, &'static str), uri: &str, body: &'static str| {
            let mut request = HttpRequest::new(SdkBody::from(body));
            request.set_method(method).unwrap();
            request.set_uri(uri).unwrap();
            request.headers_mut().insert(header.0, header.1);
            [Unsigned::Logins, Unsigned::Nothing].map(|unsigned| fence.judge(&request, unsigned).is_err())
        };
        let target = ("x-amz-target", "AWSCognitoIdentityProviderService.ForgotPassword");
        let users = "https://cognito-idp.eu-west-1.amazonaws.com/";
        assert_eq!(held("POST", target, users, r#"{"ClientId": "a", "Username": "ann"}"#), [true, true]);
        assert_eq!(held("POST", target, "https://cognito-idp.eu-west-1.amazonaws.com/a", "{}"), [true, true]);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let role = "Action=AssumeRoleWithWebIdentity&RoleArn=a";
        assert_eq!(held("POST", form, "https://sts.eu-west-1.amazonaws.com/", role), [false, true]);
        let json = ("content-type", "application/json");
        assert_eq!(held("POST", json, "https://oidc.eu-west-1.amazonaws.com/token", "{}"), [false, true]);
        assert_eq!(held("PUT", json, "http://169.254.169.254/latest/api/token", ""), [false, true]);
        assert_eq!(held("GET", json, "https://portal.sso.eu-west-1.amazonaws.com/", ""), [false, false]);
        // A signature of another kind says nothing of what it is about.
        let bearer = ("authorization", "Bearer abc");
        assert_eq!(held("POST", bearer, "https://x.eu-west-1.amazonaws.com/", ""), [false, true]);
    }

    /// A region's partition is a part of every ARN of it.
    #[test]
    fn what_is_within_is_found_in_every_partition() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let fence = Fence::around("111122223333");
            fence.let_in(format!("arn:{partition}:dynamodb:{region}:111122223333:table/drill"));
            let scope = format!("{region}/dynamodb");
            let deleted =
                |table: &str| judged(&fence, &scope, "DeleteTable", &format!(r#"{{"TableName": "{table}"}}"#));
            assert_eq!((deleted("drill"), deleted("orders").is_err()), (Ok(()), true), "{region}");
        }
    }

    /// With or without the id that it ends with.
    #[test]
    fn a_stack_is_known_by_its_name() {
        let place = "arn:aws:cloudformation:eu-west-1:111122223333:stack";
        for within in [format!("{place}/mine"), format!("{place}/mine/0123-4567")] {
            let fence = Fence::around("111122223333");
            fence.let_in(within);
            for operation in ["CancelUpdateStack", "ContinueUpdateRollback", "DetectStackDrift", "RollbackStack"] {
                let sent = |stack: &str| {
                    let body = format!("Action={operation}&StackName={stack}");
                    judged(&fence, "eu-west-1/cloudformation", "form", &body)
                };
                for mine in ["mine", &format!("{place}/mine/0123-4567"), &format!("{place}/mine/89ab")] {
                    assert_eq!(sent(mine), Ok(()), "{operation} {mine}");
                }
                for other in ["mine-2", &format!("{place}/orders/0123-4567"), &format!("{place}/orders/mine"), place] {
                    assert!(sent(other).is_err(), "{operation} {other}");
                }
            }
        }
    }

    #[test]
    fn what_is_let_out_is_not_within_any_more() {
        let fence = Fence::around("111122223333");
        let arn = "arn:aws:rds:eu-west-1:111122223333:db:App-1";
        assert_eq!((fence.let_in(arn), fence.let_in(arn)), (true, false), "it is new once");
        let deleted = || judged(&fence, "eu-west-1/rds", "form", "Action=DeleteDBInstance&DBInstanceIdentifier=app-1");
        assert_eq!(deleted(), Ok(()));
        fence.let_out(arn);
        assert!(deleted().is_err());
    }

    #[test]
    fn reads_go_through_and_what_cannot_be_read_does_not() {
        let fence = Fence::around("111122223333");
        assert_eq!(table(&fence, "Scan", r#"{"TableName": "orders"}"#), Ok(()));
        assert_eq!(table(&fence, "DescribeTable", "{}"), Ok(()));
        let told = table(&fence, "ExecuteStatement", r#"{"Statement": "DELETE FROM orders"}"#).unwrap_err();
        assert!(told.contains("cannot be told"), "{told}");
        fence.let_in("arn:aws:cloudformation:eu-west-1:111122223333:stack/mine");
        let execute = |set: &str| {
            let body = format!("Action=ExecuteChangeSet&StackName=mine&ChangeSetName={set}");
            judged(&fence, "eu-west-1/cloudformation", "form", &body)
        };
        assert_eq!(execute("set"), Ok(()));
        let of_another = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/set/0123";
        assert!(execute(of_another).is_err(), "whose change set it is, its ARN does not say");
        fence.let_in(of_another);
        assert_eq!(execute(of_another), Ok(()), "but who made it knows");
        assert!(judged(&fence, "eu-west-1/kms", "ScheduleKeyDeletion", r#"{"KeyId": "alias/x"}"#).is_err());
        assert_eq!(judged(&fence, "eu-west-1/sts", "AssumeRole", "{}"), Ok(()));
    }
}
