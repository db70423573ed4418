//! Reading a step.

use std::collections::BTreeMap;
use std::time::Duration;

use super::input::{is_name, is_word_of_the_language};
use super::keys::STEP_KEYS;
use crate::catalog::Severity;
use crate::id::{Phase, StepId};
use crate::runbook::{Probe, StepSpec};
use crate::source::reader::{Node, NodeValue, Reader, Table};
use crate::source::{CONFLICTING_KEYS, Diagnostic, INVALID_VALUE, Located, Span};
use crate::step::kind::{Command, KIND_EFFECT, KindSpec, StepKind, owner_of_key, with_article};
use crate::step::{Confirmation, Effect, OnFailure, OnUnknown, Retry};
use crate::value::{condition, conditions, expression, expression_map, template};

/// What became of a step's table.
pub(super) enum ReadStep {
    /// All is well.
    Whole(Box<StepSpec>),
    /// It is a step, but something in it has a fault.
    Faulty(Box<StepSpec>),
    /// It is none; with its id, if it has one.
    Nothing(Option<String>),
}

pub(super) fn read_step<'a>(phase: Phase, node: &'a Node, reader: &'a Reader<'a>) -> ReadStep {
    // Faults are counted, so that a step with one is known to the rules.
    let own = Reader::new(reader.sources());
    let (id, step) = read(phase, node, &own);
    let faulty = own.has_errors();
    reader.extend(own.into_diagnostics());
    match step {
        Some(step) if faulty => ReadStep::Faulty(Box::new(step)),
        Some(step) => ReadStep::Whole(Box::new(step)),
        None => ReadStep::Nothing(id),
    }
}

fn read(phase: Phase, node: &Node, reader: &Reader<'_>) -> (Option<String>, Option<StepSpec>) {
    let NodeValue::Table(tree) = &node.value else { return (None, None) };
    let mut table = Table::new(tree, node.span, format!("the {phase} step"), STEP_KEYS, reader);
    let id = read_id(&table);
    let written = table.text("id").map(|id| id.value);
    if let Some(written) = &written {
        table.rename(format!("step `{written}`"));
    }
    let kind_name = table.text("kind");
    let spec = kind_name.as_ref().and_then(|name| StepKind::spec_of(name, &table));
    if let Some(spec) = spec {
        table.also(spec.keys);
    }
    let kind = spec.and_then(|spec| StepKind::read(spec, &table));
    let step = read_common(phase, id, kind, spec, &table);
    if spec.is_some() || kind_name.is_none() {
        table.finish_with(owner_of_key);
    } else {
        // The kind is not known: neither are its keys. Only what is missing from every step is told.
        table.finish_required();
    }
    (written, step)
}

fn read_id(table: &Table<'_>) -> Option<Located<StepId>> {
    let text = table.text("id")?;
    step_id(table, &text)
}

fn step_id(table: &Table<'_>, text: &Located<String>) -> Option<Located<StepId>> {
    if is_word_of_the_language(&text.value) {
        table.invalid(text.span, format!("`{}` is a word of the expression language", text.value), None);
        return None;
    }
    if let Ok(id) = StepId::new(&text.value) {
        Some(Located::new(id, text.span))
    } else {
        let help = "a lower-case letter, then lower-case letters, digits and `_`, 64 at most".to_owned();
        let better = text.value.to_lowercase().replace(['-', ' ', '.'], "_");
        let help = if is_name(&better) { format!("{help}: `{better}`") } else { help };
        table.invalid(text.span, format!("`{}` is no id of a step", text.value), Some(help));
        None
    }
}

fn step_ids(table: &Table<'_>, key: &str) -> Vec<Located<StepId>> {
    let texts = table.texts(key).unwrap_or_default();
    texts.iter().filter_map(|text| step_id(table, text)).collect()
}

