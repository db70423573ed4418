//! A step on the page, with all that is on record about it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::event::{ArtifactRef, Attachment, EffectResult, Outcome};
use crate::report::annex::Annex;
use crate::report::excerpt::{Excerpt, ExcerptLimit, grouped};
use crate::report::failure::{value_text, value_words};
use crate::report::guide::{Block, parse};
use crate::report::html::exchange::ExchangePart;
use crate::report::html::failure::FailurePart;
use crate::report::html::status::Status;
use crate::report::standing::is_bad;
use crate::report::strip::strips;
use crate::report::view::{AttemptView, ChangeView, EffectView, ItemView, RunView, StepView};
use crate::report::words::{count, duration, effect_words, look_words, moment};

/// All excerpts of a page together have at most so many bytes. Beyond it artifacts are named and linked only.
const EXCERPTS_MAX: usize = 4 * 1024 * 1024;

/// An output of so few lines is shown at once.
const UNFOLDED: usize = 8;

/// A step, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StepPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) effect: Option<String>,
    pub(super) status: Status,
    pub(super) took: Option<String>,
    pub(super) span: Option<(String, String)>,
    pub(super) attempts_words: String,
    pub(super) owner: Option<String>,
    pub(super) controls: Vec<String>,
    pub(super) action: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) failure: Option<FailurePart>,
    pub(super) exchanges: Vec<ExchangePart>,
    pub(super) attempts: Vec<AttemptPart>,
    pub(super) outputs: Vec<(String, String)>,
    pub(super) artifacts: Vec<ArtifactPart>,
    pub(super) requests: Vec<String>,
    pub(super) guide: Vec<Block>,
    /// Somebody will want to see everything at once.
    pub(super) unfolded: bool,
}

/// An attempt, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AttemptPart {
    /// `Attempt 2 of 3`; none when there is but one, about which there is nothing to say.
    pub(super) title: Option<String>,
    pub(super) when: String,
    pub(super) cut: bool,
    pub(super) effects: Vec<EffectPart>,
    pub(super) items: Vec<ItemPart>,
    pub(super) changes: Vec<ChangePart>,
    pub(super) before: Option<String>,
    /// The strips of its holds, each with its words.
    pub(super) holds: Vec<(String, String)>,
    /// Its failure, unless it is the step's own.
    pub(super) failure: Option<FailurePart>,
    pub(super) retry: Option<String>,
}

/// An effect, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EffectPart {
    pub(super) number: String,
    pub(super) words: String,
    pub(super) status: Status,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) intended: String,
    pub(super) settled: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) token: Option<String>,
    pub(super) detail: Option<String>,
}

/// An item of a `for_each`, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ItemPart {
    pub(super) index: u32,
    pub(super) item: String,
    pub(super) status: Status,
    pub(super) failure: Option<FailurePart>,
}

/// A look of a `wait` that showed something new, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChangePart {
    /// `3`, or `3 of item 0`.
    pub(super) look: String,
    pub(super) at: String,
    pub(super) values: Vec<(String, String)>,
    pub(super) trouble: Option<String>,
    pub(super) requests: Vec<String>,
}

/// An artifact, for the templates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ArtifactPart {
    pub(super) name: String,
    pub(super) media: String,
    pub(super) size: String,
    pub(super) digest: String,
    /// The artifact's own name, when a link to it can be given.
    pub(super) link: Option<String>,
    /// Why there is no text of it.
    pub(super) note: Option<&'static str>,
    pub(super) altered: bool,
    pub(super) head: Vec<String>,
    pub(super) left_out: Option<String>,
    pub(super) tail: Vec<String>,
    pub(super) unfolded: bool,
}

/// The excerpts of a run's artifacts: those of steps that did not pass come first, and have the most room.
pub(super) struct Artifacts<'a> {
    excerpts: BTreeMap<String, Option<Excerpt>>,
    unfolded: bool,
    linked: bool,
    annex: &'a Annex<'a>,
}

