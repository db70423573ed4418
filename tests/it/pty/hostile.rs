//! What comes from programs and from clipboards: floods, bytes that act on screens, long pastes.

use crate::pty::support::{Desk, Project};
use crate::support::sweep::tried;

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Feed the press"
owner = "docs"
reviewed = 2026-11-21
profile = "desk"

[inputs]
token = { secret = { env = "PRESS_TOKEN" } }

[[checklist]]
id = "paper"
title = "There is paper"
kind = "confirm"

[[deploy]]
id = "print"
title = "Print it"
kind = "command"
effect = "local"
env = { TOKEN = "${input.token}" }
run = ["sh", "./print.sh"]
"#;

const DESK: &str = "[profile]\ntitle = \"The desk\"\ntier = \"development\"\n";

/// Tens of thousands of lines as fast as they come; a title, another screen, a cleared one, a hidden cursor, a changed reading
/// order, a paste mode, a bell; bytes that are no text; a progress bar; a line of a megabyte.
const PRINT: &str = r"
i=0
while [ $i -lt 20 ]; do
    seq -f 'line %g of many' 1 2500
    printf '\033]0;owned\007\033[?1049h\033[2J\033[H\033[?25l\033[?2004h\033[31mred\n'
    printf '\377\376\200 no text \303\050\n'
    printf 'abc\342\200\256fed\n\033[10A\033[Jup\n\210\210\n'
    printf '10%%\r20%%\r30%%\r40%%\r\n'
    i=$((i + 1))
done
head -c 1000000 /dev/zero | tr '\0' x
printf '\r\n\033[8mhidden'
echo up to the end
until [ -e go ] || [ ! -e runbooks ]; do sleep 0.02; done
";

fn project() -> Project {
    Project::new(&[("runbooks/press.toml", RUNBOOK), ("profiles/desk.toml", DESK), ("print.sh", PRINT)])
}

/// More lines than are taken at once (64 KiB), or a megabyte of them, each of which would be a command of the shell. None is
/// an answer to a menu.
fn lines() -> String {
    "echo typed into the shell > leaked\r".repeat(tried(4_500, 30_000))
}

#[test]
fn hostile_output_stays_in_its_place() {
    let project = project();
    let mut desk = Desk::new(&project, &["run", "press"]);
    desk.answers("token (does not show)", "a token of many letters");
    desk.chooses("There is paper", 'd');
    desk.sees_row(|row| row.contains("│ hiddenup to the end"));
    let live: Vec<String> = desk.rows().into_iter().skip_while(|row| !row.starts_with("deploy ·")).collect();
    assert!(live[1].contains("Print it") && live[2].contains("40%") || live.len() >= 3, "{live:#?}");
    project.append("go", "");
    desk.ends_well(0);
    desk.is_usual();
    let (screen, sent) = (desk.screen(), desk.sent());
    assert!(
        screen.contains("── deploy · 1 step") && screen.contains("There is paper"),
        "nothing was wiped out:\n{screen}"
    );
    for hostile in ["\u{1b}]0;", "\u{1b}[?1049h", "\u{1b}[2J", "\u{1b}[8m", "\u{7}", "\u{202e}", "\u{8}"] {
        assert!(!sent.contains(hostile), "{hostile:?} was sent to the screen");
    }
    project.is_left_alone();
}

#[test]
fn a_long_paste_is_no_answer_and_does_not_reach_the_shell() {
    let brackets = |text: &str| format!("\u{1b}[200~{text}\u{1b}[201~");
    for marked in [true, false] {
        let paste = if marked { brackets(&lines()) } else { lines() };
        let project = project();
        let mut desk = Desk::in_shell(&project);
        desk.types("checkride run press\r");

        // Into a password: it is refused, or it is another secret's worth of letters; then one is typed.
        desk.prompts("token (does not show)");
        desk.pastes(paste.clone());
        if marked {
            desk.types("\r");
            desk.sees("nothing of it was taken");
            desk.answers("token (does not show)", "a token of many letters");
        }

        // Into a menu: nothing is chosen.
        desk.menu("There is paper");
        desk.pastes(paste.clone());
        desk.menu("There is paper");

        // Into a line.
        desk.insists('a');
        desk.prompts("Reason");
        desk.pastes(paste.clone());
        if marked {
            desk.types("\r");
            desk.sees("nothing of it was taken");
            desk.answers("Reason", &brackets("pasted\rin two lines"));
        }

        // Into a running step. On a busy machine the rest of what the line was given may still be on its way.
        desk.sees_row(|row| row.contains("hiddenup to the end"));
        desk.pastes_behind(paste.clone());
        project.append("go", "");
        desk.sees("the run is over: passed");
        desk.is_in_shell_again(0);
        desk.leaves_shell();
        assert!(!project.path().join("leaked").exists(), "the shell was given commands");
        assert_eq!(project.journal().contains("pasted in two lines"), marked);
        project.is_left_alone();
    }
}
