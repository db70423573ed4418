//! A hold that is left, or killed, and begun anew.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::bake::alarms::{alarm, alarms, baking, playing, told};
use crate::pty::support::{Desk, Project as Yard};
use crate::support::project::Project;
use crate::support::sandbox;
use crate::wait::fake::events_of;

const ACCOUNT: &str = "123456789012";

#[test]
fn after_ctrl_c_or_a_kill_it_begins_anew_and_says_so() {
    let well = alarms(&[("errors", "OK", "2026-11-01T00:00:00Z")]);
    let web = playing(ACCOUNT, &[well], told(json!({})));
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &baking("verify", "for = \"8s\"\nalarms = [\"errors\"]"));
    let mut running = project.begin(&["run", "r", "-p", "fake"]);
    running.until_it_says("[bake] look 1");
    running.signal(Signal::SIGINT);
    running.end().exits(7);
    assert_eq!(events_of(&project, "step_finished", "bake"), [] as [serde_json::Value; 0]);
    let mut running = project.begin(&["resume"]);
    running.until_it_says("[bake] the hold begins anew: 8s from now on");
    running.until_it_says("8s left, all well");
    running.kill();
    project.checkride(&["resume"]).exits(0).says("begun anew in attempt 3").says("held 8s, 2 looks");
}

#[tokio::test]
async fn on_a_terminal_a_hold_shows_its_strip_and_ctrl_c_leaves_it_at_once() {
    let account = sandbox::account();
    let aws = sandbox::aws_of(&account);
    alarm(&aws, "errors").await;
    let head = "format = 1\n\n[runbook]\ntitle = \"A test\"\nowner = \"platform\"\nreviewed = 2026-11-21\n\n";
    let runbook = format!("{head}{}", baking("verify", "for = \"1h\"\nalarms = [\"errors\"]"));
    let profile = format!(
        "[profile]\ntitle = \"A sandbox\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{account}\"\n\
         region = \"us-east-1\"\nemulator = true\nendpoint_url = \"{}\"\n",
        sandbox::endpoint()
    );
    let yard = Yard::new(&[("runbooks/r.toml", &runbook), ("profiles/sandbox.toml", &profile)]);
    let mut desk = Desk::new(&yard, &["run", "r", "-p", "sandbox"]);
    desk.sees("59m 5");
    desk.sees("left, all well · ▁·····························");
    desk.sees("look 1: errors = \"OK\"");
    desk.types("\u{3}");
    desk.ends_well(7);
    desk.sees("checkride resume 20");
    yard.is_left_alone();
}