impl<'a> Artifacts<'a> {
    pub(super) fn gather(view: &RunView, annex: &'a Annex<'a>) -> Self {
        let mut all = Self { excerpts: BTreeMap::new(), unfolded: false, linked: annex.beside_artifacts, annex };
        let mut room = EXCERPTS_MAX;
        for (bad, limit) in [(true, ExcerptLimit::LONG), (false, ExcerptLimit::SHORT)] {
            for step in view.steps.iter().filter(|step| is_bad(step) == bad) {
                for digest in digests(step) {
                    all.take(digest, limit, &mut room);
                }
            }
        }
        for exchange in view.questions() {
            for attachment in exchange.answer.iter().flat_map(|(answer, _)| &answer.evidence) {
                if let Attachment::File { artifact: Some(artifact), .. } = attachment {
                    all.take(&artifact.digest, ExcerptLimit::SHORT, &mut room);
                }
            }
        }
        all
    }

    fn take(&mut self, digest: &str, limit: ExcerptLimit, room: &mut usize) {
        if *room > 0 && !self.excerpts.contains_key(digest) {
            let excerpt = self.annex.texts.excerpt(digest, limit);
            let lines = excerpt.iter().flat_map(|excerpt| excerpt.head.iter().chain(&excerpt.tail));
            *room = room.saturating_sub(lines.map(|line| line.len() + 1).sum());
            self.excerpts.insert(digest.to_owned(), excerpt);
        }
    }

    pub(super) fn part(&self, artifact: &ArtifactRef) -> ArtifactPart {
        let found = self.excerpts.get(&artifact.digest);
        let excerpt = found.cloned().flatten();
        let note = match (&excerpt, found) {
            (Some(excerpt), _) if excerpt.binary => Some("it is no text"),
            (None, Some(None)) if self.linked => Some("the file is not there, or cannot be read"),
            (None, None) if self.linked => Some("its text is left out, because this page holds enough"),
            (Some(_) | None, _) => None,
        };
        // A file without an ending that begins like a page is a page to some browsers, and they would run it.
        let safe = excerpt.as_ref().is_some_and(|excerpt| !excerpt.like_a_page);
        let link =
            (self.linked && is_name(&artifact.digest) && (safe || found.is_none())).then(|| artifact.digest.clone());
        let excerpt = excerpt.unwrap_or_else(|| Excerpt::of_whole(b"", ExcerptLimit::SHORT));
        let left_out = excerpt.left_out.to_string();
        let lines = excerpt.head.len() + excerpt.tail.len();
        ArtifactPart {
            name: artifact.name.clone(),
            media: artifact.media.clone(),
            size: if artifact.bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", grouped(artifact.bytes)) },
            digest: artifact.digest.clone(),
            link,
            note,
            altered: excerpt.altered,
            head: excerpt.head,
            left_out: (!left_out.is_empty()).then_some(left_out),
            tail: excerpt.tail,
            unfolded: self.unfolded || lines <= UNFOLDED,
        }
    }
}

fn digests(step: &StepView) -> impl Iterator<Item = &str> {
    let evidence = step.exchanges.iter().filter_map(|exchange| exchange.answer.as_ref());
    let evidence = evidence.flat_map(|(answer, _)| &answer.evidence).filter_map(|attachment| match attachment {
        Attachment::File { artifact: Some(artifact), .. } => Some(artifact.digest.as_str()),
        Attachment::File { artifact: None, .. } | Attachment::Note { .. } | Attachment::Url { .. } => None,
    });
    step.artifacts.iter().map(|artifact| artifact.digest.as_str()).chain(evidence)
}

