//! Which account, by which profile.

use std::path::PathBuf;

use crate::aws::AwsSettings;
use crate::cli::command::doctor::finding::Finding;
use crate::cli::error::{CommandError, ErrorSource};
use crate::cli::load::read_profile;
use crate::cli::prepare::aws_settings;
use crate::cli::project::Project;
use crate::cli::settings::Settings;
use crate::profile::Profile;
use crate::source::{Diagnostics, Sources};

/// What the profile says.
#[derive(Debug)]
pub(super) struct Target {
    /// As it was named.
    pub(super) name: Option<String>,
    pub(super) profile: Option<Profile>,
    /// Where calls go. None: nowhere, or the emulator is not up.
    pub(super) aws: Option<AwsSettings>,
    /// The folder of the sandbox's own tools.
    pub(super) tools: Option<PathBuf>,
    /// The line of the profile, and that of an emulator that has left no address.
    pub(super) findings: Vec<Finding>,
}

/// Reads the profile, if one is named. One with faults is refused as everywhere.
pub(super) fn target(project: &Project, settings: &Settings, name: Option<String>) -> Result<Target, CommandError> {
    let Some(name) = name else {
        let known = project.profiles();
        let finding = if known.is_empty() {
            Finding::ok("profile", "the project has none: no account is looked at")
        } else {
            let found = "none is named: account, region, credentials and network are not looked at";
            Finding::warn("profile", found, format!("name one with -p: {}", known.join(", ")))
        };
        return Ok(Target { name: None, profile: None, aws: None, tools: None, findings: vec![finding] });
    };
    let path = project.profile(settings, &name)?;
    let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
    let profile = read_profile(project, &path, &mut sources, &mut faults);
    let Some(profile) = profile.filter(|_| !faults.has_errors()) else {
        return Err(CommandError::faults(faults, sources));
    };
    let title = format!("{} ({})", profile.name, profile.tier.as_str());
    let said = match &profile.aws {
        Some(aws) => format!("{title}: account {} in {}", aws.account.value, aws.region.value),
        None => format!("{title}: it names no account, and none is looked at"),
    };
    let mut findings = vec![Finding::ok("profile", said)];
    let (aws, tools) = match aws_settings(&profile, project) {
        Ok(found) => found,
        Err(error) => {
            let why = match &error.source {
                ErrorSource::Words { message, .. } => message.clone(),
                ErrorSource::Faults(faults) => {
                    faults.0.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("; ")
                }
            };
            let remedy = error
                .hints
                .first()
                .cloned()
                .unwrap_or_else(|| "correct the file of its endpoints, or start the emulator anew".to_owned());
            findings.push(Finding::failed("emulator", why, remedy));
            (None, None)
        }
    };
    Ok(Target { name: Some(name), profile: Some(profile), aws, tools, findings })
}
