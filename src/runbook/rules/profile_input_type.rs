//! A profile that sets an input to what it cannot be.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB045"),
        name: "profile-input-type",
        meaning: "The profile sets an input to a value that its type in the runbook refuses, or sets a secret.",
        why: "The run would be refused when it starts. A secret in a file is none: profiles are committed.",
        wrong: "# runbook: stage = { choice = [\"dev\", \"prod\"] }\n[inputs]\nstage = \"production\"",
        right: "# runbook: stage = { choice = [\"dev\", \"prod\"] }\n[inputs]\nstage = \"prod\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let Some(profile) = context.profile else { return };
    for (name, value) in &profile.inputs {
        let Some(input) = context.runbook.input(name) else { continue };
        let fault = if input.ty.is_secret() {
            Diagnostic::error(RULE.doc.code, format!("the profile sets the secret `{name}`"))
                .at(value.span, "a secret in a file is none")
                .help("name where it comes from in the runbook: `secret = { env = \"NAME\" }`")
        } else if let Err(why) = input.ty.accept(&value.value) {
            Diagnostic::error(RULE.doc.code, format!("the profile's value for input `{name}` is refused"))
                .at(value.span, why)
        } else {
            continue;
        };
        diagnostics.push(fault.related(input.span, "declared here"));
    }
}
