//! Before the emulator: some requests are refused as IAM refuses them, the others pass.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::sandbox;

/// The emulator's address, with the requests refused in whose path, target or body `mark` stands. Its thread ends with the process.
pub(super) fn denying(mark: &'static str) -> String {
    refusing(mark, "403 Forbidden", "AccessDeniedException")
}

/// The same with an error of another status and code.
pub(super) fn refusing(mark: &'static str, status: &'static str, code: &'static str) -> String {
    let behind = sandbox::endpoint().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behind = behind.clone();
            // A client that goes away is no fault of this.
            thread::spawn(move || serve(&stream, &behind, mark, (status, code)).ok());
        }
    });
    endpoint
}

fn serve(stream: &TcpStream, behind: &str, mark: &str, (status, code): (&str, &str)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if !lower.starts_with("connection:") {
            head.push(line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut writer = stream;
    let telling = |line: &str| line.ends_with(" HTTP/1.1\r\n") || line.to_ascii_lowercase().starts_with("x-amz-target");
    if head.iter().any(|line| telling(line) && line.contains(mark)) || String::from_utf8_lossy(&body).contains(mark) {
        let xml = format!("<Error><Code>{code}</Code><Message>said so</Message><RequestId>r-1</RequestId></Error>");
        let json = format!(r#"{{"__type":"{code}","message":"said so"}}"#);
        let rest = head.iter().any(|line| line.contains("/s3/aws4_request"));
        let said = if rest { xml } else { json };
        write!(
            writer,
            "HTTP/1.1 {status}\r\nx-amzn-errortype: {code}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}",
            said.len()
        )?;
        return writer.flush();
    }
    let mut other = TcpStream::connect(behind)?;
    other.write_all(format!("{}Connection: close\r\n\r\n", head.concat()).as_bytes())?;
    other.write_all(&body)?;
    let mut answer = Vec::new();
    other.read_to_end(&mut answer)?;
    writer.write_all(&answer)?;
    writer.flush()
}
