//! The terminal lent to a program, in a real terminal: this test runner starts itself there.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use checkride::cli::{ColorWhen, Screen, ScreenSettings, TerminalGuard, TerminalLender};
use checkride::event::RunHeader;
use checkride::id::RunId;
use checkride::report::{Ending, RunView, Terminal};
use checkride::step::Lender;

use crate::pty::support::{Desk, Project};

/// What the test runner is called with, to be the one who lends.
const INSIDE: &[&str] = &["--ignored", "--exact", "--nocapture", "pty::lend::inside"];

/// A program that talks to the person, and leaves the terminal in disorder.
const ASKS: &str =
    r#"printf "$$ asks for a name: "; read name || exit 3; echo "hello $name"; stty -echo -icanon; printf '\033[?25l'"#;

/// Not a test: what runs in the terminal. It lends it once for the script in `CHECKRIDE_LENT`.
#[test]
#[ignore = "is started by the other tests of this file, in a terminal"]
#[expect(
    clippy::disallowed_methods,
    reason = "a test tells its other half what to do, and starts a program as that half does"
)]
fn inside() {
    let script = std::env::var("LENT").unwrap();
    let settings = ScreenSettings { color: ColorWhen::Never, utf8: true, ..ScreenSettings::default() };
    let screen = Screen::open(settings);
    let tty = screen.tty().expect("it runs in a terminal").clone();
    let guard = TerminalGuard::hold(&tty);
    let header = RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: "test".to_owned(),
        run: RunId::make("20261121T181500Z", "lend", [1, 2]),
        started: "2026-11-21T18:15:00Z".to_owned(),
        runbook: "lend".to_owned(),
        title: "Lend".to_owned(),
        profile: None,
        tier: None,
        plan: "sha256:00".to_owned(),
        target: None,
        user: "ana".to_owned(),
        host: "desk".to_owned(),
        git: None,
        change: None,
        reason: None,
        verification: None,
        tabletop: false,
    };
    let terminal = Terminal::start(screen.surface().clone(), RunView::new(header)).unwrap();
    let lender = TerminalLender::new(terminal.door(), tty);
    let mut loan = lender.lend().unwrap();
    let mut program = Command::new("/bin/sh");
    program.args(["-c", &script]).process_group(0).stdin(Stdio::inherit());
    let mut child = program.spawn().unwrap();
    loan.give_to(i32::try_from(child.id()).unwrap()).unwrap();
    let status = child.wait().unwrap();
    loan.take_back().unwrap();
    drop(loan);
    terminal.door().borrow(move |stage| stage.surface.lines(&[format!("it ended: {status}")]));
    terminal.end(Ending::default());
    drop(guard);
}

/// Waits until the program that asks has the terminal.
fn asked(desk: &Desk) -> i32 {
    desk.sees(" asks for a name:");
    let screen = desk.screen();
    let before = screen.split(" asks for a name:").next().unwrap();
    let group = before.rsplit(char::is_whitespace).next().unwrap().parse().unwrap();
    desk.waits_for_foreground(group);
    group
}

#[test]
fn a_program_gets_the_keys_and_gives_them_back() {
    let project = Project::new(&[]);
    let mut desk = Desk::lending(&project, INSIDE, ASKS);
    asked(&desk);
    desk.types("ana\r");
    desk.sees("hello ana");
    desk.sees("it ended: exit status: 0");
    desk.ends_well(0);
}

#[test]
fn ctrl_c_ends_the_program_and_not_us() {
    let project = Project::new(&[]);
    let mut desk = Desk::lending(&project, INSIDE, ASKS);
    asked(&desk);
    desk.types("\u{3}");
    desk.sees("it ended: signal: 2 (SIGINT)");
    desk.ends_well(0);
}

/// Ctrl-Z in the program suspends both, and `fg` leads back to the program.
#[test]
fn a_program_that_is_suspended_takes_us_along() {
    let project = Project::new(&[("asks.sh", ASKS)]);
    let mut desk = Desk::in_shell(&project);
    let runner = std::env::current_exe().unwrap();
    desk.types(&format!("LENT='. ./asks.sh' {} {}\r", runner.display(), INSIDE.join(" ")));
    let program = asked(&desk);
    desk.types("\u{1a}");
    desk.sees("suspended, with the program");
    desk.sees("Stopped");
    desk.types("echo in the $((40 + 2))nd shell\r");
    desk.sees("in the 42nd shell");
    desk.types("fg\r");
    desk.waits_for_foreground(program);
    desk.types("ben\r");
    desk.sees("hello ben");
    desk.sees("it ended: exit status: 0");
    // Keys that come before it has ended are its own, and are thrown away with it.
    desk.is_in_shell_again(0);
    desk.leaves_shell();
}

/// A step that talks to the person itself, between two that do not.
const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Sign the book"
owner = "docs"
reviewed = 2026-11-21
profile = "desk"

[[deploy]]
id = "before"
title = "Open it"
kind = "command"
effect = "local"
run = ["echo", "open"]

[[deploy]]
id = "sign"
title = "Sign it"
kind = "command"
effect = "local"
interactive = true
run = ["sh", "./asks.sh"]

[[verify]]
id = "after"
title = "It is signed"
kind = "confirm"
"#;

const DESK: &str = "[profile]\ntitle = \"The desk\"\ntier = \"development\"\n";

fn book() -> Project {
    let asks = format!("{ASKS}\necho \"$name\" >> signed.txt\n");
    Project::new(&[("runbooks/book.toml", RUNBOOK), ("profiles/desk.toml", DESK), ("asks.sh", &asks)])
}

#[test]
fn an_interactive_step_has_the_terminal_to_itself() {
    let project = book();
    let mut desk = Desk::in_shell(&project);
    desk.types("checkride run book\r");
    let program = asked(&desk);
    assert!(!desk.screen().contains("steps · "), "no live area is drawn while the program has the screen");
    desk.types("\u{1a}");
    desk.sees("suspended, with the program");
    desk.is_in_shell();
    desk.types("fg\r");
    desk.waits_for_foreground(program);
    desk.types("ana\r");
    desk.sees("hello ana");
    // The program left the terminal in disorder; the question that follows does not find it so.
    desk.chooses("It is signed", 'd');
    desk.sees("the run is over: passed");
    desk.is_in_shell_again(0);
    desk.leaves_shell();
    project.is_left_alone();
    assert_eq!(std::fs::read_to_string(project.path().join("signed.txt")).unwrap(), "ana\n");
}

#[test]
fn ctrl_c_in_an_interactive_step_is_the_programs() {
    let project = book();
    let mut desk = Desk::new(&project, &["run", "book"]);
    asked(&desk);
    desk.types("\u{3}");
    // Of a program that was ended on its way nobody knows what it did.
    desk.menu("Sign it: did it happen?");
    desk.sees_row(|row| row.trim_end().ends_with("asks for a name: ^C"));
    desk.types("\u{3}");
    desk.ends_well(8);
    project.is_left_alone();
}

#[test]
fn a_lost_terminal_ends_an_interactive_step_or_suspends_the_run() {
    let project = book();
    let mut desk = Desk::new(&project, &["run", "book"]);
    asked(&desk);
    desk.hangs_up();
    assert_eq!(desk.ends(), 7);
    project.is_left_alone();
    assert!(!project.path().join("signed.txt").exists());
}
