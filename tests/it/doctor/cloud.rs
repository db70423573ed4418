//! A fake of AWS behind its own names: a proxy leads every connection to one server with TLS, which a root in `SSL_CERT_FILE`
//! stands for. So the program goes the whole way that it goes to AWS: credentials, rules, proxy, TLS, signature.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};

use checkride::world::clock::Clock;
use chrono::TimeDelta;
use serde_json::Value;

use crate::support::binary::Said;
use crate::support::project::Project;
use crate::support::web::{Authority, Heard, Web, proxy, reply};

pub(super) const ACCOUNT: &str = "123456789012";
/// The names of AWS that the certificate is for.
const NAMES: [&str; 3] = ["*.amazonaws.com", "*.us-east-1.amazonaws.com", "*.eu-west-1.amazonaws.com"];

/// How AWS is to answer.
#[derive(Clone, Debug)]
pub(super) struct Cloud {
    /// Who calls.
    pub(super) caller: String,
    /// The error that STS answers with.
    pub(super) sts_error: Option<(&'static str, &'static str)>,
    /// How far its clock is ahead, in seconds.
    pub(super) ahead: i64,
    /// Hosts that begin so answer a page.
    pub(super) page: Option<&'static str>,
    /// Hosts that begin so are not reached.
    pub(super) unreached: &'static str,
    /// What the simulation says of an action; of all others `allowed`.
    pub(super) decisions: BTreeMap<&'static str, &'static str>,
    /// Whether the simulation is refused.
    pub(super) no_simulation: bool,
    /// The ARN that `GetRole` knows.
    pub(super) role: Option<&'static str>,
}

impl Default for Cloud {
    fn default() -> Self {
        Self {
            caller: format!("arn:aws:iam::{ACCOUNT}:user/ana"),
            sts_error: None,
            ahead: 0,
            page: None,
            unreached: "nobody",
            decisions: BTreeMap::new(),
            no_simulation: false,
            role: None,
        }
    }
}

/// A project whose profile `dev` is an account of the fake.
#[derive(Debug)]
pub(super) struct Sky {
    pub(super) project: Project,
    pub(super) web: Web,
    /// The heads that the proxy was sent.
    pub(super) heads: Arc<Mutex<Vec<String>>>,
}

/// A runbook that reads a table and looks at a stack.
pub(super) const STEPS: &str = r#"
[[verify]]
id = "pitr"
title = "Backups are on"
kind = "aws"
call = "dynamodb:DescribeContinuousBackups"
with = { TableName = "mte-sessions" }
expect = ["out.ContinuousBackupsDescription.ContinuousBackupsStatus == 'ENABLED'"]
"#;

/// A key that AWS's own documents use as an example.
pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

impl Sky {
    /// The project with a runbook `r` of these steps, and keys in the environment.
    pub(super) fn over(cloud: Cloud, steps: &str) -> Self {
        let authority = Authority::new();
        let unreached = cloud.unreached;
        let web = Web::secure_for(&authority, &NAMES, 2049, move |heard, to| cloud.answer(heard, to));
        let (port, heads) = proxy(web.port, unreached);
        let project =
            Project::new().runbook("r", steps).file("profiles/dev.toml", &profile("")).file("root.pem", &authority.pem);
        let root = project.path("root.pem").display().to_string();
        let project = project
            .variable("HTTPS_PROXY", &format!("http://ana:watchword@127.0.0.1:{port}"))
            .variable("SSL_CERT_FILE", &root)
            .variable("AWS_ACCESS_KEY_ID", KEY)
            .variable("AWS_SECRET_ACCESS_KEY", SECRET);
        Self { project, web, heads }
    }

    /// With another environment or other files.
    pub(super) fn with(self, change: impl FnOnce(Project) -> Project) -> Self {
        Self { project: change(self.project), ..self }
    }

    /// What doctor finds for the profile.
    #[track_caller]
    pub(super) fn looks(&self, code: i32) -> Looks {
        Looks::of(&self.project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(code))
    }

    /// What was called: host and operation.
    pub(super) fn calls(&self) -> Vec<String> {
        let mut calls: Vec<String> =
            self.web.heard().iter().map(|heard| format!("{} {}", host(heard), operation(heard))).collect();
        calls.sort();
        calls
    }
}

/// A profile of the account in the fake.
pub(super) fn profile(more: &str) -> String {
    format!(
        "[profile]\ntitle = \"Development\"\ntier = \"development\"\n\n[aws]\naccount = \"{ACCOUNT}\"\n\
         region = \"us-east-1\"\n{more}"
    )
}

fn host(heard: &Heard) -> String {
    heard.header("host").unwrap_or_default().to_owned()
}

