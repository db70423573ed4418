//! Every kind of prompt, and every way to leave it: Ctrl-C once, twice and thrice, the end of input, Ctrl-Z and `fg`, a
//! terminal that goes away. Each time the settings and the cursor are as they were, nobody is left behind, and the run can be
//! gone on with.

use nix::sys::signal::Signal;

use crate::pty::support::{Desk, Project};

const WASH: &str = r#"
format = 1

[runbook]
title = "Wash the car"
owner = "garage"
reviewed = 2026-11-21
profile = "yard"

[[checklist]]
id = "windows"
title = "The windows are shut"
kind = "confirm"
evidence = "optional"

[[checklist]]
id = "place"
title = "Where does it stand?"
kind = "input"
value = { text = {} }

[[deploy]]
id = "foam"
title = "Foam it"
kind = "command"
effect = "write"
confirm = "ask"
run = ["touch", "foam"]

[[deploy]]
id = "dry"
title = "Dry it"
kind = "command"
effect = "local"
run = ["ls", "towel"]

[[rollback]]
id = "rinse"
title = "Rinse it"
kind = "command"
effect = "write"
undoes = ["foam"]
run = ["rm", "foam"]
"#;

const LOOK: &str = r#"
format = 1

[runbook]
title = "Look at it"
owner = "garage"
reviewed = 2026-11-21
profile = "yard"

[phase.verify]
style = "do-confirm"

[[verify]]
id = "shines"
title = "It shines"
kind = "confirm"
"#;

const GATE: &str = r#"
format = 1

[runbook]
title = "Open the gate"
owner = "gate"
reviewed = 2026-11-21

[inputs]
code = { secret = { env = "GATE_CODE" }, help = "What opens it" }

[[deploy]]
id = "open"
title = "Open it"
kind = "command"
effect = "irreversible"
env = { CODE = "${input.code}" }
shell = '''
trap 'exit 3' TERM
echo "$$" > opening
while [ -e runbooks ]; do sleep 0.02; done
'''
"#;

const YARD: &str = "[profile]\ntitle = \"The yard\"\ntier = \"development\"\n";
const MAINLAND: &str = "[profile]\ntitle = \"The real one\"\ntier = \"production\"\n";

fn project() -> Project {
    Project::new(&[
        ("runbooks/wash.toml", WASH),
        ("runbooks/look.toml", LOOK),
        ("runbooks/gate.toml", GATE),
        ("profiles/yard.toml", YARD),
        ("profiles/mainland.toml", MAINLAND),
    ])
}

/// What is open when a way out is taken.
#[derive(Clone, Copy)]
enum Open {
    /// A menu under this text.
    Menu(&'static str),
    /// A line whose prompt begins so.
    Line(&'static str),
}

impl Open {
    fn wait(self, desk: &Desk) {
        match self {
            Self::Menu(about) => desk.menu(about),
            Self::Line(prompt) => desk.prompts(prompt),
        }
    }
}

/// A prompt.
struct Scene<'a> {
    /// What happened before, in other sessions.
    before: fn(&Project),
    words: &'a [&'a str],
    /// What is typed on the way.
    way: &'a [(Open, &'a str)],
    /// The prompt itself.
    open: Open,
    /// The exit code of whoever leaves here.
    code: u32,
    /// What shows first when the run is resumed, and the code of whoever leaves there; none before a run is made.
    again: Option<(Open, u32)>,
}

