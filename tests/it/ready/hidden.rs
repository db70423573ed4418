//! Parameters whose values nobody can read back.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use checkride::event::NeedState;
use checkride::step::stack::StackRestoreTask;
use checkride::step::{ArtifactSink, ArtifactStore, ReadContext, Task, rehearse};

use super::stage::{Stage, about, change, line, not_ready, reading, undo, with};
use crate::support::attempt::Files;

const SECRET: &str = "hunter2-very-secret";

fn template(parameters: &str) -> String {
    format!(
        "Parameters:\n  Size: {{ Type: String, Default: '10' }}\n{parameters}Resources: {{ Queue: {{ Type: AWS::SQS::Queue }} }}\n"
    )
}

#[tokio::test]
async fn a_value_that_cannot_be_read_back_is_asked_for_when_the_deployment_changes_it() {
    let stage = Stage::new();
    let hidden = template("  Password: { Type: String, NoEcho: true }\n");
    let given = with(change("n"), &[("Password", SECRET), ("Size", "20")]);
    stage.deploy(&hidden, &given).await;

    // It is given again: nobody knows whether it is the same.
    let needs = stage.needs(&hidden, &given, &undo()).await;
    assert_eq!(
        not_ready(&needs),
        ["missing: the value that parameter Password of stack n has now: NoEcho, so nobody can read it back, and the \
             deployment gives the parameter a value"]
    );
    let remedy = about(&needs, "the value that parameter").remedy.clone().unwrap();
    assert!(remedy.contains("`parameters = { Password = \"${input.…}\" }`"), "{remedy}");
    assert_eq!(line(about(&needs, "the parameters of")), "there: the parameters of stack n: Size");

    // It is taken away.
    let needs = stage.needs(&template(""), &change("n"), &undo()).await;
    assert!(not_ready(&needs)[0].ends_with("the deployment takes the parameter away"), "{needs:#?}");

    // It is left alone.
    let needs = stage.needs(&hidden, &with(change("n"), &[("Size", "30")]), &undo()).await;
    assert_eq!(not_ready(&needs), [""; 0]);

    // The way back has it from somewhere.
    let known = StackRestoreTask {
        parameters: BTreeMap::from([("Password".to_owned(), SECRET.to_owned()), ("Typo".to_owned(), "x".to_owned())]),
        ..undo()
    };
    let needs = stage.needs(&hidden, &given, &known).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(about(&needs, "the value that")).ends_with("`parameters` of the way back gives it"), "{needs:#?}");
    assert!(line(about(&needs, "parameter Typo")).ends_with("the stack has no such parameter"), "{needs:#?}");
    assert!(!format!("{needs:?} {known:?} {given:?}").contains(SECRET));
}

/// Files from which a secret is cut, as the recorder cuts them.
#[derive(Default)]
struct Cutting(Files);

impl ArtifactStore for Cutting {
    fn create(&self, name: &str, media: &str) -> io::Result<Box<dyn ArtifactSink>> {
        self.0.create(name, media)
    }

    fn get(&self, digest: &str) -> io::Result<Vec<u8>> {
        self.0.get(digest)
    }

    fn put(&self, name: &str, media: &str, bytes: &[u8]) -> io::Result<checkride::event::ArtifactRef> {
        let cut = String::from_utf8_lossy(bytes).replace(SECRET, "[secret]");
        self.0.put(name, media, cut.as_bytes())
    }
}

#[tokio::test]
async fn what_is_cut_from_the_record_is_found_before() {
    let stage = Stage::new();
    let text = template("");
    let given = with(change("c"), &[("Size", SECRET)]);
    stage.deploy(&text, &given).await;
    let cx = ReadContext {
        artifacts: Arc::new(Cutting::default()),
        ..reading(stage.aws.reads(), stage.project.path().to_owned())
    };
    let found = async |undo: StackRestoreTask| {
        rehearse(&Task::Stack(Box::new(change("c"))), &Task::StackRestore(Box::new(undo)), &cx).await
    };
    let what = "the value that parameter Size of stack c has now";
    let needs = found(undo()).await;
    assert_eq!(
        not_ready(&needs),
        [format!("missing: {what}: a secret of the run, and not declared NoEcho: it is cut from the record")]
    );
    let known = StackRestoreTask { parameters: BTreeMap::from([("Size".to_owned(), SECRET.to_owned())]), ..undo() };
    let needs = found(known).await;
    assert_eq!(not_ready(&needs), [""; 0]);
    assert!(line(about(&needs, what)).ends_with("`parameters` of the way back gives it"), "{needs:#?}");

    // In the template itself it has no other place.
    let written = text.replace("Default: '10'", &format!("Default: {SECRET}"));
    let written = written.replace("Resources: {", "Resources: { Other: { Type: AWS::SQS::Queue },");
    stage.deploy(&written, &with(change("c"), &[("Size", "11")])).await;
    let needs = found(undo()).await;
    assert_eq!(about(&needs, "the record of the previous template").state, NeedState::Missing);
    assert!(!format!("{needs:?}").contains(SECRET), "{needs:#?}");
}
