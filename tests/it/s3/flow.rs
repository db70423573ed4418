//! The rollback of objects as a whole, in the emulator.

use std::thread;
use std::time::Duration;

use checkride::world::clock::Clock;

use super::stage::{BACK, Bucket, RUN, count, effects, finished, nothing_is_lost, project, run, run_with};
use crate::support::project::Project;

/// Keys that a URL, XML or a shell would take for something else.
fn odd() -> Vec<String> {
    let odd = [
        "with space",
        "plus+and%25percent",
        "per%cent",
        "ünï/çødé/日本.txt",
        "a/b/",
        "a//b",
        "?versionId=x&y=z",
        "#hash",
        "quote\"'<&>",
        "semi;colon,comma=equals",
        "dots/../up",
        "tab\tkey",
    ];
    let long = format!("long/{}", "x".repeat(1024 - 5));
    odd.iter().map(|key| format!("p/{key}")).chain([format!("p/{}", &long[..1022])]).collect()
}

#[test]
fn objects_are_as_they_were_whatever_their_keys() {
    let bucket = Bucket::new();
    let mut keys = odd();
    keys.push("p/same".to_owned());
    for key in &keys {
        bucket.put(key, "one");
    }
    bucket.put("beside", "one");
    let before = bucket.state();
    let project = project(&bucket, "prefix = \"p/\"");
    run(&project, || {
        for key in odd() {
            bucket.put(&key, "two");
        }
        bucket.delete("p/a/b/");
        bucket.put("p/with space", "three");
        bucket.put("beside", "two");
    });
    let changed = bucket.versions();
    let said = project.checkride(BACK).exits(0);
    said.says(": 13 objects of s3://").says("as they were: 1 object").says("nothing of the run still stands");
    let mut wanted = before;
    wanted.insert("beside".to_owned(), bucket.state()["beside"].clone());
    assert_eq!(bucket.state(), wanted);
    assert_eq!(bucket.text("beside").unwrap(), "two", "nothing outside of the prefix is touched");
    let after = bucket.versions();
    nothing_is_lost(&changed, &after);
    assert_eq!(count(&after), count(&changed) + 13, "one copy each, and none of what was as it was");
    let out = &finished(&project, "back");
    assert_eq!(out["outcome"], "passed", "{out}");
    assert_eq!(effects(&project, "back").len(), 1);
    let run = project.only_run();
    project.checkride(&["evidence", "verify", run.file_name().unwrap().to_str().unwrap()]).exits(0);
}

#[test]
fn what_was_created_since_stays_and_is_named_or_is_hidden() {
    for (more, hidden) in [("", false), ("created_since = \"hide\"\n", true)] {
        let bucket = Bucket::new();
        bucket.put("web/old", "one");
        bucket.put("web/gone", "one");
        bucket.put("web/dead", "zero");
        bucket.delete("web/dead");
        let before = bucket.state();
        let project = project(&bucket, &format!("prefix = \"web/\"\n{more}"));
        run(&project, || {
            // What is written in the second in which the run began may have been there before it.
            thread::sleep(Duration::from_secs(1));
            bucket.put("web/old", "two");
            bucket.delete("web/gone");
            bucket.put("web/new", "one");
            bucket.put("web/dead", "again");
        });
        let changed = bucket.versions();
        let said = project.checkride(BACK).exits(0);
        let after = bucket.versions();
        nothing_is_lost(&changed, &after);
        let mut wanted = before.clone();
        if hidden {
            said.says("hidden by a delete marker: 2 objects");
            assert!(after["web/new"][0].marker && after["web/new"][0].latest);
        } else {
            said.says("kept, though new since then: web/dead, web/new");
            for kept in ["web/new", "web/dead"] {
                wanted.insert(kept.to_owned(), bucket.state()[kept].clone());
            }
        }
        assert_eq!(bucket.state(), wanted);
        let calls: Vec<String> = effects(&project, "back").into_iter().map(|it| it.0).collect();
        let all = ["s3:CopyObject", "s3:DeleteObject"];
        assert_eq!(calls, all[..if hidden { 2 } else { 1 }]);
    }
}

