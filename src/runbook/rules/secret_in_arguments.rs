//! A secret among a program's arguments.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::{Command, StepKind};
use crate::value::Template;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB075"),
        name: "secret-in-arguments",
        meaning: "A secret input, or an output that is declared `sensitive`, is passed to a program as an argument. A warning.",
        why: "Every user of the machine can read the arguments of every process. checkride cuts secrets from what it shows and keeps, but `ps` does not.",
        wrong: "run = [\"psql\", \"--password\", \"${input.db_password}\"]",
        right: "run = [\"psql\"]\nenv = { PGPASSWORD = \"${input.db_password}\" }",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let own = match step.kind.read_by() {
            StepKind::Command(command) => Some(command),
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::File(_)
            | StepKind::Http(_)
            | StepKind::Stack(_)
            | StepKind::StackRestore(_)
            | StepKind::Aws(_)
            | StepKind::AwsRestore(_)
            | StepKind::S3Restore(_)
            | StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_)
            | StepKind::Wait(_)
            | StepKind::Check(_)
            | StepKind::Bake(_) => None,
        };
        let commands = own.into_iter().chain(step.probe.as_ref().map(|probe| &probe.command));
        for argument in commands.flat_map(arguments) {
            for at in argument.refs() {
                if context.is_secret(at.reference) {
                    diagnostics.push(
                        Diagnostic::warning(RULE.doc.code, "a secret is passed as an argument")
                            .at(context.place(at), "every process on the machine can see it")
                            .help("pass it by `env` or `stdin`"),
                    );
                }
            }
        }
    }
}

fn arguments(command: &Command) -> &[Template] {
    command.run.as_deref().unwrap_or_default()
}
