//! Generated runs: what a journal can hold, in any order, with any text in every field, as pages, Markdown and `JUnit`.
//! `CHECKRIDE_CASES` is how many.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use checkride::event::{
    AfterStep, ArtifactRef, Captured, DeviationKind, Event, EventKind, Failure, FailureKind, Hold, LeftOver, Level,
    Need, Outcome, SessionEnd, SteadyWhen, Verdict,
};
use checkride::report::{Annex, JournalFacts, RunView, html, junit, markdown};
use chrono::TimeDelta;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, proptest};
use proptest::sample::{Index, select};
use proptest::strategy::Union;
use pulldown_cmark::{Options, Parser};
use roxmltree::Document;
use serde_json::{Map, json};

use crate::report::corpus::HOSTILE;
use crate::report::files::{Texts, view};
use crate::report::hostile::{as_shown, elements, marks, no_character_acts};
use crate::report::page;
use crate::report::runs::{failed, good};
use crate::report::spice::hostile;
use crate::report::tale::{Run, expectation, settled_item};
use crate::support::story::step;

/// Runs without the variable.
const CASES: u32 = 12;

/// What a reader is shown of one line, in characters.
const LINE_MAX: usize = 4096;

/// What acts in some format or other, or looks as if it did; each between spaces.
const WORDS: &str = r#"< > & " ' </ /> <!-- --> ]]> <![CDATA[ <? ?> </script> </style> </pre> </title> </svg> &#x0; &#0;
    &#xD800; &#x1b; &amp; &lt &# \ud800 \udfff\ud800 \u{202e} \x1b \n \ ` `` ``` ~~~ * __ [ ]( ](//x.example) ![ | || http://x.example
    www.x.example a@x.example javascript: // $ $$ ${ {{ }} ^ : = %00 %3C ü 東京 🚀 é word 0 [cut]"#;

/// The same, of what has spaces in it or is none.
const SPACES: &[&str] = &[
    "\n", "\r", "\r\n", "\n\n", "\t", "\n    ", "\n- ", "\n# ", "\n> ", "\n---\n", "\n|-|\n", " ", "  ", "  \n",
    "\u{a0}", "e\u{301}", "\u{200d}", "\u{fe0f}",
];

