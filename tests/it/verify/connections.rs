//! The connections of a verification: those of one process, not of each target or step.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::web::{Web, reply};

const TARGETS: usize = 6;

/// AWS, as far as it is asked here. An answer takes a moment, so that whoever wants to ask meanwhile does.
fn web() -> Web {
    Web::keeping(|heard, to| {
        thread::sleep(Duration::from_millis(5));
        if heard.body.contains("Action=GetCallerIdentity") {
            return reply(to, "200 OK", "Content-Type: text/xml\r\n", caller_body("000000000042").as_bytes());
        }
        let headers = "Content-Type: application/x-amz-json-1.0\r\n";
        reply(to, "200 OK", headers, b"{\"Table\":{\"TableStatus\":\"ACTIVE\"}}")
    })
}

/// Checks in the target's own region, in another one, and in another role; and a catalogue check of the target's.
fn project(web: &Web) -> Project {
    let mut steps = String::new();
    for at in 0..9 {
        let place = ["", "region = \"eu-west-1\"\n", "role = \"arn:aws:iam::000000000042:role/other\"\n"][at % 3];
        write!(
            steps,
            "[[verify]]\nid = \"t{at}\"\ntitle = \"Table {at}\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
             with = {{ TableName = \"table-{at}\" }}\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]\n{place}\n"
        )
        .unwrap();
    }
    let mut profile = format!(
        "[profile]\ntitle = \"Fleet\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"000000000042\"\nregion = \"us-east-1\"\n\
         emulator = true\nendpoint_url = \"http://127.0.0.1:{}\"\n",
        web.port
    );
    for at in 0..TARGETS {
        write!(profile, "\n[[target]]\nname = \"t{at}\"\nregion = \"us-west-{}\"\n", at + 1).unwrap();
    }
    Project::new().runbook("r", &steps).file("profiles/p.toml", &profile)
}

#[test]
fn targets_and_steps_share_as_many_connections_as_there_are_calls_at_once() {
    for jobs in [1, 4] {
        let web = web();
        let said = project(&web).checkride(&["verify", "r", "-p", "p", "-j", &jobs.to_string()]).exits(0);
        assert_eq!(said.stdout.matches("9 checks: 9 passed").count(), TARGETS, "{}", said.stdout);
        assert_eq!(web.heard().len(), TARGETS * 10);
        // One more is opened at times while another comes back.
        assert!(web.connections() <= jobs + 2, "{} connections with -j {jobs}", web.connections());
    }
}
