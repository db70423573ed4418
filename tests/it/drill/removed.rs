//! What a drill has made is removed, however it ends; what cannot be removed is loud, and listed until it is gone.

use nix::sys::signal::Signal;

use super::timed::{GO, drill};
use super::world::World;
use crate::support::binary::patiently;
use crate::support::project::{Project, logged};

fn quick() -> String {
    drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "")
}

#[test]
fn a_throttled_cleanup_goes_on_until_all_is_gone() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&quick());
    for (operation, code) in [
        ("DeleteTable", "ThrottlingException"),
        ("DeleteBackup", "BackupInUseException"),
        ("DeleteItem", "ProvisionedThroughputExceededException"),
    ] {
        world.refuses(operation, 2, code);
    }
    project.checkride(GO).exits(0);
    assert_eq!(world.everything(), before);
    let deletes = world.calls().iter().filter(|call| *call == "DeleteTable").count();
    assert_eq!(deletes, 3, "refused twice, and then done");
}

/// What has come to hang on the new table meanwhile: what scales it goes with it; a replica of it is somebody's, and is named
/// until it is gone.
#[test]
fn what_has_come_to_hang_on_a_table_goes_with_it_or_is_named() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&quick()).answers("phase.drill = yes\nphase.rollback = yes");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    let name = world.tables().into_iter().find(|name| name != "orders").unwrap();
    world.scales(&name);
    world.replicates(&name, Some("eu-west-1"));
    world.refuses("DeregisterScalableTarget", 2, "ThrottlingException");
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let clean = ["drill", "--cleanup", &id, "--answers", "answers.toml"];
    let said = project.checkride(&clean).exits(8);
    said.says("has come to have a replica in eu-west-1").says("--replica-updates");
    assert!(world.tables().contains(&name));
    world.replicates(&name, None);
    project.checkride(&clean).exits(0);
    assert_eq!(world.everything(), before, "and nothing scales what is not there any more");
}

#[test]
fn what_cannot_be_removed_is_named_until_it_is_gone() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&quick()).answers("phase.drill = yes\nphase.rollback = yes");
    world.refuses("DeleteTable", 1, "AccessDeniedException");
    let said = project.checkride(GO).exits(8);
    said.says("still stands that the run has made").says("aws dynamodb delete-table --table-name orders-checkride-");
    assert_eq!(world.tables().len(), 2);
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let status = project.checkride(&["status"]).exits(0);
    assert!(status.stdout.contains(&id), "{}", status.stdout);
    project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(0);
    assert_eq!(world.everything(), before);
    let status = project.checkride(&["status"]).exits(0);
    assert!(!status.stdout.contains(&id), "{}", status.stdout);
}

#[test]
fn what_is_kept_is_a_deviation_and_is_removed_later() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&quick()).answers("phase.drill = yes\nphase.rollback = yes");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "INC-7: it is looked at by hand"]);
    project.checkride(&keep).exits(0).says("INC-7: it is looked at by hand");
    assert_eq!(world.tables().len(), 2);
    let kept = |event: &serde_json::Value| event["kind"] == "deviation" && event["step"] == "remove";
    assert!(project.events().iter().any(kept));
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"]).exits(0);
    assert_eq!(world.everything(), before);
}

/// What is kept is kept for a time: it is on record, the new table says it, and `status` and whoever deploys are told.
#[test]
fn what_is_kept_has_an_expiry_and_is_overdue_after_it() {
    let world = World::new(3);
    let before = world.everything();
    let project = world
        .project(&quick())
        .runbook("d", &logged("one", "", ""))
        .answers("phase.drill = yes\nphase.rollback = yes\nphase.deploy = yes");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "INC-7", "--keep-until", "8d"]);
    project.checkride(&keep).exits(2).says("more than seven days away");
    keep.pop();
    keep.push("8h");
    project.checkride(&keep).exits(0).says("kept: INC-7 (until ");
    let name = world.tables().into_iter().find(|name| name != "orders").unwrap();
    let expires = world.kept(&name).1["checkride:expires"].clone();
    let status = project.checkride(&["status"]).exits(0);
    assert!(status.stdout.contains("kept until "), "{}", status.stdout);
    let data = project.checkride(&["status", "--format", "json"]).exits(0).json()["left_behind"][0].clone();
    assert_eq!((data["kept_until"].as_str(), data["overdue_s"].as_u64()), (Some(expires.as_str()), None));
    let deploy = ["run", "d", "-p", "sandbox", "--answers", "answers.toml"];
    project.checkride(&deploy).exits(0).never_says("was to be kept until");
    // The same run, when that time is over.
    let run = project.runs().into_iter().find(|run| run.to_str().unwrap().contains("-r-")).unwrap();
    let plan = std::fs::read_to_string(run.join("plan.json")).unwrap();
    std::fs::write(
        run.join("plan.json"),
        plan.replace(&format!("\"kept_until\": \"{}", &expires[..19]), "\"kept_until\": \"2026-01-02T03:04:05")
            .replace(&format!("\"kept_until\":\"{}", &expires[..19]), "\"kept_until\":\"2026-01-02T03:04:05"),
    )
    .unwrap();
    let status = project.checkride(&["status"]).exits(0);
    let id = run.file_name().unwrap().to_str().unwrap();
    assert!(status.stdout.contains("overdue by "), "{}", status.stdout);
    assert!(status.stdout.contains(&format!("checkride drill --cleanup {id}")), "{}", status.stdout);
    project.checkride(&deploy).exits(0).says(&format!("ago: checkride drill --cleanup {id}"));
    std::fs::write(run.join("plan.json"), plan).unwrap();
    project.checkride(&["drill", "--cleanup", id, "--answers", "answers.toml"]).exits(0);
    assert_eq!(world.everything(), before);
}