/// The action of a form, else method and path.
fn operation(heard: &Heard) -> String {
    let action = url::form_urlencoded::parse(heard.body.as_bytes()).find(|(name, _)| name == "Action");
    action.map_or_else(|| heard.line.trim_end_matches(" HTTP/1.1").to_owned(), |(_, value)| value.into_owned())
}

impl Cloud {
    fn answer(&self, heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
        let now = (Clock::System.now() + TimeDelta::seconds(self.ahead)).format("%a, %d %b %Y %H:%M:%S GMT");
        let head = |kind: &str| format!("Date: {now}\r\nContent-Type: {kind}\r\nConnection: close\r\n");
        if self.page.is_some_and(|page| host(heard).starts_with(page)) {
            return reply(to, "200 OK", &head("text/html; charset=utf-8"), b"<html>Log in to the guest network</html>");
        }
        let aws = format!("{}x-amzn-RequestId: r-1\r\n", head("text/xml"));
        let error = |code: &str, message: &str| {
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>r-1</RequestId></ErrorResponse>"
            )
        };
        let denied = || error("AccessDenied", "not authorized to perform this");
        let (status, body) = match (operation(heard).as_str(), self.sts_error) {
            ("GetCallerIdentity", Some((code, message))) => ("403 Forbidden", error(code, message)),
            ("GetCallerIdentity", None) => ("200 OK", self.identity()),
            ("SimulatePrincipalPolicy", _) if self.no_simulation => ("403 Forbidden", denied()),
            ("SimulatePrincipalPolicy", _) => ("200 OK", self.simulated(&heard.body)),
            ("GetRole", _) => match self.role {
                Some(arn) => ("200 OK", role(arn)),
                None => ("403 Forbidden", denied()),
            },
            ("GET /", _) => ("302 Found", String::new()),
            _ => ("400 Bad Request", error("InvalidAction", "the fake knows no such action")),
        };
        reply(to, status, &aws, body.as_bytes())
    }

    fn identity(&self) -> String {
        let account = self.caller.split(':').nth(4).unwrap();
        format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{}</Arn><UserId>AIDA</UserId>\
             <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
            self.caller
        )
    }

    fn simulated(&self, body: &str) -> String {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let of = |prefix: &'static str| {
            form.iter().filter(move |(name, _)| name.starts_with(prefix)).map(|(_, value)| value.clone())
        };
        let resource = of("ResourceArns").next().unwrap_or_else(|| "*".to_owned());
        let mut members = String::new();
        for action in of("ActionNames") {
            let decision = self.decisions.get(action.as_str()).copied().unwrap_or("allowed");
            write!(
                members,
                "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>\
                 <EvalDecision>{decision}</EvalDecision></member>"
            )
            .unwrap();
        }
        format!(
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>\
             <EvaluationResults>{members}</EvaluationResults></SimulatePrincipalPolicyResult>\
             </SimulatePrincipalPolicyResponse>"
        )
    }
}

fn role(arn: &str) -> String {
    format!(
        "<GetRoleResponse><GetRoleResult><Role><Path>/x/</Path><RoleName>deployer</RoleName><RoleId>AROA</RoleId>\
         <Arn>{arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>"
    )
}

/// The lines that doctor found.
#[derive(Debug)]
pub(super) struct Looks(pub(super) Value);

impl Looks {
    pub(super) fn of(said: &Said) -> Self {
        Self(said.json())
    }

    /// The lines in this state, by look and what it is about.
    pub(super) fn that_are(&self, state: &str) -> Vec<String> {
        let name = |look: &Value| match look["about"].as_str() {
            Some(about) => format!("{} {about}", look["look"].as_str().unwrap()),
            None => look["look"].as_str().unwrap().to_owned(),
        };
        let all = self.0["looks"].as_array().unwrap().iter();
        all.filter(|look| look["state"] == state).map(name).collect()
    }

    /// Asserts that exactly these have failed, and these are not known; all others are well, or a warning.
    #[track_caller]
    pub(super) fn are(&self, failed: &[&str], unknown: &[&str]) -> &Self {
        assert_eq!(self.that_are("failed"), failed, "{:#}", self.0);
        assert_eq!(self.that_are("unknown"), unknown, "{:#}", self.0);
        self
    }

    /// Asserts that exactly these are warnings.
    #[track_caller]
    pub(super) fn warn(&self, warned: &[&str]) -> &Self {
        assert_eq!(self.that_are("warn"), warned, "{:#}", self.0);
        self
    }

    /// Asserts that a line says this, in what was found, its details or its remedy.
    #[track_caller]
    pub(super) fn says(&self, look: &str, text: &str) -> &Self {
        let all = self.0["looks"].as_array().unwrap().iter().filter(|it| it["look"] == look);
        let lines: Vec<String> = all.map(ToString::to_string).collect();
        assert!(lines.iter().any(|line| line.contains(text)), "`{text}` is not in {lines:#?}");
        self
    }
}
