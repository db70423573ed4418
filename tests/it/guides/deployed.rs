//! The stacks of both guides in the emulator, in an account of a test's own, deployed by their runbooks.

use checkride::aws::Aws;
use serde_json::Value;

use crate::shipped::shipped;
use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

/// The readiness guide's stack, or what a test wants of it. Its database is in the emulator that restores, in an account
/// of the same number: tests do not meet there either.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) project: Project,
    /// What the deployment said.
    pub(super) said: Said,
    account: String,
    databases: Proxy,
}

impl Ready {
    /// The shipped files, with `deploy-cdk-prod` carried out with these further arguments. From then on both emulators
    /// are reached through the watch.
    pub(super) fn deployed(account: &str, arguments: &[&str]) -> Self {
        let databases = Proxy::adding(&sandbox::rds_endpoint(), &Watch::open(), &sandbox::as_account(account));
        let shipped = shipped();
        let profile = shipped.read("profiles/sandbox.toml").replace("\"123456789012\"", &format!("\"{account}\""));
        let mut project = shipped
            .file("profiles/sandbox.toml", &profile)
            .file(".sandbox/endpoints.toml", &endpoints(&sandbox::endpoint(), &databases.endpoint));
        let run = ["run", "deploy-cdk-prod", "-p", "sandbox", "--answers", "profiles/sandbox.answers.toml"];
        let said = project.checkride(&[&run, arguments].concat()).exits(0);
        let watched = [project.watched(&sandbox::endpoint()), project.watched_databases(account)];
        project.write(".sandbox/endpoints.toml", &endpoints(&watched[0], &watched[1]));
        Self { project, said, account: account.to_owned(), databases }
    }

    /// The test's own door to both emulators.
    pub(super) fn aws(&self) -> Aws {
        sandbox::aws_with_databases(&self.account, &self.databases.endpoint)
    }
}

fn endpoints(default: &str, databases: &str) -> String {
    format!("default = \"{default}\"\nrds = \"{databases}\"\n")
}

/// What the shipped answers answer, with nobody there.
pub(super) const UNATTENDED: [&str; 3] = ["--no-input", "--answers", "profiles/sandbox.answers.toml"];

/// The shipped files, with an account in `profiles/sandbox.toml`. The emulator is reached as it is: a deployment's verification
/// calls its function by a command, which nobody can hold against a journal.
pub(super) fn unwatched(account: &str) -> Project {
    let project = shipped().variable("MTE_API_TOKEN", "a-token-of-the-upstream");
    let profile = project.read("profiles/sandbox.toml").replace("\"123456789012\"", &format!("\"{account}\""));
    let endpoint = sandbox::endpoint();
    project
        .file("profiles/sandbox.toml", &profile)
        .file(".sandbox/endpoints.toml", &format!("default = \"{endpoint}\"\n"))
}

/// From here on the emulator is reached through the watch: what reads cannot write.
pub(super) fn watched(mut project: Project) -> Project {
    let watched = project.watched(&sandbox::endpoint());
    project.file(".sandbox/endpoints.toml", &format!("default = \"{watched}\"\n"))
}

/// The stack deployed, and the emulator reached through the watch.
pub(super) fn deployed(account: &str) -> Project {
    let project = unwatched(account)
        .answers("phase.deploy = yes\nfailover.change_set = execute\nstack.change_set = execute\nphase.rollback = yes");
    let run = ["run", "deploy-prod", "-p", "sandbox", "--phase", "deploy", "--answers", "answers.toml"];
    project.checkride(&run).exits(0);
    watched(project)
}

/// The steps of a run, from its report.
pub(super) fn steps(project: &Project, said: &Said) -> Vec<Value> {
    let named = said.stderr.lines().find_map(|line| line.trim().strip_prefix("run ")?.split(' ').next());
    let run = named.unwrap_or_else(|| panic!("{}", said.stderr));
    let report = project.checkride(&["report", run, "--format", "json"]).exits(0).json();
    let phases = report["phases"].as_array().unwrap().iter();
    phases.flat_map(|phase| phase["steps"].as_array().unwrap().clone()).collect()
}

/// The steps of a run's last session with an outcome, from its report.
pub(super) fn with_outcome(project: &Project, said: &Said, outcome: &str) -> Vec<String> {
    let named = |step: &Value| step["id"].as_str().unwrap().to_owned();
    steps(project, said).iter().filter(|step| step["outcome"] == outcome).map(named).collect()
}
