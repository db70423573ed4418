//! Requests that write: once, on record before and after, and never again when it is not known what became of one.

use std::io::Write;

use crate::support::binary::patiently;
use crate::support::project::Project;
use crate::support::web::{Heard, Web, reply, reply_json, say_nothing};

const RUN: &[&str] = &["run", "r", "-p", "local", "--answers", "answers.toml"];

/// A project with one write to a URL, and its undo.
fn writing(url: &str, more: &str) -> Project {
    let steps = format!(
        "[[deploy]]\nid = \"order\"\ntitle = \"An order\"\nkind = \"http\"\nmethod = \"POST\"\nurl = \"{url}\"\n{more}\n\n\
         [[rollback]]\nid = \"undo\"\ntitle = \"Undo it\"\nkind = \"command\"\nrun = [\"true\"]\nundoes = [\"order\"]\n"
    );
    Project::new().local().runbook("r", &steps).answers("phase.deploy = yes")
}

/// `call token? result detail` of each effect, in order.
fn effects(project: &Project) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for event in project.events() {
        let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
        match event["kind"].as_str() {
            Some("effect_intended") => list.push(text("call")),
            Some("effect_settled") => {
                let said = format!("{} {}", text("result"), text("detail"));
                let last = list.last_mut().unwrap();
                last.push_str(": ");
                last.push_str(&said);
            }
            _ => {}
        }
    }
    list
}

