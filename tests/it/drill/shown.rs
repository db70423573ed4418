//! What a drill shows before it begins and while it runs: what it makes and touches, and the clock.

use serde_json::{Value, json};

use super::timed::{GO, THROUGH, drill};
use super::world::World;

#[test]
fn what_a_drill_touches_is_shown_with_its_undo_in_the_plan_and_where_it_is_approved() {
    let world = World::new(1);
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    let project = world.project(&text);
    let arn = format!("arn:aws:dynamodb:us-east-1:{}:table/orders", world.account);
    let touches = format!("touches {arn}, by `mark`: undone by `remove`");
    let plan = project.checkride(&["drill", "r", "-p", "sandbox", "--plan"]).exits(0);
    assert!(plan.stdout.contains(&touches), "{}", plan.stdout);
    let plan = project.checkride(&["plan", "r", "-p", "sandbox", "--phase", "drill", "--format", "json"]).exits(0);
    let touched = plan.json()["touches"].clone();
    assert_eq!((&touched[0]["arn"], &touched[0]["undone_by"][0]), (&Value::from(arn), &Value::from("remove")));
    project.checkride(GO).exits(0);
    let events = project.events();
    let asked = events.iter().find(|it| it["kind"] == "asked" && it["question"]["id"] == "phase.drill").unwrap();
    let body: Vec<&str> = asked["question"]["body"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for wanted in
        [&touches, "Restore", "into the new table orders-checkride-", "about $0.15 a GiB", "at its end, however"]
    {
        assert!(body.iter().any(|line| line.contains(wanted)), "{wanted}: {body:#?}");
    }
}

/// What a step gives is not known before the drill begins: the plan shows it as it is written, and the drill refuses it.
#[test]
fn what_is_touched_and_not_known_yet_is_shown_as_it_is_written() {
    let world = World::new(1);
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    let unknown = "arn:aws:dynamodb:us-east-1:${aws.account}:table/${step.mark.table}";
    let project = world.project(&text.replace("touches = [\"", &format!("touches = [\"{unknown}\", \"")));
    let plan = ["plan", "r", "-p", "sandbox", "--phase", "drill"];
    let human = project.checkride(&plan).exits(0).stdout;
    assert!(human.contains(&format!("touches {unknown}\n")), "{human}");
    let json = project.checkride(&[&plan[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(json["touches"][0], json!({ "written": unknown }), "{json}");
    project.checkride(GO).exits(2).says("it names inputs and `aws` only");
}

#[test]
fn what_has_no_undo_is_a_fault_and_what_no_fence_holds_is_marked() {
    let world = World::new(1);
    let text = drill(THROUGH, "", "before = \"${step.restore.started}\"\n");
    let project = world.project(&text.replace("undoes = [\"mark\", \"restore\"]", "undoes = [\"restore\"]"));
    project.checkride(GO).exits(3).says("the drill does not put back what step `mark` changes");
    let by_program = "[[drill]]\nid = \"go\"\ntitle = \"Go\"\nkind = \"command\"\neffect = \"irreversible\"\n\
                      way_forward = \"none\"\nrun = [\"true\"]\n";
    let project = world.project(by_program);
    project.checkride(&["check", "r"]).says("is not held to what the drill has made");
    let plan = project.checkride(&["drill", "r", "-p", "sandbox", "--plan"]).exits(0);
    assert!(plan.stdout.contains("outside the fence"), "{}", plan.stdout);
}

#[test]
fn the_clock_of_a_drill_is_told_at_the_end_of_each_step() {
    let world = World::new(1);
    let text = drill("count = 2\nevery = \"10ms\"\n", "from = \"backup\"\n", "");
    world.project(&text).checkride(GO).exits(0).says(" of 10m 00s left");
    let late = world.project(&text.replace("rto = \"10m\"", "rto = \"1ms\""));
    late.checkride(GO).exits(4).says("RTO").says(" over ");
    let none = world.project(&text.replace("rto = \"10m\"\n", ""));
    none.checkride(GO).exits(0).never_says("RTO 10m").never_says("s left\n");
}
