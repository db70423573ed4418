//! Markers go where a bucket is replicated to: none is written that could not be removed from there.

use super::objects::project;
use super::timed::GO;
use crate::s3::stage::Bucket;
use crate::support::sandbox::account;

/// A bucket, and its replica; `owner` is said to own that one.
fn replicated(owner: Option<&str>) -> (Bucket, Bucket) {
    let account = account();
    let bucket = Bucket::named(&account, &format!("orders-{account}"));
    let replica = Bucket::named(&account, &format!("copy-{account}"));
    let owner = owner.map(|owner| format!("<Account>{owner}</Account>")).unwrap_or_default();
    let rule = format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::{account}:role/r</Role><Rule><ID>all</ID><Status>Enabled</Status>\
         <Priority>1</Priority><Filter><Prefix></Prefix></Filter><DeleteMarkerReplication><Status>Disabled</Status>\
         </DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::{}</Bucket>{owner}</Destination></Rule>\
         </ReplicationConfiguration>",
        replica.name
    );
    let answer = bucket.send("PUT", "?replication", &[], rule.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    (bucket, replica)
}

fn drill(bucket: &Bucket, touched: &[&Bucket]) -> String {
    let touches: Vec<String> =
        touched.iter().map(|it| format!("\"arn:aws:s3:::{}/p/checkride-marker/*\"", it.name)).collect();
    format!(
        "[phase.drill]\ntouches = [{}]\n\n\
         [[drill]]\nid = \"mark\"\ntitle = \"Mark\"\nkind = \"marker\"\nbucket = \"{}\"\nprefix = \"p/\"\ncount = 1\n\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"mark\"]\n",
        touches.join(", "),
        bucket.name
    )
}

#[test]
fn a_replica_of_another_account_gets_no_marker() {
    let (bucket, replica) = replicated(Some("999900001111"));
    let project = project(&bucket, &drill(&bucket, &[&bucket, &replica]));
    let said = project.checkride(GO).exits(5);
    said.says(&format!("is replicated to {}, which is of account 999900001111", replica.name))
        .says("the markers could not be removed from there");
    assert!(bucket.versions().is_empty() && replica.versions().is_empty());
}

#[test]
fn a_replica_that_the_drill_may_not_change_gets_no_marker() {
    let (bucket, replica) = replicated(None);
    let fenced = project(&bucket, &drill(&bucket, &[&bucket]));
    let said = fenced.checkride(GO).exits(5);
    said.says(&format!("is replicated to {}, which this drill may not change", replica.name))
        .says(&format!("\"arn:aws:s3:::{}/p/checkride-marker/*\" by `touches`", replica.name));
    assert!(bucket.versions().is_empty() && replica.versions().is_empty());

    let touched = project(&bucket, &drill(&bucket, &[&bucket, &replica]));
    touched.checkride(GO).exits(0);
    assert!(bucket.versions().is_empty() && replica.versions().is_empty());
}
