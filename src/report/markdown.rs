//! The report that one hands to an auditor: the verdict, who did what where and when, every departure, every step with
//! its answers, effects and values. A pure function of the journal, so it can be made again at any time.
//!
//! Nothing from outside is Markdown here: titles, notes, outputs and AWS's words are escaped or stand in a code block.

use std::fmt::Write as _;

use crate::event::{EffectResult, Failure, IdentityReason, Outcome, TargetAccount};
use crate::report::after::{follow_up_list, steady_table, timeline};
use crate::report::annex::Annex;
use crate::report::back::{for_rollback, way_back};
use crate::report::drill::{conclusion_section, drill_section};
use crate::report::failure::{failure_lines, value_text};
use crate::report::guide::guide_markdown;
use crate::report::lines::{answer_origin, deviation_words, review_words};
use crate::report::look::Look;
use crate::report::page::{Page, attachment_words, code, git_code, maybe_code, sight, text, value_code};
use crate::report::plain::plain_lines;
use crate::report::rehearsal::rehearsal;
use crate::report::standing::{Standing, end_words, talked};
use crate::report::strip::strips;
use crate::report::summary::counted;
use crate::report::view::{
    AttemptView, ChangeView, EffectView, ExchangeView, ItemView, RunView, SessionView, StepView,
};
use crate::report::words::{count, duration, look_words, moment};

/// The width of text in code blocks.
const WIDTH: usize = 100;

/// The report.
pub fn render(view: &RunView, annex: &Annex<'_>) -> String {
    let mut page = Page(String::new());
    page.line(&format!("# {}", text(&view.header.titled())));
    page.gap();
    verdict(&mut page, view);
    facts(&mut page, view);
    drill_section(&mut page, view);
    deviations(&mut page, view);
    conclusion_section(&mut page, view);
    rehearsal(&mut page, view);
    unsettled(&mut page, view);
    steady_table(&mut page, view);
    follow_up_list(&mut page, view);
    timeline(&mut page, view);
    step_table(&mut page, view);
    for phase in view.phases_shown() {
        page.heading(2, &format!("Phase: {}", phase.phase));
        exchanges(&mut page, &phase.exchanges);
        for step in view.steps_of(phase.phase) {
            step_section(&mut page, step);
        }
    }
    if !view.exchanges.is_empty() {
        page.heading(2, "Questions about the run");
        exchanges(&mut page, &view.exchanges);
    }
    journal(&mut page, view, annex);
    page.0
}

fn verdict(page: &mut Page, view: &RunView) {
    page.line(&format!("**{}**", text(&Standing::of(view).words())));
    page.gap();
    let counted = if view.header.tabletop { talked(view) } else { counted(view.counts()) };
    page.line(&format!("{counted}; {} on the clock.", duration(view.spent_ms())));
    if let Some(endpoint) = view.emulator() {
        page.gap();
        page.line(&format!("> **EMULATOR: this is no evidence about AWS.** The endpoint was {}.", code(endpoint)));
    }
    if let Some(exchange) = view.open_question() {
        page.gap();
        page.line(&format!(
            "Waits for an answer to {}: {}",
            code(&exchange.question.id),
            text(&exchange.question.title)
        ));
    }
}

fn facts(page: &mut Page, view: &RunView) {
    let header = &view.header;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![name.to_owned(), value]);
        }
    };
    fact("Run", code(header.run.as_str()));
    fact("Runbook", code(&header.runbook));
    let tier = header.tier.as_ref().map(|tier| format!(", tier {}", text(tier))).unwrap_or_default();
    fact("Profile", header.profile.as_ref().map(|profile| format!("{}{tier}", code(profile))).unwrap_or_default());
    fact("Target", maybe_code(header.verified_target()));
    if let Some(TargetAccount { account, region, caller, emulator: _ }) = &header.target {
        fact("Account", code(account));
        fact("Region", code(region));
        fact("Caller", maybe_code(caller.as_deref()));
    }
    fact("Operator", format!("{} on {}", code(&header.user), code(&header.host)));
    fact("Started", code(&header.started));
    fact("Last record", view.last.map(|last| code(&moment(last.at))).unwrap_or_default());
    fact("Change", maybe_code(header.change.as_deref()));
    fact("Reason", header.reason.as_deref().map(text).unwrap_or_default());
    fact("Git", header.git.as_ref().map(git_code).unwrap_or_default());
    fact("Plan", code(&header.plan));
    fact("Tool", code(&header.tool));
    page.gap();
    page.table(&["Fact", "Value"], &rows);
}

