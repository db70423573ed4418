//! A bucket as a test sees it: written and listed by requests of the test's own, beside checkride's client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

use crate::support::project::{HOLD, Project};
use crate::support::sandbox::{account, endpoint};

/// How many connections write at once.
const HANDS: usize = 8;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// One version of a key, or a delete marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) marker: bool,
    pub(crate) latest: bool,
    pub(crate) etag: String,
    pub(crate) class: String,
}

/// What stands under each key: every version, newest first.
pub(crate) type Versions = BTreeMap<String, Vec<Version>>;

/// A bucket in an account of its own.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) account: String,
    pub(crate) name: String,
}

/// A connection to the emulator that is kept.
struct Hand {
    stream: BufReader<TcpStream>,
    account: String,
}

impl Hand {
    fn new(account: &str) -> Self {
        let stream = TcpStream::connect(endpoint().trim_start_matches("http://")).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), account: account.to_owned() }
    }

    /// One request. The emulator takes the account from the key, and does not check signatures.
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let more = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: s3\r\nx-amz-date: 20261121T000000Z\r\n\
             x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={}/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\
             {more}Content-Length: {}\r\n\r\n",
            self.account,
            body.len()
        );
        let whole = [head.as_bytes(), body].concat();
        self.stream.get_mut().write_all(&whole).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        if line.is_empty() {
            // The server ends a connection after a thousand requests.
            *self = Self::new(&self.account);
            self.stream.get_mut().write_all(&whole).unwrap();
            self.stream.read_line(&mut line).unwrap();
        }
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = if method == "HEAD" { "0" } else { headers.get("content-length").map_or("0", String::as_str) };
        let mut body = vec![0; length.parse().unwrap()];
        self.stream.read_exact(&mut body).unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

fn coded(key: &str) -> String {
    utf8_percent_encode(key, NON_ALPHANUMERIC).to_string()
}

impl Bucket {
    /// A bucket that keeps versions.
    pub(crate) fn new() -> Self {
        let bucket = Self::unversioned();
        bucket.versioning("Enabled");
        bucket
    }

    /// One of this name, which keeps versions.
    pub(crate) fn named(account: &str, name: &str) -> Self {
        let bucket = Self { account: account.to_owned(), name: name.to_owned() };
        assert_eq!(bucket.send("PUT", "", &[], b"").status, 200);
        bucket.versioning("Enabled");
        bucket
    }

    /// One that does not.
    pub(crate) fn unversioned() -> Self {
        let account = account();
        let bucket = Self { name: format!("b-{account}"), account };
        assert_eq!(bucket.send("PUT", "", &[], b"").status, 200);
        bucket
    }

    pub(crate) fn versioning(&self, status: &str) {
        let text = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        assert_eq!(self.send("PUT", "?versioning", &[], text.as_bytes()).status, 200);
    }

