//! From what a step says to what it does: the templates of its kind, evaluated.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::{Check, Param};
use crate::event::{Captured, EffectState};
use crate::source::{Span, escapes_project};
use crate::step::WriteAction;
use crate::step::aws::{AwsTask, RestoreTask};
use crate::step::bake::{BakeTask, Watched};
use crate::step::check::CheckTask;
use crate::step::command::CommandTask;
use crate::step::drill::DrillTask;
use crate::step::file::FileTask;
use crate::step::http::{Authority, HttpTask};
use crate::step::kind::{
    AwsCall, AwsRestore, Bake, Body, CheckStep, Command, FileFormat, FileStep, Http, Stack, StackRestore, StepKind,
    place,
};
use crate::step::s3::S3RestoreTask;
use crate::step::stack::{StackRestoreTask, StackTask, Undone};
use crate::step::wait::span_words;
use crate::value::{EvalError, Scope, Template};

/// A step of a kind that does something, with all its values known.
#[derive(Clone, Debug)]
pub enum Task {
    /// A program.
    Command(CommandTask),
    /// A file.
    File(FileTask),
    /// A request.
    Http(Box<HttpTask>),
    /// A stack.
    Stack(Box<StackTask>),
    /// A stack, put back.
    StackRestore(Box<StackRestoreTask>),
    /// A call of the AWS API.
    Aws(AwsTask),
    /// What such a call has changed is put back.
    AwsRestore(Box<RestoreTask>),
    /// Objects, put back from their versions.
    S3Restore(S3RestoreTask),
    /// A step of a drill.
    Drill(Box<DrillTask>),
    /// A check of the catalogue.
    Check(CheckTask),
    /// Alarms and checks that are watched.
    Bake(BakeTask),
}

/// A value that could not be had.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFault {
    /// Where it is asked for.
    pub span: Option<Span>,
    /// Why it could not be had.
    pub why: String,
}

/// What a step needs beside its scope.
#[derive(Clone, Debug, Default)]
pub struct Given<'a> {
    /// Whether outputs are secret.
    pub sensitive: bool,
    /// The effects of earlier attempts.
    pub earlier: &'a [EffectState],
    /// The digest of the file that the step names (a template, a root of trust), as it was planned, in hex.
    pub planned: Option<String>,
    /// What the one step that it undoes found before it changed anything.
    pub captured: Option<Captured>,
    /// The effects of the steps that it undoes.
    pub undone: &'a [EffectState],
}

impl Task {
    /// Evaluates a kind's templates. `None`: a person does the step.
    pub fn of(kind: &StepKind, scope: &Scope, given: &Given<'_>) -> Result<Option<Self>, TaskFault> {
        match kind {
            StepKind::Confirm(_) | StepKind::Input(_) => Ok(None),
            StepKind::Command(command) => command_task(command, scope, given).map(Self::Command).map(Some),
            StepKind::File(file) => file_task(file, scope).map(Self::File).map(Some),
            StepKind::Http(http) => http_task(http, scope, given).map(Box::new).map(Self::Http).map(Some),
            StepKind::Stack(stack) => stack_task(stack, scope, given).map(Box::new).map(Self::Stack).map(Some),
            StepKind::StackRestore(restore) => {
                restore_task(restore, scope, given).map(Box::new).map(Self::StackRestore).map(Some)
            }
            StepKind::Aws(call) => aws_task(call, scope).map(Self::Aws).map(Some),
            StepKind::AwsRestore(restore) => aws_restore_task(restore, scope, given).map(Some),
            StepKind::S3Restore(restore) => S3RestoreTask::of(restore, scope).map(Self::S3Restore).map(Some),
            StepKind::Restore(_)
            | StepKind::Compare(_)
            | StepKind::Marker(_)
            | StepKind::Cleanup(_)
            | StepKind::Failover(_) => Ok(DrillTask::of(kind, scope, given.undone)?.map(Box::new).map(Self::Drill)),
            StepKind::Check(check) => check_task(check, scope).map(Self::Check).map(Some),
            StepKind::Bake(bake) => bake_task(bake, scope).map(Self::Bake).map(Some),
            // One look. That it is repeated is the engine's business.
            StepKind::Wait(wait) => Self::of(&wait.on, scope, given),
        }
    }
}