#[test]
fn a_time_in_the_middle_of_several_versions() {
    let bucket = Bucket::new();
    bucket.put("k", "one");
    let second = bucket.put("k", "two");
    // The emulator tells milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let project = project(&bucket, "");
    run(&project, || {
        for text in ["three", "four"] {
            bucket.put("k", text);
        }
        bucket.delete("k");
        bucket.put("k", "five");
    });
    project.checkride(BACK).exits(0);
    assert_eq!(bucket.text("k").unwrap(), "two");
    let all = &bucket.versions()["k"];
    assert_eq!(all.len(), 7);
    assert_eq!(all[0].etag, all.iter().find(|it| it.id == second).unwrap().etag);
}

#[test]
fn metadata_tags_and_class_go_back_with_the_content() {
    let bucket = Bucket::new();
    let headers = [
        ("Content-Type", "text/x-old"),
        ("Cache-Control", "max-age=7"),
        ("x-amz-meta-owner", "ann"),
        ("x-amz-tagging", "team=web"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    bucket.put_with("k", "same", &headers);
    let project = project(&bucket, "");
    // The content is the same, and so is its tag: what it is said to be has changed.
    run(&project, || drop(bucket.put_with("k", "same", &[("Content-Type", "text/x-new")])));
    project.checkride(BACK).exits(0).says(": 1 object of s3://");
    let now = bucket.get("k").unwrap();
    for (name, wanted) in [
        ("content-type", "text/x-old"),
        ("cache-control", "max-age=7"),
        ("x-amz-meta-owner", "ann"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ] {
        assert_eq!(now.headers.get(name).map(String::as_str), Some(wanted), "{name}: {now:?}");
    }
    let tags = bucket.send("GET", "/k?tagging", &[], b"").body;
    assert!(tags.contains("<Key>team</Key><Value>web</Value>"), "{tags}");
    assert_eq!(bucket.versions()["k"][0].class, "STANDARD_IA");
}

#[test]
fn nothing_to_do_passes_and_says_so() {
    let bucket = Bucket::new();
    bucket.put("k", "one");
    for (more, says) in [("", "(1 object)"), ("prefix = \"nothing/\"", "(0 objects)")] {
        let project = project(&bucket, more);
        run(&project, || {});
        project.checkride(BACK).exits(0).says("nothing to do: s3://").says(says);
        assert_eq!(effects(&project, "back"), []);
        assert_eq!(finished(&project, "back")["outcome"], "passed");
    }
    assert_eq!(count(&bucket.versions()), 1);
}

#[test]
fn what_somebody_has_written_since_the_run_is_put_back_and_named() {
    let bucket = Bucket::new();
    for number in 0..25 {
        bucket.put(&format!("k{number:02}"), "one");
    }
    let project = project(&bucket, "");
    run(&project, || drop(bucket.put("k00", "by the run")));
    for number in 1..25 {
        bucket.put(&format!("k{number:02}"), "by somebody");
    }
    let said = project.checkride(BACK).exits(0);
    said.says("after the run's last step, which lies beneath: 24 objects (k01, ").says("k19, k20 and 4 more)");
    assert_eq!(finished(&project, "back")["outcome"], "warned");
    assert!((0..25).all(|number| bucket.text(&format!("k{number:02}")).unwrap() == "one"));
}

#[test]
fn a_bucket_that_keeps_no_versions_is_refused_with_what_to_do() {
    let never = Bucket::unversioned();
    never.put("k", "one");
    let suspended = Bucket::new();
    suspended.put("k", "one");
    suspended.versioning("Suspended");
    for (bucket, says) in [(&never, "keeps no versions"), (&suspended, "versioning of bucket b-")] {
        let project = project(bucket, "");
        // The rehearsal finds it before the deployment; here somebody deploys all the same.
        self::project(bucket, "").checkride(RUN).exits(12).says("the versions of bucket b-").says("Status=Enabled");
        run_with(&project, &["--break-glass", "an incident"], || drop(bucket.put("k", "two")));
        let changed = bucket.versions();
        project.checkride(BACK).exits(8).says(says).says("Status=Enabled");
        assert_eq!(bucket.versions(), changed);
        assert_eq!(effects(&project, "back"), []);
    }
}

/// Versions `null`: of the time before versioning was on one can be put back; one of a time after that has taken the place of
/// what nobody knows any more.
#[test]
fn null_versions_go_back_and_what_they_replaced_is_named() {
    let bucket = Bucket::unversioned();
    bucket.put("early", "one");
    bucket.versioning("Enabled");
    bucket.put("late", "one");
    let project = project(&bucket, "");
    run(&project, || {
        bucket.put("early", "two");
        bucket.versioning("Suspended");
        bucket.put("late", "two");
        bucket.versioning("Enabled");
    });
    let changed = bucket.versions();
    let said = project.checkride(BACK).exits(8);
    said.says("not put back: 1 object of s3://")
        .says("(put back: 1 object)")
        .says("late: it was written while versioning was not on");
    assert_eq!((bucket.text("early").unwrap(), bucket.text("late").unwrap()), ("one".to_owned(), "two".to_owned()));
    nothing_is_lost(&changed, &bucket.versions());
}

#[test]
fn a_time_to_come_is_refused() {
    let bucket = Bucket::new();
    let project = project(&bucket, "at = \"2999-01-01T00:00:00Z\"");
    run(&project, || {});
    project.checkride(BACK).exits(8).says("2999-01-01T00:00:00.000Z has not come yet").says("a time in the past");
}

/// In a deploy it counts first, and a person says yes to just that.
#[test]
fn in_a_deploy_it_shows_what_it_would_do_and_asks() {
    let bucket = Bucket::new();
    bucket.put("web/a", "one");
    bucket.put("web/b", "one");
    std::thread::sleep(std::time::Duration::from_millis(20));
    let at = time_now();
    bucket.put("web/a", "two");
    bucket.put("web/new", "one");
    let steps = format!(
        "[[deploy]]\nid = \"objects\"\ntitle = \"The objects of before\"\nkind = \"s3-restore\"\nbucket = \"{}\"\n\
         prefix = \"web/\"\nat = \"{at}\"\ncreated_since = \"hide\"\n",
        bucket.name
    );
    let project = Project::sandboxed(&bucket.account).runbook("r", &steps).answers("phase.deploy = yes");
    let plan = project.checkride(&["plan", "r", "-p", "sandbox"]).exits(0).stdout;
    assert!(plan.contains(&format!("s3:CopyObject, on top, of each version that was current at {at}")), "{plan}");
    let changed = bucket.versions();
    let said = project.checkride(RUN).exits(11);
    said.says("Put back 2 objects of s3://")
        .says("back to the version of")
        .says("hidden by a delete marker on top: 1 object");
    assert_eq!(bucket.versions(), changed, "nothing is done before the answer");
    let project = project.answers("phase.deploy = yes\nobjects.objects = run");
    project.checkride(&["resume", "--answers", "answers.toml"]).exits(0).says("hidden by a delete marker: 1 object");
    assert_eq!((bucket.text("web/a").unwrap(), bucket.text("web/new")), ("one".to_owned(), None));
    nothing_is_lost(&changed, &bucket.versions());
}

fn time_now() -> String {
    checkride::world::clock::rfc3339(Clock::System.now())
}

#[test]
fn policy_and_plan_know_the_calls() {
    let bucket = Bucket::new();
    let project = project(&bucket, "prefix = \"web/\"\ncreated_since = \"hide\"");
    let policy = project.checkride(&["plan", "r", "-p", "sandbox", "--iam-policy"]).exits(0);
    for action in [
        "GetBucketVersioning",
        "ListBucketVersions",
        "GetObjectVersion",
        "PutObject",
        "PutObjectTagging",
        "DeleteObject",
    ] {
        assert!(policy.stdout.contains(&format!("s3:{action}\"")), "{action}: {}", policy.stdout);
    }
    assert!(!policy.stdout.contains("DeleteObjectVersion"));
    assert!(policy.stdout.contains(&format!("arn:aws:s3:::{}/*", bucket.name)), "{}", policy.stdout);
}
