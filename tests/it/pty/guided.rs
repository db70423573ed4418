//! A run that is walked through, from its first question to its summary, at 80 by 24.

use insta::assert_snapshot;

use crate::pty::support::{Desk, Project, steady};

const RUNBOOK: &str = r#"
format = 1

[runbook]
title = "Publish the handbook"
owner = "docs"
reviewed = 2026-11-21
budget = "10m"

[inputs]
edition = { integer = { min = 1, max = 99 }, help = "Which edition" }
token = { secret = { env = "HANDBOOK_TOKEN" }, help = "The printer's token" }

[[checklist]]
id = "proofread"
title = "The handbook is proofread"
kind = "confirm"
evidence = "required"
guide = "By **two** people. Attach what they signed."

[[checklist]]
id = "shelf"
title = "On which shelf does it go?"
kind = "input"
value = { text = { pattern = "[A-Z][0-9]", max = 2 } }

[[deploy]]
id = "bind"
title = "Bind the pages"
kind = "command"
effect = "local"
env = { TOKEN = "${input.token}" }
shell = 'echo "token $TOKEN"; echo "$TOKEN" > bound.txt'

[[deploy]]
id = "publish"
title = "Put it on the shelf"
kind = "command"
effect = "write"
confirm = "ask"
env = { SHELF = "${step.shelf.value}", EDITION = "${input.edition}" }
shell = '''
echo "edition $EDITION on $SHELF"
echo "$SHELF" > shelf.txt
'''

[phase.verify]
style = "do-confirm"

[[verify]]
id = "there"
title = "It is on the shelf"
kind = "command"
effect = "read"
run = ["cat", "shelf.txt"]
expect = ["out.stdout.contains(step.shelf.value)"]

[[verify]]
id = "seen"
title = "Somebody else has seen it there"
kind = "confirm"
guide = "Not from the same room."

[[rollback]]
id = "back"
title = "Take it off the shelf"
kind = "command"
effect = "write"
undoes = ["publish"]
run = ["rm", "shelf.txt"]
"#;

const PROFILE: &str = "[profile]\ntitle = \"The desk\"\ntier = \"development\"\n";

const SECRET: &str = "s3cret-of-the-printer";

fn project() -> Project {
    Project::new(&[("runbooks/handbook.toml", RUNBOOK), ("profiles/desk.toml", PROFILE), ("signed.txt", "two names\n")])
}

#[test]
fn from_the_first_prompt_to_the_summary() {
    let _steady = steady();
    let project = project();
    let mut desk = Desk::new(&project, &["run", "handbook", "-p", "desk"]);

    // What neither profile nor command line gives is asked for before the run begins.
    desk.answers("Value (edition", "120");
    desk.sees("120 is not an integer from 1 to 99");
    desk.answers("Value (edition", "7");
    desk.answers("token (does not show)", SECRET);

    // An item with evidence: the file that was attached is copied into the run.
    desk.menu("Attach what they signed.");
    desk.sees_above("q  abort the run");
    assert_snapshot!(desk.screen(), @r"

    Which edition
    ✔ Value (edition: an integer from 1 to 99) · 120
    ✘ 120 is not an integer from 1 to 99
    ✔ Value (edition: an integer from 1 to 99) · 7
    The printer's token
    ✔ token (does not show) · ********
    Publish the handbook
    run RUN-handbook · profile desk (development) · plan
      sha256:DIGEST

    ── checklist · 2 steps ─────────────────────────────────────────────────────────

    checklist: step 1 of 2 (proofread)
    The handbook is proofread
      By two people. Attach what they signed.
    Evidence is required: a note, a link or a file.
    ? Answer › letter or arrows, then Enter
      d  done
      a  not applicable (with a reason)
      n  no
      o  put a note on record
      q  abort the run
    ");
    desk.chooses("Attach what they signed.", 'd');
    desk.chooses("? Evidence", 'f');
    desk.answers("File", "signed.pdf");
    desk.sees("there is no signed.pdf");
    desk.answers("File", "signed.txt");
    desk.chooses("✔ File · signed.txt", 'e');

    // A value that does not fit is asked for again.
    desk.chooses("On which shelf does it go?", 'v');
    desk.answers("Value (text", "attic");
    desk.sees("`attic` is not text");
    desk.chooses("`attic` is not text", 'v');
    desk.answers("Value (text", "B2");

    // The phase, then the write: with what will be called.
    desk.chooses("• Put it on the shelf", 'y');
    desk.menu("step 2 of 2 (publish)");
    desk.sees_above("q  abort the run");
    assert_snapshot!(desk.screen(), @r#"
    ✓ passed #s  On which shelf does it go?

    ── deploy · 2 steps ────────────────────────────────────────────────────────────
    ✓ way back  back undoes publish: ready: 1 need met

    profile desk
    The deploy phase makes changes: go on?
      • Put it on the shelf
    ✔ Answer · yes
    ✓ passed #s  Bind the pages

    deploy: step 2 of 2 (publish), profile desk
    Put it on the shelf
      $ sh -eu
          echo "edition $EDITION on $SHELF"
          echo "$SHELF" > shelf.txt
        with EDITION, SHELF
    ? Answer › letter or arrows, then Enter
      r  run it
      s  skip it (with a reason)
      w  show exactly what will be called
      o  put a note on record
      q  abort the run
    "#);
    desk.chooses("step 2 of 2 (publish)", 'o');
    desk.answers("Note", "the librarian knows");
    desk.chooses("the librarian knows", 'r');

    // A phase to do, then to confirm.
    desk.chooses("• Somebody else has seen it there", 'y');
    desk.menu("step 2 of 2 (seen)");
    desk.chooses("step 2 of 2 (seen)", 'w');
    desk.sees("Not from the same room.");
    desk.chooses("Not from the same room.", 'd');
    desk.chooses("Is the verify phase complete?", 'y');

    desk.ends_well(0);
    desk.sees("report.html");
    assert_snapshot!(desk.screen(), @r"
    ✔ Answer · run it
    ✓ passed #s  Put it on the shelf

    ── verify · 2 steps ────────────────────────────────────────────────────────────

    Do the items of the verify phase, then go on to confirm them one by one
      • Somebody else has seen it there
    ✔ Answer · yes
    ✓ passed #s  It is on the shelf

    verify: step 2 of 2 (seen)
    Somebody else has seen it there
    ✔ Answer · show the guide
      Not from the same room.
    ✔ Answer · done
    ✓ passed #s  Somebody else has seen it there

    Is the verify phase complete?
    ✔ Answer · yes

    ✓ the run is over: passed
      steps      6 passed · #s
      report     .checkride/runs/RUN-handbook/report.html
    ");

    let journal = project.journal();
    assert!(journal.contains("the librarian knows"));
    let copies = project.written().into_iter().filter(|(_, bytes)| bytes == b"two names\n");
    assert_eq!(copies.count(), 1, "the evidence was copied");

    // The program got the secret; the screen and the run's files did not.
    assert_eq!(std::fs::read_to_string(project.path().join("bound.txt")).unwrap(), format!("{SECRET}\n"));
    assert!(!desk.sent().contains(SECRET));
    for (path, bytes) in project.written() {
        let found = bytes.windows(SECRET.len()).any(|it| it == SECRET.as_bytes());
        assert!(!found, "{} holds the secret", path.display());
    }
}
