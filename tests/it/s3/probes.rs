//! What the emulator does with versions, as far as we rely on it. A new pin shows here what has changed.

use super::stage::Bucket;

#[test]
fn a_copy_of_a_version_carries_metadata_tags_and_class_and_is_a_version_of_its_own() {
    let bucket = Bucket::new();
    let headers = [("x-amz-meta-a", "1"), ("x-amz-tagging", "t=1"), ("x-amz-storage-class", "STANDARD_IA")];
    let first = bucket.put_with("a b", "one", &headers);
    bucket.put("a b", "two");
    let source = format!("{}/a%20b?versionId={first}", bucket.name);
    let answer = bucket.send("PUT", "/a%20b", &[("x-amz-copy-source", &source)], b"");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let now = bucket.get("a b").unwrap();
    assert_eq!((now.body.as_str(), now.headers["x-amz-meta-a"].as_str()), ("one", "1"));
    assert_eq!(now.headers["x-amz-version-id"], answer.headers["x-amz-version-id"]);
    let all = &bucket.versions()["a b"];
    assert_eq!(all.len(), 3);
    assert_eq!((&all[0].etag, all[0].latest), (&all[2].etag, true));
    // S3 would give it the class STANDARD unless it is asked for another.
    assert_eq!(all[0].class, "STANDARD_IA");
    assert!(bucket.send("GET", "/a%20b?tagging", &[], b"").body.contains("<Key>t</Key>"));
}

#[test]
fn a_suspended_bucket_replaces_its_null_version() {
    let bucket = Bucket::new();
    bucket.put("k", "one");
    bucket.versioning("Suspended");
    bucket.put("k", "two");
    bucket.put("k", "three");
    let ids: Vec<String> = bucket.versions()["k"].iter().map(|version| version.id.clone()).collect();
    assert_eq!((ids.len(), ids[0].as_str()), (2, "null"));
}

/// S3 encodes keys when it is asked to (`encoding-type=url`); the emulator does not, and says nothing of an encoding.
#[test]
fn a_listing_has_its_keys_as_they_are() {
    let bucket = Bucket::new();
    bucket.put("a b+c", "one");
    let answer = bucket.send("GET", "?versions&encoding-type=url", &[], b"").body;
    assert!(answer.contains("<Key>a b+c</Key>") && !answer.contains("EncodingType"), "{answer}");
}
