//! An environment variable that is used and not declared.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc, suggest};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB033"),
        name: "undeclared-env",
        meaning: "An expression uses `env.NAME`, and `env` of `[runbook]` does not declare the name.",
        why: "What a runbook takes from the operator's environment is said at its top, where a reviewer sees it. Nothing else of the environment is read or recorded.",
        wrong: "when = \"env.CI == 'true'\"",
        right: "[runbook]\nenv = [\"CI\"]\n# …\nwhen = \"env.CI == 'true'\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let declared = &context.runbook.env;
    for (_, at, _) in context.uses() {
        let Some(name) = at.reference.path.first().filter(|_| at.reference.root == "env") else { continue };
        if declared.contains(name) {
            continue;
        }
        let near = suggest::closest(name, declared.iter().map(String::as_str));
        let help = near.map_or_else(
            || format!("declare it under `[runbook]`: `env = [\"{name}\"]`"),
            |near| format!("did you mean `{near}`?"),
        );
        diagnostics.push(
            Diagnostic::error(RULE.doc.code, format!("the environment variable `{name}` is not declared"))
                .at(context.place(at), "not declared")
                .help(help),
        );
    }
}
