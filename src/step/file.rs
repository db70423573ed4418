//! What the kind `file` does: a file of the project becomes `out.content`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::event::{Failure, FailureKind};
use crate::source::reader::to_json;
use crate::step::kind::FileFormat;
use crate::step::yaml::yaml_to_json;
use crate::step::{Ran, ReadAction, ReadContext, StepStop};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A file step with all its values known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileTask {
    /// The file, relative to the project.
    pub path: PathBuf,
    /// How it is read.
    pub format: FileFormat,
}

impl ReadAction for FileTask {
    async fn run(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        Ok(match self.read(&cx.project) {
            Ok(content) => Ran::well(json!({ "content": content })),
            Err(failure) => Ran::failed(failure),
        })
    }
}

impl FileTask {
    /// Reads the file. It must lie in the project, also after links are followed.
    pub fn read(&self, project: &Path) -> Result<Value, Failure> {
        let shown = self.path.display();
        let io = |error: std::io::Error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound { "there is no file" } else { "cannot read" };
            Failure::new(FailureKind::Io, format!("{kind} {shown}")).caused_by(vec![error.to_string()])
        };
        let path = fs::canonicalize(project.join(&self.path)).map_err(io)?;
        let root = fs::canonicalize(project).map_err(io)?;
        if !path.starts_with(&root) {
            return Err(Failure::new(FailureKind::Guard, format!("{shown} lies outside the project")));
        }
        let length = fs::metadata(&path).map_err(io)?.len();
        if length > LARGEST {
            return Err(Failure::new(
                FailureKind::Format,
                format!("{shown} has {length} bytes; {LARGEST} is the limit"),
            ));
        }
        let bytes = fs::read(&path).map_err(io)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::new(FailureKind::Format, format!("{shown} is not UTF-8: byte {at}"))
        })?;
        let wrong = |what: &str, why: String| {
            Failure::new(FailureKind::Format, format!("{shown} is not {what}")).caused_by(vec![why])
        };
        match self.format {
            FileFormat::Text => Ok(Value::String(text)),
            FileFormat::Json => serde_json::from_str(&text).map_err(|error| wrong("JSON", error.to_string())),
            FileFormat::Toml => to_json(&text, &shown.to_string())
                .map_err(|fault| wrong("TOML", format!("{}: {}", fault.path.unwrap_or_default(), fault.message))),
            FileFormat::Yaml => yaml_to_json(&text).map_err(|why| wrong("YAML", why)),
        }
    }
}
