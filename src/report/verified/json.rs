//! A verification as JSON, for programs. `format` is 1; a change that a reader of it would trip over raises it, a new field
//! does not. Times are RFC 3339 in UTC, spans in milliseconds. `schemas/verification-1.schema.json` says the same for
//! programs, and tests hold it.
//!
//! | field | what |
//! |---|---|
//! | `format`, `kind` | 1, `verification` |
//! | `title`, `runbook` | of the runbook |
//! | `verdict`, `code` | how all of it ended, and its exit code; both null when it is not over |
//! | `fail_on`, `compared` | as asked for, or null |
//! | `counts` | checks by class, and `total` |
//! | `targets` | in the order in which they were asked for |
//! | a target's | `name`, `target` (as given, or null), `run`, `profile`, `account`, `region`, `emulator` (an endpoint: this is no evidence about AWS), `plan`, `tool`, `started`, `spent_ms`, `verdict`, `code`, `troubles`, `counts`, `checks` |
//! | a check's | `id`, `title`, `kind`, `phase`, `class`, `outcome`, `why`, `severity`, `check` (of the catalogue), `owner`, `controls`, `place` (the line that asked), `step_place`, `failure` and `items` (those that did not pass) as in the journal, `remedy`, `waiver`, `before`, `change`, `lenient`, `attempts`, `spent_ms`, `requests` |
//! | `class` | `failed`, `unknown`, `needs_person`, `not_run`: never green; `waived`, `tolerated` (it failed, and `lenient` says why that does not count), `warned`, `skipped`, `passed` |
//! | `unused_waivers` | `check`, `target`, `owner`, `reason`, `until`, `expired`, `place`, `why` |

use serde_json::{Map, Value, json};

use crate::report::plain::harmless_json;
use crate::report::verified::finding::{Change, Class, Finding, findings, findings_of};
use crate::report::verified::model::{Before, Lenient, UnusedWaiver, Verification, Verified, Waived};
use crate::report::verified::tally::Tally;
use crate::report::view::{ItemView, RunView};
use crate::source::SourceRef;

/// The verification as JSON, over several lines.
pub fn json(all: &Verification<'_>) -> String {
    let found = findings(all);
    let tally = Tally::of(&found);
    let value = json!({
        "format": 1, "kind": "verification", "title": all.title, "runbook": all.runbook,
        "verdict": all.verdict.map(|(verdict, _)| verdict), "code": all.verdict.map(|(_, code)| code),
        "fail_on": all.fail_on, "compared": all.compared,
        "counts": counts(&tally),
        "targets": all.targets.iter().map(target).collect::<Vec<_>>(),
        "unused_waivers": all.unused_waivers.iter().map(unused).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&value).expect("a view has string keys only");
    in_a_log(&text)
}

/// JSON in which neither a screen nor the log of a pipeline finds a command (`##[error]`, `##vso[`). The sign has no place in
/// JSON outside its strings, so its escape means the same.
pub(super) fn in_a_log(json: &str) -> String {
    harmless_json(json).replace("##", "#\\u0023") + "\n"
}

fn counts(tally: &Tally) -> Value {
    let mut all: Map<String, Value> =
        Class::ALL.iter().map(|class| (class.key().to_owned(), json!(tally.count(*class)))).collect();
    all.insert("total".to_owned(), json!(tally.total()));
    Value::Object(all)
}

fn target(it: &Verified<'_>) -> Value {
    let found = findings_of(it);
    let header = it.view.map(|view| &view.header);
    let aws = header.and_then(|header| header.target.as_ref());
    let verdict = it.view.and_then(|view| view.verdict);
    json!({
        "name": it.name(), "target": it.target,
        "run": header.map(|header| &header.run), "profile": header.and_then(|header| header.profile.as_ref()),
        "account": aws.map(|aws| &aws.account), "region": aws.map(|aws| &aws.region),
        "emulator": it.view.and_then(RunView::emulator),
        "plan": header.map(|header| &header.plan), "tool": header.map(|header| &header.tool),
        "started": header.map(|header| &header.started), "spent_ms": it.view.map(RunView::spent_ms),
        "verdict": verdict.map(|(verdict, _)| verdict), "code": verdict.map(|(_, code)| code),
        "troubles": it.troubles(),
        "counts": counts(&Tally::of(&found)),
        "checks": found.iter().map(check).collect::<Vec<_>>(),
    })
}

fn check(it: &Finding<'_>) -> Value {
    let (step, label) = (it.step, &it.step.label);
    let before = it.aside.and_then(|aside| aside.before);
    json!({
        "id": label.id, "title": label.title, "kind": label.kind, "phase": label.phase,
        "class": it.class.key(), "outcome": step.outcome, "why": it.why(),
        "severity": it.severity(), "check": it.aside.and_then(|aside| aside.check.as_ref()).map(|check| &check.id),
        "owner": label.owner, "controls": label.controls,
        "place": it.place().map(place), "step_place": it.home().map(place),
        "failure": step.failure, "items": it.bad_items().map(item).collect::<Vec<_>>(),
        "remedy": it.remedy(), "waiver": it.waiver().map(waiver),
        "before": before.map(|before| match before {
            Before::Absent => "absent",
            Before::Was(outcome) => outcome.as_str(),
        }),
        "change": it.change().map(Change::key),
        "lenient": it.aside.and_then(|aside| aside.lenient).map(|why| match why {
            Lenient::Below => "below_fail_on",
            Lenient::Known => "known",
        }),
        "attempts": step.attempts.len(), "spent_ms": step.spent_ms(), "requests": step.requests,
    })
}

fn item(it: &ItemView) -> Value {
    json!({ "index": it.index, "item": it.item, "outcome": it.outcome, "failure": it.failure })
}

fn place(it: &SourceRef) -> Value {
    json!({ "path": it.path, "line": it.line, "column": it.column })
}

fn waiver(it: &Waived) -> Value {
    json!({ "owner": it.owner, "reason": it.reason, "until": it.until.to_string(), "expired": it.expired })
}

fn unused(it: &UnusedWaiver) -> Value {
    let Waived { owner, reason, until, expired } = &it.waiver;
    json!({
        "check": it.check, "target": it.target, "owner": owner, "reason": reason, "until": until.to_string(),
        "expired": expired, "place": it.place.as_ref().map(place), "why": it.why,
    })
}
