//! A question and its answer on the page: what was shown, who answered, from where, after how long, and what was attached.

use crate::event::{AnswerSource, Attachment};
use crate::report::failure::value_words;
use crate::report::html::step::{ArtifactPart, Artifacts};
use crate::report::view::ExchangeView;
use crate::report::words::{duration, moment};

/// A question, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExchangePart {
    pub(super) id: String,
    /// None, where it is the step's own, which stands above.
    pub(super) title: Option<String>,
    pub(super) asked: String,
    pub(super) body: Vec<String>,
    pub(super) detail: Vec<String>,
    /// The digest that the answer is bound to.
    pub(super) shown: Option<String>,
    /// What had to be typed in full.
    pub(super) typed: Option<String>,
    pub(super) answer: Option<AnswerPart>,
}

/// An answer, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AnswerPart {
    pub(super) choice: &'static str,
    /// Nobody was asked.
    pub(super) by_policy: bool,
    pub(super) by: String,
    pub(super) from: String,
    pub(super) at: String,
    /// How long the question stood, within one session.
    pub(super) after: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) value: Option<String>,
    pub(super) evidence: Vec<EvidencePart>,
}

/// Something attached, for the templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EvidencePart {
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) file: Option<ArtifactPart>,
}

impl ExchangePart {
    /// The questions under a title.
    pub(super) fn all(exchanges: &[ExchangeView], under: &str, artifacts: &Artifacts<'_>) -> Vec<Self> {
        exchanges.iter().map(|exchange| Self::of(exchange, under, artifacts)).collect()
    }

    fn of(exchange: &ExchangeView, under: &str, artifacts: &Artifacts<'_>) -> Self {
        let question = &exchange.question;
        let answer = exchange.answer.as_ref().map(|(answer, when)| {
            let from = match &answer.from {
                AnswerSource::Terminal { tty } => format!("at {tty}"),
                AnswerSource::File { path } => format!("from the answers file {path}"),
                AnswerSource::Policy => "by policy: nobody is asked".to_owned(),
            };
            let asked = answer.from != AnswerSource::Policy;
            AnswerPart {
                choice: answer.choice.as_str(),
                by_policy: !asked,
                by: answer.by.clone(),
                from,
                at: moment(when.at),
                after: exchange.asked.until(*when).filter(|_| asked).map(duration),
                reason: answer.reason.clone(),
                value: answer.value.as_ref().map(value_words),
                evidence: answer.evidence.iter().map(|it| EvidencePart::of(it, artifacts)).collect(),
            }
        });
        Self {
            id: question.id.clone(),
            title: Some(question.title.clone()).filter(|title| title != under),
            asked: moment(exchange.asked.at),
            body: divided(&question.body),
            detail: divided(&question.detail),
            shown: question.shown.clone(),
            typed: question.typed.clone(),
            answer,
        }
    }
}

impl EvidencePart {
    fn of(attachment: &Attachment, artifacts: &Artifacts<'_>) -> Self {
        match attachment {
            Attachment::Note { text } => Self { kind: "note", text: text.clone(), file: None },
            Attachment::Url { url } => Self { kind: "link", text: url.clone(), file: None },
            Attachment::File { path, artifact } => {
                let file = artifact.as_ref().map(|artifact| artifacts.part(artifact));
                Self { kind: "file", text: path.clone(), file }
            }
        }
    }
}

/// Line by line, also where one piece holds several.
fn divided(pieces: &[String]) -> Vec<String> {
    pieces
        .iter()
        .flat_map(|piece| if piece.is_empty() { vec![""] } else { piece.lines().collect() })
        .map(str::to_owned)
        .collect()
}
