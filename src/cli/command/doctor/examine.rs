//! The examination: all looks, in their order.

use std::path::Path;
use std::rc::Rc;

use secrecy::SecretString;
use tokio::task::LocalSet;

use crate::aws::api::endpoint::Partitions;
use crate::aws::{Aws, AwsReads, AwsSettings};
use crate::cli::args::{DoctorArguments, Format};
use crate::cli::child::child_environment;
use crate::cli::command::doctor::clock::clock;
use crate::cli::command::doctor::credentials::{Found, credentials};
use crate::cli::command::doctor::endpoints::{Network, Probe, emulator, emulator_finding, endpoints, proxies};
use crate::cli::command::doctor::finding::{Finding, State};
use crate::cli::command::doctor::identity::Identity;
use crate::cli::command::doctor::machine::terminal;
use crate::cli::command::doctor::needs::{self, Needs};
use crate::cli::command::doctor::patience::patiently;
use crate::cli::command::doctor::permissions::{not_known, permissions};
use crate::cli::command::doctor::project::{profiles, records, runs};
use crate::cli::command::doctor::region::{is_listed, partitions, region};
use crate::cli::command::doctor::shown::{Subject, as_json, human, sum};
use crate::cli::command::doctor::target::{Target, target};
use crate::cli::command::doctor::tools::tools;
use crate::cli::command::sitting::{pretty, runtime};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::load_checked;
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::world::clock::Clock;
use crate::world::process::Environment;

pub(in crate::cli::command) fn doctor(
    arguments: &DoctorArguments,
    settings: &Settings,
    screen: &Screen,
) -> Result<ExitCode, CommandError> {
    let mut subject = Subject { runbooks: Vec::new(), profile: None };
    let findings = if let Some(project) = project(arguments, settings)? {
        examine(&project, arguments, settings, screen, &mut subject)?
    } else {
        let found = "this is no project: no folder upwards holds `runbooks` or `.checkride`";
        vec![Finding::failed("project", found, "change into the project, or name it with --dir"), terminal(screen)]
    };
    let text = match arguments.format {
        Format::Human => human(&findings, screen.stdout_look()),
        Format::Json => pretty(&as_json(&findings, &subject)),
    };
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    if arguments.format == Format::Human {
        screen.say(&[sum(&findings)]);
    }
    Ok(match State::of_all(findings.iter().map(|finding| finding.state)) {
        State::Failed => ExitCode::VerificationFailed,
        State::Unknown => ExitCode::VerificationUnknown,
        State::Ok | State::Warn => ExitCode::Success,
    })
}

/// The project. What was named must be there; where nothing was, that there is none is a finding.
fn project(arguments: &DoctorArguments, settings: &Settings) -> Result<Option<Project>, CommandError> {
    if let Some(runbook) = &arguments.runbook {
        return Project::of_runbook(settings, runbook).map(Some);
    }
    let named = settings.dir.is_some() || settings.variable("CHECKRIDE_DIR").is_some() || arguments.profile.is_some();
    match Project::here(settings) {
        Ok(project) => Ok(Some(project)),
        Err(error) if named => Err(error),
        Err(_) => Ok(None),
    }
}

fn examine(
    project: &Project,
    arguments: &DoctorArguments,
    settings: &Settings,
    screen: &Screen,
    subject: &mut Subject,
) -> Result<Vec<Finding>, CommandError> {
    let partitions = partitions()?;
    let runbook = arguments.runbook.as_deref();
    let target = target(project, settings, profile(arguments, settings, project))?;
    let region_of = target.aws.as_ref().map(|aws| partitions.of(&aws.region).name);
    let needs = needs::read(project, settings, runbook, &target, &region_of.unwrap_or_default(), screen.redactor())?;
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        if let Some(value) = settings.variable(name) {
            // What is too short to be cut is no key of AWS's.
            drop(screen.redactor().add(name, &SecretString::from(value)));
        }
    }
    subject.runbooks.clone_from(&needs.runbooks);
    subject.profile.clone_from(&target.name);
    let mut findings = vec![Finding::ok("project", project.root.display().to_string()), needs.finding.clone()];
    if target.name.is_none() {
        findings.push(profiles(project, settings));
    }
    findings.extend([records(project), runs(project), terminal(screen)]);
    let runtime = runtime()?;
    let (environment, _) =
        child_environment(settings, target.aws.as_ref(), target.tools.as_deref(), Path::new("/nonexistent"));
    let outside = LocalSet::new().block_on(
        &runtime,
        outside(&needs, &target, project, environment, settings, &partitions, policy_hint(&needs, &target)),
    );
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    findings.extend(outside?);
    Ok(findings)
}