    /// A request; `path` begins after the bucket's name.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        Hand::new(&self.account).send(method, &format!("/{}{path}", self.name), headers, body)
    }

    /// Writes an object; gives its version.
    #[track_caller]
    pub(crate) fn put(&self, key: &str, text: &str) -> String {
        self.put_with(key, text, &[])
    }

    #[track_caller]
    pub(crate) fn put_with(&self, key: &str, text: &str, headers: &[(&str, &str)]) -> String {
        let answer = self.send("PUT", &format!("/{}", coded(key)), headers, text.as_bytes());
        assert_eq!(answer.status, 200, "{key}: {}", answer.body);
        answer.headers.get("x-amz-version-id").cloned().unwrap_or_default()
    }

    /// Deletes an object: a marker goes on top.
    pub(crate) fn delete(&self, key: &str) {
        assert_eq!(self.send("DELETE", &format!("/{}", coded(key)), &[], b"").status, 204);
    }

    /// What an object is now; none when it is not there.
    pub(crate) fn get(&self, key: &str) -> Option<Answer> {
        let answer = self.send("GET", &format!("/{}", coded(key)), &[], b"");
        (answer.status == 200).then_some(answer)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(|answer| answer.body)
    }

    /// Writes many objects at once.
    pub(crate) fn put_all(&self, keys: &[String], text: impl Fn(&str) -> String + Sync) {
        thread::scope(|scope| {
            for hand in 0..HANDS {
                let text = &text;
                scope.spawn(move || {
                    let mut it = Hand::new(&self.account);
                    for key in keys.iter().skip(hand).step_by(HANDS) {
                        let path = format!("/{}/{}", self.name, coded(key));
                        assert_eq!(it.send("PUT", &path, &[], text(key).as_bytes()).status, 200, "{key}");
                    }
                });
            }
        });
    }

    /// The names of the account's buckets.
    pub(crate) fn all(&self) -> Vec<String> {
        let answer = Hand::new(&self.account).send("GET", "/", &[], b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let document = Document::parse(&answer.body).unwrap();
        let names = document.descendants().filter(|node| node.has_tag_name((NAMESPACE, "Bucket")));
        names.map(|node| child(node, "Name")).collect()
    }

    /// Every version of every key.
    pub(crate) fn versions(&self) -> Versions {
        let mut hand = Hand::new(&self.account);
        let mut all = Versions::new();
        let mut from = String::new();
        loop {
            let answer = hand.send("GET", &format!("/{}?versions{from}", self.name), &[], b"");
            assert_eq!(answer.status, 200, "{}", answer.body);
            let document = Document::parse(&answer.body).unwrap();
            for node in document.root_element().children() {
                let marker = node.has_tag_name((NAMESPACE, "DeleteMarker"));
                if marker || node.has_tag_name((NAMESPACE, "Version")) {
                    all.entry(child(node, "Key")).or_default().push(Version {
                        id: child(node, "VersionId"),
                        marker,
                        latest: child(node, "IsLatest") == "true",
                        etag: child(node, "ETag"),
                        class: child(node, "StorageClass"),
                    });
                }
            }
            let root = document.root_element();
            if child(root, "IsTruncated") != "true" {
                return all;
            }
            let (key, version) = (child(root, "NextKeyMarker"), child(root, "NextVersionIdMarker"));
            from = format!("&key-marker={}&version-id-marker={}", coded(&key), coded(&version));
        }
    }

    /// The tag of what is on top of each key that is there.
    pub(crate) fn state(&self) -> BTreeMap<String, String> {
        state_of(&self.versions())
    }
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

fn child(node: Node<'_, '_>, name: &str) -> String {
    let found = node.children().find(|child| child.has_tag_name((NAMESPACE, name)));
    found.and_then(|child| child.text()).unwrap_or_default().to_owned()
}

/// That no version has gone: each that was there is there still, under its key, as it was.
#[track_caller]
pub(crate) fn nothing_is_lost(before: &Versions, after: &Versions) {
    for (key, versions) in before {
        for version in versions {
            let still = after.get(key).and_then(|all| all.iter().find(|it| it.id == version.id));
            assert_eq!(still.map(|it| (&it.etag, it.marker)), Some((&version.etag, version.marker)), "{key}");
        }
    }
}

/// The tag of what is on top of each key that is there.
pub(crate) fn state_of(versions: &Versions) -> BTreeMap<String, String> {
    let tops = versions.iter().filter_map(|(key, all)| {
        let top = all.iter().find(|version| version.latest)?;
        (!top.marker).then(|| (key.clone(), top.etag.clone()))
    });
    tops.collect()
}

/// How many versions there are.
pub(crate) fn count(versions: &Versions) -> usize {
    versions.values().map(Vec::len).sum()
}

pub(crate) const RUN: &[&str] = &["run", "r", "-p", "sandbox", "--answers", "answers.toml"];
pub(crate) const BACK: &[&str] = &["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"];

/// A runbook whose one step waits while the test writes, and whose undo puts the objects back.
pub(crate) fn steps(bucket: &Bucket, more: &str) -> String {
    format!(
        "[[deploy]]\nid = \"change\"\ntitle = \"Change them\"\nkind = \"command\"\neffect = \"write\"\nshell = {HOLD:?}\n\n\
         [[rollback]]\nid = \"back\"\ntitle = \"The objects of before\"\nkind = \"s3-restore\"\nbucket = \"{}\"\n\
         undoes = [\"change\"]\n{more}\n",
        bucket.name
    )
}

pub(crate) const ANSWERS: &str = "phase.deploy = yes\nphase.rollback = yes\nphase.drill = yes";

/// A project with that runbook.
pub(crate) fn project(bucket: &Bucket, more: &str) -> Project {
    Project::sandboxed(&bucket.account).runbook("r", &steps(bucket, more)).answers(ANSWERS)
}

/// Carries the run out; what the test does meanwhile is what the run has changed.
#[track_caller]
pub(crate) fn run(project: &Project, change: impl FnOnce()) {
    run_with(project, &[], change);
}

/// The same, with more arguments.
pub(crate) fn run_with(project: &Project, more: &[&str], change: impl FnOnce()) {
    // On AWS a version's time is a second: what is written in the second in which the run begins is called doubtful.
    thread::sleep(Duration::from_secs(1));
    let mut running = project.begin(&[RUN, more].concat());
    running.until_there_is(&project.path("begun"));
    change();
    project.write("go", "");
    running.end().exits(0);
}

/// How a step ended last.
#[track_caller]
pub(crate) fn finished(project: &Project, step: &str) -> serde_json::Value {
    let mut all = project.events();
    all.retain(|event| event["kind"] == "step_finished" && event["step"] == step);
    all.pop().unwrap()
}

/// The calls that a step has intended, with what became of each.
pub(crate) fn effects(project: &Project, step: &str) -> Vec<(String, String)> {
    let events = project.events();
    let of = |kind: &'static str| events.iter().filter(move |event| event["kind"] == kind && event["step"] == step);
    of("effect_intended")
        .map(|intended| {
            let same =
                |event: &&serde_json::Value| event["attempt"] == intended["attempt"] && event["n"] == intended["n"];
            let settled = of("effect_settled").rfind(same);
            let detail = settled.map(|it| it["detail"].as_str().unwrap_or_default().to_owned());
            (intended["call"].as_str().unwrap().to_owned(), detail.unwrap_or_default())
        })
        .collect()
}
