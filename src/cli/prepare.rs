//! From the command line to a plan: profile, inputs, secrets, pinned files, the scope.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::aws::{AwsSettings, Emulator};
use crate::cli::args::Target;
use crate::cli::asker::Asker;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::kept::{Kept, kept};
use crate::cli::load::{Loaded, load_checked};
use crate::cli::narrow::{of_target, without_commands};
use crate::cli::operator::ask_now;
use crate::cli::pin::pin;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::event::{Ask, Choice, Question};
use crate::id::{Phase, RunId, StepId};
use crate::journal::RunFolder;
use crate::plan::{Material, Plan, PlanRecord, Selection, build, needed_inputs, resolve};
use crate::profile::{Endpoints, Profile};
use crate::runbook::Runbook;
use crate::source::{Diagnostics, Sources, load};
use crate::step::kind::StepKind;
use crate::step::{NoAnswer, outline};
use crate::value::Scope;
use crate::world::clock::rfc3339;
use crate::world::secret::Redactor;

/// A run that is ready to begin.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The project.
    pub project: Project,
    /// The files as they were when the run began, when it goes back.
    pub kept: Option<Project>,
    /// Its files.
    pub loaded: Loaded,
    /// The plan.
    pub plan: Plan,
    /// The plan as it is kept.
    pub record: PlanRecord,
    /// The bytes of each pinned file, by digest in hex.
    pub pinned: BTreeMap<String, Vec<u8>>,
    /// Where calls go, if the run has an account. Its app name is set when the run has an id.
    pub aws: Option<AwsSettings>,
    /// A folder of tools that the sandbox brings.
    pub tools: Option<PathBuf>,
    /// What is cut.
    pub redactor: Redactor,
    /// `input`, `aws`, `env`.
    pub scope: Scope,
}

impl Prepared {
    /// What the author has written in the open: the pinned files, and the inputs that are no secrets.
    pub(crate) fn in_the_open(&self) -> Vec<String> {
        let files = self.pinned.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        files.chain(self.record.inputs.values().map(Value::to_string)).collect()
    }
}

/// What is asked for: from the command line, or from the plan of a run that is resumed.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The runbook.
    pub runbook: String,
    /// The profile.
    pub profile: Option<String>,
    /// `-i`.
    pub given: Vec<(String, String)>,
    /// Values that an earlier session had.
    pub kept: BTreeMap<String, Value>,
    /// `--phase`, `--only`, `--from`, `--skip`, `--target`.
    pub selection: Selection,
    /// `--max-steps`.
    pub max_steps: usize,
    /// Whether what is missing may stay so: a plan shows it as unknown.
    pub lenient: bool,
    /// Whether only the way back is wanted: what other phases need is not asked for.
    pub back: bool,
    /// `--no-commands`: steps that run a program, and what needs them, are left out.
    pub no_commands: bool,
    /// `--keep`: what a drill makes is not removed at its end, and why.
    pub keep: Option<String>,
    /// `--keep-until`: until when.
    pub keep_until: Option<DateTime<Utc>>,
}

impl Wanted {
    /// What a command line asks for.
    pub(crate) fn of(target: &Target, lenient: bool) -> Self {
        Self {
            runbook: target.runbook.clone(),
            profile: target.profile.clone(),
            given: target.input.clone(),
            kept: BTreeMap::new(),
            selection: Selection {
                phases: target.phase.clone(),
                only: target.only.clone(),
                from: target.from.clone(),
                skip: target.skip.clone(),
                target: None,
                tabletop: false,
            },
            max_steps: target.max_steps,
            lenient,
            back: false,
            no_commands: false,
            keep: None,
            keep_until: None,
        }
    }

    /// What a run asked for when it began.
    pub(crate) fn again(record: &PlanRecord) -> Self {
        Self {
            runbook: record.runbook.clone(),
            profile: record.profile.clone(),
            given: Vec::new(),
            kept: record.inputs.clone(),
            selection: Selection {
                phases: record.phases.clone(),
                only: record.only.clone(),
                from: record.from.clone(),
                skip: record.skip.clone(),
                target: record.target.clone(),
                tabletop: record.tabletop,
            },
            max_steps: usize::MAX,
            // What nobody needs to know to talk a drill through is not asked for.
            lenient: record.tabletop,
            back: false,
            no_commands: false,
            keep: None,
            keep_until: record.drill.as_ref().and_then(|drill| drill.kept_until),
        }
    }
}

