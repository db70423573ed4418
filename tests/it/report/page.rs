//! What every page must keep: it is whole by itself, its links lead somewhere, nothing in it runs.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::report::corpus::HOSTILE;
use crate::report::dom::Dom;
use crate::report::files::Kept;
use crate::report::runs::{failed, good};
use crate::report::spice::hostile;

/// Every element that the templates know, with its attributes.
const KNOWN: &[(&str, &[&str])] = &[
    ("html", &["lang"]),
    ("head", &[]),
    ("meta", &["charset", "content", "http-equiv", "name"]),
    ("title", &["id"]),
    ("style", &[]),
    ("body", &[]),
    ("main", &["id"]),
    ("header", &["class"]),
    ("footer", &[]),
    ("nav", &["class", "aria-label"]),
    ("section", &["aria-labelledby"]),
    ("article", &["class", "id"]),
    ("div", &["class", "role", "tabindex"]),
    ("p", &["class"]),
    ("span", &["class"]),
    ("strong", &[]),
    ("code", &[]),
    ("mark", &[]),
    ("pre", &["aria-label"]),
    ("br", &[]),
    ("a", &["class", "href"]),
    ("h1", &[]),
    ("h2", &["id"]),
    ("h3", &[]),
    ("h4", &[]),
    ("ul", &["class"]),
    ("ol", &["class"]),
    ("li", &["class"]),
    ("dl", &["class"]),
    ("dt", &[]),
    ("dd", &["class"]),
    ("table", &[]),
    ("caption", &[]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &[]),
    ("th", &["class", "scope"]),
    ("td", &["class"]),
    ("details", &["open"]),
    ("summary", &[]),
    ("blockquote", &[]),
    ("figure", &[]),
    ("figcaption", &[]),
    ("svg", &["aria-hidden", "aria-labelledby", "class", "focusable", "height", "role", "viewBox", "width", "x", "y"]),
    ("symbol", &["id", "viewBox"]),
    ("use", &["href"]),
    ("defs", &[]),
    ("desc", &["id"]),
    ("pattern", &["height", "id", "patternTransform", "patternUnits", "width"]),
    ("path", &["class", "d"]),
    ("circle", &["cx", "cy", "r", "stroke-dasharray"]),
    ("rect", &["class", "fill", "fill-opacity", "height", "rx", "width", "x", "y"]),
    ("line", &["class", "x1", "x2", "y1", "y2"]),
    ("text", &["class", "text-anchor", "x", "y"]),
];

/// Reads a page as a browser does, and holds it against all that a page must keep.
pub(super) fn check(page: &str) -> Dom {
    let dom = Dom::read(page);
    assert_eq!(dom.errors, Vec::<String>::new(), "a browser has to guess nothing");
    assert_eq!(dom.others, 0, "there are comments or instructions");
    let mut ids = BTreeSet::new();
    let mut wanted = Vec::new();
    for element in &dom.elements {
        let known = KNOWN.iter().find(|(name, _)| *name == element.name);
        let (_, attributes) = known.unwrap_or_else(|| panic!("<{}> is of no template", element.name));
        for (name, value) in &element.attributes {
            assert!(attributes.contains(&name.as_str()), "<{} {name}=\"{value}\"> is of no template", element.name);
            match name.as_str() {
                "id" => assert!(ids.insert(value.clone()), "two headings are `{value}`"),
                "href" => wanted.push(value.clone()),
                "aria-labelledby" => wanted.extend(value.split(' ').map(|id| format!("#{id}"))),
                "class" | "content" => {}
                "fill" => assert!(["url(#stripes)", "none"].contains(&value.as_str()), "{value}"),
                _ => assert!(!value.contains(':') && !value.contains("//"), "{name}=\"{value}\""),
            }
        }
    }
    for link in wanted {
        if let Some(id) = link.strip_prefix('#') {
            assert!(ids.contains(id), "nothing is called `{id}`");
            continue;
        }
        let digest = link.strip_prefix("artifacts/sha256-").unwrap_or_else(|| panic!("a link to `{link}`"));
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{link}");
    }
    policy(&dom);
    headings(&dom);
    dom
}

/// One style, allowed by its hash; nothing else may be loaded, sent or run.
fn policy(dom: &Dom) {
    let styles: Vec<_> = dom.named("style").collect();
    assert_eq!(styles.len(), 1);
    let style = &styles[0].text;
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("//"), "the style loads nothing");
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policies: Vec<_> = dom.named("meta").filter(|meta| meta.attribute("http-equiv").is_some()).collect();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].attribute("http-equiv"), Some("Content-Security-Policy"));
    let allowed = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert_eq!(policies[0].attribute("content"), Some(allowed.as_str()));
}

/// No level is left out, and there is one title.
fn headings(dom: &Dom) {
    let mut last = 0;
    for heading in dom.elements.iter().filter(|element| ["h1", "h2", "h3", "h4"].contains(&element.name.as_str())) {
        let level: u32 = heading.name[1..].parse().unwrap();
        assert!(level <= last + 1 || (level, last) == (4, 2), "h{level} after h{last}: {}", heading.text);
        assert!(!heading.text.trim().is_empty());
        assert!(level > 1 || last == 0, "two titles");
        last = level;
    }
    assert!(last > 1);
}

#[test]
fn the_pages_of_three_runs_are_whole() {
    for run in [good(), failed(), hostile(&failed(), HOSTILE)] {
        check(&Kept::of(&run).report("html"));
    }
}

/// A browser would see the same page without the style, so nothing is said by it alone.
#[test]
fn outcomes_are_words() {
    let page = Dom::read(&Kept::of(&failed()).report("html"));
    let text = &page.named("body").next().unwrap().text;
    for words in [
        "NOT PASSED: a verification failed (exit code 4)",
        "Expected",
        "Actual",
        "out.json.status = \"DISABLED\"",
        "What to do:",
        "skipped",
        "an unknown effect was settled by a person's word",
        "session 2 began ",
        "The way back",
    ] {
        assert!(text.contains(words), "{words}");
    }
}
