//! What is done when a session is over: the reports, the last look for secrets, the last words.

use crate::cli::command::halted::standing;
use crate::cli::command::last_look::{Leak, last_look};
use crate::cli::command::sitting::write_report;
use crate::cli::exit::ExitCode;
use crate::cli::project::Project;
use crate::engine::{EngineError, RunEnd};
use crate::event::{Event, EventKind, Verdict};
use crate::journal::{RunFolder, read};
use crate::plan::PlanRecord;
use crate::report::Ending;
use crate::world::secret::Redactor;

/// A session that is over.
pub(super) struct Closing<'a> {
    pub(super) folder: &'a RunFolder,
    pub(super) record: &'a PlanRecord,
    pub(super) project: &'a Project,
    pub(super) redactor: &'a Redactor,
    /// Whether it went back.
    pub(super) back: bool,
    /// The command that goes on where it stopped, when that is not `checkride resume`.
    pub(super) again: Option<String>,
}

impl Closing<'_> {
    /// How the session ended, and what there is to say. `unused`: answers that were not asked for.
    pub(super) fn of(&self, end: &Result<RunEnd, EngineError>, unused: &[String]) -> (ExitCode, Ending) {
        let mut ending = Ending::default();
        for unused in unused {
            ending.notes.push(format!("the answers file answers `{unused}`, which was not asked"));
        }
        // After a journal that failed nothing is written: its report would say more than what is surely on the disk.
        if end.is_ok() {
            match write_report(self.folder, self.record) {
                Ok(path) => ending.report = Some(self.project.shown(&path)),
                Err(why) => ending.notes.push(format!("the report could not be written: {why}")),
            }
        }
        let code = match end {
            Ok(end) => self.ended(end, &mut ending),
            Err(error) => {
                ending.notes.extend(standing(self.folder, error));
                ending.resume = Some(self.resume());
                ExitCode::Broken
            }
        };
        let code = match last_look(self.folder, self.redactor) {
            Ok(leaks) => {
                ending.notes.extend(leaks.iter().map(Leak::note));
                if leaks.iter().all(|leak| leak.cut) { code } else { ExitCode::Broken }
            }
            Err(error) => {
                ending.notes.push(format!("whether a secret stands in the run's files is not known: {error}"));
                ExitCode::Broken
            }
        };
        for note in &mut ending.notes {
            *note = self.redactor.cut(note);
        }
        (code, ending)
    }

    fn ended(&self, RunEnd { verdict, why, .. }: &RunEnd, ending: &mut Ending) -> ExitCode {
        // Of an interruption the summary says where it was.
        if let Some(why) = why.as_ref().filter(|_| *verdict != Verdict::Interrupted) {
            ending.notes.push(why.clone());
        }
        let again = matches!(verdict, Verdict::Interrupted | Verdict::NeedsPerson | Verdict::Guarded)
            || (*verdict == Verdict::Stuck && !is_over(self.folder));
        // A rollback that was not confirmed leaves the run over, and one that is stuck ends it: both are asked for anew.
        let stuck = *verdict == Verdict::Stuck && !again;
        if self.back || stuck {
            let go_on = again || stuck;
            ending.resume = go_on.then(|| format!("checkride rollback {}", self.folder.id));
        } else if again {
            ending.resume = Some(self.resume());
        }
        ExitCode::from(*verdict)
    }

    fn resume(&self) -> String {
        self.again.clone().unwrap_or_else(|| format!("checkride resume {}", self.folder.id))
    }
}

/// Whether the run's journal holds its end.
fn is_over(folder: &RunFolder) -> bool {
    read(&folder.journal()).is_ok_and(|journal| {
        journal
            .records
            .iter()
            .any(|record| matches!(&record.event, Ok(Event { kind: EventKind::RunFinished { .. }, .. })))
    })
}
