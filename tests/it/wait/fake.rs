//! A server that says something else as time goes by, and a wait on it.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::project::Project;
use crate::support::web::{Heard, Web, reply, reply_json};

/// What the server says: to each request the next, and the last again and again. `429` and its like are a status alone.
pub(super) fn saying(answers: &[&str]) -> Web {
    let left: Mutex<Vec<String>> = Mutex::new(answers.iter().rev().map(|&answer| answer.to_owned()).collect());
    Web::serving(move |_: &Heard, to: &mut dyn Write| {
        let mut left = left.lock().unwrap();
        let answer = if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() };
        drop(left);
        match answer.parse::<u16>() {
            Ok(status) => reply(to, &format!("{status} As It Is"), "", b"{}"),
            Err(_) => reply_json(to, "200 OK", &format!("{{\"state\": \"{answer}\"}}")),
        }
    })
}

/// `DynamoDB` as it tells of a table: to each look the next status, and the last again and again. What begins with a digit is
/// an HTTP status and an error code. STS names the caller.
/// The id of a look is its number: `look-1`.
pub(super) fn table(account: &str, states: &[&str]) -> Web {
    let left: Mutex<Vec<String>> = Mutex::new(states.iter().rev().map(|&state| state.to_owned()).collect());
    let looks = AtomicUsize::new(0);
    let account = account.to_owned();
    Web::serving(move |heard: &Heard, to: &mut dyn Write| {
        if heard.body.contains("Action=GetCallerIdentity") {
            return name_caller(&account, to);
        }
        let mut left = left.lock().unwrap();
        let state = if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() };
        drop(left);
        let number = looks.fetch_add(1, Ordering::Relaxed) + 1;
        let headers = format!(
            "Content-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: look-{number}\r\nConnection: close\r\n"
        );
        let (status, body) = if let Some((status, code)) = state.split_once(' ') {
            (status, format!("{{\"__type\": \"com.amazonaws#{code}\", \"message\": \"so it is\"}}"))
        } else {
            ("200", format!("{{\"Table\": {{\"TableName\": \"orders\", \"TableStatus\": \"{state}\"}}}}"))
        };
        reply(to, &format!("{status} As It Is"), &headers, body.as_bytes())
    })
}

/// `DynamoDB` as it tells of an export: always the same.
pub(super) fn exporting(account: &str, status: &str) -> Web {
    let (account, body) =
        (account.to_owned(), format!("{{\"ExportDescription\": {{\"ExportStatus\": \"{status}\"}}}}"));
    Web::serving(move |heard: &Heard, to: &mut dyn Write| {
        if heard.body.contains("Action=GetCallerIdentity") {
            return name_caller(&account, to);
        }
        reply(to, "200 OK", "Content-Type: application/x-amz-json-1.0\r\nConnection: close\r\n", body.as_bytes())
    })
}

pub(crate) fn name_caller(account: &str, to: &mut dyn Write) -> std::io::Result<()> {
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/somebody</Arn><UserId>AIDA</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    reply(to, "200 OK", "Content-Type: text/xml\r\nConnection: close\r\n", body.as_bytes())
}

/// A wait in `verify`: its id, what it repeats, further keys.
pub(super) fn waiting(id: &str, on: &str, more: &str) -> String {
    format!("[[verify]]\nid = \"{id}\"\ntitle = \"Wait for {id}\"\nkind = \"wait\"\non = {{ {on} }}\n{more}\n\n")
}

/// A request to a server, as what is repeated.
pub(super) fn request(web: &Web) -> String {
    format!("kind = \"http\", url = \"{}\"", web.url("/state"))
}

/// A look at a table, as what is repeated.
pub(super) const LOOK_AT_TABLE: &str =
    "kind = \"aws\", call = \"dynamodb:DescribeTable\", with = { TableName = \"orders\" }";

/// The events of one kind about one step.
#[track_caller]
pub(crate) fn events_of(project: &Project, kind: &str, step: &str) -> Vec<Value> {
    project.events().into_iter().filter(|event| event["kind"] == kind && event["step"] == step).collect()
}

/// What each change that is on record showed: the look, the values, the trouble.
#[track_caller]
pub(crate) fn changes(project: &Project, step: &str) -> Vec<(u64, Value, Value)> {
    let told = events_of(project, "look_changed", step);
    told.into_iter().map(|it| (it["look"].as_u64().unwrap(), it["values"].clone(), it["trouble"].clone())).collect()
}
