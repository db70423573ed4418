//! The parts that every prompt is made of: a menu, a line, a password. They know no question; `operator.rs` does.
//!
//! Nothing has a default and no single key decides: a letter or an arrow marks, Enter takes. On a terminal without a cursor
//! the same keys work, one line after the other.

use console::{Style, StyledObject, measure_text_width, style};
use dialoguer::theme::{ColorfulTheme, Theme};

use crate::cli::keys::{Key, Keys};
use crate::cli::line::{Change, Line};
use crate::cli::tty::{NoKey, hide_cursor, mark_pastes, plain_pastes, show_cursor};
use crate::report::{Look, Surface, Tone, count};

/// What is said before we stop.
pub(super) const SUSPENDED: &str = "suspended: `fg` to come back";

/// What is said when a question cannot be asked, because the terminal is somebody else's just now.
pub(super) const WAITS: &str = "checkride has a question and waits: `fg` to answer it";

/// Why a prompt has no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// Ctrl-C, or the end of the input.
    Interrupted,
    /// Nobody wants the answer any more.
    Cancelled,
    /// The terminal is gone.
    Lost,
}

impl From<NoKey> for Stop {
    fn from(no_key: NoKey) -> Self {
        match no_key {
            NoKey::Cancelled => Self::Cancelled,
            NoKey::Lost => Self::Lost,
        }
    }
}

/// One line of a menu.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Item {
    /// The key that marks it.
    pub(super) key: char,
    /// The word that takes it where whole lines are typed.
    pub(super) word: String,
    /// What it says.
    pub(super) label: String,
}

/// A conversation on a screen that is borrowed for it.
pub(super) struct Dialog<'a> {
    keys: Keys,
    surface: &'a Surface,
    theme: ColorfulTheme,
    look: Look,
    /// Columns and rows when they were looked at last.
    size: (usize, usize),
    /// What the conversation is about, to be said once more after a stop.
    about: Vec<String>,
}

/// Something that a prompt takes note of.
enum Happened {
    Key(Key),
    /// The screen has another size.
    Resized,
    /// We were stopped, and are back: what stands above is the shell's.
    Back,
}

impl<'a> Dialog<'a> {
    pub(super) fn new(keys: Keys, surface: &'a Surface) -> Self {
        let look = surface.look();
        let size = (surface.columns(), surface.rows());
        if surface.is_live() {
            surface.text(mark_pastes());
        }
        Self { keys, surface, theme: theme(look), look, size, about: Vec::new() }
    }

    /// Remembers what the conversation is about.
    pub(super) fn is_about(&mut self, lines: Vec<String>) {
        self.about = lines;
    }

    /// Waits for a key, or for something else that a prompt takes note of. `below` leads from where the cursor is to the
    /// beginning of a free line.
    fn happen(&mut self, below: &str) -> Result<Happened, Stop> {
        loop {
            match self.keys.next()? {
                Key::Tick => {
                    let size = (self.surface.columns(), self.surface.rows());
                    if size != self.size {
                        self.size = size;
                        return Ok(Happened::Resized);
                    }
                }
                Key::Suspend => {
                    if self.keys.can_pause() {
                        self.pause(below)?;
                        return Ok(Happened::Back);
                    }
                }
                key => return Ok(Happened::Key(key)),
            }
        }
    }

    /// Stops, and comes back.
    fn pause(&mut self, below: &str) -> Result<(), Stop> {
        let surface = self.surface;
        surface.text(below);
        surface.lines(&[self.look.paint(Tone::Dim, SUSPENDED)]);
        self.keys.pause(|| surface.lines(&[WAITS.to_owned()]))?;
        if surface.is_live() {
            surface.text(mark_pastes());
        }
        self.size = (surface.columns(), surface.rows());
        surface.lines(&self.about);
        Ok(())
    }

    /// What the screen can show.
    pub(super) fn look(&self) -> Look {
        self.look
    }

    /// How wide text may be.
    pub(super) fn width(&self) -> usize {
        self.surface.columns().min(100)
    }

    /// Shows lines. They hold no text from outside that was not made harmless.
    pub(super) fn say(&self, lines: &[String]) {
        self.surface.lines(lines);
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.surface.rows()
    }

