//! A command that only reads: a child of this process.

use crate::event::{ArtifactRef, Failure, FailureKind, OutputStream};
use crate::step::command::lines::Lines;
use crate::step::command::task::{CommandTask, KEPT, spawn_failure};
use crate::step::{ArtifactSink, Ran, ReadAction, ReadContext, StepStop};
use crate::world::process::{self, Limits, Spawn, Stream, Told};

/// One stream: to the screen line by line, to an artifact once there is something in it, and into memory.
struct Tee {
    name: &'static str,
    lines: Lines,
    kept: Vec<u8>,
    truncated: bool,
    store: bool,
    sink: Option<Box<dyn ArtifactSink>>,
    broken: Option<std::io::Error>,
}

impl Tee {
    fn new(stream: OutputStream, name: &'static str, store: bool) -> Self {
        Self { name, lines: Lines::new(stream), kept: Vec::new(), truncated: false, store, sink: None, broken: None }
    }

    fn take(&mut self, cx: &ReadContext, bytes: &[u8]) {
        if self.store
            && self.broken.is_none()
            && let Err(error) = self.keep(cx, bytes)
        {
            self.broken = Some(error);
        }
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        self.truncated |= room < bytes.len();
        // What may not be stored because outputs of it are secret may not be shown either.
        if self.store {
            self.lines.take(cx, bytes);
        }
    }

    fn keep(&mut self, cx: &ReadContext, bytes: &[u8]) -> std::io::Result<()> {
        let sink = match &mut self.sink {
            Some(sink) => sink,
            none => none.insert(cx.artifacts.create(self.name, "text/plain")?),
        };
        sink.write(bytes)
    }

    /// Ends the stream: its text, and its file if there was anything in it.
    fn finish(mut self, cx: &ReadContext) -> Result<(Vec<u8>, Option<ArtifactRef>, bool), Failure> {
        self.lines.tell(cx);
        if let Some(error) = self.broken {
            return Err(io_failure("the output could not be written to the run's files", &error));
        }
        let artifact = match self.sink {
            Some(sink) => {
                Some(sink.finish().map_err(|error| io_failure("the output's file could not be ended", &error))?)
            }
            None => None,
        };
        Ok((self.kept, artifact, self.truncated))
    }
}

pub(super) fn io_failure(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, what).caused_by(vec![error.to_string()])
}

impl CommandTask {
    async fn look(&self, cx: &ReadContext) -> Result<Ran, Failure> {
        let environment = self.environment(cx);
        let cwd = self.folder(cx);
        let mut out = Tee::new(OutputStream::Stdout, "stdout", !self.sensitive);
        let mut err = Tee::new(OutputStream::Stderr, "stderr", true);
        let spawn = Spawn {
            program: &self.program,
            args: &self.args,
            cwd: &cwd,
            environment: &environment,
            stdin: self.stdin.as_deref().map(str::as_bytes),
            terminal: None,
        };
        let (mut cancel, mut kill) = (cx.cancel.clone(), cx.cancel.clone());
        let limits = Limits {
            deadline: cx.deadline,
            cancelled: async move { cancel.cancelled().await },
            killed: async move { kill.killed().await },
        };
        let finished = process::run(spawn, limits, |told| match told {
            Told::Output(Stream::Out, bytes) => out.take(cx, bytes),
            Told::Output(Stream::Err, bytes) => err.take(cx, bytes),
            Told::Started(_) => {}
        })
        .await;
        let (stdout, out_file, cut_out) = out.finish(cx)?;
        let (stderr, err_file, cut_err) = err.finish(cx)?;
        let mut ran = match &finished {
            Ok(end) => {
                let took = end.took.as_secs_f64();
                let mut ran = self.judge(end.ended, end.stopped, took, &stdout, &stderr);
                ran.warning = self.warning(cut_out || cut_err, &end.survivors);
                ran
            }
            Err(error) => Ran::failed(spawn_failure(error)),
        };
        ran.artifacts.extend(out_file.into_iter().chain(err_file));
        Ok(ran)
    }
}

impl ReadAction for CommandTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        Ok(self.look(cx).await.unwrap_or_else(Ran::failed))
    }
}
