//! One attempt of a step with a scripted engine at the other end of its line.

#![expect(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkride::aws::{Aws, AwsReads};
use checkride::event::{
    Answer, AnswerSource, ArtifactRef, Captured, Choice, EffectResult, EffectState, Progress, Question,
};
use checkride::id::StepId;
use checkride::step::{
    ArtifactSink, ArtifactStore, AttemptMessage, Befores, CancelHandle, Intent, NoAnswer, NoRecords, Ran, ReadContext,
    StepStop, WriteAction, WriteContext,
};
use checkride::value::Scope;
use checkride::world::process::Environment;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::support::sandbox::Door;

/// What was seen of an attempt.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// `intend CALL` and `settle CALL RESULT`, in order.
    pub(crate) effects: Vec<String>,
    /// The effects as the journal would hold them.
    pub(crate) states: Vec<EffectState>,
    /// The questions asked.
    pub(crate) questions: Vec<Question>,
    /// What was found before anything was changed.
    pub(crate) captured: Option<Captured>,
    /// What was told on the way.
    pub(crate) progress: Vec<Progress>,
}

/// The files of an attempt, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Files {
    /// A file's text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }

    /// Every file's text.
    pub(crate) fn all(&self) -> String {
        self.0.lock().unwrap().values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

struct Sink {
    files: Files,
    name: String,
    media: String,
    bytes: Vec<u8>,
}

impl ArtifactSink for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<ArtifactRef> {
        let bytes = self.bytes.len() as u64;
        let digest = format!("sha256-{}", hex::encode(Sha256::digest(&self.bytes)));
        self.files.0.lock().unwrap().extend([(self.name.clone(), self.bytes.clone()), (digest.clone(), self.bytes)]);
        Ok(ArtifactRef { name: self.name, digest, bytes, media: self.media })
    }
}

impl ArtifactStore for Files {
    fn get(&self, digest: &str) -> std::io::Result<Vec<u8>> {
        let found = self.0.lock().unwrap().get(digest).cloned();
        found.ok_or_else(|| std::io::Error::other(format!("{digest} is not kept here")))
    }

    fn create(&self, name: &str, media: &str) -> io::Result<Box<dyn ArtifactSink>> {
        Ok(Box::new(Sink { files: self.clone(), name: name.into(), media: media.into(), bytes: Vec::new() }))
    }
}

/// An attempt to be made.
pub(crate) struct Attempt<'a> {
    pub(crate) aws: Aws,
    pub(crate) reads: AwsReads,
    pub(crate) project: &'a Path,
    pub(crate) limit: Option<Duration>,
    pub(crate) files: Files,
    pub(crate) unasked: bool,
    /// The effects of earlier attempts.
    pub(crate) earlier: Vec<EffectState>,
    /// What was there before the steps of the run.
    pub(crate) befores: Arc<Befores>,
    /// Cancels as soon as this call is intended.
    pub(crate) cancel_at: Option<&'a str>,
    /// Ends the drill as soon as this call is intended.
    pub(crate) halt_at: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(aws: &impl Door, project: &'a Path) -> Self {
        let (aws, reads) = (aws.writing(), aws.reading());
        Attempt {
            aws,
            reads,
            project,
            limit: None,
            files: Files::default(),
            unasked: false,
            earlier: Vec::new(),
            befores: Arc::default(),
            cancel_at: None,
            halt_at: None,
        }
    }

    /// Runs it; `answer` says what the operator chooses.
    pub(crate) async fn run(
        &self,
        action: &impl WriteAction,
        mut answer: impl FnMut(&Question) -> Option<Choice>,
    ) -> (Result<Ran, StepStop>, Seen) {
        let (line, mut engine) = mpsc::unbounded_channel();
        let (handle, cancel) = CancelHandle::new();
        let read = ReadContext {
            step: StepId::new("stack").unwrap(),
            attempt: 1,
            scope: Scope::default(),
            aws: Some(self.reads.clone()),
            answers: None,
            deciding: self.project.to_owned(),
            project: self.project.to_owned(),
            deadline: self.limit.map(|limit| tokio::time::Instant::now() + limit),
            cancel,
            artifacts: Arc::new(self.files.clone()),
            environment: Arc::new(Environment::default()),
            line,
        };
        let mut cx = WriteContext {
            read,
            aws: Some(self.aws.clone()),
            typed: None,
            unasked: self.unasked,
            host: None,
            earlier: self.earlier.clone(),
            befores: Arc::clone(&self.befores),
            records: Arc::new(NoRecords),
            forward_until: None,
        };
        let mut seen = Seen { states: self.earlier.clone(), ..Seen::default() };
        let prefix = format!("t{:016x}", getrandom::u64().unwrap());
        let attempt = action.run(&mut cx);
        tokio::pin!(attempt);
        let ended = loop {
            tokio::select! {
                biased;
                message = engine.recv() => {
                    let (_, message) = message.expect("the attempt holds the line");
                    if let AttemptMessage::Intend { effect, .. } = &message {
                        if self.cancel_at == Some(effect.call.as_str()) {
                            handle.cancel();
                        }
                        if self.halt_at == Some(effect.call.as_str()) {
                            handle.halt();
                        }
                    }
                    hear(message, &prefix, &mut answer, &mut seen);
                }
                ended = &mut attempt => break ended,
            }
        };
        while let Ok((_, message)) = engine.try_recv() {
            hear(message, &prefix, &mut answer, &mut seen);
        }
        (ended, seen)
    }
}

