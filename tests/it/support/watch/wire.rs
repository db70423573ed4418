//! A request of HTTP/1.1 as it comes: its bytes, to be sent on as they are, and what can be read in them.

use std::io::{self, BufRead, Read, Write};

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(super) method: String,
    /// The path, as it was written.
    pub(super) path: String,
    /// The query, as it was written.
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// All of it.
    pub(crate) bytes: Vec<u8>,
    /// Where the body begins in it.
    pub(crate) head: usize,
}

impl Request {
    /// Reads the next one of a connection; none when there is none. A client that waits to be told to go on is told so, as
    /// only the whole request can be judged.
    pub(crate) fn read(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<Option<Self>> {
        let mut it = Self::default();
        let mut line = Vec::new();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        it.bytes.extend_from_slice(&line);
        let text = String::from_utf8_lossy(&line).into_owned();
        let mut words = text.split_whitespace().map(str::to_owned);
        it.method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        (it.path, it.query) = (path.to_owned(), query.to_owned());
        let mut waits = false;
        loop {
            line.clear();
            if from.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let Some((name, value)) = text.trim_end().split_once(':') else {
                it.bytes.extend_from_slice(&line);
                break;
            };
            let name = name.to_ascii_lowercase();
            if name == "expect" {
                waits = true;
                continue;
            }
            it.bytes.extend_from_slice(&line);
            it.headers.push((name, value.trim().to_owned()));
        }
        it.head = it.bytes.len();
        if waits {
            to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if it.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            it.read_chunks(from)?;
        } else if let Some(length) = it.header("content-length") {
            let length: usize = length.parse().map_err(io::Error::other)?;
            it.read_exactly(from, length)?;
        }
        Ok(Some(it))
    }

    fn read_chunks(&mut self, from: &mut impl BufRead) -> io::Result<()> {
        loop {
            let mut line = Vec::new();
            from.read_until(b'\n', &mut line)?;
            self.bytes.extend_from_slice(&line);
            let size = String::from_utf8_lossy(&line);
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
            if size == 0 {
                break;
            }
            self.read_exactly(from, size + 2)?;
        }
        // Trailers, and the empty line.
        loop {
            let mut line = Vec::new();
            from.read_until(b'\n', &mut line)?;
            self.bytes.extend_from_slice(&line);
            if line.trim_ascii().is_empty() {
                return Ok(());
            }
        }
    }

    fn read_exactly(&mut self, from: &mut impl Read, length: usize) -> io::Result<()> {
        let start = self.bytes.len();
        self.bytes.resize(start + length, 0);
        from.read_exact(&mut self.bytes[start..])
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the query says, and the body when it is a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        let mut form: Vec<_> = url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect();
        if self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            form.extend(url::form_urlencoded::parse(&self.bytes[self.head..]).into_owned());
        }
        form
    }

    /// The service in the scope of its signature.
    pub(crate) fn signed_for(&self) -> Option<String> {
        let credential = match self.header("authorization") {
            Some(header) => header.split("Credential=").nth(1)?.split([',', ' ']).next()?.to_owned(),
            // A URL that was signed beforehand.
            None => self.form().into_iter().find(|(name, _)| name == "X-Amz-Credential")?.1,
        };
        // KEY/DATE/REGION/SERVICE/aws4_request
        credential.split('/').nth(3).map(str::to_owned)
    }
}
