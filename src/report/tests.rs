//! What every renderer of this room must keep, and pictures of the screens.

use std::io::{self, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use proptest::prelude::{any, prop, proptest};
use vt100::Parser;

use crate::event::{Event, EventKind, EventSink, OutputStream, Progress, RunState};
use crate::report::annex::Annex;
use crate::report::frame::{News, frame};
use crate::report::html::html;
use crate::report::json::json;
use crate::report::jsonl::JsonLines;
use crate::report::junit::junit;
use crate::report::lines::{Layout, event_lines, progress_lines};
use crate::report::look::Look;
use crate::report::markdown::render;
use crate::report::sample::{events, header, labels, news, step, view_after};
use crate::report::summary::{Ending, summary};
use crate::report::surface::{Mode, Surface};
use crate::report::terminal::Terminal;
use crate::report::view::RunView;
use crate::source::is_hostile;

const LOOK: Look = Look { color: false, unicode: true };

/// A stream that a test can read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that the room makes of a run, with nothing of its own but line ends.
fn everything(spice: &str, look: Look, width: usize) -> Vec<String> {
    let all = events(spice);
    let mut view = RunView::new(header(spice)).with_steps(labels(spice));
    let mut known = News::default();
    let mut lines = Vec::new();
    for mode in [Mode::Live, Mode::Dumb, Mode::Log] {
        let layout = Layout { look, width, mode };
        for event in &all {
            view.apply(event);
            lines.extend(event_lines(event, &view, layout));
            for it in news(spice) {
                known.note(&it);
                lines.extend(progress_lines(&it, layout));
            }
            lines.extend(frame(&view, &known, look, event.elapsed_ms + 500, width, 24));
        }
    }
    let note = format!("the answer `x` was not used{spice}");
    let ending = Ending { report: Some(note.clone()), resume: Some(note.clone()), notes: vec![note] };
    lines.extend(summary(&view, &ending, look, width));
    for render in [render, html, junit, json] {
        lines.extend(render(&view, &Annex::default()).lines().map(str::to_owned));
    }
    let stream = Shared::default();
    let mut sink = JsonLines::start(stream.clone()).unwrap();
    for event in &all {
        sink.event(event);
    }
    for it in &news(spice) {
        sink.progress(it);
    }
    sink.finish().unwrap();
    lines.extend(stream.text().lines().map(str::to_owned));
    lines
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]
    #[test]
    fn nothing_hostile_survives_any_renderer(text in prop::collection::vec(any::<char>(), 1..12), width in 20..120_usize) {
        let text: String = text.into_iter().collect();
        let spice = format!("\u{1b}[2J\r\u{202e}\u{9b}\u{7}{text}");
        for unicode in [true, false] {
            for line in everything(&spice, Look { color: false, unicode }, width) {
                assert!(!line.contains(is_hostile), "{line:?}");
            }
        }
    }
}

#[test]
fn markdown_and_html_from_outside_stay_text() {
    let spice = "<script>x</script> **b** [l](http://evil) `c` | @ops ![i](x) www.evil.com\n# h";
    let page = render(&view_after(&events(spice), spice), &Annex::default());
    let mut fenced = false;
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside: String = line.split('`').step_by(2).collect();
            for mark in ["<script", "**b**", "[l](", "://", "@ops", "![i]", "www.evil"] {
                // A guide is Markdown by its author: what is stressed there stays so.
                let guide = mark == "**b**" && line.starts_with('>');
                assert!(guide || !outside.contains(mark), "{mark} in {line}");
            }
            assert!(!line.starts_with("# h"), "{line}");
        }
    }
    assert!(!fenced, "a code block was left open");
}

#[test]
fn the_sample_is_a_legal_run() {
    let mut state = RunState::default();
    for event in &events("") {
        state.apply(event).unwrap();
    }
}

#[test]
fn json_lines_are_json_and_lose_nothing() {
    let stream = Shared::default();
    let mut sink = JsonLines::start(stream.clone()).unwrap();
    let hostile = "\u{1b}[31m\u{202e}\u{e0041}x";
    sink.event(&events(hostile)[0]);
    sink.progress(&Progress::Output { step: step("build"), stream: OutputStream::Stderr, line: hostile.to_owned() });
    sink.finish().unwrap();
    let text = stream.text();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["event"]["user"], format!("ana{hostile}"));
    assert_eq!(lines[1]["progress"]["line"], hostile);
    assert_snapshot!(text.lines().next().unwrap(), @r#"{"seq":1,"session":1,"time":"2026-11-21T18:15:00.000Z","elapsed":0,"event":{"kind":"session_started","user":"ana\u001b[31m\u202e\udb40\udc41x","host":"kestrel\u001b[31m\u202e\udb40\udc41x","tool":"0.1.0","pid":101,"terminal":true,"plan":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}"#);
}

