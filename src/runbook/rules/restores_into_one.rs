//! Two restores of objects into one bucket that is there: they would stand under one prefix.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};
use crate::step::kind::{ObjectsInto, Restore, StepKind};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB103"),
        name: "restores-into-one-bucket",
        meaning: "Two `restore` steps put objects into the same bucket, by the same `into`.",
        why: "What a run puts into a bucket that is there stands under one prefix of its own, `checkride/RUN/`, and nothing is put over anything: the second restore would refuse, in the middle of the drill.",
        wrong: "[[drill]]\nid = \"web\"\nkind = \"restore\"\nbucket = \"web\"\ninto = \"drills\"\n\n[[drill]]\nid = \"uploads\"\nkind = \"restore\"\nbucket = \"uploads\"\ninto = \"drills\"",
        right: "[[drill]]\nid = \"web\"\nkind = \"restore\"\nbucket = \"web\"\ninto = \"drills\"\n\n[[drill]]\nid = \"uploads\"\nkind = \"restore\"\nbucket = \"uploads\"",
    },
    check,
};

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for step in context.steps() {
        let StepKind::Restore(Restore::Bucket(restore)) = &step.kind else { continue };
        let ObjectsInto::Existing(into) = &restore.into else { continue };
        match taken.iter().find(|(text, _)| *text == into.text()) {
            Some((_, first)) => {
                let message = format!("`{first}` restores into this bucket already, under the same prefix of the run");
                diagnostics.push(
                    Diagnostic::error(RULE.doc.code, message)
                        .at(into.span(), "")
                        .help("name another bucket, or leave `into` out: a new one is made"),
                );
            }
            None => taken.push((into.text(), step.id.value.as_str())),
        }
    }
}
