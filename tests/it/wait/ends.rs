//! How a wait ends that does not see what it waits for: failed, unknown, left; and never later than it has to.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::project::Project;
use crate::support::web::{Web, say_nothing};
use crate::wait::fake::{LOOK_AT_TABLE, changes, events_of, exporting, request, saying, table, waiting};

const ACCOUNT: &str = "123456789012";

/// An hour: who waits for it fails the test.
const LONG: &str = "every = \"1h\"\ntimeout = \"10h\"";

#[test]
fn a_condition_that_does_not_come_has_failed_with_its_last_value() {
    let web = saying(&["starting"]);
    let more = "until = \"out.json.state == 'ready'\"\nevery = \"100ms\"\ntimeout = \"2s\"\nremedy = \"start it\"";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(4);
    let said = said.says("expected `out.json.state == 'ready'` within 2s").says("out.json.state = \"starting\"");
    let said = said.says("until = \"out.json.state == 'ready'\"").says("r.toml:12:9").says("help: start it");
    let looks = web.count("/state");
    assert!(looks >= 2, "the last look is made when the time is over");
    said.says(&format!("; {looks} looks in "));
    assert_eq!(changes(&project, "up").len(), 1);
}

#[test]
fn what_ends_it_ends_it_at_once() {
    let web = saying(&["broken"]);
    let more = format!("until = \"out.json.state == 'ready'\"\nfail = \"out.json.state == 'broken'\"\n{LONG}");
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), &more));
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(4);
    said.says("it will not come: `out.json.state == 'broken'` holds").says("out.json.state = \"broken\"");
    assert_eq!(web.count("/state"), 1);
}

#[test]
fn a_waiter_knows_what_will_never_come() {
    let arn = "arn:aws:dynamodb:us-east-1:1:table/t/export/1-abcdefgh";
    let look = format!("kind = \"aws\", call = \"dynamodb:DescribeExport\", with = {{ ExportArn = \"{arn}\" }}");
    let web = exporting(ACCOUNT, "FAILED");
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &waiting("export", &look, &format!("waiter = \"ExportCompleted\"\n{LONG}")));
    let said = project.checkride(&["run", "r", "-p", "fake"]).exits(4);
    said.says("it will not come: `ExportDescription.ExportStatus` is \"FAILED\", says the waiter `ExportCompleted`")
        .says("ExportDescription.ExportStatus = \"FAILED\"");
}

#[test]
fn no_answer_is_unknown_when_the_time_is_over() {
    let more = "until = \"out.json.state == 'ready' && error.code == ''\"\nevery = \"100ms\"\ntimeout = \"500ms\"";
    let (slow_down, silent) = (saying(&["429"]), Web::serving(|_, _| say_nothing()));
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("kind = \"http\", url = \"http://{}/\"", listener.local_addr().unwrap())
    };
    for (on, says) in [
        (request(&slow_down), "the last: "),
        (nobody, "the last: "),
        (format!("{}, timeout = \"200ms\"", request(&silent)), "the last: "),
        ("kind = \"file\", path = \"none.json\"".to_owned(), "the last: there is no file none.json"),
    ] {
        let until = if on.contains("file") { "until = \"out.content.x\"\ntimeout = \"200ms\"" } else { more };
        let project = Project::new().local().runbook("r", &waiting("up", &on, until));
        project.checkride(&["run", "r", "-p", "local"]).exits(13).says("within ").says(says);
    }
}

#[test]
fn a_path_that_never_comes_leaves_it_unknown() {
    let web = saying(&["starting"]);
    let more = "until = \"out.json.ready\"\nevery = \"100ms\"\ntimeout = \"300ms\"";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(13);
    said.says("there is no `out.json.ready`").says("r.toml:12:9");
}

#[test]
fn an_error_that_nobody_names_leaves_it_unknown_when_the_time_is_over() {
    let web = table(ACCOUNT, &["400 ResourceNotFoundException"]);
    let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\nevery = \"100ms\"\ntimeout = \"300ms\"";
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &waiting("active", LOOK_AT_TABLE, more));
    project
        .checkride(&["run", "r", "-p", "fake"])
        .exits(13)
        .says("ResourceNotFoundException")
        .says("name it in `fail`");
}

