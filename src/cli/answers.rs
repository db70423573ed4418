//! Answers from a file (`--answers FILE`): named questions only, each with who says so and why.
//!
//! ```toml
//! format = 1
//! plan = "sha256:…"              # required for a production profile: the plan that was read before this was written
//!
//! [answer.config_backup]
//! choose = "done"
//! by     = "ana"
//! reason = "backed up by the nightly job"
//! note   = "s3://backups/2026-11-21"
//!
//! [answer.phase.deploy]
//! choose = "yes"
//! by     = "ana"
//! reason = "change CHG-1024"
//! ```
//!
//! An entry answers its question once in a session: a `retry` from a file must not go round for ever. There is no entry that
//! answers every question.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use crate::event::{Answer, AnswerSource, Ask, Attachment, Choice, Question};
use crate::source::reader::{Document, Entry, KeySpec, KeyType, NodeValue, Reader, Table, Tree};
use crate::source::{
    Diagnostic, Diagnostics, INVALID_VALUE, Located, MISSING_KEY, Sources, Span, UNSUPPORTED_FORMAT, WRONG_TYPE, load,
};
use crate::step::{NoAnswer, Operator};

/// The format of answers files that this version reads.
const FORMAT: i64 = 1;

/// The words that can be chosen in a file. (`show` and `note` are no answers: the question would be asked again.)
const CHOICES: &[&str] = &[
    "yes",
    "no",
    "done",
    "not-applicable",
    "value",
    "run",
    "execute",
    "decline",
    "skip",
    "retry",
    "roll-back",
    "happened",
    "did-not-happen",
    "gap",
    "observe",
    "recommend",
    "enough",
    "abort",
];

/// What an answer tells beside its choice, of a step that is talked through and of a recommendation.
const TOLD: [&str; 4] = ["takes", "who", "owner", "due"];

static FILE_KEYS: &[KeySpec] = &[
    KeySpec::required("format", KeyType::Integer, "The version of this format: 1."),
    KeySpec::optional(
        "plan",
        KeyType::Text,
        "",
        "The digest of the plan that the answers are for; a production profile needs it.",
    ),
    KeySpec::optional("answer", KeyType::Map(&KeyType::Any), "", "The answers, each under the id of its question."),
];

static ANSWER_KEYS: &[KeySpec] = &[
    KeySpec::required("choose", KeyType::Choice(CHOICES), "What is answered."),
    KeySpec::required("by", KeyType::Text, "Who answers."),
    KeySpec::required("reason", KeyType::Text, "Why."),
    KeySpec::optional("value", KeyType::Any, "", "The value, for `choose = \"value\"`."),
    KeySpec::optional("takes", KeyType::Text, "", "At a table: how long the step would take, like 10m."),
    KeySpec::optional("who", KeyType::Text, "", "At a table: who would do the step."),
    KeySpec::optional("owner", KeyType::Text, "", "Of a recommendation: who sees to it."),
    KeySpec::optional("due", KeyType::Text, "", "Of a recommendation: by when, like 2026-12-01."),
    KeySpec::optional("note", KeyType::Text, "", "Evidence: some words."),
    KeySpec::optional("url", KeyType::Text, "", "Evidence: a link."),
    KeySpec::optional("file", KeyType::Path, "", "Evidence: a file, copied into the run and hashed."),
];

/// A file of answers.
#[derive(Clone, Debug)]
pub struct AnswersFile {
    /// The file as it was named.
    pub path: String,
    /// The plan that it is for.
    pub plan: Option<Located<String>>,
    /// Where its top table begins.
    start: Span,
    answers: BTreeMap<String, Entered>,
}

/// One entry.
#[derive(Clone, Debug)]
struct Entered {
    answer: Answer,
    span: Span,
}