fn deviations(page: &mut Page, view: &RunView) {
    page.heading(2, "Deviations");
    if view.deviations.is_empty() {
        page.line("None.");
        return;
    }
    for deviation in &view.deviations {
        let words = deviation_words(deviation.what, deviation.step.as_ref(), &deviation.reason);
        let due = review_words(deviation).unwrap_or_default();
        page.line(&format!("- {} {}", code(&moment(deviation.when.at)), text(&format!("{words}{due}"))));
    }
}

fn unsettled(page: &mut Page, view: &RunView) {
    let mut rows = Vec::new();
    for step in view.steps_shown() {
        for (attempt, effect) in step.unknown_effects() {
            rows.push(vec![
                code(step.label.id.as_str()),
                format!("{}.{}", attempt.number, effect.n),
                code(&effect.call),
                code(&effect.target),
                code(&moment(effect.intended.at)),
            ]);
        }
    }
    if !rows.is_empty() {
        page.heading(2, "Effects that may have happened");
        page.line("Nobody knows whether these took place. A probe or a person must settle them.");
        page.gap();
        page.table(&["Step", "Effect", "Call", "Target", "Intended"], &rows);
    }
}

fn step_table(page: &mut Page, view: &RunView) {
    page.heading(2, "Steps");
    let mut rows = Vec::new();
    for (at, step) in view.steps_shown().enumerate() {
        rows.push(vec![
            (at + 1).to_string(),
            step.label.phase.to_string(),
            format!("{} {}", code(step.label.id.as_str()), text(&step.label.title)),
            ended(step).to_owned(),
            step.spent_ms().map(duration).unwrap_or_default(),
        ]);
    }
    page.table(&["#", "Phase", "Step", "Outcome", "Time"], &rows);
}

/// How a step ended, or what people say of it.
fn ended(step: &StepView) -> &'static str {
    let walked = step.walked.as_ref().map_or("not run", |walked| walked.works.as_str());
    step.outcome.map_or(walked, Outcome::as_str)
}

fn step_section(page: &mut Page, step: &StepView) {
    let label = &step.label;
    let outcome = ended(step);
    page.heading(3, &format!("{} – {outcome}", text(&label.title)));
    let kind = if label.kind.is_empty() { String::new() } else { format!(", kind {}", code(&label.kind)) };
    let mut facts = vec![format!("Step {}{kind}", code(label.id.as_str()))];
    if let (Some(first), Some(finished)) = (step.attempts.first(), step.finished) {
        let spent = step.spent_ms().map(duration).unwrap_or_default();
        let (from, to) = (code(&moment(first.started.at)), code(&moment(finished.at)));
        facts.push(format!("from {from} to {to} ({spent} in {})", count(step.attempts.len(), "attempt")));
    }
    facts.extend(label.owner.iter().map(|owner| format!("owner {}", text(owner))));
    if !label.controls.is_empty() {
        let controls: Vec<_> = label.controls.iter().map(|control| code(control)).collect();
        facts.push(format!("controls {}", controls.join(", ")));
    }
    page.line(&format!("{}.", facts.join("; ")));
    if let Some(action) = &label.action {
        page.gap();
        page.line(&format!("Does: {}", code(action)));
    }
    if let Some(reason) = &step.reason {
        page.gap();
        page.line(&format!("Reason: {}", text(reason)));
    }
    if let Some(guide) = &label.guide {
        page.gap();
        page.line("The runbook's guide:");
        page.gap();
        page.0.push_str(&quoted(&guide_markdown(guide)));
    }
    exchanges(page, &step.exchanges);
    for attempt in &step.attempts {
        attempt_part(page, attempt, step);
    }
    let said = step.attempts.iter().any(|attempt| attempt.failure == step.failure);
    if let Some(failure) = step.failure.as_ref().filter(|_| !said) {
        failure_part(page, "Why it did not pass:", failure);
    }
    if !step.outputs.is_empty() {
        let rows: Vec<_> = step.outputs.iter().map(|(name, value)| vec![code(name), value_code(value)]).collect();
        page.gap();
        page.table(&["Output", "Value"], &rows);
    }
    if !step.artifacts.is_empty() {
        let rows: Vec<_> = step
            .artifacts
            .iter()
            .map(|it| vec![text(&it.name), code(&it.digest), it.bytes.to_string(), code(&it.media)])
            .collect();
        page.gap();
        page.table(&["Artifact", "Digest", "Bytes", "Type"], &rows);
    }
    if !step.requests.is_empty() {
        let ids: Vec<String> = step.requests.iter().map(|id| code(id)).collect();
        page.gap();
        page.line(&format!("AWS request ids: {}", ids.join(", ")));
    }
}