/// Prepares a run. Asks for what is missing when a person is there.
pub(crate) fn prepare(
    settings: &Settings,
    screen: &Screen,
    project: Project,
    wanted: Wanted,
) -> Result<Prepared, CommandError> {
    let first = load_checked(settings, &project, &wanted.runbook, wanted.profile.as_deref(), wanted.max_steps)?;
    let chosen = match &wanted.profile {
        Some(_) => None,
        None => choose_profile(settings, screen, &project, first.runbook.profile.as_deref())?,
    };
    let loaded = match chosen {
        Some(name) => load_checked(settings, &project, &wanted.runbook, Some(&name), wanted.max_steps)?,
        None => first,
    };
    assemble(settings, screen, project, None, loaded, wanted)
}

/// Prepares a run that goes back, from its own records: what it undoes is what it did, whatever became of the files since.
pub(crate) fn prepare_back(
    settings: &Settings,
    screen: &Screen,
    project: Project,
    folder: &RunFolder,
    record: PlanRecord,
) -> Result<Prepared, CommandError> {
    let Kept { project: files, loaded } = kept(folder, &record, screen.redactor())?;
    let wanted = Wanted { back: true, ..Wanted::again(&record) };
    let mut prepared = assemble(settings, screen, project, Some(files), loaded, wanted)?;
    prepared.plan.digest.clone_from(&record.digest);
    prepared.record = record;
    Ok(prepared)
}

