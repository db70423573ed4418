//! `http`: a request is sent, and its answer looked at.
//!
//! | `out.` | what it is |
//! |---|---|
//! | `status` | the status of the answer that stayed, after redirects |
//! | `headers` | its headers: names in lower case, repeated ones joined by `, ` |
//! | `body` | the first 1 MiB of its body as text; a body of more than 8 KiB is a file of the run, whole up to 256 MiB |
//! | `json` | the body as JSON, up to 8 MiB; null when it is none |
//! | `latency_ms` | the last request, from the look for its host's name to the end of the answer's head |
//! | `tls_days_left` | whole days until the server's certificate ends; null without TLS |
//! | `url` | where the answer came from |
//! | `redirects` | what was followed: a list of `{status, location}` |
//! | `version` | `HTTP/1.1` or `HTTP/1.0` |
//!
//! An `expect` that names `out.status` or `error` decides over a status of 400 and more. With none that does, a read is
//! unknown and a write has failed. No answer, 429, and 503 with `Retry-After` are unknown, whatever is expected.

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use super::stack::inside_project;
use crate::source::reader::{KeySpec, KeyType, NodeValue, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic};
use crate::step::Effect;
use crate::value::{RefAt, Template, ValueTemplate, template, template_map, value_tree};

/// The keys of `http`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required("url", KeyType::Template, "Where the request goes: `https://…` or `http://…`."),
    KeySpec::optional(
        "method",
        KeyType::Choice(&["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]),
        "GET",
        "What is asked for. GET, HEAD and OPTIONS read, the others write unless `effect` says otherwise.",
    ),
    KeySpec::optional("query", KeyType::Map(&KeyType::Template), "", "What is added to the URL after `?`."),
    KeySpec::optional(
        "headers",
        KeyType::Map(&KeyType::Template),
        "",
        "Headers by name. A secret may stand in a value, and in the body; never in the URL.",
    ),
    KeySpec::optional("body", KeyType::Template, "nothing", "The body, as text. This or `json`."),
    KeySpec::optional("json", KeyType::Any, "nothing", "The body, as a value that is sent as JSON. This or `body`."),
    KeySpec::optional(
        "redirects",
        KeyType::Integer,
        "10 for a read, 0 for a write",
        "How many redirects are followed, from 0 to 20.",
    ),
    KeySpec::optional(
        "token_header",
        KeyType::Text,
        "",
        "The header in which a write carries the token of its effect, such as `Idempotency-Key`: the same when it is run again.",
    ),
    KeySpec::optional("ca", KeyType::Template, "", "A PEM file of the project with roots that are trusted, too."),
];

/// The headers that belong to the connection, and are set by it.
const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The most redirects that are followed.
const MOST_REDIRECTS: i64 = 20;

/// The method of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// Reads what may be asked.
    Options,
    /// Writes.
    Post,
    /// Writes a whole resource.
    Put,
    /// Writes a part of one.
    Patch,
    /// Removes one.
    Delete,
}

impl Method {
    /// The word in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it only reads: it is *safe* (RFC 9110, 9.2.1).
    pub fn reads(self) -> bool {
        match self {
            Self::Get | Self::Head | Self::Options => true,
            Self::Post | Self::Put | Self::Patch | Self::Delete => false,
        }
    }

    /// Whether an author may call it a read: a search is often a POST. The others are changes by their definition.
    fn may_read(self) -> bool {
        self.reads() || self == Self::Post
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Text, as it is.
    Text(Template),
    /// A value, as JSON.
    Json(ValueTemplate),
}

/// Sends a request and looks at its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    /// What is asked for.
    pub method: Method,
    /// Where it goes.
    pub url: Template,
    /// What is added to the URL.
    pub query: BTreeMap<String, Template>,
    /// The headers.
    pub headers: BTreeMap<String, Template>,
    /// What it carries.
    pub body: Option<Body>,
    /// How many redirects are followed; none: as the effect has it.
    pub redirects: Option<u32>,
    /// The header in which a write carries its token.
    pub token_header: Option<String>,
    /// A file with roots that are trusted, too.
    pub ca: Option<Template>,
}

impl Http {
    /// Reads the keys of `http`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let method = read_method(table);
        let url = template(table, "url");
        if let Some((span, text)) = url.as_ref().and_then(|url| Some((url.span(), url.literal()?)))
            && let Err(why) = place(text)
        {
            table.invalid(span, format!("`{text}` is no URL for a request: {why}"), None);
        }
        let headers = read_headers(table);
        let redirects = table.integer("redirects", 0, MOST_REDIRECTS).and_then(|count| u32::try_from(count.value).ok());
        let ca = template(table, "ca");
        inside_project(table, ca.as_ref());
        let query = template_map(table, "query");
        let (body, token_header) = (read_body(table), read_token_header(table));
        // What does not fit a method is told only when that is known.
        let method = method?;
        check_method(table, method);
        Some(Self { method, url: url?, query, headers, body, redirects, token_header, ca })
    }

    /// Every name that it uses.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let mut refs = self.refs_of_url();
        refs.extend(self.headers.values().chain(&self.ca).flat_map(Template::refs));
        match &self.body {
            Some(Body::Text(text)) => refs.extend(text.refs()),
            Some(Body::Json(tree)) => refs.extend(tree.refs()),
            None => {}
        }
        refs
    }

    /// Every name that becomes part of the URL.
    pub fn refs_of_url(&self) -> Vec<RefAt<'_>> {
        std::iter::once(&self.url).chain(self.query.values()).flat_map(Template::refs).collect()
    }

    /// What it may change when the step does not say.
    pub fn usual_effect(&self) -> Effect {
        if self.method.reads() { Effect::Read } else { Effect::Write }
    }
}

