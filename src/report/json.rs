//! A run as JSON, for programs: the same view that the other reports show, nothing shortened. `format` is 1; a change that a
//! reader of it would trip over raises it, a new field does not. Times are RFC 3339 in UTC, spans in milliseconds.
//!
//! | field | what |
//! |---|---|
//! | `run`, `runbook`, `title`, `profile`, `tier`, `change`, `reason`, `tool`, `started` | as in the journal's header |
//! | `operator` | `user`, `host` |
//! | `target` | `account`, `region`, `caller`, `emulator` (an endpoint: this is no evidence about AWS), or null |
//! | `verification` | of `checkride verify`: `of` (its first run), `target` (by its name in the profile, when it has one), or null |
//! | `git` | `commit`, `dirty`, `folder` (of the project in its repository, when it is not at the top), or null |
//! | `plan` | `digest`, `inputs`, `secrets` (name to source), `files` (path to SHA-256), `budget_ms` |
//! | `standing` | `word` (`PASSED`, `ROLLED BACK`, `TALKED THROUGH`, `NOT PASSED`, `NOT FINISHED`), `why`, `verdict`, `code` (the last two null when not over) |
//! | `counts`, `spent_ms` | steps by outcome; the time on the clock of all sessions |
//! | `deviations`, `refusals`, `interruptions`, `identities`, `sessions`, `rollback` | what happened beside the steps |
//! | `rehearsals` | what each undo step will need, as last looked for: `time`, `undo`, `change`, `needs` (each `what`, `state`, `detail`, `remedy`) |
//! | `drill` | the after-action report of a drill, null when the run is none: `tabletop`, `scope` (`name`, `words`), `scenario`, `objectives`, `roles`, `covers`, `participants` (`name`, `role`), `stopped` (`time`, `criterion`, `what`, or null), `moments` (`moment`, `time`, `step`), `timeline` (`time`, `what`, `outcome`), `measured` (`objective`, `target_ms`, `measured_ms`, `met`, `by`, `from`, `to`), `walked` (`step`, `works`, `missing`, `takes_ms`, `who`), `estimate` (`sum_ms`, `timed`, `steps`, `rto_ms`, or null), `observations` (`text`, `by`: null when checkride has seen it), `recommendations` (`number`, `text`, `by`, `owner`, `due`, `done`), `conclusion` |
//! | `steady` | the probes of the steady state: `step`, `before` and `now` (`time`, `outcome`, `failure`, `reason`, `outputs`, `artifacts`, `requests`; `now` null while it was not looked at), `change` (`same`, `better`, `worse`, `undecided`, `not_compared`, or null) |
//! | `review` | the timeline, or null when all went as it should: `zero`, `since` (what that is), `rows` (`time`, `offset_ms`, `what`, `who`, `outcome`), `left_out` (rows in the middle that are not there) |
//! | `follow_up` | what is left to do: `what`, `about`, `by_hand`, `step`, `owner`, `due` |
//! | `unknown_effects` | what may have happened, and nobody has settled: `step`, `attempt`, `n`, `call`, `target` |
//! | `questions` | of the run as a whole: `question`, `asked`, `answer`, `answered`, as in the journal |
//! | `phases` | in order, each with `questions` and `steps` |
//! | a step's | `id`, `title`, `kind`, `effect`, `action`, `guide`, `owner`, `controls`, `outcome`, `reason`, `failure`, `finished`, `spent_ms`, `outputs`, `artifacts`, `requests` (ids of reads), `questions`, `attempts` |
//! | an attempt's | `number`, `started`, `ended`, `cut`, `failure`, `retry_in_ms`, `effects`, `items`, `changes` (of what a `wait` or a `bake` looks at), `holds` |
//! | a hold's, of a `bake` | `index`, `length_ms`, `held_ms`, `worst` (`well`, `dim`, `alarm`), `strip` |
//! | `journal` | `head` (the digest of the last record), `records`, `tail`, `not_shown`, or null |

use serde_json::{Map, Value, json};

use crate::report::annex::Annex;
use crate::report::counts::OutcomeCounts;
use crate::report::drill::drill_json;
use crate::report::follow_up::follow_up;
use crate::report::plain::harmless_json;
use crate::report::review::Review;
use crate::report::standing::Standing;
use crate::report::steady::{Compared, SteadyFound};
use crate::report::strip::{Strip, strips};
use crate::report::view::{
    AttemptView, ChangeView, EffectView, ExchangeView, ItemView, Moment, PhaseView, RunView, SessionView, StepView,
};
use crate::world::clock::rfc3339;