impl Task {
    /// What it will do, line by line.
    pub fn describe(&self, scope: &Scope) -> Vec<String> {
        match self {
            Self::Command(command) => command.describe(scope),
            Self::Stack(stack) => stack.describe(scope),
            Self::StackRestore(restore) => restore.describe(scope),
            Self::Http(http) => http.describe(scope),
            Self::File(file) => vec![format!("reads {}", file.path.display())],
            Self::Aws(call) => call.describe(scope),
            Self::AwsRestore(restore) => restore.describe(scope),
            Self::S3Restore(restore) => restore.describe(scope),
            Self::Drill(drill) => drill.describe(scope),
            Self::Check(check) => check.describe(),
            Self::Bake(bake) => bake.describe(),
        }
    }
}

/// What a step will do, line by line, as far as it is known: values that are not known yet are named as such.
pub fn outline(kind: &StepKind, scope: &Scope) -> Vec<String> {
    match kind {
        StepKind::Confirm(_) => vec!["a person confirms it".to_owned()],
        StepKind::Input(input) => vec![format!("a person gives {}", input.value.describe())],
        StepKind::Command(command) => {
            let line = match (&command.run, &command.shell) {
                (Some(run), _) => run.iter().map(|word| shown(word, scope)).collect::<Vec<_>>().join(" "),
                (None, Some(script)) => first_line(&script.value),
                (None, None) => String::new(),
            };
            let mut lines = vec![format!("$ {line}")];
            lines.extend(command.cwd.iter().map(|cwd| format!("  in {}", cwd.preview(scope))));
            if !command.env.is_empty() {
                let names: Vec<&str> = command.env.keys().map(String::as_str).collect();
                lines.push(format!("  with {}", names.join(", ")));
            }
            lines
        }
        StepKind::File(file) => vec![format!("reads {}", file.path.preview(scope))],
        StepKind::Http(http) => http_outline(http, scope),
        StepKind::Stack(stack) => StackTask::outline(stack, scope),
        StepKind::StackRestore(restore) => {
            let step = restore.undone.as_ref().map_or("the stack", |(step, _)| step.as_str());
            let bucket = restore.bucket().map(|bucket| bucket.preview(scope));
            StackRestoreTask::outline(step, bucket.as_deref())
        }
        StepKind::Aws(call) => {
            let mut lines = AwsTask::lines(call.operation, &preview(call, scope));
            lines.extend(
                call.way().map(|way| format!("  puts on record first what is there, by {}", way.reads().call())),
            );
            lines
        }
        StepKind::AwsRestore(restore) => restore.of.as_ref().map_or_else(Vec::new, |undone| {
            let fields = undone.call.before_names().unwrap_or_default();
            RestoreTask::lines(&undone.step, undone.way, &preview(&undone.call, scope), &fields)
        }),
        StepKind::S3Restore(restore) => S3RestoreTask::preview(restore, scope),
        StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_) => DrillTask::outline(kind, scope),
        StepKind::Check(check) => check_outline(check, scope),
        StepKind::Bake(bake) => bake_outline(bake, scope),
        StepKind::Wait(wait) => {
            let mut lines = outline(&wait.on, scope);
            lines.push(format!("  every {} {}", span_words(wait.every), wait.words()));
            lines.extend(wait.fail.iter().map(|fail| format!("  or fails as soon as {}", fail.value.text())));
            lines
        }
    }
}

fn text(template: &Template, scope: &Scope) -> Result<String, TaskFault> {
    template.eval_text(scope).map_err(|error| fault(template, &error))
}

fn fault(template: &Template, error: &EvalError) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {error}", template.text()) }
}

fn texts(templates: &[Template], scope: &Scope) -> Result<Vec<String>, TaskFault> {
    templates.iter().map(|template| text(template, scope)).collect()
}