/// What a look at AWS may touch.
pub(crate) fn read_context(aws: &impl Door, project: &Path) -> ReadContext {
    let (line, _) = mpsc::unbounded_channel();
    ReadContext {
        step: StepId::new("stack").unwrap(),
        attempt: 1,
        scope: Scope::default(),
        aws: Some(aws.reading()),
        answers: None,
        deciding: project.to_owned(),
        project: project.to_owned(),
        deadline: None,
        cancel: CancelHandle::new().1,
        artifacts: Arc::new(Files::default()),
        environment: Arc::new(Environment::default()),
        line,
    }
}

fn hear(message: AttemptMessage, prefix: &str, answer: &mut impl FnMut(&Question) -> Option<Choice>, seen: &mut Seen) {
    match message {
        AttemptMessage::Intend { effect, reply } => {
            let n = u32::try_from(seen.states.len()).unwrap() + 1;
            let token = effect.wants_token.then(|| format!("{prefix}-{n}"));
            seen.effects.push(format!("intend {}", effect.call));
            seen.states.push(EffectState {
                n,
                attempt: 1,
                call: effect.call,
                token: token.clone(),
                target: effect.target,
                result: None,
                detail: None,
                waited_in: None,
            });
            let _ = reply.send(Intent { attempt: 1, n, token, lets_in: None });
        }
        AttemptMessage::Settle { n, result, detail, reply, .. } => {
            let state = seen.states.iter_mut().find(|state| state.n == n).expect("only what was intended is settled");
            assert!(matches!(state.result, None | Some(EffectResult::UnderWay)), "settled twice: {}", state.call);
            (state.result, state.detail) = (Some(result), detail);
            let word = match result {
                EffectResult::Done => "done",
                EffectResult::Refused => "refused",
                EffectResult::UnderWay => "under way",
                EffectResult::Unknown => "unknown",
            };
            seen.effects.push(format!("settle {} {word}", state.call));
            let _ = reply.send(());
        }
        AttemptMessage::Capture { captured, reply } => {
            seen.captured = Some(*captured);
            let _ = reply.send(());
        }
        // There is nothing to accompany.
        AttemptMessage::RunOn { reply, .. } => drop(reply),
        AttemptMessage::Ask { question, reply } => {
            let given = match answer(&question) {
                Some(choice) => Ok(Answer {
                    choice,
                    by: "ann".into(),
                    from: AnswerSource::Terminal { tty: "test".into() },
                    reason: Some("because".into()),
                    value: None,
                    evidence: Vec::new(),
                }),
                None => Err(NoAnswer::NobodyThere { question: question.id.clone() }),
            };
            seen.questions.push(*question);
            let _ = reply.send(given);
        }
        AttemptMessage::Progress(progress) => seen.progress.push(progress),
        AttemptMessage::Change { look, .. } => panic!("a stack is not looked at, but look {look} was told"),
        AttemptMessage::Item { item, .. } => panic!("a stack has no items, but settled {item}"),
    }
}