impl AnswersFile {
    /// Reads a file. `display` is its name in messages and on record.
    ///
    /// # Errors
    ///
    /// All that is wrong with it; the texts are in `sources`.
    pub fn read(path: &Path, display: &str, sources: &mut Sources) -> Result<Self, Diagnostics> {
        let id = load(path, display, sources).map_err(Diagnostics::from)?;
        let document = Document::parse(id, sources)?;
        let reader = Reader::new(sources);
        let start = Span::new(id, 0, 0);
        let top = Table::new(&document.root, start, "the answers file", FILE_KEYS, &reader);
        if let Some(format) = top.integer("format", i64::MIN, i64::MAX)
            && format.value != FORMAT
        {
            let message = format!("format {} of answers files is not known", format.value);
            reader.push(Diagnostic::error(UNSUPPORTED_FORMAT, message).at(format.span, "this version reads format 1"));
        }
        let plan = top.text("plan");
        let mut entries = Vec::new();
        for entry in top.map("answer").unwrap_or_default() {
            gather(entry, &entry.key.value, true, &reader, &mut entries);
        }
        top.finish();
        let mut answers = BTreeMap::new();
        for gathered in &entries {
            if let Some(answer) = read_answer(gathered, display, &reader) {
                answers.insert(gathered.id.clone(), Entered { answer, span: gathered.span });
            }
        }
        let faults = reader.into_diagnostics();
        if faults.has_errors() { Err(faults) } else { Ok(Self { path: display.to_owned(), plan, start, answers }) }
    }

    /// Whether the answers are for this plan. A production profile wants to be told.
    ///
    /// # Errors
    ///
    /// Another plan is named; or none is, for a production profile.
    pub fn check_plan(&self, digest: &str, production: bool) -> Result<(), Diagnostic> {
        match &self.plan {
            Some(plan) if plan.value == digest => Ok(()),
            Some(plan) => Err(Diagnostic::error(INVALID_VALUE, "these answers are for another plan")
                .at(plan.span, "not the plan of this run")
                .note(format!("the plan of this run is {digest}"))
                .help("read the plan again (`checkride plan`), then write its digest here")),
            None if production => {
                Err(Diagnostic::error(MISSING_KEY, "answers for a production profile name their plan")
                    .at(self.start, "`plan` is missing")
                    .help(format!("read the plan (`checkride plan`), then write `plan = \"{digest}\"` here")))
            }
            None => Ok(()),
        }
    }

    /// The ids of the questions that it answers, with the place of each entry.
    pub fn questions(&self) -> impl Iterator<Item = (&str, Span)> {
        self.answers.iter().map(|(id, entered)| (id.as_str(), entered.span))
    }
}

/// An entry's own keys, apart from the entries below it: `[answer.stack]` may stand beside `[answer.stack.run]`.
struct Gathered {
    id: String,
    span: Span,
    tree: Tree,
}

/// Question ids hold dots, so `[answer.phase.deploy]` is a table in a table.
fn gather(entry: &Entry, id: &str, top: bool, reader: &Reader<'_>, out: &mut Vec<Gathered>) {
    let NodeValue::Table(tree) = &entry.node.value else {
        let message = format!("answer `{id}` is {}, not a table", entry.node.type_name());
        reader.error(WRONG_TYPE, entry.node.span, message, "a table belongs here");
        return;
    };
    let known = |key: &str| ANSWER_KEYS.iter().any(|spec| spec.name == key);
    let is_below = |it: &&Entry| matches!(it.node.value, NodeValue::Table(_)) && !known(&it.key.value);
    let below: Vec<_> = tree.entries.iter().filter(is_below).collect();
    for entry in &below {
        gather(entry, &format!("{id}.{}", entry.key.value), false, reader, out);
    }
    let own: Vec<_> = tree.entries.iter().filter(|it| !is_below(it)).cloned().collect();
    if !own.is_empty() || (below.is_empty() && (top || tree.entries.is_empty())) {
        out.push(Gathered { id: id.to_owned(), span: entry.key.span, tree: Tree { entries: own } });
    }
}

