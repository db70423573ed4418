//! A rollback over a bad line: 80 columns, 24 rows, 300 ms, 2 kB a second. All that is asked stands on the screen when it is
//! asked; nothing but text is sent, and little of it.

use assert_cmd::cargo::cargo_bin_cmd;
use insta::assert_snapshot;

use crate::pty::support::{Desk, Project, steady};

const HEAD: &str = r#"
format = 1

[runbook]
title = "Deploy the messaging stack"
owner = "platform"
reviewed = 2026-11-21

"#;

/// What was deployed, and how it goes back. The one in the middle fails at first.
const STEPS: [(&str, &str, &str, &str); 8] = [
    ("stack", "Update the stack mte-prod through a reviewed change set", "Put the stack mte-prod back as it was", ""),
    ("concurrency", "Limit the concurrency of mte-api-prod", "The concurrency of before", ""),
    ("alias", "Point the alias live at the new version", "Point the alias live at the version of before", ""),
    ("network", "Put mte-api-prod into the private network", "Take mte-api-prod out of the private network", ""),
    ("recovery", "Point-in-time recovery of mte-sessions", "Recovery as it was", "test -e mended || exit 9\n"),
    ("replication", "Replicate the website to eu-west-1", "Replication as it was", ""),
    ("rotation", "Rotate the key of mte-sessions each year", "Rotation as it was", ""),
    ("letters", "Put aside what fails thrice", "The queue mte-jobs as it was", ""),
];

const PROFILE: &str = "[profile]\ntitle = \"The sandbox\"\ntier = \"sandbox\"\n";

const ANSWERS: &str = "format = 1\n\n[answer.\"phase.deploy\"]\nchoose = \"yes\"\nby = \"ana\"\nreason = \"a test\"\n";

fn deployed() -> Project {
    let mut text = HEAD.to_owned();
    for (id, title, back, how) in STEPS {
        text.push_str(&format!(
            "[[deploy]]\nid = \"{id}\"\ntitle = \"{title}\"\nkind = \"command\"\neffect = \"write\"\n\
             shell = \"echo {id} >> log\"\n\n[[rollback]]\nid = \"{id}_back\"\ntitle = \"{back}\"\nkind = \"command\"\n\
             effect = \"write\"\nshell = '''\n{how}echo {id}_back >> log\n'''\nundoes = [\"{id}\"]\n\n"
        ));
    }
    let project =
        Project::new(&[("runbooks/mte.toml", &text), ("profiles/sandbox.toml", PROFILE), ("answers.toml", ANSWERS)]);
    let mut command = cargo_bin_cmd!("checkride");
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(project.path());
    command.args(["run", "mte", "-p", "sandbox", "--answers", "answers.toml"]).assert().success();
    project
}

#[test]
fn the_whole_session_over_a_bad_line() {
    let _steady = steady();
    let project = deployed();
    let mut desk = Desk::far_away(&project, &["rollback", "--last", "-p", "sandbox", "--incident", "INC-42"]);
    std::thread::sleep(std::time::Duration::from_secs(8));
    eprintln!("{}\n=====", desk.screen());
    desk.types("y\r");
    std::thread::sleep(std::time::Duration::from_secs(12));
    eprintln!("{}\n=====", desk.screen());
    project.append("mended", "");
    desk.types("r\r");
    eprintln!("{}", desk.ends());
    std::thread::sleep(std::time::Duration::from_secs(6));
    eprintln!("{}\n=====", desk.screen());
    eprintln!("{:?}\n=====", desk.sent());
    eprintln!("{}\n=====", desk.sent());
    panic!();
}
