//! No secret reaches the journal or a sink, in no kind of event, also when it is one of the format's own words.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use checkride::engine::Recorder;
use checkride::event::{Event, EventKind, EventSink, OutputStream, Progress, RunState, Verdict};
use checkride::id::StepId;
use checkride::journal::{ResumePoint, Writer, read_bytes};
use checkride::world::clock::Clock;
use checkride::world::secret::Redactor;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use secrecy::SecretString;
use serde_json::Value;

use super::script::{Book, Fails, World, session};
use crate::support::story::{events, header};

/// Adds the spice to every text of an event, and to every key, that may be any text.
fn spiced(kind: &EventKind, spice: &str) -> EventKind {
    let mut value = serde_json::to_value(kind).unwrap();
    let mut places = Vec::new();
    places_of(&value, String::new(), &mut places);
    for place in places {
        let mut candidate = value.clone();
        let piece = candidate.pointer_mut(&place).unwrap();
        *piece = match piece.clone() {
            Value::String(text) => Value::String(text + spice),
            Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key + spice, value)).collect()),
            other => other,
        };
        if fits(&candidate).is_some() {
            value = candidate;
        }
    }
    fits(&value).unwrap()
}

fn fits(value: &Value) -> Option<EventKind> {
    let kind: EventKind = serde_json::from_value(value.clone()).ok()?;
    (serde_json::to_value(&kind).unwrap() == *value).then_some(kind)
}

fn places_of(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places_of(value, format!("{at}/{key}"), places)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places_of(value, format!("{at}/{index}"), places));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    places.push(at);
}

/// Hears events and news, as text.
struct Ear(Rc<RefCell<Vec<String>>>);

impl EventSink for Ear {
    fn event(&mut self, event: &Event) {
        self.0.borrow_mut().push(serde_json::to_value(&event.kind).unwrap().to_string());
    }
    fn progress(&mut self, progress: &Progress) {
        self.0.borrow_mut().push(format!("{progress:?}"));
    }
}

/// Records the whole story, spiced, session by session; gives the journal and what was heard.
fn recorded(secret: &str, spice: &str) -> (Vec<u8>, String) {
    let redactor = Redactor::default();
    redactor.add("test", &SecretString::from(secret.to_owned())).unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut writer, mut memory) = Writer::in_memory(&header());
    let mut state = RunState::default();
    let all = events();
    for session in 1..=all.last().unwrap().session {
        let ear = Box::new(Ear(Rc::clone(&heard)));
        let mut recorder = Recorder::new(state, writer, redactor.clone(), Clock::System, vec![ear]);
        for event in all.iter().filter(|event| event.session == session) {
            runtime.block_on(recorder.record(spiced(&event.kind, spice))).unwrap();
        }
        for news in news(spice) {
            recorder.progress(news);
        }
        state = recorder.state().clone();
        drop(recorder);
        let bytes = memory.bytes();
        (writer, memory) = Writer::resume_in_memory(&bytes, &ResumePoint::from(&read_bytes(&bytes).unwrap()));
    }
    let bytes = memory.bytes();
    let journal = read_bytes(&bytes).unwrap();
    assert_eq!(journal.records.len(), all.len());
    for (record, event) in journal.records.iter().zip(&all) {
        let found = &record.event.as_ref().expect("what was cut is still an event").kind;
        assert_eq!(std::mem::discriminant(found), std::mem::discriminant(&event.kind));
    }
    let text = heard.borrow().join("\n");
    (bytes, text)
}

fn news(spice: &str) -> Vec<Progress> {
    let step = || StepId::new("stack").unwrap();
    let spiced = |text: &str| format!("{text}{spice}");
    vec![
        Progress::Output { step: step(), stream: OutputStream::Stdout, line: spiced("line") },
        Progress::Message { step: step(), text: spiced("text") },
        Progress::Resource {
            step: step(),
            stack: spiced("mte-dev"),
            logical_id: spiced("Sessions"),
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            status: "CREATE_FAILED".to_owned(),
            reason: Some(spiced("because")),
            at: None,
        },
        Progress::Look {
            step: step(),
            look: 3,
            values: vec![(spiced("out.state"), Value::from(spiced("starting")))],
            trouble: Some(spiced("nothing yet")),
            limit_ms: Some(600_000),
        },
        Progress::Silent { step: step(), seconds: 130 },
    ]
}