impl Scene<'_> {
    /// Walks to the prompt.
    fn reach(&self, desk: &mut Desk) {
        for (open, keys) in self.way {
            open.wait(desk);
            let (last, mark) = (keys.chars().last(), keys.chars().next().unwrap());
            if matches!(open, Open::Menu(_)) {
                assert_eq!(last, Some(mark), "a menu takes one key");
                desk.types(keys);
                desk.sees(&format!("❯ {mark}  "));
                desk.types("\r");
            } else {
                desk.types(&format!("{keys}\r"));
            }
        }
        self.open.wait(desk);
    }

    /// The run goes on where it was left.
    fn resumes(&self, project: &Project) {
        let Some((again, code)) = self.again else {
            assert!(project.written().is_empty(), "nothing was begun");
            return;
        };
        let mut desk = Desk::new(project, &["resume"]);
        again.wait(&desk);
        desk.types("\u{3}");
        desk.ends_well(code);
        project.is_left_alone();
    }

    /// Takes every way out.
    fn play(&self) {
        for keys in ["\u{3}", "\u{3}\u{3}", "\u{3}\u{3}\u{3}", "\u{4}"] {
            let project = project();
            (self.before)(&project);
            let mut desk = Desk::new(&project, self.words);
            self.reach(&mut desk);
            // Where no shell waits for us nobody could continue us: then this key does nothing.
            desk.types("\u{1a}");
            desk.types(keys);
            desk.ends_well(self.code);
            project.is_left_alone();
            self.resumes(&project);
        }
        self.suspend();
        self.hang_up();
    }

    /// Ctrl-Z, another command in the shell, `fg`, and out.
    fn suspend(&self) {
        let project = project();
        (self.before)(&project);
        let mut desk = Desk::in_shell(&project);
        desk.types(&format!("checkride {}\r", self.words.join(" ")));
        self.reach(&mut desk);
        for _ in 0..2 {
            desk.types("\u{1a}");
            desk.sees("suspended: `fg` to come back");
            desk.is_in_shell();
            desk.types("fg\r");
            self.open.wait(&desk);
        }
        desk.types("\u{3}");
        desk.is_in_shell_again(self.code);
        desk.leaves_shell();
        project.is_left_alone();
        self.resumes(&project);
    }

    /// The terminal goes away.
    fn hang_up(&self) {
        let project = project();
        (self.before)(&project);
        let mut desk = Desk::new(&project, self.words);
        self.reach(&mut desk);
        desk.hangs_up();
        let code = desk.ends();
        if self.again.is_some() && project.journal().contains(r#""kind":"asked""#) && self.words[0] == "run" {
            assert_eq!(code, self.code);
            project.records("terminal_lost");
        }
        project.is_left_alone();
        self.resumes(&project);
    }
}

fn nothing(_: &Project) {}

const WINDOWS: Open = Open::Menu("The windows are shut");
const PLACE: Open = Open::Menu("Where does it stand?");
const PHASE: Open = Open::Menu("• Foam it");
const FOAM: Open = Open::Menu("step 1 of 2 (foam)");

const USUAL: Scene<'static> =
    Scene { before: nothing, words: &["run", "wash"], way: &[], open: WINDOWS, code: 7, again: Some((WINDOWS, 7)) };

#[test]
fn an_item_to_confirm() {
    USUAL.play();
}

#[test]
fn a_reason() {
    Scene { way: &[(WINDOWS, "a")], open: Open::Line("Reason"), ..USUAL }.play();
}

#[test]
fn evidence() {
    let evidence = Open::Menu("? Evidence");
    Scene { way: &[(WINDOWS, "d")], open: evidence, ..USUAL }.play();
    Scene { way: &[(WINDOWS, "d"), (evidence, "f")], open: Open::Line("File"), ..USUAL }.play();
}

#[test]
fn a_value() {
    let way = &[(WINDOWS, "a"), (Open::Line("Reason"), "none"), (PLACE, "v")];
    Scene { way, open: Open::Line("Value"), again: Some((PLACE, 7)), ..USUAL }.play();
}

const TO_PHASE: [(Open, &str); 4] =
    [(WINDOWS, "a"), (Open::Line("Reason"), "none"), (PLACE, "v"), (Open::Line("Value"), "yard")];

#[test]
fn a_phase_to_approve() {
    Scene { way: &TO_PHASE, open: PHASE, again: Some((PHASE, 7)), ..USUAL }.play();
}

