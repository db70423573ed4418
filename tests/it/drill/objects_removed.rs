//! What a drill of objects has made is removed, also after it was killed; what is not its own stays.

use super::objects::{KEEP, cleanup, drill, project};
use super::timed::{GO, outputs};
use crate::s3::stage::Bucket;
use crate::support::sweep::{killed_at, moments, records};

/// Marks, restores, reads back, compares, removes.
fn whole(bucket: &Bucket) -> String {
    let name = &bucket.name;
    format!(
        "[phase.drill]\nrto = \"10m\"\nrpo = \"5s\"\ntouches = [\"arn:aws:s3:::{name}/p/checkride-marker/*\"]\n\n\
         [[drill]]\nid = \"mark\"\ntitle = \"Mark\"\nkind = \"marker\"\nbucket = \"{name}\"\nprefix = \"p/\"\ncount = 2\nevery = \"10ms\"\n\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Restore\"\nkind = \"restore\"\nbucket = \"{name}\"\nprefix = \"p/\"\nneeds = [\"mark\"]\n\n\
         [[drill]]\nid = \"back\"\ntitle = \"Read back\"\nkind = \"marker\"\nbucket = \"${{step.restore.bucket}}\"\n\
         prefix = \"${{step.restore.prefix}}\"\nwritten = \"${{step.mark.markers}}\"\n\n\
         [[drill]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\nbucket = \"{name}\"\nprefix = \"p/\"\n\
         with = \"${{step.restore.bucket}}\"\nat = \"${{step.restore.at}}\"\n\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"mark\", \"restore\"]\n"
    )
}

fn filled() -> Bucket {
    let bucket = Bucket::new();
    for key in ["p/a", "p/b b", "p/c"] {
        bucket.put(key, "one");
    }
    bucket.put("p/a", "two");
    bucket.delete("p/c");
    bucket
}

#[test]
fn a_drill_of_objects_that_was_killed_leaves_nothing_behind() {
    let all = {
        let bucket = filled();
        let project = project(&bucket, &whole(&bucket));
        project.checkride(GO).exits(0);
        records(&project)
    };
    assert!(all > 30, "{all} records");
    for at in moments(&(2..all), 6) {
        let bucket = filled();
        let before = bucket.versions();
        let project = project(&bucket, &whole(&bucket));
        if let Some(said) = killed_at(&project, GO, at) {
            assert_eq!(said.code, 0, "killed at {at} of {all}: {} {}", said.stdout, said.stderr);
        }
        assert_eq!(bucket.versions(), before, "killed at {at} of {all}");
        assert_eq!(bucket.all(), [bucket.name.as_str()], "killed at {at} of {all}");
    }
}

/// A bucket that has taken the name since is none of the run's; and one that S3 does not let go is named.
#[test]
fn what_carries_another_tag_stays_and_is_named_until_it_is_gone() {
    let bucket = filled();
    let project = project(&bucket, &drill(&bucket, "", ""));
    project.checkride(KEEP).exits(0);
    let name = outputs(&project, "restore")["bucket"].as_str().unwrap().to_owned();
    let made = Bucket { account: bucket.account.clone(), name };
    let tagged = |run: &str| {
        let tags =
            format!("<Tagging><TagSet><Tag><Key>checkride:run</Key><Value>{run}</Value></Tag></TagSet></Tagging>");
        assert!([200, 204].contains(&made.send("PUT", "?tagging", &[], tags.as_bytes()).status));
    };
    tagged("somebody-else");
    let words = cleanup(&project);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = project.checkride(&words).exits(8);
    said.says("is not of this run: it carries the tag of somebody-else").says(&format!("aws s3 rb s3://{}", made.name));
    assert_eq!(made.state().len(), 2, "it stays, with all that is in it");
    let run = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    tagged(&run);
    // What was begun and never ended is no version, and keeps no bucket.
    assert_eq!(made.send("POST", "/p/large?uploads", &[], b"").status, 200);
    project.checkride(&words).exits(0);
    assert_eq!(bucket.all(), [bucket.name.as_str()]);
}

/// Every version of a marker goes, whoever has written or deleted one since: its key is the run's.
#[test]
fn all_versions_of_a_marker_are_removed() {
    let bucket = filled();
    let before = bucket.versions();
    let project = project(&bucket, &whole(&bucket));
    project.checkride(KEEP).exits(0);
    let key = bucket.state().into_keys().find(|key| key.contains("checkride-marker/")).unwrap();
    bucket.put(&key, "again");
    bucket.delete(&key);
    let words = cleanup(&project);
    project.checkride(&words.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    assert_eq!((bucket.versions(), bucket.all()), (before, vec![bucket.name.clone()]));
}
