//! TLS: whom it trusts, how long the certificate holds, and the way through a proxy.

use std::io::Write;

use crate::support::project::Project;
use crate::support::web::{Authority, Web, proxy, reply};

fn fine(_: &crate::support::web::Heard, to: &mut dyn Write) -> std::io::Result<()> {
    reply(to, "200 OK", "", b"fine")
}

fn step(id: &str, url: &str, more: &str) -> String {
    format!("[[verify]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"http\"\nurl = \"{url}\"\n{more}\n\n")
}

#[test]
fn a_certificate_is_believed_when_a_root_of_the_project_stands_for_it() {
    let authority = Authority::new();
    let web = Web::secure(&authority, "localhost", 2049, fine);
    let url = format!("https://localhost:{}/", web.port);
    let ca = "ca = \"roots.pem\"\nexpect = [\"out.tls_days_left > 5000 && out.tls_days_left < 20000\", \"out.body == 'fine'\"]";
    let project = Project::new().local().file("roots.pem", &authority.pem).runbook("r", &step("trusted", &url, ca));
    project.checkride(&["run", "r", "-p", "local"]).exits(0);
    assert_eq!(web.count("/"), 1);

    // The file decides what happens: it is part of the plan.
    let plan = |project: &Project| project.checkride(&["plan", "r", "-p", "local", "--format", "json"]).exits(0).json();
    let before = plan(&project);
    assert!(before["files"].as_array().unwrap().iter().any(|file| file["path"] == "roots.pem"), "{before}");
    project.write("roots.pem", &Authority::new().pem);
    assert_ne!(before["digest"], plan(&project)["digest"]);
}

#[test]
fn what_tls_does_not_trust_is_unknown_and_nothing_is_sent() {
    let authority = Authority::new();
    let good = Web::secure(&authority, "localhost", 2049, fine);
    let old = Web::secure(&authority, "localhost", 2020, fine);
    let other = Web::secure(&authority, "other.example", 2049, fine);
    let plain = Web::serving(fine);
    let at = |web: &Web| format!("https://localhost:{}/", web.port);
    let ca = "ca = \"roots.pem\"";
    let steps = [
        step("stranger", &at(&good), ""),
        step("expired", &at(&old), ca),
        step("name", &at(&other), ca),
        step("plain", &at(&plain), ca),
        step("empty", &at(&good), "ca = \"empty.pem\""),
    ];
    let project = Project::new().local().file("roots.pem", &authority.pem).file("empty.pem", "nothing\n");
    let project = project.runbook("r", &steps.concat());
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(13);
    said.says("TLS with localhost failed").says("UnknownIssuer").says("expired").says("there is no certificate in it");
    for web in [&good, &old, &other] {
        assert_eq!(web.heard().len(), 0, "not a word was said");
    }
    let unknown = project.events().iter().filter(|event| event["outcome"] == "unknown").count();
    assert_eq!(unknown, 5);
}

#[test]
fn a_proxy_of_the_environment_leads_elsewhere_and_never_here() {
    let authority = Authority::new();
    let web = Web::secure(&authority, "service.example", 2049, fine);
    let here = Web::serving(fine);
    let (port, heads) = proxy(web.port, "refused.example");
    let steps = [
        step("plain", "http://service.example/a?b=c", "expect = [\"out.body == 'by proxy'\"]"),
        step(
            "secure",
            "https://service.example/x",
            "ca = \"roots.pem\"\nexpect = [\"out.body == 'fine' && out.tls_days_left > 0\"]",
        ),
        step("refused", "https://refused.example/", ""),
        step("here", &here.url("/"), ""),
    ];
    let project = Project::new().local().file("roots.pem", &authority.pem).runbook("r", &steps.concat());
    let through = format!("http://user:word@127.0.0.1:{port}");
    let project = project.variable("https_proxy", &through).variable("HTTP_PROXY", &through);
    let said = project.checkride(&["run", "r", "-p", "local"]).exits(13);
    said.says("does not lead to refused.example:443: HTTP 403").never_says("word@").never_says("user:word");
    let heads = heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 3, "{heads:?}");
    let plain = heads.iter().find(|head| head.starts_with("GET ")).unwrap();
    assert!(plain.starts_with("GET http://service.example/a?b=c HTTP/1.1\r\n"), "{plain}");
    assert!(
        heads.iter().all(|head| head.to_lowercase().contains("proxy-authorization: basic dxnlcjp3b3jk")),
        "{heads:?}"
    );
    let seen = web.heard().pop().unwrap();
    assert_eq!((seen.line.as_str(), seen.header("proxy-authorization")), ("GET /x HTTP/1.1", None));
    assert_eq!(here.count("/"), 1);
}
