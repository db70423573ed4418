//! What the models say of how each operation looks on the wire.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use checkride::aws::api::bundle;
use serde::Deserialize;

/// A service: what is asked of its model here.
#[derive(Debug, Deserialize)]
pub(super) struct Service {
    #[serde(skip)]
    pub(super) name: String,
    pub(super) metadata: Metadata,
    pub(super) operations: BTreeMap<String, Operation>,
    shapes: HashMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) api_version: String,
    pub(super) protocol: String,
    #[serde(default)]
    pub(super) protocols: Vec<String>,
    pub(super) target_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) http: Http,
    input: Option<Input>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) request_uri: String,
}

#[derive(Debug, Deserialize)]
struct Input {
    shape: String,
}

#[derive(Debug, Deserialize)]
struct Shape {
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    members: HashMap<String, Member>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    location: Option<String>,
    location_name: Option<String>,
}

static KNOWN: LazyLock<Mutex<HashMap<&'static str, Arc<Service>>>> = LazyLock::new(Mutex::default);

impl Service {
    /// A service by botocore's name of it. Models are read once a process.
    pub(super) fn of(entry: &bundle::ServiceEntry) -> Arc<Self> {
        let mut known = KNOWN.lock().unwrap();
        let read = || {
            let mut it: Self = serde_json::from_str(&entry.model().unwrap()).unwrap();
            entry.name().clone_into(&mut it.name);
            Arc::new(it)
        };
        Arc::clone(known.entry(entry.name()).or_insert_with(read))
    }

    /// All services that are signed for by a name.
    pub(super) fn signed_as(name: &str) -> Vec<Arc<Self>> {
        bundle::entries().iter().filter(|entry| entry.signing_name() == name).map(Self::of).collect()
    }

    /// Whether it speaks a protocol.
    pub(super) fn speaks(&self, protocol: &str) -> bool {
        self.metadata.protocols.iter().chain([&self.metadata.protocol]).any(|spoken| spoken == protocol)
    }

    /// Whether its operations are known by method and path.
    pub(super) fn is_rest(&self) -> bool {
        self.speaks("rest-json") || self.speaks("rest-xml")
    }

    /// The names in the query that an operation cannot do without, beside those in its URI.
    pub(super) fn required_in_query(&self, operation: &Operation) -> Vec<&str> {
        let Some(shape) = operation.input.as_ref().and_then(|input| self.shapes.get(&input.shape)) else {
            return Vec::new();
        };
        let required = shape.required.iter().filter_map(|name| Some((name, shape.members.get(name)?)));
        required
            .filter(|(_, member)| member.location.as_deref() == Some("querystring"))
            .map(|(name, member)| member.location_name.as_deref().unwrap_or(name))
            .collect()
    }
}
