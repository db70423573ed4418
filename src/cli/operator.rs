//! A person at the terminal: one question as one conversation.
//!
//! The conversation runs on the terminal thread, which lends the screen for it; the engine waits, and goes on with its other
//! work. When the engine drops the question (a signal came), the conversation ends within a tenth of a second.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::oneshot;
use url::Url;

use crate::cli::dialog::{Dialog, Item, Stop, WAITS};
use crate::cli::farewell::Farewell;
use crate::cli::keys::Keys;
use crate::cli::told::{Told, ask_remark, ask_walk, said_of};
use crate::cli::tty::Tty;
use crate::event::{Answer, AnswerSource, Ask, Attachment, Choice, EvidenceNeed, Question};
use crate::id::{Phase, StepId};
use crate::report::{Look, RunView, ScreenDoor, Surface, Tone, fold_line, guide_lines, wrap};
use crate::step::{NoAnswer, Operator};

/// How often a text that must be typed may be typed wrong.
const TRIES: usize = 3;

/// How wide the sign and the word are that a line of a change set begins with.
const CHANGE_VERB: usize = 11;

/// How many lines of a call stand beside the question whether to make it.
const SHORT_CALL: usize = 6;

/// The person at the terminal.
#[derive(Debug)]
pub struct TerminalOperator {
    door: ScreenDoor,
    tty: Tty,
    user: String,
    /// The question that was answered last, when it will be asked again: it need not be introduced again. (Nor need one
    /// whose answer had a problem.)
    known: Option<String>,
}

impl TerminalOperator {
    /// A person. `door` leads to the screen, `tty` gives the keys, `user` is on record with each answer.
    pub fn new(door: ScreenDoor, tty: Tty, user: impl Into<String>) -> Self {
        Self { door, tty, user: user.into(), known: None }
    }
}

impl Operator for TerminalOperator {
    fn can_answer(&self, _question: &Question) -> bool {
        true
    }

    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        // Dropped with this future: then the conversation ends by itself.
        let _cancel = CancelOnDrop(Arc::clone(&cancelled));
        let (tty, user, asked) = (self.tty.clone(), self.user.clone(), question.clone());
        let introduced = self.known.as_deref() == Some(&question.id) || question.problem.is_some();
        self.door.borrow(move |stage| {
            let conversation = Conversation { view: Some(stage.view), introduced };
            // Nobody may be there to receive it; that is the cancelled case.
            let _ = reply.send(conversation.hold(stage.surface, &tty, &user, &asked, cancelled));
        });
        let lost = || NoAnswer::TerminalLost { question: question.id.clone() };
        let answer = answer.await.map_err(|_| lost())??;
        let again = match answer.choice {
            Choice::Show | Choice::Note => true,
            Choice::Yes
            | Choice::No
            | Choice::Done
            | Choice::NotApplicable
            | Choice::Value
            | Choice::Run
            | Choice::Execute
            | Choice::Decline
            | Choice::Skip
            | Choice::Retry
            | Choice::RollBack
            | Choice::Happened
            | Choice::DidNotHappen
            | Choice::Gap
            | Choice::Observe
            | Choice::Recommend
            | Choice::Enough
            | Choice::Abort => false,
        };
        self.known = again.then(|| question.id.clone());
        Ok(answer)
    }
}

/// Asks a person before there is a terminal thread: which profile, an input's value. Blocks.
pub fn ask_now(surface: &Surface, tty: &Tty, user: &str, question: &Question) -> Result<Answer, NoAnswer> {
    let _farewell = Farewell::hold();
    let conversation = Conversation { view: None, introduced: question.problem.is_some() };
    conversation.hold(surface, tty, user, question, Arc::new(AtomicBool::new(false)))
}

/// Asks for a secret before there is a terminal thread. Blocks. A secret is no [`Answer`]: answers go on record.
pub fn ask_secret(surface: &Surface, tty: &Tty, name: &str, help: Option<&str>) -> Result<SecretString, NoAnswer> {
    let stopped = |stop| no_answer(stop, name);
    let _farewell = Farewell::hold();
    let keys = begin(surface, tty, Arc::new(AtomicBool::new(false))).map_err(stopped)?;
    let mut dialog = Dialog::new(keys, surface);
    if let Some(help) = help {
        let lines = wrap(&dialog.look().plain(help), dialog.width());
        dialog.say(&lines);
    }
    dialog.password(&format!("{name} (does not show)")).map(SecretString::from).map_err(stopped)
}

