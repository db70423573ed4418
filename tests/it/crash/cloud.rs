//! A `CloudFormation` on loopback that remembers: each account a cloud of its own, and each change a line in its target's log.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use super::target;

const STACK: &str = "arn:stack/rig/1";

/// What is there in one account.
#[derive(Debug, Default)]
struct Account {
    project: PathBuf,
    status: Option<&'static str>,
    /// Change sets by name, and whether they were executed.
    change_sets: BTreeMap<String, bool>,
}

/// The cloud. Its thread ends with the test's process.
#[derive(Clone, Debug)]
pub(super) struct Cloud {
    /// Its address.
    pub(super) endpoint: String,
    accounts: Arc<Mutex<BTreeMap<String, Account>>>,
}

impl Cloud {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let accounts: Arc<Mutex<BTreeMap<String, Account>>> = Arc::default();
        let there = Arc::clone(&accounts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that was killed is what this is about.
                drop(serve(&stream, &there));
            }
        });
        Self { endpoint, accounts }
    }

    /// Opens an account whose changes are written to a project's log.
    pub(super) fn open(&self, account: &str, project: &Path) {
        let new = Account { project: project.to_path_buf(), ..Account::default() };
        self.accounts.lock().unwrap().insert(account.to_owned(), new);
    }

    pub(super) fn close(&self, account: &str) {
        self.accounts.lock().unwrap().remove(account);
    }
}

/// Reads one request, does what it says, and answers.
fn serve(stream: &TcpStream, accounts: &Mutex<BTreeMap<String, Account>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut account) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        if let Some((_, key)) = value.split_once("Credential=") {
            key.split('/').next().unwrap_or_default().clone_into(&mut account);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let (status, body) = match accounts.lock().unwrap().get_mut(&account) {
        Some(it) => it.answer(&form, &account),
        None => error("404 Not Found", "NoSuchAccount", "the account was closed"),
    };
    let mut writer = stream;
    write!(
        writer,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    writer.flush()
}

fn error(status: &'static str, code: &str, message: &str) -> (&'static str, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    (status, body)
}

impl Account {
    fn answer(&mut self, form: &BTreeMap<String, String>, account: &str) -> (&'static str, String) {
        let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let action = of("Action");
        let name = of("ChangeSetName").trim_start_matches("arn:cs/").to_owned();
        let result = match action {
            "GetCallerIdentity" => {
                format!("<Arn>arn:aws:iam::{account}:user/rig</Arn><UserId>AIDA</UserId><Account>{account}</Account>")
            }
            "DescribeStacks" => match self.status {
                Some(status) => format!("<Stacks>{}</Stacks>", self.stack(status)),
                None => return error("400 Bad Request", "ValidationError", "Stack with id rig does not exist"),
            },
            "GetTemplateSummary" => "<Parameters/><Capabilities/>".to_owned(),
            "GetTemplate" => "<TemplateBody>{}</TemplateBody>".to_owned(),
            "DescribeStackEvents" => format!("<StackEvents>{}</StackEvents>", self.events()),
            "CreateChangeSet" if self.change_sets.contains_key(&name) => {
                return error("400 Bad Request", "AlreadyExistsException", "there is a change set of this name");
            }
            "CreateChangeSet" => {
                target::write(&self.project, "create", || {
                    self.change_sets.insert(name.clone(), false);
                    self.status.get_or_insert("REVIEW_IN_PROGRESS");
                });
                format!("<Id>arn:cs/{name}</Id><StackId>{STACK}</StackId>")
            }
            "DescribeChangeSet" | "ExecuteChangeSet" if !self.change_sets.contains_key(&name) => {
                return error("404 Not Found", "ChangeSetNotFound", "there is no such change set");
            }
            "DescribeChangeSet" => {
                let stands = if self.change_sets[&name] { "EXECUTE_COMPLETE" } else { "AVAILABLE" };
                format!(
                    "<ChangeSetName>{name}</ChangeSetName><ChangeSetId>arn:cs/{name}</ChangeSetId>\
                     <StackId>{STACK}</StackId><StackName>rig</StackName><Status>CREATE_COMPLETE</Status>\
                     <ExecutionStatus>{stands}</ExecutionStatus><CreationTime>2026-11-21T10:00:00.000Z</CreationTime>\
                     <Changes><member><Type>Resource</Type><ResourceChange><Action>Add</Action>\
                     <LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
                     </ResourceChange></member></Changes>"
                )
            }
            "ExecuteChangeSet" if self.change_sets[&name] => {
                return error("400 Bad Request", "InvalidChangeSetStatus", "it was executed before");
            }
            "ExecuteChangeSet" => {
                target::write(&self.project, "execute", || {
                    self.change_sets.insert(name.clone(), true);
                    self.status = Some("CREATE_COMPLETE");
                });
                String::new()
            }
            _ => return error("400 Bad Request", "InvalidAction", "the rig's cloud does not know it"),
        };
        let body =
            format!("<{action}Response xmlns=\"x\"><{action}Result>{result}</{action}Result></{action}Response>");
        ("200 OK", body)
    }

    fn stack(&self, status: &str) -> String {
        let made_by = self.change_sets.iter().find(|(_, executed)| **executed).map(|(name, _)| name);
        let made_by = made_by.map(|name| format!("<ChangeSetId>arn:cs/{name}</ChangeSetId>")).unwrap_or_default();
        format!(
            "<member><StackName>rig</StackName><StackId>{STACK}</StackId><StackStatus>{status}</StackStatus>{made_by}\
             <CreationTime>2026-11-21T10:00:00.000Z</CreationTime></member>"
        )
    }

    fn events(&self) -> String {
        let event = |status: &str, second: u32| {
            format!(
                "<member><StackId>{STACK}</StackId><EventId>e-{second}</EventId><StackName>rig</StackName>\
                 <LogicalResourceId>rig</LogicalResourceId><PhysicalResourceId>{STACK}</PhysicalResourceId>\
                 <ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{status}</ResourceStatus>\
                 <Timestamp>2026-11-21T10:00:{second:02}.000Z</Timestamp></member>"
            )
        };
        match self.status {
            Some("CREATE_COMPLETE") => event("CREATE_COMPLETE", 9) + &event("REVIEW_IN_PROGRESS", 1),
            Some(_) => event("REVIEW_IN_PROGRESS", 1),
            None => String::new(),
        }
    }
}
