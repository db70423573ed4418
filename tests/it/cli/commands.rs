//! Each command: what it prints, where, and with which exit code.

use std::fs;

use insta::assert_snapshot;

use crate::support::project::{Project, logged};

const STEPS: &str = r#"
[inputs]
stage = { choice = ["dev", "prod"], default = "dev", help = "The stage" }
token = { secret = { env = "TOKEN" } }

[[checklist]]
id = "ready"
title = "Everybody is ready"
kind = "confirm"
guide = "Look *around* you."

[[checklist]]
id = "settings"
title = "The settings are there"
kind = "file"
path = "settings.json"
expect = ["out.content.size > 0"]
outputs = { size = "out.content.size" }

[[deploy]]
id = "make"
title = "Make it"
kind = "command"
effect = "write"
env = { TOKEN = "${input.token}" }
run = ["touch", "made-${input.stage}-${step.settings.size}"]

[[deploy]]
id = "tell"
title = "Tell it"
kind = "command"
effect = "local"
when = "input.stage == 'prod'"
run = ["echo", "${run.id}"]

[[verify]]
id = "made"
title = "It is made"
kind = "command"
effect = "read"
needs = ["make"]
run = ["test", "-e", "made-${input.stage}-${step.settings.size}"]
controls = ["SOC2:CC8.1"]

[[rollback]]
id = "unmake"
title = "Unmake it"
kind = "command"
effect = "write"
shell = "rm -f made-*"
undoes = ["make"]
"#;

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];

fn project() -> Project {
    Project::new()
        .local()
        .runbook("r", STEPS)
        .file("settings.json", "{ \"size\": 3 }")
        .answers("ready = done\nphase.deploy = yes")
        .variable("TOKEN", "what-pays-the-bill")
}

