//! What is on record of a run whose journal could not be written any more: the last thing that a person learns of it here.

use std::error::Error;

use crate::event::{EffectResult, RunState, StepStatus};
use crate::journal::{RunFolder, read};

/// The lines that say why nothing more is done, what is on the disk, and where each step that was begun stands.
pub(super) fn standing(folder: &RunFolder, error: &dyn Error) -> Vec<String> {
    let mut why = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        why = format!("{why}: {cause}");
        next = cause.source();
    }
    let mut lines = vec![format!("{why}; nothing more was begun")];
    let Ok(journal) = read(&folder.journal()) else {
        lines.push("the journal cannot be read either: what it holds is not known".to_owned());
        return lines;
    };
    // What was written and never synced may be gone tomorrow: it is not told as if it were there.
    let sure = journal.mark.as_ref().map_or(0, |mark| mark.seq);
    let (mut state, mut seen) = (RunState::default(), RunState::default());
    for event in journal.records.iter().filter_map(|record| record.event.as_ref().ok()) {
        let applied =
            if event.seq <= sure { state.apply(event).and_then(|()| seen.apply(event)) } else { seen.apply(event) };
        if applied.is_err() {
            break;
        }
    }
    lines.push(match sure {
        0 => "no record is surely on the disk but the run's header".to_owned(),
        1 => "surely on the disk: record 1".to_owned(),
        more => format!("surely on the disk: records 1 to {more}"),
    });
    for (id, begun) in &seen.steps {
        let step = state.step(id);
        let is_open = |status| match status {
            StepStatus::Running | StepStatus::Behind | StepStatus::AttemptFailed | StepStatus::Interrupted => true,
            StepStatus::Pending | StepStatus::Finished(_) => false,
        };
        if step.outcome().is_some() || !(is_open(step.status) || is_open(begun.status)) {
            continue;
        }
        let effects: Vec<_> = step.effects.iter().filter(|effect| effect.attempt == step.attempt).collect();
        if effects.is_empty() {
            lines.push(format!("`{id}` was begun; no intent of an effect is surely on record, so none was made"));
        }
        for effect in effects {
            let what = if effect.call == "command" { &effect.target } else { &effect.call };
            let stands = match effect.result {
                None => "was intended, and whether it happened is not on record",
                Some(EffectResult::Done) => "happened, and what came of it is not on record",
                Some(EffectResult::Refused) => "did not happen",
                Some(EffectResult::UnderWay) => "was still happening when this session began",
                Some(EffectResult::Unknown) => "may have happened",
            };
            lines.push(format!("`{id}`: `{what}` {stands}"));
        }
    }
    lines
}
