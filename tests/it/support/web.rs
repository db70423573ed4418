//! A loopback web server of the tests' own: each request is answered as the test says, byte for byte, and kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// `GET /path HTTP/1.1`.
    pub(crate) line: String,
    /// The headers: names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Heard {
    /// The path and query.
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a request is answered: what is written is sent, and then the connection is closed, unless the server keeps it.
pub(crate) trait Answering: Fn(&Heard, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static {}

impl<T: Fn(&Heard, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static> Answering for T {}

/// The server. Its threads end with the test's process.
#[derive(Debug)]
pub(crate) struct Web {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: Arc<AtomicUsize>,
}

impl Web {
    /// A server without TLS.
    pub(crate) fn serving(answering: impl Answering) -> Self {
        Self::open(false, answering, |stream| Ok(Box::new(stream)))
    }

    /// The same, whose clients may send request after request over one connection.
    pub(crate) fn keeping(answering: impl Answering) -> Self {
        Self::open(true, answering, |stream| Ok(Box::new(stream)))
    }

    /// A server with TLS.
    pub(crate) fn secure(authority: &Authority, name: &str, last_year: i32, answering: impl Answering) -> Self {
        Self::secure_for(authority, &[name], last_year, answering)
    }

    /// A server with TLS and several names.
    pub(crate) fn secure_for(authority: &Authority, names: &[&str], last_year: i32, answering: impl Answering) -> Self {
        let config = authority.server(names, last_year);
        Self::open(false, answering, move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
            Ok(Box::new(StreamOwned::new(connection, stream)))
        })
    }

    fn open<O>(keeps: bool, answering: impl Answering, open: O) -> Self
    where
        O: Fn(TcpStream) -> std::io::Result<Box<dyn Duplex>> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let (log, answering, open) = (Arc::clone(&heard), Arc::new(answering), Arc::new(open));
        let connections: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answering, open) = (Arc::clone(&log), Arc::clone(&answering), Arc::clone(&open));
                counted.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    // A client that goes away is no fault of the server's.
                    let Ok(mut stream) = open(stream) else { return };
                    loop {
                        let Ok(request) = listen(&mut stream) else { return };
                        log.lock().unwrap().push(request.clone());
                        drop(answering(&request, &mut stream));
                        drop(stream.flush());
                        if !keeps {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, heard, connections }
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Its address without TLS.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The requests so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// How many requests for a path came so far.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.heard().iter().filter(|heard| heard.path() == path).count()
    }
}

/// A stream that a request comes by and an answer goes by.
trait Duplex: Read + Write {}

impl<T: Read + Write> Duplex for T {}

fn listen(stream: &mut dyn Duplex) -> std::io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap_or(0))];
    reader.read_exact(&mut body)?;
    Ok(Heard { line: line.trim_end().to_owned(), headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A whole answer: status line, further headers (each with its line break), body.
pub(crate) fn reply(to: &mut dyn Write, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    write!(to, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len())?;
    to.write_all(body)
}

/// The same with JSON.
pub(crate) fn reply_json(to: &mut dyn Write, status: &str, json: &str) -> std::io::Result<()> {
    reply(to, status, "Content-Type: application/json\r\n", json.as_bytes())
}

/// Leaves a client without an answer, for as long as the test lasts.
pub(crate) fn say_nothing() -> ! {
    loop {
        thread::park();
    }
}

/// A proxy that leads every `CONNECT` to one port of this machine, but for a host that begins so; it keeps the heads that it
/// was sent.
pub(crate) fn proxy(leads_to: u16, refuses: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&heads);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|length| length == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            log.lock().unwrap().push(head.clone());
            if head.strip_prefix("CONNECT ").is_some_and(|host| host.starts_with(refuses)) {
                drop(client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
            } else if head.starts_with("CONNECT ") {
                drop(client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n"));
                let server = TcpStream::connect(("127.0.0.1", leads_to)).unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                thread::spawn(move || std::io::copy(&mut &server, &mut &client));
            } else {
                drop(reply(&mut client, "200 OK", "", b"by proxy"));
            }
        }
    });
    (port, heads)
}

/// An authority that nobody else trusts.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    /// Its certificate, as a project would have it in a file.
    pub(crate) pem: String,
}

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    /// A server's settings, with a certificate for these names until the end of January of a year.
    fn server(&self, names: &[&str], last_year: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 1, 31);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], secret)
            .unwrap();
        Arc::new(config)
    }
}