/// A path that stays in the project.
fn path(template: &Template, scope: &Scope) -> Result<PathBuf, TaskFault> {
    let path = text(template, scope)?;
    match escapes_project(&path) {
        Some(how) => Err(TaskFault { span: Some(template.span()), why: format!("`{path}` {how}") }),
        None => Ok(PathBuf::from(path)),
    }
}

/// The command of a kind, or of a probe.
pub(crate) fn command_task(command: &Command, scope: &Scope, given: &Given<'_>) -> Result<CommandTask, TaskFault> {
    let (program, args, shown) = match (&command.run, &command.shell) {
        (Some(run), _) => {
            let mut words = texts(run, scope)?;
            let shown = run.iter().map(|word| shown(word, scope)).collect::<Vec<_>>().join(" ");
            let program = words.remove(0);
            (program, words, shown)
        }
        (None, Some(script)) => {
            let args = vec!["-eu".to_owned(), "-c".to_owned(), script.value.clone()];
            ("sh".to_owned(), args, first_line(&script.value))
        }
        (None, None) => return Err(TaskFault { span: None, why: "there is nothing to run".to_owned() }),
    };
    let mut env = Vec::new();
    for (name, value) in &command.env {
        env.push((name.clone(), text(value, scope)?));
    }
    Ok(CommandTask {
        program,
        args,
        shown,
        cwd: command.cwd.as_ref().map(|cwd| path(cwd, scope)).transpose()?,
        env,
        stdin: command.stdin.as_ref().map(|stdin| text(stdin, scope)).transpose()?,
        exit_codes: command.exit_codes.clone(),
        parse: command.output,
        sensitive: given.sensitive,
        interactive: command.interactive,
    })
}

/// A word as a shell user would write it.
fn shown(word: &Template, scope: &Scope) -> String {
    let word = word.preview(scope);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn first_line(script: &str) -> String {
    let telling = |line: &&str| !line.is_empty() && !line.starts_with('#') && !line.starts_with("set -");
    let mut lines = script.lines().map(str::trim).filter(telling);
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("sh: {first} …") } else { format!("sh: {first}") }
}

fn file_task(file: &FileStep, scope: &Scope) -> Result<FileTask, TaskFault> {
    let path = path(&file.path, scope)?;
    let format = file.format.unwrap_or_else(|| FileFormat::of(&path.to_string_lossy()));
    Ok(FileTask { path, format })
}

/// A request: its URL, and the names of its headers.
fn http_outline(http: &Http, scope: &Scope) -> Vec<String> {
    let pairs: Vec<String> =
        http.query.iter().map(|(name, value)| format!("{name}={}", value.preview(scope))).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    let mut lines = vec![format!("{} {}{query}", http.method, http.url.preview(scope))];
    let names: Vec<&str> = http.headers.keys().chain(&http.token_header).map(String::as_str).collect();
    if !names.is_empty() {
        lines.push(format!("  with {}", names.join(", ")));
    }
    lines.extend(match &http.body {
        Some(Body::Text(_)) => Some("  with a body of text".to_owned()),
        Some(Body::Json(_)) => Some("  with a body of JSON".to_owned()),
        None => None,
    });
    lines.extend(http.ca.iter().map(|ca| format!("  trusts {}, too", ca.preview(scope))));
    lines
}

