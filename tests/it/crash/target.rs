//! The target of the rig's effects, which keeps a log of its own: `begin NAME SECONDS INTENDED`, `end NAME`. It is the
//! witness: checkride neither reads nor writes it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// A program that has one effect. With `once` it knows its token: what was done is not done again.
const WITNESS: &str = r#"set -eu
name=$1
if [ "${2-}" = once ] && grep -q "^end $name\$" target.log; then exit 0; fi
intended=$(cat .checkride/runs/*/journal.jsonl | grep -c "\"effect_intended\",\"step\":\"$name\"" || true)
printf 'begin %s %s %s\n' "$name" "$(date +%s.%N)" "$intended" >> target.log
sleep 0.03
printf 'end %s\n' "$name" >> target.log
"#;

/// Looks whether an effect happened.
const HAPPENED: &str = "if grep -q \"^end $1\\$\" target.log; then echo yes; else echo no; fi\n";

/// Puts the target into a project.
pub(super) fn build(project: &Path) {
    fs::create_dir_all(project.join("tools")).unwrap();
    fs::write(project.join("tools/witness"), WITNESS).unwrap();
    fs::write(project.join("tools/happened"), HAPPENED).unwrap();
    fs::write(project.join("target.log"), "").unwrap();
}

/// An effect of the cloud, in the same words.
pub(super) fn write(project: &Path, name: &str, effect: impl FnOnce()) {
    let call = if name == "create" { "CreateChangeSet" } else { "ExecuteChangeSet" };
    let kind = "\"effect_intended\",\"step\":\"stack\"";
    let intended = journals(project).lines().filter(|line| line.contains(kind) && line.contains(call)).count();
    let line = |text: &str| {
        let mut log = OpenOptions::new().append(true).open(project.join("target.log")).unwrap();
        log.write_all(text.as_bytes()).unwrap();
    };
    line(&format!("begin {name} {:.9} {intended}\n", now()));
    effect();
    line(&format!("end {name}\n"));
}

#[expect(clippy::disallowed_methods, reason = "the target has a clock of its own, which is the tracer's")]
fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The journals of a project's runs.
fn journals(project: &Path) -> String {
    let runs = fs::read_dir(project.join(".checkride/runs")).into_iter().flatten().flatten();
    runs.filter_map(|run| fs::read_to_string(run.path().join("journal.jsonl")).ok()).collect()
}

/// One effect that began.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Begun {
    pub(super) name: String,
    /// When, in seconds since 1970.
    pub(super) at: f64,
    /// How many intents of it were on record then.
    pub(super) intended: u32,
}

/// What the target saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) begun: Vec<Begun>,
    pub(super) ended: Vec<String>,
}

impl Log {
    pub(super) fn of(project: &Path) -> Self {
        let mut log = Self::default();
        for line in fs::read_to_string(project.join("target.log")).unwrap_or_default().lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["begin", name, at, intended] => {
                    let (at, intended) = (at.parse().unwrap(), intended.parse().unwrap());
                    log.begun.push(Begun { name: name.to_owned(), at, intended });
                }
                ["end", name] => log.ended.push(name.to_owned()),
                _ => panic!("{line}"),
            }
        }
        log
    }

    pub(super) fn happened(&self, name: &str) -> bool {
        self.ended.iter().any(|ended| ended == name)
    }
}
