//! Objects restored as of a time, into a new bucket and into one that is there; compared; and nothing else changed.

use std::thread;
use std::time::Duration;

use checkride::world::clock::{Clock, rfc3339};
use serde_json::Value;

use super::timed::{GO, outputs};
use crate::s3::stage::{Bucket, Versions};
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox::account;

pub(super) const KEEP: &[&str] =
    &["drill", "r", "-p", "sandbox", "--answers", "answers.toml", "--keep", "INC-7: it is looked at by hand"];

/// Restores, and removes. `more`: of the step that restores.
pub(super) fn drill(bucket: &Bucket, touches: &str, more: &str) -> String {
    format!(
        "[phase.drill]\ntouches = [{touches}]\n\n\
         [[drill]]\nid = \"restore\"\ntitle = \"Restore\"\nkind = \"restore\"\nbucket = \"{}\"\n{more}\n\
         [[rollback]]\nid = \"remove\"\ntitle = \"Remove\"\nkind = \"cleanup\"\nundoes = [\"restore\"]\n",
        bucket.name
    )
}

pub(super) fn project(bucket: &Bucket, steps: &str) -> Project {
    Project::sandboxed(&bucket.account).runbook("r", steps).answers("phase.drill = yes\nphase.rollback = yes")
}

/// A moment that everything written so far is before, and all that is written after is not.
fn now() -> String {
    thread::sleep(Duration::from_millis(20));
    let now = rfc3339(Clock::System.now());
    thread::sleep(Duration::from_millis(20));
    now
}

fn in_account(account: &str, name: &str) -> Bucket {
    Bucket { account: account.to_owned(), name: name.to_owned() }
}

pub(super) fn cleanup(project: &Project) -> Vec<String> {
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    ["drill", "--cleanup", &id, "--answers", "answers.toml"].map(str::to_owned).to_vec()
}

fn clean(project: &Project, code: u8) -> Said {
    let words = cleanup(project);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    project.checkride(&words).exits(code.into())
}

/// A step that puts objects back in place is held back in a drill: the bucket is not its own.
#[test]
fn objects_are_not_put_back_on_top_of_what_the_drill_did_not_make() {
    let bucket = Bucket::new();
    bucket.put("a", "one");
    let at = now();
    bucket.put("a", "two");
    bucket.put("new", "one");
    let before = bucket.versions();
    let steps = format!(
        "[[drill]]\nid = \"over\"\ntitle = \"Put back in place\"\nkind = \"s3-restore\"\nbucket = \"{0}\"\nat = \"{at}\"\n\
\n[[rollback]]\nid = \"back\"\ntitle = \"And back\"\nkind = \"s3-restore\"\nbucket = \"{0}\"\nat = \"{at}\"\n\
         undoes = [\"over\"]\n",
        bucket.name
    );
    let answers = "phase.drill = yes\nover.objects = run";
    let project = Project::sandboxed(&bucket.account).runbook("r", &steps).answers(answers);
    project.checkride(GO).exits(5).says("was held back: a drill changes only what it made");
    assert_eq!(bucket.versions(), before);
}

#[test]
fn each_object_is_as_it_was_and_deleted_ones_are_there() {
    let bucket = Bucket::new();
    for key in ["p/kept", "p/over", "p/deleted", "p/again", "p/dead", "beside"] {
        bucket.put(key, "one");
    }
    bucket.put("p/over", "two");
    bucket.delete("p/dead");
    bucket.delete("p/again");
    bucket.put("p/again", "two");
    bucket.put_with("p/told", "one", &[("x-amz-meta-owner", "ana"), ("content-type", "text/x-note")]);
    let at = now();
    bucket.put("p/over", "three");
    bucket.delete("p/deleted");
    bucket.delete("p/again");
    bucket.put("p/new", "one");
    bucket.put("p/dead", "two");
    let before = bucket.versions();

    let project = project(&bucket, &drill(&bucket, "", &format!("prefix = \"p/\"\nat = \"{at}\"\n")));
    project.checkride(KEEP).exits(0);
    let out = outputs(&project, "restore");
    assert_eq!((&out["objects"], &out["deleted"], &out["failed"]), (&5.into(), &2.into(), &0.into()), "{out}");
    assert_eq!((&out["at"], &out["bytes"], &out["lag_ms"]), (&at.into(), &15.into(), &Value::Null), "{out}");
    assert_eq!(out["source"], format!("arn:aws:s3:::{}", bucket.name));
    let restored = in_account(&bucket.account, out["bucket"].as_str().unwrap());
    assert_eq!(out["prefix"], "p/");
    let text = |key: &str| restored.text(key);
    assert_eq!(text("p/over").as_deref(), Some("two"), "as it was, and not as it is");
    assert_eq!((text("p/deleted").as_deref(), text("p/again").as_deref()), (Some("one"), Some("two")));
    assert_eq!((text("p/new"), text("p/dead"), text("beside")), (None, None, None));
    let told = restored.get("p/told").unwrap();
    assert_eq!((&*told.headers["x-amz-meta-owner"], &*told.headers["content-type"]), ("ana", "text/x-note"));
    // As the source: it keeps versions. And it carries the run's tag.
    assert!(restored.send("GET", "?versioning", &[], b"").body.contains("Enabled"));
    let run = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let tags = restored.send("GET", "?tagging", &[], b"").body;
    assert!(tags.contains(&run) && tags.contains("checkride:expires"), "kept, and until when: {tags}");
    assert_eq!(bucket.versions(), before);
    clean(&project, 0);
    assert_eq!((bucket.versions(), bucket.all()), (before, vec![bucket.name.clone()]));
}

