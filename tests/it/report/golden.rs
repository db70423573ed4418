//! What a run that passed, one that failed and one full of hostile text look like, in every format.

use crate::report::corpus::HOSTILE;
use crate::report::files::Kept;
use crate::report::runs::{failed, good, held};
use crate::report::spice::hostile;
use crate::support::golden::golden;

fn all_formats(name: &str, kept: &Kept) {
    for (format, ending) in [("html", "html"), ("md", "md"), ("junit", "xml")] {
        golden(&format!("journals/{name}.{ending}"), &kept.report(format));
    }
}

#[test]
fn a_run_that_passed() {
    all_formats("good", &Kept::of(&good()));
}

#[test]
fn a_run_that_failed_and_went_back() {
    all_formats("failed", &Kept::of(&failed()));
}

#[test]
fn a_run_with_holds() {
    let kept = Kept::of(&held());
    all_formats("held", &kept);
    golden("journals/held.json", &kept.report("json"));
}

#[test]
fn a_run_full_of_hostile_text() {
    all_formats("hostile", &Kept::of(&hostile(&failed(), HOSTILE)));
}

/// Beside the artifacts a page links to them; elsewhere such links would lead nowhere.
#[test]
fn only_a_report_in_its_folder_links_to_artifacts() {
    let kept = Kept::of(&good());
    assert!(kept.report("html").contains("href=\"artifacts/sha256-"));
    let printed = kept.printed("html");
    assert!(!printed.contains("href=\"artifacts/") && printed.contains("sha256-"), "{printed}");
}

/// An output that was changed after the run is shown as such.
#[test]
fn an_altered_artifact_is_named() {
    let run = failed();
    let kept = Kept::of(&run);
    assert!(!kept.report("html").contains("do not fit its digest"));
    let victim = kept.folder().join("artifacts").join(crate::report::files::name(run.files.last().unwrap()));
    std::fs::write(victim, "nothing to see here\n").unwrap();
    assert!(kept.report("html").contains("do not fit its digest"));
}

/// A file that a browser might run is not linked.
#[test]
fn a_file_that_begins_like_a_page_is_not_linked() {
    let mut run = good();
    let page = b"\xef\xbb\xbf <html><script>alert(1)</script>".to_vec();
    for event in &mut run.events {
        if let checkride::event::EventKind::StepFinished { artifacts, .. } = &mut event.kind
            && let Some(artifact) = artifacts.first_mut()
        {
            artifact.digest = crate::report::files::name(&page);
        }
    }
    run.files.push(page);
    let page = Kept::of(&run).report("html");
    let links = page.matches("href=\"artifacts/").count();
    assert_eq!(links, 1, "only the evidence is linked");
    assert!(page.contains("&lt;script&gt;alert(1)"), "and it is shown as text");
}
