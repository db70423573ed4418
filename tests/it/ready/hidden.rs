//! Parameters whose values nobody can read back.

use std::collections::BTreeMap;

use checkride::step::stack::StackRestoreTask;

use super::stage::{Stage, about, change, line, not_ready, undo, with};

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
