//! One call, from the command line to the screen.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::aws::AwsSettings;
use crate::aws::api::client::{ApiFailure, ApiReads, ApiReply, ReadOperation};
use crate::aws::api::model::ShapeKind;
use crate::cli::args::{CallArguments, Format};
use crate::cli::command::call::complete::complete;
use crate::cli::command::call::failed::{error_map, exit_code, words};
use crate::cli::command::call::find::find;
use crate::cli::command::call::input::input;
use crate::cli::command::call::query;
use crate::cli::command::call::shown::{cut, with_body};
use crate::cli::command::guard::guard;
use crate::cli::command::sitting::{pretty, runtime};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::read_profile;
use crate::cli::prepare::{aws_settings, choose_profile};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::source::{Diagnostics, Sources};
use crate::value::{Expr, no_error};

pub(crate) fn call(arguments: &CallArguments, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    if let Some(prefix) = &arguments.complete {
        return print(&complete(prefix), screen).map(|()| ExitCode::Success);
    }
    let Some(name) = &arguments.call else { return Err(CommandError::new(ExitCode::Usage, "no call is named")) };
    // Whatever can be known to be wrong is said before anything is called.
    let operation = find(name)?;
    let input = input(operation.operation(), &arguments.values, arguments.with.as_deref(), settings)?;
    let query = arguments.query.as_deref().map(|text| query::parse(text, operation.operation())).transpose()?;
    if arguments.output.is_some() && !has_body(operation) {
        let message = format!("-o: the answer of {} has no body but its JSON", operation.operation().call());
        return Err(CommandError::new(ExitCode::Usage, message).hint("redirect stdout to keep the JSON"));
    }
    let aws = target(arguments, settings, screen)?;
    screen.say(&input.doubts);
    let runtime = runtime()?;
    let (doors, _) = guard(&runtime, Some(&aws))?;
    let api = doors.reads().expect("settings of an account open the doors").api();
    let answer = runtime.block_on(ask(&api, operation, &input.value, arguments));
    let asked = Asked { arguments, operation, query: query.as_ref(), aws: &aws, input: &input.value };
    match answer {
        Ok(reply) => asked.show(reply, settings, screen),
        Err(failure) => asked.show_failure(&failure, screen),
    }
}

async fn ask(
    api: &ApiReads,
    operation: ReadOperation,
    input: &Value,
    arguments: &CallArguments,
) -> Result<ApiReply, ApiFailure> {
    if arguments.all_pages {
        api.all_pages(operation, input, arguments.max_pages).await
    } else {
        api.one_page(operation, input).await
    }
}

/// The account, from the profile.
fn target(arguments: &CallArguments, settings: &Settings, screen: &Screen) -> Result<AwsSettings, CommandError> {
    let project = Project::here(settings)?;
    let name = match &arguments.profile {
        Some(name) => Some(name.clone()),
        None => choose_profile(settings, screen, &project, None)?,
    };
    let Some(name) = name else {
        return Err(CommandError::new(ExitCode::Usage, "no profile is named, and the project has none")
            .hint("a call needs an account and a region: `profiles/NAME.toml` with `[aws]`, and -p NAME"));
    };
    let path = project.profile(settings, &name)?;
    let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
    let profile = read_profile(&project, &path, &mut sources, &mut faults);
    let Some(profile) = profile.filter(|_| !faults.has_errors()) else {
        return Err(CommandError::faults(faults, sources));
    };
    let (aws, _) = aws_settings(&profile, &project)?;
    aws.ok_or_else(|| {
        CommandError::new(ExitCode::Usage, format!("profile `{name}` names no account"))
            .hint("a call needs `[aws]` with `account` and `region`")
    })
}

/// Whether the answer has a body that is no JSON.
fn has_body(operation: ReadOperation) -> bool {
    let operation = operation.operation();
    let shape = operation.service().output(operation.model());
    shape.is_some_and(|shape| {
        let payload = shape.payload().map(|member| shape.follow(&member.reference));
        payload.is_some_and(|payload| matches!(payload.kind(), ShapeKind::Blob | ShapeKind::Text(_)))
    })
}