fn text() -> impl Strategy<Value = String> + Clone {
    let acts = prop::char::ranges(
        vec![
            '\0'..='\x1f',
            '\x7f'..='\u{9f}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{d7ff}'..='\u{e001}',
            '\u{fdd0}'..='\u{fdef}',
            '\u{fff0}'..='\u{ffff}',
            '\u{e0000}'..='\u{e007f}',
            '\u{10fffe}'..='\u{10ffff}',
        ]
        .into(),
    );
    let pieces: Vec<&str> = WORDS.split_whitespace().chain(SPACES.iter().copied()).collect();
    let long = (select(pieces.clone()), 1_usize..1500).prop_map(|(piece, times)| piece.repeat(times));
    let piece = prop::strategy::Union::new_weighted(vec![
        (12, select(pieces).prop_map(str::to_owned).boxed()),
        (4, select(HOSTILE).prop_map(str::to_owned).boxed()),
        (4, acts.prop_map(String::from).boxed()),
        (4, any::<char>().prop_map(String::from).boxed()),
        (1, long.boxed()),
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Everything that can stand in a journal of these steps.
static POOL: LazyLock<Vec<EventKind>> = LazyLock::new(|| {
    let mut pool: Vec<EventKind> =
        [good(), failed()].into_iter().flat_map(|run| run.events).map(|it| it.kind).collect();
    let outcomes =
        [Outcome::Passed, Outcome::Warned, Outcome::Failed, Outcome::Skipped, Outcome::Declined, Outcome::Unknown];
    let failures = [
        None,
        Some(expectation("out.a == 'b'", vec![("out.a".to_owned(), json!({ "c": [null, 1.5, "d"] }))], 7)),
        Some(Failure::new(FailureKind::Exit { code: 3 }, "it ended with 3").with_remedy("look at it")),
        Some(Failure::new(FailureKind::Throttled, "slow down").caused_by(vec!["one".to_owned(), "two".to_owned()])),
    ];
    for (n, (outcome, failure)) in
        outcomes.iter().flat_map(|it| failures.iter().map(move |fail| (*it, fail))).enumerate()
    {
        let id = ["pitr", "limits", "stack", "nobody_knows_it"][n % 4];
        let artifacts = [("stdout", n), ("stderr", n + 1)].map(|(name, n)| ArtifactRef {
            name: name.to_owned(),
            digest: format!("sha256-{n:064x}"),
            bytes: n as u64,
            media: "text/plain".to_owned(),
        });
        pool.push(EventKind::StepFinished {
            step: step(id),
            outcome,
            failure: failure.clone(),
            reason: (n % 3 == 0).then(|| "because".to_owned()),
            outputs: Map::from_iter([("name".to_owned(), json!(["value", n]))]),
            artifacts: artifacts[..n % 3].to_vec(),
            requests: vec!["req-1".to_owned()],
            stays: Vec::new(),
            then: AfterStep::Stop,
        });
        pool.push(EventKind::LookChanged {
            step: step(id),
            attempt: 1,
            index: (n % 2 == 0).then_some(7),
            look: u32::try_from(n).unwrap(),
            values: vec![("out.state".to_owned(), json!({ "is": ["starting", n] }))],
            trouble: failure.as_ref().map(|failure| failure.message.clone()),
            hold: (n % 4 < 2).then_some(Hold { length_ms: 60_000, at_ms: 1000 * n as u64, level: Level::Dim }),
            requests: vec!["req-2".to_owned()],
        });
        let captured = Captured {
            before: json!({ "was": ["there", n] }),
            artifacts: artifacts[..n % 3].to_vec(),
            ..Captured::default()
        };
        pool.push(EventKind::Captured { step: step(id), attempt: 1, captured });
        pool.push(settled_item(u32::try_from(n).unwrap(), "item", failure.clone()));
    }
    let message = "the account is another one".to_owned();
    pool.push(EventKind::GuardRefused { guard: "account".to_owned(), message, remedy: Some("log in".to_owned()) });
    pool.push(EventKind::SessionEnded { end: SessionEnd::UnknownEffect, waits_for: Some("stack".to_owned()) });
    pool.push(EventKind::SessionEnded { end: SessionEnd::Declined, waits_for: None });
    pool.push(EventKind::RunFinished { verdict: Verdict::Stuck, code: 8 });
    pool.push(EventKind::RunFinished { verdict: Verdict::RolledBack, code: 0 });
    for needs in [Vec::new(), vec![Need::missing("the template", "none", "keep it"), Need::there("the bucket", "a")]] {
        pool.push(EventKind::Rehearsed { undo: step("limits"), change: step("stack"), needs });
    }
    pool.push(EventKind::Deviation { what: DeviationKind::BreakGlass, step: None, reason: "outage".to_owned() });
    let left = |id: &str| LeftOver {
        step: step(id),
        effects: vec!["lambda:PutFunctionConcurrency on api".to_owned()],
        stays: vec!["arn:aws:s3:::data".to_owned()],
        why: "its undo failed".to_owned(),
        undo: Some(step("limits")),
        by_hand: vec!["lambda:DeleteFunctionConcurrency".to_owned()],
    };
    pool.push(EventKind::ResidualState { left: vec![left("stack"), left("nobody_knows_it")] });
    for (when, outcome) in [(SteadyWhen::Before, Outcome::Passed), (SteadyWhen::After, Outcome::Failed)] {
        pool.push(EventKind::SteadyState {
            when,
            step: step("limits"),
            outcome,
            failure: None,
            reason: Some("because".to_owned()),
            outputs: Map::from_iter([("count".to_owned(), json!(outcome.as_str()))]),
            artifacts: Vec::new(),
            requests: vec!["req-3".to_owned()],
        });
    }
    pool.push(EventKind::ResidualState { left: Vec::new() });
    pool
});

/// A run, and what its files hold.
fn runs() -> impl Strategy<Value = (Run, Vec<u8>)> {
    // By how much the clock goes on; or where it stands then, forwards or back.
    let after = (0..90_000_u64).prop_map(Ok).boxed();
    let at = select(vec![0, u64::from(u32::MAX), u64::MAX / 2, u64::MAX]).prop_map(Err).boxed();
    let after = Union::new_weighted(vec![(12, after), (1, at)]);
    let happened = prop::collection::vec((any::<Index>(), after), 0..60);
    // A journal as it was written, up to some record; or its records in any order.
    let order = (any::<bool>(), any::<bool>(), any::<Index>(), happened);
    let texts = prop::collection::vec(text(), 1..5);
    let output = prop::collection::vec(
        Union::new(vec![
            text().prop_map(String::into_bytes).boxed(),
            prop::collection::vec(any::<u8>(), 0..9).boxed(),
            Just(b"\xed\xa0\x80\xff\xc0\n".to_vec()).boxed(),
        ]),
        0..8,
    );
    (order, texts, output).prop_map(|((whole, passed, end, happened), texts, output)| {
        let mut run = if passed { good() } else { failed() };
        if whole {
            let end = end.index(run.events.len() + 1);
            run.events.truncate(end);
        } else {
            run.events = told(&run.events[0], &happened);
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        (hostile(&run, &texts), output.concat())
    })
}

/// The first event, and then these of the pool, each with the session's clock as it stands then.
fn told(first: &Event, happened: &[(Index, Result<u64, u64>)]) -> Vec<Event> {
    let mut events = vec![first.clone()];
    for (index, after) in happened {
        let last = events.last().unwrap();
        let kind = POOL[index.index(POOL.len())].clone();
        let clock = match after {
            Ok(after) => last.elapsed_ms.saturating_add(*after),
            Err(at) => *at,
        };
        let begins = matches!(kind, EventKind::SessionStarted { .. });
        events.push(Event {
            seq: last.seq + 1,
            session: last.session + u32::from(begins),
            at: last.at + TimeDelta::seconds(1),
            elapsed_ms: if begins { 0 } else { clock },
            kind,
        });
    }
    events
}

/// What a line shows of a text: no more than a person reads.
fn line(text: &str) -> String {
    let cut: String = text.chars().take(LINE_MAX).collect();
    if cut.len() < text.len() { as_shown(&cut) + " [cut]" } else { as_shown(text) }
}

/// Texts that every renderer shows: titles of the run and of its steps, and why a step did not pass.
fn titles(view: &RunView) -> Vec<&str> {
    let shown: Vec<_> = view.phases_shown().flat_map(|phase| view.steps_of(phase.phase)).collect();
    let steps = shown.iter().map(|step| step.label.title.as_str());
    [view.header.title.as_str()].into_iter().chain(steps).collect()
}

fn a_page(view: &RunView, annex: &Annex<'_>) {
    let page = html(view, annex);
    no_character_acts("html", "generated", &page);
    let dom = page::check(&page);
    let text = &dom.named("body").next().unwrap().text;
    let refused = view.refusals.iter().map(|it| it.message.as_str());
    let reasons = view.header.reason.iter().map(String::as_str);
    let deviations = view.deviations.iter().map(|it| it.reason.as_str());
    for shown in titles(view).into_iter().chain(refused).chain(reasons).chain(deviations) {
        assert!(text.contains(&as_shown(shown)), "{shown:?} is not shown");
    }
}

fn a_document(view: &RunView, annex: &Annex<'_>) {
    let page = markdown(view, annex);
    no_character_acts("md", "generated", &page);
    marks("generated", &page);
    let mut text = String::new();
    // Without those that change letters.
    let options = Options::all() - Options::ENABLE_SMART_PUNCTUATION;
    for event in Parser::new_ext(&page, options) {
        match event {
            pulldown_cmark::Event::Text(piece) | pulldown_cmark::Event::Code(piece) => text.push_str(&piece),
            _ => text.push('\n'),
        }
    }
    let text = squeezed(&text);
    for shown in titles(view) {
        assert!(text.contains(&squeezed(&line(shown))), "{shown:?} is not shown in {page}");
    }
}

/// Without the spaces, whose number and kind Markdown does not keep.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn a_result(view: &RunView, annex: &Annex<'_>) {
    let xml = junit(view, annex);
    no_character_acts("junit", "generated", &xml);
    let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error} in\n{xml}"));
    elements("generated", &document);
    let names: Vec<&str> = document.descendants().filter_map(|node| node.attribute("name")).collect();
    for shown in titles(view) {
        assert!(names.contains(&line(shown).as_str()), "{shown:?} is not among {names:?}");
    }
}

fn cases() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the length of this one test is set from outside")]
    let set = std::env::var("CHECKRIDE_CASES");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_run_is_shown_and_does_nothing((run, output) in runs(), tail in text()) {
        let view = view(&run);
        let digests = run.events.iter().filter_map(|event| match &event.kind {
            EventKind::StepFinished { artifacts, .. } => Some(artifacts),
            _ => None,
        });
        let texts: BTreeMap<_, _> = digests.flatten().map(|it| (it.digest.clone(), output.clone())).collect();
        let texts = Texts(texts);
        let journal = JournalFacts { head: tail.clone(), records: 3, tail: Some(tail.clone()), not_shown: vec![tail] };
        let annex = Annex { journal: Some(journal), texts: &texts, beside_artifacts: true };
        a_page(&view, &annex);
        a_document(&view, &annex);
        a_result(&view, &annex);
    }
}