    /// Shows lines, a screen at a time: they stay in the scrollback as if they had come in one piece. Without a cursor they
    /// do come in one piece.
    pub(super) fn pages(&mut self, lines: &[String]) -> Result<(), Stop> {
        if !self.surface.is_live() {
            self.say(lines);
            return Ok(());
        }
        let mut rest = lines;
        loop {
            let (page, later) = rest.split_at(self.page(rest));
            self.say(page);
            if later.is_empty() {
                return Ok(());
            }
            rest = later;
            let told = format!("{} of {} lines to come", later.len(), lines.len());
            let hint = format!("{told}: space or Enter for more, e for the rest");
            let hint = self.look.fit(&hint, self.surface.columns().saturating_sub(1));
            let hint = self.look.paint(Tone::Act, &hint);
            self.keys.forget();
            self.surface.text(&hint);
            let key = loop {
                match self.happen("\r\u{1b}[2K") {
                    Ok(Happened::Key(key @ (Key::Enter | Key::Down | Key::Char(' ' | 'e')))) => break Ok(key),
                    Ok(Happened::Key(Key::Interrupt | Key::EndOfInput)) => break Err(Stop::Interrupted),
                    Ok(Happened::Back) => self.surface.text(&hint),
                    Ok(Happened::Key(_) | Happened::Resized) => {}
                    Err(stop) => break Err(stop),
                }
            };
            self.surface.text("\r\u{1b}[2K");
            if key? == Key::Char('e') {
                self.say(rest);
                return Ok(());
            }
        }
    }

    /// How many lines fit on a page: one row is for the hint, and a line may take several.
    fn page(&self, lines: &[String]) -> usize {
        let (room, columns) = (self.surface.rows() - 1, self.surface.columns());
        let mut rows = 0;
        let fit = lines.iter().take_while(|line| {
            rows += measure_text_width(line).saturating_sub(1) / columns + 1;
            rows <= room
        });
        fit.count().max(1)
    }

    /// Says what is wrong with what was typed.
    pub(super) fn complain(&self, text: &str) {
        let mut line = String::new();
        // Writing to a string does not fail, here and below.
        let _ = self.theme.format_error(&mut line, &self.look.plain(text));
        self.surface.lines(&[line]);
    }

    /// Lets the person choose. The answer is an index of `items`.
    pub(super) fn menu(&mut self, prompt: &str, items: &[Item]) -> Result<usize, Stop> {
        self.keys.forget();
        let rows = self.surface.rows();
        if !self.surface.is_live() || items.len() + 3 > rows {
            return self.menu_in_lines(prompt, items);
        }
        let mut marked: Option<usize> = None;
        let mut drawn = 0;
        let hint = "letter or arrows, then Enter";
        self.surface.text(hide_cursor());
        let taken = loop {
            let mut frame = String::new();
            let _ = self.theme.format_select_prompt(&mut frame, &self.look.plain(prompt));
            frame = format!("{frame} {}", self.look.paint(Tone::Dim, hint));
            let mut lines = vec![self.look.fit(&frame, self.surface.columns() - 1)];
            for (at, item) in items.iter().enumerate() {
                let mut line = String::new();
                let text = format!("{}  {}", item.key, self.look.plain(&item.label));
                let _ = self.theme.format_select_prompt_item(&mut line, &text, marked == Some(at));
                lines.push(self.look.fit(&line, self.surface.columns() - 1));
            }
            self.surface.text(&format!(
                "{}{}",
                back(drawn),
                lines.iter().fold(String::new(), |all, line| all + line + "\n")
            ));
            drawn = lines.len();
            let key = match self.happen("").and_then(|happened| Ok((happened, self.keys.spill()?))) {
                // Of what is pasted no letter decides.
                Ok((Happened::Key(_), true) | (Happened::Resized, _)) => continue,
                Ok((Happened::Key(key), false)) => key,
                Ok((Happened::Back, _)) => {
                    self.surface.text(hide_cursor());
                    drawn = 0;
                    continue;
                }
                Err(stop) => break Err(stop),
            };
            match key {
                Key::Enter => {
                    if let Some(at) = marked {
                        break Ok(at);
                    }
                }
                Key::Up => marked = Some(marked.map_or(items.len() - 1, |at| (at + items.len() - 1) % items.len())),
                Key::Down => marked = Some(marked.map_or(0, |at| (at + 1) % items.len())),
                Key::Char(c) => marked = find(items, &c.to_string()).or(marked),
                Key::Interrupt | Key::EndOfInput => break Err(Stop::Interrupted),
                // What is pasted is no decision.
                Key::Paste(_)
                | Key::Backspace
                | Key::EraseLine
                | Key::EraseWord
                | Key::Suspend
                | Key::Tick
                | Key::Other => {}
            }
        };
        self.surface.text(&format!("{}{}", back(drawn), show_cursor()));
        if let Ok(at) = taken {
            let mut line = String::new();
            let (prompt, label) = (self.look.plain(prompt), self.look.plain(&items[at].label));
            let _ = self.theme.format_select_prompt_selection(&mut line, &prompt, &label);
            self.surface.lines(&[line]);
        }
        taken
    }