#[test]
fn a_service_that_gives_no_answer_leaves_it_unknown() {
    for state in ["500 InternalServerError", "400 ThrottlingException", "400 AccessDeniedException"] {
        let web = table(ACCOUNT, &[state]);
        let more = "until = \"out.Table.TableStatus == 'ACTIVE'\"\nevery = \"100ms\"\ntimeout = \"400ms\"";
        let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
        let project = project.runbook("r", &waiting("active", LOOK_AT_TABLE, more));
        project.checkride(&["run", "r", "-p", "fake"]).exits(13).says("within 400ms").says("look 1: ");
        assert!(changes(&project, "active")[0].2.is_string(), "{state}");
    }
}

#[test]
fn what_no_time_mends_ends_it_at_once() {
    for (on, code, says) in [
        ("kind = \"command\", run = [\"no-such-program-at-all\"]", 13, "no-such-program-at-all"),
        ("kind = \"command\", run = [\"echo\"], cwd = \"${['nowhere'][1]}\"", 13, "nowhere"),
        ("kind = \"file\", path = \"${'/etc' + '/passwd'}\"", 13, "/etc/passwd"),
    ] {
        let project = Project::new().local();
        let more = if on.contains("file") { "until = \"out.content != ''\"" } else { "until = \"out.exit == 0\"" };
        let project = project.runbook("r", &waiting("up", on, &format!("{more}\n{LONG}")));
        project.checkride(&["run", "r", "-p", "local"]).exits(code).says(says);
    }
}

#[test]
fn an_expired_login_is_not_waited_out() {
    let web = table(ACCOUNT, &["400 ExpiredTokenException"]);
    let more = format!("until = \"out.Table.TableStatus == 'ACTIVE'\"\n{LONG}");
    let project = Project::new().emulated("fake", ACCOUNT, &web.url(""));
    let project = project.runbook("r", &waiting("active", LOOK_AT_TABLE, &more));
    project.checkride(&["run", "r", "-p", "fake"]).exits(13).says("expired");
}

#[test]
fn ctrl_c_ends_it_between_two_looks_and_resume_looks_anew() {
    let web = saying(&["starting", "ready"]);
    let more = format!("until = \"out.json.state == 'ready'\"\n{LONG}");
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), &more));
    let mut running = project.begin(&["run", "r", "-p", "local"]);
    running.until_it_says("look 1: out.json.state = \"starting\"");
    running.signal(Signal::SIGINT);
    running.end().exits(7);
    assert_eq!(events_of(&project, "step_finished", "up"), [] as [serde_json::Value; 0]);
    project.checkride(&["resume"]).exits(0);
    assert_eq!(web.count("/state"), 2);
    let attempts: Vec<_> =
        events_of(&project, "step_started", "up").into_iter().map(|it| it["attempt"].clone()).collect();
    assert_eq!(attempts, [json!(1), json!(2)]);
}

#[test]
fn ctrl_c_ends_a_look_that_is_under_way() {
    let on = "kind = \"command\", shell = \"touch begun; exec sleep 3600\", timeout = \"2h\"";
    let more = format!("until = \"out.exit == 0\"\n{LONG}");
    let project = Project::new().local().runbook("r", &waiting("up", on, &more));
    let mut running = project.begin(&["run", "r", "-p", "local"]);
    running.until_there_is(&project.path("begun"));
    running.signal(Signal::SIGINT);
    running.end().exits(7);
    assert_eq!(changes(&project, "up"), []);
}

#[test]
fn after_a_kill_it_is_begun_anew() {
    let web = saying(&["starting", "ready"]);
    let more = format!("until = \"out.json.state == 'ready'\"\n{LONG}");
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), &more));
    let mut running = project.begin(&["run", "r", "-p", "local"]);
    running.until_it_says("look 1: out.json.state = \"starting\"");
    running.kill();
    project.checkride(&["resume"]).exits(0);
    assert_eq!(web.count("/state"), 2);
}

#[test]
fn a_wait_that_failed_is_repeated_as_a_whole() {
    let web = saying(&["broken", "starting", "ready"]);
    let more = "until = \"out.json.state == 'ready'\"\nfail = \"out.json.state == 'broken'\"\nevery = \"100ms\"\n\
                retry = { attempts = 2, delay = \"10ms\" }";
    let project = Project::new().local().runbook("r", &waiting("up", &request(&web), more));
    project.checkride(&["run", "r", "-p", "local"]).exits(0).says("attempt 1 failed");
    assert_eq!(web.count("/state"), 3);
}