#[test]
fn the_live_area_shows_what_a_wait_has_seen_last() {
    let all = events("");
    let began = |event: &Event| matches!(&event.kind, EventKind::StepStarted { step: id, .. } if *id == step("stack"));
    let upto = all.iter().position(began).unwrap() + 1;
    let look = news("").into_iter().find(|it| matches!(it, Progress::Look { .. })).unwrap();
    let mut known = News::default();
    known.note(&look);
    let now = all[upto - 1].elapsed_ms + 12_300;
    let shown = frame(&view_after(&all[..upto], ""), &known, LOOK, now, 100, 24).join("\n");
    let wanted = "look 3, 10m 00s at most: out.state = \"starting\", nothing yet";
    assert!(shown.contains(wanted) && shown.contains("12s"), "{shown}");
    // A log has no live area, and has been told of each change.
    let layout = Layout { look: LOOK, width: 100, mode: Mode::Log };
    assert!(progress_lines(&look, layout).is_empty());
}

fn parser(rows: u16, columns: u16) -> Parser {
    Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0)
}

fn screen(columns: u16, rows: u16, upto: usize) -> String {
    let all = events("");
    let mut parser = parser(rows, columns);
    let width = usize::from(columns);
    let mut view = view_after(&[], "");
    let mut known = News::default();
    for it in &news("") {
        known.note(it);
    }
    let show = |parser: &mut Parser, lines: Vec<String>| {
        for line in lines {
            parser.process(line.as_bytes());
            parser.process(b"\r\n");
        }
    };
    for event in &all[..upto] {
        view.apply(event);
        show(&mut parser, event_lines(event, &view, Layout { look: LOOK, width, mode: Mode::Live }));
    }
    let now = all[upto - 1].elapsed_ms + 12_300;
    show(&mut parser, frame(&view, &known, LOOK, now, width - 1, usize::from(rows) - 1));
    parser.screen().contents()
}

