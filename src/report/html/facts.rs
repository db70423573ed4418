//! Who, where, when and what: the facts at the head of the page, and the sessions at its foot.

use serde_json::Value;

use crate::event::{GitState, IdentityReason, TargetAccount};
use crate::report::failure::value_words;
use crate::report::standing::end_words;
use crate::report::view::{IdentityView, RunView, SessionView};
use crate::report::words::{duration, moment};

/// One fact: words, then code, then words; each may be empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) code: String,
    pub(super) words: String,
}

/// A session, for the templates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SessionPart {
    pub(super) number: u32,
    pub(super) started: String,
    pub(super) took: String,
    pub(super) who: String,
    pub(super) tool: String,
    pub(super) terminal: &'static str,
    pub(super) plan: String,
    pub(super) end: &'static str,
    pub(super) waits_for: Option<String>,
    pub(super) back: Option<String>,
}

/// A look at the caller, for the templates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct IdentityPart {
    pub(super) at: String,
    pub(super) why: &'static str,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) arn: String,
    pub(super) request_id: Option<String>,
}

fn fact(name: &'static str, code: &str, words: String) -> Fact {
    Fact { name, code: code.to_owned(), words }
}

/// The facts of a run, those first that one asks for first.
pub(super) fn facts(view: &RunView) -> Vec<Fact> {
    let header = &view.header;
    let mut facts = Vec::new();
    let people: Vec<&str> = view.sessions.iter().map(|session| session.user.as_str()).collect();
    let others: Vec<&str> = people.iter().copied().filter(|user| *user != header.user).collect();
    let also = if others.is_empty() { String::new() } else { format!("; also {}", unique(&others).join(", ")) };
    facts.push(fact("Operator", &header.user, format!("on {}{also}", header.host)));
    facts.extend(header.verified_target().map(|target| fact("Target", target, String::new())));
    if let Some(TargetAccount { account, region, caller, emulator }) = &header.target {
        facts.push(fact("Account", account, format!("in {region}")));
        facts.extend(caller.iter().map(|caller| fact("Caller", caller, String::new())));
        facts.extend(emulator.iter().map(|url| fact("Emulator", url, "not AWS".to_owned())));
    }
    if let Some(profile) = &header.profile {
        let tier = header.tier.as_ref().map(|tier| format!("tier {tier}")).unwrap_or_default();
        facts.push(fact("Profile", profile, tier));
    }
    let budget = view.budget.map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX));
    let budget = budget.map(|budget| format!(", of a budget of {}", duration(budget))).unwrap_or_default();
    if let Some((first, last)) = view.sessions.first().map(|session| session.started).zip(view.last) {
        facts.push(fact("Began", "", moment(first.at)));
        facts.push(fact("Last record", "", moment(last.at)));
        facts.push(fact("Took", "", format!("{} on the clock{budget}", duration(view.spent_ms()))));
    }
    facts.extend(header.change.iter().map(|change| fact("Change", change, String::new())));
    facts.extend(header.reason.iter().map(|reason| fact("Reason", "", reason.clone())));
    facts.push(fact("Runbook", &header.runbook, String::new()));
    if let Some(GitState { commit, dirty, folder }) = &header.git {
        let folder = folder.as_ref().map(|folder| format!("folder {folder}"));
        let words = folder.into_iter().chain(dirty.then(|| "with changes on top of it".to_owned()));
        facts.push(fact("Git commit", commit, words.collect::<Vec<_>>().join(", ")));
    }
    facts.push(fact("Plan", &header.plan, String::new()));
    facts.push(fact("Run", header.run.as_str(), String::new()));
    facts.push(fact("checkride", &header.tool, String::new()));
    facts
}

fn unique<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for name in names {
        if !out.contains(name) {
            out.push(name);
        }
    }
    out
}

/// The typed inputs, and of secrets the sources.
pub(super) fn inputs(view: &RunView) -> Vec<(String, String)> {
    let typed = view.plan.inputs.iter().map(|(name, value): &(String, Value)| (name.clone(), value_words(value)));
    let secrets = view.plan.secrets.iter().map(|(name, source)| (name.clone(), format!("secret, from {source}")));
    typed.chain(secrets).collect()
}

/// The sessions.
pub(super) fn sessions(view: &RunView) -> Vec<SessionPart> {
    let part = |session: &SessionView| SessionPart {
        number: session.number,
        started: moment(session.started.at),
        took: duration(session.last.elapsed_ms),
        who: format!("{} on {} (process {})", session.user, session.host, session.pid),
        tool: session.tool.clone(),
        terminal: if session.terminal { "a terminal" } else { "no terminal" },
        plan: session.plan.clone(),
        end: session.end.as_ref().map_or("no end on record", |(end, _)| end_words(*end)),
        back: session.back.as_ref().map(|back| match &back.incident {
            Some(incident) => format!("rollback for incident {incident}"),
            None => "rollback".to_owned(),
        }),
        waits_for: session.end.as_ref().and_then(|(_, waits_for)| waits_for.clone()),
    };
    view.sessions.iter().map(part).collect()
}

/// The looks at the caller.
pub(super) fn identities(view: &RunView) -> Vec<IdentityPart> {
    let part = |it: &IdentityView| IdentityPart {
        at: moment(it.when.at),
        why: match it.why {
            IdentityReason::Start => "before the first step",
            IdentityReason::Resume => "before going on",
            IdentityReason::Credentials => "after new credentials",
        },
        account: it.account.clone(),
        region: it.region.clone(),
        arn: it.arn.clone(),
        request_id: it.request_id.clone(),
    };
    view.identities.iter().map(part).collect()
}
