//! `checkride plan`, and `run --plan`. Reads run, writes are printed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::aws::api::bundle;
use crate::aws::api::endpoint::Partitions;
use crate::cli::args::{Format, PlanArguments};
use crate::cli::command::fence::touched_by;
use crate::cli::command::guard::guard;
use crate::cli::command::sitting::{pretty, runtime};
use crate::cli::command::warn::warn;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::prepare::{Prepared, Wanted, plan_scope, prepare};
use crate::cli::project::Project;
use crate::cli::screen::Screen;
use crate::cli::settings::Settings;
use crate::id::{Phase, StepId};
use crate::plan::{Place, PlannedStep, Touched, policy};
use crate::report::{Look, Tone};
use crate::runbook::StepSpec;
use crate::step::{Confirmation, Doors, Effect, Given, Task, outline};
use crate::value::{Scope, Template};

pub(super) fn plan(arguments: &PlanArguments, settings: &Settings, screen: &Screen) -> Result<ExitCode, CommandError> {
    let project = Project::of_runbook(settings, &arguments.target.runbook)?;
    let prepared = prepare(settings, screen, project, Wanted::of(&arguments.target, true))?;
    warn(&prepared, screen);
    if arguments.iam_policy {
        return print_policy(&prepared, arguments.format, screen);
    }
    let runtime = runtime()?;
    match arguments.format {
        Format::Human => print_human(&prepared, screen, &runtime),
        Format::Json => {
            let (doors, _) = guard(&runtime, prepared.aws.as_ref())?;
            let lines = lines(&prepared, &doors, &runtime);
            let mut value = as_json(&prepared, &lines);
            if prepared.plan.is_drill() {
                let known = touched_by(&prepared).map(|all| all.iter().map(Touched::data).collect());
                value["touches"] =
                    known.unwrap_or_else(|_| written(&prepared).map(|it| json!({ "written": it })).collect());
            }
            let text = pretty(&value);
            screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
            Ok(ExitCode::Success)
        }
    }
}

/// Prints what IAM has to allow. What the policy does not say goes to stderr, or into the JSON that says everything.
fn print_policy(prepared: &Prepared, format: Format, screen: &Screen) -> Result<ExitCode, CommandError> {
    let Some(aws) = &prepared.aws else {
        return Err(CommandError::new(ExitCode::Usage, "a policy is for an account, and the profile names none")
            .hint("name a profile with `[aws]`: -p PROFILE"));
    };
    let unexpected = |error: &dyn std::error::Error| CommandError::of(ExitCode::Unexpected, error);
    let partitions = bundle::partitions().map_err(|error| unexpected(&error))?;
    let partitions = Partitions::read(partitions.as_bytes()).map_err(|error| unexpected(&error))?;
    let place = Place {
        partition: partitions.of(&aws.region).name,
        region: aws.region.clone(),
        account: aws.account.clone(),
        read_role: aws.for_reads().and_then(|aws| aws.role_arn),
    };
    let runbook = &prepared.loaded.runbook;
    let policy = policy(runbook, &prepared.plan, &plan_scope(&prepared.scope, runbook), &place);
    let shown = match format {
        Format::Human => {
            screen.say(&policy.notes.iter().map(|note| format!("note: {note}")).collect::<Vec<_>>());
            policy.documents()
        }
        Format::Json => json!({
            "format": 1,
            "runbook": prepared.record.runbook,
            "profile": prepared.record.profile,
            "account": aws.account,
            "region": aws.region,
            "phases": policy.documents(),
            "notes": policy.notes,
        }),
    };
    screen.data(&pretty(&shown)).map_err(|error| unexpected(&error))?;
    Ok(ExitCode::Success)
}

/// What each step will do, as far as it is known now.
pub(super) fn lines(prepared: &Prepared, doors: &Doors, runtime: &Runtime) -> BTreeMap<StepId, Vec<String>> {
    let runbook = &prepared.loaded.runbook;
    let mut scope = plan_scope(&prepared.scope, runbook);
    let mut all = BTreeMap::new();
    for step in &runbook.steps {
        let mut lines = outline(&step.kind, &scope);
        // What can be known by reading files is known to the steps behind it.
        if let Ok(Some(Task::File(file))) = Task::of(&step.kind, &scope, &Given::default()) {
            match file.read(&prepared.project.root) {
                Ok(content) => learn(&mut scope, step, &content),
                Err(failure) => lines.push(format!("  would fail now: {}", failure.message)),
            }
        }
        if let (Ok(Some(Task::Stack(stack))), Some(aws)) =
            (Task::of(&step.kind, &scope, &Given::default()), doors.reads())
        {
            lines.extend(runtime.block_on(stack.preview(&aws, &prepared.project.root)));
        }
        all.insert(step.id.value.clone(), lines.iter().map(|line| prepared.redactor.cut(line)).collect());
    }
    all
}

