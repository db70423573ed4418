//! A runbook that nobody has looked at for long.

use crate::runbook::context::{Context, Rule};
use crate::source::{Code, Diagnostic, Diagnostics, Doc};

pub(super) static RULE: Rule = Rule {
    doc: Doc {
        code: Code("RB073"),
        name: "stale-review",
        meaning: "`reviewed` is more than 180 days ago, or lies in the future. A warning.",
        why: "Accounts, quotas and consoles change. A runbook is as good as its last reading.",
        wrong: "reviewed = 2024-01-15",
        right: "reviewed = 2026-11-01",
    },
    check,
};

/// The days after which a review is stale.
const FRESH: i64 = 180;

fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) {
    let (Some(reviewed), Some(span)) = (context.runbook.reviewed, context.runbook.reviewed_at) else { return };
    let days = (context.settings.today - reviewed).num_days();
    if days > FRESH {
        diagnostics.push(
            Diagnostic::warning(RULE.doc.code, format!("the runbook was last reviewed {days} days ago"))
                .at(span, format!("more than {FRESH} days"))
                .help("go through it, then set the date"),
        );
    } else if days < 0 {
        diagnostics.push(Diagnostic::warning(RULE.doc.code, "the review lies in the future").at(span, ""));
    }
}