/// Into a bucket of the team's it goes under a prefix of the run's own, and nowhere else; only when the runbook names it.
#[test]
fn a_bucket_that_is_there_gets_a_prefix_of_the_runs_own() {
    let account = account();
    let bucket = Bucket::named(&account, &format!("source-{account}"));
    let other = Bucket::named(&account, &format!("other-{account}"));
    for bucket in [&bucket, &other] {
        bucket.put("p/a", "one");
        bucket.put("p/b", "two");
    }
    other.put("p/a", "theirs");
    let before = (bucket.versions(), other.versions());
    let into = format!("prefix = \"p/\"\ninto = \"{}\"\n", other.name);

    let untold = project(&bucket, &drill(&bucket, "", &into));
    untold.checkride(GO).exits(5).says("was held back: a drill changes only what it made");
    assert_eq!((bucket.versions(), other.versions()), before);

    let touches = format!("\"arn:aws:s3:::{}/checkride/*\"", other.name);
    let project = project(&bucket, &drill(&bucket, &touches, &into));
    project.checkride(KEEP).exits(0);
    let run = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let out = outputs(&project, "restore");
    assert_eq!((&out["bucket"], &out["prefix"]), (&other.name.clone().into(), &format!("checkride/{run}/p/").into()));
    assert_eq!(other.text(&format!("checkride/{run}/p/a")).as_deref(), Some("one"));
    assert_eq!(other.text("p/a").as_deref(), Some("theirs"), "nothing is put over anything");
    // A lifecycle of its own: versions of what was put there go, too.
    other.delete(&format!("checkride/{run}/p/b"));
    clean(&project, 0);
    assert_eq!((bucket.versions(), other.versions()), before);
}

#[test]
fn what_cannot_be_restored_is_refused_before_anything_is_made() {
    let bucket = Bucket::new();
    bucket.put("p/a", "one");
    let refused = |more: &str, why: &str| {
        let project = project(&bucket, &drill(&bucket, "", more));
        project.checkride(GO).exits(5).says(why);
        assert_eq!(bucket.all(), [bucket.name.as_str()]);
    };
    refused("prefix = \"q/\"\n", "held no object at");
    refused("at = \"2126-01-01T00:00:00Z\"\n", "has not come yet");
    refused(&format!("as = \"{}\"\n", bucket.name), "there is a bucket");
    let old = Bucket::unversioned();
    old.put("a", "one");
    let project = project(&old, &drill(&old, "", "at = \"2026-01-01T00:00:00Z\"\n"));
    project.checkride(GO).exits(5).says("keeps no versions").says("put-bucket-versioning");
}

/// A bucket without versions is restored as it is now.
#[test]
fn a_bucket_that_keeps_no_versions_is_restored_as_it_is() {
    let bucket = Bucket::unversioned();
    bucket.put("a", "one");
    bucket.put("b", "two");
    let project = project(&bucket, &drill(&bucket, "", ""));
    project.checkride(GO).exits(0);
    assert_eq!(outputs(&project, "restore")["objects"], 2);
    assert_eq!(bucket.all(), [bucket.name.as_str()]);
}

