//! The file that names an emulator's endpoints, and the rule that they are on loopback.

use std::collections::BTreeMap;

use url::{Host, Url};

use super::EMULATOR_ENDPOINT;
use crate::source::reader::{Document, NodeValue};
use crate::source::{Diagnostic, Diagnostics, Located, MISSING_KEY, SourceId, Sources, Span, WRONG_TYPE};

/// The endpoints of an emulator: `default = "http://127.0.0.1:PORT"`, and others by service. `scripts/sandbox` writes the
/// file.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoints {
    /// Where a service with no endpoint of its own is.
    pub default: Located<String>,
    /// Endpoints of single services, by the name that the AWS configuration uses (`rds`).
    pub services: BTreeMap<String, Located<String>>,
}

impl Endpoints {
    /// Reads the file.
    pub fn read(id: SourceId, sources: &Sources, diagnostics: &mut Diagnostics) -> Option<Self> {
        let document = match Document::parse(id, sources) {
            Ok(document) => document,
            Err(faults) => {
                diagnostics.extend(faults);
                return None;
            }
        };
        let mut found = Diagnostics::new();
        let mut services = BTreeMap::new();
        for entry in &document.root.entries {
            let name = &entry.key.value;
            if let NodeValue::Text(url) = &entry.node.value {
                if let Some(fault) = not_loopback(url, entry.node.span) {
                    found.push(fault);
                }
                services.insert(name.clone(), Located::new(url.clone(), entry.node.span));
            } else {
                found.push(
                    Diagnostic::error(WRONG_TYPE, format!("the endpoint of `{name}` is a string with a URL"))
                        .at(entry.node.span, format!("this is {}", entry.node.type_name())),
                );
            }
        }
        let default = services.remove("default");
        if default.is_none() {
            let start = Span::new(id, 0, 0);
            found.push(
                Diagnostic::error(MISSING_KEY, "the endpoints have no `default`").at(start, "`default` is missing"),
            );
        }
        let broken = found.has_errors();
        diagnostics.extend(found);
        default.filter(|_| !broken).map(|default| Self { default, services })
    }
}

/// The fault of an endpoint that is not on loopback.
pub(super) fn not_loopback(text: &str, span: Span) -> Option<Diagnostic> {
    let fault = |message: String| {
        Diagnostic::error(EMULATOR_ENDPOINT, message)
            .at(span, "")
            .help("an emulator listens on 127.0.0.1, ::1 or localhost, such as `http://127.0.0.1:4566`")
    };
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(fault(format!("`{text}` is no URL: {}", error.to_string().to_lowercase()))),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(fault(format!("`{text}` is not an `http` or `https` URL")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(fault("an endpoint holds no user name and no password".to_owned()));
    }
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    (!loopback).then(|| fault(format!("`{text}` is not on loopback")))
}

#[cfg(test)]
mod tests {
    use super::{Endpoints, not_loopback};
    use crate::source::{Diagnostics, Sources, Span};

    #[test]
    fn only_loopback_will_do() {
        let refused = |url: &str| not_loopback(url, Span::default()).is_some();
        for url in ["http://127.0.0.1:4566", "http://127.8.9.1", "https://[::1]:1", "http://localhost:5000/x"] {
            assert!(!refused(url), "{url}");
        }
        for url in [
            "http://10.0.0.7:4566",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://0.0.0.0:1",
            "http://[::]:1",
            "http://[::ffff:10.0.0.1]:1",
            "http://127.0.0.1@example.com/",
            "http://user@127.0.0.1/",
            "ftp://127.0.0.1",
            "127.0.0.1:4566",
            "",
        ] {
            assert!(refused(url), "{url}");
        }
    }

    #[test]
    fn the_file_has_a_default_and_services() {
        let mut sources = Sources::new();
        let text = "default = \"http://127.0.0.1:1\"\nrds = \"http://127.0.0.1:2\"\n";
        let id = sources.add("endpoints.toml".into(), text.into());
        let mut faults = Diagnostics::new();
        let endpoints = Endpoints::read(id, &sources, &mut faults).unwrap();
        assert_eq!(endpoints.services["rds"].value, "http://127.0.0.1:2");
        assert!(faults.is_empty());
    }
}
