//! A run read back from its folder, and what it is rendered to.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cli::args::ReportFormat;
use crate::cli::command::asides::asides;
use crate::cli::command::sitting::view_of;
use crate::event::Event;
use crate::id::StepId;
use crate::journal::{Journal, RunFolder};
use crate::plan::PlanRecord;
use crate::report::verified::{Aside, Verification, Verified, annotations, comment, human, job_summary, sarif};
use crate::report::{
    Annex, ArtifactText, Excerpt, ExcerptLimit, JournalFacts, Look, RunView, html, json, junit, markdown,
};

/// A file of at most so many bytes is read as a whole: its lines can be counted, its digest checked.
const WHOLE: u64 = 64 * 1024;

/// The width of a report as text.
const WIDTH: usize = 100;

/// A run as its files tell it.
pub(crate) struct OnRecord {
    view: RunView,
    journal: JournalFacts,
    texts: Texts,
    asides: BTreeMap<StepId, Aside>,
}

impl OnRecord {
    /// A run, from its journal and its plan.
    pub(crate) fn of(folder: &RunFolder, journal: Journal, record: &PlanRecord) -> Self {
        let mut facts = JournalFacts {
            head: journal.head,
            records: journal.records.len() as u64,
            tail: journal.tail.map(|tail| {
                format!("{} bytes behind the last record, at byte {}: a crash tore them", tail.bytes, tail.offset)
            }),
            not_shown: Vec::new(),
        };
        let mut events: Vec<Event> = Vec::new();
        for record in journal.records {
            match record.event {
                Ok(event) => events.push(event),
                Err(unknown) => facts.not_shown.push(unknown.kind),
            }
        }
        Self {
            view: view_of(&journal.header, record, &events),
            journal: facts,
            texts: Texts { folder: folder.artifacts() },
            asides: BTreeMap::new(),
        }
    }

    /// The same with what the run's own files say of its steps, for the formats that show its checks.
    #[must_use]
    pub(crate) fn with_asides(mut self, folder: &RunFolder, record: &PlanRecord) -> Self {
        self.asides = asides(folder, record);
        self
    }

    /// The run in a format. Only a report in the run's own folder can link to the artifacts beside it.
    pub(crate) fn rendered(&self, format: ReportFormat, in_its_folder: bool) -> String {
        let annex = Annex { journal: Some(self.journal.clone()), texts: &self.texts, beside_artifacts: in_its_folder };
        match format {
            ReportFormat::Html => html(&self.view, &annex),
            ReportFormat::Md => markdown(&self.view, &annex),
            ReportFormat::Junit => junit(&self.view, &annex),
            ReportFormat::Json => json(&self.view, &annex),
            ReportFormat::Text => human(&self.verification(&annex), Look { color: false, unicode: true }, WIDTH),
            ReportFormat::Github => annotations(&self.verification(&annex)),
            ReportFormat::Summary => job_summary(&self.verification(&annex)),
            ReportFormat::Comment => comment(&self.verification(&annex)),
            ReportFormat::Sarif => sarif(&self.verification(&annex)),
        }
    }

    /// The run as a verification of one target.
    fn verification<'a>(&'a self, annex: &'a Annex<'a>) -> Verification<'a> {
        let target = Verified {
            target: self.view.header.verified_target(),
            view: Some(&self.view),
            annex: Some(annex),
            asides: self.asides.clone(),
            ..Verified::default()
        };
        Verification {
            title: &self.view.header.title,
            runbook: &self.view.header.runbook,
            targets: vec![target],
            verdict: self.view.verdict,
            folder: self.view.header.git.as_ref().and_then(|git| git.folder.as_deref()),
            ..Verification::default()
        }
    }
}

/// The texts in a run's `artifacts` folder. A file is never read as a whole, unless it is short.
struct Texts {
    folder: PathBuf,
}

impl ArtifactText for Texts {
    fn excerpt(&self, digest: &str, limit: ExcerptLimit) -> Option<Excerpt> {
        let hex = digest.strip_prefix("sha256-")?;
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        excerpt(&self.folder.join(digest), hex, limit).ok()
    }
}

fn excerpt(path: &Path, hex_digest: &str, limit: ExcerptLimit) -> io::Result<Excerpt> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length <= WHOLE {
        let mut bytes = Vec::new();
        file.take(WHOLE + 1).read_to_end(&mut bytes)?;
        let mut excerpt = Excerpt::of_whole(&bytes, limit);
        excerpt.altered = hex::encode(Sha256::digest(&bytes)) != hex_digest;
        return Ok(excerpt);
    }
    let mut head = vec![0; limit.head_bytes()];
    let mut tail = vec![0; limit.bytes - limit.head_bytes()];
    file.read_exact(&mut head)?;
    let between = length - (head.len() + tail.len()) as u64;
    file.seek(SeekFrom::Start(length - tail.len() as u64))?;
    file.read_exact(&mut tail)?;
    Ok(Excerpt::of_ends(&head, between, &tail, limit))
}
