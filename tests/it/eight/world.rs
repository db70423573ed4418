//! An account with the system as it stood before, and a project whose runbook changes eight things of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use checkride::aws::api::client::resolve;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::eight::state::State;
use crate::support::project::Project;
use crate::support::sandbox::{Sandboxed, account, aws_of, endpoint};

/// The eight steps, in their order. Each has an undo, `STEP_back`.
pub(super) const STEPS: [&str; 8] =
    ["stack", "limit", "alias", "network", "recovery", "replication", "rotation", "letters"];

pub(super) const RUN: &[&str] = &["run", "eight", "-p", "sandbox", "--answers", "answers.toml"];
pub(super) const BACK: &[&str] = &["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"];
pub(super) const RESUME: &[&str] = &["resume", "--answers", "answers.toml"];

/// How many work side by side.
const HANDS: usize = 4;

const ANSWERS: &str = "phase.deploy = yes\nphase.rollback = yes\nstack.change_set = execute";

/// The account, and who looks at it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) account: String,
    aws: Sandboxed,
    runtime: Runtime,
}

/// A file of `tests/eight`.
fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eight").join(name)).unwrap()
}

impl World {
    /// The system as it stood before.
    pub(super) fn new() -> Self {
        let account = account();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let aws = runtime.block_on(async { aws_of(&account) });
        let world = Self { account, aws, runtime };
        world.build();
        world
    }

    fn build(&self) {
        let account = &self.account;
        let parameters = json!([{ "ParameterKey": "Stage", "ParameterValue": "blue" }]);
        let template = file("before.yaml");
        self.makes(
            "cloudformation:CreateStack",
            &json!({ "StackName": "shop", "TemplateBody": template, "Parameters": parameters }),
        );
        Self::becomes("CREATE_COMPLETE", || {
            let stacks = self.reads("cloudformation:DescribeStacks", &json!({ "StackName": "shop" }));
            stacks["Stacks"][0]["StackStatus"].clone()
        });
        Self::becomes("Active", || {
            self.reads("lambda:GetFunctionConfiguration", &json!({ "FunctionName": "api" }))["State"].clone()
        });
        // A version of what has not changed is the last one.
        for description in ["new", ""] {
            self.makes("lambda:PublishVersion", &json!({ "FunctionName": "api" }));
            let with = json!({ "FunctionName": "api", "Description": description });
            self.makes("lambda:UpdateFunctionConfiguration", &with);
        }
        self.makes("lambda:CreateAlias", &json!({ "FunctionName": "api", "Name": "live", "FunctionVersion": "1" }));
        let limit = json!({ "FunctionName": "api", "ReservedConcurrentExecutions": 7 });
        self.makes("lambda:PutFunctionConcurrency", &limit);
        let copy = format!("copy-{account}");
        self.makes("s3:CreateBucket", &json!({ "Bucket": copy }));
        let versioned = json!({ "Bucket": copy, "VersioningConfiguration": { "Status": "Enabled" } });
        self.makes("s3:PutBucketVersioning", &versioned);
        Self::becomes("Successful", || {
            self.reads("lambda:GetFunctionConfiguration", &json!({ "FunctionName": "api" }))["LastUpdateStatus"].clone()
        });
    }

    /// A call that changes something, past checkride.
    #[track_caller]
    pub(super) fn makes(&self, call: &str, with: &Value) -> Value {
        let made = self.runtime.block_on(self.aws.api().call(resolve(call).unwrap(), with, None));
        made.unwrap_or_else(|failure| panic!("{call}: {failure}")).value
    }

    /// An answer, or the code of the error that it is.
    pub(super) fn reads(&self, call: &str, with: &Value) -> Value {
        let operation = resolve(call).unwrap().read().unwrap();
        let reply = self.runtime.block_on(self.aws.reads().api().call(operation, with));
        reply.map_or_else(|failure| json!(failure.to_string().split(':').nth(1)), |reply| reply.value)
    }

    fn becomes(wanted: &str, look: impl Fn() -> Value) {
        let mut seen = look();
        for _ in 0..600 {
            if seen == wanted {
                return;
            }
            thread::sleep(Duration::from_millis(50));
            seen = look();
        }
        panic!("it is {seen}, and never was {wanted}");
    }

    /// All that is there.
    pub(super) fn state(&self) -> State {
        State::of(self)
    }

    /// A project of the runbook, with a change to its text.
    pub(super) fn project(&self, change: impl Fn(String) -> String) -> Project {
        self.project_at(&endpoint(), change)
    }

    /// The same, and AWS is reached at an address.
    pub(super) fn project_at(&self, endpoint: &str, change: impl Fn(String) -> String) -> Project {
        let project = Project::new().emulated("sandbox", &self.account, endpoint);
        project.runbook("eight", &change(file("eight.toml"))).file("after.yaml", &file("after.yaml")).answers(ANSWERS)
    }
}

/// Does the same at many points, several side by side, each hand with a system of its own: most of the time goes in waiting.
/// A hand ends with the points, or when it is told that there is no more.
pub(super) fn share<T: Send>(points: impl Iterator<Item = T> + Send, one: impl Fn(&World, &State, T) -> bool + Sync) {
    let points = Mutex::new(points);
    thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                let world = World::new();
                let before = world.state();
                loop {
                    let next = points.lock().unwrap().next();
                    if !next.is_some_and(|point| one(&world, &before, point)) {
                        return;
                    }
                }
            });
        }
    });
}

/// The last run of a project: its folder.
pub(super) fn last_run(project: &Project) -> Option<PathBuf> {
    project.runs().pop()
}
