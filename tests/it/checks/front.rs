//! Before the emulator: some operations are answered here, the others pass. Operations are told by what is on the wire.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::checks::sheet::Answer;
use crate::support::sandbox;
use crate::support::watch::{Request, recognise};

/// What it answers itself.
#[derive(Debug)]
pub(super) enum Answers {
    /// All but who the caller is: access denied, as the service's protocol says it.
    DeniesAll,
    /// The same for one operation.
    Denies(String),
    /// These, played back.
    Plays(Vec<Answer>),
}

/// It runs until the process ends.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) endpoint: String,
    answered: Arc<AtomicUsize>,
}

impl Front {
    pub(super) fn that(answers: Answers) -> Self {
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
    pub(super) fn answered(&self) -> usize {
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
