//! A verification of several targets, in every format.

use std::collections::BTreeSet;
use std::path::Path;

use checkride::report::Look;
use checkride::report::verified::{
    COMMENT_LIMIT, Class, SUMMARY_LIMIT, Verification, annotations, comment, findings, human, job_summary, json, junit,
    sarif,
};
use checkride::source::is_hostile;
use serde_json::Value;

use crate::report::corpus::HOSTILE;
use crate::report::files::{Kept, name};
use crate::report::schema::faults;
use crate::report::targets::{Told, many, mixed, mixed_and_hostile, mixed_in_reverse, well, with_files};
use crate::support::golden::golden;

const LOOK: Look = Look { color: false, unicode: true };

fn all_formats(all: &Verification<'_>) -> [(&'static str, String); 7] {
    [
        ("txt", human(all, LOOK, 100)),
        ("json", json(all)),
        ("xml", junit(all)),
        ("github", annotations(all)),
        ("summary.md", job_summary(all)),
        ("comment.md", comment(all)),
        ("sarif", sarif(all)),
    ]
}

fn goldens(name: &str, told: &Told) {
    for (ending, text) in all_formats(&told.verification()) {
        golden(&format!("verified/{name}.{ending}"), &text);
    }
}

#[test]
fn all_is_well() {
    goldens("well", &well());
}

#[test]
fn every_way_a_check_can_stand() {
    let told = mixed();
    let all = told.verification();
    let seen: BTreeSet<Class> = findings(&all).iter().map(|finding| finding.class).collect();
    assert_eq!(seen, BTreeSet::from(Class::ALL), "the tale has each of them");
    goldens("mixed", &told);
}

#[test]
fn full_of_hostile_text() {
    goldens("hostile", &mixed_and_hostile(HOSTILE));
}

/// The order in which checks end says nothing, and shows nowhere. (`JUnit` has the time at which each began.)
#[test]
fn the_order_of_completion_does_not_show() {
    let (one, other) = (mixed(), mixed_in_reverse());
    let (one, other) = (all_formats(&one.verification()), all_formats(&other.verification()));
    for ((format, one), (_, other)) in one.iter().zip(&other).filter(|((format, _), _)| *format != "xml") {
        assert!(one == other, "{format}\n{one}\n---\n{other}");
    }
}

#[test]
fn nothing_hostile_comes_through() {
    let told = mixed_and_hostile(HOSTILE);
    for (format, text) in all_formats(&told.verification()) {
        for line in text.lines() {
            assert!(!line.contains(is_hostile), "{format}: {line:?}");
        }
    }
}

/// No text from outside is a command to the machine that shows the log.
#[test]
fn a_log_holds_no_command_of_anybody_else() {
    let texts = ["\n::error::fake", " ::add-mask::x", "##[error]fake", "##vso[task.complete]", " \r::stop-commands::x"];
    for spice in texts {
        // So long a word is broken, and what follows it begins a line.
        let spiced = format!("{} {spice} {spice}", "w".repeat(95));
        let told = mixed_and_hostile(&[&spiced]);
        let all = told.verification();
        for (format, text) in [("txt", human(&all, LOOK, 100)), ("json", json(&all)), ("sarif", sarif(&all))] {
            for line in text.lines() {
                assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{format}: {line}");
            }
        }
        for line in annotations(&all).lines() {
            let ours = ["::error ", "::warning ", "::notice "].iter().any(|begin| line.starts_with(begin));
            assert!(ours && !line.contains('\r'), "{line}");
            let (properties, _) = line[2..].split_once("::").unwrap();
            let keys: Vec<&str> = properties.split_once(' ').unwrap().1.split(',').map(key).collect();
            assert!(keys == ["title", "file", "line", "col"] || keys == ["title"], "{line}");
        }
    }
}

fn key(property: &str) -> &str {
    property.split_once('=').unwrap().0
}

#[test]
fn github_gets_ten_of_a_kind_and_is_told_of_the_rest() {
    let told = many(300);
    let text = annotations(&told.verification());
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(errors.len(), 10);
    assert!(errors[9].contains("291 errors more"), "{}", errors[9]);
    let ten = many(10);
    let text = annotations(&ten.verification());
    assert_eq!(text.lines().filter(|line| line.starts_with("::error")).count(), 10);
    assert!(!text.contains("more"), "{text}");
}

/// Pages keep within their limits by whole rows; tables, fences and folds stay whole; and what is missing is counted.
#[test]
fn pages_keep_within_their_limits() {
    for (checks, cut) in [(3, [false, false]), (60, [true, false]), (3_000, [true, true])] {
        let told = many(checks);
        let all = told.verification();
        let pages = [(comment(&all), COMMENT_LIMIT), (job_summary(&all), SUMMARY_LIMIT)];
        for ((page, limit), cut) in pages.into_iter().zip(cut) {
            assert!(page.len() <= limit, "{checks}: {} bytes of {limit}", page.len());
            assert_eq!(page.contains("left out to keep within the limit"), cut, "{checks} of {limit}");
            assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
            let fences = page.lines().filter(|line| line.starts_with("```")).count();
            assert_eq!(fences % 2, 0);
            for row in page.lines().filter(|line| line.starts_with("| `check_")) {
                assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
            }
            let shown = page.lines().filter(|line| line.starts_with("| `check_")).count()
                + page.matches("<details><summary>prod-eu: [check").count();
            let missing = page.lines().find_map(|line| line.strip_prefix("**")?.split_once(" entries were left out"));
            // The table of targets is an entry, too, once there is no room for it.
            let missing: usize = missing.map_or(0, |(number, _)| number.parse().unwrap());
            assert_eq!(shown + missing, if cut { 2 * checks + 1 } else { 2 * checks }, "{checks} of {limit}");
        }
    }
}

