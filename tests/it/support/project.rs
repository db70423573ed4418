//! A project in a temporary folder, with a home of its own beside it: what a person has who works with checkride.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use checkride::step::command::{Left, State, left, state_at};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::binary::{Running, Said, command, patiently, run, shell, steady};
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

/// The beginning of every runbook of these tests.
const HEAD: &str = "format = 1\n\n[runbook]\ntitle = \"A test\"\nowner = \"platform\"\n\n";

/// A project, its home, and the variables that the program is started with.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    variables: BTreeMap<String, String>,
    begun: AtomicUsize,
    watch: Arc<Watch>,
    /// Before each endpoint that a profile names.
    proxies: Vec<Proxy>,
}

impl Project {
    /// An empty project: no profile, no credentials, no terminal.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["project/runbooks", "project/profiles", "home"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        #[expect(clippy::disallowed_methods, reason = "programs are looked up where the test runner finds them")]
        let path = std::env::var("PATH").unwrap();
        let home = folder.path().join("home").display().to_string();
        let variables = [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("TZ", "UTC"),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("COLUMNS", "100"),
            ("LINES", "40"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let watch = Watch::over(&folder.path().join("project"));
        Self { folder, variables, begun: AtomicUsize::new(0), watch, proxies: Vec::new() }
    }

    /// A project whose profile `sandbox` is this account in the emulator that the test runner started.
    pub(crate) fn sandboxed(account: &str) -> Self {
        Self::new().emulated("sandbox", account, &sandbox::endpoint())
    }

    /// Adds a profile of an emulator. Commands reach it through a watch: those that read cannot write, and what the others
    /// write is what their journal says.
    pub(crate) fn emulated(mut self, name: &str, account: &str, endpoint: &str) -> Self {
        let endpoint = self.watched(endpoint);
        self.emulated_unwatched(name, account, &endpoint)
    }

    /// An address with the watch before it, to be used in place of an endpoint's.
    pub(crate) fn watched(&mut self, endpoint: &str) -> String {
        self.proxies.push(Proxy::before(endpoint, &self.watch));
        self.proxies[self.proxies.len() - 1].endpoint.clone()
    }

    /// The emulator of databases with the watch before it, as an account of its own.
    pub(crate) fn watched_databases(&mut self, account: &str) -> String {
        let header = sandbox::as_account(account);
        self.proxies.push(Proxy::adding(&sandbox::rds_endpoint(), &self.watch, &header));
        self.proxies[self.proxies.len() - 1].endpoint.clone()
    }

    /// Adds a profile of an emulator that commands reach as it is: for addresses that nobody answers at, and where the order
    /// in which two connections are heard matters.
    pub(crate) fn emulated_unwatched(self, name: &str, account: &str, endpoint: &str) -> Self {
        let text = format!(
            "[profile]\ntitle = \"A sandbox\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"{account}\"\n\
             region = \"us-east-1\"\nemulator = true\nendpoint_url = \"{endpoint}\"\n"
        );
        self.file(&format!("profiles/{name}.toml"), &text)
    }

    /// Adds a profile that names no account.
    pub(crate) fn local(self) -> Self {
        self.file("profiles/local.toml", "[profile]\ntitle = \"Here\"\ntier = \"development\"\n")
    }

    /// Adds a runbook: its steps, without the head that all have.
    pub(crate) fn runbook(self, name: &str, steps: &str) -> Self {
        self.file(&format!("runbooks/{name}.toml"), &format!("{HEAD}{steps}"))
    }

    /// Adds an answers file: one answer a line, `QUESTION = CHOICE`.
    pub(crate) fn answers(self, answers: &str) -> Self {
        let mut text = "format = 1\n".to_owned();
        for line in answers.lines().filter(|line| !line.trim().is_empty()) {
            let (question, choice) = line.split_once('=').expect("QUESTION = CHOICE");
            let (question, choice) = (question.trim(), choice.trim());
            let entry = format!("[answer.\"{question}\"]\nchoose = \"{choice}\"\nby = \"ana\"\nreason = \"a test\"\n");
            text.push_str(&entry);
        }
        self.file("answers.toml", &text)
    }

    /// Adds or replaces a file of the project.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The variables that the program is started with.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Adds or replaces a file of the project, in the middle of a test.
    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.path(path), text);
    }

    /// Adds a file to the home.
    pub(crate) fn write_home(&self, path: &str, text: &str) {
        write(&self.home().join(path), text);
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file's text; empty when there is none.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Waits until a file is there.
    #[track_caller]
    pub(crate) fn until_there_is(&self, path: &str) {
        patiently(path, || self.path(path).exists());
    }

    /// Runs the program to its end, with nothing to read and no terminal.
    pub(crate) fn checkride(&self, arguments: &[&str]) -> Said {
        let writing = may_write(arguments).then(|| self.watch.writing());
        let said = run(command(arguments, &self.path(""), self.variables.clone()));
        drop(writing);
        self.watch.holds();
        said
    }

    /// Runs to its end a command that runs the program, which may write.
    pub(crate) fn carries_out(&self, command: Command) -> Said {
        let writing = self.watch.writing();
        let said = run(command);
        drop(writing);
        self.watch.holds();
        said
    }

    /// What passes on its way to AWS.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Runs a shell's line in which `checkride` is the program.
    pub(crate) fn shell(&self, line: &str) -> Said {
        let said = run(shell(line, &self.path(""), self.variables.clone()));
        self.watch.holds();
        said
    }

    /// Begins the program, to be watched and disturbed.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let at = self.folder.path().join(format!("begun-{number}"));
        let writing = may_write(arguments).then(|| self.watch.writing());
        Running::begin(command(arguments, &self.path(""), self.variables.clone()), &at, writing)
    }

    /// What was said, with what varies cut out.
    pub(crate) fn shown(&self, said: &Said) -> String {
        said.shown(&self.path(""))
    }

    /// A text with what varies cut out.
    pub(crate) fn steady(&self, text: &str) -> String {
        steady(text, &self.path(""))
    }

    /// The folders of the runs, in order.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(".checkride/runs")).into_iter().flatten();
        let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// The folder of the run that was written to last. (Two that begin in one second have no order by their names.)
    #[track_caller]
    pub(crate) fn last_run(&self) -> PathBuf {
        let written = |run: &PathBuf| fs::metadata(run.join("journal.jsonl")).unwrap().modified().unwrap();
        self.runs().into_iter().max_by_key(written).expect("there is a run")
    }

    /// The folder of the one run.
    #[track_caller]
    pub(crate) fn only_run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    /// The state of a command of the one run, `STEP-ATTEMPT`.
    #[track_caller]
    pub(crate) fn states(&self, command: &str) -> Vec<State> {
        State::open(&fs::read(state_at(&self.only_run().join("commands").join(command))).unwrap_or_default())
    }

    /// Whether a command runs, under its shim or left behind by it.
    #[track_caller]
    pub(crate) fn is_hosted(&self, command: &str) -> bool {
        matches!(left(&self.only_run().join("commands").join(command)), Left::Running(_))
    }

    /// `kill -9` for the shim of a command that runs; waits until it is gone.
    #[track_caller]
    pub(crate) fn kill_shim(&self, command: &str) {
        // What it says of the program comes after the program has begun.
        patiently("the program is named", || self.states(command).len() >= 2);
        let Some(State::Started { pid, .. }) = self.states(command).into_iter().next() else { panic!("no shim began") };
        kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
        patiently("the shim is gone", || checkride::world::process::began(pid).is_none());
    }

    /// Waits until the program of a command is gone, whoever watched over it.
    #[track_caller]
    pub(crate) fn until_ended(&self, command: &str) {
        let states = self.states(command);
        let Some(State::Running { pid, began, .. }) = states.iter().find(|at| matches!(at, State::Running { .. }))
        else {
            panic!("it never ran: {states:?}")
        };
        patiently("the program ends", || checkride::world::process::began(*pid) != *began);
    }

    /// The events of the one run's journal, as JSON: the kind is under `kind`.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        let journal = fs::read_to_string(self.only_run().join("journal.jsonl")).unwrap();
        let lines = journal.lines().skip(1);
        lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].clone()).collect()
    }

    /// The report of the one run, rendered from its journal.
    #[track_caller]
    pub(crate) fn report(&self) -> String {
        let run = self.only_run();
        let name = run.file_name().and_then(|name| name.to_str()).unwrap();
        self.checkride(&["report", name]).exits(0).stdout
    }

    /// Every file below the project, with its bytes.
    pub(crate) fn all_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(&path).unwrap()));
                }
            }
        }
        files
    }

    /// The files of the runs that hold a text.
    pub(crate) fn kept_with(&self, text: &str) -> Vec<PathBuf> {
        let runs = self.path(".checkride");
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        self.all_files().into_iter().filter(|(path, it)| path.starts_with(&runs) && holds(it)).map(|it| it.0).collect()
    }
}

/// A write that keeps a log, and its undo, which does so, too. `more` are further keys of the step.
pub(crate) fn logged(id: &str, script: &str, more: &str) -> String {
    format!(
        "[[deploy]]\nid = \"{id}\"\ntitle = \"Do {id}\"\nkind = \"command\"\neffect = \"write\"\n{more}\
         shell = '''\necho {id} >> log\n{script}'''\n\n[[rollback]]\nid = \"undo_{id}\"\ntitle = \"Undo {id}\"\n\
         kind = \"command\"\neffect = \"write\"\nshell = \"echo undo_{id} >> log\"\nundoes = [\"{id}\"]\n\n"
    )
}

/// A shell's wait for the file `go`. It ends, too, when the project is gone, so that no test leaves a process behind.
pub(crate) const HOLD: &str = "touch begun\nuntil [ -e go ] || [ ! -e runbooks ]; do sleep 0.02; done\n";

/// Whether a command may change anything at AWS. All others only read.
fn may_write(arguments: &[&str]) -> bool {
    let command = arguments.iter().find(|word| !word.starts_with('-'));
    command.is_some_and(|command| ["run", "resume", "rollback", "drill"].contains(command))
        && !arguments.contains(&"--plan")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
