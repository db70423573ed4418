//! `${input.x}` in a shell script.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, Located};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB040"),
        name: "interpolation-in-shell",
        meaning: "`shell` holds `${input.`, `${step.`, `${aws.`, `${env.`, `${run.` or `${item`. Nothing in `shell` is replaced; the shell's own `${VAR:-x}` is fine.",
        why: "A value that becomes part of a script can become a command: `; rm -rf ~` is a possible stage name. Values reach a script as environment variables, or a program as whole arguments.",
        wrong: "shell = \"tar czf ${input.name}.tgz build\"",
        right: "env   = { NAME = \"${input.name}\" }\nshell = 'tar czf \"$NAME.tgz\" build'",
    },
    check,
};

const OURS: &[&str] = &["${input", "${step", "${aws", "${env", "${run", "${item", "${out", "${error", "${attempt"];

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let own = match step.kind.read_by() {
            StepKind::Command(command) => command.shell.as_ref(),
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
        let probe = step.probe.as_ref().and_then(|probe| probe.command.shell.as_ref());
        for script in own.into_iter().chain(probe) {
            for (start, end) in interpolations(script) {
                diagnostics.push(
                    Diagnostic::error(RULE.doc.code, "nothing is replaced in `shell`")
                        .at(context.sources.within(script.span, start, end), "the shell would see this as it stands")
                        .help("pass it by `env = { NAME = \"${…}\" }` and write \"$NAME\"; or use `run = [\"program\", \"${…}\"]`"),
                );
            }
        }
    }
}

/// Each `${name…}` in which the name is one of ours, up to its brace.
fn interpolations(script: &Located<String>) -> Vec<(usize, usize)> {
    let text = &script.value;
    let mut found = Vec::new();
    for (start, _) in text.match_indices("${") {
        let rest = &text[start..];
        let ours = OURS.iter().any(|name| {
            rest.strip_prefix(name).is_some_and(|after| after.starts_with(['.', '['])) || rest.starts_with("${item}")
        });
        if ours {
            let length = rest.find('}').map_or_else(|| rest.lines().next().unwrap_or(rest).len(), |end| end + 1);
            found.push((start, start + length));
        }
    }
    found
}