/// Takes the keyboard for a prompt. In the background it says so, and waits.
fn begin(surface: &Surface, tty: &Tty, cancelled: Arc<AtomicBool>) -> Result<Keys, Stop> {
    Ok(Keys::begin(tty, cancelled, || surface.lines(&[WAITS.to_owned()]))?)
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn no_answer(stop: Stop, question: &str) -> NoAnswer {
    let question = question.to_owned();
    match stop {
        Stop::Interrupted | Stop::Cancelled => NoAnswer::Interrupted { question },
        Stop::Lost => NoAnswer::TerminalLost { question },
    }
}

/// What an answer holds beside who gave it.
#[derive(Debug)]
struct Reply {
    choice: Choice,
    reason: Option<String>,
    value: Option<Value>,
    evidence: Vec<Attachment>,
}

impl From<Choice> for Reply {
    fn from(choice: Choice) -> Self {
        Self { choice, reason: None, value: None, evidence: Vec::new() }
    }
}

struct Conversation<'a> {
    view: Option<&'a RunView>,
    introduced: bool,
}

impl Conversation<'_> {
    fn hold(
        &self,
        surface: &Surface,
        tty: &Tty,
        user: &str,
        question: &Question,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Answer, NoAnswer> {
        let stopped = |stop| no_answer(stop, &question.id);
        let keys = begin(surface, tty, cancelled).map_err(stopped)?;
        let mut dialog = Dialog::new(keys, surface);
        let reply = self.talk(&mut dialog, question).map_err(stopped)?;
        if surface.is_lost() {
            // Whoever typed could not see what was asked.
            return Err(stopped(Stop::Lost));
        }
        let Reply { choice, reason, value, evidence } = reply;
        let from = AnswerSource::Terminal { tty: tty.name().to_owned() };
        Ok(Answer { choice, by: user.to_owned(), from, reason, value, evidence })
    }

    fn talk(&self, dialog: &mut Dialog<'_>, question: &Question) -> Result<Reply, Stop> {
        self.introduce(dialog, question)?;
        if let Some(problem) = &question.problem {
            dialog.complain(problem);
        }
        if matches!(question.ask, Ask::Observe | Ask::Recommend) {
            let Told { choice, reason, value } = ask_remark(dialog, question.ask)?;
            return Ok(Reply { reason, value, ..choice.into() });
        }
        loop {
            let choice = choose(dialog, question)?;
            if question.ask == Ask::Walk && matches!(choice, Choice::Yes | Choice::Gap | Choice::No) {
                let Told { choice, reason, value } = ask_walk(dialog, choice)?;
                return Ok(Reply { reason, value, ..choice.into() });
            }
            match choice {
                Choice::Show => show(dialog, question)?,
                Choice::Value => {
                    let value = Some(ask_value(dialog, question)?);
                    return Ok(Reply { value, ..choice.into() });
                }
                Choice::Done => {
                    let evidence = ask_evidence(dialog, question.evidence)?;
                    return Ok(Reply { evidence, ..choice.into() });
                }
                Choice::NotApplicable
                | Choice::Skip
                | Choice::Note
                | Choice::Happened
                | Choice::DidNotHappen
                | Choice::Yes
                | Choice::No
                | Choice::Run
                | Choice::Execute
                | Choice::Decline
                | Choice::Retry
                | Choice::RollBack
                | Choice::Gap
                | Choice::Observe
                | Choice::Recommend
                | Choice::Enough
                | Choice::Abort => {}
            }
            if choice == Choice::Show && !question.choices.contains(&Choice::Show) {
                continue; // A look that nobody asked to have on record.
            }
            let reason = if choice.needs_reason() { Some(ask_reason(dialog, choice)?) } else { None };
            return Ok(Reply { reason, ..choice.into() });
        }
    }

    /// What is asked, with all that one must know to answer it. What is longer than the screen is shown page by page, and
    /// what it is about stands once more where the answer is given.
    fn introduce(&self, dialog: &mut Dialog<'_>, question: &Question) -> Result<(), Stop> {
        let (look, width) = (dialog.look(), dialog.width());
        let mut head = self.head(dialog, question);
        let mut lines = vec![String::new()];
        lines.extend(head.iter().cloned());
        if let Some(guide) = &question.guide {
            let guide = guide_lines(guide, look, width - 2).into_iter();
            lines.extend(guide.map(|line| if line.is_empty() { line } else { format!("  {line}") }));
        }
        if !self.was_just_shown(question) {
            lines.extend(body_lines(question, look, width));
        }
        lines.extend(call_lines(question, look, width));
        let needs = match question.evidence {
            EvidenceNeed::None => None,
            EvidenceNeed::Optional => Some("Evidence may be attached: a note, a link or a file."),
            EvidenceNeed::Required => Some("Evidence is required: a note, a link or a file."),
        };
        lines.extend(needs.into_iter().flat_map(|needs| wrap(needs, width)));
        // The menu, its own line, and the one that the cursor waits on.
        let fits = lines.len() + question.choices.len() + 2 <= dialog.rows();
        head.insert(0, String::new());
        // A change set begins with what it comes to.
        if question.ask == Ask::ApproveChange {
            head.extend(question.body.first().map(|line| format!("  {}", look.plain(line))));
        }
        dialog.is_about(if fits { lines.clone() } else { head.clone() });
        if self.introduced {
            return Ok(());
        }
        dialog.pages(&lines)?;
        if !fits {
            dialog.say(&head);
        }
        Ok(())
    }

    /// Where it is asked, and its title.
    fn head(&self, dialog: &Dialog<'_>, question: &Question) -> Vec<String> {
        let (look, width) = (dialog.look(), dialog.width());
        let mut head = Vec::new();
        if let Some(place) = self.place(question) {
            head.extend(wrap(&look.plain(&place), width).iter().map(|line| look.paint(Tone::Dim, line)));
        }
        head.extend(wrap(&look.plain(&question.title), width).iter().map(|line| look.paint(Tone::Strong, line)));
        head
    }

    /// `deploy: step 2 of 5 (stack)`, of a rollback in the order of its plan; where a phase or a write is approved, also what will be changed.
    fn place(&self, question: &Question) -> Option<String> {
        let view = self.view?;
        let step = question.step.as_ref().and_then(|step| view.step(step));
        let place = step.and_then(|step| {
            let phase = step.label.phase;
            let steps: Vec<&StepId> = match &view.rollback {
                Some(back) if phase == Phase::Rollback => back.steps.iter().collect(),
                Some(_) | None => view.steps_of(phase).map(|step| &step.label.id).collect(),
            };
            let at = steps.iter().position(|id| **id == step.label.id)? + 1;
            Some(format!("{phase}: step {at} of {} ({})", steps.len(), step.label.id))
        });
        let target = match question.ask {
            Ask::ApprovePhase | Ask::ApproveWrite => target(view),
            Ask::Confirm
            | Ask::Value
            | Ask::ReadyPhase
            | Ask::CompletePhase
            | Ask::ApproveChange
            | Ask::AfterFailure
            | Ask::SettleUnknown
            | Ask::AcceptPlan
            | Ask::LogIn
            | Ask::Walk
            | Ask::Observe
            | Ask::Recommend
            | Ask::FollowedUp => None,
        };
        match (place, target) {
            (Some(place), Some(target)) => Some(format!("{place}, {target}")),
            (place, target) => place.or(target),
        }
    }

    /// A failure of this session stands on the screen already, with more than the question's body says.
    fn was_just_shown(&self, question: &Question) -> bool {
        let failed = || {
            let view = self.view?;
            let attempt = view.step(question.step.as_ref()?)?.attempts.last()?;
            attempt.failure.as_ref()?;
            Some(attempt.ended?.session == view.sessions.last()?.number)
        };
        question.ask == Ask::AfterFailure && failed().unwrap_or(false)
    }
}

