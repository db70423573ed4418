//! Whether the services can be reached: name, address, TLS, and any answer of HTTP. Nothing is signed, and only `GET /` is sent.

use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::aws::api::client::{ApiFailure, Operation, resolve};
use crate::aws::{AwsError, AwsReads};
use crate::cli::command::doctor::finding::Finding;
use crate::cli::command::doctor::needs::Planned;
use crate::cli::command::doctor::patience::{TOO_LONG, all, patiently};
use crate::cli::settings::Settings;
use crate::world::clock::Clock;
use crate::world::http::{Client, HttpError, Proxies, Request, causes};

/// How much of an emulator's account of itself is read, in bytes.
const MOST: usize = 64 * 1024;

/// Where services answer, and what came of it.
#[derive(Debug)]
pub(super) struct Probe {
    /// The services that answer there; STS stands first.
    pub(super) services: Vec<String>,
    /// The address, if there is one.
    url: Result<Url, Nowhere>,
    /// The proxy that leads there.
    proxy: Option<String>,
    pub(super) got: Result<Answered, Unreached>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    status: u16,
    latency: Duration,
    /// Their clock and ours, where they tell.
    pub(super) clocks: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// A page for people, with no word of AWS's in its head.
    is_page: bool,
    server: String,
    body: Vec<u8>,
}

/// Why there is no address.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Nowhere {
    why: String,
    /// What to do, where no call of the service can be made; else it hangs on the call.
    remedy: Option<&'static str>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) struct Unreached {
    why: String,
    remedy: &'static str,
}

impl Probe {
    /// Whether what answers there may be AWS.
    pub(super) fn is_sound(&self) -> bool {
        self.got.as_ref().is_ok_and(|answer| !answer.is_page)
    }

    /// The line. `strange`: the region may be none, and then nothing more is said of its hosts.
    pub(super) fn finding(&self, strange: bool) -> Finding {
        let finding = match (&self.url, &self.got) {
            (Ok(url), Ok(answer)) => self.answered(url, answer),
            (Ok(_), Err(_)) if strange => {
                Finding::unknown("endpoint", "the region is not known: see the line `region`")
            }
            (Ok(url), Err(Unreached { why, remedy })) => {
                let by = self.proxy.as_ref().map_or_else(String::new, |proxy| format!(" by proxy {proxy}"));
                Finding::failed("endpoint", format!("{url} is not reached{by}: {why}"), *remedy)
            }
            (Err(Nowhere { why, remedy: Some(remedy) }), _) => Finding::failed("endpoint", why, *remedy),
            (Err(Nowhere { why, remedy: None }), _) => Finding::unknown("endpoint", why),
        };
        finding.about(self.services.join(", "))
    }

    fn answered(&self, url: &Url, answer: &Answered) -> Finding {
        let by = self.proxy.as_ref().map_or_else(String::new, |proxy| format!(" by proxy {proxy}"));
        if answer.is_page {
            let found = format!("what answers at {url}{by} is not AWS: a page of HTML, status {}", answer.status);
            return Finding::failed(
                "endpoint",
                found,
                "a network that wants a login, or a proxy? look at it with a browser",
            );
        }
        Finding::ok("endpoint", format!("{url}{by}: status {} in {} ms", answer.status, answer.latency.as_millis()))
    }
}