#[test]
fn a_stack_under_way_at_80_by_24() {
    assert_snapshot!(screen(80, 24, 25), @r"
                known later
      missing   the value of parameter `Token`: it is NoEcho: AWS gives no one its
                value
          help  give it as an input of the undo step
      unknown   the drift of the stack: access denied
      later     the bucket for the template: it is known after `build`
    ! deviation: --break-glass `stack`: its undo `previous_stack` is not ready
    ✓ steady Point-in-time recovery is on: passed before the first change

    ── deploy · 2 steps ────────────────────────────────────────────────────────────
    ✓ passed     12s  Build the application
                      because
    [stack] had no effect: arn:aws:cloudformation:stack
    ! Deploy through a reviewed change set: attempt 1 failed: the stack went to
      ROLLBACK_COMPLETE; the next one follows in 5s
    deploy · 2/4 steps · 45s of 45m 00s · EMULATOR
    ⠸ Deploy through a reviewed change set                          attempt 2 · 12s
        → cloudformation:ExecuteChangeSet mte-sandbox
        executing the change set
        silent for 2m 10s
        CREATE_FAILED       Gate  AWS::CloudFormation::WaitCondition  timed out
        CREATE_IN_PROGRESS  Inbox  AWS::SQS::Queue  Resource creation Initiated
        CREATE_COMPLETE     SessionsTable  AWS::DynamoDB::Table
    ");
}

#[test]
fn a_stack_under_way_at_40_by_12() {
    assert_snapshot!(screen(40, 12, 25), @r"
      set: attempt 1 failed: the stack went
      to ROLLBACK_COMPLETE; the next one
      follows in 5s
    deploy · 2/4 steps · 45s of 45m 00s · …
    ⠸ Deploy through a re…  attempt 2 · 12s
        → cloudformation:ExecuteChangeSet …
        executing the change set
        silent for 2m 10s
        CREATE_FAILED       Gate  AWS::Clo…
        CREATE_IN_PROGRESS  Inbox  AWS::SQ…
        CREATE_COMPLETE     SessionsTable …
    ");
}

#[test]
fn a_retry_that_waits_at_40_by_12() {
    assert_snapshot!(screen(40, 12, 23), @r"
    ! Deploy through a reviewed change
      set: attempt 1 failed: the stack went
      to ROLLBACK_COMPLETE; the next one
      follows in 5s
    deploy · 2/4 steps · 40s of 45m 00s · …
    ⠸ Deploy through a revi…  again in 0.0s
        executing the change set
        silent for 2m 10s
        CREATE_FAILED       Gate  AWS::Clo…
        CREATE_IN_PROGRESS  Inbox  AWS::SQ…
        CREATE_COMPLETE     SessionsTable …
    ");
}

#[test]
fn the_end_at_80_columns() {
    let ending = Ending {
        report: Some(".checkride/runs/20261121T181500Z-deploy-prod-7f3a/report.html".to_owned()),
        resume: Some("checkride resume 20261121T181500Z-deploy-prod-7f3a".to_owned()),
        notes: vec!["the answer `bucket_name` in sandbox.answers.toml was not used".to_owned()],
    };
    assert_snapshot!(summary(&view_after(&events(""), ""), &ending, LOOK, 80).join("\n"), @r"

    ✗ the run is over: a step failed (exit code 5)
      next       `checkride report 20261121T181500Z-deploy-prod-7f3a` says how it
                 stands
    EMULATOR: this is no evidence about AWS
      where      account 000000000000 in us-east-1, profile sandbox
      steps      3 passed, 1 failed, 1 not run · 1m 04s
      failed     Deploy through a reviewed change set: because
                 help: look at the resource, delete the stack, then run again
      steady     Point-in-time recovery is on: worse: passed before, failed now: the
                 stack went to ROLLBACK_COMPLETE
      rollback   1 of 1 undo step passed
      remains    stack: its undo `previous_stack` failed
                 arn:aws:s3:::mte-data
      unsettled  Deploy through a reviewed change set:
                 cloudformation:ExecuteChangeSet on mte-sandbox may have happened
      not run    sessions_pitr
      deviation  --break-glass: outage; review due by 2026-11-23T18:15:00Z
      deviation  --break-glass `stack`: its undo `previous_stack` is not ready
      deviation  skipped `sessions_pitr`: no need
      refused    by the account guard: another account answered
      note       the answer `bucket_name` in sandbox.answers.toml was not used
      report     .checkride/runs/20261121T181500Z-deploy-prod-7f3a/report.html
      resume     checkride resume 20261121T181500Z-deploy-prod-7f3a
    ");
}

#[test]
fn a_log_without_a_terminal() {
    let all = events("");
    let mut view = view_after(&[], "");
    let mut lines = Vec::new();
    for event in &all {
        view.apply(event);
        let layout = Layout { look: Look::default(), width: 1000, mode: Mode::Log };
        lines.extend(event_lines(event, &view, layout));
    }
    assert_snapshot!(lines.join("\n"), @r#"
    Deploy the messaging stack
    run 20261121T181500Z-deploy-prod-7f3a - profile sandbox (test) - plan sha256:0123456789ab - change CHG-1024
    account 000000000000, us-east-1, as arn:aws:iam::000000000000:root
    EMULATOR at http://127.0.0.1:4566: this is no evidence about AWS
    ! deviation: --break-glass: outage; review due by 2026-11-23T18:15:00Z

    -- checklist - 1 step ----------------------------------------------------------
    [config_backup] begins: The current configuration is backed up
    ? Is it so?
        Remove  SessionsTable  AWS::DynamoDB::Table
    [config_backup] answered `done` by ana, from the answers file profiles/sandbox.answers.toml: as agreed
    + passed      8s  The current configuration is backed up
                      because
    x way back  previous_stack undoes stack: not ready: 1 missing, 1 unknown, 1 known later
      missing   the value of parameter `Token`: it is NoEcho: AWS gives no one its value
          help  give it as an input of the undo step
      unknown   the drift of the stack: access denied
      later     the bucket for the template: it is known after `build`
    ! deviation: --break-glass `stack`: its undo `previous_stack` is not ready
    + steady Point-in-time recovery is on: passed before the first change
    ? Is it so?
        Remove  SessionsTable  AWS::DynamoDB::Table
    [phase.deploy] answered `yes` by ana at /dev/pts/3: as agreed

    -- deploy - 2 steps ------------------------------------------------------------
    [build] begins: Build the application
    [build] runs `mte-sandbox`
    [build] done: arn:aws:cloudformation:stack
    + passed     12s  Build the application
                      because
    [stack] begins: Deploy through a reviewed change set
    [stack] calls cloudformation:ExecuteChangeSet on mte-sandbox
    [stack] had no effect: arn:aws:cloudformation:stack
    ! Deploy through a reviewed change set: attempt 1 failed: the stack went to ROLLBACK_COMPLETE; the next one follows in 5s
    [stack] begins: Deploy through a reviewed change set (attempt 2)
    [stack] calls cloudformation:ExecuteChangeSet on mte-sandbox
    ! interrupted again (SIGINT): the running step is being stopped; once more kills it
    Deploy the messaging stack
    run 20261121T181500Z-deploy-prod-7f3a - profile sandbox (test) - plan sha256:0123456789ab - change CHG-1024
    rollback for incident INC-42: session 2
    account 000000000000, us-east-1, as arn:aws:iam::000000000000:root (again, to resume)
    EMULATOR at http://127.0.0.1:4566: this is no evidence about AWS
    ? Is it so?
        Remove  SessionsTable  AWS::DynamoDB::Table
    [plan.changed] answered `yes` by ana at /dev/pts/3: as agreed
    ? [stack] it may have happened; nobody knows: arn:aws:cloudformation:stack
    [stack] begins: Deploy through a reviewed change set (attempt 3)
    x failed [stack] "queue"
      cloudformation:ExecuteChangeSet answered ValidationError (HTTP 400): the stack went to ROLLBACK_COMPLETE
        --> runbooks/deploy-prod.toml:31:9
        31 | stack = "mte-${input.stage}"
           |         ^
        out.status = "ROLLBACK_COMPLETE"
        caused by: Gate: timed out while waiting for a signal
        request id: req-1
        help: look at the resource, delete the stack, then run again
    [stack] look 2: out.state = "starting", there is no `out.state`
    x failed     28s  Deploy through a reviewed change set
      cloudformation:ExecuteChangeSet answered ValidationError (HTTP 400): the stack went to ROLLBACK_COMPLETE
        --> runbooks/deploy-prod.toml:31:9
        31 | stack = "mte-${input.stage}"
           |         ^
        out.status = "ROLLBACK_COMPLETE"
        caused by: Gate: timed out while waiting for a signal
        request id: req-1
        help: look at the resource, delete the stack, then run again
    ! deviation: skipped `sessions_pitr`: no need

    rolling back, because `stack` failed; undo steps: previous_stack
    [previous_stack] begins: Put the previous template back
    + passed      2s  Put the previous template back (INC-42: 4s)
                      because
    x steady Point-in-time recovery is on: worse: passed before, failed now: the stack went to ROLLBACK_COMPLETE
      cloudformation:ExecuteChangeSet answered ValidationError (HTTP 400): the stack went to ROLLBACK_COMPLETE
        --> runbooks/deploy-prod.toml:31:9
        31 | stack = "mte-${input.stage}"
           |         ^
        out.status = "ROLLBACK_COMPLETE"
        caused by: Gate: timed out while waiting for a signal
        request id: req-1
        help: look at the resource, delete the stack, then run again
    x refused by the account guard: another account answered
      help: log in again
    still stands: 1 step
      stack: its undo `previous_stack` failed
        arn:aws:s3:::mte-data
        cloudformation:ExecuteChangeSet on mte
        by hand: aws cloudformation execute-change-set
    "#);
}

#[test]
fn the_report() {
    assert_snapshot!(render(&view_after(&events(""), ""), &Annex::default()), @r#"
    # Deploy the messaging stack

    **NOT PASSED: a step failed (exit code 5)**

    3 passed, 1 failed, 1 not run; 1m 04s on the clock.

    > **EMULATOR: this is no evidence about AWS.** The endpoint was `http://127.0.0.1:4566`.

    | Fact | Value |
    | --- | --- |
    | Run | `20261121T181500Z-deploy-prod-7f3a` |
    | Runbook | `runbooks/deploy-prod.toml` |
    | Profile | `sandbox`, tier test |
    | Account | `000000000000` |
    | Region | `us-east-1` |
    | Caller | `arn:aws:iam::000000000000:root` |
    | Operator | `ana` on `kestrel` |
    | Started | `2026-11-21T18:15:00Z` |
    | Last record | `2026-11-21T19:15:04Z` |
    | Change | `CHG-1024` |
    | Reason | the quarterly hardening |
    | Git | `0a1b2c3d`, folder `deploy`, with changes on top of it |
    | Plan | `sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef` |
    | Tool | `0.1.0` |

    ## Deviations

    - `2026-11-21T18:15:00Z` --break-glass: outage; review due by 2026-11-23T18:15:00Z
    - `2026-11-21T18:15:09Z` --break-glass \`stack\`: its undo \`previous\_stack\` is not ready
    - `2026-11-21T19:15:01Z` skipped \`sessions\_pitr\`: no need

    ## Rollback rehearsal

    What each undo step will need, looked for before anything was changed.

    | Undo | Of | Needs | State | Found | Remedy | Looked |
    | --- | --- | --- | --- | --- | --- | --- |
    | `previous_stack` | `stack` | the value of parameter \`Token\` | missing | it is NoEcho: AWS gives no one its value | give it as an input of the undo step | `2026-11-21T18:15:09Z` |
    | `previous_stack` | `stack` | the drift of the stack | unknown | access denied |  | `2026-11-21T18:15:09Z` |
    | `previous_stack` | `stack` | the bucket for the template | later | it is known after \`build\` |  | `2026-11-21T18:15:09Z` |
    | `previous_stack` | `stack` | the previous template | there | 12,204 bytes |  | `2026-11-21T18:15:09Z` |

    ## Effects that may have happened

    Nobody knows whether these took place. A probe or a person must settle them.

    | Step | Effect | Call | Target | Intended |
    | --- | --- | --- | --- | --- |
    | `stack` | 2.1 | `cloudformation:ExecuteChangeSet` | `mte-sandbox` | `2026-11-21T18:15:33Z` |

    ## Steady state

    | Probe | Before the first change | Now | Compared |
    | --- | --- | --- | --- |
    | `sessions_pitr` Point-in-time recovery is on | passed | failed | worse: passed before, failed now: the stack went to ROLLBACK\_COMPLETE |

    ## Follow-up

    - [ ] What “Deploy through a reviewed change set” changed still stands: its undo \`previous\_stack\` failed. Owner: platform.
      - `arn:aws:s3:::mte-data`
      - `cloudformation:ExecuteChangeSet on mte`
      - By hand: `aws cloudformation execute-change-set`
    - [ ] The steady state of “Point-in-time recovery is on” is worse: passed before, failed now: the stack went to ROLLBACK\_COMPLETE. Owner: platform.
    - [ ] Go through the use of --break-glass: outage. Owner: platform. Due: 2026-11-23T18:15:00Z.
    - [ ] Give “Deploy through a reviewed change set” a way back: its undo \`previous\_stack\` is not ready. Owner: platform.

    ## Timeline for the review

    Offsets count from `2026-11-21T19:15:00Z`, when incident INC-42 was declared.

    | Time | Offset | What | Who | Outcome |
    | --- | --- | --- | --- | --- |
    | `2026-11-21T18:15:00Z` | -1h 00m | the run begins | `ana` |  |
    | `2026-11-21T18:15:00Z` | -59m 59s | deviation: --break-glass: outage |  | warned |
    | `2026-11-21T18:15:09Z` | -59m 50s | “The current configuration is backed up” passed, in 8s |  | passed |
    | `2026-11-21T18:15:09Z` | -59m 50s | deviation: --break-glass \`stack\`: its undo \`previous\_stack\` is not ready |  | warned |
    | `2026-11-21T18:15:15Z` | -59m 45s | “Is it so?” is answered \`yes\` by ana at /dev/pts/3, after 5s: as agreed | `ana` |  |
    | `2026-11-21T18:15:27Z` | -59m 32s | “Build the application” passed, in 12s |  | passed |
    | `2026-11-21T18:15:28Z` | -59m 32s | “Deploy through a reviewed change set” failed: the stack went to ROLLBACK\_COMPLETE; the next attempt follows in 5s |  | failed |
    | `2026-11-21T18:16:00Z` | -59m 00s | SIGINT: what ran was stopped |  | warned |
    | `2026-11-21T18:16:00Z` | -58m 59s | the session ends: interrupted, and waits for \`phase.checklist.ready\` |  |  |
    | `2026-11-21T19:15:00Z` | +0.0s | a rollback is asked for, for incident INC-42 | `ana` |  |
    | `2026-11-21T19:15:00Z` | +0.9s | “Is it so?” is answered \`yes\` by ana at /dev/pts/3: as agreed | `ana` |  |
    | `2026-11-21T19:15:01Z` | +1s | “Deploy through a reviewed change set” failed: the stack went to ROLLBACK\_COMPLETE |  | failed |
    | `2026-11-21T19:15:01Z` | +1s | deviation: skipped \`sessions\_pitr\`: no need |  | warned |
    | `2026-11-21T19:15:01Z` | +1s | the way back begins: \`stack\` failed |  |  |
    | `2026-11-21T19:15:04Z` | +4s | undo “Put the previous template back” passed, in 2s |  | passed |
    | `2026-11-21T19:15:04Z` | +4s | steady state: “Point-in-time recovery is on” worse: passed before, failed now: the stack went to ROLLBACK\_COMPLETE |  | failed |
    | `2026-11-21T19:15:04Z` | +4s | refused by the account guard: another account answered |  | failed |
    | `2026-11-21T19:15:04Z` | +4s | the run is over: NOT PASSED: a step failed (exit code 5) |  | failed |

    ## Steps

    | # | Phase | Step | Outcome | Time |
    | --- | --- | --- | --- | --- |
    | 1 | checklist | `config_backup` The current configuration is backed up | passed | 8s |
    | 2 | deploy | `build` Build the application | passed | 12s |
    | 3 | deploy | `stack` Deploy through a reviewed change set | failed | 28s |
    | 4 | verify | `sessions_pitr` Point-in-time recovery is on | not run |  |
    | 5 | rollback | `previous_stack` Put the previous template back | passed | 2s |

    ## Phase: checklist

    ### The current configuration is backed up – passed

    Step `config_backup`, kind `confirm`; from `2026-11-21T18:15:00Z` to `2026-11-21T18:15:09Z` (8s in 1 attempt); owner platform; controls `SOC2:CC8.1`.

    Does: `do config_backup`

    Reason: because

    The runbook's guide:

    > Read **this** first
    >
    > - then do it

    - Asked `config_backup` at `2026-11-21T18:15:00Z`: Is it so?
      - Shown, and bound to the answer: `sha256:feed`
      - **done** at `2026-11-21T18:15:09Z`, by ana, from the answers file profiles/sandbox.answers.toml: as agreed
      - Value: `10`
      - Evidence: note: kept in the vault
      - Evidence: link: `https://example.com/1`
      - Evidence: file: `backup.json`

    ```text
    Remove  SessionsTable  AWS::DynamoDB::Table
    ```

    | Output | Value |
    | --- | --- |
    | `table` | `mte-sessions` |

    | Artifact | Digest | Bytes | Type |
    | --- | --- | --- | --- |
    | output | `sha256-beef` | 9000 | `text/plain` |

    AWS request ids: `req-9`

    ## Phase: deploy

    - Asked `phase.deploy` at `2026-11-21T18:15:09Z`: Is it so?
      - Shown, and bound to the answer: `sha256:feed`
      - **yes** at `2026-11-21T18:15:15Z`, by ana at /dev/pts/3: as agreed
      - Value: `10`
      - Evidence: note: kept in the vault
      - Evidence: link: `https://example.com/1`
      - Evidence: file: `backup.json`

    ```text
    Remove  SessionsTable  AWS::DynamoDB::Table
    ```

    ### Build the application – passed

    Step `build`, kind `command`; from `2026-11-21T18:15:15Z` to `2026-11-21T18:15:27Z` (12s in 1 attempt); owner platform; controls `SOC2:CC8.1`.

    Does: `do build`

    Reason: because

    The runbook's guide:

    > Read **this** first
    >
    > - then do it

    | Effect | Call | Target | Where | Result | Intended | Settled | Request id | Token | Detail |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | 1.1 | `command` | `mte-sandbox` | `000000000000` `us-east-1` | done | `2026-11-21T18:15:15Z` | `2026-11-21T18:15:27Z` | `req-2` | `token-1` | arn:aws:cloudformation:stack |

    | Output | Value |
    | --- | --- |
    | `table` | `mte-sessions` |

    | Artifact | Digest | Bytes | Type |
    | --- | --- | --- | --- |
    | output | `sha256-beef` | 9000 | `text/plain` |

    AWS request ids: `req-9`

    ### Deploy through a reviewed change set – failed

    Step `stack`, kind `stack`; from `2026-11-21T18:15:27Z` to `2026-11-21T19:15:01Z` (28s in 3 attempts); owner platform; controls `SOC2:CC8.1`.

    Does: `do stack`

    Reason: because

    The runbook's guide:

    > Read **this** first
    >
    > - then do it

    | Effect | Call | Target | Where | Result | Intended | Settled | Request id | Token | Detail |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | 1.1 | `cloudformation:ExecuteChangeSet` | `mte-sandbox` | `000000000000` `us-east-1` | refused | `2026-11-21T18:15:27Z` | `2026-11-21T18:15:27Z` | `req-2` | `token-1` | arn:aws:cloudformation:stack |

    Attempt 1 failed:

    ```text
    cloudformation:ExecuteChangeSet answered ValidationError (HTTP 400): the stack went to
    ROLLBACK_COMPLETE
      --> runbooks/deploy-prod.toml:31:9
      31 | stack = "mte-${input.stage}"
         |         ^
      out.status = "ROLLBACK_COMPLETE"
      caused by: Gate: timed out while waiting for a signal
      request id: req-1
      help: look at the resource, delete the stack, then run again
    ```

    Attempt 2 was under way when its session ended.

    | Effect | Call | Target | Where | Result | Intended | Settled | Request id | Token | Detail |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | 2.1 | `cloudformation:ExecuteChangeSet` | `mte-sandbox` | `000000000000` `us-east-1` | not known | `2026-11-21T18:15:33Z` | `2026-11-21T19:15:01Z` | `req-2` | `token-1` | arn:aws:cloudformation:stack |

    | Item | Value | Outcome | Why |
    | --- | --- | --- | --- |
    | 0 | `queue` | failed | the stack went to ROLLBACK\_COMPLETE |

    | Look | At | Showed | Request ids |
    | --- | --- | --- | --- |
    | 2 of item 0 | `2026-11-21T19:15:01Z` | `out.state` = `"starting"`, there is no \`out.state\` | `req-2` |

    Attempt 3 failed:

    ```text
    cloudformation:ExecuteChangeSet answered ValidationError (HTTP 400): the stack went to
    ROLLBACK_COMPLETE
      --> runbooks/deploy-prod.toml:31:9
      31 | stack = "mte-${input.stage}"
         |         ^
      out.status = "ROLLBACK_COMPLETE"
      caused by: Gate: timed out while waiting for a signal
      request id: req-1
      help: look at the resource, delete the stack, then run again
    ```

    | Output | Value |
    | --- | --- |
    | `table` | `mte-sessions` |

    | Artifact | Digest | Bytes | Type |
    | --- | --- | --- | --- |
    | output | `sha256-beef` | 9000 | `text/plain` |

    AWS request ids: `req-9`

    ## Phase: verify

    ### Point-in-time recovery is on – not run

    Step `sessions_pitr`, kind `command`; owner platform; controls `SOC2:CC8.1`.

    Does: `do sessions_pitr`

    The runbook's guide:

    > Read **this** first
    >
    > - then do it

    ## Phase: rollback

    ### Put the previous template back – passed

    Step `previous_stack`, kind `stack-restore`; from `2026-11-21T19:15:01Z` to `2026-11-21T19:15:04Z` (2s in 1 attempt); owner platform; controls `SOC2:CC8.1`.

    Does: `do previous_stack`

    Reason: because

    The runbook's guide:

    > Read **this** first
    >
    > - then do it

    | Output | Value |
    | --- | --- |
    | `table` | `mte-sessions` |

    | Artifact | Digest | Bytes | Type |
    | --- | --- | --- | --- |
    | output | `sha256-beef` | 9000 | `text/plain` |

    AWS request ids: `req-9`

    ## Questions about the run

    - Asked `plan.changed` at `2026-11-21T19:15:00Z`: Is it so?
      - Shown, and bound to the answer: `sha256:feed`
      - **yes** at `2026-11-21T19:15:00Z`, by ana at /dev/pts/3: as agreed
      - Value: `10`
      - Evidence: note: kept in the vault
      - Evidence: link: `https://example.com/1`
      - Evidence: file: `backup.json`

    ```text
    Remove  SessionsTable  AWS::DynamoDB::Table
    ```

    ## Sessions and journal

    | Session | Started | Time | Who | Terminal | Plan | End |
    | --- | --- | --- | --- | --- | --- | --- |
    | 1 | `2026-11-21T18:15:00Z` | 1m 00s | `ana` on `kestrel` | yes | `sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef` | interrupted; waits for `phase.checklist.ready` |
    | 2 | `2026-11-21T19:15:00Z` | 4s | `ana` on `kestrel` | yes | `sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef` | rollback for incident `INC-42`; finished |

    | Identity verified | Why | Account | Region | Caller | Request id |
    | --- | --- | --- | --- | --- | --- |
    | `2026-11-21T18:15:00Z` | start | `000000000000` | `us-east-1` | `arn:aws:iam::000000000000:root` | `req-0` |
    | `2026-11-21T19:15:00Z` | resume | `000000000000` | `us-east-1` | `arn:aws:iam::000000000000:root` | `req-0` |

    - Refused by the `account` guard at `2026-11-21T19:15:04Z`: another account answered

    - `SIGINT` at `2026-11-21T18:16:00Z`: the running step was stopped.

    - The rollback began at `2026-11-21T19:15:01Z`, because \`stack\` failed; its steps: `previous_stack`.
    - Still stands: `stack` (`arn:aws:s3:::mte-data`, `cloudformation:ExecuteChangeSet on mte`), because its undo \`previous\_stack\` failed. By hand: `aws cloudformation execute-change-set`.

    The last record is number 45; each names the digest of the one before it.
    "#);
}

#[test]
fn the_thread_leaves_a_clean_screen() {
    let stream = Shared::default();
    let surface = Surface::new(Box::new(stream.clone()), LOOK, Mode::Live, Box::new(|| Some((80, 24))));
    let terminal = Terminal::start(surface, view_after(&[], "")).unwrap();
    let mut sink = terminal.sink();
    for event in &events("")[..24] {
        sink.event(event);
    }
    for it in &news("") {
        sink.progress(it);
    }
    std::thread::sleep(std::time::Duration::from_millis(250));
    let mut live = parser(24, 80);
    live.process(stream.text().replace('\n', "\r\n").as_bytes());
    let picture = live.screen().contents();
    assert!(picture.contains("Deploy through a reviewed change set") && picture.contains("2/4 steps"), "{picture}");
    assert!(picture.contains("CREATE_FAILED"), "{picture}");
    let (asked, answer) = std::sync::mpsc::channel();
    terminal.door().borrow(move |stage| {
        stage.surface.text("Is it so? yes\n");
        asked.send(stage.view.counts().passed).unwrap();
    });
    assert_eq!(answer.recv().unwrap(), 2);
    for event in &events("")[24..] {
        sink.event(event);
    }
    let view = terminal.end(Ending::default());
    assert_eq!(view, view_after(&events(""), ""));
    let mut after = parser(200, 80);
    after.process(stream.text().replace('\n', "\r\n").as_bytes());
    let picture = after.screen().contents();
    assert!(!picture.contains("steps · "), "the live area was left behind:\n{picture}");
    assert_eq!(picture.matches("Is it so? yes").count(), 1, "{picture}");
    assert!(picture.contains("the run is over: a step failed (exit code 5)"), "{picture}");
}

/// What a screen of this size shows while the stack is under way, drawn by the thread itself.
fn drawn(columns: u16, rows: u16, spice: &str) -> (String, Terminal, Shared) {
    let stream = Shared::default();
    let surface = Surface::new(Box::new(stream.clone()), LOOK, Mode::Live, Box::new(move || Some((columns, rows))));
    let terminal = Terminal::start(surface, view_after(&[], spice)).unwrap();
    let mut sink = terminal.sink();
    for event in &events(spice)[..24] {
        sink.event(event);
    }
    for it in &news(spice) {
        sink.progress(it);
        std::thread::sleep(std::time::Duration::from_millis(120));
    }
    std::thread::sleep(std::time::Duration::from_millis(250));
    let mut live = parser(rows, columns);
    live.process(stream.text().replace('\n', "\r\n").as_bytes());
    (live.screen().contents(), terminal, stream)
}

#[test]
fn the_live_area_fits_a_small_screen_and_wide_letters() {
    let (picture, terminal, stream) = drawn(40, 12, " 東京都庁舎");
    let lines: Vec<_> = picture.lines().collect();
    assert!(lines.len() <= 12, "{picture}");
    assert_eq!(picture.matches("2/4 steps").count(), 1, "an old frame was left behind:\n{picture}");
    assert_eq!(picture.matches("silent for 2m 10s").count(), 1, "{picture}");
    terminal.end(Ending::default());
    let mut after = parser(400, 40);
    after.process(stream.text().replace('\n', "\r\n").as_bytes());
    let picture = after.screen().contents();
    assert!(!picture.contains("silent for"), "{picture}");
    assert!(!picture.contains("2/4 steps"), "{picture}");
}
