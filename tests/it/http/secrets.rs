//! A secret in a header or a body goes to the one server that it is for, and is kept nowhere.

use std::path::PathBuf;

use crate::support::project::Project;
use crate::support::web::{Web, reply};

const TOKEN: &str = "what-pays-the-bill";

#[test]
fn a_secret_of_a_request_is_kept_nowhere_even_when_the_server_tells_it() {
    // Everything that was said comes back: in a header, in a short error page, in a long page.
    let web = Web::serving(|heard, to| {
        let said = format!("{:?} {}", heard.headers, heard.body);
        let echo = format!("X-Echo: {}\r\n", heard.header("authorization").unwrap_or_default());
        match heard.path() {
            "/short" => reply(to, "201 Created", &echo, said.as_bytes()),
            "/refused" => reply(to, "409 Conflict", &echo, said.as_bytes()),
            _ => reply(to, "200 OK", &echo, said.repeat(200).as_bytes()),
        }
    });
    let with = "headers = { Authorization = \"Bearer ${input.token}\" }\n";
    let steps = format!(
        r#"
[inputs]
token = {{ secret = {{ env = "TOKEN" }} }}

[[checklist]]
id = "long"
title = "Read"
kind = "http"
url = "{url}/long"
{with}outputs = {{ echo = "out.headers['x-echo']", page = "out.body" }}

[[checklist]]
id = "expects"
title = "Expects in vain"
kind = "http"
url = "{url}/long"
on_failure = "continue"
{with}expect = ["out.headers['x-echo'] == ''"]

[[checklist]]
id = "refused"
title = "Is refused, and told why"
kind = "http"
url = "{url}/refused"
on_failure = "continue"
{with}

[[deploy]]
id = "order"
title = "Write"
kind = "http"
method = "POST"
confirm = "ask"
url = "{url}/short"
{with}json = {{ password = "${{input.token}}", echoed = "${{step.long.echo}}" }}
expect = ["out.headers['x-echo'] == ''"]

[[rollback]]
id = "undo"
title = "Undo"
kind = "http"
method = "DELETE"
url = "{url}/long"
{with}undoes = ["order"]
"#,
        url = web.url("")
    );
    let project = Project::new().local().runbook("r", &steps).variable("TOKEN", TOKEN);
    let project = project.answers("phase.deploy = yes\norder.run = run\norder.failure = roll-back");
    let arguments = ["run", "r", "-p", "local", "--answers", "answers.toml", "--events", "-"];
    let said = project.checkride(&arguments).exits(5).never_says(TOKEN).says("[secret]");
    assert!(said.stdout.contains("[secret]"));
    // Whoever approves it is shown the whole of it, but for what is secret.
    let asked = project.events().into_iter().find(|event| event["question"]["id"] == "order.run").unwrap();
    let shown = [
        &format!("POST {}", web.url("/short")),
        "  with Authorization, Content-Type",
        r#"    {"password":"[secret]","echoed":"Bearer [secret]"}"#,
    ];
    assert_eq!(asked["question"]["detail"], serde_json::json!(shown));
    // It did go where it was meant to go.
    let order = web.heard().into_iter().find(|heard| heard.path() == "/short").unwrap();
    assert_eq!(order.header("authorization"), Some("Bearer what-pays-the-bill"));
    assert_eq!(order.body, r#"{"password":"what-pays-the-bill","echoed":"Bearer what-pays-the-bill"}"#);
    assert!(web.heard().iter().any(|heard| heard.line.starts_with("DELETE ")), "{:?}", web.heard());
    assert_eq!(project.kept_with(TOKEN), [] as [PathBuf; 0]);
    assert!(project.kept_with("[secret]").iter().any(|path| path.to_str().unwrap().contains("artifacts")));
    assert!(!project.report().contains(TOKEN));
}

#[test]
fn a_secret_output_keeps_the_whole_answer_out_of_the_files() {
    let web = Web::serving(|_, to| reply(to, "200 OK", "", "{\"token\": \"found-by-the-run\"}".repeat(500).as_bytes()));
    let steps = format!(
        "[[checklist]]\nid = \"login\"\ntitle = \"Log in\"\nkind = \"http\"\neffect = \"read\"\nmethod = \"POST\"\n\
         url = \"{}\"\nsensitive = [\"token\"]\noutputs = {{ token = \"capture(out.body, '\\\"([a-z-]+)\\\"}}')\" }}\n\n\
         [[checklist]]\nid = \"use\"\ntitle = \"Use it\"\nkind = \"http\"\nurl = \"{}\"\n\
         headers = {{ Authorization = \"Bearer ${{step.login.token}}\" }}\nsensitive = [\"body\"]\n",
        web.url("/login"),
        web.url("/use")
    )
    .replace("'\\\"([a-z-]+)\\\"}", "'([a-z]+-[a-z]+-[a-z]+-[a-z]+)");
    let project = Project::new().local().runbook("r", &steps);
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    assert_eq!(web.heard()[1].header("authorization"), Some("Bearer found-by-the-run"));
    assert_eq!(project.kept_with("found-by-the-run"), [] as [PathBuf; 0]);
}

#[test]
fn a_redirect_to_another_host_carries_no_secret() {
    let other = Web::serving(|_, to| reply(to, "200 OK", "", b"other"));
    let elsewhere = other.url("/");
    let web = Web::serving(move |heard, to| match heard.path() {
        "/stay" => reply(to, "302 Found", "Location: /here\r\n", b""),
        "/leave" => reply(to, "302 Found", &format!("Location: {elsewhere}\r\n"), b""),
        _ => reply(to, "200 OK", "", b"here"),
    });
    let step = |id: &str| {
        format!(
            "[[checklist]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"http\"\nurl = \"{}\"\n\
             headers = {{ X-Api-Key = \"${{input.token}}\", Accept = \"text/plain\" }}\n\n",
            web.url(&format!("/{id}"))
        )
    };
    let steps = format!("[inputs]\ntoken = {{ secret = {{ env = \"TOKEN\" }} }}\n\n{}{}", step("stay"), step("leave"));
    let project = Project::new().local().runbook("r", &steps).variable("TOKEN", TOKEN);
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    let here = web.heard().into_iter().find(|heard| heard.path() == "/here").unwrap();
    assert_eq!(here.header("x-api-key"), Some(TOKEN));
    let there = other.heard().pop().unwrap();
    assert_eq!((there.header("x-api-key"), there.header("accept")), (None, Some("text/plain")));
}
