//! Every shipped runbook with every profile that fits it is checked and planned, by the library and by the program.

use std::collections::BTreeMap;

use checkride::id::Phase;
use checkride::plan::{Material, Plan, PlanRecord, Selection, build, needed_inputs, resolve};
use checkride::profile::{Profile, Tier};
use checkride::runbook::{CheckContext, Limits, Runbook, check, load_runbook};
use checkride::source::{Diagnostics, Sources, load, render};
use checkride::step::Confirmation;
use chrono::NaiveDate;
use insta::assert_snapshot;
use serde_json::Value;

use super::files::{names, read, root, shipped, with_sandbox};

struct Loaded {
    runbook: Runbook,
    profile: Profile,
    /// What is said about both, with the date standing still.
    said: String,
}

fn loaded(runbook: &str, profile: &str) -> Loaded {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let path = format!("profiles/{profile}.toml");
    let id = load(&root().join(&path), &path, &mut sources).unwrap();
    let profile = Profile::read(id, &sources, &mut faults);
    let path = root().join(format!("runbooks/{runbook}.toml"));
    let runbook = load_runbook(&path, root(), &mut sources, &mut faults, Limits::default());
    let (Some(runbook), Some(profile)) = (runbook, profile) else { panic!("{}", render(&faults, &sources, false)) };
    let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let context = CheckContext { root: root().to_path_buf(), today };
    faults.extend(check(&runbook, Some(&profile), &sources, &context));
    assert!(!faults.has_errors(), "{}", render(&faults, &sources, false));
    Loaded { runbook, profile, said: render(&faults, &sources, false) }
}

/// Which profile fits which runbook: the one that it names, else each that has what its steps need.
fn pairs() -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for runbook in names("runbooks") {
        let text: toml::Table = read(&format!("runbooks/{runbook}.toml")).parse().unwrap();
        let wants = text["runbook"].get("profile").and_then(toml::Value::as_str);
        for profile in names("profiles").into_iter().filter(|name| !name.ends_with(".answers")) {
            let has_account = read(&format!("profiles/{profile}.toml")).contains("\n[aws]");
            if wants.map_or(has_account, |wants| wants == profile) {
                pairs.push((runbook.clone(), profile));
            }
        }
    }
    pairs
}

fn planned(loaded: &Loaded) -> (Plan, PlanRecord) {
    let Loaded { runbook, profile, .. } = loaded;
    let needed = needed_inputs(runbook.steps.iter());
    let resolved = resolve(runbook, Some(profile), &[], &needed).unwrap();
    assert!(resolved.missing.is_empty(), "{:?}", resolved.missing);
    // A drill runs by itself.
    let drill = runbook.steps.iter().any(|step| step.phase == Phase::Drill);
    let phases = if drill { vec![Phase::Drill] } else { Vec::new() };
    let material = Material {
        runbook,
        profile: Some(profile),
        selection: Selection { phases, ..Selection::default() },
        inputs: &resolved.values,
        secrets: &resolved.secrets,
        files: Vec::new(),
        actions: BTreeMap::new(),
    };
    build(&material).unwrap()
}