/// Asks the endpoint of STS, and those of the services that are called, each once. An emulator's own address is left to
/// [`emulator`].
pub(super) async fn endpoints(reads: &AwsReads, calls: &[Planned], network: &Rc<Network>) -> Vec<Probe> {
    let home = reads.settings().region.clone();
    let mut called: Vec<_> = calls
        .iter()
        .filter_map(|Planned { need, .. }| {
            // What only IAM asks for beside a call is no operation.
            let operation = resolve(&format!("{}:{}", need.service, need.operation)).ok()?;
            Some((operation, need.region.clone()))
        })
        .collect();
    let key = |(operation, region): &(Operation, String)| (operation.call(), region.clone());
    called.sort_by_key(key);
    called.dedup_by_key(|it| key(it));
    let own = resolve("sts:GetCallerIdentity").ok().map(|operation| (operation, home.clone()));
    let wanted = own.into_iter().chain(called);
    let mut places: Vec<(Result<Url, Nowhere>, Vec<String>)> = Vec::new();
    for (operation, region) in wanted {
        let place = place(reads, operation, &region).await;
        let service = operation.service_name();
        if reads
            .settings()
            .emulator
            .as_ref()
            .is_some_and(|it| place.as_ref().ok() == Url::parse(&it.default).ok().as_ref())
        {
            continue;
        }
        let name = if region == home { service.to_owned() } else { format!("{service} in {region}") };
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, services)) if services.contains(&name) => {}
            Some((_, services)) => services.push(name),
            None => places.push((place, vec![name])),
        }
    }
    all(places.into_iter().map(|(url, services)| {
        let network = Rc::clone(network);
        async move {
            let got = match &url {
                Ok(url) => network.ask(url).await,
                Err(Nowhere { why, .. }) => Err(Unreached { why: why.clone(), remedy: "" }),
            };
            let proxy = url.as_ref().ok().and_then(|url| network.proxy(url));
            Probe { services, url, proxy, got }
        }
    }))
    .await
}

async fn place(reads: &AwsReads, operation: Operation, region: &str) -> Result<Url, Nowhere> {
    let failed = |error: &AwsError| Nowhere { why: error.to_string(), remedy: error.remedy() };
    let there = if region == reads.settings().region {
        reads.clone()
    } else {
        reads.in_region(region).map_err(|error| failed(&error))?
    };
    let url = there.api().endpoint(operation).await.map_err(|failure| match failure {
        ApiFailure::NotSent(why) => Nowhere { why: format!("where it is hangs on what is asked: {why}"), remedy: None },
        ApiFailure::Aws(error) => failed(&error),
        ApiFailure::Pages(why) => Nowhere { why: why.to_string(), remedy: None },
    })?;
    Url::parse(&url).map_err(|error| Nowhere { why: format!("{url} is no address: {error}"), remedy: None })
}

/// The emulator: whether it answers, and what it is.
pub(super) async fn emulator(endpoint: &str, network: &Network) -> Probe {
    let own = |path: &str| {
        let nowhere = |error: url::ParseError| Nowhere { why: error.to_string(), remedy: Some("correct the endpoint") };
        Url::parse(endpoint).and_then(|url| url.join(path)).map_err(nowhere)
    };
    let ask = async |path: &str| match own(path) {
        Ok(url) => network.ask(&url).await,
        Err(Nowhere { why, .. }) => Err(Unreached { why, remedy: "" }),
    };
    let got = match ask("/_ministack/health").await {
        // Others have no such path: what they say of it says nothing.
        Ok(answer) if answer.status != 200 || name(&answer).is_none() => ask("/").await,
        got => got,
    };
    Probe { services: vec!["sts".to_owned()], url: own("/"), proxy: None, got }
}

/// Its line.
pub(super) fn emulator_finding(endpoint: &str, probe: &Probe) -> Finding {
    match &probe.got {
        Ok(answer) if answer.is_page => Finding::failed(
            "emulator",
            format!("what answers at {endpoint} is no emulator of AWS: a page of HTML, status {}", answer.status),
            "correct the endpoint of the profile; in this project, `scripts/sandbox up` starts the emulator",
        ),
        Ok(answer) => {
            let name = name(answer).unwrap_or_else(|| "an emulator that does not say which".to_owned());
            let found = format!("{name} at {endpoint}: status {} in {} ms", answer.status, answer.latency.as_millis());
            Finding::ok("emulator", found)
        }
        Err(Unreached { why, .. }) => Finding::failed(
            "emulator",
            format!("nothing answers at {endpoint}: {why}"),
            "start it: `scripts/sandbox up` where the project has one",
        ),
    }
}

