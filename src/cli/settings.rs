//! What the process was started with: its environment, read once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nix::unistd::{User, getuid};

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;

/// The environment, the folder, the user and the machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Every variable.
    pub variables: BTreeMap<OsString, OsString>,
    /// The current folder.
    pub folder: PathBuf,
    /// The OS user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// `--dir`.
    pub dir: Option<PathBuf>,
}

impl Settings {
    /// Reads it all.
    pub fn read(dir: Option<PathBuf>) -> Result<Self, CommandError> {
        let folder = std::env::current_dir().map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
        let user = match User::from_uid(getuid()) {
            Ok(Some(user)) => user.name,
            Ok(None) | Err(_) => getuid().to_string(),
        };
        let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { variables: std::env::vars_os().collect(), folder, user, host, dir })
    }

    /// A variable, if it is there and is text.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(&OsString::from(name)).and_then(|value| value.to_str()).map(str::to_owned)
    }

    /// The project: `--dir`, else `CHECKRIDE_DIR`, else the nearest folder upwards that holds `.checkride` or `runbooks`.
    pub fn project(&self) -> Result<PathBuf, CommandError> {
        let named = self.dir.clone().or_else(|| self.variable("CHECKRIDE_DIR").map(PathBuf::from));
        if let Some(named) = named {
            let path = self.folder.join(&named);
            return if path.is_dir() {
                Ok(canonical(&path))
            } else {
                Err(CommandError::new(ExitCode::Usage, format!("there is no folder {}", named.display())))
            };
        }
        self.nearest(&self.folder).ok_or_else(|| {
            CommandError::new(ExitCode::Usage, "this is no project: no folder upwards holds `runbooks` or `.checkride`")
                .hint("change into the project, or name it with --dir")
        })
    }

    /// The nearest project upwards from a folder.
    pub fn nearest(&self, from: &Path) -> Option<PathBuf> {
        let from = canonical(&self.folder.join(from));
        from.ancestors()
            .find(|folder| folder.join(".checkride").is_dir() || folder.join("runbooks").is_dir())
            .map(Path::to_path_buf)
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
