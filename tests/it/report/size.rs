//! A long run with long outputs is rendered from bounded parts.

use checkride::event::{AfterStep, ArtifactRef, Event, EventKind, Outcome};
use checkride::report::{Annex, ArtifactText, Excerpt, ExcerptLimit, html, junit};
use serde_json::{Map, json};

use crate::report::files::view;
use crate::report::runs::good;
use crate::report::tale::Run;
use crate::support::story::step;

/// A thousand steps, each with ten megabytes of output; the longest piece that anybody asks for is remembered.
struct Long(std::cell::Cell<usize>);

impl ArtifactText for Long {
    fn excerpt(&self, _: &str, limit: ExcerptLimit) -> Option<Excerpt> {
        self.0.set(self.0.get() + 1);
        let head = format!("{}\n", "x".repeat(79)).repeat(limit.head_bytes() / 80).into_bytes();
        Some(Excerpt::of_ends(&head, 10_000_000, &head, limit))
    }
}

fn long() -> Run {
    let mut run = good();
    run.events.truncate(2);
    let mut steps = Vec::new();
    let mut add = |elapsed_ms: u64, kind: EventKind| {
        let first = run.events[0].clone();
        let seq = run.events.len() as u64 + 1;
        run.events.push(Event { seq, elapsed_ms, kind, ..first });
    };
    for n in 0..1000_u64 {
        let id = format!("step_{n}");
        add(n * 100 + 400, EventKind::StepStarted { step: step(&id), attempt: 1 });
        let digest = format!("sha256-{n:064x}");
        let file = ArtifactRef { name: "stdout".to_owned(), digest, bytes: 10_000_000, media: "text/plain".to_owned() };
        add(
            n * 100 + 450,
            EventKind::StepFinished {
                step: step(&id),
                outcome: if n % 100 == 7 { Outcome::Failed } else { Outcome::Passed },
                failure: None,
                reason: None,
                outputs: Map::new(),
                artifacts: vec![file],
                requests: Vec::new(),
                stays: Vec::new(),
                then: AfterStep::Continue,
            },
        );
        steps.push(json!({
            "id": id, "phase": "deploy", "title": format!("Step {n}"), "kind": "command", "action": null, "guide": null,
            "owner": null, "controls": [], "effect": "read", "left_out": null,
        }));
    }
    run.plan["steps"] = json!(steps);
    run
}

#[test]
fn a_thousand_steps_with_long_outputs_make_a_page_of_bounded_size() {
    let view = view(&long());
    let texts = Long(std::cell::Cell::new(0));
    let annex = Annex { journal: None, texts: &texts, beside_artifacts: true };
    let page = html(&view, &annex);
    assert!(page.len() < 12 * 1024 * 1024, "{}", page.len());
    assert!(page.contains("bytes left out here; the file has them") && page.contains("this page holds enough"));
    assert!(texts.0.get() <= 1000, "each file is looked at once");
    assert_eq!(page.matches("class=\"step ").count(), 1000);
    super::page::check(&page);
    assert!(junit(&view, &annex).len() < 64 * 1024 * 1024);
}