fn serve(heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    match heard.path() {
        "/created" => reply_json(to, "201 Created", r#"{"id": 7}"#),
        "/invalid" => reply_json(to, "409 Conflict", r#"{"error": "no"}"#),
        "/broken" => reply(to, "500 Internal Server Error", "", b""),
        "/gateway" => reply(to, "504 Gateway Timeout", "", b""),
        "/busy" => reply(to, "503 Service Unavailable", "Retry-After: 1\r\n", b""),
        "/see-other" => reply(to, "303 See Other", "Location: /created\r\n", b""),
        "/moved" => reply(to, "308 Permanent Redirect", "Location: /created\r\n", b""),
        "/silent" => say_nothing(),
        "/half" => write!(to, "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\nhalf"),
        "/smtp" => write!(to, "220 mail.example.com ESMTP\r\n"),
        _ => Ok(()),
    }
}

#[test]
fn what_became_of_a_write_is_on_record_as_far_as_the_answer_tells() {
    let web = Web::serving(serve);
    // path, further keys, exit code, effects, how many requests came
    let cases: &[(&str, &str, i32, &[&str], usize)] = &[
        ("/created", "expect = [\"out.json.id == 7\"]", 0, &["http:POST: done HTTP 201 Created"], 1),
        ("/invalid", "", 5, &["http:POST: refused HTTP 409 Conflict"], 1),
        ("/invalid", "expect = [\"error.status == 409\"]", 0, &["http:POST: refused HTTP 409 Conflict"], 1),
        ("/broken", "", 8, &["http:POST: unknown HTTP 500 Internal Server Error"], 1),
        ("/busy", "", 5, &["http:POST: refused HTTP 503 Service Unavailable"], 1),
        ("/gateway", "", 8, &["http:POST: unknown HTTP 504 Gateway Timeout"], 1),
        ("/gateway", "expect = [\"out.status == 504\"]", 8, &["http:POST: unknown HTTP 504 Gateway Timeout"], 1),
        ("/see-other", "expect = [\"out.status == 303\"]", 0, &["http:POST: done HTTP 303 See Other"], 1),
        ("/moved", "", 5, &["http:POST: refused HTTP 308 Permanent Redirect"], 1),
        ("/half", "", 5, &["http:POST: done HTTP 201 Created"], 1),
    ];
    for (path, more, code, recorded, requests) in cases {
        let before = web.count(path);
        let project = writing(&web.url(path), &format!("body = \"one coffee\"\n{more}"));
        project.checkride(RUN).exits(*code);
        assert_eq!(effects(&project), *recorded, "{path}");
        assert_eq!(web.count(path) - before, *requests, "{path}");
    }
    let created = web.heard().into_iter().find(|heard| heard.path() == "/created").unwrap();
    assert_eq!((created.line.as_str(), created.body.as_str()), ("POST /created HTTP/1.1", "one coffee"));
    assert_eq!(created.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[test]
fn a_write_whose_reply_was_lost_is_never_sent_again() {
    let web = Web::serving(serve);
    for (path, more) in
        [("/lost", ""), ("/smtp", ""), ("/silent", "timeout = \"1s\"\n"), ("/gateway", ""), ("/broken", "")]
    {
        let project = writing(&web.url(path), &format!("retry = {{ attempts = 3, delay = \"10ms\" }}\n{more}"));
        let said = project.checkride(RUN).exits(8);
        said.says("order");
        assert_eq!(web.count(path), 1, "{path}: it may have had its effect");
        assert!(effects(&project)[0].starts_with("http:POST: unknown "), "{:?}", effects(&project));
        // Nor when the run is gone on with: a person must look.
        project.checkride(&["resume", "--answers", "answers.toml"]).exits(8);
        assert_eq!(web.count(path), 1, "{path}");
    }
}

#[test]
fn a_write_that_was_refused_is_sent_again_as_the_step_says() {
    let web = Web::serving(serve);
    for path in ["/busy", "/invalid"] {
        let project = writing(&web.url(path), "retry = { attempts = 3, delay = \"10ms\" }");
        project.checkride(RUN).exits(5);
        assert_eq!(web.count(path), 3, "{path}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = writing(&format!("http://{closed}/"), "retry = { attempts = 2, delay = \"10ms\" }");
    project.checkride(RUN).exits(5);
    assert_eq!(effects(&project), ["http:POST: refused nothing was sent", "http:POST: refused nothing was sent"]);
}

#[test]
fn a_redirect_of_a_write_is_followed_only_when_it_is_allowed() {
    let web = Web::serving(serve);
    let project = writing(&web.url("/see-other"), "redirects = 1\nbody = \"x\"\nexpect = [\"out.json.id == 7\"]");
    project.checkride(RUN).exits(0);
    assert_eq!(effects(&project), ["http:POST: done HTTP 303 See Other"], "a look at where it led is no effect");
    assert_eq!(web.heard().last().unwrap().line, "GET /created HTTP/1.1");

    let project = writing(&web.url("/moved"), "redirects = 1\nbody = \"x\"");
    project.checkride(RUN).exits(0);
    let both = ["http:POST: refused HTTP 308 Permanent Redirect", "http:POST: done HTTP 201 Created"];
    assert_eq!(effects(&project), both);
    let last = web.heard().pop().unwrap();
    assert_eq!((last.line.as_str(), last.body.as_str()), ("POST /created HTTP/1.1", "x"));
}

#[test]
fn a_write_that_is_run_again_carries_the_same_token() {
    let web = Web::serving(|heard, to| match heard.header("idempotency-key") {
        // The reply is lost after the effect, each time.
        Some(_) if heard.path() == "/lost" => Ok(()),
        _ => reply(to, "201 Created", "", b""),
    });
    let more =
        "token_header = \"Idempotency-Key\"\non_unknown = \"run-again\"\nretry = { attempts = 3, delay = \"10ms\" }";
    let project = writing(&web.url("/lost"), more);
    project.checkride(RUN).exits(8);
    let tokens: Vec<Option<String>> =
        web.heard().iter().map(|heard| heard.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(tokens.len(), 3, "as often as the step says, and then a person must look: {tokens:?}");
    assert!(tokens[0].as_ref().is_some_and(|token| token.starts_with("cr-")), "{tokens:?}");
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    let recorded = project.events().into_iter().find(|event| event["kind"] == "effect_intended").unwrap();
    assert_eq!(recorded["token"].as_str(), tokens[0].as_deref());
    assert_eq!(recorded["target"].as_str(), Some(web.url("/lost").as_str()));

    // A session later it may be run again, as it says.
    project.checkride(&["resume", "--answers", "answers.toml"]).exits(8);
    assert_eq!(web.count("/lost"), 4, "one attempt more");
    assert!(web.heard().iter().all(|heard| heard.header("idempotency-key").map(str::to_owned) == tokens[0]));

    let other = writing(&web.url("/other"), more);
    other.checkride(RUN).exits(0);
    let heard = web.heard().pop().unwrap();
    assert_ne!(heard.header("idempotency-key").map(str::to_owned), tokens[0], "another run, another token");
}

#[test]
fn a_write_that_checkride_died_over_is_unknown() {
    let web = Web::serving(serve);
    let project = writing(&web.url("/silent"), "");
    let running = project.begin(RUN);
    patiently("the request comes", || web.count("/silent") == 1);
    running.kill();
    project.checkride(&["resume", "--no-input"]).exits(8).says("order");
    assert_eq!(web.count("/silent"), 1);
    project.write(
        "answers.toml",
        "format = 1\n[answer.\"order.unknown\"]\nchoose = \"happened\"\nby = \"ana\"\nreason = \"the order is there\"\n",
    );
    project.checkride(&["resume", "--answers", "answers.toml"]).exits(0);
    assert_eq!(web.count("/silent"), 1);
}

#[test]
fn a_get_that_is_declared_a_write_is_an_effect() {
    let web = Web::serving(serve);
    let project = writing(&web.url("/created"), "");
    let text = project.read("runbooks/r.toml").replace("\"POST\"", "\"GET\"\neffect = \"write\"");
    project.write("runbooks/r.toml", &text);
    project.checkride(RUN).exits(0);
    assert_eq!(effects(&project), ["http:GET: done HTTP 201 Created"]);
}