fn http_task(http: &Http, scope: &Scope, given: &Given<'_>) -> Result<HttpTask, TaskFault> {
    let written = text(&http.url, scope)?;
    let mut url = place(&written).map_err(|why| {
        // What it became may hold a password: only what is written is told.
        let why = format!("`{}` gives no URL for a request: {why}", http.url.text());
        TaskFault { span: Some(http.url.span()), why }
    })?;
    for (name, value) in &http.query {
        url.query_pairs_mut().append_pair(name, &text(value, scope)?);
    }
    let mut headers = BTreeMap::new();
    for (name, value) in &http.headers {
        headers.insert(name.clone(), text(value, scope)?);
    }
    let typed = headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
    let (body, media) = match &http.body {
        Some(Body::Text(body)) => (Some(text(body, scope)?.into_bytes()), "text/plain; charset=utf-8"),
        Some(Body::Json(tree)) => {
            let value = tree.eval(scope).map_err(|error| TaskFault { span: None, why: format!("`json`: {error}") })?;
            (Some(value.to_string().into_bytes()), "application/json")
        }
        None => (None, ""),
    };
    if body.is_some() && !typed {
        headers.insert("Content-Type".to_owned(), media.to_owned());
    }
    let authority = match &http.ca {
        Some(ca) => Some(Authority { path: path(ca, scope)?, planned: given.planned.clone() }),
        None => None,
    };
    Ok(HttpTask {
        method: http.method,
        url,
        headers: headers.into_iter().collect(),
        body,
        redirects: http.redirects,
        token_header: http.token_header.clone(),
        authority,
        sensitive: given.sensitive,
    })
}

fn aws_task(call: &AwsCall, scope: &Scope) -> Result<AwsTask, TaskFault> {
    let mut input = Map::new();
    for (name, value) in &call.with {
        let value = value.eval(scope).map_err(|error| TaskFault { span: None, why: format!("`{name}`: {error}") })?;
        input.insert(name.clone(), value);
    }
    let written = call.with.iter().filter(|(_, value)| value.has_literal()).map(|(name, _)| name.clone()).collect();
    Ok(AwsTask { operation: call.operation, input: Value::Object(input), pages: call.pages, written, way: call.way() })
}

/// The parameters of a call, as far as they are known.
fn preview(call: &AwsCall, scope: &Scope) -> Value {
    Value::Object(call.with.iter().map(|(name, value)| (name.clone(), value.preview(scope))).collect())
}

fn aws_restore_task(restore: &AwsRestore, scope: &Scope, given: &Given<'_>) -> Result<Task, TaskFault> {
    let Some(undone) = &restore.of else {
        return Err(TaskFault { span: None, why: "there is no step that it could put back".to_owned() });
    };
    Ok(Task::AwsRestore(Box::new(RestoreTask {
        of: undone.step.clone(),
        operation: undone.call.operation,
        way: undone.way,
        captured: given.captured.clone(),
        preview: preview(&undone.call, scope),
    })))
}

/// The parameters of a check that the step does not give.
fn defaults(check: &Check) -> Map<String, Value> {
    let given = |param: &Param| Some((param.name.value.clone(), param.default.clone()?));
    check.params.iter().filter_map(given).collect()
}

fn check_task(step: &CheckStep, scope: &Scope) -> Result<CheckTask, TaskFault> {
    let fault = |span: Span, why: String| TaskFault { span: Some(span), why };
    let Some(check) = &step.check else {
        return Err(fault(step.id.span, format!("there is no check `{}`", step.id.value)));
    };
    let mut params = defaults(check);
    for gift in &step.with {
        let name = &gift.name.value;
        let value = gift.value.eval(scope).map_err(|error| fault(gift.span, format!("`{name}`: {error}")))?;
        let Some(param) = check.param(name) else {
            return Err(fault(gift.name.span, format!("check `{}` has no parameter `{name}`", step.id.value)));
        };
        let value = param.ty.accept(&value).map_err(|why| fault(gift.span, format!("`{name}`: {why}")))?;
        params.insert(name.clone(), value);
    }
    if let Some(missing) = check.params.iter().find(|param| !params.contains_key(&param.name.value)) {
        return Err(fault(step.id.span, format!("`{}` is not given", missing.name.value)));
    }
    Ok(CheckTask { check: Arc::clone(check), params })
}

fn check_outline(step: &CheckStep, scope: &Scope) -> Vec<String> {
    let Some(check) = &step.check else { return vec![format!("check {}", step.id.value)] };
    let mut params = defaults(check);
    for gift in &step.with {
        params.insert(gift.name.value.clone(), gift.value.preview(scope));
    }
    let mut own = Scope::new();
    own.set(&["param"], Value::Object(params));
    if let Some(aws) = scope.get(&["aws"]) {
        own.set(&["aws"], aws.clone());
    }
    CheckTask::lines(check, &own)
}

