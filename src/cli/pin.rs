//! The files that decide what a run does: their bytes count in the plan's digest, and are kept with the run.

use std::collections::BTreeMap;
use std::fs;

use crate::catalog::Origin;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::load::Loaded;
use crate::cli::prepare::plan_scope;
use crate::cli::project::Project;
use crate::plan::PinnedFile;
use crate::value::Scope;
use crate::world::secret::Redactor;

pub(super) type Pinned = (Vec<PinnedFile>, BTreeMap<String, Vec<u8>>);

/// The files whose bytes decide what happens.
pub(super) fn pin(
    project: &Project,
    loaded: &Loaded,
    scope: &Scope,
    redactor: &Redactor,
) -> Result<Pinned, CommandError> {
    let mut files = Vec::new();
    let mut bytes = BTreeMap::new();
    let mut add = |path: String, content: Vec<u8>| {
        if redactor.finds(&content) {
            return Err(CommandError::new(ExitCode::Guarded, format!("{path} holds the value of a secret"))
                .hint("a file that is pinned is kept with the run: take the value out, and rotate the secret"));
        }
        let file = PinnedFile::of(path, &content);
        bytes.insert(file.sha256.clone(), content);
        if !files.contains(&file) {
            files.push(file);
        }
        Ok(())
    };
    let runbook = &loaded.runbook;
    let sources = std::iter::once(runbook.source)
        .chain(runbook.included.iter().copied())
        .chain(loaded.profile.as_ref().map(|profile| profile.source));
    for id in sources {
        let file = loaded.sources.get(id);
        add(file.path.clone(), file.text.as_bytes().to_vec())?;
    }
    for check in runbook.steps.iter().flat_map(|step| step.kind.checks()).filter_map(|own| own.check.as_ref()) {
        let path = match &check.origin {
            Origin::Embedded => format!("checkride:{}", check.id.value),
            Origin::Own(path) => format!("{path}:{}", check.id.value),
        };
        add(path, check.text.as_bytes().to_vec())?;
    }
    let known = plan_scope(scope, runbook);
    let named = runbook.steps.iter().filter_map(|step| step.kind.deciding_file()?.eval_text(&known).ok());
    for path in named.chain(runbook.files.iter().cloned()) {
        let content = fs::read(project.root.join(&path)).map_err(|error| {
            CommandError::of(ExitCode::Invalid, &error).hint(format!("{path} is a file that the runbook names"))
        })?;
        add(path, content)?;
    }
    Ok((files, bytes))
}
