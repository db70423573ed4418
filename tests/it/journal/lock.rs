//! Fifty processes that want one lock.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use checkride::journal::{LockError, LockHolder, RunLock};

const CONTENDERS: usize = 50;
const ROUNDS: usize = 30;

/// By this a process of this test knows that it is a contender.
const FOLDER: &str = "CHECKRIDE_TEST_LOCKS";

fn holder() -> LockHolder {
    LockHolder {
        run: "20261121T181500Z-r-0000".to_owned(),
        pid: std::process::id(),
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        since: "2026-11-21T18:15:00.000Z".to_owned(),
    }
}

/// Takes the lock some times. Whoever holds it makes a file that must not be there, and removes it again.
#[test]
#[ignore = "it is one of the fifty that the next test starts"]
fn contender() {
    let folder = std::env::var_os(FOLDER).expect("it is started by the test of fifty");
    let folder = Path::new(&folder);
    let inside = folder.join("inside");
    let mut rounds = 0;
    while rounds < ROUNDS {
        match RunLock::take(folder, "one", &holder()) {
            Ok(_lock) => {
                let file = OpenOptions::new().write(true).create_new(true).open(&inside);
                assert!(file.is_ok(), "two hold the lock: {file:?}");
                thread::yield_now();
                fs::remove_file(&inside).unwrap();
                rounds += 1;
            }
            Err(LockError::Held { holder }) => {
                if let Some(holder) = holder {
                    assert_eq!((holder.user.as_str(), holder.pid > 0), ("ana", true));
                }
                thread::yield_now();
            }
            Err(error @ LockError::Io { .. }) => panic!("{error}"),
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test starts itself again")]
fn of_fifty_contenders_one_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "journal::lock::contender", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let contenders: Vec<_> = (0..CONTENDERS).map(|_| start()).collect();
    for contender in contenders {
        let output = contender.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let left = RunLock::holder(folder.path(), "one");
    assert!(left.is_none(), "{left:?} holds it still");
}
