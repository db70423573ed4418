//! What a profile says about verifications: the targets that are verified together, and the findings that are waived.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

use crate::profile::read::{arn, region_like};
use crate::profile::{Profile, TARGET_UNKNOWN};
use crate::source::reader::{KeySpec, KeyType, Node, Table};
use crate::source::{Diagnostic, Located};

pub(super) static TARGET_KEYS: &[KeySpec] = &[
    KeySpec::required("name", KeyType::Text, "What the target is called."),
    KeySpec::optional("account", KeyType::Text, "that of `[aws]`", "Its account, 12 digits."),
    KeySpec::optional("region", KeyType::Text, "that of `[aws]`", "Its region."),
    KeySpec::optional("role_arn", KeyType::Text, "that of `[aws]`", "The role to assume there."),
    KeySpec::optional(
        "read_role",
        KeyType::Text,
        "`role_arn`, narrowed to reading, or that of `[aws]`",
        "The role to look with.",
    ),
    KeySpec::optional("inputs", KeyType::Map(&KeyType::Any), "", "Inputs that are set, and locked, for this target."),
];

pub(super) static WAIVER_KEYS: &[KeySpec] = &[
    KeySpec::required("check", KeyType::Text, "A step's id, or the name of a check of the catalogue."),
    KeySpec::optional("target", KeyType::Text, "every target", "The target that it is for."),
    KeySpec::required("reason", KeyType::Text, "Why the finding is accepted."),
    KeySpec::required("owner", KeyType::Text, "Who accepts it."),
    KeySpec::required("until", KeyType::Date, "The last day on which it counts."),
];

/// One of several places that the profile stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetSpec {
    /// Its name.
    pub name: Located<String>,
    /// Its account, when it is not the profile's.
    pub account: Option<Located<String>>,
    /// Its region, when it is not the profile's.
    pub region: Option<Located<String>>,
    /// The role to assume there.
    pub role_arn: Option<String>,
    /// The role to look with there.
    pub read_role: Option<String>,
    /// The inputs that it sets, over those of the profile.
    pub inputs: BTreeMap<String, Located<Value>>,
}

/// A finding that somebody has accepted for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// A step's id, or the name of a check.
    pub check: Located<String>,
    /// The target; none: every one.
    pub target: Option<Located<String>>,
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// The last day on which it counts.
    pub until: Located<NaiveDate>,
}

impl Profile {
    /// The profile as it is for one of its targets: with that one's account, region, role and inputs. None: it has no such
    /// target.
    pub fn for_target(&self, name: &str) -> Option<Self> {
        let target = self.targets.iter().find(|target| target.name.value == name)?;
        let mut profile = self.clone();
        if let Some(aws) = &mut profile.aws {
            aws.account = target.account.clone().unwrap_or_else(|| aws.account.clone());
            aws.region = target.region.clone().unwrap_or_else(|| aws.region.clone());
            // Who wants reads to be narrowed wants it everywhere: a role of the target's own is narrowed to reading.
            let own = target.read_role.clone().or_else(|| target.role_arn.clone().filter(|_| aws.read_role.is_some()));
            aws.read_role = own.or_else(|| aws.read_role.clone());
            aws.role_arn = target.role_arn.clone().or_else(|| aws.role_arn.clone());
        }
        profile.inputs.extend(target.inputs.clone());
        Some(profile)
    }
}

/// Reads `[[target]]` and `[[waiver]]`.
pub(super) fn read(top: &Table<'_>, has_aws: bool) -> (Vec<TargetSpec>, Vec<Waiver>) {
    let reader = top.reader();
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for (at, node) in top.list("target").unwrap_or_default().iter().enumerate() {
        let Some(target) = read_target(top, at, node) else { continue };
        if !names.insert(target.name.value.clone()) {
            top.invalid(target.name.span, format!("there is a second target `{}`", target.name.value), None);
        }
        targets.push(target);
    }
    if let (false, Some(span)) = (has_aws, top.key_span("target")) {
        let help = "add `[aws]`: a target is the profile's account and region, as far as it names no others";
        top.invalid(span, "a profile without `[aws]` has no targets", Some(help.to_owned()));
    }
    let nodes = top.list("waiver").unwrap_or_default().iter().enumerate();
    let waivers: Vec<Waiver> = nodes.filter_map(|(at, node)| read_waiver(top, at, node)).collect();
    for target in waivers.iter().filter_map(|waiver| waiver.target.as_ref()) {
        if !names.contains(&target.value) {
            reader.push(
                Diagnostic::error(TARGET_UNKNOWN, format!("the profile has no target `{}`", target.value))
                    .at(target.span, "no such target"),
            );
        }
    }
    (targets, waivers)
}

fn read_target(top: &Table<'_>, at: usize, node: &Node) -> Option<TargetSpec> {
    let table = top.table_of("target", node, format!("target {}", at + 1), TARGET_KEYS)?;
    let fits = |text: Located<String>, good: fn(&str) -> bool, what: &str| {
        if good(&text.value) {
            return Some(text);
        }
        table.invalid(text.span, format!("`{}` is no {what}", text.value), None);
        None
    };
    let name = table.text("name").and_then(|name| fits(name, is_name, "name: letters, digits, `-`, `_` and `.`"));
    let account = table.text("account").and_then(|account| fits(account, is_account, "account: 12 digits"));
    let region = table.text("region").and_then(|region| fits(region, region_like, "region"));
    let role_arn = arn(&table, "role_arn");
    let read_role = arn(&table, "read_role");
    let entries = table.map("inputs").unwrap_or_default();
    let inputs = entries
        .iter()
        .map(|entry| (entry.key.value.clone(), Located::new(entry.node.to_json(), entry.node.span)))
        .collect();
    table.finish();
    Some(TargetSpec { name: name?, account, region, role_arn, read_role, inputs })
}

fn read_waiver(top: &Table<'_>, at: usize, node: &Node) -> Option<Waiver> {
    let table = top.table_of("waiver", node, format!("waiver {}", at + 1), WAIVER_KEYS)?;
    let waiver = (table.text("check"), table.text("reason"), table.text("owner"), table.date("until"));
    let target = table.text("target");
    table.finish();
    let (check, reason, owner, until) = waiver;
    Some(Waiver { check: check?, target, reason: reason?.value, owner: owner?.value, until: until? })
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 64 && text.chars().all(good)
}
