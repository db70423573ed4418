//! The commands of a remedy: whether its text says what a call does.
//!
//! A word in capitals is for the reader to fill in, and so is a file; `...` stands for options that the remedy cannot
//! know.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::checks::remedy::writes;
use crate::checks::sheet::Make;

/// Whether a remedy names a call, with its parameters; what a reader looks up to fill them in need not stand there.
pub(super) fn says(remedy: &str, fix: &Make, input: &Map<String, Value>) -> Result<(), String> {
    if remedy.contains(&fix.call) || !writes(fix) {
        return Ok(());
    }
    let (service, operation) = fix.call.split_once(':').unwrap();
    let service = if service == "s3" { "s3api" } else { service };
    let command = [service.to_owned(), dashed(operation)];
    let mut why = format!("the remedy says neither `aws {}` nor `{}`", command.join(" "), fix.call);
    for words in commands(remedy).into_iter().filter(|words| words.starts_with(&command)) {
        match fits(&words[2..], fix, input) {
            Ok(()) => return Ok(()),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// A name as the command line of AWS writes it.
fn dashed(name: &str) -> String {
    let word = Regex::new("(.)([A-Z][a-z]+)").unwrap().replace_all(name, "$1-$2");
    Regex::new("([a-z0-9])([A-Z])").unwrap().replace_all(&word, "$1-$2").to_lowercase()
}

/// The words of each `aws` command in a text, without the first.
fn commands(text: &str) -> Vec<Vec<String>> {
    let starts = Regex::new(r"(?m)(^|`)aws ").unwrap();
    starts.find_iter(text).map(|found| words(&text[found.end()..])).collect()
}

/// The words up to the end of a command, as a shell tells them.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => match chars.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            (None, '\n' | '`') => break,
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (_, char) => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    words
}

/// Whether options give a call its parameters: the same ones, each with a value that stands there or is filled in.
fn fits(options: &[String], fix: &Make, input: &Map<String, Value>) -> Result<(), String> {
    let mut left: BTreeSet<String> = input.keys().map(|name| dashed(name)).collect();
    left.extend(fix.region.as_ref().map(|_| "region".to_owned()));
    let mut is_open = false;
    let mut at = 0;
    while at < options.len() {
        let option = &options[at];
        let end = (at + 1..options.len()).find(|next| is_option(&options[*next])).unwrap_or(options.len());
        let values = options[at + 1..end].join(" ");
        at = end;
        if option == "..." {
            is_open = true;
            continue;
        }
        let Some(name) = option.strip_prefix("--") else { return Err(format!("`{option}` is no option")) };
        let name = if name == "notification-endpoint" { "endpoint" } else { name };
        let positive = name.strip_prefix("no-").filter(|name| left.contains(*name));
        if !left.remove(positive.unwrap_or(name)) {
            return Err(format!("the remedy says `{option}`, the fix does not"));
        }
        let value = input.iter().find(|(key, _)| dashed(key) == positive.unwrap_or(name)).map(|(_, value)| value);
        let mut leaves = BTreeSet::new();
        let region = fix.region.as_ref().map(|region| Value::String(region.clone()));
        leaves_of(value.or(region.as_ref()).unwrap(), &mut leaves);
        let is_flag = values.is_empty() && leaves.iter().eq([if positive.is_some() { "false" } else { "true" }]);
        if !is_flag && !says_all(&values, &leaves) {
            return Err(format!("the remedy says `{option} {values}`, the fix {leaves:?}"));
        }
    }
    if left.is_empty() || is_open { Ok(()) } else { Err(format!("the remedy does not say {left:?}")) }
}

fn is_option(word: &str) -> bool {
    word.starts_with("--") || word == "..."
}

/// Whether each leaf stands in a text, or something to be filled in stands for it.
fn says_all(text: &str, leaves: &BTreeSet<String>) -> bool {
    let to_fill_in = Regex::new(r"\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\b").unwrap().find_iter(text).count();
    let filled_in = leaves.iter().filter(|leaf| !text.contains(*leaf)).count();
    text.starts_with("file://") || (!text.is_empty() && filled_in <= to_fill_in)
}

/// The texts, numbers and truths of a value; a text may be JSON itself.
fn leaves_of(value: &Value, leaves: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ (Value::Array(_) | Value::Object(_))) => leaves_of(&inner, leaves),
            _ => {
                leaves.insert(text.clone());
            }
        },
        Value::Array(items) => items.iter().for_each(|item| leaves_of(item, leaves)),
        Value::Object(members) => members.values().for_each(|member| leaves_of(member, leaves)),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => {
            leaves.insert(value.to_string());
        }
    }
}

#[test]
fn a_call_is_held_against_the_words() {
    let says = |remedy: &str, call: &str, with: Value| {
        let fix: Make = serde_json::from_value(json!({ "call": call, "with": with })).unwrap();
        says(remedy, &fix, &fix.with).is_ok()
    };
    let versions = |bucket: &str| json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Enabled" } });
    let text = "First:\n\naws s3api put-bucket-versioning --bucket box \\\n    --versioning-configuration Status=Enabled # now";
    assert!(says(text, "s3:PutBucketVersioning", versions("box")));
    assert!(!says(text, "s3:PutBucketVersioning", versions("other")), "another value");
    assert!(!says(text, "s3:PutBucketVersioning", json!({ "Bucket": "box" })), "an option that the fix lacks");
    let short = "aws s3api put-bucket-versioning --bucket box";
    assert!(!says(short, "s3:PutBucketVersioning", versions("box")), "a parameter that the text lacks");
    assert!(says(&format!("`{short} ...`"), "s3:PutBucketVersioning", versions("box")), "the rest is open");
    assert!(!says(text, "s3:PutBucketCors", versions("box")), "another operation");
    assert!(says("call `s3:PutBucketCors`", "s3:PutBucketCors", versions("box")), "by its name");
    let filled_in = "aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration file://it.json";
    assert!(says(filled_in, "s3:PutBucketVersioning", versions("box")), "to be filled in");
    let flag = json!({ "SubnetId": "s", "MapPublicIpOnLaunch": { "Value": false } });
    let text = "aws ec2 modify-subnet-attribute --subnet-id SUBNET --no-map-public-ip-on-launch";
    assert!(says(text, "ec2:ModifySubnetAttribute", flag.clone()));
    assert!(!says(&text.replace("no-", ""), "ec2:ModifySubnetAttribute", flag), "the other way");
    assert_eq!(dashed("RestoreDBClusterFromSnapshot"), "restore-db-cluster-from-snapshot");
    assert_eq!(dashed("AssociateWebACL"), "associate-web-acl");
}
