//! A verification that verifies nothing.

use crate::id::Phase;
use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::{Parse, StepKind};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB071"),
        name: "verify-without-expectation",
        meaning: "A step of `verify` reads something and expects nothing of it: a `file`, the `aws` CLI, or a command whose output is parsed, with no `expect`. A command that decides by its exit code (a test, `curl --fail`) needs none. A warning.",
        why: "`aws … describe-…` exits 0 whatever it finds. Such a check is green on the day it matters.",
        wrong: "[[verify]]\nid = \"pitr\"\nkind = \"command\"\neffect = \"read\"\nparse = \"json\"\nrun = [\"aws\", \"dynamodb\", \"describe-continuous-backups\", \"--table-name\", \"t\"]",
        right: "[[verify]]\nid = \"pitr\"\nkind = \"command\"\neffect = \"read\"\nparse = \"json\"\nrun = [\"aws\", \"dynamodb\", \"describe-continuous-backups\", \"--table-name\", \"t\"]\nexpect = [\"out.json.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == 'ENABLED'\"]",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps().iter().filter(|step| step.phase == Phase::Verify && step.expect.is_empty()) {
        let needs_one = match &step.kind {
            StepKind::Command(command) => {
                let program = command.run.as_ref().and_then(|run| run.first()).and_then(|program| program.literal());
                command.output != Parse::Text || program == Some("aws")
            }
            StepKind::File(_) | StepKind::Aws(_) => true,
            // A request whose status is an error never passes, whatever is expected of it; a wait needs what it waits for, and
            // a check has its own expectations.
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_) => false,
        };
        if needs_one && !context.runbook.broken.steps.contains(step.id.value.as_str()) {
            diagnostics.push(
                Diagnostic::warning(RULE.doc.code, format!("verification `{}` expects nothing", step.id.value))
                    .at(step.id.span, "passes whatever it finds")
                    .help("say what must hold: `expect = [\"…\"]`"),
            );
        }
    }
}
