//! botocore's own tests, which `scripts/test` fetches. Those of the wire formats: one service a suite, one operation a case.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where the tests of botocore's source package lie.
///
/// # Panics
/// When nobody says so: a conformance test that does not run must not pass.
pub(super) fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test runner gives the folder by the environment")]
    let folder = std::env::var("CHECKRIDE_BOTOCORE_TESTS");
    folder.expect("CHECKRIDE_BOTOCORE_TESTS names the `tests` folder of botocore's source; run scripts/test").into()
}

/// The names in a folder, sorted.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().expect("names are UTF-8")).collect();
    names.sort();
    names
}

/// A file's bytes.
pub(super) fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of JSON.
pub(super) fn json(path: &Path) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A case, with the model that it needs.
pub(super) struct Case {
    /// `input/rest-json/RestJsonAllQueryStringTypes`; with numbers where the case has no name.
    pub(super) id: String,
    /// The case itself.
    pub(super) data: Value,
    /// The endpoint of the suite's client.
    pub(super) endpoint: String,
    /// The name of the operation.
    pub(super) operation: String,
    /// A `service-2.json` with this one operation.
    pub(super) model: Vec<u8>,
}

/// All cases of one direction, old suites included.
pub(super) fn cases(direction: &str) -> Vec<Case> {
    let root = folder().join("unit/protocols");
    let mut cases = Vec::new();
    for (prefix, folder) in [("", root.join(direction)), ("legacy/", root.join("legacy").join(direction))] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        for file in files {
            read(&format!("{prefix}{direction}"), &file, &mut cases);
        }
    }
    cases
}

fn read(prefix: &str, file: &Path, cases: &mut Vec<Case>) {
    let suites: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let stem = file.file_stem().unwrap().to_str().unwrap();
    for (number, suite) in suites.iter().enumerate() {
        for (place, case) in suite["cases"].as_array().unwrap().iter().enumerate() {
            let operation = case["given"]["name"].as_str().unwrap_or("OperationName").to_owned();
            let name = case["id"].as_str().map_or_else(|| format!("{number}.{place}"), str::to_owned);
            let mut given = case["given"].clone();
            let has_members = given["output"]["shape"]
                .as_str()
                .and_then(|name| suite["shapes"][name]["members"].as_object())
                .is_some_and(|members| !members.is_empty());
            if suite["metadata"]["protocol"] == "query" && has_members {
                // The suites leave the wrapper out; the models of real services name it.
                given["output"]["resultWrapper"] = format!("{operation}Result").into();
            }
            let mut shapes = suite["shapes"].clone();
            for side in ["input", "output"] {
                // The old suites name the payload where a shape is used; models name it in the shape.
                if let (Some(payload), Some(shape)) = (given[side].get("payload"), given[side]["shape"].as_str()) {
                    shapes[shape]["payload"] = payload.clone();
                }
            }
            let model = json!({
                "metadata": suite["metadata"],
                "operations": Map::from_iter([(operation.clone(), given)]),
                "shapes": shapes,
            });
            cases.push(Case {
                id: format!("{prefix}/{stem}/{name}"),
                data: case.clone(),
                endpoint: suite["clientEndpoint"].as_str().unwrap_or("https://example.com").to_owned(),
                operation,
                model: model.to_string().into_bytes(),
            });
        }
    }
}
