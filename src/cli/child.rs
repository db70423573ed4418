//! What a child process sees of the environment.
//!
//! In a sandbox a child must not be able to reach AWS: every ambient AWS variable is taken away, the files that clients read
//! are made anew and hold fake profiles only, and the endpoint is the emulator's.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::aws::{AwsSettings, Emulator};
use crate::cli::settings::Settings;
use crate::world::process::Environment;

/// A file that the environment names, with its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChildFile {
    /// Its name in the run's folder.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// The environment of the children of a run, and the files that it names; `folder` is where these will be.
pub fn child_environment(
    settings: &Settings,
    aws: Option<&AwsSettings>,
    tools: Option<&Path>,
    folder: &Path,
) -> (Environment, Vec<ChildFile>) {
    let mut environment = Environment::new(settings.variables.clone());
    let Some(aws) = aws else { return (environment, Vec::new()) };
    if let Some(emulator) = &aws.emulator {
        let files = sandboxed(&mut environment, aws, emulator, folder);
        if let Some(tools) = tools {
            let path = environment.get("PATH").unwrap_or_default().to_os_string();
            let folders = std::iter::once(tools.to_path_buf()).chain(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(folders) {
                environment.set("PATH", path);
            }
        }
        return (environment, files);
    }
    environment.set("AWS_REGION", &aws.region);
    environment.set("AWS_DEFAULT_REGION", &aws.region);
    environment.set("AWS_SDK_UA_APP_ID", &aws.app_name);
    if let Some(profile) = &aws.profile {
        // Keys in the environment would beat the profile.
        environment
            .remove_if(|name| matches!(name, "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN"));
        environment.set("AWS_PROFILE", profile);
    }
    (environment, Vec::new())
}

fn sandboxed(environment: &mut Environment, aws: &AwsSettings, emulator: &Emulator, folder: &Path) -> Vec<ChildFile> {
    environment.remove_if(|name| {
        let name = name.to_ascii_uppercase();
        name.starts_with("AWS_") || name.starts_with("BOTO") || name.ends_with("_PROXY") || name == "AMAZON_TOKEN"
    });
    environment.set("AWS_ACCESS_KEY_ID", &aws.account);
    environment.set("AWS_SECRET_ACCESS_KEY", "sandbox");
    environment.set("AWS_REGION", &aws.region);
    environment.set("AWS_DEFAULT_REGION", &aws.region);
    environment.set("AWS_EC2_METADATA_DISABLED", "true");
    environment.set("AWS_PAGER", "");
    environment.set("AWS_CONFIG_FILE", folder.join("aws-config"));
    environment.set("AWS_SHARED_CREDENTIALS_FILE", folder.join("aws-credentials"));
    // The oldest client library looks here, too.
    environment.set("BOTO_CONFIG", "/dev/null");
    environment.set("NO_PROXY", "127.0.0.1,localhost,::1");
    environment.set("AWS_ENDPOINT_URL", &emulator.default);
    for (service, endpoint) in &emulator.services {
        let name = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase().replace(['-', ' '], "_"));
        environment.set(name, endpoint);
    }
    let mut names = vec!["default".to_owned(), "sandbox".to_owned()];
    names.extend(aws.profile.iter().filter(|name| !["default", "sandbox"].contains(&name.as_str())).cloned());
    vec![
        ChildFile { name: "aws-config", text: config(&names, aws, emulator) },
        ChildFile { name: "aws-credentials", text: credentials(&names, aws) },
    ]
}

fn config(names: &[String], aws: &AwsSettings, emulator: &Emulator) -> String {
    let mut text = String::from("# Made for the children of one run in a sandbox. Nothing here is real.\n");
    for name in names {
        let header = if name == "default" { "default".to_owned() } else { format!("profile {name}") };
        let _ = writeln!(
            text,
            "[{header}]\nregion = {}\nendpoint_url = {}\nservices = sandbox",
            aws.region, emulator.default
        );
    }
    let _ = writeln!(text, "[services sandbox]");
    let services: &BTreeMap<String, String> = &emulator.services;
    for (service, endpoint) in services {
        let _ = writeln!(text, "{service} =\n  endpoint_url = {endpoint}");
    }
    text
}

fn credentials(names: &[String], aws: &AwsSettings) -> String {
    let mut text = String::from("# Made for the children of one run in a sandbox. Nothing here is real.\n");
    for name in names {
        let _ = writeln!(text, "[{name}]\naws_access_key_id = {}\naws_secret_access_key = sandbox", aws.account);
    }
    text
}
