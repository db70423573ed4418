//! Programs that end, are ended, and do not begin.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::world::process::{Ended, Environment, Finished, Limits, ProcessError, Spawn, StopCause, Stream, Told, run};

fn environment() -> Environment {
    Environment::new([(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))])
}

async fn shell(script: &str, stdin: Option<&[u8]>, wait: Option<Duration>) -> (Finished, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment = environment();
    let args = ["-c".to_owned(), script.to_owned()];
    let spawn =
        Spawn { program: "sh", args: &args, cwd: Path::new("/"), environment: &environment, stdin, terminal: None };
    let limits = Limits::until(wait.map(|wait| Instant::now() + wait));
    let finished = run(spawn, limits, |told| match told {
        Told::Output(Stream::Out, bytes) => out.extend_from_slice(bytes),
        Told::Output(Stream::Err, bytes) => err.extend_from_slice(bytes),
        Told::Started(_) => {}
    })
    .await
    .unwrap();
    (finished, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[tokio::test]
async fn output_code_and_input_come_through() {
    let (finished, out, err) = shell("cat; echo oops >&2; exit 3", Some(b"hello"), None).await;
    assert_eq!((finished.ended, out.as_str(), err.as_str()), (Ended::Exited(3), "hello", "oops\n"));
    assert_eq!(finished.survivors, []);
}

#[tokio::test]
async fn a_child_inherits_nothing() {
    let (_, out, _) =
        shell("env | cut -d= -f1 | grep -v -e '^_$' -e '^PWD$' -e '^SHLVL$' -e '^OLDPWD$'", None, None).await;
    assert_eq!(out, "PATH\n");
}

#[tokio::test]
async fn a_deadline_ends_a_program() {
    let (finished, _, _) = shell("exec sleep 60", None, Some(Duration::from_millis(50))).await;
    assert_eq!(finished.stopped, Some(StopCause::Deadline));
    assert_eq!(finished.ended, Ended::Signalled(15));
}

#[tokio::test]
async fn a_cancelled_group_ends_as_a_whole_and_may_say_a_last_word() {
    let script = "trap 'echo term; exit 9' TERM; sleep 60 & echo up; wait";
    let (environment, args) = (environment(), ["-c".to_owned(), script.to_owned()]);
    let spawn = Spawn {
        program: "sh",
        args: &args,
        cwd: Path::new("/"),
        environment: &environment,
        stdin: None,
        terminal: None,
    };
    let ready = std::rc::Rc::new(tokio::sync::Notify::new());
    let up = std::rc::Rc::clone(&ready);
    let mut out = Vec::new();
    let limits = Limits { deadline: None, cancelled: ready.notified(), killed: std::future::pending() };
    let finished = run(spawn, limits, |told| {
        if let Told::Output(_, bytes) = told {
            out.extend_from_slice(bytes);
            up.notify_one();
        }
    })
    .await
    .unwrap();
    assert_eq!(finished.stopped, Some(StopCause::Cancelled));
    assert_eq!((finished.ended, String::from_utf8(out).unwrap().as_str()), (Ended::Exited(9), "up\nterm\n"));
    assert_eq!(finished.survivors, [], "the sleeping child was ended, too");
}

#[tokio::test]
async fn a_missing_program_and_folder_are_named() {
    let environment = environment();
    for (program, cwd) in [("no-such-program", "/"), ("sh", "/no/such/folder")] {
        let spawn =
            Spawn { program, args: &[], cwd: Path::new(cwd), environment: &environment, stdin: None, terminal: None };
        let error = run(spawn, Limits::until(None), |_| ()).await.unwrap_err();
        assert!(matches!(error, ProcessError::NotFound { .. } | ProcessError::NoFolder { .. }), "{error}");
    }
}
