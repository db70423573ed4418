//! A profile without AWS for a runbook that needs it.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Span};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB046"),
        name: "profile-without-aws",
        meaning: "The runbook has a step that calls AWS (`stack`, `aws`, `check`, `bake`, a `wait` on `aws`), or an expression that uses `aws.…`, and the profile has no `[aws]`.",
        why: "Every call is pinned to the account and region of the profile. Without them nothing may be called.",
        wrong: "# profiles/dev.toml\n[profile]\ntitle = \"Development\"\ntier = \"development\"",
        right: "# profiles/dev.toml\n[profile]\ntitle = \"Development\"\ntier = \"development\"\n\n[aws]\naccount = \"123456789012\"\nregion = \"eu-central-1\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let Some(profile) = context.profile.filter(|profile| profile.aws.is_none()) else { return };
    let step = context.steps().iter().find(|step| match step.kind.read_by() {
        StepKind::Stack(_)
        | StepKind::StackRestore(_)
        | StepKind::Aws(_)
        | StepKind::AwsRestore(_)
        | StepKind::S3Restore(_)
        | StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_)
        | StepKind::Check(_)
        | StepKind::Bake(_) => true,
        StepKind::Confirm(_)
        | StepKind::Input(_)
        | StepKind::Command(_)
        | StepKind::File(_)
        | StepKind::Http(_)
        | StepKind::Wait(_) => false,
    });
    let name = context.uses().find(|(_, at, _)| at.reference.root == "aws");
    let (place, label) = match (step, name) {
        (Some(step), _) => (step.id.span, "this step calls AWS"),
        (None, Some((_, at, _))) => (context.place(at), "this needs it"),
        (None, None) => return,
    };
    diagnostics.push(
        Diagnostic::error(RULE.doc.code, format!("profile `{}` has no `[aws]`", profile.name))
            .at(Span::new(profile.source, 0, 0), "")
            .related(place, label)
            .help("add `[aws]` with `account` and `region`"),
    );
}