/// Whether it is the name of an artifact, and no other path.
fn is_name(digest: &str) -> bool {
    digest
        .strip_prefix("sha256-")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl StepPart {
    pub(super) fn of(step: &StepView, artifacts: &mut Artifacts<'_>) -> Self {
        let label = &step.label;
        let unfolded = is_bad(step);
        artifacts.unfolded = unfolded;
        let many = step.attempts.len() > 1;
        let span = step.attempts.first().map(|first| first.started).zip(step.finished);
        Self {
            id: label.id.to_string(),
            title: label.title.clone(),
            kind: label.kind.clone(),
            effect: label.effect.clone().filter(|effect| effect != "none"),
            status: Status::of_step(step),
            took: step.spent_ms().map(duration),
            span: span.map(|(from, to)| (moment(from.at), moment(to.at))),
            attempts_words: if many { format!("in {}", count(step.attempts.len(), "attempt")) } else { String::new() },
            owner: label.owner.clone(),
            controls: label.controls.clone(),
            action: label.action.clone(),
            reason: reason(step),
            failure: step.failure.as_ref().map(FailurePart::of),
            exchanges: ExchangePart::all(&step.exchanges, &label.title, artifacts),
            attempts: step.attempts.iter().map(|attempt| AttemptPart::of(attempt, step)).collect(),
            outputs: step.outputs.iter().map(|(name, value)| (name.clone(), value_words(value))).collect(),
            artifacts: step.artifacts.iter().map(|artifact| artifacts.part(artifact)).collect(),
            requests: step.requests.clone(),
            guide: label.guide.as_deref().map(parse).unwrap_or_default(),
            unfolded,
        }
    }
}

/// What there is to say about a step, unless a person said it, and stands there with it.
fn reason(step: &StepView) -> Option<String> {
    let said = |reason: &&String| {
        let mut answers = step.exchanges.iter().filter_map(|exchange| exchange.answer.as_ref());
        answers.any(|(answer, _)| answer.reason.as_ref() == Some(*reason))
    };
    let left_out = step.label.left_out.as_ref().filter(|_| step.outcome.is_none());
    step.reason.as_ref().filter(|reason| !said(reason)).or(left_out).cloned()
}

impl AttemptPart {
    fn of(attempt: &AttemptView, step: &StepView) -> Self {
        let of = step.attempts.len();
        let title = (of > 1 || attempt.cut).then(|| format!("Attempt {} of {of}", attempt.number));
        let took = attempt.ended.and_then(|ended| attempt.started.until(ended)).map(duration);
        let took = took.map(|took| format!(", {took}")).unwrap_or_default();
        let own = attempt.failure.as_ref().filter(|failure| step.failure.as_ref() != Some(failure));
        Self {
            title,
            when: format!("{}{took}", moment(attempt.started.at)),
            cut: attempt.cut,
            effects: attempt.effects.iter().map(|effect| EffectPart::of(effect, attempt.number)).collect(),
            items: attempt.items.iter().map(ItemPart::of).collect(),
            changes: attempt.changes.iter().map(ChangePart::of).collect(),
            before: attempt.captured.as_ref().map(|captured| value_text(&captured.before)),
            holds: strips(attempt, None).iter().map(|hold| (hold.text(true), hold.words())).collect(),
            failure: own.map(FailurePart::of),
            retry: attempt.retry_in_ms.map(duration),
        }
    }

    /// Whether there is anything to show of it.
    pub(super) fn says_something(&self) -> bool {
        let tells =
            !self.effects.is_empty() || !self.items.is_empty() || !self.changes.is_empty() || self.before.is_some();
        tells || self.title.is_some() || self.failure.is_some()
    }
}

impl EffectPart {
    pub(super) fn of(effect: &EffectView, attempt: u32) -> Self {
        let (outcome, result) = match effect.result {
            Some((EffectResult::Done, _)) => (Outcome::Passed, "done"),
            Some((EffectResult::Refused, _)) => (Outcome::Skipped, "had no effect"),
            Some((EffectResult::UnderWay, _)) => (Outcome::Unknown, "still under way"),
            Some((EffectResult::Unknown, _)) | None => (Outcome::Unknown, "may have happened"),
        };
        Self {
            number: format!("{attempt}.{}", effect.n),
            words: if effect.call == "command" {
                effect.target.clone()
            } else {
                effect_words(&effect.call, &effect.target)
            },
            status: Status { word: result, ..Status::of(Some(outcome)) },
            account: effect.account.clone(),
            region: effect.region.clone(),
            intended: moment(effect.intended.at),
            settled: effect.result.map(|(_, when)| moment(when.at)),
            request_id: effect.request_id.clone(),
            token: effect.token.clone(),
            detail: effect.detail.clone(),
        }
    }
}

impl ChangePart {
    fn of(change: &ChangeView) -> Self {
        let value = |(path, value): &(String, Value)| (path.clone(), value_text(value));
        Self {
            look: look_words(change),
            at: moment(change.when.at),
            values: change.values.iter().map(value).collect(),
            trouble: change.trouble.clone(),
            requests: change.requests.clone(),
        }
    }
}

impl ItemPart {
    fn of(item: &ItemView) -> Self {
        Self {
            index: item.index,
            item: value_words(&item.item),
            status: Status::of(Some(item.outcome)),
            failure: item.failure.as_ref().map(FailurePart::of),
        }
    }
}
