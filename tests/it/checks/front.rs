//! Before the emulator: some operations are answered here, the others pass. Operations are told by what is on the wire.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::checks::sheet::Answer;
use crate::support::sandbox;
use crate::support::watch::{Request, recognise};

/// What it answers itself.
#[derive(Debug)]
pub(crate) enum Answers {
    /// All but who the caller is: access denied, as the service's protocol says it.
    DeniesAll,
    /// The same for one operation.
    Denies(String),
    /// These, played back.
    Plays(Vec<Answer>),
    /// What one operation gives is kept, another one gives it back, and a third takes it away.
    Keeps(Kept),
    /// An operation is done, and its answer lost.
    Loses(String),
}

/// A thing that the emulator does not know, kept as it came.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) put: &'static str,
    pub(crate) get: &'static str,
    pub(crate) delete: &'static str,
    /// What is answered where there is nothing.
    pub(crate) absent: &'static str,
    pub(crate) there: Arc<Mutex<Option<String>>>,
}

impl Kept {
    fn answer(&self, is: impl Fn(&str) -> bool, request: &Request) -> Option<(u16, String)> {
        let mut there = self.there.lock().unwrap();
        if is(self.put) {
            *there = Some(String::from_utf8_lossy(&request.bytes[request.head..]).into_owned());
            return Some((200, String::new()));
        }
        if is(self.delete) {
            *there = None;
            return Some((204, String::new()));
        }
        is(self.get).then(|| there.clone().map_or_else(|| (404, self.absent.to_owned()), |text| (200, text)))
    }
}

/// It runs until the process ends.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) endpoint: String,
    answered: Arc<AtomicUsize>,
}

impl Front {
    pub(crate) fn that(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let behind = sandbox::endpoint().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (answers, answered) = (Arc::new(answers), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&answered);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, count, behind) = (Arc::clone(&answers), Arc::clone(&count), behind.clone());
                // A client that goes away is no fault of this.
                thread::spawn(move || drop(serve(&stream, &answers, &count, &behind)));
            }
        });
        Self { endpoint, answered }
    }

    /// How many requests it has answered itself.
    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

/// One request a connection.
fn serve(stream: &TcpStream, answers: &Answers, answered: &AtomicUsize, behind: &str) -> std::io::Result<()> {
    let mut to = stream;
    let Some(request) = Request::read(&mut BufReader::new(stream), &mut to)? else { return Ok(()) };
    let calls = recognise(&request);
    let is = |call: &str| calls.iter().any(|known| known == call);
    let answer = match answers {
        Answers::DeniesAll => (!is("sts:GetCallerIdentity")).then(|| denied(&request)),
        Answers::Denies(call) => is(call).then(|| denied(&request)),
        Answers::Plays(answers) => {
            let played = answers.iter().find(|answer| is(&answer.to));
            played.map(|answer| (answer.status, answer.body.clone()))
        }
        Answers::Keeps(kept) => kept.answer(is, &request),
        Answers::Loses(_) => None,
    };
    if let Some((status, body)) = answer {
        answered.fetch_add(1, Ordering::SeqCst);
        write!(
            to,
            "HTTP/1.1 {status} Word\r\nx-amzn-requestid: r-1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        return to.flush();
    }
    let head = String::from_utf8_lossy(&request.bytes[..request.head]).into_owned();
    let head: String = head
        .split_inclusive("\r\n")
        .filter(|line| *line != "\r\n" && !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    let mut server = TcpStream::connect(behind)?;
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&request.bytes[request.head..])?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if matches!(answers, Answers::Loses(call) if is(call)) {
        answered.fetch_add(1, Ordering::SeqCst);
        return Ok(());
    }
    to.write_all(&answer)?;
    to.flush()
}

/// Access denied, in the words of the protocol that a request speaks.
fn denied(request: &Request) -> (u16, String) {
    let is_form = request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form"));
    let service = request.signed_for().unwrap_or_default();
    let error =
        |code: &str| format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>not allowed</Message></Error>");
    let xml = |code: &str| format!("<ErrorResponse>{}<RequestId>r-1</RequestId></ErrorResponse>", error(code));
    match (service.as_str(), request.header("x-amz-target")) {
        (_, Some(_)) => (400, r#"{"__type":"AccessDeniedException","message":"not allowed"}"#.to_owned()),
        ("s3", None) => (403, error("AccessDenied")),
        ("ec2", None) => {
            let errors = format!("<Errors>{}</Errors>", error("UnauthorizedOperation"));
            (403, format!("<Response>{errors}<RequestID>r-1</RequestID></Response>"))
        }
        ("cloudfront", None) => (403, xml("AccessDenied")),
        _ if is_form => (403, xml("AccessDenied")),
        _ => (403, r#"{"code":"AccessDeniedException","message":"not allowed"}"#.to_owned()),
    }
}
