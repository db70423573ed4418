//! `failover`: another instance of an Aurora cluster writes from now on.

use std::time::Duration;

use url::Url;

use crate::source::Diagnostic;
use crate::source::reader::{KeySpec, KeyType, Table};
use crate::step::kind::codes::FAILOVER;
use crate::value::{RefAt, Template, template};

/// The keys of `failover`.
pub(super) static KEYS: &[KeySpec] = &[
    KeySpec::required(
        "cluster",
        KeyType::Template,
        "The Aurora cluster, by name. It is out for a moment: a drill needs its ARN in `touches`.",
    ),
    KeySpec::optional(
        "to",
        KeyType::Template,
        "the reader that is next",
        "The reader that takes over, by the name of the instance.",
    ),
    KeySpec::optional(
        "watch",
        KeyType::Template,
        "the cluster's writer endpoint, by TCP",
        "What is tried again and again meanwhile, to see the gap: `HOST:PORT` by TCP, an `http` or `https` URL, or `none`.",
    ),
    KeySpec::optional(
        "every",
        KeyType::Duration,
        "500ms",
        "The time between two tries: how exact the gap is measured.",
    ),
    KeySpec::optional(
        "back",
        KeyType::Boolean,
        "false",
        "In `[[rollback]]`: the instance that wrote before the step that it undoes writes again.",
    ),
];

/// The time between two tries when nothing is said.
const EVERY: Duration = Duration::from_millis(500);
/// The shortest and the longest.
const BOUNDS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_mins(1));

/// Has another instance of a cluster write.
#[derive(Clone, Debug, PartialEq)]
pub struct Failover {
    /// The cluster.
    pub cluster: Template,
    /// Which one.
    pub to: FailoverTo,
    /// What is tried meanwhile, if the step says it.
    pub watch: Option<Template>,
    /// The time between two tries.
    pub every: Duration,
}

/// Which instance is to write.
#[derive(Clone, Debug, PartialEq)]
pub enum FailoverTo {
    /// The reader that is next.
    Next,
    /// This one.
    Reader(Template),
    /// The one that wrote before the step that is undone.
    Back,
}

impl Failover {
    /// Reads the keys of `failover`.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (to, watch) = (template(table, "to"), template(table, "watch"));
        let back = table.boolean("back").unwrap_or(false);
        let every = table.duration("every").map_or(EVERY, |every| every.value);
        let fault = |key: &str, message: String, help: &str| {
            let span = table.key_span(key).unwrap_or(table.span());
            table.reader().push(Diagnostic::error(FAILOVER, message).at(span, "").help(help.to_owned()));
        };
        if back && to.is_some() {
            let message = "the way back goes to the instance that wrote before: `to` has no place in it".to_owned();
            fault("to", message, "leave it out");
        }
        if let Some(text) = watch.as_ref().and_then(Template::literal)
            && let Err(why) = Probe::read(text)
        {
            fault("watch", why, "`HOST:PORT`, an `http` or `https` URL, or `none`");
        }
        if every < BOUNDS.0 || every > BOUNDS.1 {
            let message = "the gap cannot be measured so".to_owned();
            fault("every", message, "between `10ms` and `1m`");
        }
        let to = match (back, to) {
            (true, _) => FailoverTo::Back,
            (false, Some(reader)) => FailoverTo::Reader(reader),
            (false, None) => FailoverTo::Next,
        };
        Some(Self { cluster: template(table, "cluster")?, to, watch, every })
    }

    /// Whether it puts back what another step did.
    pub fn is_back(&self) -> bool {
        self.to == FailoverTo::Back
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let to = match &self.to {
            FailoverTo::Reader(reader) => Some(reader),
            FailoverTo::Next | FailoverTo::Back => None,
        };
        std::iter::once(&self.cluster).chain(to).chain(&self.watch).flat_map(Template::refs).collect()
    }
}

/// What is tried while a cluster fails over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Probe {
    /// Nothing.
    None,
    /// A connection to a host and a port.
    Tcp(String, u16),
    /// A request: any answer but one of a server in trouble (5xx) is one.
    Url(Url),
}

impl Probe {
    /// Reads a text.
    ///
    /// # Errors
    /// What is none of them, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Url::parse(text).map(Self::Url).map_err(|error| format!("`{text}` is no URL: {error}"));
        }
        let place = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        match place {
            Some((host, port)) if !host.is_empty() && !host.contains('/') && port > 0 => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                Ok(Self::Tcp(host.to_owned(), port))
            }
            _ => Err(format!("`{text}` is neither a host and a port nor a URL")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Probe;

    #[test]
    fn a_probe_is_a_port_a_url_or_nothing() {
        assert_eq!(Probe::read("none"), Ok(Probe::None));
        assert_eq!(Probe::read("main.example:5432"), Ok(Probe::Tcp("main.example".to_owned(), 5432)));
        assert_eq!(Probe::read("[::1]:5432"), Ok(Probe::Tcp("::1".to_owned(), 5432)));
        assert!(matches!(Probe::read("https://shop.example/health"), Ok(Probe::Url(_))));
        for wrong in ["", "main", "main:", ":5432", "main:0", "main:66000", "ftp://main/x:21", "http://"] {
            assert!(Probe::read(wrong).is_err(), "{wrong}");
        }
    }
}