fn learn(scope: &mut Scope, step: &StepSpec, content: &Value) {
    let out = json!({ "content": content });
    let inner = scope.with("out", out.clone());
    let mut outputs = serde_json::Map::new();
    outputs.insert("content".to_owned(), content.clone());
    for (name, expr) in &step.outputs {
        if let Ok(value) = expr.value.eval(&inner) {
            outputs.insert(name.value.clone(), value);
        }
    }
    scope.set(&["step", step.id.value.as_str()], Value::Object(outputs));
}

/// What a drill touches, as it is written.
fn written(prepared: &Prepared) -> impl Iterator<Item = &str> {
    prepared.loaded.runbook.drill.touches.iter().map(Template::text)
}

/// Prints the plan for a person.
pub(super) fn print_human(prepared: &Prepared, screen: &Screen, runtime: &Runtime) -> Result<ExitCode, CommandError> {
    // What is only talked through calls nothing, not even to show its plan.
    let tabletop = prepared.record.tabletop;
    let (doors, accepted) = if tabletop { (Doors::none(), None) } else { guard(runtime, prepared.aws.as_ref())? };
    let all = lines(prepared, &doors, runtime);
    let look = screen.stdout_look();
    let mut out = vec![look.paint(Tone::Strong, &look.plain(&prepared.record.title))];
    if let Some(accepted) = &accepted {
        let emulator = accepted.emulator.as_ref().map(|url| format!(", EMULATOR at {url}")).unwrap_or_default();
        out.push(look.plain(&format!(
            "profile {}, account {} in {}, as {}{emulator}",
            prepared.record.profile.as_deref().unwrap_or("none"),
            accepted.account,
            accepted.region,
            accepted.arn
        )));
    }
    if let (true, Some(target)) = (tabletop, &prepared.aws) {
        let (account, region) = (&target.account, &target.region);
        out.push(
            look.plain(&format!(
                "a tabletop for account {account} in {region}, as the profile says: nothing is called"
            )),
        );
    }
    out.push(format!("plan {}", prepared.record.digest));
    for (name, value) in &prepared.record.inputs {
        out.push(look.plain(&format!("input {name} = {}", prepared.redactor.cut(&value.to_string()))));
    }
    for (name, source) in &prepared.record.secrets {
        out.push(look.plain(&format!("input {name} is secret, from {source}")));
    }
    // What is not known yet stands there as it is written.
    let touched = touched_by(prepared).map(|all| all.iter().map(Touched::words).collect::<Vec<_>>());
    for words in touched.unwrap_or_else(|_| written(prepared).map(|it| format!("touches {it}")).collect()) {
        out.push(look.paint(Tone::Warn, &look.plain(&words)));
    }
    for phase in Phase::ALL {
        let steps: Vec<&PlannedStep> = prepared.plan.of_phase(phase).collect();
        if steps.is_empty() {
            continue;
        }
        let runs = prepared.plan.phases.contains(&phase);
        let note = if runs { "" } else { " (does not run unless it is asked for, or a failure leads there)" };
        out.push(String::new());
        out.push(look.paint(Tone::Strong, &format!("{phase}{note}")));
        let abreast = steps.chunk_by(|one, next| phase == Phase::Rollback && one.independent && next.independent);
        for steps in abreast {
            if let [first, .., last] = steps {
                out.push(format!("  together, `{}` to `{}`, as far as a rollback needs them:", first.id, last.id));
            }
            for step in steps {
                if prepared.plan.point_of_no_return().is_some_and(|last| last.id == step.id) {
                    out.extend(no_return(step, look));
                }
                out.extend(step_lines(prepared, step, &all, look));
                out.extend(undo_line(prepared, step).map(|line| look.plain(&format!("      {line}"))));
            }
        }
    }
    out.push(String::new());
    let last = if tabletop {
        "Nothing was called. At the end: drill.observation.1, 2, … and drill.recommendation.1, 2, …"
    } else {
        "Nothing was written. A change set is itself a write: its diff is shown, and confirmed, in the run."
    };
    out.push(look.ours(last));
    let text = out.join("\n") + "\n";
    screen.data(&text).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

/// The line that a rollback does not cross.
fn no_return(step: &PlannedStep, look: Look) -> Vec<String> {
    let dash = look.sign("──", "--");
    let mark = look.paint(Tone::Warn, &format!("  {dash} point of no return {dash}"));
    let forward = step.way_forward.as_ref().map(|forward| look.plain(&format!("     the way forward: {forward}")));
    std::iter::once(mark).chain(forward).collect()
}

/// How a change is undone, or that it is not.
fn undo_line(prepared: &Prepared, step: &PlannedStep) -> Option<String> {
    if !step.effect.changes_target() || step.phase == Phase::Rollback || step.left_out.is_some() {
        return None;
    }
    let undos: Vec<&PlannedStep> = prepared.plan.undone_by(&step.id).collect();
    let names: Vec<&str> = undos.iter().filter(|it| it.left_out.is_none()).map(|it| it.id.as_str()).collect();
    Some(match (names.as_slice(), undos.first()) {
        ([], Some(left)) => {
            format!("not undone: {} is left out: {}", left.id, left.left_out.as_deref().unwrap_or_default())
        }
        ([], None) if step.effect == Effect::Irreversible => "no way back".to_owned(),
        ([], None) => "not undone: no rollback step undoes it".to_owned(),
        (names, _) => format!("undone by {}", names.join(", ")),
    })
}

fn step_lines(prepared: &Prepared, step: &PlannedStep, all: &BTreeMap<StepId, Vec<String>>, look: Look) -> Vec<String> {
    let title = prepared.loaded.runbook.step(step.id.as_str()).map(|spec| spec.title.clone()).unwrap_or_default();
    let asked = match step.confirmation {
        Confirmation::Never => "",
        Confirmation::Ask => ", confirmed",
        Confirmation::Type => ", confirmed by typing",
    };
    let mut lines = vec![look.plain(&format!("  {} [{}{asked}] {title}", step.id, step.effect.as_str()))];
    if step.steady {
        lines.push("      steady: looked at before the first change, and again after a rollback".to_owned());
    }
    if let Some(reason) = &step.left_out {
        lines.push(look.plain(&format!("      left out: {reason}")));
        return lines;
    }
    if let Some(when) = prepared.loaded.runbook.step(step.id.as_str()).and_then(|spec| spec.when.as_ref()) {
        let now = match when.value.eval_bool(&plan_scope(&prepared.scope, &prepared.loaded.runbook)) {
            Ok(true) => "true",
            Ok(false) => "false: it will be skipped",
            Err(_) => "not known yet",
        };
        lines.push(look.plain(&format!("      when {} ({now})", when.value.text())));
    }
    let kind = prepared.loaded.runbook.step(step.id.as_str()).map(|spec| &spec.kind);
    if step.phase == Phase::Drill && step.effect.changes_target() && kind.is_some_and(|kind| !kind.is_fenced()) {
        lines.push("      outside the fence: nothing holds it to what the drill has made".to_owned());
    }
    lines.extend(all.get(&step.id).into_iter().flatten().map(|line| look.plain(&format!("      {line}"))));
    if prepared.record.tabletop && matches!(step.phase, Phase::Drill | Phase::Rollback) {
        lines.push(format!("      asked as {}.walk", step.id));
    }
    lines
}

fn as_json(prepared: &Prepared, all: &BTreeMap<StepId, Vec<String>>) -> Value {
    let mut value = serde_json::to_value(&prepared.record).unwrap_or_default();
    value["point_of_no_return"] = json!(prepared.plan.point_of_no_return().map(|step| &step.id));
    if let Some(steps) = value["steps"].as_array_mut() {
        for step in steps {
            let id = step["id"].as_str().unwrap_or_default().to_owned();
            let planned = prepared.plan.steps.iter().find(|planned| planned.id.as_str() == id);
            step["does"] = StepId::new(&id).ok().and_then(|id| all.get(&id)).map_or(json!([]), |lines| json!(lines));
            step["group"] = json!(planned.map(|planned| planned.group));
            step["independent"] = json!(planned.map(|planned| planned.independent));
            step["steady"] = json!(planned.map(|planned| planned.steady));
            step["needs"] = json!(planned.map(|planned| &planned.needs));
            step["way_forward"] = json!(planned.and_then(|planned| planned.way_forward.as_ref()));
            let undos = planned.into_iter().flat_map(|planned| prepared.plan.undone_by(&planned.id));
            let undos: Vec<&StepId> = undos.filter(|undo| undo.left_out.is_none()).map(|undo| &undo.id).collect();
            step["undone_by"] = json!(undos);
        }
    }
    value
}
