//! A version copied to another place.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use checkride::aws::api::client::resolve;
use checkride::aws::objects::CopyEnd;

use crate::support::sandbox::{self, Sandboxed};

async fn call(aws: &Sandboxed, operation: &str, input: Value) -> Value {
    aws.api().call(resolve(operation).unwrap(), &input, None).await.unwrap().value
}

async fn put(aws: &Sandboxed, bucket: &str, key: &str, body: &str) {
    let input = json!({ "Bucket": bucket, "Key": key, "Body": body, "Metadata": { "by": "ana" },
        "Tagging": "team=sessions&run=old" });
    call(aws, "s3:PutObject", input).await;
}

#[tokio::test]
async fn an_old_version_is_copied_elsewhere_and_stays_where_it_was() {
    let aws = sandbox::aws();
    let account = aws.settings().account.clone();
    let (from, to) = (format!("from-{account}"), format!("to-{account}"));
    for bucket in [&from, &to] {
        call(&aws, "s3:CreateBucket", json!({ "Bucket": bucket })).await;
    }
    let on = json!({ "Bucket": from, "VersioningConfiguration": { "Status": "Enabled" } });
    call(&aws, "s3:PutBucketVersioning", on).await;
    // "old" and "newer", in base64.
    put(&aws, &from, "a b/ü", "b2xk").await;
    put(&aws, &from, "a b/ü", "bmV3ZXI=").await;
    let versions = aws.reads().objects().versions(&from, "", None).await.unwrap().value.versions;
    let old = versions.iter().find(|version| !version.latest).unwrap();
    assert_eq!((versions.len(), old.size), (2, 3));

    let run = BTreeMap::from([("run".to_owned(), "7f3a".to_owned())]);
    let end = aws.objects().copy_to(&from, old, &to, "drill/a b/ü", &run).await.unwrap().value;
    let CopyEnd::Copied { version, etag } = end else { panic!("{end:?}") };
    assert_eq!((version.as_str(), etag.as_str()), ("null", old.etag.as_str()), "a bucket that keeps no versions");
    let place = json!({ "Bucket": to, "Key": "drill/a b/ü" });
    let tags = call(&aws, "s3:GetObjectTagging", place.clone()).await;
    let mut tags: Vec<String> = tags["TagSet"].as_array().unwrap().iter().map(Value::to_string).collect();
    tags.sort();
    assert_eq!(tags, [r#"{"Key":"run","Value":"7f3a"}"#, r#"{"Key":"team","Value":"sessions"}"#]);
    assert_eq!(call(&aws, "s3:HeadObject", place).await["Metadata"]["by"], "ana");

    // Without tags of its own it has those of the version; in a bucket that keeps versions, it is one.
    let end = aws.objects().copy_to(&from, old, &from, "again", &BTreeMap::new()).await.unwrap().value;
    assert!(matches!(&end, CopyEnd::Copied { version, .. } if version != "null"), "{end:?}");
    let tags = call(&aws, "s3:GetObjectTagging", json!({ "Bucket": from, "Key": "again" })).await;
    assert!(tags["TagSet"].as_array().unwrap().contains(&json!({ "Key": "run", "Value": "old" })), "{tags}");
    let after = aws.reads().objects().versions(&from, "a b/", None).await.unwrap().value.versions;
    assert_eq!(after, versions, "the source is as it was");
}
