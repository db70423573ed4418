//! The watch itself: what it lets through, and what it keeps of it.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::intents::is_meant;
use super::recognise::recognise;
use super::table::is_read;
use super::wire::Request;

/// What may pass, and what did. One for a project, or for a door to AWS; it may stand before several endpoints.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The project whose journals say what is meant. None: nothing is.
    project: Option<PathBuf>,
    /// How many commands are under way that may write.
    writers: AtomicUsize,
    passed: Mutex<Vec<String>>,
    violations: Mutex<Vec<String>>,
    /// Whether everything passes.
    open: bool,
    /// Operations that are answered here, each with a body: what no emulator knows.
    played: Mutex<BTreeMap<String, String>>,
}

impl Watch {
    /// A watch over what only reads.
    pub(crate) fn reads() -> Arc<Self> {
        Arc::default()
    }

    /// A watch that nobody keeps: for what a test itself sets up.
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self { open: true, ..Self::default() })
    }

    /// A watch over the commands of a project.
    pub(crate) fn over(project: &Path) -> Arc<Self> {
        Arc::new(Self { project: Some(project.to_owned()), ..Self::default() })
    }

    /// For as long as it is held, what a journal of the project says is meant may be written.
    pub(crate) fn writing(self: &Arc<Self>) -> Writing {
        self.writers.fetch_add(1, Ordering::SeqCst);
        Writing(Arc::clone(self))
    }

    /// The operations that passed, in order.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.passed.lock().unwrap().clone()
    }

    /// Those of them that are no reads.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.passed().into_iter().filter(|call| !is_read(call)).collect()
    }

    /// From now on answers this operation with this body, in place of the endpoint.
    pub(crate) fn play(&self, operation: &str, body: &str) {
        self.played.lock().unwrap().insert(operation.to_owned(), body.to_owned());
    }

    /// The body that a request is answered with here.
    fn played(&self, request: &Request) -> Option<String> {
        let played = self.played.lock().unwrap();
        if played.is_empty() {
            return None;
        }
        recognise(request).iter().find_map(|call| played.get(call).cloned())
    }

    /// What was stopped since this was asked last.
    pub(crate) fn violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.violations.lock().unwrap())
    }

    /// Fails when anything was stopped.
    #[track_caller]
    pub(crate) fn holds(&self) {
        let stopped = self.violations();
        assert!(stopped.is_empty(), "stopped on its way to AWS:\n{}", stopped.join("\n"));
    }

    /// What is wrong with a request; `None` lets it pass.
    fn judge(&self, request: &Request) -> Option<String> {
        if self.open || is_health(request) {
            return None;
        }
        let calls = recognise(request);
        let Some(call) = calls.first() else {
            return Some(format!("no operation that is known: {} {}", request.method, request.path));
        };
        if !calls.iter().all(|call| is_read(call)) {
            if self.writers.load(Ordering::SeqCst) == 0 {
                return Some(format!("no read: {}", calls.join(" or ")));
            }
            let project = self.project.as_ref();
            if !project.is_some_and(|project| calls.iter().any(|call| is_meant(project, call))) {
                return Some(format!("no read, and no intent of it is on record: {}", calls.join(" or ")));
            }
        }
        self.passed.lock().unwrap().push(call.clone());
        None
    }
}

/// Whether it asks the emulator how it is: that is no operation of AWS, and nobody has signed it.
fn is_health(request: &Request) -> bool {
    request.method == "GET"
        && request.path == "/_ministack/health"
        && request.query.is_empty()
        && request.header("authorization").is_none()
        && request.bytes.len() == request.head
}

/// A command that may write is under way.
#[derive(Debug)]
pub(crate) struct Writing(Arc<Watch>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.writers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A proxy on loopback before one endpoint. Answers go back byte by byte, with every fault that they have.
///
/// What was stopped and looked at by nobody fails the test when this is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// The address to use in place of the endpoint's.
    pub(crate) endpoint: String,
    watch: Arc<Watch>,
    ended: Arc<AtomicBool>,
}

impl Proxy {
    /// A proxy before an endpoint, `http://HOST:PORT`.
    pub(crate) fn before(endpoint: &str, watch: &Arc<Watch>) -> Self {
        Self::adding(endpoint, watch, "")
    }

    /// The same, with a header in front of those of each request: with its line break, or empty.
    pub(crate) fn adding(endpoint: &str, watch: &Arc<Watch>, header: &str) -> Self {
        let header: Arc<str> = header.into();
        let target = endpoint.strip_prefix("http://").expect("an endpoint of the tests speaks HTTP").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let (ended, over) = (Arc::<AtomicBool>::default(), Arc::clone(watch));
        let end = Arc::clone(&ended);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (target, over, header) = (target.clone(), Arc::clone(&over), Arc::clone(&header));
                // Either side may go away at any time.
                thread::spawn(move || drop(carry(&client, &target, &over, &header)));
            }
        });
        Self { endpoint: own, watch: Arc::clone(watch), ended }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.endpoint.trim_start_matches("http://")));
        if !thread::panicking() {
            self.watch.holds();
        }
    }
}

/// Carries a connection: requests one by one, each judged before a byte of it goes on; answers as they come.
fn carry(client: &TcpStream, target: &str, watch: &Watch, header: &str) -> io::Result<()> {
    let mut from = BufReader::new(client);
    let mut to = client;
    let mut server: Option<TcpStream> = None;
    while let Some(mut request) = Request::read(&mut from, &mut to)? {
        if let Some(violation) = watch.judge(&request) {
            watch.violations.lock().unwrap().push(violation.clone());
            let length = violation.len();
            write!(to, "HTTP/1.1 403 Stopped\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{violation}")?;
            return client.shutdown(Shutdown::Both);
        }
        if let Some(body) = watch.played(&request) {
            let kind = "Content-Type: application/x-amz-json-1.1";
            write!(to, "HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            continue;
        }
        let first = request.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        request.bytes.splice(first..first, header.bytes());
        let server = if let Some(server) = &server {
            server
        } else {
            let Ok(connected) = TcpStream::connect(target) else { return client.shutdown(Shutdown::Both) };
            let (back, to) = (connected.try_clone()?, client.try_clone()?);
            thread::spawn(move || drop(answers(&back, &to)));
            server.insert(connected)
        };
        (&mut &*server).write_all(&request.bytes)?;
    }
    if let Some(server) = server {
        server.shutdown(Shutdown::Write)?;
    }
    Ok(())
}

fn answers(server: &TcpStream, client: &TcpStream) -> io::Result<()> {
    let (mut from, mut to, mut some) = (server, client, vec![0; 16 * 1024]);
    let result = loop {
        match from.read(&mut some) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if let Err(error) = to.write_all(&some[..count]) {
                    break Err(error);
                }
            }
            Err(error) => break Err(error),
        }
    };
    // An end of the answers is an end of the connection; it is told even when the client still listens for more.
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
    result
}
