//! A desk: a pseudo-terminal, and checkride running in it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use insta::Settings;
use insta::internals::SettingsBindDropGuard;
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use nix::unistd::Pid;
use portable_pty::{ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

pub(crate) use crate::pty::project::Project;

/// Longer than anything here takes on a busy machine; a wait that lasts so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// What a terminal shows nothing for, and checkride never sends.
const END: &[u8] = b"\0\0";

/// The prompt of [`Desk::in_shell`].
const PROMPT: &str = "shell> ";

/// What a terminal shows, and all that was ever sent to it.
struct Picture {
    parser: Parser,
    sent: Vec<u8>,
}

type Keyboard = Arc<Mutex<Box<dyn Write + Send>>>;

/// checkride in a terminal.
pub(crate) struct Desk {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Keyboard>,
    picture: Arc<(Mutex<Picture>, Condvar)>,
    device: File,
    before: Termios,
    looks: Option<JoinHandle<()>>,
    looks_away: Arc<AtomicBool>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    process: Pid,
    end: Receiver<u32>,
    /// How long the line is: after how long a key arrives, and every how long 600 bytes of what is sent.
    pub(crate) far: Duration,
}

impl Desk {
    /// Starts `checkride` with these words, and watches its screen of 80 columns and 24 rows.
    pub(crate) fn new(project: &Project, words: &[&str]) -> Self {
        Self::unwatched(project, words).watched()
    }

    /// Starts an interactive shell, in which `checkride` is a program and jobs can be stopped and continued.
    pub(crate) fn in_shell(project: &Project) -> Self {
        let mut desk = Self::of(project, "/bin/bash", &["--norc", "--noprofile", "-i"]).watched();
        desk.sees(PROMPT);
        // What bash has set for its own prompt is not what its children find.
        desk.before = desk.settings_of_children();
        desk
    }

    /// Starts this test runner with these words, as the one who lends the terminal to a script.
    pub(crate) fn lending(project: &Project, words: &[&str], script: &str) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(words);
        command.env("LENT", script);
        Self::start(project, command).watched()
    }

    /// Another program instead of checkride.
    pub(crate) fn of(project: &Project, program: &str, words: &[&str]) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(words);
        Self::start(project, command)
    }

    /// Begins to look at the screen.
    pub(crate) fn watched(mut self) -> Self {
        let (far, mut some) = (self.far, vec![0; if self.far.is_zero() { 4096 } else { 600 }]);
        let mut reader = self.master.as_ref().unwrap().try_clone_reader().unwrap();
        let (picture, away) = (Arc::clone(&self.picture), Arc::clone(&self.looks_away));
        self.looks = Some(thread::spawn(move || {
            while let Ok(count @ 1..) = reader.read(&mut some) {
                if away.load(Ordering::Relaxed) {
                    break;
                }
                thread::sleep(far);
                let mut it = picture.0.lock().unwrap();
                it.parser.process(&some[..count]);
                it.sent.extend_from_slice(&some[..count]);
                picture.1.notify_all();
            }
        }));
        self
    }

    /// The same with nobody looking.
    pub(crate) fn unwatched(project: &Project, words: &[&str]) -> Self {
        Self::of(project, env!("CARGO_BIN_EXE_checkride"), words)
    }

    fn start(project: &Project, mut command: CommandBuilder) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let path = pair.master.tty_name().unwrap();
        let device = File::options().read(true).write(true).custom_flags(nix::libc::O_NOCTTY).open(path).unwrap();
        let before = tcgetattr(&device).unwrap();
        command.cwd(project.path());
        let lent = command.get_env("LENT").map(ToOwned::to_owned);
        command.env_clear();
        if let Some(lent) = lent {
            command.env("LENT", lent);
        }
        let folder = Path::new(env!("CARGO_BIN_EXE_checkride")).parent().unwrap().display();
        let here = [
            ("PATH", &*format!("{folder}:/usr/bin:/bin")),
            ("PS1", PROMPT),
            ("HOME", &project.path().display().to_string()),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("USER", "ana"),
        ];
        for (name, value) in here {
            command.env(name, value);
        }
        let mut child = pair.slave.spawn_command(command).unwrap();
        let killer = child.clone_killer();
        let process = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap());
        let (sender, end) = channel();
        thread::spawn(move || sender.send(child.wait().unwrap().exit_code()));
        let parser = Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 2000);
        let picture = Arc::new((Mutex::new(Picture { parser, sent: Vec::new() }), Condvar::new()));
        let looks_away = Arc::new(AtomicBool::new(false));
        Self {
            master: Some(pair.master),
            keyboard: None,
            picture,
            device,
            before,
            looks: None,
            looks_away,
            killer,
            process,
            end,
            far: Duration::ZERO,
        }
    }

    /// How the terminal is set for a program that the shell starts, asked of one.
    fn settings_of_children(&mut self) -> Termios {
        self.types("clear\r");
        self.prompt_alone();
        self.types("sh -c 'echo holding; read line'\r");
        self.sees("\nholding");
        let settings = tcgetattr(&self.device).unwrap();
        self.types("\r");
        self.types("clear\r");
        self.prompt_alone();
        settings
    }

    /// Waits until the screen holds nothing but the shell's prompt.
    fn prompt_alone(&self) {
        drop(self.wait("an empty screen", |it| it.parser.screen().contents().trim() == PROMPT.trim()));
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Picture) -> bool) -> MutexGuard<'_, Picture> {
        let until = Instant::now() + PATIENCE;
        let mut picture = self.picture.0.lock().unwrap();
        while !is_so(&picture) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} never came:\n{}", picture.parser.screen().contents());
            picture = self.picture.1.wait_timeout(picture, left).unwrap().0;
        }
        picture
    }

    /// Waits until the screen shows a text.
    pub(crate) fn sees(&self, text: &str) {
        drop(self.wait(text, |it| it.parser.screen().contents().contains(text)));
    }

    /// The same, and until the cursor stands below that row: it is whole, and the screen has moved up for it.
    pub(crate) fn sees_above(&self, text: &str) {
        drop(self.wait(text, |it| {
            let screen = it.parser.screen();
            let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
            let row = rows.iter().rposition(|row| row.contains(text));
            row.is_some_and(|row| usize::from(screen.cursor_position().0) > row)
        }));
    }

    /// Waits until a row of the screen is such.
    pub(crate) fn sees_row(&self, is_so: impl Fn(&str) -> bool) {
        drop(self.wait("a row", |it| {
            let screen = it.parser.screen();
            screen.rows(0, screen.size().1.get()).any(|row| is_so(&row))
        }));
    }

    /// The rows of the screen.
    pub(crate) fn rows(&self) -> Vec<String> {
        let picture = self.picture.0.lock().unwrap();
        let screen = picture.parser.screen();
        screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
    }

    /// Nothing of the screen's ways was changed for good.
    pub(crate) fn is_usual(&self) {
        let picture = self.picture.0.lock().unwrap();
        let screen = picture.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    }

    /// Gives the screen another size.
    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) {
        let mut picture = self.picture.0.lock().unwrap();
        let size = (NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap());
        picture.parser.screen_mut().set_size(size.0, size.1);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        let screen = self.picture.0.lock().unwrap().parser.screen().contents();
        screen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// All that was ever sent to the screen.
    pub(crate) fn sent(&self) -> String {
        String::from_utf8_lossy(&self.picture.0.lock().unwrap().sent).into_owned()
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        thread::sleep(self.far);
        // Taken late: when it is dropped it types an end of input, and a lost terminal does not.
        let (keyboard, until) = (Arc::clone(self.keyboard()), Instant::now() + 3 * PATIENCE);
        let mut keyboard = loop {
            match keyboard.try_lock() {
                Ok(keyboard) => break keyboard,
                Err(_) => assert!(Instant::now() < until, "nobody reads what was pasted:\n{}", self.screen()),
            }
            thread::park_timeout(Duration::from_millis(10));
        };
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Pastes a text. As with a real terminal, what is typed after it comes after it, and all of it waits until it is read.
    pub(crate) fn pastes(&mut self, text: String) {
        // A megabyte goes through a terminal in pieces of 4 KiB, each of which the system hands on in its own time.
        assert!(self.begins(text, 3 * PATIENCE), "nobody reads what was pasted before:\n{}", self.screen());
    }

    /// The same, also behind what is still on its way, and is not read just now.
    pub(crate) fn pastes_behind(&mut self, text: String) {
        self.begins(text, Duration::from_secs(5));
    }

    /// Begins to paste a text: whether it has, after so long. If not, it comes behind what is still on its way.
    fn begins(&mut self, text: String, within: Duration) -> bool {
        let keyboard = Arc::clone(self.keyboard());
        let (begins, begun) = channel();
        thread::spawn(move || {
            let mut keyboard = keyboard.lock().unwrap();
            // Nobody may wait for it.
            let _ = begins.send(());
            // The terminal may be gone before all of it was read.
            let _ = keyboard.write_all(text.as_bytes());
        });
        begun.recv_timeout(within).is_ok()
    }

    fn keyboard(&mut self) -> &Keyboard {
        let writer = || Arc::new(Mutex::new(self.master.as_ref().unwrap().take_writer().unwrap()));
        self.keyboard.get_or_insert_with(writer)
    }

    /// Waits until a menu is open under a text, with nothing marked in it.
    pub(crate) fn menu(&self, about: &str) {
        drop(self.wait(&format!("a menu about `{about}`"), |it| {
            let screen = it.parser.screen().contents();
            let below = screen.rsplit_once(about).map(|(_, below)| below).unwrap_or_default();
            below.contains("letter or arrows, then Enter") && !below.contains('❯') && it.parser.screen().hide_cursor()
        }));
    }

    /// Waits for a menu under a text, marks a line of it, and takes it.
    pub(crate) fn chooses(&mut self, about: &str, key: char) {
        self.menu(about);
        self.types(&key.to_string());
        self.sees(&format!("❯ {key}  "));
        self.types("\r");
    }

    /// Marks a line of the open menu, by and by: just after a paste a key may be taken for a part of it. Then takes it.
    pub(crate) fn insists(&mut self, key: char) {
        let until = Instant::now() + PATIENCE;
        while !self.screen().contains(&format!("❯ {key}  ")) {
            assert!(Instant::now() < until, "the menu does not hear:\n{}", self.screen());
            self.types(&key.to_string());
            let soon = Instant::now() + Duration::from_secs(3);
            while Instant::now() < soon && !self.screen().contains(&format!("❯ {key}  ")) {
                thread::park_timeout(Duration::from_millis(10));
            }
        }
        self.types("\r");
    }

    /// Waits until the last line is a prompt that begins so, types a line, and takes it.
    pub(crate) fn answers(&mut self, prompt: &str, text: &str) {
        self.prompts(prompt);
        self.types(&format!("{text}\r"));
    }

    /// Waits until the last line is an open prompt that begins so.
    pub(crate) fn prompts(&self, prompt: &str) {
        let begins = format!("? {prompt}");
        drop(self.wait(&format!("the prompt `{prompt}`"), |it| {
            let screen = it.parser.screen().contents();
            let last = screen.trim_end().lines().last().unwrap_or_default().trim_end().to_owned();
            last.starts_with(&begins) && last.ends_with('›')
        }));
    }

    /// Sends a signal to the program.
    pub(crate) fn signals(&self, signal: Signal) {
        kill(self.process, signal).unwrap();
    }

    /// The process group that has the terminal.
    pub(crate) fn foreground(&self) -> i32 {
        self.master.as_ref().unwrap().process_group_leader().unwrap()
    }

    /// Waits until a process group has the terminal.
    pub(crate) fn waits_for_foreground(&self, group: i32) {
        let until = Instant::now() + PATIENCE;
        while self.foreground() != group {
            assert!(Instant::now() < until, "group {group} never came to the foreground:\n{}", self.screen());
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Takes the terminal away, as a closed window or a lost connection does.
    pub(crate) fn hangs_up(&mut self) {
        // A keyboard that is put away types an end of input, where there is such a character.
        if let Ok(mut settings) = tcgetattr(&self.device) {
            settings.control_chars[SpecialCharacterIndices::VEOF as usize] = 0;
            tcsetattr(&self.device, SetArg::TCSANOW, &settings).unwrap();
        }
        self.keyboard.take();
        // Whoever looks at the screen holds it, and looks away only when something comes.
        self.looks_away.store(true, Ordering::Relaxed);
        if let Some(looks) = self.looks.take() {
            self.device.write_all(b"\0").unwrap();
            looks.join().unwrap();
        }
        self.master.take();
    }

    /// Waits until checkride has ended, and gives its exit code.
    pub(crate) fn ends(&self) -> u32 {
        self.end.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it goes on:\n{}", self.screen()))
    }

    /// The shell has the terminal: a child of it finds the settings of before, and sees its cursor.
    pub(crate) fn is_in_shell(&mut self) {
        self.sees("Stopped");
        assert_eq!(self.settings_of_children(), self.before, "the terminal's settings were put back");
        assert!(!self.picture.0.lock().unwrap().parser.screen().hide_cursor(), "the cursor shows");
    }

    /// The program in the shell has ended with a code.
    pub(crate) fn is_in_shell_again(&mut self, code: u32) {
        drop(self.wait("the shell's prompt", |it| {
            it.parser.screen().contents().trim_end().lines().last().unwrap_or_default().trim() == PROMPT.trim()
        }));
        self.types("echo code=$?.\r");
        self.sees(&format!("\ncode={code}."));
    }

    /// Ends the shell of [`Desk::in_shell`]. Before that the terminal must be as the shell gave it.
    pub(crate) fn leaves_shell(&mut self) {
        assert_eq!(self.settings_of_children(), self.before, "the terminal's settings were put back");
        self.types("exit\r");
        self.ends();
        drop(self.wait("the cursor", |it| !it.parser.screen().hide_cursor()));
    }

    /// The same, for a terminal that was not taken away: it must be as it was.
    pub(crate) fn ends_well(&self, code: u32) {
        let ended = self.ends();
        self.shows_all();
        assert_eq!(ended, code, "{}", self.screen());
        assert_eq!(tcgetattr(&self.device).unwrap(), self.before, "the terminal's settings were put back");
        drop(self.wait("the cursor", |it| !it.parser.screen().hide_cursor()));
    }

    /// Waits until all that was written to the terminal stands on the screen: a mark that shows nothing comes last.
    fn shows_all(&self) {
        (&self.device).write_all(END).unwrap();
        drop(self.wait("the end", |it| it.sent.ends_with(END)));
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind. It may have ended long ago.
        let _ = self.killer.kill();
    }
}

/// For as long as it is held, snapshots leave out what differs from run to run.
pub(crate) fn steady() -> SettingsBindDropGuard {
    let mut settings = Settings::clone_current();
    settings.add_filter(r"20\d{6}T\d{6}Z-([a-z]+)-[0-9a-f]{4}", "RUN-$1");
    settings.add_filter(r"sha256:[0-9a-f]{12}", "sha256:DIGEST");
    settings.add_filter(r" +\d+(\.\d)?s\b", " #s");
    settings.bind_to_scope()
}