/// Compares two buckets; gives how it ended and its outputs.
fn compared(one: &Bucket, other: &Bucket, more: &str, code: u8) -> Value {
    let steps = format!(
        "[inputs]\nfew = {{ integer = true, default = 3 }}\n\n[[verify]]\nid = \"same\"\ntitle = \"Same\"\nkind = \"compare\"\n\
         bucket = \"{}\"\nwith = \"{}\"\n{more}",
        one.name, other.name
    );
    let project = Project::sandboxed(&one.account).runbook("r", &steps).answers("phase.verify = yes");
    project.checkride(&["run", "r", "-p", "sandbox", "--answers", "answers.toml"]).exits(code.into());
    outputs(&project, "same")
}

#[test]
fn what_is_not_the_same_is_found() {
    let account = account();
    let one = Bucket::named(&account, &format!("one-{account}"));
    let other = Bucket::named(&account, &format!("two-{account}"));
    for key in ["a", "changed", "longer", "missing", "z"] {
        one.put(key, "one");
        other.put(key, "one");
    }
    one.put("uploads/checkride-marker/run/mark/00001", "one");
    let at = now();
    one.put("z", "two");
    other.put("changed", "two");
    other.put("longer", "three");
    other.delete("missing");
    other.put("extra", "one");
    let of = |out: &Value| {
        ["same", "missing", "different", "extra"].map(|name| out[name].as_u64().unwrap_or_default()).to_vec()
    };
    // What is tolerated is counted all the same.
    let any = "tolerance = 99\n";
    let out = compared(&one, &other, any, 0);
    assert_eq!(of(&out), [1, 1, 3, 1], "{out}");
    assert_eq!(out["objects"], serde_json::json!({ "bucket": 5, "with": 5 }), "markers do not count");
    let out = compared(&one, &other, &format!("at = \"{at}\"\n{any}"), 0);
    assert_eq!(of(&out), [2, 1, 2, 1], "{out}");
    let mut named: Vec<&str> =
        out["examples"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, ["changed", "extra", "longer", "missing"]);
    compared(&one, &other, &format!("at = \"{at}\"\ntolerance = \"${{input.few + 1}}\"\n"), 0);
    compared(&one, &other, &format!("at = \"{at}\"\ntolerance = \"${{input.few}}\"\n"), 4);
    // A sample: all keys and sizes, and the contents of some.
    let sampled = compared(&one, &other, &format!("at = \"{at}\"\nhow = \"sample\"\nsample = 50\n{any}"), 0);
    assert_eq!(of(&sampled), [2, 1, 2, 1], "{sampled}");
    let counted = compared(&one, &other, &format!("how = \"count\"\n{any}"), 0);
    assert_eq!(of(&counted), [4, 0, 1, 0], "{counted}");
    let prefixed = compared(&one, &other, "prefix = \"a\"\nwith_prefix = \"a\"\n", 0);
    assert_eq!(of(&prefixed), [1, 0, 0, 0]);
}

/// A drill whose one step calls an operation, and a restore that it stands beside.
#[test]
fn a_step_that_aims_at_a_bucket_is_held_back_however_it_names_it() {
    let bucket = Bucket::new();
    bucket.put("a", "one");
    let before: Versions = bucket.versions();
    let name = bucket.name.as_str();
    let version = &before["a"][0].id;
    let cases = [
        ("s3:DeleteObject", format!("{{ Bucket = \"{name}\", Key = \"a\" }}")),
        ("s3:DeleteObject", format!("{{ Bucket = \"{name}\", Key = \"a\", VersionId = \"{version}\" }}")),
        ("s3:DeleteObjects", format!("{{ Bucket = \"{name}\", Delete = {{ Objects = [{{ Key = \"a\" }}] }} }}")),
        (
            "s3:PutBucketVersioning",
            format!("{{ Bucket = \"{name}\", VersioningConfiguration = {{ Status = \"Suspended\" }} }}"),
        ),
        ("s3:DeleteBucket", format!("{{ Bucket = \"{name}\" }}")),
        (
            "s3:DeleteObject",
            format!("{{ Bucket = \"arn:aws:s3:us-east-1:{}:accesspoint/{name}\", Key = \"a\" }}", bucket.account),
        ),
    ];
    for (operation, with) in cases {
        let steps = format!(
            "[[drill]]\nid = \"aim\"\ntitle = \"Aim\"\nkind = \"aws\"\ncall = \"{operation}\"\nwith = {with}\n\
             effect = \"irreversible\"\nway_forward = \"none\"\n"
        );
        let project = project(&bucket, &steps).answers("phase.drill = yes\naim.run = run");
        project.checkride(GO).exits(5);
        assert_eq!(bucket.versions(), before, "{operation} {with}");
        assert!(bucket.send("GET", "?versioning", &[], b"").body.contains("Enabled"), "{operation} {with}");
    }
}