/// Where changes go: `profile prod, account 123456789012, us-east-1`.
fn target(view: &RunView) -> Option<String> {
    let profile = view.header.profile.as_ref().map(|profile| format!("profile {profile}"));
    let account = view.identities.last().map(|seen| format!("account {}, {}", seen.account, seen.region));
    let emulator = view.emulator().map(|_| "EMULATOR".to_owned());
    let facts: Vec<String> = [profile, account, emulator].into_iter().flatten().collect();
    (!facts.is_empty()).then(|| facts.join(", "))
}

/// What a question is about, line by line. The items of a phase are a list.
fn body_lines(question: &Question, look: Look, width: usize) -> Vec<String> {
    // The way back has a layout of its own.
    let back = question.phase == Some(Phase::Rollback);
    let items = matches!(question.ask, Ask::ApprovePhase | Ask::ReadyPhase) && !back;
    let lines = question.body.iter().flat_map(|line| {
        let line = look.plain(line);
        if question.ask == Ask::ApproveChange {
            return fold_line(&line, width - 2).iter().map(|line| change_line(line, look)).collect();
        }
        if !items {
            return fold_line(&line, width - 2);
        }
        // What is said of an item stands below it.
        let of_item = line.starts_with(' ');
        let (bullet, room) = if of_item { ("  ", 6) } else { (look.sign("•", "*"), 4) };
        let hang = if of_item { "  " } else { " " };
        let lines = wrap(line.trim_start(), width - room).into_iter().enumerate();
        lines.map(|(at, line)| format!("{} {line}", if at == 0 { bullet } else { hang })).collect()
    });
    lines.map(|line| format!("  {line}")).collect()
}