/// Which emulator this is: `MiniStack` says so where it is asked for its health, moto by its server.
fn name(answer: &Answered) -> Option<String> {
    let health: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if let Some(version) = health.as_ref().filter(|it| it["services"].is_object()).and_then(|it| it["version"].as_str())
    {
        return Some(format!("MiniStack {version}"));
    }
    (answer.server.contains("Werkzeug") && answer.server.contains("amazon.com")).then(|| "moto".to_owned())
}

/// The way out of this machine.
#[derive(Debug)]
pub(super) struct Network {
    client: Client,
    proxies: Proxies,
}

impl Network {
    /// By the proxies of the environment, as the calls themselves go.
    pub(super) fn of(settings: &Settings) -> Self {
        let proxies = || Proxies::of(|name| settings.variable(name));
        Self { client: Client::new(proxies(), None), proxies: proxies() }
    }

    fn proxy(&self, url: &Url) -> Option<String> {
        self.proxies.named(url)
    }

    async fn ask(&self, url: &Url) -> Result<Answered, Unreached> {
        let slow = Unreached {
            why: TOO_LONG.to_owned(),
            remedy: "check network and firewall; behind a proxy, set HTTPS_PROXY",
        };
        patiently(self.exchange(url)).await.unwrap_or(Err(slow))
    }

    async fn exchange(&self, url: &Url) -> Result<Answered, Unreached> {
        let connection = self.client.connect(url).await.map_err(|error| unreached(&error))?;
        let request = Request { method: "GET", url, headers: &[], body: None };
        let mut answer = connection.send(&request).await.map_err(|error| unreached(&error))?;
        let now = Clock::System.now();
        let date = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let html = answer.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"));
        let amazon = answer.headers.iter().any(|(name, _)| name.starts_with("x-amz"));
        let server = answer.header("server").unwrap_or_default().to_owned();
        let (status, latency) = (answer.status, answer.latency);
        let mut body = Vec::new();
        // A body that breaks off says less, and no more than that.
        while let Ok(Some(piece)) = answer.piece().await {
            body.extend_from_slice(&piece[..piece.len().min(MOST - body.len())]);
            if body.len() == MOST {
                break;
            }
        }
        let clocks = date.map(|date| (date.to_utc(), now));
        Ok(Answered { status, latency, clocks, is_page: html && !amazon, server, body })
    }
}

fn unreached(error: &HttpError) -> Unreached {
    let why = std::iter::once(error.to_string()).chain(causes(error)).collect::<Vec<_>>().join(": ");
    let remedy = match error {
        HttpError::Resolve { .. } => "check the network, the VPN and the region's name",
        HttpError::Connect { .. } => "check network and firewall; behind a proxy, set HTTPS_PROXY",
        HttpError::Proxy { .. } => "correct HTTPS_PROXY, or name the host in NO_PROXY",
        HttpError::Tls { .. } => {
            "does a proxy open TLS here? add its root to those of this machine, or name it in SSL_CERT_FILE"
        }
        HttpError::NoRoots { .. } | HttpError::Authority { .. } => "install the ca-certificates of the system",
        HttpError::Request { .. } | HttpError::Lost { .. } | HttpError::Malformed { .. } | HttpError::Cut { .. } => {
            "what answers there is not AWS: look at it with `curl -v`"
        }
    };
    Unreached { why, remedy }
}

/// The proxies that the environment names, without users and passwords.
pub(super) fn proxies(settings: &Settings) -> Option<Finding> {
    let mut named = Vec::new();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        let value = settings.variable(&name.to_lowercase()).or_else(|| settings.variable(name));
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let shown = value.rsplit('@').next().unwrap_or_default();
            named.push(format!("{name}={shown}"));
        }
    }
    (!named.is_empty()).then(|| Finding::ok("proxy", named.join(", ")))
}