/// The run as JSON, over several lines.
pub fn json(view: &RunView, annex: &Annex<'_>) -> String {
    let text = serde_json::to_string_pretty(&value(view, annex)).expect("a view has string keys only");
    harmless_json(&text) + "\n"
}

fn value(view: &RunView, annex: &Annex<'_>) -> Value {
    let header = &view.header;
    let standing = Standing::of(view);
    let unknown = view.steps.iter().flat_map(|step| {
        step.unknown_effects().map(|(attempt, effect)| {
            json!({
                "step": step.label.id, "attempt": attempt.number, "n": effect.n, "call": effect.call,
                "target": effect.target, "intended": at(effect.intended),
            })
        })
    });
    json!({
        "format": 1,
        "run": header.run, "runbook": header.runbook, "title": header.title,
        "profile": header.profile, "tier": header.tier, "change": header.change, "reason": header.reason,
        "tool": header.tool, "started": header.started,
        "operator": { "user": header.user, "host": header.host },
        "target": header.target, "verification": header.verification,
        "git": header.git,
        "plan": {
            "digest": header.plan,
            "inputs": view.plan.inputs.iter().cloned().collect::<Map<_, _>>(),
            "secrets": view.plan.secrets.iter().map(|(name, from)| (name.clone(), json!(from))).collect::<Map<_, _>>(),
            "files": view.plan.files.iter().map(|(path, sha)| (path.clone(), json!(sha))).collect::<Map<_, _>>(),
            "budget_ms": view.budget.map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX)),
        },
        "standing": {
            "word": standing.word, "why": standing.why,
            "verdict": view.verdict.map(|(verdict, _)| verdict), "code": view.verdict.map(|(_, code)| code),
        },
        "counts": counts(view.counts()),
        "spent_ms": view.spent_ms(),
        "deviations": view.deviations.iter().map(|it| json!({
            "time": at(it.when), "what": it.what, "step": it.step, "reason": it.reason,
            "review_due": it.review_due().map(rfc3339),
        })).collect::<Vec<_>>(),
        "rehearsals": view.rehearsals.iter().map(|it| json!({
            "time": at(it.when), "undo": it.undo, "change": it.change, "needs": it.needs,
        })).collect::<Vec<_>>(),
        "refusals": view.refusals.iter().map(|it| json!({
            "time": at(it.when), "guard": it.guard, "message": it.message, "remedy": it.remedy,
        })).collect::<Vec<_>>(),
        "unknown_effects": unknown.collect::<Vec<_>>(),
        "rollback": view.rollback.as_ref().map(|it| json!({
            "time": at(it.started), "cause": it.cause, "steps": it.steps, "left": view.residue,
        })),
        "drill": drill_json(view),
        "steady": view.compared().iter().map(steady).collect::<Vec<_>>(),
        "review": Review::of(view).map(|it| json!({
            "zero": rfc3339(it.zero), "since": it.since, "left_out": it.left_out,
            "rows": it.rows.iter().map(|row| json!({
                "time": rfc3339(row.at), "offset_ms": row.offset_ms, "what": row.what, "who": row.who,
                "outcome": row.outcome,
            })).collect::<Vec<_>>(),
        })),
        "follow_up": follow_up(view).iter().map(|it| json!({
            "what": it.what, "about": it.about, "by_hand": it.by_hand, "step": it.step, "owner": it.owner, "due": it.due,
        })).collect::<Vec<_>>(),
        "interruptions": view.interruptions.iter().map(|it| json!({
            "time": at(it.when), "signal": it.signal, "stopping": it.stopping,
        })).collect::<Vec<_>>(),
        "sessions": view.sessions.iter().map(session).collect::<Vec<_>>(),
        "identities": view.identities.iter().map(|it| json!({
            "time": at(it.when), "why": it.why, "account": it.account, "region": it.region, "arn": it.arn,
            "emulator": it.emulator, "request_id": it.request_id,
        })).collect::<Vec<_>>(),
        "questions": exchanges(&view.exchanges),
        "phases": view.phases_shown().map(|it| phase(view, it)).collect::<Vec<_>>(),
        "journal": annex.journal.as_ref().map(|it| json!({
            "head": it.head, "records": it.records, "tail": it.tail, "not_shown": it.not_shown,
        })),
    })
}