/// The profile's name: as given, the runbook's, the environment's. Nobody is asked.
fn profile(arguments: &DoctorArguments, settings: &Settings, project: &Project) -> Option<String> {
    let of_runbook = || {
        let loaded = load_checked(settings, project, arguments.runbook.as_deref()?, None, 1000).ok()?;
        loaded.runbook.profile
    };
    arguments.profile.clone().or_else(of_runbook).or_else(|| settings.variable("CHECKRIDE_PROFILE"))
}

/// Where the whole list of permissions is to be had.
fn policy_hint(needs: &Needs, target: &Target) -> String {
    let runbook = if let [only] = needs.runbooks.as_slice() { only } else { "RUNBOOK" };
    let profile = target.name.as_ref().map_or_else(String::new, |profile| format!(" -p {profile}"));
    format!("`checkride plan {runbook}{profile} --iam-policy` prints what IAM has to allow, as a policy")
}

/// All that is outside of the project.
async fn outside(
    needs: &Needs,
    target: &Target,
    project: &Project,
    environment: Environment,
    settings: &Settings,
    partitions: &Partitions,
    hint: String,
) -> Result<Vec<Finding>, CommandError> {
    let tools = tools(&needs.tools, &project.root, environment);
    let mut findings = Vec::new();
    let Some(aws) = &target.aws else {
        findings.extend(tools.await);
        findings.extend(target.findings.clone());
        if target.findings.iter().any(|finding| finding.look == "emulator") {
            let why = "the emulator is not up: see the line `emulator`";
            findings.push(Finding::unknown("identity", why));
        }
        return Ok(findings);
    };
    let door = Aws::connect(aws).map_err(|error| CommandError::of(ExitCode::Invalid, &error))?;
    let reads = door.reads();
    let (tools, facts) = tokio::join!(tools, Facts::gather(&reads, needs, settings));
    findings.extend(tools);
    findings.extend(target.findings.clone());
    findings.extend(facts.findings(aws, needs, settings, partitions));
    findings.push(facts.permissions(&reads, needs, hint).await);
    Ok(findings)
}

/// What was found out about an account and the way there.
struct Facts {
    /// Of an emulator, its own address.
    emulator: Option<(String, Probe)>,
    probes: Vec<Probe>,
    credentials: Found,
    identity: Identity,
}

impl Facts {
    async fn gather(reads: &AwsReads, needs: &Needs, settings: &Settings) -> Self {
        let network = Rc::new(Network::of(settings));
        let endpoint = reads.settings().emulator.as_ref().map(|emulator| emulator.default.clone());
        let emulator = async {
            let endpoint = endpoint?;
            let probe = emulator(&endpoint, &network).await;
            Some((endpoint, probe))
        };
        let (emulator, probes, credentials) =
            tokio::join!(emulator, endpoints(reads, &needs.calls, &network), patiently(reads.credentials()));
        let sts = emulator.iter().map(|(_, probe)| probe).chain(&probes).find(|it| it.services[0] == "sts");
        // STS is not asked in vain: the line that says why is another one.
        let identity = match (sts, &credentials) {
            (_, None | Some(Err(_))) => {
                Identity::NotKnown("there are no credentials: see the line `credentials`".to_owned())
            }
            (_, Some(Ok(found))) if found.expires.is_some_and(|end| end <= Clock::System.now()) => {
                Identity::NotKnown("the credentials have ended: see the line `credentials`".to_owned())
            }
            (Some(probe), _) if !probe.is_sound() => {
                let line = if emulator.is_some() { "emulator" } else { "endpoint sts" };
                Identity::NotKnown(format!("STS was not asked: see the line `{line}`"))
            }
            (Some(_) | None, Some(Ok(_))) => Identity::ask(reads).await,
        };
        Self { emulator, probes, credentials, identity }
    }

    fn all_probes(&self) -> impl Iterator<Item = &Probe> {
        self.emulator.iter().map(|(_, probe)| probe).chain(&self.probes)
    }

    fn findings(&self, aws: &AwsSettings, needs: &Needs, settings: &Settings, partitions: &Partitions) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.emulator.iter().map(|(endpoint, probe)| emulator_finding(endpoint, probe)).collect();
        let reached = self.all_probes().any(|probe| probe.got.is_ok());
        let strange = !is_listed(aws, partitions) && !reached;
        findings.push(region(aws, partitions, reached));
        if aws.emulator.is_none() {
            findings.extend(proxies(settings));
        }
        findings.extend(self.probes.iter().map(|probe| probe.finding(strange)));
        findings.push(clock(self.all_probes()));
        let now = Clock::System.now();
        findings.push(credentials(aws, &self.credentials, self.identity.refusal(), needs.budget.as_ref(), now));
        findings.push(self.identity.finding(aws.emulator.is_some()));
        findings
    }

    async fn permissions(&self, reads: &AwsReads, needs: &Needs, hint: String) -> Finding {
        match self.identity.caller() {
            Some(caller) => permissions(reads, caller, needs, hint).await,
            None => not_known("who calls is not known: see the line `identity`".to_owned(), hint),
        }
    }
}