#[test]
fn list() {
    let project =
        project().runbook("broken", "[[deploy]]\nid = 1\n").emulated_unwatched("box", "123456789012", "http://[::1]:1");
    assert_snapshot!(project.shown(&project.checkride(&["list"])), @r"
    exit code 0
    stdout:
    Runbooks
      broken  has faults: `checkride check` names them
      r       A test (checklist 2, deploy 2, verify 1, rollback 1)

    Profiles
      box     A sandbox (sandbox, [ACCOUNT] in us-east-1, emulator)
      local   Here (development)
    ");
    let json = project.checkride(&["list", "--format", "json"]).exits(0).json();
    assert_eq!(json["format"], 1);
    assert_eq!(json["runbooks"][0]["valid"], false);
    assert_eq!(json["runbooks"][1]["steps"]["checklist"], 2);
    assert_eq!(json["profiles"][0]["emulator"], true);
    assert_snapshot!(project.shown(&Project::new().checkride(&["list"])), @r"
    exit code 0
    stdout:
    Runbooks
      none: they are TOML files in runbooks/

    Profiles
      none: they are TOML files in profiles/
    ");
}

#[test]
fn show() {
    let project = project();
    assert_snapshot!(project.shown(&project.checkride(&["show", "r"])), @r#"
    exit code 0
    stdout:
    # A test

    - Owner: platform

    ## Inputs

    | input | is | default | what for |
    |---|---|---|---|
    | `stage` | one of \`dev\`, \`prod\` | "dev" | The stage |
    | `token` | a secret |  |  |

    ## Checklist

    ### 1. Everybody is ready

    `ready`, confirm, none

    Look **around** you.

    ```text
    a person confirms it
    ```

    ### 2. The settings are there

    `settings`, file, read

    ```text
    reads settings.json
    ```

    - expects `out.content.size > 0`

    ## Deploy

    ### 1. Make it

    `make`, command, write

    ```text
    $ touch 'made-(known after a profile is chosen)-(known after settings)'
      with TOKEN
    ```

    ### 2. Tell it

    `tell`, command, local

    ```text
    $ echo '(known after the run begins)'
    ```

    - when `input.stage == 'prod'`

    ## Verify

    ### 1. It is made

    `made`, command, read

    ```text
    $ test -e 'made-(known after a profile is chosen)-(known after settings)'
    ```

    - needs `make`

    ## Rollback

    ### 1. Unmake it

    `unmake`, command, write

    ```text
    $ sh: rm -f made-*
    ```

    - undoes `make`
    "#);
    let json = project.checkride(&["show", "r", "--format", "json"]).exits(0).json();
    assert_eq!(json["inputs"][1]["secret"], true);
    assert_eq!(json["steps"][2]["does"][0], "$ touch 'made-(known after a profile is chosen)-(known after settings)'");
    let path = project.checkride(&["show", "runbooks/r.toml"]).exits(0);
    assert!(path.stdout.starts_with("# A test"), "{}", path.stdout);
    assert_snapshot!(project.shown(&project.checkride(&["show", "rr"])), @r"
    exit code 2
    stderr:
    error: there is no runbook `rr` in runbooks/
    hint: did you mean `r`?
    ");
}

#[test]
fn plan() {
    let project = project();
    let human = project.checkride(&["plan", "r", "-p", "local"]).exits(0);
    assert_snapshot!(project.shown(&human), @r#"
    exit code 0
    stdout:
    A test
    plan sha256:[DIGEST]
    input stage = "dev"
    input token is secret, from env:TOKEN

    checklist
      ready [none] Everybody is ready
          a person confirms it
      settings [read] The settings are there
          reads settings.json

    deploy
      make [write] Make it
          $ touch made-dev-3
            with TOKEN
          undone by unmake
      tell [local] Tell it
          when input.stage == 'prod' (false: it will be skipped)
          $ echo '(known after the run begins)'

    verify
      made [read] It is made
          $ test -e made-dev-3

    rollback (does not run unless it is asked for, or a failure leads there)
      unmake [write] Unmake it
          $ sh: rm -f made-*

    Nothing was written. A change set is itself a write: its diff is shown, and confirmed, in the run.
    "#);
    let asked = project.checkride(&["run", "r", "-p", "local", "--plan"]).exits(0);
    assert_eq!(asked.stdout, human.stdout, "`run --plan` is `plan`");
    let json = project.checkride(&["plan", "r", "-p", "local", "--format", "json"]).exits(0).json();
    let digest = json["digest"].as_str().unwrap();
    assert!(human.stdout.contains(&format!("plan {digest}")));
    assert_eq!(json["steps"][2]["does"][0], "$ touch made-dev-3");
    assert_eq!(json["inputs"]["stage"], "dev");
    assert!(!project.path(".checkride").exists() && !project.path("made-dev-3").exists(), "nothing was written");

    // A plan needs no secret, and another input is another plan.
    let other = project.without("TOKEN");
    let json = other.checkride(&["plan", "r", "-p", "local", "-i", "stage=prod", "--format", "json"]).exits(0).json();
    assert_ne!(json["digest"], digest);
    let selected = other.checkride(&["plan", "r", "-p", "local", "--only", "settings", "--skip", "ready=not today"]);
    assert_snapshot!(selected.exits(0).stdout.lines().filter(|line| line.contains("left out")).collect::<Vec<_>>().join("\n"), @r"
    left out: --skip: not today
    left out: not among --only
    left out: not among --only
    left out: not among --only
    ");
    let none = other.checkride(&["plan", "r", "-p", "local", "--phase", "verify", "--skip", "made=not today"]);
    none.exits(2).says("nothing is left to do");
}

#[test]
fn check() {
    let project = project();
    assert_snapshot!(project.shown(&project.checkride(&["check"])), @r"
    exit code 0
    stderr:
    1 runbook, 1 profile: 0 errors, 0 warnings
    ");
    let project =
        project.runbook("faults", "[[deploy]]\nid = \"a\"\ntitel = \"A\"\nkind = \"comand\"\nneeds = [\"b\"]\n");
    let faults = project.checkride(&["check"]).exits(3);
    assert_snapshot!(project.shown(&faults), @r#"
    exit code 3
    stderr:
    error[RB013]: step `a` has no `title`
     --> runbooks/faults.toml:7:1
      |
    7 | [[deploy]]
      | ^^^^^^^^^^ `title` is missing
      |
      = help: `title` is a string. What the step does, in a few words.

    error[RB018]: there is no kind `comand`
      --> runbooks/faults.toml:10:8
       |
    10 | kind = "comand"
       |        ^^^^^^^^ unknown kind
       |
       = help: did you mean `command`?

    2 errors
    2 runbooks, 1 profile: 2 errors, 0 warnings
    "#);
    let json = project.checkride(&["check", "faults", "--format", "json"]).exits(3).json();
    assert_eq!(json["format"], 1, "{json}");
    let codes: Vec<&str> =
        json["diagnostics"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["RB013", "RB018"]);
    project.checkride(&["check", "r", "-p", "local"]).exits(0);
    project.checkride(&["check", "profiles/local.toml"]).exits(0);
    project.checkride(&["run", "faults", "-p", "local"]).exits(3).says("did you mean");
    let empty = Project::new();
    assert_snapshot!(empty.shown(&empty.checkride(&["check"])), @r"
    exit code 2
    stderr:
    0 runbooks, 0 profiles: 0 errors, 0 warnings
    error: there is nothing to check
    hint: runbooks are in runbooks/
    ");
}

#[test]
fn explain() {
    let project = Project::new();
    let all = project.checkride(&["explain"]).exits(0);
    assert!(all.stdout.lines().count() > 40 && all.stdout.contains("RB060"), "{}", all.stdout);
    assert_snapshot!(project.shown(&project.checkride(&["explain", "rb060"])), @r#"
    exit code 0
    stdout:
    # RB060 emulator-endpoint

    ## What it means

    A profile names an endpoint but is no emulator's, is an emulator's but names no endpoint, or names an endpoint that is not on loopback (127.0.0.0/8, ::1, localhost).

    ## Why

    A runbook that is tried out must not reach anything real, and calls to AWS go to AWS: an endpoint anywhere else would get signed requests.

    ## Wrong

    ```toml
    [aws]
    emulator = true
    endpoint_url = "http://10.0.0.7:4566"
    ```

    ## Right

    ```toml
    [aws]
    emulator = true
    endpoint_url = "http://127.0.0.1:[PORT]"
    ```
    "#);
    assert_snapshot!(project.shown(&project.checkride(&["explain", "RB999"])), @r"
    exit code 2
    stderr:
    error: there is no code and no check `RB999`
    hint: did you mean RB099?
    ");
}

#[test]
fn runs_and_report() {
    let project = project();
    assert_snapshot!(project.shown(&project.checkride(&["runs"])), @r"
    exit code 0
    stdout:
    no runs yet
    ");
    let said = project.checkride(RUN).exits(0);
    assert_snapshot!(project.shown(&said), @r"
    exit code 0
    stderr:
    A test
    run [RUN r] · profile local (development) · plan sha256:[DIGEST]

    ── checklist · 2 steps ─────────────────────────────────────────────────────────
    [ready] begins: Everybody is ready
    ? Everybody is ready
    [ready] answered `done` by ana, from the answers file answers.toml: a test
    ✓ passed  [TOOK]  Everybody is ready
                      a test
    [settings] begins: The settings are there
    ✓ passed  [TOOK]  The settings are there

    ── deploy · 2 steps ────────────────────────────────────────────────────────────
    ✓ way back  unmake undoes make: ready: 1 need met
    ? The deploy phase makes changes: go on?
        Make it
    [phase.deploy] answered `yes` by ana, from the answers file answers.toml: a test
    [make] begins: Make it
    [make] runs `touch made-dev-3`
    [make] done: exit code 0
    ✓ passed  [TOOK]  Make it
    ↷ skipped          Tell it
                       `when` is false: input.stage == 'prod'

    ── verify · 1 step ─────────────────────────────────────────────────────────────
    [made] begins: It is made
    ✓ passed  [TOOK]  It is made

    ✓ the run is over: passed
      steps      4 passed, 1 skipped · [TOOK]
      skipped    Tell it: `when` is false: input.stage == 'prod'
      report     .checkride/runs/[RUN r]/report.html
    ");
    assert_snapshot!(project.shown(&project.checkride(&["runs"])), @r"
    exit code 0
    stdout:
    [RUN r]  local         passed
    ");
    let json = project.checkride(&["runs", "--format", "json"]).exits(0).json();
    assert_eq!((&json["format"], &json["runs"][0]["stands"]), (&1.into(), &"passed".into()));
    assert_eq!((&json["runs"][0]["code"], &json["runs"][0]["resumable"]), (&0.into(), &false.into()));

    let report = project.report();
    let run = project.only_run();
    assert_eq!(report, fs::read_to_string(run.join("report.md")).unwrap(), "the kept one is the one of its journal");
    let id = run.file_name().unwrap().to_str().unwrap().to_owned();
    let end = &id[id.len() - 4..];
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let again = run.join("again.html");
    project.checkride(&["report", end, "--format", "html", "-o", again.to_str().unwrap()]).exits(0);
    assert_eq!(fs::read_to_string(again).unwrap(), page, "and so is the page");
    project.checkride(&["report", end, "-o", "out.md"]).exits(0);
    assert_eq!(project.read("out.md"), report);
    assert_snapshot!(report.lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    # A test

    **PASSED**
    ");
    project.checkride(&["report", end, "-o", "no/such/folder.md"]).exits(2).says("cannot be written");
    project.checkride(&["report", "no-such-run"]).exits(2).says("`checkride runs` lists them");
}

#[test]
fn events() {
    let project = project();
    let said = project.checkride(&[RUN, &["--events", "-"]].concat()).exits(0);
    let lines: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let told: Vec<_> = lines.iter().filter_map(|line| line.get("event").cloned()).collect();
    assert_eq!(told, project.events(), "what was told is what is on record");
    assert!(lines.iter().all(|line| line.get("event").is_some() != line.get("progress").is_some()));
    assert!(said.stderr.contains("the run is over: passed"));

    let said = project.checkride(&[RUN, &["--events", "events.jsonl"]].concat()).exits(0);
    assert_eq!(said.stdout, "");
    let events = project.read("events.jsonl");
    assert_eq!(events.lines().filter(|line| line.contains("\"event\":")).count(), told.len());
    let refused = project.checkride(&[RUN, &["--events", "no/such/folder"]].concat()).exits(2);
    assert_eq!(project.runs().len(), 2, "{}", refused.stderr);
}

#[test]
fn what_is_left_out_is_on_record() {
    let deviations = |more: &[&str]| {
        let project = project();
        project.checkride(&[RUN, more].concat()).exits(0);
        let report = project.report();
        let part = report.split("## Deviations").nth(1).and_then(|rest| rest.split("## ").next()).unwrap();
        project.steady(part.trim())
    };
    assert_snapshot!(deviations(&["--skip", "ready=they said so by telephone"]), @r"- `[TIME]` skipped \`ready\`: --skip: they said so by telephone");
    assert_snapshot!(deviations(&["--phase", "checklist,deploy"]), @r"- `[TIME]` left out: phase verify is left out by --phase");
    assert_snapshot!(deviations(&["--only", "settings,make"]), @r"
    - `[TIME]` left out \`ready\`: not among --only
    - `[TIME]` left out \`tell\`: not among --only
    - `[TIME]` left out \`made\`: not among --only
    ");
    assert_snapshot!(deviations(&["--from", "settings"]), @r"- `[TIME]` left out \`ready\`: before --from settings");

    let project = project();
    for (arguments, why) in [
        (["--skip", "ready"], "a step is skipped with a reason"),
        (["--skip", "ready= "], "the reason is empty"),
        (["--skip", "redy=so"], "redy"),
        (["--only", "maek"], "maek"),
        (["--from", "nowhere"], "nowhere"),
        (["--phase", "depoly"], "depoly"),
    ] {
        project.checkride(&[RUN, &arguments].concat()).exits(2).says(why);
    }
    assert_eq!(project.runs().len(), 0);
}

/// Verification is the last phase, and so is tested alone: `--phase verify` of what was never made.
#[test]
fn verification_that_fails_or_cannot_tell() {
    let verify = |step: &str| {
        let steps =
            format!("[[verify]]\nid = \"it\"\ntitle = \"It is so\"\nkind = \"command\"\neffect = \"read\"\n{step}");
        Project::new().local().runbook("r", &steps).checkride(&["run", "r", "-p", "local", "--no-input"])
    };
    verify("run = [\"true\"]\n").exits(0);
    verify("run = [\"false\"]\n").exits(4);
    verify("run = [\"echo\", \"4\"]\nparse = \"json\"\nexpect = [\"out.json == 5\"]\n").exits(4).says("out.json = 4");
    verify("run = [\"sleep\", \"60\"]\ntimeout = \"50ms\"\n").exits(13);
    verify("run = [\"no-such-program\"]\n").exits(13).says("there is no program `no-such-program`");
    let both = "run = [\"false\"]\n\n[[verify]]\nid = \"other\"\ntitle = \"O\"\nkind = \"command\"\neffect = \"read\"\n\
                run = [\"sleep\", \"60\"]\ntimeout = \"50ms\"\n";
    verify(both).exits(4).says("1 failed, 1 unknown");
}

#[test]
fn declined_and_nothing_done() {
    let project = project().answers("ready = no");
    project.checkride(RUN).exits(6);
    let project = project.answers("ready = done\nphase.deploy = abort");
    project.checkride(RUN).exits(6);
    assert!(!project.path("made-dev-3").exists());
    let steps = "[[verify]]\nid = \"never\"\ntitle = \"Never\"\nkind = \"command\"\neffect = \"read\"\nwhen = \"run.operator == ''\"\n\
                 run = [\"true\"]\n";
    let project = Project::new().local().runbook("r", steps);
    project.checkride(&["run", "r", "-p", "local"]).exits(5).says("nothing");
}

#[test]
fn usage() {
    let project = project();
    for arguments in [
        &["no-such-command"][..],
        &["run"],
        &["run", "no-such-runbook"],
        &["run", "r", "-p", "no-such-profile"],
        &["run", "r"],
        &["run", "r", "-p", "local", "-i", "stage"],
        &["show", "no/such/file.toml", "--format", "xml"],
        &["--dir", "/no/such/folder", "list"],
    ] {
        let said = project.checkride(arguments).exits(2);
        assert!(said.stdout.is_empty() && said.stderr.contains("error: "), "{arguments:?}: {}", said.stderr);
    }
    for command in ["run", "resume", "runs", "report", "check", "checks", "explain", "list", "show", "plan"] {
        let help = project.checkride(&[command, "--help"]).exits(0);
        assert!(help.stdout.contains("Usage: checkride ") && help.stderr.is_empty(), "{}", help.stdout);
    }
    let version = project.checkride(&["--version"]).exits(0).stdout;
    assert_eq!(version, format!("checkride {}\n", env!("CARGO_PKG_VERSION")));
    // The project is found from a folder inside it, from a variable, and from an argument.
    let outside = Project::new().variable("CHECKRIDE_DIR", project.path("").to_str().unwrap());
    assert_eq!(outside.checkride(&["list"]).exits(0).stdout, project.checkride(&["list"]).exits(0).stdout);
}

#[test]
fn nobody_there_never_hangs() {
    let steps = format!(
        "[[checklist]]\nid = \"size\"\ntitle = \"How large\"\nkind = \"input\"\nvalue = {{ integer = {{ min = 1, max = 9 }} }}\n\n\
         {}[[verify]]\nid = \"read\"\ntitle = \"It reads what nobody writes\"\nkind = \"command\"\neffect = \"read\"\n\
         run = [\"cat\"]\n",
        logged("one", "cat", "")
    );
    let project = Project::new().local().runbook("r", &steps).answers("phase.deploy = yes");
    // Nothing to read, and an input that is closed.
    project.checkride(RUN).exits(11).says("nobody is there to answer `size`");
    project.shell("exec checkride run r -p local --answers answers.toml <&-").exits(11);
    project.shell("exec checkride run r -p local --answers answers.toml --no-input <&- >&- 2>&-").exits(11);
    project.shell("checkride explain | head -n 1").exits(0).never_says("panicked");
    // A child that reads its input reads nothing.
    let project = project.runbook("r", &steps[steps.find("[[deploy]]").unwrap()..]);
    project.checkride(RUN).exits(0);
    project.shell("exec checkride run r -p local --answers answers.toml <&-").exits(0);
}

#[test]
fn answers_that_do_not_fit() {
    let project = project();
    let invalid = project.file("answers.toml", "format = 1\n[answer.ready]\nchose = \"done\"\nby = \"ana\"\n");
    assert_snapshot!(invalid.shown(&invalid.checkride(RUN).exits(3)), @r#"
    exit code 3
    stderr:
    error[RB012]: answer `ready` has no key `chose`
     --> answers.toml:3:1
      |
    3 | chose = "done"
      | ^^^^^ unknown key
      |
      = help: did you mean `choose`?

    error[RB013]: answer `ready` has no `choose`
     --> answers.toml:2:9
      |
    2 | [answer.ready]
      |         ^^^^^ `choose` is missing
      |
      = help: `choose` is one of "yes", "no", "done", "not-applicable", "value", "run", "execute", "decline", "skip", "retry", "roll-back", "happened", "did-not-happen", "gap", "observe", "recommend", "enough", "abort". What is answered.

    error[RB013]: answer `ready` has no `reason`
     --> answers.toml:2:9
      |
    2 | [answer.ready]
      |         ^^^^^ `reason` is missing
      |
      = help: `reason` is a string. Why.

    3 errors
    "#);
    let unfit = invalid.answers("ready = happened");
    unfit.checkride(RUN).exits(11).says("`happened` cannot be chosen; choose one of done, not-applicable, no");
    let gone = [&RUN[..4], &["--answers", "no-such-file"]].concat();
    unfit.checkride(&gone).exits(3);
    assert_eq!(unfit.runs().len(), 1);
}

/// Three reads, side by side as far as they may be.
fn side_by_side(script: &str) -> Project {
    let read = |id: &str| {
        format!(
            "[[verify]]\nid = \"{id}\"\ntitle = \"Look at {id}\"\nkind = \"command\"\neffect = \"read\"\n\
             expect = [\"out.exit == 0\"]\nenv = {{ ME = \"{id}\" }}\nshell = '''\n{script}'''\n\n"
        )
    };
    Project::new().local().runbook("r", &["a", "b", "c"].map(read).concat())
}

#[test]
fn with_one_job_reads_run_one_after_the_other() {
    let alone = "mkdir busy || exit 1\nsleep 0.05\nrmdir busy\n";
    side_by_side(alone).checkride(&["run", "r", "-p", "local", "--no-input", "-j", "1"]).exits(0);
}

#[test]
fn with_more_jobs_reads_run_side_by_side_but_no_more_of_them() {
    // Each waits until all three are there; the third is there only when one of the others has gone.
    let together = "touch $ME.here\nfor i in $(seq 500); do [ -e a.here -a -e b.here -a -e c.here ] && exit 0; sleep 0.02; \
                    done; exit 1\n";
    side_by_side(together).checkride(&["run", "r", "-p", "local", "--no-input", "-j", "3"]).exits(0);
    let two = "touch $ME.here\n[ $(ls | grep -c here) -le 2 ] || exit 1\nfor i in $(seq 500); do [ $(ls | grep -c here) -eq 2 ] && \
               break; [ -e gone ] && break; sleep 0.02; done\ntouch gone\nsleep 0.1\nrm $ME.here\n";
    side_by_side(two).checkride(&["run", "r", "-p", "local", "--no-input", "--jobs", "2"]).exits(0);
    let refused = side_by_side(two).checkride(&["run", "r", "-p", "local", "--no-input", "-j", "0"]);
    refused.exits(2).says("a number from 1 to 1000");
}