/// Each line behind a mark of quotation, so that it is seen where the author's words end.
fn quoted(lines: &str) -> String {
    lines.lines().fold(String::new(), |text, line| text + format!("> {line}").trim_end() + "\n")
}

fn attempt_part(page: &mut Page, attempt: &AttemptView, step: &StepView) {
    if attempt.cut {
        page.gap();
        page.line(&format!("Attempt {} was under way when its session ended.", attempt.number));
    }
    if !attempt.effects.is_empty() {
        let row = |effect: &EffectView| {
            let (result, settled) = match effect.result {
                None => ("not known", String::new()),
                Some((result, when)) => {
                    let word = match result {
                        EffectResult::Done => "done",
                        EffectResult::Refused => "refused",
                        EffectResult::UnderWay => "still under way",
                        EffectResult::Unknown => "not known",
                    };
                    (word, code(&moment(when.at)))
                }
            };
            let place = [effect.account.as_deref(), effect.region.as_deref()];
            let place: Vec<_> = place.into_iter().flatten().map(code).collect();
            vec![
                format!("{}.{}", attempt.number, effect.n),
                code(&effect.call),
                code(&effect.target),
                place.join(" "),
                result.to_owned(),
                code(&moment(effect.intended.at)),
                settled,
                maybe_code(effect.request_id.as_deref()),
                maybe_code(effect.token.as_deref()),
                effect.detail.as_deref().map(text).unwrap_or_default(),
            ]
        };
        let rows: Vec<_> = attempt.effects.iter().map(row).collect();
        page.gap();
        page.table(
            &["Effect", "Call", "Target", "Where", "Result", "Intended", "Settled", "Request id", "Token", "Detail"],
            &rows,
        );
    }
    if let Some(captured) = &attempt.captured {
        page.gap();
        page.line(&format!("What was there before: {}", code(&value_text(&captured.before))));
    }
    if !attempt.items.is_empty() {
        let row = |item: &ItemView| {
            let why = item.failure.as_ref().map(|failure| text(&failure.message)).unwrap_or_default();
            vec![item.index.to_string(), value_code(&item.item), item.outcome.to_string(), why]
        };
        let rows: Vec<_> = attempt.items.iter().map(row).collect();
        page.gap();
        page.table(&["Item", "Value", "Outcome", "Why"], &rows);
    }
    if !attempt.changes.is_empty() {
        let row = |change: &ChangeView| {
            let ids: Vec<String> = change.requests.iter().map(|id| code(id)).collect();
            vec![look_words(change), code(&moment(change.when.at)), sight(change), ids.join(" ")]
        };
        let rows: Vec<_> = attempt.changes.iter().map(row).collect();
        page.gap();
        page.table(&["Look", "At", "Showed", "Request ids"], &rows);
    }
    for hold in strips(attempt, None) {
        page.gap();
        page.line(&format!("{} {}", code(&hold.text(true)), text(&hold.words())));
    }
    if let Some(failure) = &attempt.failure {
        let many = step.attempts.len() > 1;
        let title = if many { format!("Attempt {} failed:", attempt.number) } else { "It failed:".to_owned() };
        failure_part(page, &title, failure);
    }
}

fn failure_part(page: &mut Page, title: &str, failure: &Failure) {
    page.gap();
    page.line(title);
    page.gap();
    page.fence(&failure_lines(failure, Look { color: false, unicode: true }, WIDTH));
}