fn steady(it: &Compared<'_>) -> Value {
    let found = |found: &SteadyFound| {
        json!({
            "time": found.when.map(at), "outcome": found.look.outcome, "failure": found.look.failure,
            "reason": found.reason, "outputs": found.look.outputs, "artifacts": found.artifacts,
            "requests": found.requests,
        })
    };
    json!({ "step": it.step, "before": found(it.before), "now": it.now.as_ref().map(found), "change": it.change })
}

fn at(when: Moment) -> String {
    rfc3339(when.at)
}

fn counts(counts: OutcomeCounts) -> Value {
    let OutcomeCounts { passed, warned, failed, skipped, declined, unknown, open } = counts;
    json!({
        "passed": passed, "warned": warned, "failed": failed, "skipped": skipped, "declined": declined,
        "unknown": unknown, "not_run": open,
    })
}

fn session(it: &SessionView) -> Value {
    json!({
        "number": it.number, "started": at(it.started), "spent_ms": it.last.elapsed_ms, "user": it.user,
        "host": it.host, "tool": it.tool, "pid": it.pid, "terminal": it.terminal, "plan": it.plan,
        "back": it.back,
        "end": it.end.as_ref().map(|(end, _)| end), "waits_for": it.end.as_ref().and_then(|(_, waits)| waits.as_ref()),
    })
}

fn phase(view: &RunView, it: &PhaseView) -> Value {
    json!({
        "phase": it.phase, "started": it.started.map(at), "finished": it.finished.map(at),
        "questions": exchanges(&it.exchanges),
        "steps": view.steps_of(it.phase).map(step).collect::<Vec<_>>(),
    })
}

fn step(it: &StepView) -> Value {
    let label = &it.label;
    json!({
        "id": label.id, "title": label.title, "kind": label.kind, "effect": label.effect, "action": label.action,
        "guide": label.guide, "owner": label.owner, "controls": label.controls, "left_out": label.left_out,
        "outcome": it.outcome, "reason": it.reason, "failure": it.failure, "finished": it.finished.map(at),
        "spent_ms": it.spent_ms(), "outputs": it.outputs, "artifacts": it.artifacts, "requests": it.requests,
        "questions": exchanges(&it.exchanges),
        "attempts": it.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

fn exchanges(all: &[ExchangeView]) -> Vec<Value> {
    let one = |it: &ExchangeView| {
        json!({
            "asked": at(it.asked), "question": it.question,
            "answered": it.answer.as_ref().map(|(_, when)| at(*when)),
            "answer": it.answer.as_ref().map(|(answer, _)| answer),
        })
    };
    all.iter().map(one).collect()
}

fn attempt(it: &AttemptView) -> Value {
    json!({
        "number": it.number, "started": at(it.started), "ended": it.ended.map(at), "cut": it.cut,
        "failure": it.failure, "retry_in_ms": it.retry_in_ms,
        "effects": it.effects.iter().map(effect).collect::<Vec<_>>(),
        "items": it.items.iter().map(item).collect::<Vec<_>>(),
        "before": it.captured.as_ref().map(|captured| &captured.before),
        "changes": it.changes.iter().map(change).collect::<Vec<_>>(),
        "holds": strips(it, None).iter().map(hold).collect::<Vec<_>>(),
    })
}

fn effect(it: &EffectView) -> Value {
    json!({
        "n": it.n, "call": it.call, "target": it.target, "account": it.account, "region": it.region,
        "token": it.token, "intended": at(it.intended), "result": it.result.map(|(result, _)| result),
        "settled": it.result.map(|(_, when)| at(when)), "request_id": it.request_id, "detail": it.detail,
    })
}

fn change(it: &ChangeView) -> Value {
    json!({
        "time": at(it.when), "index": it.index, "look": it.look, "values": it.values, "trouble": it.trouble,
        "hold": it.hold, "requests": it.requests,
    })
}

fn hold(it: &Strip) -> Value {
    json!({
        "index": it.index, "length_ms": it.length_ms, "held_ms": it.until_ms, "worst": it.worst(), "strip": it.text(true),
    })
}

fn item(it: &ItemView) -> Value {
    json!({ "index": it.index, "item": it.item, "outcome": it.outcome, "failure": it.failure })
}
