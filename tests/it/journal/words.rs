//! The words that events are made of. A word that is written once is written for ever.

use checkride::event::{
    AfterStep, AnswerSource, Ask, Attachment, Choice, DeviationKind, EffectResult, EvidenceNeed, FailureKind,
    IdentityReason, NeedState, Outcome, SessionEnd, Verdict,
};
use checkride::id::Phase;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::support::golden::{corpus, golden};

/// The list of a type's values. The match, which nobody calls, makes the compiler refuse a list that lacks one.
macro_rules! all {
    ($of:ident: $($variant:ident $({ $($field:ident: $value:expr),* })?),* $(,)?) => {{
        #[expect(dead_code, reason = "it is there for the compiler")]
        fn complete(value: &$of) {
            match value {
                $($of::$variant { .. } => {})*
            }
        }
        (stringify!($of), written(&[$($of::$variant $({ $($field: $value),* })?),*]))
    }};
}

/// The values as they are written; each must be read back as what it was.
fn written<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(values: &[T]) -> Value {
    let written = serde_json::to_value(values).unwrap();
    assert_eq!(serde_json::from_value::<Vec<T>>(written.clone()).unwrap(), values);
    written
}

fn words() -> Vec<(&'static str, Value)> {
    vec![
        all!(Phase: Checklist, Deploy, Verify, Drill, Rollback),
        all!(Outcome: Passed, Warned, Failed, Skipped, Declined, Unknown),
        all!(EffectResult: Done, Refused, UnderWay, Unknown),
        all!(Verdict: Passed, VerificationFailed, StepFailed, Declined, Interrupted, Stuck, NeedsPerson,
            VerificationUnknown, Guarded, Changed, JournalBroken, NothingDone,
            RolledBack, Walked, WouldNotWork, DrillStopped),
        all!(DeviationKind: LeftOut, Skipped, SettledByPerson, PlanChanged, BreakGlass, TornEnd, Waived, BelowSeverity, KnownBefore),
        all!(NeedState: There, Missing, Unknown, Later),
        all!(AfterStep: Continue, Stop, RollBack),
        all!(IdentityReason: Start, Resume, Credentials),
        all!(SessionEnd: Finished, Interrupted, TerminalLost, NeedsPerson, UnknownEffect, Refused, Declined),
        all!(Ask: Confirm, Value, ReadyPhase, CompletePhase, ApprovePhase, ApproveWrite, ApproveChange, AfterFailure,
            SettleUnknown, AcceptPlan, LogIn, Walk, Observe, Recommend, FollowedUp),
        all!(Choice: Yes, No, Done, NotApplicable, Value, Run, Execute, Decline, Skip, Show, Note, Retry, RollBack,
            Happened, DidNotHappen, Gap, Observe, Recommend, Enough, Abort),
        all!(EvidenceNeed: None, Optional, Required),
        all!(AnswerSource: Terminal { tty: "/dev/pts/3".to_owned() }, File { path: "a.toml".to_owned() }, Policy),
        all!(Attachment: Note { text: "n".to_owned() }, Url { url: "u".to_owned() },
            File { path: "p".to_owned(), artifact: None }),
        all!(FailureKind: Expectation, Exit { code: 3 }, Signal { signal: 9 }, Spawn, Timeout, Cancelled, Declined,
            Aws { service: "s3".to_owned(), operation: "HeadBucket".to_owned(), code: "NotFound".to_owned(), status: 404 },
            Http { code: "HTTP 404".to_owned(), status: 404 }, Access, Expired, Throttled, Transport, Unsupported, Guard, Expression, Io, Format, Lost),
    ]
}

#[test]
fn every_word_is_written_as_it_always_was() {
    let all: Map<String, Value> = words().into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
    golden("journals/words.json", &(serde_json::to_string_pretty(&all).unwrap() + "\n"));
}

#[test]
fn a_choice_is_one_word_in_journals_answers_and_menus() {
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(corpus("journals/words.json")).unwrap()).unwrap();
    let words: Vec<Value> = Choice::ALL.iter().map(|choice| json!(choice.as_str())).collect();
    assert_eq!(golden["Choice"], Value::Array(words));
    let outcomes: Vec<&str> = golden["Outcome"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "warned", "failed", "skipped", "declined", "unknown"]);
}
