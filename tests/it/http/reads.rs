//! Requests that read: each answer is a pass, a failure or unknown, never a hang.

use std::collections::BTreeMap;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::project::Project;
use crate::support::web::{Heard, Web, reply, reply_json, say_nothing};

/// A read in `verify`: its id, its outcome, its path, further keys.
type Case = (&'static str, &'static str, &'static str, &'static str);

/// What the server says for each path.
fn serve(heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    let path = heard.path().split('?').next().unwrap_or_default();
    match path {
        "/json" => {
            let headers = "Content-Type: application/json\r\nX-Build: 7\r\nX-Twice: a\r\nX-TWICE: b\r\n";
            reply(to, "200 OK", headers, br#"{"status": "ok", "big": 9007199254740993, "list": [1, -2]}"#)
        }
        "/missing" => reply(to, "404 Not Found", "", b"<h1>no such page</h1>"),
        "/broken" => reply(to, "500 Internal Server Error", "", b"trace"),
        "/gateway" => reply(to, "502 Bad Gateway", "", b""),
        "/slow-down" => reply(to, "429 Too Many Requests", "Retry-After: 30\r\n", b""),
        "/later" => reply(to, "503 Service Unavailable", "Retry-After: 120\r\n", b""),
        "/down" => reply(to, "503 Service Unavailable", "", b"down"),
        "/odd" => reply(to, "799 Whatever", "", b""),
        "/one" => reply(to, "301 Moved Permanently", "Location: /two?a=1\r\n", b"gone"),
        "/two" => reply(to, "307 Temporary Redirect", "Location: /json\r\n", b""),
        "/loop" => reply(to, "302 Found", "Location: /loop\r\n", b""),
        "/to-nowhere" => reply(to, "302 Found", "Location: gopher://x\r\n", b""),
        "/silent" => say_nothing(),
        "/gone" => Ok(()),
        "/cut" => write!(to, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"),
        "/cut-chunk" => write!(to, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
        "/smtp" => write!(to, "220 mail.example.com ESMTP\r\n"),
        "/huge-head" => loop {
            to.write_all(&[b'x'; 4096])?;
        },
        "/endless" => {
            write!(to, "HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                to.write_all(&b"x".repeat(65536))?;
                thread::sleep(Duration::from_millis(5));
            }
        }
        "/large" => reply(to, "200 OK", "Content-Type: text/plain\r\n", &b"x".repeat(10_000_000)),
        "/middling" => reply(to, "200 OK", "Content-Type: text/html\r\n", "<p>many words</p>".repeat(1000).as_bytes()),
        "/latin" => reply(to, "200 OK", "Content-Type: text/plain\r\n", b"caf\xe9"),
        "/page" => reply_json(to, "200 OK", "<html>sorry</html>"),
        "/deep" => reply_json(to, "200 OK", &"[".repeat(100_000)),
        "/nothing" => write!(to, "HTTP/1.1 204 No Content\r\n\r\n"),
        "/old" => write!(to, "HTTP/1.0 200 OK\r\n\r\nold"),
        "/early" => write!(to, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        _ => reply(to, "200 OK", "", heard.line.as_bytes()),
    }
}

const CASES: &[Case] = &[
    (
        "json",
        "passed",
        "/json",
        r#"query = { a = "x y&z", b = "é" }
headers = { X-Given = "${1 + 1}" }
expect = ["out.status == 200", "out.json.status == 'ok'", "out.json.big == 9007199254740993", "out.json.list[1] == -2",
  "out.headers['x-twice'] == 'a, b'", "out.latency_ms >= 0 && out.latency_ms < 60000", "out.tls_days_left == null",
  "out.version == 'HTTP/1.1'", "out.body.startsWith('{')", "out.url.endsWith('/json?a=x+y%26z&b=%C3%A9')",
  "size(out.redirects) == 0", "error.code == '' && error.status == 0"]
outputs = { build = "out.headers['x-build']" }"#,
    ),
    ("used", "passed", "/echo/${step.json.build}", "expect = [\"out.body.contains(' /echo/7 ')\"]"),
    ("missing", "unknown", "/missing", ""),
    ("missing_by_error", "passed", "/missing", "expect = [\"error.status == 404 && error.code == 'HTTP 404'\"]"),
    (
        "missing_by_status",
        "passed",
        "/missing",
        "expect = [\"out.status == 404 && out.body.contains('no such page')\"]",
    ),
    ("missing_and_wanted", "failed", "/missing", "expect = [\"out.status == 200\"]"),
    ("missing_and_unnamed", "unknown", "/missing", "expect = [\"out.body.contains('no such page')\"]"),
    ("missing_and_no_failure", "failed", "/missing", "expect = [\"error.code == ''\"]"),
    ("broken", "unknown", "/broken", ""),
    ("broken_and_no_failure", "failed", "/broken", "expect = [\"error.code == ''\"]"),
    ("gateway", "unknown", "/gateway", ""),
    ("slow_down", "unknown", "/slow-down", ""),
    ("slow_down_named", "unknown", "/slow-down", "expect = [\"out.status == 429\"]"),
    ("later", "unknown", "/later", "expect = [\"out.status == 200\"]"),
    ("down", "unknown", "/down", ""),
    ("odd", "unknown", "/odd", ""),
    (
        "chain",
        "passed",
        "/one",
        r#"expect = ["out.status == 200", "out.url.endsWith('/json')", "size(out.redirects) == 2",
  "out.redirects[0].status == 301", "out.redirects[0].location.endsWith('/two?a=1')", "out.redirects[1].status == 307"]"#,
    ),
    (
        "chain_not_followed",
        "passed",
        "/one",
        "redirects = 0\nexpect = [\"out.status == 301\", \"out.headers.location == '/two?a=1'\"]",
    ),
    ("chain_too_long", "unknown", "/one", "redirects = 1"),
    ("circle", "unknown", "/loop", ""),
    ("circle_and_no_failure", "failed", "/loop", "expect = [\"error.code == ''\"]"),
    (
        "circle_named",
        "passed",
        "/loop",
        "redirects = 3\nexpect = [\"error.code == 'TooManyRedirects'\", \"size(out.redirects) == 3\"]",
    ),
    ("to_nowhere", "unknown", "/to-nowhere", ""),
    (
        "silent",
        "unknown",
        "/silent",
        "timeout = \"500ms\"\nexpect = [\"error.status == 404 || error.code == 'Timeout'\"]",
    ),
    ("gone", "unknown", "/gone", "expect = [\"out.status == 200 || error.code == 'Transport'\"]"),
    ("cut", "unknown", "/cut", "expect = [\"out.status == 200\"]"),
    ("cut_chunk", "unknown", "/cut-chunk", ""),
    ("smtp", "unknown", "/smtp", ""),
    ("huge_head", "unknown", "/huge-head", "timeout = \"10s\""),
    ("endless", "unknown", "/endless", "timeout = \"1s\""),
    ("large", "warned", "/large", "expect = [\"size(out.body) == 1048576\", \"out.json == null\"]"),
    ("middling", "passed", "/middling", "expect = [\"size(out.body) == 17000\"]"),
    ("latin", "passed", "/latin", "expect = [\"out.body == 'caf\u{fffd}'\"]"),
    ("page", "passed", "/page", "expect = [\"out.json == null\"]"),
    ("page_taken_for_json", "unknown", "/page", "expect = [\"out.json.status == 'ok'\"]"),
    ("deep", "passed", "/deep", "expect = [\"out.json == null && size(out.body) == 100000\"]"),
    ("nothing", "passed", "/nothing", "expect = [\"out.status == 204 && out.body == ''\"]"),
    ("old", "passed", "/old", "expect = [\"out.version == 'HTTP/1.0' && out.body == 'old'\"]"),
    ("early", "passed", "/early", "expect = [\"out.status == 200 && out.body == 'ok'\"]"),
    (
        "head",
        "passed",
        "/json",
        "method = \"HEAD\"\nexpect = [\"out.status == 200 && out.body == '' && out.headers['x-build'] == '7'\"]",
    ),
    ("options", "passed", "/any", "method = \"OPTIONS\""),
    ("search", "passed", "/search", "method = \"POST\"\neffect = \"read\"\njson = { q = [\"${1 + 1}\", true] }"),
];

/// The outcome of each step, and its failure.
fn outcomes(project: &Project) -> BTreeMap<String, (String, Value)> {
    let ended = project.events().into_iter().filter(|event| event["kind"] == "step_finished");
    ended
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            (text("step"), (text("outcome"), event["failure"].clone()))
        })
        .collect()
}

#[test]
fn every_answer_to_a_read_passes_fails_or_is_unknown() {
    let web = Web::serving(serve);
    let step = |(id, _, path, more): &Case| {
        let url = web.url(path);
        format!("[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"http\"\nurl = \"{url}\"\n{more}\n\n")
    };
    let steps: String = CASES.iter().map(step).collect();
    let project = Project::new().local().runbook("look", &steps);
    // The environment's proxy is not there, and is not asked for the way to this machine.
    let project = project.variable("HTTP_PROXY", "http://127.0.0.1:9").variable("ALL_PROXY", "http://127.0.0.1:9");
    let begun = Instant::now();
    let said = project.checkride(&["run", "look", "-p", "local"]).exits(4);
    let took = begun.elapsed();
    let found = outcomes(&project);
    for (id, outcome, ..) in CASES {
        let (ended, failure) = &found[*id];
        assert_eq!(ended, outcome, "{id}: {failure}\n{}", said.stderr);
    }
    assert!(took < Duration::from_secs(50), "nothing hangs, and it took {took:?}");

    let failure = |id: &str| found[id].1.to_string();
    assert!(failure("missing").contains("/missing: HTTP 404 Not Found") && failure("missing").contains("no such page"));
    assert!(failure("slow_down").contains("HTTP 429 Too Many Requests, to be asked again after 30"));
    assert!(failure("circle").contains("more than 10 redirects"), "{}", failure("circle"));
    assert_eq!(web.count("/loop"), 11 + 11 + 4, "eleven requests for ten redirects, four for three");
    assert!(failure("to_nowhere").contains("a redirect is not followed"), "{}", failure("to_nowhere"));
    assert!(failure("silent").contains("within the step's time") && failure("silent").contains("\"timeout\""));
    assert!(failure("gone").contains("the connection was lost before an answer came"), "{}", failure("gone"));
    assert!(failure("cut").contains("in the middle of the answer"), "{}", failure("cut"));
    assert!(failure("smtp").contains("the answer is not HTTP"), "{}", failure("smtp"));

    let json = web.heard().into_iter().find(|heard| heard.path().starts_with("/json?")).unwrap();
    assert_eq!(json.line, "GET /json?a=x+y%26z&b=%C3%A9 HTTP/1.1");
    assert_eq!(json.header("x-given"), Some("2"));
    assert_eq!(json.header("accept-encoding"), Some("identity"));
    assert!(json.header("user-agent").is_some_and(|agent| agent.starts_with("checkride/")));
    assert_eq!(json.header("host"), Some(&*format!("127.0.0.1:{}", web.port)));
    assert_eq!(json.header("content-length"), None);
    let search = web.heard().into_iter().find(|heard| heard.path() == "/search").unwrap();
    assert_eq!((search.body.as_str(), search.header("content-type")), (r#"{"q":[2,true]}"#, Some("application/json")));

    // A small body is in nobody's way; a larger one is a file of the run, whole.
    let files: Vec<u64> = std::fs::read_dir(project.only_run().join("artifacts"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .collect();
    assert!(files.contains(&10_000_000) && files.contains(&17_000) && !files.contains(&21), "{files:?}");
    assert!(!project.events().iter().any(|event| event["kind"] == "effect_intended"), "nothing was an effect");
}

#[test]
fn a_read_that_is_not_answered_is_unknown_and_repeated_as_it_says() {
    let web = Web::serving(|heard, to| match heard.path() {
        "/third" => Ok(()),
        _ => reply(to, "200 OK", "", b""),
    });
    // A port that was free a moment ago, where nobody listens.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let steps = format!(
        r#"
[[verify]]
id = "refused"
title = "Nobody listens"
kind = "http"
url = "http://{closed}/"

[[verify]]
id = "nowhere"
title = "No such name"
kind = "http"
url = "http://nowhere.invalid/"

[[verify]]
id = "again"
title = "Three times"
kind = "http"
url = "{}"
retry = {{ attempts = 3, delay = "10ms" }}
"#,
        web.url("/third")
    );
    let project = Project::new().local().runbook("look", &steps);
    let said = project.checkride(&["run", "look", "-p", "local"]).exits(13);
    said.says("no connection to 127.0.0.1:").says("the name nowhere.invalid could not be resolved");
    assert_eq!(web.count("/third"), 3);
    let found = outcomes(&project);
    assert!(found.values().all(|(outcome, failure)| outcome == "unknown" && failure["kind"]["type"] == "transport"));
}

#[test]
fn a_list_of_urls_is_looked_at_one_by_one() {
    let web = Web::serving(|heard, to| match heard.path() {
        "/b" => reply(to, "404 Not Found", "", b""),
        _ => reply(to, "200 OK", "", b""),
    });
    let steps = |more: &str| {
        format!(
            "[inputs]\npaths = {{ list = {{ text = true }}, default = [\"a\", \"b\", \"c\"] }}\n\n[[verify]]\nid = \"each\"\n\
         title = \"Each\"\nkind = \"http\"\nfor_each = \"input.paths\"\nurl = \"{}${{item}}\"\n{more}",
            web.url("/")
        )
    };
    let project = Project::new().local().runbook("look", &steps("expect = [\"out.status == 200\"]\n"));
    project.checkride(&["run", "look", "-p", "local"]).exits(4).says("1 of 3 items");
    assert_eq!([web.count("/a"), web.count("/b"), web.count("/c")], [1, 1, 1]);
    // An error that is not named decides nothing.
    let project = Project::new().local().runbook("look", &steps(""));
    project.checkride(&["run", "look", "-p", "local"]).exits(13).says("1 of 3 items");
}

#[test]
fn a_request_that_hangs_ends_at_the_operators_wish() {
    let web = Web::serving(|_, _| say_nothing());
    let steps = format!("[[verify]]\nid = \"hangs\"\ntitle = \"Hangs\"\nkind = \"http\"\nurl = \"{}\"\n", web.url("/"));
    let project = Project::new().local().runbook("look", &steps);
    let mut running = project.begin(&["run", "look", "-p", "local"]);
    crate::support::binary::patiently("the request comes", || web.count("/") == 1);
    running.signal(Signal::SIGINT);
    running.until_it_says("! interrupted (SIGINT)");
    running.signal(Signal::SIGINT);
    running.end().exits(7);
}

#[test]
fn what_will_be_asked_is_shown_by_its_url_and_the_names_of_its_headers() {
    let steps = r#"
[inputs]
token = { secret = { env = "TOKEN" } }

[[checklist]]
id = "health"
title = "The service answers"
kind = "http"
url = "https://${input.host}/health"
query = { deep = "1" }
headers = { Authorization = "Bearer ${input.token}", Accept = "text/plain" }
outputs = { id = "out.json.id" }

[[deploy]]
id = "order"
title = "An order"
kind = "http"
method = "POST"
url = "https://${input.host}/orders/${step.health.id}"
json = { words = "of the body" }
token_header = "Idempotency-Key"
"#;
    let steps = steps.replace("[inputs]\n", "[inputs]\nhost = { text = true, default = \"api.example.com\" }\n");
    let project = Project::new().local().runbook("look", &steps).variable("TOKEN", "what-pays-the-bill");
    for arguments in [&["plan", "look", "-p", "local"][..], &["show", "look"]] {
        let said = project.checkride(arguments).exits(0).never_says("what-pays-the-bill").never_says("of the body");
        assert!(said.stdout.contains("with Accept, Authorization"), "{}", said.stdout);
        assert!(said.stdout.contains("with Idempotency-Key") && said.stdout.contains("with a body of JSON"));
    }
    let said = project.checkride(&["plan", "look", "-p", "local"]).exits(0);
    assert!(said.stdout.contains("GET https://api.example.com/health?deep=1\n"), "{}", said.stdout);
    assert!(said.stdout.contains("POST https://api.example.com/orders/(known after health)\n"), "{}", said.stdout);
    assert!(said.stdout.contains("health [read]") && said.stdout.contains("order [write"), "{}", said.stdout);
}