/// From files to a plan: inputs, secrets, pinned files, the scope.
pub(crate) fn assemble(
    settings: &Settings,
    screen: &Screen,
    project: Project,
    kept: Option<Project>,
    loaded: Loaded,
    wanted: Wanted,
) -> Result<Prepared, CommandError> {
    let (mut loaded, mut wanted) = (loaded, wanted);
    if let Some(name) = &wanted.selection.target {
        loaded.profile = Some(of_target(loaded.profile.as_ref(), name)?);
    }
    if wanted.no_commands {
        let left = without_commands(&loaded.runbook, &wanted.selection);
        wanted.selection.skip.extend(left);
    }
    if let Some(reason) = &wanted.keep {
        let removes = loaded.runbook.steps.iter().filter(|step| matches!(step.kind, StepKind::Cleanup(_)));
        let until = wanted.keep_until.map(|at| format!(" (until {})", rfc3339(at))).unwrap_or_default();
        wanted.selection.skip.extend(removes.map(|step| (step.id.value.clone(), format!("kept: {reason}{until}"))));
    }
    let asker = Asker { settings, screen, lenient: wanted.lenient };
    let runs = |id: &StepId, phase| {
        let Selection { phases, only, skip, .. } = &wanted.selection;
        let usual = !matches!(phase, Phase::Drill);
        if wanted.back {
            return phase == Phase::Rollback;
        }
        (if phases.is_empty() { usual } else { phases.contains(&phase) || phase == Phase::Rollback })
            && (only.is_empty() || only.contains(id) || phase == Phase::Rollback)
            && !skip.iter().any(|(skipped, _)| skipped == id)
    };
    let needed = needed_inputs(loaded.runbook.steps.iter().filter(|step| runs(&step.id.value, step.phase)));
    let mut resolved = resolve(&loaded.runbook, loaded.profile.as_ref(), &wanted.given, &needed).map_err(|errors| {
        let mut errors = errors.iter();
        let first = errors.next().expect("there is at least one");
        let error = CommandError::of(ExitCode::Usage, first);
        errors.fold(error, |error, next| error.hint(next.to_string()))
    })?;
    let locked =
        |name: &str| loaded.profile.as_ref().is_some_and(|it| it.inputs.contains_key(name) && !it.open.contains(name));
    for (name, value) in wanted.kept {
        if loaded.runbook.input(&name).is_some() && !locked(&name) {
            resolved.missing.retain(|spec| spec.name.value != name);
            resolved.values.insert(name, value);
        }
    }
    for spec in std::mem::take(&mut resolved.missing) {
        if let Some(value) = asker.input(spec)? {
            resolved.values.insert(spec.name.value.clone(), value);
        }
    }
    let redactor = screen.redactor().clone();
    let mut secrets = BTreeMap::new();
    for name in resolved.secrets.keys() {
        let spec = loaded.runbook.input(name).expect("it was resolved from the runbook");
        if let Some(secret) = asker.secret(spec, &project)? {
            redactor
                .add(name, &secret)
                .map_err(|error| CommandError::of(ExitCode::Usage, &error).hint(error.remedy()))?;
            secrets.insert(name.clone(), secret);
        }
    }
    let (aws, tools) = match loaded.profile.as_ref() {
        Some(profile) => aws_settings(profile, &project)?,
        None => (None, None),
    };
    let scope = scope(settings, &loaded, &resolved.values, &secrets, aws.as_ref());
    let (files, pinned) = pin(kept.as_ref().unwrap_or(&project), &loaded, &scope, &redactor)?;
    let known = plan_scope(&scope, &loaded.runbook);
    let actions = loaded
        .runbook
        .steps
        .iter()
        .filter_map(|step| Some((step.id.value.clone(), outline(&step.kind, &known).first()?.clone())))
        .map(|(id, action)| (id, redactor.cut(&action)))
        .collect();
    let said =
        wanted.selection.skip.iter().map(|(step, reason)| (format!("the reason to skip {step}"), reason.clone()));
    let given = resolved.values.iter().map(|(name, value)| (format!("input `{name}`"), value.to_string()));
    for (what, text) in given.chain(said) {
        if redactor.finds(text.as_bytes()) {
            return Err(CommandError::new(ExitCode::Guarded, format!("{what} holds the value of a secret"))
                .hint("the plan is kept with the run: give the value as the secret that the runbook declares"));
        }
    }
    let material = Material {
        runbook: &loaded.runbook,
        profile: loaded.profile.as_ref(),
        selection: wanted.selection,
        inputs: &resolved.values,
        secrets: &resolved.secrets,
        files,
        actions,
    };
    let (plan, mut record) = build(&material).map_err(|errors| {
        let mut errors = errors.iter();
        let first = errors.next().expect("there is at least one");
        errors.fold(CommandError::of(ExitCode::Usage, first), |error, next| error.hint(next.to_string()))
    })?;
    if let Some(drill) = &mut record.drill {
        drill.kept_until = wanted.keep_until;
    }
    Ok(Prepared { project, kept, loaded, plan, record, pinned, aws, tools, redactor, scope })
}

/// The profile when none was named: the runbook's, else the environment's, else the person's.
pub(crate) fn choose_profile(
    settings: &Settings,
    screen: &Screen,
    project: &Project,
    runbooks: Option<&str>,
) -> Result<Option<String>, CommandError> {
    if let Some(name) = runbooks.map(str::to_owned).or_else(|| settings.variable("CHECKRIDE_PROFILE")) {
        return Ok(Some(name));
    }
    let profiles = project.profiles();
    if profiles.is_empty() {
        return Ok(None);
    }
    let Some(tty) = screen.tty() else {
        return Err(CommandError::new(ExitCode::Usage, "no profile is named, and nobody is there to ask")
            .hint(format!("name one with -p: {}", profiles.join(", "))));
    };
    let mut question = Question::new("profile", Ask::Value, "Which profile?", vec![Choice::Value]);
    question.options = profiles;
    let answer = ask_now(screen.surface(), tty, &settings.user, &question).map_err(|none| unanswered(&none))?;
    match answer.value {
        Some(Value::String(name)) if answer.choice == Choice::Value => Ok(Some(name)),
        Some(_) | None => Err(CommandError::new(ExitCode::Declined, "no profile was chosen")),
    }
}