/// As JSON writes it, without the quotes around it.
fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

/// How often a mark stands in the texts of the whole story.
fn marks(text: &str, mark: &str) -> usize {
    text.matches(mark).count()
}

#[test]
fn the_spice_reaches_every_kind_that_holds_text() {
    let name = |event: &Event| serde_json::to_value(&event.kind).unwrap()["kind"].as_str().unwrap().to_owned();
    let all: BTreeSet<String> = events().iter().map(name).collect();
    let changes = |event: &&Event| spiced(&event.kind, "<<tok-12345>>") != event.kind;
    let reached: BTreeSet<String> = events().iter().filter(changes).map(name).collect();
    let closed: Vec<&String> = all.difference(&reached).collect();
    assert_eq!(closed, ["phase_finished", "phase_started", "run_finished", "step_started"]);
    let (journal, heard) = recorded("another", "<<tok-12345>>");
    let events = events();
    let texts = events.iter().map(|event| serde_json::to_string(&spiced(&event.kind, "<<tok-12345>>")).unwrap());
    let expected: usize = texts.map(|text| marks(&text, "<<tok-12345>>")).sum();
    assert!(expected > 100 && marks(&heard, "<<tok-12345>>") > expected, "{expected}");
    assert_eq!(marks(&String::from_utf8(journal).unwrap(), "<<tok-12345>>"), expected);
}

/// A question is cut before anyone sees it, and still answered: its id stays.
#[test]
fn the_operator_is_shown_no_secret() {
    let world = Rc::new(World::default());
    let mut book = Book::default().checklist("item").deploy("write").fails(Fails::Always);
    for secret in ["it failed", "makes changes", "write: what"] {
        book.secret = Some(secret.to_owned());
        let ran = session(&book, &world, None);
        assert_eq!(ran.end.unwrap().verdict, Verdict::StepFailed);
        let asked = world.asked.take();
        assert_eq!(
            asked.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            ["item", "phase.deploy", "write.failure"]
        );
        let shown =
            asked.iter().map(|it| [&it.title, "\n", &it.body.join("\n")].concat()).collect::<Vec<_>>().join("\n");
        assert!(!shown.contains(secret) && shown.contains("[secret]"), "{shown}");
    }
}

/// Names of members, parts of words and numbers of the format, which nothing refuses: texts are cut all the same, and each
/// record is still one.
#[test]
fn a_secret_that_stands_in_the_format_itself_is_cut_from_every_text() {
    let words = [
        "kind",
        "181500",
        "config_backup",
        "call",
        "host",
        "path",
        "line",
        "item",
        "sha256",
        "elapsed",
        "durable",
        "runbook",
        "profile",
        "title",
        "tool",
        "commit",
        "previous_stack",
        "0.1.0",
    ];
    let accepted = |word: &&&str| Redactor::default().add("test", &SecretString::from(**word)).is_ok();
    let words: Vec<&&str> = words.iter().filter(accepted).collect();
    assert!(words.len() > 12, "{words:?}");
    for word in words {
        let spice = format!("<<{word}>>");
        let (bytes, heard) = recorded(word, &spice);
        let journal = String::from_utf8(bytes).unwrap();
        for text in [&journal, &heard] {
            let line = text.lines().find(|line| line.contains(&format!("<<{word}")));
            assert_eq!(line, None, "{word}");
        }
        let told = marks(&journal, "<<[secret]>>");
        assert!(told > 90, "{word}: only {told} texts are there");
    }
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z]{3}[A-Z0-9!\"\\\\/ éß\n\t]{5,24}[A-Z]",
        prop::collection::vec(any::<char>(), 8..20)
            .prop_map(|chars| format!("Q{}Q", chars.into_iter().collect::<String>())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_secret_survives_in_the_journal_or_in_what_is_told(secret in secret()) {
        let (bytes, heard) = recorded(&secret, &format!("<<{secret}>>"));
        let journal = String::from_utf8(bytes).unwrap();
        for text in [&journal, &heard] {
            prop_assert!(!text.contains(&secret) && !text.contains(&escaped(&secret)), "{}", text);
        }
    }
}