fn read_answer(gathered: &Gathered, path: &str, reader: &Reader<'_>) -> Option<Answer> {
    let Gathered { id, span, tree } = gathered;
    let table = Table::new(tree, *span, format!("answer `{id}`"), ANSWER_KEYS, reader);
    let choose = table.choice("choose");
    let (by, reason) = (table.text("by"), table.text("reason"));
    let value = table.entry("value").map(|entry| entry.node.to_json());
    let told: Map<String, Value> =
        TOLD.iter().filter_map(|key| Some(((*key).to_owned(), Value::from(table.text(key)?.value)))).collect();
    let evidence = [
        table.text("note").map(|it| Attachment::Note { text: it.value }),
        table.text("url").map(|it| Attachment::Url { url: it.value }),
        table.text("file").map(|it| Attachment::File { path: it.value, artifact: None }),
    ];
    table.finish();
    let choose = choose?;
    let choice = Choice::ALL.into_iter().find(|choice| choice.as_str() == choose.value)?;
    if (choice == Choice::Value) != value.is_some() {
        let message = if value.is_some() {
            format!("answer `{id}` has a value and chooses `{choice}`")
        } else {
            format!("answer `{id}` chooses `value` and has none")
        };
        reader.error(INVALID_VALUE, choose.span, message, "`choose = \"value\"` and `value` belong together");
        return None;
    }
    if let (Choice::Value, Some(key)) = (choice, told.keys().next()) {
        let message = format!("answer `{id}` chooses `value`, and tells `{key}` beside it");
        reader.error(INVALID_VALUE, choose.span, message, "a value is all of such an answer");
        return None;
    }
    // What was told of it stands together, as a person at a terminal tells it.
    let value = if told.is_empty() { value } else { value.or(Some(Value::Object(told))) };
    Some(Answer {
        choice,
        by: by?.value,
        from: AnswerSource::File { path: path.to_owned() },
        reason: Some(reason?.value),
        value,
        evidence: evidence.into_iter().flatten().collect(),
    })
}

/// Answers from a file, and from whoever is next for what the file does not answer.
#[derive(Debug)]
pub struct AnswersOperator<N> {
    file: Option<AnswersFile>,
    used: BTreeSet<String>,
    next: N,
}

impl<N> AnswersOperator<N> {
    /// The file, if there is one, before `next`.
    pub fn new(file: Option<AnswersFile>, next: N) -> Self {
        Self { file, used: BTreeSet::new(), next }
    }

    /// The questions that the file answers and that were not asked: worth a word at the end.
    pub fn unused(&self) -> Vec<&str> {
        let all = self.file.iter().flat_map(AnswersFile::questions).map(|(id, _)| id);
        all.filter(|id| !self.used.contains(*id)).collect()
    }

    fn entry(&self, question: &Question) -> Option<&Entered> {
        let file = self.file.as_ref()?;
        file.answers.get(&question.id).filter(|_| !self.used.contains(&question.id))
    }
}

impl<N: Operator> Operator for AnswersOperator<N> {
    fn can_answer(&self, question: &Question) -> bool {
        self.entry(question).is_some() || self.next.can_answer(question)
    }

    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let Some(answer) = self.entry(question).map(|entered| entered.answer.clone()) else {
            return self.next.ask(question).await;
        };
        self.used.insert(question.id.clone());
        match misfit(question, &answer) {
            Some(why) => Err(NoAnswer::DoesNotFit { question: question.id.clone(), why }),
            None => Ok(answer),
        }
    }
}

