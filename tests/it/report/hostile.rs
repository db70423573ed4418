//! Every hostile text, in every field, through every renderer.

use std::collections::BTreeMap;

use checkride::event::{ArtifactRef, EventKind};
use checkride::report::{Annex, JournalFacts, RunView, guide_markdown, html, json, junit, markdown};
use pulldown_cmark::{Event, Options, Parser, Tag};
use roxmltree::Document;
use serde_json::Value;

use crate::report::corpus::{HOSTILE, acts};
use crate::report::files::{Kept, Texts, view};
use crate::report::page;
use crate::report::runs::{failed, good};
use crate::report::spice::hostile;
use crate::report::tale::Run;
use crate::support::project::Project;

/// A run in which each free text ends in this one, with an effect that nobody knows about.
fn spiced(text: &str) -> (Run, RunView) {
    let mut run = failed();
    // The effect of the second session's question is never settled: what may have run is shown, too.
    run.events
        .retain(|event| !matches!(&event.kind, EventKind::EffectSettled { step, .. } if step.as_str() == "migrate"));
    for event in &mut run.events {
        if let EventKind::StepFinished { artifacts, .. } = &mut event.kind {
            let digest = format!("sha256-{text}");
            artifacts.push(ArtifactRef { name: "report".to_owned(), digest, bytes: 1, media: "text/html".to_owned() });
        }
    }
    let run = hostile(&run, &[text]);
    let view = view(&run);
    (run, view)
}

/// The annex of such a run: whatever is asked for begins and ends with the text.
fn texts(run: &Run, text: &str) -> Texts {
    let output = format!("{text}\n{text}{text}\n{}{text}", "a line\n".repeat(300));
    let mut texts = BTreeMap::new();
    for event in &run.events {
        if let EventKind::StepFinished { artifacts, .. } = &event.kind {
            for artifact in artifacts {
                texts.insert(artifact.digest.clone(), output.clone().into_bytes());
            }
        }
    }
    Texts(texts)
}

/// Each text alone and as it comes, with what every renderer makes of it.
fn every(mut check: impl FnMut(&str, &RunView, &Annex<'_>)) {
    assert!(HOSTILE.len() >= 60, "{}", HOSTILE.len());
    for text in HOSTILE {
        let (run, view) = spiced(text);
        let texts = texts(&run, text);
        let journal = JournalFacts {
            head: text.to_string(),
            records: 3,
            tail: Some(text.to_string()),
            not_shown: vec![text.to_string()],
        };
        check(text, &view, &Annex { journal: Some(journal), texts: &texts, beside_artifacts: true });
    }
}

pub(super) fn no_character_acts(what: &str, text: &str, shown: &str) {
    let found = shown.chars().find(|c| acts(*c));
    assert!(found.is_none(), "{what} shows {found:?} of {text:?}");
}

#[test]
fn no_character_acts_in_any_format() {
    every(|text, view, annex| {
        no_character_acts("html", text, &html(view, annex));
        no_character_acts("md", text, &markdown(view, annex));
        no_character_acts("junit", text, &junit(view, annex));
        no_character_acts("json", text, &json(view, annex));
    });
}

/// A page holds no element of anybody else. Text that is shown is the text that was there: nothing is dropped, nothing is
/// added.
#[test]
fn a_page_shows_what_was_there_as_text() {
    every(|text, view, annex| {
        let page = page::check(&html(view, annex));
        let shown = &page.named("h1").next().unwrap().text;
        assert_eq!(*shown, as_shown(&view.header.title), "{text:?}");
    });
}

/// A text as a reader sees it: written down again here, by no code of checkride.
pub(super) fn as_shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push(' '),
            c if acts(c) && u32::from(c) < 0x80 => shown.extend(format!("\\x{:02x}", u32::from(c)).chars()),
            c if acts(c) || c == '\u{85}' => shown.extend(format!("\\u{{{:x}}}", u32::from(c)).chars()),
            c => shown.push(c),
        }
    }
    shown
}

/// Headings, links, pictures and HTML in the Markdown are ours: none comes from a text.
#[test]
fn markdown_holds_no_mark_of_anybody_else() {
    let ours = headings(&markdown(&view(&failed()), &Annex::default()));
    every(|text, view, annex| {
        let page = markdown(view, annex);
        marks(text, &page);
        let found = headings(&page);
        assert_eq!(
            found.len(),
            ours.len() + usize::from(view.steps.iter().any(|step| step.unknown_effects().next().is_some())),
            "{text:?}"
        );
    });
}

/// The author's guide is Markdown, but what is in it cannot link, load or be HTML.
#[test]
fn a_guide_is_tamed() {
    for text in HOSTILE {
        for guide in
            [format!("# {text}\n\n- {text}\n> {text}\n\n{text}\n"), format!("**{text}** `{text}` [{text}]({text})")]
        {
            let page = guide_markdown(&guide);
            marks(text, &page);
            no_character_acts("guide", text, &page);
        }
    }
}

