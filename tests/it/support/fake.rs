//! A loopback fake of AWS: gives every request the same answer, and counts them. For what no emulator says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The fake. Its thread ends with the test's process.
#[derive(Debug)]
pub(crate) struct Fake {
    /// Its address.
    pub(crate) endpoint: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Answers every request with this status line and body.
    pub(crate) fn answering(status: &'static str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is no fault of the fake's.
                if let Ok(request) = answer(&stream, status, &body) {
                    log.lock().unwrap().push(request);
                }
            }
        });
        Self { endpoint, heard }
    }

    /// STS as it answers a caller of an account.
    pub(crate) fn caller_of(account: &str) -> Self {
        Self::answering("200 OK", caller_body(account))
    }

    /// STS as it refuses, with an error code.
    pub(crate) fn refusing(code: &str, message: &str) -> Self {
        Self::answering(
            "403 Forbidden",
            format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            ),
        )
    }

    /// The operations that were called, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let action = |body: &String| {
            let rest = body.split("Action=").nth(1)?;
            Some(rest.split('&').next()?.to_owned())
        };
        heard.iter().map(|body| action(body).unwrap_or_else(|| body.clone())).collect()
    }
}

/// What STS answers a caller of an account.
pub(crate) fn caller_body(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/somebody</Arn><UserId>AIDA</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    )
}

fn answer(stream: &TcpStream, status: &str, body: &str) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut request = vec![0; length];
    reader.read_exact(&mut request)?;
    let mut writer = stream;
    write!(
        writer,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    writer.flush()?;
    Ok(String::from_utf8_lossy(&request).into_owned())
}
