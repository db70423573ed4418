//! A profile that sets an input under a misspelt name.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB044"),
        name: "profile-input-unknown",
        meaning: "The profile sets an input that the runbook does not have, under a name close to one that it has and the profile does not set. A profile serves several runbooks, so a name that is like none of this runbook's is no fault.",
        why: "The input that was meant would be open, and take another value.",
        wrong: "# profiles/prod.toml\n[inputs]\nstgae = \"prod\"",
        right: "# profiles/prod.toml\n[inputs]\nstage = \"prod\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let Some(profile) = context.profile else { return };
    for (name, value) in &profile.inputs {
        if context.runbook.input(name).is_some() {
            continue;
        }
        let names = context.runbook.inputs.iter().map(|input| input.name.value.as_str());
        let unset = names.filter(|candidate| !profile.inputs.contains_key(*candidate));
        let Some(near) = suggest::closest(name, unset) else { continue };
        let declared = context.runbook.input(near).map_or(context.runbook.header, |input| input.span);
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, format!("the runbook has no input `{name}`"))
                .at(value.span, "set by the profile")
                .related(declared, "this one is not set")
                .help(format!("did you mean `{near}`?")),
        );
    }
}