pub(super) fn marks(text: &str, page: &str) {
    for event in Parser::new_ext(page, Options::all()) {
        let foreign = match &event {
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_) => true,
            Event::Start(tag) => {
                matches!(tag, Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::HtmlBlock)
            }
            _ => false,
        };
        assert!(!foreign, "{event:?} of {text:?} in\n{page}");
    }
}

fn headings(page: &str) -> Vec<String> {
    let starts =
        Parser::new_ext(page, Options::all()).filter(|event| matches!(event, Event::Start(Tag::Heading { .. })));
    starts.map(|event| format!("{event:?}")).collect()
}

#[test]
fn junit_is_xml_with_our_elements_only() {
    let (mut cases, mut all) = (BTreeMap::new(), 0);
    every(|text, view, annex| {
        let xml = junit(view, annex);
        let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error} of {text:?} in\n{xml}"));
        elements(text, &document);
        let found = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
        cases.insert(found, *text.as_bytes().first().unwrap_or(&0));
        all += 1;
    });
    assert_eq!((cases.len(), all), (1, HOSTILE.len()), "the same cases whatever stands in them: {cases:?}");
}

/// No element of anybody else is in a document.
pub(super) fn elements(text: &str, document: &Document<'_>) {
    let known = [
        "testsuites",
        "testsuite",
        "testcase",
        "properties",
        "property",
        "failure",
        "error",
        "skipped",
        "system-out",
        "system-err",
    ];
    for node in document.descendants() {
        assert!(!node.is_comment() && !node.is_pi(), "{text:?}");
        assert!(!node.is_element() || known.contains(&node.tag_name().name()), "{node:?} of {text:?}");
    }
}

#[test]
fn json_says_what_was_there() {
    every(|text, view, annex| {
        let value: Value = serde_json::from_str(&json(view, annex)).unwrap();
        assert_eq!(value["title"], view.header.title, "{text:?}");
        assert_eq!(value["journal"]["head"], *text);
    });
}

/// The commands that show runs, through the program itself.
#[test]
fn the_program_shows_no_run_that_acts() {
    let kept = Kept::of(&hostile(&good(), HOSTILE));
    for format in ["html", "md", "junit", "json"] {
        no_character_acts(format, "all of them", &kept.printed(format));
    }
    for arguments in [&["runs"][..], &["runs", "--format", "json"]] {
        no_character_acts("runs", "all of them", &kept.said(arguments));
    }
}

/// A runbook full of hostile text, as `list`, `show`, `plan` and `check` show it.
#[test]
fn the_program_shows_no_runbook_that_acts() {
    let all = HOSTILE.concat();
    let text = toml(&all.replace('\n', " "));
    let step = |n: usize, each: &str| {
        let (title, each) = (toml(&each.replace('\n', " ")), toml(each));
        format!(
            "[[checklist]]\nid = \"s{n}\"\ntitle = {title}\nkind = \"confirm\"\nguide = {each}\nowner = {each}\n\n\
             [[deploy]]\nid = \"d{n}\"\ntitle = {title}\nkind = \"command\"\neffect = \"local\"\n\
             run = [\"echo\", {each}]\n\n"
        )
    };
    let plain: Vec<_> = HOSTILE.iter().filter(|text| !text.contains("${") && !text.contains('\0')).collect();
    let steps: String = plain.iter().enumerate().map(|(n, each)| step(n, each)).collect();
    let runbook = format!(
        "format = 1\n\n[runbook]\ntitle = {text}\nsummary = {text}\nowner = {text}\nprofile = \"local\"\n\n\
         [inputs]\nx = {{ text = {{}}, default = \"x\", help = {text} }}\n\n{steps}"
    );
    let project = Project::new()
        .file("runbooks/r.toml", &runbook)
        .file("profiles/local.toml", &format!("[profile]\ntitle = {text}\ntier = \"sandbox\"\n"));
    for arguments in [
        &["list"][..],
        &["list", "--format", "json"],
        &["show", "r"],
        &["show", "r", "--format", "json"],
        &["plan", "r"],
        &["plan", "r", "--format", "json"],
        &["check"],
        &["check", "--format", "json"],
        &["explain", &all[..40]],
        &["run", "r", "--no-input"],
        &["report", &all[..40]],
    ] {
        let said = project.checkride(arguments);
        assert!(![1, 101].contains(&said.code), "{arguments:?} {}", said.stderr);
        no_character_acts(&format!("{arguments:?}"), "all of them", &said.stdout);
        no_character_acts(&format!("{arguments:?}"), "all of them", &said.stderr);
    }
    let shown = project.checkride(&["show", "r"]).exits(0).stdout;
    marks("a runbook", &shown);
}

/// A text as TOML: what must not stand in a file is written as an escape.
fn toml(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || acts(c) => out.extend(format!("\\U{:08x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out + "\""
}
