//! What people tell of a drill, line by line: whether a step would work, who would do it, how long it would take; what was
//! seen, and what is to be done about it.

use serde_json::{Map, Value};

use crate::cli::dialog::{Dialog, Stop};
use crate::event::{Ask, Choice, Remark, Walked};

/// What was told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) choice: Choice,
    pub(super) reason: Option<String>,
    pub(super) value: Option<Value>,
}

/// The words of a choice on the menu, where they are not the usual ones.
pub(super) fn said_of(choice: Choice, ask: Ask) -> Option<&'static str> {
    let words = [
        (Ask::Walk, Choice::Yes, "yes: it would work as it is written"),
        (Ask::Walk, Choice::No, "no: it would not work (say why)"),
        (Ask::FollowedUp, Choice::Done, "it is done"),
        (Ask::FollowedUp, Choice::No, "not yet"),
    ];
    words.into_iter().find(|(asked, chosen, _)| (*asked, *chosen) == (ask, choice)).map(|(.., words)| words)
}

/// What belongs to the answer whether a step would work.
pub(super) fn ask_walk(dialog: &mut Dialog<'_>, choice: Choice) -> Result<Told, Stop> {
    let prompt = [(Choice::Gap, "What is missing"), (Choice::No, "Why not")];
    let prompt = prompt.into_iter().find(|(it, _)| *it == choice);
    let reason = prompt.map(|(_, prompt)| needed(dialog, prompt)).transpose()?;
    let span = |typed: &str| if typed.is_empty() { Ok(()) } else { Walked::span(typed).map(drop) };
    let takes = dialog.line("How long would it take (like 10m; empty: not known)", span)?;
    let who = dialog.line("Who would do it (empty: not known)", |_| Ok(()))?;
    Ok(Told { choice, reason, value: value([("takes", takes), ("who", who)]) })
}

/// An observation or a recommendation; an empty line is the end of them.
pub(super) fn ask_remark(dialog: &mut Dialog<'_>, ask: Ask) -> Result<Told, Stop> {
    let (prompt, choice) = if ask == Ask::Recommend {
        ("Recommendation (empty: no more)", Choice::Recommend)
    } else {
        ("Observation (empty: no more)", Choice::Observe)
    };
    let text = dialog.line(prompt, |_| Ok(()))?;
    if text.is_empty() {
        return Ok(Told { choice: Choice::Enough, reason: None, value: None });
    }
    if choice == Choice::Observe {
        return Ok(Told { choice, reason: Some(text), value: None });
    }
    let owner = dialog.line("Who sees to it (empty: nobody yet)", |_| Ok(()))?;
    let day = |typed: &str| if typed.is_empty() { Ok(()) } else { Remark::day(typed).map(drop) };
    let due = dialog.line("By when (like 2026-12-01; empty: not set)", day)?;
    Ok(Told { choice, reason: Some(text), value: value([("owner", owner), ("due", due)]) })
}

fn needed(dialog: &mut Dialog<'_>, prompt: &str) -> Result<String, Stop> {
    dialog.line(
        prompt,
        |typed| if typed.is_empty() { Err("it cannot be empty: it goes on record".to_owned()) } else { Ok(()) },
    )
}

/// What was told of it; none: nothing was.
fn value<const N: usize>(told: [(&str, String); N]) -> Option<Value> {
    let told: Map<String, Value> = told
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), Value::from(text)))
        .collect();
    (!told.is_empty()).then_some(Value::Object(told))
}