struct Asked<'a> {
    arguments: &'a CallArguments,
    operation: ReadOperation,
    query: Option<&'a Expr>,
    aws: &'a AwsSettings,
    input: &'a Value,
}

impl Asked<'_> {
    fn show(&self, mut reply: ApiReply, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
        if !self.arguments.show_sensitive {
            cut(&mut reply);
        }
        if let Some(file) = &self.arguments.output {
            write(&settings.folder.join(file), file, &reply)?;
            reply.stream = None;
        }
        let mut notes = with_body(&mut reply).into_iter().collect::<Vec<_>>();
        notes.extend(self.more(&reply));
        screen.say(&notes);
        let value = self.query.map(|query| query::evaluate(query, &reply.value, &no_error())).transpose()?;
        let shown = match (self.arguments.format, value) {
            (Format::Human, Some(value)) => value,
            (Format::Human, None) => reply.value,
            (Format::Json, value) => {
                let mut document = self.document(&reply.request_ids);
                document["pages"] = json!(reply.pages);
                document["out"] = reply.value;
                if self.query.is_some() {
                    document["value"] = json!(value);
                }
                document
            }
        };
        print(&pretty(&shown), screen)?;
        Ok(ExitCode::Success)
    }

    /// A service's error is an answer, which a query may be about; of any other failure there is nothing to be asked.
    fn show_failure(&self, failure: &ApiFailure, screen: &Screen) -> Result<ExitCode, CommandError> {
        let error = error_map(failure);
        let is_answer = exit_code(failure) == ExitCode::VerificationFailed;
        // What the query asks of an answer that did not come has no value.
        let query = self.query.filter(|_| is_answer);
        let value = query.and_then(|query| query::evaluate(query, &json!({}), &error).ok());
        match (self.arguments.format, value) {
            (Format::Human, Some(value)) => print(&pretty(&value), screen)?,
            (Format::Human, None) => {}
            (Format::Json, value) => {
                let id = match failure {
                    ApiFailure::Aws(error) => error.request_id.clone(),
                    ApiFailure::NotSent(_) | ApiFailure::Pages(_) => None,
                };
                let mut document = self.document(&id.into_iter().collect::<Vec<_>>());
                document["error"] = error;
                if self.query.is_some() {
                    document["value"] = json!(value);
                }
                print(&pretty(&document), screen)?;
            }
        }
        Err(words(failure))
    }

    /// Who was asked for what, and by which ids AWS knows it.
    fn document(&self, request_ids: &[String]) -> Value {
        json!({
            "format": 1,
            "call": self.operation.operation().call(),
            "account": self.aws.account,
            "region": self.aws.region,
            "emulator": self.aws.emulator.as_ref().map(|emulator| &emulator.default),
            "request_ids": request_ids,
        })
    }

    /// What is to be said of an answer that is one page of several.
    fn more(&self, reply: &ApiReply) -> Option<String> {
        // A paginator that cannot be read has told of no part.
        let turned = || {
            let paginator = self.operation.operation().paginator().ok().flatten();
            paginator.is_some_and(|paginator| paginator.is_turned_by(self.input))
        };
        let why = if turned() { ", as its input asks for; there are more" } else { ": --all-pages turns them all" };
        reply.part.then(|| format!("this is one page of the answer{why}"))
    }
}

/// Writes the body of an answer, for its owner's eyes only: the model may not know what an object holds.
fn write(path: &Path, named: &Path, reply: &ApiReply) -> Result<(), CommandError> {
    let bytes = reply.stream.as_ref().map(|stream| stream.bytes.as_slice()).unwrap_or_default();
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(|error| {
        CommandError::of(ExitCode::Usage, &error).hint(format!("-o {} cannot be written", named.display()))
    })
}

fn print(text: &str, screen: &Screen) -> Result<(), CommandError> {
    screen.data(text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))
}
