//! The settings that a restore does not carry over: put back on the new table or reported, and gone with it.

use serde_json::Value;

use super::kept::Kept;
use super::timed::{GO, drill, outputs};
use super::world::World;
use crate::support::project::Project;

fn restoring(more: &str) -> String {
    drill("count = 2\nevery = \"10ms\"\n", &format!("from = \"backup\"\n{more}"), "")
}

/// What the outputs of the restore say of the settings, by name.
fn said(project: &Project, list: &str) -> Vec<String> {
    let told = outputs(project, "restore")["settings"][list].clone();
    let name = |it: &Value| it.as_str().or(it["what"].as_str()).unwrap().to_owned();
    told.as_array().unwrap().iter().map(name).collect()
}

fn why(project: &Project, what: &str) -> String {
    let told = outputs(project, "restore")["settings"]["reported"].clone();
    let found = told.as_array().unwrap().iter().find(|it| it["what"] == what).cloned().unwrap_or_default();
    found["why"].as_str().unwrap_or_default().to_owned()
}

/// What is put back of the table of [`World::settled`].
pub(super) const PUT_BACK: [&str; 5] = ["point-in-time recovery", "time to live", "tags", "stream", "auto scaling"];

#[test]
fn what_can_be_put_back_is_and_the_rest_is_reported() {
    let world = World::new(3).settled();
    let before = world.everything();
    let project = world.project(&restoring("")).answers("phase.drill = yes\nphase.rollback = yes");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "INC-7: it is looked at by hand"]);
    project.checkride(&keep).exits(0).says("not carried by the restore: ");
    assert_eq!(said(&project, "put_back"), PUT_BACK);
    assert_eq!(why(&project, "alarms"), "an alarm names its table: none of them watches the copy");
    assert_eq!(why(&project, "deletion protection"), "it would keep the drill from removing the table");
    assert!(said(&project, "same").contains(&"table class".to_owned()));

    let name = world.tables().into_iter().find(|name| name != "orders").unwrap();
    let (mut wanted, _, policies) = world.kept("orders");
    wanted.protected = false;
    let (is, tags, moved) = world.kept(&name);
    assert_eq!((is, moved), (wanted, policies));
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let own = |key: &str| tags.get(key).map(String::as_str);
    assert_eq!((own("team"), own("aws:cloudformation:stack-name")), (Some("shop"), None));
    assert_eq!(own("checkride:run"), Some(id.as_str()), "not the mark of the run that made the source");
    let (_, _, scaled) = world.everything();
    assert!(scaled.contains(&format!("table/{name}/index/by-day dynamodb:index:ReadCapacityUnits")), "{scaled:?}");

    project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(0);
    assert_eq!(world.everything(), before, "what scaled the table is gone with it");
}

#[test]
fn a_step_that_only_reports_changes_nothing() {
    let world = World::new(3).settled();
    let before = world.everything();
    let project = world.project(&restoring("settings = \"report\"\n"));
    project.checkride(GO).exits(0).says("not carried by the restore: point-in-time recovery, time to live, tags, ");
    assert_eq!(said(&project, "put_back"), Vec::<String>::new());
    assert_eq!(why(&project, "time to live"), "the step puts nothing back: `settings = \"report\"`");
    let changed =
        |call: &&String| call.starts_with("Update") || call.starts_with("Register") || call.starts_with("Put");
    let changes: Vec<String> =
        world.calls().iter().filter(changed).filter(|call| *call != "PutItem").cloned().collect();
    assert_eq!(changes, Vec::<String>::new());
    assert_eq!(world.everything(), before);
}

/// A refusal is of one setting; one that passes is none.
#[test]
fn what_is_refused_is_reported_and_what_is_throttled_comes_back() {
    let world = World::new(3).settled();
    let before = world.everything();
    world.refuses("UpdateTimeToLive", 1, "AccessDeniedException");
    world.refuses("RegisterScalableTarget", 1, "ValidationException");
    world.refuses("UpdateContinuousBackups", 2, "ContinuousBackupsUnavailableException");
    world.refuses("UpdateTable", 2, "ResourceInUseException");
    let project = world.project(&restoring(""));
    project.checkride(GO).exits(0);
    assert_eq!(said(&project, "put_back"), ["tags", "stream"]);
    for refused in ["point-in-time recovery", "time to live", "auto scaling"] {
        assert!(why(&project, refused).starts_with("it could not be put back: "), "{refused}");
    }
    assert!(!world.calls().contains(&"PutScalingPolicy".to_owned()), "a policy needs its target");
    assert_eq!(world.everything(), before);
}

/// What an endpoint cannot tell is reported, and keeps nothing else from being put back.
#[test]
fn what_cannot_be_read_is_reported() {
    let world = World::new(3).settled();
    world.refuses("DescribeScalableTargets", 9, "UnknownOperationException");
    world.refuses("DescribeAlarms", 9, "AccessDeniedException");
    let project = world.project(&restoring(""));
    project.checkride(GO).exits(0);
    assert_eq!(said(&project, "put_back"), PUT_BACK[..4]);
    for unknown in ["auto scaling", "alarms"] {
        assert!(why(&project, unknown).starts_with("it could not be read: "), "{unknown}");
    }
    assert!(!said(&project, "same").contains(&"scheduled scaling".to_owned()), "who knows");
    assert_eq!(world.tables(), ["orders"]);
    let (kept, ..) = world.kept("orders");
    assert_eq!(kept.expires.as_deref(), Some("gone_at"));
    assert_ne!(kept, Kept::default());
}
