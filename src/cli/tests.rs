//! Prompts, driven through a pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use portable_pty::{MasterPty, PtySize, native_pty_system};
use secrecy::ExposeSecret;
use vt100::Parser;

use crate::cli::operator::{TerminalOperator, ask_now, ask_secret};
use crate::cli::tty::{TerminalGuard, Tty, restore};
use crate::event::{
    Answer, AnswerSource, Ask, Attachment, Choice, Event, EventKind, EventSink, EvidenceNeed, Question, RunHeader,
};
use crate::id::RunId;
use crate::report::{Ending, Look, Mode, RunView, Surface, Terminal};
use crate::step::{NoAnswer, Operator};

/// A person at a terminal that is not there.
struct Desk {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    picture: Arc<Mutex<Parser>>,
    sent: Arc<Mutex<Vec<u8>>>,
    device: File,
    surface: Surface,
    tty: Tty,
}

impl Desk {
    fn new(columns: u16, rows: u16, mode: Mode) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let path = pair.master.tty_name().unwrap();
        let device = File::options().read(true).write(true).custom_flags(nix::libc::O_NOCTTY).open(path).unwrap();
        let tty = Tty::new(OwnedFd::from(device.try_clone().unwrap())).unwrap();
        let look = Look { color: false, unicode: mode == Mode::Live };
        let out = Box::new(device.try_clone().unwrap());
        let surface = Surface::new(out, look, mode, Box::new(move || Some((columns, rows))));
        let parser = Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0);
        Self {
            master: Some(pair.master),
            keyboard: None,
            picture: Arc::new(Mutex::new(parser)),
            sent: Arc::default(),
            device,
            surface,
            tty,
        }
    }

    /// Looks at the screen from now on. (Not for a test that takes the terminal away: a look holds it.)
    fn watch(self) -> Self {
        let mut reader = self.master.as_ref().unwrap().try_clone_reader().unwrap();
        let (picture, sent) = (Arc::clone(&self.picture), Arc::clone(&self.sent));
        thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut some) {
                picture.lock().unwrap().process(&some[..count]);
                sent.lock().unwrap().extend_from_slice(&some[..count]);
            }
        });
        self
    }

    fn screen(&self) -> String {
        self.picture.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows a text.
    fn sees(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(10);
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "no `{text}` on the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the last line of the screen begins so: a prompt is open.
    fn prompts(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(10);
        let last = || self.screen().trim_end().lines().last().unwrap_or_default().trim_end().to_owned();
        while !last().ends_with(text) {
            assert!(Instant::now() < until, "no prompt `{text}`:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the cursor shows.
    fn has_its_cursor(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.picture.lock().unwrap().screen().hide_cursor() {
            assert!(Instant::now() < until, "the cursor stays hidden");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn types(&mut self, keys: &str) {
        // Taken late: when it is dropped it types an end of input, and a lost terminal does not.
        let keyboard = self.keyboard.get_or_insert_with(|| self.master.as_ref().unwrap().take_writer().unwrap());
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    fn settings(&self) -> Termios {
        tcgetattr(&self.device).unwrap()
    }

    /// Asks on a thread of its own.
    fn asks(&self, question: &Question) -> JoinHandle<Result<Answer, NoAnswer>> {
        let (surface, tty, question) = (self.surface.clone(), self.tty.clone(), question.clone());
        thread::spawn(move || ask_now(&surface, &tty, "ana", &question))
    }
}

fn question(id: &str, ask: Ask, choices: &[Choice]) -> Question {
    Question::new(id, ask, "Deploy through a reviewed change set", choices.to_vec())
}

fn approve() -> Question {
    let mut question = question(
        "stack.run",
        Ask::ApproveWrite,
        &[Choice::Run, Choice::Skip, Choice::Show, Choice::Note, Choice::Abort],
    );
    question.guide =
        Some("# Before you run it\n\nLook at the **replacements** first:\n\n- tables\n- queues".to_owned());
    question.body = vec!["Replace  SessionsTable  AWS::DynamoDB::Table".to_owned()];
    question.detail = vec!["cloudformation:ExecuteChangeSet".to_owned(), "  ChangeSetName = \"cs-1\"".to_owned()];
    question
}

#[test]
fn a_menu_at_80_by_24() {
    let mut desk = Desk::new(80, 24, Mode::Live).watch();
    let before = desk.settings();
    let answer = desk.asks(&approve());
    desk.sees("abort the run");
    assert_snapshot!(desk.screen(), @r#"
    Deploy through a reviewed change set
      Before you run it

      Look at the replacements first:

      • tables
      • queues
      Replace  SessionsTable  AWS::DynamoDB::Table
      cloudformation:ExecuteChangeSet
        ChangeSetName = "cs-1"
    ? Answer › letter or arrows, then Enter
      r  run it
      s  skip it (with a reason)
      w  show exactly what will be called
      o  put a note on record
      q  abort the run
    "#);
    desk.types("s");
    desk.sees("❯ s");
    desk.types("\r");
    desk.prompts("? Reason ›");
    desk.types("\r");
    desk.sees("it cannot be empty");
    desk.types("not today\r");
    let answer = answer.join().unwrap().unwrap();
    assert_eq!((answer.choice, answer.reason.as_deref()), (Choice::Skip, Some("not today")));
    assert_eq!(answer.by, "ana");
    assert_eq!(answer.from, AnswerSource::Terminal { tty: desk.tty.name().to_owned() });
    desk.sees("✔ Reason · not today");
    assert_snapshot!(desk.screen(), @r#"
    Deploy through a reviewed change set
      Before you run it

      Look at the replacements first:

      • tables
      • queues
      Replace  SessionsTable  AWS::DynamoDB::Table
      cloudformation:ExecuteChangeSet
        ChangeSetName = "cs-1"
    ✔ Answer · skip it (with a reason)
    ? Reason › 
    ✘ it cannot be empty: it goes on record
    ✔ Reason · not today
    "#);
    assert_eq!(desk.settings(), before);
    desk.has_its_cursor();
}

#[test]
fn a_menu_at_40_by_12() {
    let mut desk = Desk::new(40, 12, Mode::Live).watch();
    let answer = desk.asks(&approve());
    desk.sees("1 of 12 lines to come");
    desk.types("zz\r");
    desk.sees("abort the run");
    desk.types("\u{1b}[B\u{1b}[A\u{1b}[B\u{1b}[B");
    desk.sees("❯ s");
    assert_snapshot!(desk.screen(), @r#"
        AWS::DynamoDB::Table
      cloudformation:ExecuteChangeSet
        ChangeSetName = "cs-1"

    Deploy through a reviewed change set
    ? Answer › letter or arrows, then Enter
      r  run it
    ❯ s  skip it (with a reason)
      w  show exactly what will be called
      o  put a note on record
      q  abort the run
    "#);
    desk.types("\u{3}");
    assert_eq!(answer.join().unwrap(), Err(NoAnswer::Interrupted { question: "stack.run".to_owned() }));
    desk.has_its_cursor();
}

/// What a person does to come to a prompt.
type Way<'a> = &'a dyn Fn(&mut Desk);

/// The questions that the runs of `tests/it/pty` do not come to. The others are tried there.
#[test]
fn a_change_set_and_a_login_let_go_of_the_terminal() {
    let mut change = question("stack.change_set", Ask::ApproveChange, &[Choice::Execute, Choice::Decline]);
    change.body = (0..30).map(|number| format!("+ Add  Table{number}  AWS::DynamoDB::Table")).collect();
    let mut typed = change.clone();
    typed.typed = Some("mainland".to_owned());
    let login = question("login", Ask::LogIn, &[Choice::Yes, Choice::Abort]);
    let to_the_menu = |desk: &mut Desk| {
        desk.sees("lines to come");
        desk.types("e");
        desk.sees("letter or arrows");
    };
    let to_the_text = |desk: &mut Desk| {
        desk.sees("lines to come");
        desk.types("e");
        desk.prompts("? Type mainland to confirm, or decline ›");
    };
    let ways: [(&Question, Way<'_>); 4] = [
        (&change, &|desk| desk.sees("lines to come")),
        (&change, &to_the_menu),
        (&typed, &to_the_text),
        (&login, &|desk| desk.sees("letter or arrows")),
    ];
    for (asked, way) in ways {
        for keys in ["\u{3}", "\u{3}\u{3}", "\u{3}\u{3}\u{3}", "\u{4}"] {
            let mut desk = Desk::new(80, 24, Mode::Live).watch();
            let before = desk.settings();
            let answer = desk.asks(asked);
            way(&mut desk);
            desk.types(keys);
            assert_eq!(answer.join().unwrap(), Err(NoAnswer::Interrupted { question: asked.id.clone() }));
            assert_eq!(desk.settings(), before);
            desk.has_its_cursor();
        }
    }
}

#[test]
fn enter_alone_takes_nothing_and_keys_typed_before_do_not_count() {
    let mut desk = Desk::new(80, 24, Mode::Live).watch();
    desk.types("r\r");
    thread::sleep(Duration::from_millis(50));
    let answer = desk.asks(&approve());
    desk.sees("abort the run");
    desk.types("\r\r z?\r");
    thread::sleep(Duration::from_millis(300));
    assert!(!answer.is_finished(), "{}", desk.screen());
    desk.types("5\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Abort);
}

#[test]
fn a_text_must_be_typed_exactly() {
    let mut asked = question("phase.deploy", Ask::ApprovePhase, &[Choice::Yes, Choice::Abort]);
    asked.typed = Some("prod".to_owned());
    let mut desk = Desk::new(80, 24, Mode::Live).watch();
    let answer = desk.asks(&asked);
    desk.sees("Type prod to confirm, or abort");
    desk.types("Prod\r");
    desk.sees("that is not prod");
    desk.types("prod\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Yes);
    desk.sees("✔ Type prod to confirm, or abort · prod");

    let answer = desk.asks(&asked);
    for wrong in ["y", "yes", ""] {
        desk.prompts("? Type prod to confirm, or abort ›");
        desk.types(wrong);
        desk.types("\r");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Abort);
    desk.sees("for the third time: taken as abort");

    let answer = desk.asks(&asked);
    desk.prompts("? Type prod to confirm, or abort ›");
    desk.types("abort\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Abort);
}

#[test]
fn a_typed_text_confirms_a_choice_of_many() {
    let mut asked = approve();
    asked.typed = Some("prod".to_owned());
    let mut desk = Desk::new(80, 40, Mode::Live).watch();
    let answer = desk.asks(&asked);
    desk.sees("abort the run");
    desk.types("r\r");
    desk.prompts("? Type prod to confirm, or abort ›");
    desk.types("no\rno\rno\r");
    desk.sees("not confirmed: choose again");
    desk.prompts("abort the run");
    desk.types("r\r");
    desk.prompts("? Type prod to confirm, or abort ›");
    desk.types("prod\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Run);
}

#[test]
fn evidence_that_is_required_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("b.json");
    std::fs::write(&backup, "{}").unwrap();
    let mut asked = question("backup", Ask::Confirm, &[Choice::Done, Choice::NotApplicable, Choice::No]);
    asked.evidence = EvidenceNeed::Required;
    let mut desk = Desk::new(80, 40, Mode::Live).watch();
    let answer = desk.asks(&asked);
    desk.sees("Evidence is required");
    desk.sees("letter or arrows");
    desk.types("d\r");
    desk.prompts("a file, copied into the run");
    assert!(!desk.screen().contains("nothing more"), "{}", desk.screen());
    desk.types("u\r");
    desk.prompts("? URL ›");
    desk.types("backup\r");
    desk.sees("this is no URL");
    desk.types("https://example.com/1\r");
    desk.prompts("nothing more");
    desk.types("f\r");
    desk.prompts("? File ›");
    desk.types("/nowhere\r");
    desk.sees("there is no /nowhere");
    desk.types(&format!("{}\r", backup.display()));
    desk.prompts("nothing more");
    desk.types("e\r");
    let evidence = answer.join().unwrap().unwrap().evidence;
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[0], Attachment::Url { url: "https://example.com/1".to_owned() });
    assert!(matches!(&evidence[1], Attachment::File { path, artifact: None } if *path == backup.display().to_string()));
}

#[test]
fn values_are_typed_or_chosen() {
    let mut desk = Desk::new(40, 16, Mode::Live).watch();
    let mut asked = question("count", Ask::Value, &[Choice::Value]);
    asked.expects = Some("a whole number from 1 to 1000".to_owned());
    let answer = desk.asks(&asked);
    desk.prompts("1000) ›");
    // Over the end of the row, and back again, with characters that are two columns wide.
    desk.types("東京東京東京 tokyo tokyo tokyo tokyo tokyo\u{17}\u{7f}x\u{1b}[2J\u{1b}[D\u{7}");
    desk.sees("tokyox");
    desk.types("\u{15}12\r");
    assert_eq!(answer.join().unwrap().unwrap().value, Some(serde_json::json!("12")));
    desk.sees("· 12");
    assert_snapshot!(desk.screen(), @r#"
    Deploy through a reviewed change set
    ✔ Value (a whole number from 1 to 1000) · 12
    "#);

    asked.options = vec!["dev".to_owned(), "staging".to_owned(), "prod".to_owned()];
    let answer = desk.asks(&asked);
    desk.sees("3  prod");
    desk.types("2\r");
    assert_eq!(answer.join().unwrap().unwrap().value, Some(serde_json::json!("staging")));
}

#[test]
fn the_end_of_the_input_is_an_interruption() {
    for keys in ["\u{4}", "\u{3}"] {
        let mut desk = Desk::new(80, 24, Mode::Live).watch();
        let before = desk.settings();
        let answer = desk.asks(&question("x", Ask::Value, &[Choice::Value]));
        desk.prompts("? Value ›");
        desk.types(keys);
        assert_eq!(answer.join().unwrap(), Err(NoAnswer::Interrupted { question: "x".to_owned() }));
        assert_eq!(desk.settings(), before);
    }
}

#[test]
fn a_terminal_that_goes_away_is_lost() {
    let mut desk = Desk::new(80, 24, Mode::Live);
    let answer = desk.asks(&approve());
    thread::sleep(Duration::from_millis(200));
    desk.master.take();
    assert_eq!(answer.join().unwrap(), Err(NoAnswer::TerminalLost { question: "stack.run".to_owned() }));
}

#[test]
fn a_secret_does_not_show() {
    let mut desk = Desk::new(80, 24, Mode::Live).watch();
    let before = desk.settings();
    let ask = |desk: &Desk| {
        let (surface, tty) = (desk.surface.clone(), desk.tty.clone());
        thread::spawn(move || ask_secret(&surface, &tty, "db_password", Some("The password of the database")))
    };
    let secret = ask(&desk);
    desk.prompts("db_password (does not show) ›");
    desk.types("hunter22x\u{7f}\r");
    assert_eq!(secret.join().unwrap().unwrap().expose_secret(), "hunter22");
    desk.sees("********");
    let sent = String::from_utf8(desk.sent.lock().unwrap().clone()).unwrap();
    assert!(!sent.contains("hunter") && !sent.contains("unter"), "{sent}");
    let secret = ask(&desk);
    desk.prompts("db_password (does not show) ›");
    desk.types("hunter\u{3}");
    assert!(matches!(secret.join().unwrap(), Err(NoAnswer::Interrupted { .. })));
    assert_eq!(desk.settings(), before);
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_escapes() {
    let mut desk = Desk::new(80, 40, Mode::Dumb).watch();
    let answer = desk.asks(&approve());
    desk.prompts("? Answer (letter, number or word) >");
    desk.types("frobnicate\r");
    desk.sees("is none of the 5 choices");
    desk.types("skop\u{7f}\u{7f}ip\r");
    desk.prompts("? Reason >");
    desk.types("because\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Skip);
    desk.sees("? Reason > because");
    let sent = desk.sent.lock().unwrap().clone();
    assert!(!sent.contains(&0x1b) && sent.is_ascii(), "{:?}", String::from_utf8_lossy(&sent));
    assert_snapshot!(desk.screen(), @r#"
    Deploy through a reviewed change set
      Before you run it

      Look at the replacements first:

      * tables
      * queues
      Replace  SessionsTable  AWS::DynamoDB::Table
      cloudformation:ExecuteChangeSet
        ChangeSetName = "cs-1"
      r  run it
      s  skip it (with a reason)
      w  show exactly what will be called
      o  put a note on record
      q  abort the run
    ? Answer (letter, number or word) > frobnicate
    x `frobnicate` is none of the 5 choices
    ? Answer (letter, number or word) > skip
    ? Reason > because
    "#);
}

#[test]
fn what_a_question_says_cannot_act_on_the_screen() {
    let hostile = |text: &str| format!("{text}\u{1b}[2J\u{9b}1A\r\u{202e}\u{7}");
    let mut asked = question("x", Ask::Value, &[Choice::Value, Choice::Show, Choice::Abort]);
    asked.title = hostile("title");
    asked.guide = Some(hostile("# guide\n\n- **item**\n\n```\ncode"));
    asked.body = vec![hostile("body")];
    asked.detail = vec![hostile("detail")];
    asked.problem = Some(hostile("problem"));
    asked.expects = Some(hostile("expects"));
    let mut desk = Desk::new(200, 60, Mode::Dumb).watch();
    let answer = desk.asks(&asked);
    desk.prompts("? Answer (letter, number or word) >");
    desk.types("v\r");
    desk.sees("expects\\x1b[2J");
    desk.types("1\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Value);
    desk.sees("> 1");
    asked.options = vec![hostile("one"), hostile("two")];
    asked.problem = None;
    let answer = desk.asks(&asked);
    desk.sees("v  enter a value\n  w");
    thread::sleep(Duration::from_millis(300));
    desk.types("w\r");
    assert_eq!(answer.join().unwrap().unwrap().choice, Choice::Show);
    desk.sees("detail\\x1b[2J");
    let sent = String::from_utf8(desk.sent.lock().unwrap().clone()).unwrap();
    // A carriage return comes from the terminal's own line discipline, before each line feed.
    let lines = sent.replace("\r\n", "");
    assert!(lines.chars().all(|c| matches!(c, ' '..='~')), "{lines:?}");
}

fn header() -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: "0.1.0".to_owned(),
        run: RunId::make("20261121T181500Z", "deploy-prod", [0x7f, 0x3a]),
        started: "2026-11-21T18:15:00Z".to_owned(),
        runbook: "deploy-prod".to_owned(),
        title: "Deploy".to_owned(),
        profile: None,
        tier: None,
        plan: "sha256:feed".to_owned(),
        target: None,
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        git: None,
        change: None,
        reason: None,
        verification: None,
        tabletop: false,
    }
}

fn session() -> Event {
    let kind = EventKind::SessionStarted {
        user: "ana".to_owned(),
        host: "kestrel".to_owned(),
        tool: "0.1.0".to_owned(),
        pid: 1,
        terminal: true,
        plan: "sha256:feed".to_owned(),
        back: None,
        after: false,
    };
    Event { seq: 1, session: 1, at: "2026-11-21T18:15:00Z".parse().unwrap(), elapsed_ms: 0, kind }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn a_question_lives_with_the_live_area_and_is_not_told_twice() {
    let mut desk = Desk::new(80, 40, Mode::Live).watch();
    let terminal = Terminal::start(desk.surface.clone(), RunView::new(header())).unwrap();
    terminal.sink().event(&session());
    desk.sees("0/0 steps");
    let mut operator = TerminalOperator::new(terminal.door(), desk.tty.clone(), "ana");
    let asking = thread::spawn(move || {
        let first = run(operator.ask(&approve()));
        let second = run(operator.ask(&approve()));
        (first, second)
    });
    desk.sees("abort the run");
    assert!(!desk.screen().contains("0/0 steps"), "{}", desk.screen());
    desk.types("w\r");
    desk.sees("✔ Answer · show exactly what will be called\n  cloudformation:ExecuteChangeSet");
    desk.prompts("abort the run");
    desk.types("r\r");
    let (first, second) = asking.join().unwrap();
    assert_eq!((first.unwrap().choice, second.unwrap().choice), (Choice::Show, Choice::Run));
    desk.sees("0/0 steps");
    terminal.end(Ending::default());
    desk.sees("the session did not end by itself");
    let screen = desk.screen();
    assert_eq!(screen.matches("Before you run it").count(), 1, "{screen}");
    assert!(!screen.contains("0/0 steps"), "{screen}");
}

#[test]
fn a_question_that_nobody_waits_for_ends_and_gives_the_terminal_back() {
    let desk = Desk::new(80, 24, Mode::Live).watch();
    let before = desk.settings();
    let terminal = Terminal::start(desk.surface.clone(), RunView::new(header())).unwrap();
    terminal.sink().event(&session());
    let mut operator = TerminalOperator::new(terminal.door(), desk.tty.clone(), "ana");
    let question = approve();
    run(async {
        tokio::select! {
            answer = operator.ask(&question) => panic!("{answer:?}"),
            () = tokio::time::sleep(Duration::from_millis(400)) => {}
        }
    });
    assert!(desk.screen().contains("abort the run"), "{}", desk.screen());
    terminal.end(Ending::default());
    assert_eq!(desk.settings(), before);
    desk.sees("the session did not end by itself");
    desk.has_its_cursor();
}

#[test]
fn the_terminal_is_given_back_after_the_run_and_after_a_panic() {
    let desk = Desk::new(80, 24, Mode::Live).watch();
    let before = desk.settings();
    assert!(before.local_flags.contains(LocalFlags::ECHO));
    {
        let _guard = TerminalGuard::hold(&desk.tty);
        assert!(!desk.settings().local_flags.contains(LocalFlags::ECHO));
        assert!(desk.settings().local_flags.contains(LocalFlags::NOFLSH), "Ctrl-C must lose no output");
    }
    assert_eq!(desk.settings(), before);
    let tty = desk.tty.clone();
    let died = thread::spawn(move || {
        let _guard = TerminalGuard::hold(&tty);
        panic!("on purpose");
    });
    assert!(died.join().is_err());
    assert_eq!(desk.settings(), before);
    let guard = TerminalGuard::hold(&desk.tty);
    restore();
    assert_eq!(desk.settings(), before);
    drop(guard);
}