fn exchanges(page: &mut Page, exchanges: &[ExchangeView]) {
    for exchange in exchanges {
        let question = &exchange.question;
        page.gap();
        page.line(&format!(
            "- Asked {} at {}: {}",
            code(&question.id),
            code(&moment(exchange.asked.at)),
            text(&question.title)
        ));
        if let Some(shown) = &question.shown {
            page.line(&format!("  - Shown, and bound to the answer: {}", code(shown)));
        }
        let Some((answer, when)) = &exchange.answer else {
            page.line("  - Not answered.");
            continue;
        };
        let mut words =
            format!("  - **{}** at {}, {}", answer.choice, code(&moment(when.at)), text(&answer_origin(answer)));
        if let Some(reason) = &answer.reason {
            write!(words, ": {}", text(reason)).expect("writing to a string does not fail");
        }
        page.line(&words);
        if let Some(value) = &answer.value {
            page.line(&format!("  - Value: {}", value_code(value)));
        }
        for attachment in &answer.evidence {
            page.line(&format!("  - Evidence: {}", attachment_words(attachment)));
        }
        if !question.body.is_empty() {
            page.gap();
            let body: Vec<_> = question.body.iter().flat_map(|line| plain_lines(line)).collect();
            page.fence(&body);
        }
    }
}

fn journal(page: &mut Page, view: &RunView, annex: &Annex<'_>) {
    page.heading(2, "Sessions and journal");
    let row = |session: &SessionView| {
        let end = match &session.end {
            Some((end, Some(waits))) => format!("{}; waits for {}", end_words(*end), code(waits)),
            Some((end, None)) => end_words(*end).to_owned(),
            None => "no end on record".to_owned(),
        };
        let end = for_rollback(session, end);
        vec![
            session.number.to_string(),
            code(&moment(session.started.at)),
            duration(session.last.elapsed_ms),
            format!("{} on {}", code(&session.user), code(&session.host)),
            if session.terminal { "yes" } else { "no" }.to_owned(),
            code(&session.plan),
            end,
        ]
    };
    let rows: Vec<_> = view.sessions.iter().map(row).collect();
    page.table(&["Session", "Started", "Time", "Who", "Terminal", "Plan", "End"], &rows);
    if !view.identities.is_empty() {
        page.gap();
        let rows: Vec<_> = view
            .identities
            .iter()
            .map(|it| {
                let why = match it.why {
                    IdentityReason::Start => "start",
                    IdentityReason::Resume => "resume",
                    IdentityReason::Credentials => "new credentials",
                };
                let request = maybe_code(it.request_id.as_deref());
                vec![
                    code(&moment(it.when.at)),
                    why.to_owned(),
                    code(&it.account),
                    code(&it.region),
                    code(&it.arn),
                    request,
                ]
            })
            .collect();
        page.table(&["Identity verified", "Why", "Account", "Region", "Caller", "Request id"], &rows);
    }
    for refusal in &view.refusals {
        page.gap();
        let (guard, when) = (code(&refusal.guard), code(&moment(refusal.when.at)));
        page.line(&format!("- Refused by the {guard} guard at {when}: {}", text(&refusal.message)));
    }
    for interruption in &view.interruptions {
        page.gap();
        let what = if interruption.stopping { "the running step was stopped" } else { "no further step began" };
        page.line(&format!("- {} at {}: {what}.", code(&interruption.signal), code(&moment(interruption.when.at))));
    }
    way_back(page, view);
    if let Some(last) = view.last {
        page.gap();
        page.line(&format!("The last record is number {}; each names the digest of the one before it.", last.seq));
    }
    if let Some(journal) = &annex.journal {
        page.line(&format!("The digest of the last is {}: it stands for all of them.", code(&journal.head)));
        if let Some(tail) = &journal.tail {
            page.gap();
            page.line(&format!("Set aside: {}.", text(tail)));
        }
        if !journal.not_shown.is_empty() {
            let kinds: Vec<_> = journal.not_shown.iter().map(|kind| code(kind)).collect();
            page.gap();
            page.line(&format!("Not shown, because this version does not know them: {}.", kinds.join(", ")));
        }
    }
}