/// What a hold watches: a name, or the names that an item gives.
fn names(templates: &[Template], scope: &Scope) -> Result<Vec<Watched<String>>, TaskFault> {
    let mut names: Vec<Watched<String>> = Vec::new();
    for template in templates {
        let refuse = |why: &str| TaskFault { span: Some(template.span()), why: format!("`{}` {why}", template.text()) };
        let given = match template.eval(scope).map_err(|error| fault(template, &error))? {
            Value::Array(items) if items.is_empty() => return Err(refuse("gives no name: nothing would be watched")),
            Value::Array(items) => items,
            one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => vec![one],
        };
        for name in given {
            let name = match name {
                Value::String(name) if !name.is_empty() => name,
                Value::String(_) => return Err(refuse("gives an empty name")),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(refuse("gives no text"));
                }
            };
            if names.iter().all(|known| known.what != name) {
                names.push(Watched { what: name, span: template.span() });
            }
        }
    }
    Ok(names)
}

fn bake_task(bake: &Bake, scope: &Scope) -> Result<BakeTask, TaskFault> {
    let mut checks: Vec<(String, Watched<CheckTask>)> = Vec::new();
    for step in &bake.checks {
        let id = &step.id.value;
        let same = bake.checks.iter().filter(|other| other.id.value == *id).count();
        let number = 1 + checks.iter().filter(|(_, check)| check.what.check.id.value == *id).count();
        let name = if same > 1 { format!("{id} #{number}") } else { id.clone() };
        checks.push((name, Watched { what: check_task(step, scope)?, span: step.id.span }));
    }
    Ok(BakeTask { names: names(&bake.alarms, scope)?, prefixes: names(&bake.prefixes, scope)?, checks })
}

/// How long is held, and what is watched.
fn bake_outline(bake: &Bake, scope: &Scope) -> Vec<String> {
    let mut lines = vec![format!("holds for {}, and looks every {} at", span_words(bake.hold), span_words(bake.every))];
    lines.extend(bake.alarms.iter().map(|name| format!("  alarm {}", name.preview(scope))));
    let by_prefix = |prefix: &Template| format!("  each alarm whose name begins with {}", prefix.preview(scope));
    lines.extend(bake.prefixes.iter().map(by_prefix));
    lines.extend(bake.checks.iter().flat_map(|check| check_outline(check, scope)).map(|line| format!("  {line}")));
    lines
}

fn stack_task(stack: &Stack, scope: &Scope, given: &Given<'_>) -> Result<StackTask, TaskFault> {
    let task = StackTask::of(stack, scope)
        .map_err(|error| TaskFault { span: Some(stack.stack.span()), why: error.to_string() })?
        .after(given.earlier.to_vec());
    Ok(match &given.planned {
        Some(digest) => task.pinned(digest),
        None => task,
    })
}

fn restore_task(restore: &StackRestore, scope: &Scope, given: &Given<'_>) -> Result<StackRestoreTask, TaskFault> {
    let Some((step, _)) = &restore.undone else {
        return Err(TaskFault { span: None, why: "it undoes no step of kind `stack`".to_owned() });
    };
    let upload_bucket = match &restore.upload_bucket {
        Some(bucket) => Some(text(bucket, scope)?),
        // What the other step's bucket is made of may not be known here.
        None => restore.bucket().and_then(|bucket| bucket.eval_text(scope).ok()),
    };
    let mut parameters = BTreeMap::new();
    for (name, value) in &restore.parameters {
        parameters.insert(name.clone(), text(value, scope)?);
    }
    Ok(StackRestoreTask {
        parameters,
        undone: Undone { step: step.clone(), captured: given.captured.clone(), effects: given.undone.to_vec() },
        upload_bucket,
        skip_resources: texts(&restore.skip_resources, scope)?,
        earlier: given.earlier.to_vec(),
    })
}