pub(crate) fn unanswered(none: &NoAnswer) -> CommandError {
    let code = match none {
        NoAnswer::NobodyThere { .. } | NoAnswer::DoesNotFit { .. } => ExitCode::NeedsPerson,
        NoAnswer::Interrupted { .. } | NoAnswer::TerminalLost { .. } => ExitCode::Interrupted,
    };
    CommandError::of(code, none)
}

/// Where calls go, and the folder of the sandbox's own tools.
pub(crate) fn aws_settings(
    profile: &Profile,
    project: &Project,
) -> Result<(Option<AwsSettings>, Option<PathBuf>), CommandError> {
    let Some(aws) = &profile.aws else { return Ok((None, None)) };
    let mut tools = None;
    let emulator = if !aws.emulator {
        None
    } else if let Some(file) = &aws.endpoints_file {
        let path = project.root.join(&file.value);
        let mut sources = Sources::new();
        let mut faults = Diagnostics::new();
        let endpoints = match load(&path, &file.value, &mut sources) {
            Ok(id) => Endpoints::read(id, &sources, &mut faults),
            Err(fault) => {
                faults.push(fault);
                return Err(CommandError::faults(faults, sources)
                    .hint("the sandbox is not up: start it with `scripts/sandbox up`"));
            }
        };
        let Some(endpoints) = endpoints else { return Err(CommandError::faults(faults, sources)) };
        tools = path.parent().map(|folder| folder.join("bin")).filter(|folder| folder.is_dir());
        Some(Emulator {
            default: endpoints.default.value,
            services: endpoints.services.into_iter().map(|(name, url)| (name, url.value)).collect(),
        })
    } else {
        aws.endpoint_url.as_ref().map(|url| Emulator { default: url.value.clone(), services: BTreeMap::new() })
    };
    let settings = AwsSettings {
        account: aws.account.value.clone(),
        region: aws.region.value.clone(),
        profile: aws.profile.clone(),
        role_arn: aws.role_arn.clone(),
        read_role: aws.read_role.clone(),
        narrowed: false,
        emulator,
        app_name: "checkride".to_owned(),
    };
    Ok((Some(settings), tools))
}

pub(crate) fn scope(
    settings: &Settings,
    loaded: &Loaded,
    inputs: &Map<String, Value>,
    secrets: &BTreeMap<String, SecretString>,
    aws: Option<&AwsSettings>,
) -> Scope {
    let mut scope = Scope::new();
    let mut values = inputs.clone();
    for (name, secret) in secrets {
        values.insert(name.clone(), Value::from(secret.expose_secret()));
    }
    scope.set(&["input"], Value::Object(values));
    let mut env = Map::new();
    for name in &loaded.runbook.env {
        if let Some(value) = settings.variable(name) {
            env.insert(name.clone(), Value::from(value));
        }
    }
    scope.set(&["env"], Value::Object(env));
    let aws = match aws {
        Some(aws) => json!({
            "account": aws.account,
            "region": aws.region,
            "profile": aws.profile.clone().unwrap_or_else(|| "default".to_owned()),
            "emulated": aws.emulator.is_some(),
        }),
        None => json!({ "emulated": false }),
    };
    scope.set(&["aws"], aws);
    scope
}

/// The scope with the run's own facts.
pub(crate) fn with_run(
    scope: &Scope,
    run: &RunId,
    started: &str,
    operator: &str,
    kept_until: Option<DateTime<Utc>>,
) -> Scope {
    let mut facts = json!({ "id": run.as_str(), "started": started, "operator": operator });
    if let Some(until) = kept_until {
        facts["kept_until"] = json!(rfc3339(until));
    }
    scope.with("run", facts)
}

/// The scope with everything that a step gives marked as not known yet: for plans.
pub(crate) fn plan_scope(scope: &Scope, runbook: &Runbook) -> Scope {
    let mut scope = scope.clone();
    for step in &runbook.steps {
        scope.mark_unknown(&["step", step.id.value.as_str()], step.id.value.as_str());
    }
    scope.mark_unknown(&["run"], "the run begins");
    scope.mark_unknown(&["item"], "the list");
    scope
}
