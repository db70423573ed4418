//! The trial of the readiness guide's firewall. No emulator blocks anybody: a web server on loopback stands in for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::deployed::{Ready, with_outcome};
use crate::support::binary::Said;
use crate::support::sandbox;
use crate::support::web::{Web, reply};

/// A site that answers like this from its first request on, and like that from another one on.
fn site(first: &'static str, from: usize, then: &'static str) -> Web {
    let asked = AtomicUsize::new(0);
    Web::serving(move |_, to| {
        let status = if asked.fetch_add(1, Ordering::SeqCst) + 1 < from { first } else { then };
        reply(to, status, "Connection: close\r\n", b"")
    })
}

/// The trial alone, with a limit of 40 and at most 60 requests.
fn tried(ready: &Ready, url: &str, more: &[&str]) -> Said {
    let url = format!("waf_trial_url={url}");
    let run = ["run", "deploy-cdk-prod", "-p", "sandbox", "--answers", "answers.toml"];
    let only = ["--only", "quiet_before_trial", "--only", "try_rate_limit"];
    let inputs = ["-i", "waf_trial=true", "-i", "rate_limit=40", "-i", "waf_trial_requests=60", "-i", &url];
    ready.project.checkride(&[&run[..], &only, &inputs, more].concat())
}

#[test]
fn the_firewall_is_tried_up_to_the_first_403_and_never_beyond_the_bound() {
    let ready = Ready::deployed(&sandbox::account(), &["--only", "stack"]);
    let answers = |text: &str| ready.project.write("answers.toml", &format!("format = 1\n{text}"));
    let yes =
        |id: &str, word: &str| format!("[answer.\"{id}\"]\nchoose = \"{word}\"\nby = \"ana\"\nreason = \"a test\"\n");
    let all = [yes("phase.deploy", "yes"), yes("try_rate_limit.run", "run"), yes("phase.rollback", "yes")].concat();

    // Whoever only confirms the phase has not confirmed this.
    answers(&yes("phase.deploy", "yes"));
    let unasked = site("200 OK", 45, "403 Forbidden");
    tried(&ready, &unasked.url("/health"), &[]).exits(11).says("try_rate_limit");
    assert_eq!(unasked.heard().len(), 0);

    answers(&all);
    let guarded = site("200 OK", 45, "403 Forbidden");
    let said = tried(&ready, &guarded.url("/health"), &[]).exits(0);
    assert_eq!(guarded.count("/health"), 45, "the first 403 is the last request");
    assert!(guarded.heard().iter().all(|it| it.line == "OPTIONS /health HTTP/1.1"), "{:?}", guarded.heard());
    assert_eq!(with_outcome(&ready.project, &said, "passed"), ["try_rate_limit"]);
    let run = ready.project.last_run();
    let report = ready.project.checkride(&["report", run.file_name().unwrap().to_str().unwrap()]).exits(0).stdout;
    assert!(report.contains("| `requests` | `45` |"), "{report}");

    // The way back only looks. Who is still blocked is told so, and held up by nothing.
    let back = ["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"];
    ready.project.checkride(&back).exits(0).says("[let_in_again] | still blocked");
    assert_eq!(guarded.count("/health"), 46);

    // What the site answers, how many requests it hears, what is said of it.
    let cases: [(Web, usize, &str); 4] = [
        (site("200 OK", 1000, ""), 60, r#"out.json.last = "200""#),
        (site("403 Forbidden", 1000, ""), 1, "out.json.requests = 1"),
        (site("200 OK", 5, "502 Bad Gateway"), 5, r#"out.json.last = "502""#),
        (site("200 OK", 58, "429 Too Many Requests"), 60, r#"out.json.last = "429""#),
    ];
    for (site, requests, told) in cases {
        let said = tried(&ready, &site.url("/health"), &[]).exits(5);
        assert_eq!(site.count("/health"), requests, "{told}");
        assert_eq!(with_outcome(&ready.project, &said, "failed"), ["try_rate_limit"]);
        said.says(told);
    }

    // Where it can find nothing it sends nothing: too few requests, or the emulator's own address.
    let spared = site("200 OK", 1000, "");
    let few = tried(&ready, &spared.url("/health"), &["-i", "rate_limit=60"]);
    few.exits(5).says("60 requests do not reach the limit of 60");
    tried(&ready, "", &[]).exits(5).says("blocks nobody");
    assert_eq!(spared.heard().len(), 0);
}
