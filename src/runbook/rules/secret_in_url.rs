//! A secret in a URL.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::StepKind;

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB051"),
        name: "secret-in-url",
        meaning: "A secret input, or an output that is declared `sensitive`, becomes part of the URL of an `http` step, by `url` or by `query`.",
        why: "A URL is not kept secret by anybody: servers, proxies and load balancers write it to their logs. checkride cuts secrets from what it shows and keeps, but not from what others do.",
        wrong: "kind = \"http\"\nurl = \"https://api.example.com/jobs\"\nquery = { key = \"${input.api_key}\" }",
        right: "kind = \"http\"\nurl = \"https://api.example.com/jobs\"\nheaders = { Authorization = \"Bearer ${input.api_key}\" }",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    for step in context.steps() {
        let refs = match step.kind.read_by() {
            StepKind::Http(http) => http.refs_of_url(),
            StepKind::Confirm(_)
            | StepKind::Input(_)
            | StepKind::Command(_)
            | StepKind::File(_)
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
            | StepKind::Bake(_) => continue,
        };
        for at in refs.into_iter().filter(|at| context.is_secret(at.reference)) {
            diagnostics.push(
                Diagnostic::error(RULE.doc.code, "a secret is part of a URL")
                    .at(context.place(at), "every server on the way may write it down")
                    .help("send it in `headers`, `json` or `body`"),
            );
        }
    }
}
