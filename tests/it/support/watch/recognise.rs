//! Which operation a request is.

use std::cmp::Reverse;
use std::sync::Arc;

use super::operations::{Operation, Service};
use super::wire::Request;

/// The operations that a request may be, each `SERVICE:Operation`. Nearly always one; more where AWS's own models write two
/// of them in the same way. None when it is no request of any operation that is known.
pub(crate) fn recognise(request: &Request) -> Vec<String> {
    let Some(services) = request.signed_for().map(|name| Service::signed_as(&name)) else { return Vec::new() };
    let ways = [by_target(request, &services), by_action(request, &services), by_rpc_path(request, &services)];
    let found: Vec<Vec<String>> = ways.into_iter().flatten().collect();
    match found.as_slice() {
        [] => by_path(request, &services),
        // Two ways that are both there must both be known: what one server reads in one, another reads in the other.
        found if found.iter().any(Vec::is_empty) => Vec::new(),
        found => found.concat(),
    }
}

fn named<'a>(services: impl Iterator<Item = &'a Arc<Service>>, name: &str) -> Vec<String> {
    let having = services.filter(|service| service.operations.contains_key(name));
    having.map(|service| format!("{}:{name}", service.name)).collect()
}

/// The protocol `json`: `X-Amz-Target: PREFIX.Operation`. None when the request does not speak so.
fn by_target(request: &Request, services: &[Arc<Service>]) -> Option<Vec<String>> {
    let target = request.header("x-amz-target")?;
    let (prefix, name) = target.rsplit_once('.').unwrap_or_default();
    let of = services.iter().filter(|service| service.metadata.target_prefix.as_deref() == Some(prefix));
    Some(named(of, name))
}

/// The protocols `query` and `ec2`: `Action=Operation&Version=DATE`. Services that spoke so once are asked, too: a server may
/// still listen to it.
fn by_action(request: &Request, services: &[Arc<Service>]) -> Option<Vec<String>> {
    let speaking: Vec<_> = services.iter().filter(|service| !service.is_rest()).collect();
    let form = request.form();
    let actions: Vec<&String> = form.iter().filter(|(name, _)| name == "Action").map(|(_, value)| value).collect();
    if speaking.is_empty() || actions.is_empty() {
        return None;
    }
    let [action] = actions.as_slice() else { return Some(Vec::new()) };
    let version = form.iter().find(|(name, _)| name == "Version").map(|(_, value)| value);
    let of = speaking.into_iter().filter(|service| Some(&service.metadata.api_version) == version);
    Some(named(of, action))
}

/// Smithy's RPC: `/service/NAME/operation/Operation`.
fn by_rpc_path(request: &Request, services: &[Arc<Service>]) -> Option<Vec<String>> {
    request.header("smithy-protocol")?;
    let (_, name) = request.path.rsplit_once("/operation/").unwrap_or_default();
    Some(named(services.iter().filter(|service| service.speaks("smithy-rpc-v2-cbor")), name))
}

/// The REST protocols: method, path and query against each operation's; the closest ones.
fn by_path(request: &Request, services: &[Arc<Service>]) -> Vec<String> {
    let mut found = Vec::new();
    for service in services.iter().filter(|service| service.is_rest()) {
        for (name, operation) in &service.operations {
            if let Some(closeness) = closeness(request, service, operation) {
                found.push((Reverse(closeness), format!("{}:{name}", service.name)));
            }
        }
    }
    found.sort();
    let best = found.first().map(|(closeness, _)| *closeness);
    found.into_iter().take_while(|(closeness, _)| Some(*closeness) == best).map(|(_, call)| call).collect()
}

/// How much of a request an operation's own words explain: parts of the path, then names in the query. None when it is
/// another's request.
fn closeness(request: &Request, service: &Service, operation: &Operation) -> Option<(usize, usize)> {
    if operation.http.method != request.method {
        return None;
    }
    let (path, query) = operation.http.request_uri.split_once('?').unwrap_or((&operation.http.request_uri, ""));
    let parts = |path: &str| -> Vec<String> {
        path.trim_start_matches('/').trim_end_matches('/').split('/').map(str::to_owned).collect()
    };
    let literal = matched(&parts(path), &parts(&request.path))?;
    let given: Vec<(String, String)> = url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    let has =
        |name: &str, value: &str| given.iter().any(|(known, its)| known == name && (value.is_empty() || its == value));
    let wanted: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let required = service.required_in_query(operation);
    let all = wanted.iter().all(|(name, value)| has(name, value)) && required.iter().all(|name| has(name, ""));
    all.then_some((literal, wanted.len() + required.len()))
}

/// How many parts of a path are literally those of a pattern; none when it does not match. `{label}` is a part,
/// `{label+}` one or more.
fn matched(pattern: &[String], path: &[String]) -> Option<usize> {
    let Some((first, rest)) = pattern.split_first() else { return path.is_empty().then_some(0) };
    if first.starts_with('{') && first.ends_with("+}") {
        return (1..=path.len()).rev().find_map(|taken| matched(rest, &path[taken..]));
    }
    let (part, others) = path.split_first()?;
    if first == part {
        return matched(rest, others).map(|count| count + 1);
    }
    (first.contains('{') && !part.is_empty()).then(|| matched(rest, others)).flatten()
}