/// A line of a change set: what is lost stands out.
fn change_line(line: &str, look: Look) -> String {
    let tone = match line.split(' ').next().unwrap_or_default() {
        "-" | "-/+" | "-/~" => Tone::Bad,
        "~" => Tone::Warn,
        "+" | "<" => Tone::Good,
        "This" => return look.paint(Tone::Bad, line),
        _ => return line.to_owned(),
    };
    let (verb, rest) = line.split_at(line.char_indices().nth(CHANGE_VERB).map_or(line.len(), |(at, _)| at));
    format!("{}{rest}", look.paint(tone, verb))
}

/// The call of a write that is short enough to stand beside the question; a longer one begins here, and is shown on demand.
fn call_lines(question: &Question, look: Look, width: usize) -> Vec<String> {
    if question.ask != Ask::ApproveWrite {
        return Vec::new();
    }
    let all = detail_lines(question, look, width);
    let shown = if all.len() > SHORT_CALL { SHORT_CALL - 1 } else { all.len() };
    let mut lines: Vec<String> = all[..shown].to_vec();
    if shown < all.len() {
        let rest = format!("  {} {} more lines", look.ellipsis(), all.len() - shown);
        lines.push(look.paint(Tone::Dim, &rest));
    }
    lines
}

/// The exact call; of an item that a person does, its guide.
fn detail_lines(question: &Question, look: Look, width: usize) -> Vec<String> {
    let lines = if question.ask == Ask::Confirm {
        guide_lines(&question.detail.join("\n"), look, width - 2)
    } else {
        question.detail.iter().flat_map(|line| fold_line(&look.plain(line), width - 2)).collect()
    };
    lines.into_iter().map(|line| if line.is_empty() { line } else { format!("  {line}") }).collect()
}

/// The menu, or what stands for it: a value alone, a text that must be typed.
fn choose(dialog: &mut Dialog<'_>, question: &Question) -> Result<Choice, Stop> {
    if question.choices == [Choice::Value] {
        return Ok(Choice::Value);
    }
    if let (Some(text), [yes, no]) = (&question.typed, question.choices.as_slice())
        && takes_typing(*yes)
        && !takes_typing(*no)
    {
        return typed_or(dialog, text, *yes, *no);
    }
    let mut choices = question.choices.clone();
    if !question.detail.is_empty() && !choices.contains(&Choice::Show) {
        choices.push(Choice::Show);
    }
    let items: Vec<_> = choices.iter().map(|choice| item(*choice, question.ask)).collect();
    loop {
        let choice = choices[dialog.menu("Answer", &items)?];
        let Some(text) = question.typed.as_ref().filter(|_| takes_typing(choice)) else { return Ok(choice) };
        let no = choices.iter().copied().find(|choice| matches!(choice, Choice::No | Choice::Decline));
        match typed_or(dialog, text, choice, no.unwrap_or(Choice::Abort))? {
            taken if taken == choice => return Ok(choice),
            _ if no.is_some() => return Ok(no.expect("it was just looked at")),
            _ => dialog.complain("not confirmed: choose again"),
        }
    }
}

/// Whether a choice is a yes that a typed text confirms.
fn takes_typing(choice: Choice) -> bool {
    match choice {
        Choice::Yes | Choice::Done | Choice::Run | Choice::Execute => true,
        Choice::No
        | Choice::NotApplicable
        | Choice::Value
        | Choice::Decline
        | Choice::Skip
        | Choice::Show
        | Choice::Note
        | Choice::Retry
        | Choice::RollBack
        | Choice::Happened
        | Choice::DidNotHappen
        | Choice::Gap
        | Choice::Observe
        | Choice::Recommend
        | Choice::Enough
        | Choice::Abort => false,
    }
}

/// The text typed in full is `yes`; the word for `no`, or three other texts, are `no`.
fn typed_or(dialog: &mut Dialog<'_>, text: &str, yes: Choice, no: Choice) -> Result<Choice, Stop> {
    for left in (0..TRIES).rev() {
        let typed = dialog.line(&format!("Type {text} to confirm, or {no}"), |_| Ok(()))?;
        if typed == text {
            return Ok(yes);
        }
        if typed == no.as_str() {
            return Ok(no);
        }
        dialog.complain(&match left {
            0 => format!("that is not {text}, for the third time: taken as {no}"),
            _ => format!("that is not {text}"),
        });
    }
    Ok(no)
}