#[test]
fn a_write_to_approve() {
    const WAY: [(Open, &str); 5] = [TO_PHASE[0], TO_PHASE[1], TO_PHASE[2], TO_PHASE[3], (PHASE, "y")];
    Scene { way: &WAY, open: FOAM, again: Some((PHASE, 7)), ..USUAL }.play();
}

#[test]
fn a_failure() {
    const WAY: [(Open, &str); 6] = [TO_PHASE[0], TO_PHASE[1], TO_PHASE[2], TO_PHASE[3], (PHASE, "y"), (FOAM, "r")];
    let what_now = Open::Menu("what now?");
    Scene { way: &WAY, open: what_now, again: Some((what_now, 7)), ..USUAL }.play();
}

#[test]
fn a_phase_to_do_and_to_complete() {
    let (ready, shines, complete) =
        (Open::Menu("• It shines"), Open::Menu("(shines)"), Open::Menu("Is the verify phase complete?"));
    let look = Scene { words: &["run", "look"], open: ready, again: Some((ready, 7)), ..USUAL };
    look.play();
    Scene { way: &[(ready, "y"), (shines, "d")], open: complete, again: Some((complete, 7)), ..look }.play();
}

#[test]
fn a_profile_to_choose() {
    Scene { words: &["run", "gate"], open: Open::Menu("Which profile?"), again: None, ..USUAL }.play();
}

#[test]
fn a_secret() {
    let open = Open::Line("code (does not show)");
    Scene { words: &["run", "gate", "-p", "mainland"], open, again: None, ..USUAL }.play();
}

#[test]
fn a_text_to_type() {
    let code = Open::Line("code (does not show)");
    let open = Open::Line("Type mainland to confirm");
    // The secret is asked for again when the run is resumed: it is kept nowhere.
    let words = &["run", "gate", "-p", "mainland"];
    Scene { words, way: &[(code, "a code of many letters")], open, again: Some((code, 7)), ..USUAL }.play();
}

#[test]
fn a_plan_that_changed() {
    let before = |project: &Project| {
        let mut desk = Desk::new(project, &["run", "look"]);
        desk.menu("• It shines");
        desk.types("\u{3}");
        desk.ends_well(7);
        project.append("runbooks/look.toml", "\n# changed\n");
    };
    let open = Open::Menu("Go on with the new one?");
    Scene { before, words: &["resume"], open, again: Some((open, 7)), ..USUAL }.play();
}

#[test]
fn an_unknown_effect() {
    let before = |project: &Project| {
        let mut desk = Desk::new(project, &["run", "gate", "-p", "yard"]);
        desk.answers("code (does not show)", "a code of many letters");
        desk.chooses("• Open it", 'y');
        project.holds("opening");
        desk.types("\u{3}");
        desk.sees("no further step starts");
        desk.types("\u{3}");
        desk.ends_well(8);
        project.is_left_alone();
    };
    let code = Open::Line("code (does not show)");
    let open = Open::Menu("did it happen?");
    let way = &[(code, "a code of many letters")];
    Scene { before, words: &["resume"], way, open, code: 8, again: Some((code, 7)) }.play();
}

/// A signal to the process instead of a key. Before a run there is nothing to end in good order: it dies of the signal,
/// which this way of waiting tells as 1.
#[test]
fn a_signal_puts_the_terminal_back() {
    let project = project();
    let desk = Desk::new(&project, &["run", "gate"]);
    desk.menu("Which profile?");
    desk.signals(Signal::SIGTERM);
    desk.ends_well(1);
    let desk = Desk::new(&project, &["run", "gate", "-p", "yard"]);
    desk.prompts("code (does not show)");
    desk.signals(Signal::SIGINT);
    desk.ends_well(1);
    assert!(project.written().is_empty());
    let desk = Desk::new(&project, &["run", "look"]);
    desk.menu("• It shines");
    desk.signals(Signal::SIGTERM);
    desk.ends_well(7);
    project.is_left_alone();
}