/// A URL that a request may go to, or why it may not.
pub fn place(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("it begins with `{}:`, not with `https:` or `http:`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a name or password in it would be kept with the run: use the header `Authorization`".to_owned());
    }
    Ok(url)
}

/// Whether a text can be the name of a header (RFC 9110, 5.6.2: a token).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// What is wrong with the name of a header.
fn wrong_header(name: &str) -> Option<String> {
    if !is_token(name) {
        return Some(format!("`{name}` is no name of a header"));
    }
    let own = OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str());
    own.then(|| format!("the header `{name}` belongs to the connection, which sets it"))
}

fn read_headers(table: &Table<'_>) -> BTreeMap<String, Template> {
    let mut seen: Vec<String> = Vec::new();
    for entry in table.map("headers").unwrap_or_default() {
        let name = &entry.key.value;
        let twice = seen.contains(&name.to_ascii_lowercase());
        let twice = twice.then(|| format!("the header `{name}` stands here twice"));
        if let Some(wrong) = wrong_header(name).or(twice) {
            table.invalid(entry.key.span, wrong, None);
        }
        seen.push(name.to_ascii_lowercase());
    }
    let headers = template_map(table, "headers");
    for value in headers.values() {
        if value.literal().is_some_and(|text| text.chars().any(|c| c.is_control() && c != '\t')) {
            let help = "no line breaks, no control characters".to_owned();
            table.invalid(value.span(), "this can be no value of a header", Some(help));
        }
    }
    headers
}

/// The method; none when the word is none.
fn read_method(table: &Table<'_>) -> Option<Method> {
    if !table.has("method") {
        return Some(Method::Get);
    }
    Some(match table.choice("method")?.value {
        "HEAD" => Method::Head,
        "OPTIONS" => Method::Options,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    })
}

fn read_body(table: &Table<'_>) -> Option<Body> {
    let (text, json) = (template(table, "body"), value_tree(table, "json"));
    if let (Some(first), Some(second)) = (table.key_span("body"), table.key_span("json")) {
        let message = format!("{} has both `body` and `json`", table.what());
        let fault = Diagnostic::error(CONFLICTING_KEYS, message).at(second, "one of the two");
        table.reader().push(fault.related(first, "and here"));
    }
    text.map(Body::Text).or(json.map(Body::Json))
}

fn read_token_header(table: &Table<'_>) -> Option<String> {
    let name = table.text("token_header")?;
    if let Some(wrong) = wrong_header(&name.value) {
        table.invalid(name.span, wrong, None);
    }
    let given = table.map("headers").unwrap_or_default();
    if let Some(entry) = given.iter().find(|entry| entry.key.value.eq_ignore_ascii_case(&name.value)) {
        let message = format!("the header `{}` is given, and is the token's, too", name.value);
        let fault = Diagnostic::error(CONFLICTING_KEYS, message).at(name.span, "one of the two");
        table.reader().push(fault.related(entry.key.span, "and here"));
    }
    Some(name.value)
}

/// What does not go together with a method: a body, a token, an effect.
fn check_method(table: &Table<'_>, method: Method) {
    let reader = table.reader();
    if let (true, Some(span)) = (method.reads(), table.key_span("body").or(table.key_span("json"))) {
        reader.push(
            Diagnostic::error(CONFLICTING_KEYS, format!("a {method} carries no body"))
                .at(span, "nobody would read it")
                .help("`method = \"POST\"`; a search that only looks says `effect = \"read\"`, too"),
        );
    }
    let effect = table.entry("effect");
    let declared = effect.and_then(|entry| match &entry.node.value {
        NodeValue::Text(word) => Some(word.as_str()),
        _ => None,
    });
    let reads = match declared {
        Some("read") => true,
        Some("write" | "irreversible") => false,
        Some(_) | None => method.reads(),
    };
    if let (true, Some(span)) = (reads, table.key_span("token_header")) {
        let message = format!("a {method} that reads has no token");
        reader.push(Diagnostic::error(CONFLICTING_KEYS, message).at(span, "only a write carries one"));
    }
    // A PUT, PATCH or DELETE is no read, whatever the author says.
    if let (Some(entry), Some("read"), false) = (effect, declared, method.may_read()) {
        reader.push(
            Diagnostic::error(super::KIND_EFFECT, format!("a {method} cannot have effect \"read\""))
                .at(entry.node.span, "")
                .help("it is \"write\" or \"irreversible\"; of the methods that carry a body only POST may be a read"),
        );
    }
}