#[test]
fn every_fitting_pair_checks_clean_and_plans() {
    let mut told = Vec::new();
    let mut digests = Vec::new();
    for (runbook, profile) in pairs() {
        let loaded = loaded(&runbook, &profile);
        let (plan, record) = planned(&loaded);
        assert_eq!(record.steps.len(), loaded.runbook.steps.len());
        assert_eq!(plan.digest, planned(&loaded).0.digest, "the digest is the same every time");
        assert!(plan.steps.iter().all(|step| step.left_out.is_none()));
        let production = loaded.profile.tier == Tier::Production;
        assert_eq!(plan.phase_confirmation == Confirmation::Type, production, "{profile}");
        let asks =
            |phase| plan.of_phase(phase).filter(|step| step.effect.changes_target()).map(|step| step.confirmation);
        assert!(asks(Phase::Deploy).all(|it| !production || it != Confirmation::Never), "{profile}");
        assert_eq!(asks(Phase::Checklist).chain(asks(Phase::Verify)).count(), 0, "a write in a phase that reads");
        told.push(format!("{runbook} with {profile}: {} steps; {}", plan.steps.len(), warnings(&loaded.said)));
        digests.push(plan.digest);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), told.len(), "each pair has a digest of its own");
    assert_snapshot!(told.join("\n"), @r"
    alarms with dev: 64 steps; nothing to say
    alarms with prod: 64 steps; nothing to say
    alarms with sandbox: 64 steps; nothing to say
    deploy-cdk-prod with dev: 39 steps; nothing to say
    deploy-cdk-prod with prod: 39 steps; nothing to say
    deploy-cdk-prod with sandbox: 39 steps; nothing to say
    deploy-prod with dev: 140 steps; nothing to say
    deploy-prod with prod: 140 steps; nothing to say
    deploy-prod with sandbox: 140 steps; nothing to say
    diagnose-access with dev: 5 steps; nothing to say
    diagnose-access with prod: 5 steps; nothing to say
    diagnose-access with sandbox: 5 steps; nothing to say
    diagnose-aurora with dev: 11 steps; nothing to say
    diagnose-aurora with prod: 11 steps; nothing to say
    diagnose-aurora with sandbox: 11 steps; nothing to say
    diagnose-kms with dev: 12 steps; nothing to say
    diagnose-kms with prod: 12 steps; nothing to say
    diagnose-kms with sandbox: 12 steps; nothing to say
    diagnose-lambda-timeout with dev: 13 steps; nothing to say
    diagnose-lambda-timeout with prod: 13 steps; nothing to say
    diagnose-lambda-timeout with sandbox: 13 steps; nothing to say
    diagnose-logs-costs with dev: 4 steps; nothing to say
    diagnose-logs-costs with prod: 4 steps; nothing to say
    diagnose-logs-costs with sandbox: 4 steps; nothing to say
    diagnose-network with dev: 6 steps; nothing to say
    diagnose-network with prod: 6 steps; nothing to say
    diagnose-network with sandbox: 6 steps; nothing to say
    diagnose-replication with dev: 12 steps; nothing to say
    diagnose-replication with prod: 12 steps; nothing to say
    diagnose-replication with sandbox: 12 steps; nothing to say
    diagnose-s3-costs with dev: 10 steps; nothing to say
    diagnose-s3-costs with prod: 10 steps; nothing to say
    diagnose-s3-costs with sandbox: 10 steps; nothing to say
    diagnose-waf with dev: 7 steps; nothing to say
    diagnose-waf with prod: 7 steps; nothing to say
    diagnose-waf with sandbox: 7 steps; nothing to say
    drill-aurora with dev: 4 steps; nothing to say
    drill-aurora with prod: 4 steps; nothing to say
    drill-aurora with sandbox: 4 steps; nothing to say
    drill-aurora-failover with dev: 3 steps; nothing to say
    drill-aurora-failover with prod: 3 steps; nothing to say
    drill-aurora-failover with sandbox: 3 steps; nothing to say
    drill-aurora-snapshot with dev: 4 steps; nothing to say
    drill-aurora-snapshot with prod: 4 steps; nothing to say
    drill-aurora-snapshot with sandbox: 4 steps; nothing to say
    drill-dynamodb with dev: 7 steps; nothing to say
    drill-dynamodb with prod: 7 steps; nothing to say
    drill-dynamodb with sandbox: 7 steps; nothing to say
    drill-dynamodb-backup with dev: 7 steps; nothing to say
    drill-dynamodb-backup with prod: 7 steps; nothing to say
    drill-dynamodb-backup with sandbox: 7 steps; nothing to say
    drill-region with dev: 18 steps; nothing to say
    drill-region with prod: 18 steps; nothing to say
    drill-region with sandbox: 18 steps; nothing to say
    drill-s3-replica with dev: 6 steps; nothing to say
    drill-s3-replica with prod: 6 steps; nothing to say
    drill-s3-replica with sandbox: 6 steps; nothing to say
    drill-s3-versions with dev: 7 steps; nothing to say
    drill-s3-versions with prod: 7 steps; nothing to say
    drill-s3-versions with sandbox: 7 steps; nothing to say
    drill-secret with dev: 5 steps; nothing to say
    drill-secret with prod: 5 steps; nothing to say
    drill-secret with sandbox: 5 steps; nothing to say
    drill-stack with dev: 5 steps; nothing to say
    drill-stack with prod: 5 steps; nothing to say
    drill-stack with sandbox: 5 steps; nothing to say
    follow-up with dev: 14 steps; nothing to say
    follow-up with prod: 14 steps; nothing to say
    follow-up with sandbox: 14 steps; nothing to say
    hello with local: 3 steps; nothing to say
    rollback-network with dev: 7 steps; nothing to say
    rollback-network with prod: 7 steps; nothing to say
    rollback-network with sandbox: 7 steps; nothing to say
    rollback-s3 with dev: 7 steps; nothing to say
    rollback-s3 with prod: 7 steps; nothing to say
    rollback-s3 with sandbox: 7 steps; nothing to say
    verify-readiness with dev: 57 steps; nothing to say
    verify-readiness with prod: 57 steps; nothing to say
    verify-readiness with sandbox: 57 steps; nothing to say
    verify-security with dev: 58 steps; nothing to say
    verify-security with prod: 58 steps; nothing to say
    verify-security with sandbox: 58 steps; nothing to say
    ");
}

