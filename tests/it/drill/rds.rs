//! A fake of RDS with the states of the real one: what is made is `creating` for some looks, then `backing-up`, then
//! `available`; the latest restorable time is behind; a failover takes its time, and its writer endpoint is closed meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};

use super::rds_xml::{form, points, refusal};
use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::sandbox::account;
use crate::support::web::{Heard, Web, reply};

/// How far the latest restorable time is behind.
pub(super) const LAG: TimeDelta = TimeDelta::milliseconds(1500);

/// A cluster, an instance or a snapshot.
#[derive(Clone, Debug, Default)]
pub(super) struct Thing {
    /// The states that it is seen in, look by look; the last stays. `gone`: it is not there any more.
    pub(super) states: VecDeque<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) protected: bool,
    pub(super) backup_days: u32,
    pub(super) logs: Vec<String>,
    pub(super) class: String,
    pub(super) engine: String,
    /// Of which cluster an instance is; of what a snapshot is.
    pub(super) of: String,
    /// The instance that writes.
    pub(super) writer: String,
    /// Who writes as soon as it is available again, once it has been anything else.
    pub(super) next: Option<String>,
    /// How many looks a failover is not seen at first.
    pub(super) lag: usize,
    /// Whether a failover was seen to be under way.
    pub(super) moving: bool,
    /// The type of a cluster's storage; none: I/O-Optimized.
    pub(super) storage: Option<String>,
    pub(super) parameters: String,
    pub(super) public: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// By what stands in an ARN: `cluster:orders`.
    pub(super) things: BTreeMap<String, Thing>,
    pub(super) gib: Option<u32>,
    /// The state that a restore ends in.
    pub(super) ends: String,
    pub(super) refuses: BTreeMap<String, (u32, String)>,
    /// Operations that are carried out, and whose first answer is lost.
    pub(super) loses: Vec<String>,
    /// How many looks at something that was just restored find nothing.
    pub(super) late: usize,
    /// Whether the writer endpoint stays closed after a failover.
    pub(super) shut: bool,
    /// Of what kind events were asked for.
    pub(super) kinds: Vec<String>,
    pub(super) calls: Vec<String>,
    pub(super) events: Vec<(DateTime<Utc>, String)>,
    /// The writer endpoint of all clusters, and whether it is open.
    pub(super) port: u16,
    pub(super) door: Option<TcpListener>,
}

/// The fake.
#[derive(Debug)]
pub(super) struct Rds {
    pub(super) account: String,
    web: Web,
    state: Arc<Mutex<State>>,
}

pub(super) fn states(all: &[&str]) -> VecDeque<String> {
    all.iter().map(|state| (*state).to_owned()).collect()
}

impl Thing {
    /// What it is now; none: it is gone.
    pub(super) fn look(&mut self) -> Option<String> {
        let now = if self.states.len() > 1 { self.states.pop_front() } else { self.states.front().cloned() };
        now.filter(|now| now != "gone")
    }

    pub(super) fn now(&self) -> &str {
        self.states.front().map_or("gone", String::as_str)
    }
}

impl Rds {
    /// A world with the cluster `orders` of two instances, and the instance `alone`.
    pub(super) fn new() -> Self {
        let account = account();
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let team = BTreeMap::from([
            ("team".to_owned(), "shop".to_owned()),
            ("aws:cloudformation:stack-name".to_owned(), "shop".to_owned()),
        ]);
        let cluster = Thing {
            states: states(&["available"]),
            tags: team,
            protected: true,
            backup_days: 7,
            logs: vec!["postgresql".to_owned()],
            engine: "aurora-postgresql".to_owned(),
            writer: "orders-1".to_owned(),
            parameters: "tuned".to_owned(),
            ..Thing::default()
        };
        let of_cluster = Thing {
            states: states(&["available"]),
            class: "db.r6g.large".to_owned(),
            engine: "aurora-postgresql".to_owned(),
            of: "orders".to_owned(),
            parameters: "tuned-instance".to_owned(),
            ..Thing::default()
        };
        let alone = Thing {
            of: String::new(),
            engine: "postgres".to_owned(),
            backup_days: 3,
            protected: true,
            tags: BTreeMap::from([("team".to_owned(), "shop".to_owned())]),
            ..of_cluster.clone()
        };
        let things = BTreeMap::from([
            ("cluster:orders".to_owned(), cluster),
            ("db:orders-1".to_owned(), of_cluster.clone()),
            ("db:orders-2".to_owned(), of_cluster),
            ("db:alone".to_owned(), alone),
        ]);
        let ends = "available".to_owned();
        let state = State { things, gib: Some(20), ends, port, door: Some(door), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let (shared, owner) = (Arc::clone(&state), account.clone());
        let web = Web::keeping(move |heard, to| answer(&shared, &owner, heard, to));
        Self { account, web, state }
    }

    /// A project whose profile `sandbox` is this world.
    pub(super) fn project(&self, runbook: &str) -> Project {
        let endpoint = self.web.url("");
        Project::new()
            .emulated_unwatched("sandbox", &self.account, endpoint.trim_end_matches('/'))
            .runbook("r", runbook)
            .answers("phase.drill = yes\nphase.rollback = yes")
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Refuses an operation so many times, with this code.
    pub(super) fn refuses(&self, operation: &str, times: u32, code: &str) {
        self.state().refuses.insert(operation.to_owned(), (times, code.to_owned()));
    }

    /// What is restored ends in this state.
    pub(super) fn ends_in(&self, state: &str) {
        state.clone_into(&mut self.state().ends);
    }

    /// All that there is, but for the states that pass.
    pub(super) fn everything(&self) -> Vec<String> {
        let state = self.state();
        let all = state.things.iter().filter(|(_, thing)| thing.now() != "gone");
        all.map(|(name, it)| {
            format!("{name} {:?} {} {} {:?} {} {}", it.tags, it.protected, it.backup_days, it.logs, it.writer, it.class)
        })
        .collect()
    }

    /// The names of what there is beside the sources.
    pub(super) fn made(&self) -> Vec<String> {
        let state = self.state();
        let all = state.things.iter().filter(|(_, thing)| thing.now() != "gone").map(|(name, _)| name.clone());
        let sources = ["cluster:orders", "db:orders-1", "db:orders-2", "db:alone"];
        all.filter(|name| !sources.contains(&name.as_str())).collect()
    }

    /// Changes something behind the run's back.
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Thing)) {
        change(self.state().things.entry(name.to_owned()).or_default());
    }

    /// How often an operation was called.
    pub(super) fn count(&self, operation: &str) -> usize {
        self.state().calls.iter().filter(|call| *call == operation).count()
    }
}

fn answer(state: &Mutex<State>, account: &str, heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    let input = form(&heard.body);
    let operation = match heard.header("x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap_or_default().to_owned(),
        None => input.get("Action").cloned().unwrap_or_default(),
    };
    if operation == "GetCallerIdentity" {
        return reply(to, "200 OK", "Content-Type: text/xml\r\n", caller_body(account).as_bytes());
    }
    let mut state = state.lock().unwrap();
    state.calls.push(operation.clone());
    if operation == "GetMetricStatistics" {
        return points(to, heard, state.gib);
    }
    let carried = state.carry_out(account, &operation, &input);
    if let Some(at) = state.loses.iter().position(|lost| *lost == operation) {
        state.loses.remove(at);
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    let (status, body) = match carried {
        Ok(result) => {
            let body =
                format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>");
            ("200 OK", body)
        }
        Err(code) => ("400 Bad Request", refusal(&code)),
    };
    reply(to, status, "Content-Type: text/xml\r\n", body.as_bytes())
}