    /// The same where the cursor cannot go up, or the menu is longer than the screen.
    fn menu_in_lines(&mut self, prompt: &str, items: &[Item]) -> Result<usize, Stop> {
        let lines: Vec<_> =
            items.iter().map(|item| format!("  {}  {}", item.key, self.look.plain(&item.label))).collect();
        self.surface.lines(&lines);
        let typed = self.line(&format!("{prompt} (letter, number or word)"), |typed| match find(items, typed) {
            Some(_) => Ok(()),
            None => Err(format!("`{typed}` is none of the {}", count(items.len(), "choice"))),
        })?;
        Ok(find(items, &typed).expect("it was found a moment ago"))
    }

    /// Lets the person type a line. `check` says what is wrong with it.
    pub(super) fn line(
        &mut self,
        prompt: &str,
        mut check: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<String, Stop> {
        loop {
            let typed = self.read(prompt, true)?;
            match check(typed.trim()) {
                Ok(()) => {
                    self.keep(prompt, &typed, true);
                    return Ok(typed.trim().to_owned());
                }
                Err(why) => self.reject(&why),
            }
        }
    }

    /// Lets the person type what must not show.
    pub(super) fn password(&mut self, prompt: &str) -> Result<String, Stop> {
        loop {
            let typed = self.read(prompt, false)?;
            if !typed.is_empty() {
                self.keep(prompt, "", false);
                return Ok(typed);
            }
            self.reject("nothing was typed");
        }
    }

    /// A prompt's line as it is drawn before anything is typed.
    fn head(&self, prompt: &str, shows: bool) -> String {
        let prompt = self.look.plain(prompt);
        let mut head = String::new();
        let _ = if shows {
            self.theme.format_input_prompt(&mut head, &prompt, None)
        } else {
            self.theme.format_password_prompt(&mut head, &prompt)
        };
        if !head.ends_with(' ') {
            head.push(' ');
        }
        head
    }

    /// What was typed is taken: its line says so.
    fn keep(&self, prompt: &str, typed: &str, shows: bool) {
        if !self.surface.is_live() {
            self.surface.text("\n");
            return;
        }
        let rows = self.rows_of(&self.head(prompt, shows), typed);
        let prompt = self.look.plain(prompt);
        let mut line = String::new();
        let _ = if shows {
            self.theme.format_input_prompt_selection(&mut line, &prompt, &self.look.ours(typed.trim()))
        } else {
            self.theme.format_password_prompt_selection(&mut line, &prompt)
        };
        self.surface.text(&format!("{}{line}\n", up(rows - 1)));
    }

    /// It is not taken: it stays, and what is wrong with it stands under it.
    fn reject(&self, why: &str) {
        self.surface.text("\n");
        self.complain(why);
    }

    /// Reads one line. The cursor stays at its end, unless nothing is taken.
    fn read(&mut self, prompt: &str, shows: bool) -> Result<String, Stop> {
        let head = self.head(prompt, shows);
        self.surface.text(&head);
        let mut line = Line::default();
        let taken = loop {
            let key = match self.happen("\n") {
                Ok(Happened::Key(key)) => key,
                Ok(Happened::Back) => {
                    let typed = if shows { self.look.ours(&line.typed) } else { String::new() };
                    self.surface.text(&format!("{head}{typed}"));
                    continue;
                }
                Ok(Happened::Resized) => continue,
                Err(stop) => break Err(stop),
            };
            let before = line.typed.len();
            let change = match key {
                Key::Enter => match line.fault() {
                    None => break Ok(()),
                    Some(why) => {
                        self.reject(&why);
                        self.surface.text(&head);
                        line = Line::default();
                        continue;
                    }
                },
                Key::Interrupt => break Err(Stop::Interrupted),
                Key::EndOfInput if line.typed.is_empty() => break Err(Stop::Interrupted),
                Key::Char(c) => line.add(c),
                Key::Paste(paste) => line.paste(&paste, shows),
                Key::Backspace => line.cut_to(line.typed.char_indices().next_back().map_or(0, |(at, _)| at)),
                Key::EraseLine => line.cut_to(0),
                Key::EraseWord => line.cut_to(line.typed.trim_end().rfind(' ').map_or(0, |at| at + 1)),
                Key::EndOfInput | Key::Up | Key::Down | Key::Suspend | Key::Tick | Key::Other => Change::None,
            };
            match change {
                _ if !shows => {}
                Change::None => {}
                Change::More => self.surface.text(&self.look.ours(&line.typed[before..])),
                Change::Less(gone) if self.surface.is_live() => {
                    let rows = self.rows_of(&head, &format!("{}{gone}", line.typed));
                    self.surface.text(&format!("{}{head}{}", up(rows - 1), self.look.ours(&line.typed)));
                }
                Change::Less(gone) => {
                    self.surface.text(&"\u{8} \u{8}".repeat(measure_text_width(&self.look.ours(&gone))));
                }
            }
        };
        if taken.is_err() {
            self.surface.text("\n");
        }
        taken.map(|()| line.typed)
    }

    /// How many rows a prompt and what was typed after it take.
    fn rows_of(&self, head: &str, typed: &str) -> usize {
        let width = measure_text_width(head) + measure_text_width(&self.look.ours(typed));
        width / self.surface.columns() + 1
    }
}

impl Drop for Dialog<'_> {
    fn drop(&mut self) {
        if self.surface.is_live() {
            self.surface.text(plain_pastes());
        }
    }
}