fn read_common(
    phase: Phase,
    id: Option<Located<StepId>>,
    kind: Option<StepKind>,
    spec: Option<&'static KindSpec>,
    table: &Table<'_>,
) -> Option<StepSpec> {
    let text = |key: &str| table.text(key).map(|text| text.value);
    let list = |key: &str| -> Vec<String> {
        table.texts(key).unwrap_or_default().into_iter().map(|item| item.value).collect()
    };
    let outputs = expression_map(table, "outputs");
    for (name, _) in &outputs {
        if !is_name(&name.value) || name.value == "outcome" {
            let help = "a lower-case letter, then lower-case letters, digits and `_`; not `outcome`";
            table.invalid(name.span, format!("`{}` is no name of an output", name.value), Some(help.to_owned()));
        }
    }
    let keys: BTreeMap<&'static str, Span> =
        STEP_KEYS.iter().filter_map(|spec| Some((spec.name, table.entry(spec.name)?.node.span))).collect();
    let title = text("title");
    let guide = text("guide");
    let needs = step_ids(table, "needs");
    let when = condition(table, "when");
    let timeout = table.duration("timeout").map(|length| length.value);
    let retry = read_retry(table);
    let expect = conditions(table, "expect");
    let on_failure = table.choice("on_failure").map(|word| match word.value {
        "stop" => OnFailure::Stop,
        "ask" => OnFailure::Ask,
        "continue" => OnFailure::Continue,
        _ => OnFailure::Rollback,
    });
    let confirm = table.choice("confirm").map(|word| match word.value {
        "never" => Confirmation::Never,
        "ask" => Confirmation::Ask,
        _ => Confirmation::Type,
    });
    let effect = read_effect(table, spec, kind.as_ref());
    let on_unknown = table.choice("on_unknown").map(|word| match word.value {
        "ask" => OnUnknown::Ask,
        "probe" => OnUnknown::Probe,
        _ => OnUnknown::RunAgain,
    });
    let probe = read_probe(table);
    let severity = table.choice("severity").map(|word| match word.value {
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        _ => Severity::Critical,
    });
    let for_each = expression(table, "for_each");
    let allow_empty = table.boolean("allow_empty").unwrap_or(false);
    let (remedy, owner, due) = (text("remedy"), text("owner"), text("due"));
    let (controls, tags, sensitive) = (list("controls"), list("tags"), list("sensitive"));
    let (region, role) = (template(table, "region"), template(table, "role"));
    let way_forward = text("way_forward");
    let undoes = step_ids(table, "undoes");
    let flag = |key: &str| table.boolean(key).unwrap_or(false);
    let (independent, steady) = (flag("independent"), flag("steady"));
    conflicts(table, spec, kind.as_ref(), effect, timeout);
    let id = id?;
    Some(StepSpec {
        id,
        phase,
        title: title.unwrap_or_default(),
        kind: kind?,
        guide,
        needs,
        when,
        timeout,
        retry,
        expect,
        outputs,
        on_failure,
        confirm,
        effect: effect.unwrap_or(Effect::None),
        on_unknown,
        probe,
        severity,
        remedy,
        controls,
        tags,
        owner,
        due,
        sensitive,
        region,
        role,
        for_each,
        allow_empty,
        way_forward,
        undoes,
        independent,
        steady,
        span: table.span(),
        keys,
    })
}

/// What the step may change: as declared, if the kind can be that, else the kind's default.
fn read_effect(table: &Table<'_>, spec: Option<&'static KindSpec>, kind: Option<&StepKind>) -> Option<Effect> {
    let declared = table.choice("effect");
    let spec = spec?;
    let default = kind.map_or(spec.default_effect, StepKind::default_effect);
    let effects = kind.map_or(spec.effects, StepKind::effects);
    let Some(word) = declared else {
        // A word that is none was told: what follows from the default would only confuse.
        let misspelt = table.has("effect").then(|| effects.first().copied()).flatten();
        return Some(misspelt.unwrap_or(default));
    };
    let effect = match word.value {
        "read" => Effect::Read,
        "local" => Effect::Local,
        "write" => Effect::Write,
        _ => Effect::Irreversible,
    };
    if effects.contains(&effect) {
        return Some(effect);
    }
    let possible: Vec<String> = effects.iter().map(|effect| format!("\"{}\"", effect.as_str())).collect();
    let help = if possible.is_empty() {
        format!("{} step changes nothing: remove `effect`", with_article(spec.name))
    } else {
        format!("it is {}", possible.join(" or "))
    };
    table.reader().push(
        Diagnostic::error(
            KIND_EFFECT,
            format!("{} step cannot have effect \"{}\"", with_article(spec.name), word.value),
        )
        .at(word.span, "")
        .help(help),
    );
    Some(default)
}

fn read_retry(table: &Table<'_>) -> Retry {
    let mut retry = Retry::default();
    let Some(inner) = table.table("retry") else { return retry };
    if let Some(attempts) = inner.integer("attempts", 1, 100) {
        retry.attempts = u32::try_from(attempts.value).unwrap_or(1);
    }
    if let Some(delay) = inner.duration("delay") {
        retry.delay = delay.value;
    }
    if let Some(backoff) = inner.number("backoff", 1.0) {
        retry.backoff = backoff;
    }
    if let Some(max) = inner.duration("max") {
        retry.max = max.value;
    }
    inner.finish();
    retry
}

