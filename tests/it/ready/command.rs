//! A program that undoes something.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use checkride::step::Task;
use checkride::step::command::CommandTask;
use checkride::step::kind::Parse;

use super::stage::{Stage, line, needs, reading};

fn command(program: &str, cwd: Option<&str>) -> Task {
    Task::Command(CommandTask {
        program: program.into(),
        args: vec!["back".into()],
        shown: program.into(),
        cwd: cwd.map(PathBuf::from),
        env: Vec::new(),
        stdin: None,
        exit_codes: vec![0],
        parse: Parse::Text,
        sensitive: false,
        interactive: false,
    })
}

#[tokio::test]
async fn the_program_and_the_folder_of_an_undo_must_be_there() {
    let stage = Stage::new();
    let cx = reading(stage.aws.reads(), stage.project.path().to_owned());
    let change = command("sh", None);
    let found = async |undo: &Task| -> Vec<String> { needs(&change, undo, &cx).await.iter().map(line).collect() };

    assert!(found(&command("sh", None)).await[0].starts_with("there: the program `sh`: /"));
    assert_eq!(
        found(&command("sam-of-tomorrow", None)).await,
        ["missing: the program `sam-of-tomorrow`: it is not in the PATH of the command"]
    );
    assert_eq!(found(&command("sh", Some("app"))).await, ["missing: the folder app: there is no such folder"]);
    let folder = stage.project.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("undo"), "#!/bin/sh\n").unwrap();
    let lines = found(&command("./undo", Some("app"))).await;
    assert_eq!(lines[0], "there: the folder app: it is there");
    assert!(
        lines[1].starts_with("missing: the program `./undo`: ") && lines[1].contains("may not be run"),
        "{lines:?}"
    );
    std::fs::set_permissions(folder.join("undo"), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(found(&command("./undo", Some("app"))).await[1].starts_with("there: the program `./undo`"));
}
