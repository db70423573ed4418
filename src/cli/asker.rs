//! What a run lacks, asked of whoever is there: the value of an input, a secret.

use std::fs;

use secrecy::SecretString;
use serde_json::Value;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::operator::{ask_now, ask_secret};
use crate::cli::prepare::unanswered;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{Ask, Choice, Question};
use crate::runbook::{InputSpec, InputType};

/// Who is asked for what is missing: the person at the terminal, if there is one.
pub(super) struct Asker<'a> {
    pub(super) settings: &'a Settings,
    pub(super) screen: &'a Screen,
    pub(super) lenient: bool,
}

impl Asker<'_> {
    /// An input that nothing gave.
    pub(super) fn input(&self, spec: &InputSpec) -> Result<Option<Value>, CommandError> {
        let name = &spec.name.value;
        let Some(tty) = self.screen.tty() else {
            if self.lenient {
                return Ok(None);
            }
            return Err(CommandError::new(ExitCode::Usage, format!("input `{name}` has no value"))
                .hint(format!("give it: -i {name}=… ({})", spec.ty.describe())));
        };
        let title = spec.help.clone().unwrap_or_else(|| name.clone());
        let mut question = Question::new(format!("input.{name}"), Ask::Value, title, vec![Choice::Value]);
        question.expects = Some(format!("{name}: {}", spec.ty.describe()));
        if let InputType::Choice(options) = &spec.ty {
            question.options.clone_from(options);
        }
        loop {
            let answer = ask_now(self.screen.surface(), tty, &self.settings.user, &question)
                .map_err(|none| unanswered(&none))?;
            let Some(value) = answer.value.filter(|_| answer.choice == Choice::Value) else {
                return Err(CommandError::new(ExitCode::Declined, format!("input `{name}` was not given")));
            };
            let accepted = match &value {
                Value::String(text) => spec.ty.accept_text(text),
                other => spec.ty.accept(other),
            };
            match accepted {
                Ok(value) => return Ok(Some(value)),
                Err(why) => question.problem = Some(why),
            }
        }
    }

    /// A secret's value, from where the runbook says, else from the person.
    pub(super) fn secret(&self, spec: &InputSpec, project: &Project) -> Result<Option<SecretString>, CommandError> {
        let name = &spec.name.value;
        let InputType::Secret { env, file } = &spec.ty else { return Ok(None) };
        if let Some(value) = env.as_ref().and_then(|env| self.settings.variable(env)) {
            return Ok(Some(SecretString::from(value)));
        }
        if let Some(file) = file {
            match fs::read_to_string(project.root.join(file)) {
                Ok(text) => return Ok(Some(SecretString::from(text.trim_end_matches('\n').to_owned()))),
                Err(error) if env.is_none() && !self.lenient => {
                    let message = format!("secret `{name}` cannot be read from {file}: {error}");
                    return Err(CommandError::new(ExitCode::Usage, message));
                }
                Err(_) => {}
            }
        }
        if self.lenient {
            return Ok(None);
        }
        let source =
            env.as_ref().map_or_else(|| "it is asked for at a terminal".to_owned(), |env| format!("set {env}"));
        let Some(tty) = self.screen.tty() else {
            return Err(CommandError::new(ExitCode::Usage, format!("secret `{name}` has no value")).hint(source));
        };
        let secret =
            ask_secret(self.screen.surface(), tty, name, spec.help.as_deref()).map_err(|none| unanswered(&none))?;
        Ok(Some(secret))
    }
}