fn misfit(question: &Question, answer: &Answer) -> Option<String> {
    if !question.choices.contains(&answer.choice) {
        let words: Vec<_> = question.choices.iter().map(|choice| choice.as_str()).collect();
        return Some(format!("`{}` cannot be chosen; choose one of {}", answer.choice, words.join(", ")));
    }
    let told = match question.ask {
        Ask::Walk => &TOLD[..2],
        Ask::Recommend => &TOLD[2..],
        Ask::Confirm
        | Ask::Value
        | Ask::ReadyPhase
        | Ask::CompletePhase
        | Ask::ApprovePhase
        | Ask::ApproveWrite
        | Ask::ApproveChange
        | Ask::AfterFailure
        | Ask::SettleUnknown
        | Ask::AcceptPlan
        | Ask::LogIn
        | Ask::Observe
        | Ask::FollowedUp => &[],
    };
    let keys = answer.value.as_ref().and_then(Value::as_object).filter(|_| answer.choice != Choice::Value);
    if let Some(key) = keys.into_iter().flat_map(Map::keys).find(|key| !told.contains(&key.as_str())) {
        return Some(format!("`{key}` belongs to another question"));
    }
    let options = &question.options;
    match answer.value.as_ref().map(Value::as_str) {
        Some(value) if !options.is_empty() && !value.is_some_and(|it| options.iter().any(|option| option == it)) => {
            Some(format!("the value is none of {}", options.join(", ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insta::assert_snapshot;
    use serde_json::json;

    use super::{ANSWER_KEYS, AnswersFile, AnswersOperator, CHOICES};
    use crate::cli::person::Unattended;
    use crate::event::{AnswerSource, Ask, Attachment, Choice, Question};
    use crate::source::reader::KeyType;
    use crate::source::{Diagnostics, Sources, render};
    use crate::step::{NoAnswer, Operator};

    fn read(text: &str) -> Result<AnswersFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, text).unwrap();
        let mut sources = Sources::new();
        AnswersFile::read(&path, "a.toml", &mut sources).map_err(|mut faults| {
            faults.sort(&sources);
            render(&faults, &sources, false)
        })
    }

    fn question(id: &str, choices: &[Choice]) -> Question {
        Question::new(id, Ask::Confirm, "so?", choices.to_vec())
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    const GOOD: &str = r#"
format = 1
plan = "sha256:feed"

[answer.config_backup]
choose = "done"
by = "ana"
reason = "nightly job"
note = "kept"
url = "https://example.com/1"
file = "backup.json"

[answer.stack]
choose = "value"
by = "ana"
reason = "as planned"
value = 10

[answer.stack.failure]
choose = "retry"
by = "ana"
reason = "flaky"

[answer."phase.deploy"]
choose = "yes"
by = "ana"
reason = "CHG-1024"
"#;

    #[test]
    fn named_questions_are_answered_once_and_others_go_on() {
        let file = read(GOOD).unwrap();
        let mut operator = AnswersOperator::new(Some(file), Unattended);
        let backup = question("config_backup", &[Choice::Done, Choice::No]);
        assert!(operator.can_answer(&backup));
        let answer = run(operator.ask(&backup)).unwrap();
        assert_eq!((answer.choice, answer.by.as_str()), (Choice::Done, "ana"));
        assert_eq!(answer.reason.as_deref(), Some("nightly job"));
        assert_eq!(answer.from, AnswerSource::File { path: "a.toml".to_owned() });
        assert_eq!(answer.evidence.len(), 3);
        assert_eq!(answer.evidence[0], Attachment::Note { text: "kept".to_owned() });
        let value = run(operator.ask(&question("stack", &[Choice::Value]))).unwrap();
        assert_eq!(value.value, Some(json!(10)));
        let failure = question("stack.failure", &[Choice::Retry, Choice::Abort]);
        assert_eq!(run(operator.ask(&failure)).unwrap().choice, Choice::Retry);
        assert!(!operator.can_answer(&failure), "a retry must not go round for ever");
        assert_eq!(run(operator.ask(&failure)), Err(NoAnswer::NobodyThere { question: "stack.failure".to_owned() }));
        let other = question("other", &[Choice::Yes]);
        assert!(!operator.can_answer(&other));
        assert!(matches!(run(operator.ask(&other)), Err(NoAnswer::NobodyThere { .. })));
        assert_eq!(operator.unused(), ["phase.deploy"]);
    }

    #[test]
    fn an_answer_that_does_not_fit_is_refused() {
        let mut operator = AnswersOperator::new(Some(read(GOOD).unwrap()), Unattended);
        let asked = question("config_backup", &[Choice::Yes, Choice::No]);
        let why = run(operator.ask(&asked)).unwrap_err().to_string();
        assert!(why.ends_with("`done` cannot be chosen; choose one of yes, no"), "{why}");
        let mut asked = question("stack", &[Choice::Value]);
        asked.options = vec!["dev".to_owned(), "prod".to_owned()];
        let why = run(operator.ask(&asked)).unwrap_err().to_string();
        assert!(why.ends_with("the value is none of dev, prod"), "{why}");
    }

    #[test]
    fn answers_are_bound_to_a_plan() {
        let file = read(GOOD).unwrap();
        assert!(file.check_plan("sha256:feed", true).is_ok());
        assert_eq!(file.check_plan("sha256:beef", false).unwrap_err().message, "these answers are for another plan");
        let free = read("format = 1\n").unwrap();
        assert!(free.check_plan("sha256:feed", false).is_ok());
        let fault = free.check_plan("sha256:feed", true).unwrap_err();
        assert!(fault.help.unwrap().contains("sha256:feed"));
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let faults = read(
            r#"
format = 2
plann = "sha256:feed"

[answer.a]
choose = "yess"
by = "ana"
reason = " "

[answer.b]
choose = "value"
by = "ana"
reason = "so"
not = "x"

[answer.c]

[answer]
d = 1

[answer.e.run]
choose = "show"
by = "ana"
reason = "so"

[answer.f]
choose = "yes"
by = 1
reason = "so"
value = 1
"#,
        )
        .unwrap_err();
        assert_snapshot!(faults, @r#"
        error[RB017]: format 2 of answers files is not known
         --> a.toml:2:10
          |
        2 | format = 2
          |          ^ this version reads format 1

        error[RB012]: the answers file has no key `plann`
         --> a.toml:3:1
          |
        3 | plann = "sha256:feed"
          | ^^^^^ unknown key
          |
          = help: did you mean `plan`?

        error[RB015]: `yess` is not a value of `choose`
         --> a.toml:6:10
          |
        6 | choose = "yess"
          |          ^^^^^^
          |
          = help: did you mean `yes`?

        error[RB015]: `reason` of answer `a` is empty
         --> a.toml:8:10
          |
        8 | reason = " "
          |          ^^^

        error[RB015]: answer `b` chooses `value` and has none
          --> a.toml:11:10
           |
        11 | choose = "value"
           |          ^^^^^^^ `choose = "value"` and `value` belong together

        error[RB012]: answer `b` has no key `not`
          --> a.toml:14:1
           |
        14 | not = "x"
           | ^^^ unknown key
           |
           = help: did you mean `note`?

        error[RB013]: answer `c` has no `by`
          --> a.toml:16:9
           |
        16 | [answer.c]
           |         ^ `by` is missing
           |
           = help: `by` is a string. Who answers.

        error[RB013]: answer `c` has no `choose`
          --> a.toml:16:9
           |
        16 | [answer.c]
           |         ^ `choose` is missing
           |
           = help: `choose` is one of "yes", "no", "done", "not-applicable", "value", "run", "execute", "decline", "skip", "retry", "roll-back", "happened", "did-not-happen", "gap", "observe", "recommend", "enough", "abort". What is answered.

        error[RB013]: answer `c` has no `reason`
          --> a.toml:16:9
           |
        16 | [answer.c]
           |         ^ `reason` is missing
           |
           = help: `reason` is a string. Why.

        error[RB014]: answer `d` is an integer, not a table
          --> a.toml:19:5
           |
        19 | d = 1
           |     ^ a table belongs here

        error[RB015]: `show` is not a value of `choose`
          --> a.toml:22:10
           |
        22 | choose = "show"
           |          ^^^^^^

        error[RB015]: answer `f` has a value and chooses `yes`
          --> a.toml:27:10
           |
        27 | choose = "yes"
           |          ^^^^^ `choose = "value"` and `value` belong together

        error[RB014]: `by` of answer `f` takes a string
          --> a.toml:28:6
           |
        28 | by = 1
           |      ^ this is an integer

        13 errors
        "#);
    }

    #[test]
    fn a_missing_file_says_so() {
        let mut sources = Sources::new();
        let faults: Diagnostics = AnswersFile::read(Path::new("/none.toml"), "none.toml", &mut sources).unwrap_err();
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn every_choice_but_the_two_that_ask_again_can_be_written() {
        let words: Vec<_> = Choice::ALL
            .into_iter()
            .filter(|choice| !matches!(choice, Choice::Show | Choice::Note))
            .map(Choice::as_str)
            .collect();
        assert_eq!(words, CHOICES);
        assert!(matches!(ANSWER_KEYS[0].ty, KeyType::Choice(words) if words == CHOICES));
    }
}