fn warnings(said: &str) -> String {
    if said.is_empty() { "nothing to say".to_owned() } else { format!("warned of\n{said}") }
}

/// What each write of a shipped runbook does is undone by a step, or said to be final.
#[test]
fn every_write_has_a_way_back() {
    for (runbook, profile) in pairs() {
        let (plan, _) = planned(&loaded(&runbook, &profile));
        let undone: Vec<_> = plan.of_phase(Phase::Rollback).flat_map(|step| &step.undoes).collect();
        for step in plan.of_phase(Phase::Deploy).filter(|step| step.effect.changes_target()) {
            assert!(undone.contains(&&step.id), "nothing undoes `{}` of {runbook}", step.id);
        }
    }
}

#[test]
fn the_program_checks_all_that_is_shipped() {
    let project = shipped();
    let said = project.checkride(&["check", "--format", "json"]).exits(0);
    let json = said.json();
    // A review becomes stale as time passes: that is for people to see, not for this test.
    let stale = |it: &&Value| it["code"] != "RB073";
    let others: Vec<&Value> = json["diagnostics"].as_array().unwrap().iter().filter(stale).collect();
    assert!(others.is_empty(), "{others:#?}");
    project.checkride(&["check"]).exits(0);
}

#[test]
fn the_program_plans_into_the_sandbox_and_writes_nothing() {
    let project = with_sandbox();
    let json = project.checkride(&["plan", "deploy-prod", "-p", "sandbox", "--format", "json"]).exits(0).json();
    let ids: Vec<&str> = json["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    let runbook = loaded("deploy-prod", "sandbox").runbook;
    let expected: Vec<&str> = runbook.steps.iter().map(|step| step.id.value.as_str()).collect();
    assert_eq!(ids, expected);
    for step in json["steps"].as_array().unwrap() {
        assert!(step["does"].as_array().is_some_and(|does| !does.is_empty()), "{step}");
    }
    let files: Vec<&str> =
        json["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    for pinned in ["runbooks/deploy-prod.toml", "profiles/sandbox.toml", "runbooks/templates/mte.yaml"] {
        assert!(files.contains(&pinned), "{pinned} is not pinned: {files:?}");
    }
    assert_eq!(json["secrets"]["api_token"], "env:MTE_API_TOKEN");
    assert!(project.runs().is_empty() && !project.path(".checkride").exists(), "a plan leaves nothing behind");
    let human = project.checkride(&["plan", "deploy-prod", "-p", "sandbox"]).exits(0);
    assert!(human.stdout.contains("Nothing was written.") && human.stdout.contains("EMULATOR"), "{}", human.stdout);
}

/// The accounts of `dev` and `prod` are to be edited first: until then nothing is called, and nothing runs.
#[test]
fn the_profiles_of_real_accounts_refuse_until_they_are_edited() {
    for profile in ["dev", "prod"] {
        shipped().checkride(&["plan", "deploy-prod", "-p", profile]).exits(12).says("guard");
    }
}

#[test]
fn the_first_runbook_runs() {
    let project = shipped().answers("ready = done");
    let said = project.checkride(&["run", "hello", "--answers", "answers.toml", "-i", "name=Ana"]).exits(0);
    assert!(said.stderr.contains("hello, Ana"), "{}", said.stderr);
    let report = project.report();
    assert!(report.contains("3 passed") && report.contains("hello, Ana"), "{report}");
    let asked = shipped();
    asked.checkride(&["run", "hello", "--no-input"]).exits(11);
}