fn read_probe(table: &Table<'_>) -> Option<Probe> {
    let mut inner = table.table("probe")?;
    inner.rename(format!("the probe of {}", table.what()));
    inner.also(Command::keys());
    let command = Command::read(&inner);
    let done = condition(&inner, "done");
    if inner.has("interactive") {
        let span = inner.entry("interactive").map_or(inner.span(), |entry| entry.node.span);
        let fault = Diagnostic::error(CONFLICTING_KEYS, "a probe looks, and asks nobody").at(span, "remove it");
        inner.reader().push(fault);
    }
    inner.finish();
    Some(Probe { command: command?, done: done? })
}

/// Keys that exclude or need each other.
fn conflicts(
    table: &Table<'_>,
    spec: Option<&'static KindSpec>,
    kind: Option<&StepKind>,
    effect: Option<Effect>,
    timeout: Option<Duration>,
) {
    let conflict = |key: &str, message: &str, label: &str, help: &str| {
        let span = table.entry(key).map_or(table.span(), |entry| entry.node.span);
        table.reader().push(Diagnostic::error(CONFLICTING_KEYS, message).at(span, label).help(help));
    };
    let word = |key: &str| match table.entry(key).map(|entry| &entry.node.value) {
        Some(NodeValue::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    if word("on_unknown") == Some("probe")
        && !table.has("probe")
        && spec.is_some_and(|spec| spec.name == "command" || spec.name == "http")
    {
        conflict(
            "on_unknown",
            "`on_unknown = \"probe\"` needs a `probe`",
            "which probe?",
            "`probe = { run = [\"program\"], done = \"out.exit == 0\" }`",
        );
    }
    let interactive = spec.is_some_and(|spec| spec.name == "command")
        && table.entry("interactive").is_some_and(|entry| matches!(entry.node.value, NodeValue::Boolean(true)));
    if interactive && effect == Some(Effect::Read) {
        let message = "a program that a person works with is no read";
        conflict("interactive", message, "nobody knows what is done there", "use `effect = \"write\"` or \"local\"");
    }
    let waits_on_request = kind.is_some_and(|kind| matches!(kind.read_by(), StepKind::Http(_)));
    if waits_on_request || spec.is_some_and(|spec| spec.name == "http") {
        for key in ["region", "role"].into_iter().filter(|key| table.has(key)) {
            conflict(key, &format!("`{key}` has no meaning for a request"), "it is not sent to AWS", "remove it");
        }
    }
    if let Some(StepKind::Bake(bake)) = kind
        && timeout.is_some_and(|timeout| timeout <= bake.hold)
    {
        let help = "leave it out, or give a last look time to be answered";
        conflict("timeout", "the `timeout` of a `bake` is longer than what it holds `for`", "over too soon", help);
    }
    let bakes = spec.is_some_and(|spec| spec.name == "bake");
    let by_prefix = bakes && table.has("alarm_prefix");
    if table.has("allow_empty") && !table.has("for_each") && !by_prefix {
        let (needs, help) = if bakes {
            ("`allow_empty` needs a `for_each` or an `alarm_prefix`", "add one of them, or remove it")
        } else {
            ("`allow_empty` needs a `for_each`", "add `for_each`, or remove it")
        };
        conflict("allow_empty", needs, "there is no list", help);
    }
    if word("confirm") == Some("never") && effect == Some(Effect::Irreversible) {
        conflict(
            "confirm",
            "an irreversible step is confirmed",
            "not with `effect = \"irreversible\"`",
            "use \"ask\" or \"type\"",
        );
    }
    if let (true, Some(effect)) = (table.has("way_forward"), effect)
        && effect != Effect::Irreversible
    {
        let message = "`way_forward` is for a step that has no way back";
        conflict("way_forward", message, "not with this effect", "say `effect = \"irreversible\"`, or remove it");
    }
    let asks = spec.is_some_and(|spec| spec.effects.is_empty());
    for key in ["retry", "for_each", "on_unknown", "probe", "confirm"] {
        if asks && table.has(key) {
            let message = format!("`{key}` has no meaning for a question to a person");
            conflict(key, &message, "", "remove it");
        }
    }
    if let (Some(entry), true) = (table.entry("title"), table.has("title"))
        && let NodeValue::Text(title) = &entry.node.value
        && title.contains('\n')
    {
        let message = "a title is one line";
        table.reader().push(Diagnostic::error(INVALID_VALUE, message).at(entry.node.span, "").help("use `guide`"));
    }
}