/// Ctrl-C ends a drill, and not its end: what was made is removed.
#[test]
fn ctrl_c_removes_what_was_made() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&drill("count = 2\nevery = \"10ms\"\n", "", "").replace(
        "[[drill]]\nid = \"back\"",
        "[[drill]]\nid = \"hold\"\ntitle = \"Hold\"\nkind = \"wait\"\nneeds = [\"restore\"]\ntimeout = \"5m\"\n\
         on = { kind = \"aws\", call = \"dynamodb:DescribeTable\", with = { TableName = \"orders\" } }\n\
         until = \"out.Table.TableStatus == 'GONE'\"\n\n[[drill]]\nid = \"back\"",
    ));
    let mut running = project.begin(GO);
    running.until_it_says("[hold] begins");
    patiently("a look", || world.calls().iter().filter(|call| *call == "DescribeTable").count() > 6);
    running.signal(Signal::SIGINT);
    running.end().exits(6).says("the drill was stopped by the operator");
    assert_eq!(world.everything(), before);
}

/// A table that has taken the name since is none of the run's.
#[test]
fn what_carries_another_tag_stays() {
    let world = World::new(3);
    let project = world.project(&quick());
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    let name = world.tables().into_iter().find(|name| name != "orders").unwrap();
    world.tagged(&name, "somebody-else");
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let project = project.answers("phase.rollback = yes");
    project
        .checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"])
        .exits(8)
        .says("is not of this run: it carries the tag of somebody-else");
    assert!(world.tables().contains(&name));
}

/// A table that somebody has restored under the name that a drill had used carries no tag: it is none of the run's, which had
/// put one on its own.
#[test]
fn what_has_lost_its_tag_is_another_table_and_stays() {
    let world = World::new(3);
    let project =
        world.project(&drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\nas = \"orders-restored\"\n", ""));
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    world.replaced("orders-restored");
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let project = project.answers("phase.rollback = yes");
    project
        .checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"])
        .exits(8)
        .says("table orders-restored is not of this run: it has no tag of it");
    assert!(world.tables().contains(&"orders-restored".to_owned()));
}

/// What scales the new table is asked for until it is known: it would outlive the table.
#[test]
fn what_cannot_be_told_of_a_table_keeps_it() {
    let world = World::new(3);
    let before = world.everything();
    let project = world.project(&quick()).answers("phase.drill = yes\nphase.rollback = yes");
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    let name = world.tables().into_iter().find(|name| name != "orders").unwrap();
    world.scales(&name);
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let clean = ["drill", "--cleanup", &id, "--answers", "answers.toml"];
    world.refuses("DescribeScalableTargets", 1, "AccessDeniedException");
    project.checkride(&clean).exits(8).says("application-autoscaling DescribeScalableTargets: access denied");
    assert!(world.tables().contains(&name));
    world.refuses("DescribeScalableTargets", 2, "ThrottlingException");
    project.checkride(&clean).exits(0);
    assert_eq!(world.everything(), before);
}

/// An item that stands where a marker stood is somebody's: it stays, and the record says that nothing was deleted.
#[test]
fn an_item_that_is_no_marker_any_more_stays() {
    let world = World::new(3);
    let project = world.project(&quick());
    let mut keep = GO.to_vec();
    keep.extend(["--keep", "a test"]);
    project.checkride(&keep).exits(0);
    world.overwrites_markers();
    let before = world.everything().0["orders"].clone();
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    let project = project.answers("phase.rollback = yes");
    project
        .checkride(&["drill", "--cleanup", &id, "--answers", "answers.toml"])
        .exits(8)
        .says("is no marker of this run");
    assert_eq!(world.everything().0["orders"], before);
    let events = project.events();
    let deletes =
        events.iter().filter(|event| event["kind"] == "effect_intended" && event["call"] == "dynamodb:DeleteItem");
    let ends: Vec<_> = deletes
        .map(|intended| {
            let same = |event: &&serde_json::Value| {
                let of_it = ["step", "attempt", "n"].into_iter().all(|name| event[name] == intended[name]);
                event["kind"] == "effect_settled" && of_it
            };
            events.iter().find(same).unwrap()["result"].clone()
        })
        .collect();
    assert_eq!(ends, ["refused", "refused"]);
}

/// `--cleanup` removes what a drill has left; it takes nothing else back.
#[test]
fn only_a_drill_is_cleaned_up() {
    let steps =
        "[[deploy]]\nid = \"touch\"\ntitle = \"Touch\"\nkind = \"command\"\neffect = \"local\"\nrun = [\"true\"]\n";
    let project = Project::new().local().runbook("r", steps);
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    let id = project.only_run().file_name().unwrap().to_str().unwrap().to_owned();
    project.checkride(&["drill", "--cleanup", &id]).exits(2).says("is no drill");
}

/// A failed proof that is skipped, with whatever reason, does not verify the recovery.
#[test]
fn a_proof_that_was_skipped_after_it_failed_verifies_nothing() {
    let world = World::new(3);
    let steps =
        quick().replace("id = \"same\"\n", "id = \"same\"\non_failure = \"ask\"\nexpect = [\"out.same == 99\"]\n");
    let project = world.project(&steps).answers("phase.drill = yes\nsame.failure = skip");
    let said = project.checkride(GO).exits(4);
    said.says("the recovery was not verified");
    assert!(!project.events().iter().any(|event| event["moment"] == "verified"));
}