/// The item that a key, a number or a word names.
fn find(items: &[Item], typed: &str) -> Option<usize> {
    let by_key = |item: &Item| typed.chars().eq([item.key]);
    let number = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|at| *at < items.len());
    let by_word = |item: &Item| item.word.eq_ignore_ascii_case(typed);
    items.iter().position(by_key).or(number).or_else(|| items.iter().position(by_word))
}

/// To the beginning of so many lines above, and clears all below.
fn back(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\u{1b}[{lines}A\r\u{1b}[J") }
}

/// As [`back`], from within the last of the lines.
fn up(lines: usize) -> String {
    if lines == 0 { "\r\u{1b}[J".to_owned() } else { format!("\u{1b}[{lines}A\r\u{1b}[J") }
}

/// dialoguer's look in what this screen can show.
fn theme(look: Look) -> ColorfulTheme {
    let color = look.color;
    let sign = |unicode: &'static str, ascii: &'static str| -> StyledObject<String> {
        style(look.sign(unicode, ascii).to_owned()).force_styling(color)
    };
    let plain = || Style::new().force_styling(color);
    ColorfulTheme {
        defaults_style: plain().cyan(),
        prompt_style: plain().bold(),
        prompt_prefix: sign("?", "?").yellow(),
        prompt_suffix: sign("›", ">").dim(),
        success_prefix: sign("✔", "+").green(),
        success_suffix: sign("·", "-").dim(),
        error_prefix: sign("✘", "x").red(),
        error_style: plain().red(),
        hint_style: plain().dim(),
        values_style: plain().green(),
        active_item_style: plain().cyan().bold(),
        inactive_item_style: plain(),
        active_item_prefix: sign("❯", ">").green(),
        inactive_item_prefix: sign(" ", " "),
        checked_item_prefix: sign("✔", "+").green(),
        unchecked_item_prefix: sign("⬚", "-").dim(),
        picked_item_prefix: sign("❯", ">").green(),
        unpicked_item_prefix: sign(" ", " "),
    }
}