/// In Markdown nobody is called, nothing is linked, and no HTML is made but ours.
#[test]
fn a_page_calls_nobody() {
    let told =
        mixed_and_hostile(&[" @org/team #12 GH-7 <img src=x> [a](https://evil.example) www.evil.example </details>"]);
    let all = told.verification();
    for page in [comment(&all), job_summary(&all)] {
        let (html, words) = rendered(&page);
        let folds = |tag: &str| html.iter().filter(|it| *it == tag).count();
        assert!(folds("<details>") > 0 && folds("<details>") == folds("</details>"), "{html:?}");
        for tag in &html {
            let ours = ["<details>", "</details>", "<summary>", "<code>", "</code>", "<!-- checkride"];
            assert!(ours.iter().any(|ours| tag.starts_with(ours)), "{tag}");
        }
        assert!(words.iter().all(|word| !word.contains(['@', '#']) && !word.contains("GH-")), "{words:?}");
    }
}

/// The raw HTML of a page, and its words that do not stand in code.
fn rendered(page: &str) -> (Vec<String>, Vec<String>) {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let (mut html, mut words) = (Vec::new(), Vec::new());
    let mut code = false;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => {
                let text = text.trim().to_owned();
                if text.starts_with("<details><summary>") {
                    let inner = text.trim_start_matches("<details><summary>").trim_end_matches("</summary>");
                    let coded = inner.starts_with("<code>") && inner.ends_with("</code>");
                    let inner = inner.trim_start_matches("<code>").trim_end_matches("</code>");
                    assert!(!inner.contains(['<', '>']), "{text}");
                    words.extend((!coded).then(|| inner.to_owned()));
                    html.push("<details>".to_owned());
                } else {
                    code = (code || text == "<code>") && text != "</code>";
                    html.push(text);
                }
            }
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => panic!("a link to {dest_url}"),
            Event::Text(text) if !code => words.push(text.to_string()),
            _ => {}
        }
    }
    (html, words)
}

/// What is written is what the schema says, and nothing that it does not say.
#[test]
fn the_schema_knows_what_is_written() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/verification-1.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for told in [well(), mixed(), mixed_and_hostile(HOSTILE)] {
        let mut document: Value = serde_json::from_str(&json(&told.verification())).unwrap();
        assert_eq!(faults(&schema, &document), Vec::<String>::new());
        document["targets"][0]["checks"][0]["class"] = "fine".into();
        document["targets"][0]["extra"] = 1.into();
        document.as_object_mut().unwrap().remove("code");
        assert_eq!(faults(&schema, &document).len(), 3);
    }
}

/// `checkride report` shows any run so, with what the run's own files say of its steps.
#[test]
fn a_run_is_shown_as_its_checks() {
    let kept = Kept::of(&with_files());
    let log: Value = serde_json::from_str(&kept.printed("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |step: &str| results.iter().find(|it| it["properties"]["step"] == step).unwrap();
    let line = |result: &Value| result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64();
    assert_eq!((of("pitr")["ruleId"].as_str(), line(of("pitr"))), (Some("dynamodb-pitr"), Some(24)));
    assert_eq!((of("throttled")["kind"].as_str(), line(of("throttled"))), (Some("open"), Some(3)));
    let rule = &log["runs"][0]["tool"]["driver"]["rules"][0];
    assert_eq!((&rule["id"], &rule["properties"]["security-severity"]), (&"dynamodb-pitr".into(), &"9.5".into()));
    assert!(of("pitr")["partialFingerprints"].get("primaryLocationLineHash").is_none(), "the uploader makes it");
    let text = kept.printed("text");
    assert!(text.contains("[throttled] The dead-letter queue is empty (low)\n"), "{text}");
    assert!(text.ends_with("NOT FINISHED\n"), "{text}");
    assert!(
        kept.printed("github").contains("title=pitr failed (critical),file=runbooks/verify-prod.toml,line=24,col=11::")
    );
    assert!(kept.printed("summary").starts_with("## Verify production\n"));
    assert!(
        kept.printed("comment").starts_with("<!-- checkride: runbooks/verify-prod.toml -->\n## Verify production\n")
    );
}

/// A file that is not what was pinned is not read, and the report does not fail for it.
#[test]
fn an_altered_runbook_says_nothing() {
    let run = with_files();
    let kept = Kept::of(&run);
    for bytes in &run.files {
        std::fs::write(kept.folder().join("artifacts").join(name(bytes)), "[[verify]]\nid = \"pitr\"\n").unwrap();
    }
    assert!(kept.printed("sarif").contains("\"ruleId\": \"step.pitr\""));
}

/// What identifies a result is the same on another day, on another line, with another value; and differs by target.
#[test]
fn fingerprints_are_stable() {
    let prints = |told: &Told| -> Vec<String> {
        let log: Value = serde_json::from_str(&sarif(&told.verification())).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect()
    };
    let one = prints(&mixed());
    assert_eq!(one, prints(&mixed_in_reverse()));
    assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), one.len());
    let mut log: Value = serde_json::from_str(&sarif(&mixed().verification())).unwrap();
    let result = log["runs"][0]["results"][0].take();
    assert!(!result["partialFingerprints"].to_string().contains(&result["locations"].to_string()));
}
