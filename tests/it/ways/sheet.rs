//! A file of `tests/ways/`: what is made in the emulator, and which calls change it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checkride::aws::api::client::{Operation, resolve};
use checkride::step::inverse::{Way, way_of};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::checks::sheet::{Make, filled_in};
use crate::support::sandbox::Sandboxed;

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sheet {
    #[serde(default)]
    make: Vec<Make>,
    #[serde(rename = "row")]
    pub(super) rows: Vec<Row>,
}

/// A call that changes a setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) call: String,
    pub(super) with: Map<String, Value>,
    /// What is done first, so that something is there; without it, nothing is.
    #[serde(default)]
    pub(super) first: Vec<Make>,
}

impl Row {
    pub(super) fn operation(&self) -> Operation {
        resolve(&self.call).unwrap()
    }

    pub(super) fn way(&self) -> &'static Way {
        way_of(self.operation()).unwrap_or_else(|| panic!("{} has no way back", self.call))
    }
}

/// The folder of the files.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ways")
}

impl Sheet {
    pub(super) fn read(service: &str) -> Self {
        let path = folder().join(format!("{service}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The names of all files.
    pub(super) fn names() -> Vec<String> {
        let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = files.filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
        names.sort();
        names
    }

    /// Makes what is there at first; gives what was kept of it.
    pub(super) async fn make(&self, aws: &Sandboxed) -> BTreeMap<String, String> {
        let mut kept = BTreeMap::from([("account".to_owned(), aws.settings().account.clone())]);
        for make in &self.make {
            make.call(aws, &mut kept).await;
        }
        kept
    }

    /// The rows before which nothing is there, and those before which something is.
    pub(super) fn rounds(&self, kept: &BTreeMap<String, String>) -> [Vec<Row>; 2] {
        let row = |row: &Row| Row { with: filled_in(&row.with, kept), ..row.clone() };
        let (absent, set): (Vec<Row>, Vec<Row>) = self.rows.iter().map(row).partition(|row| row.first.is_empty());
        [absent, set]
    }
}