fn show(dialog: &mut Dialog<'_>, question: &Question) -> Result<(), Stop> {
    let (look, width) = (dialog.look(), dialog.width());
    if question.detail.is_empty() {
        dialog.say(&["  there is nothing more to show".to_owned()]);
    }
    dialog.pages(&detail_lines(question, look, width))
}

fn ask_reason(dialog: &mut Dialog<'_>, choice: Choice) -> Result<String, Stop> {
    let prompt = if choice == Choice::Note { "Note" } else { "Reason" };
    dialog.line(
        prompt,
        |typed| if typed.is_empty() { Err("it cannot be empty: it goes on record".to_owned()) } else { Ok(()) },
    )
}

/// A value as it was typed; what it must be like is the engine's to judge, and `problem` tells.
fn ask_value(dialog: &mut Dialog<'_>, question: &Question) -> Result<Value, Stop> {
    if !question.options.is_empty() {
        let items: Vec<_> = question
            .options
            .iter()
            .zip(('1'..='9').chain('a'..='z').chain(std::iter::repeat(' ')))
            .map(|(option, key)| Item { key, word: option.clone(), label: option.clone() })
            .collect();
        let at = dialog.menu("Value", &items)?;
        return Ok(Value::from(question.options[at].as_str()));
    }
    let prompt = match &question.expects {
        Some(expects) => format!("Value ({expects})"),
        None => "Value".to_owned(),
    };
    dialog.line(&prompt, |_| Ok(())).map(Value::from)
}

fn ask_evidence(dialog: &mut Dialog<'_>, need: EvidenceNeed) -> Result<Vec<Attachment>, Stop> {
    let mut evidence = Vec::new();
    if need == EvidenceNeed::None {
        return Ok(evidence);
    }
    let kinds = [('n', "note", "a note"), ('u', "url", "a link (URL)"), ('f', "file", "a file, copied into the run")];
    let mut items: Vec<_> = kinds
        .map(|(key, word, label)| Item { key, word: word.to_owned(), label: label.to_owned() })
        .into_iter()
        .collect();
    loop {
        if items.len() == kinds.len() && (need == EvidenceNeed::Optional || !evidence.is_empty()) {
            items.push(Item { key: 'e', word: "enough".to_owned(), label: "nothing more".to_owned() });
        }
        let attachment = match dialog.menu("Evidence", &items)? {
            0 => Attachment::Note { text: ask_reason(dialog, Choice::Note)? },
            1 => Attachment::Url { url: dialog.line("URL", check_url)? },
            2 => Attachment::File { path: whole_path(dialog.line("File", check_file)?), artifact: None },
            _ => return Ok(evidence),
        };
        evidence.push(attachment);
    }
}

fn check_url(typed: &str) -> Result<(), String> {
    let url = Url::parse(typed).map_err(|error| format!("this is no URL: {error}"))?;
    if url.has_host() { Ok(()) } else { Err("this URL names no host".to_owned()) }
}

/// A path is meant from the folder that the person stands in, which need not be the project's.
fn whole_path(typed: String) -> String {
    std::path::absolute(&typed).ok().and_then(|path| path.into_os_string().into_string().ok()).unwrap_or(typed)
}

fn check_file(typed: &str) -> Result<(), String> {
    let why = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => format!("there is no {typed}"),
        ErrorKind::PermissionDenied => format!("{typed} may not be read"),
        _ => format!("cannot read {typed}: {error}"),
    };
    let found = std::fs::metadata(Path::new(typed)).map_err(why)?;
    if found.is_file() { Ok(()) } else { Err("this is not a file".to_owned()) }
}

/// A choice's line in a menu. The keys are the same in every menu.
fn item(choice: Choice, ask: Ask) -> Item {
    let key = match choice {
        Choice::Yes => 'y',
        Choice::No => 'n',
        Choice::Done => 'd',
        Choice::NotApplicable => 'a',
        Choice::Value => 'v',
        Choice::Run => 'r',
        Choice::Execute => 'e',
        Choice::Decline => 'c',
        Choice::Skip => 's',
        Choice::Show => 'w',
        Choice::Note => 'o',
        Choice::Retry => 't',
        Choice::RollBack => 'b',
        Choice::Happened => 'h',
        Choice::DidNotHappen => 'i',
        Choice::Gap => 'g',
        Choice::Observe => 'm',
        Choice::Recommend => 'p',
        Choice::Enough => 'x',
        Choice::Abort => 'q',
    };
    let label = match (choice, ask) {
        (Choice::Show, Ask::Confirm) => "show the guide",
        (choice, ask) => said_of(choice, ask).unwrap_or(choice.label()),
    };
    Item { key, word: choice.as_str().to_owned(), label: label.to_owned() }
}
