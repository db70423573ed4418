//! What is said before a run or a plan.

use crate::cli::prepare::Prepared;
use crate::cli::screen::Screen;
use crate::report::{Tone, count};
use crate::runbook::StepSpec;
use crate::source::render;
use crate::step::Effect;
use crate::step::kind::StepKind;

/// Warnings of the files, before anything begins, and what this version does not do with the profile.
pub(super) fn warn(prepared: &Prepared, screen: &Screen) {
    let look = screen.surface().look();
    let warnings = prepared.loaded.warnings.len();
    if warnings > 0 && screen.tty().is_some() {
        // Whoever runs it is not who wrote it; what the author should read would push the first question off the screen.
        let text =
            format!("{} about the runbook or its profile: `checkride check` shows them", count(warnings, "warning"));
        screen.say(&[look.paint(Tone::Dim, &text)]);
    } else if warnings > 0 {
        let text = render(&prepared.loaded.warnings, &prepared.loaded.sources, look.color);
        screen.say(&text.lines().map(str::to_owned).collect::<Vec<_>>());
    }
    let Some(profile) = &prepared.loaded.profile else { return };
    let later =
        [("policy.approvals", profile.policy.approvals > 0), ("evidence.sign", profile.evidence.sign.is_some())];
    for (key, _) in later.into_iter().filter(|(_, asked)| *asked) {
        screen.say(&[format!("note: this version does not enforce {key} of profile {} yet", profile.name)]);
    }
    let Some(aws) = profile.aws.as_ref().filter(|aws| !aws.emulator) else { return };
    // Those that only read get the keys of the role that only reads, where the profile names one.
    let own = |step: &&StepSpec| aws.read_role.is_none() || step.effect != Effect::Read;
    let mut steps = prepared.loaded.runbook.steps.iter().filter(own);
    if let (Some(role), true) = (&aws.role_arn, steps.any(|step| matches!(step.kind.read_by(), StepKind::Command(_)))) {
        screen.say(&[format!("note: commands run as the profile's own identity, not as {role}: this version does not hand a role to programs")]);
    }
}
