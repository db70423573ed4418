//! A bucket that answers as S3 does, and as no emulator can be made to: slow, deaf, or saying no.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use checkride::aws::Aws;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::support::replay::{Replay, Sent, Turn, settings};

/// One version; times are seconds.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) class: String,
    pub(super) marker: bool,
}

/// What it is told to do.
#[derive(Debug, Default)]
pub(super) struct Tale {
    /// The versions of each key, newest first.
    pub(super) keys: BTreeMap<String, Vec<Kept>>,
    /// How many versions a page holds; none: all.
    pub(super) page: Option<usize>,
    /// How often each object is throttled before it is copied.
    pub(super) throttled: u32,
    /// Objects of which nobody may make a copy.
    pub(super) denied: BTreeSet<String>,
    /// Objects of which the first copy is made, and the answer lost.
    pub(super) lost: BTreeSet<String>,
    /// Every copy is refused with this code and status.
    pub(super) refuses: Option<(u16, &'static str)>,
    /// Objects that somebody else writes to as soon as they are copied.
    pub(super) meddled: BTreeSet<String>,
    /// Encrypted by KMS: no copy has its source's tag.
    pub(super) kms: bool,
    /// What HEAD says beside.
    pub(super) head: BTreeMap<String, Vec<(&'static str, String)>>,
    pub(super) tried: BTreeMap<String, u32>,
    pub(super) made: u32,
    /// The parts that were copied, by their ranges.
    pub(super) parts: Vec<String>,
}

/// The bucket `b`, and a door to it.
#[derive(Clone, Debug)]
pub(super) struct Scripted {
    pub(super) tale: Arc<Mutex<Tale>>,
    replay: Replay,
}

impl Scripted {
    pub(super) fn of(tale: Tale) -> Self {
        let tale = Arc::new(Mutex::new(tale));
        let told = Arc::clone(&tale);
        Self { tale, replay: Replay::answering(move |sent| told.lock().unwrap().answer(sent)) }
    }

    pub(super) fn aws(&self) -> Aws {
        self.replay.aws()
    }

    /// The requests so far. Of each it holds whose the bucket must be, and that none of them takes a version away.
    pub(super) fn sent(&self) -> Vec<Sent> {
        let sent = self.replay.sent();
        for one in &sent {
            let owner = one.headers.get("x-amz-expected-bucket-owner");
            assert_eq!(owner, Some(&settings().account), "{one:?}");
            assert!(!(one.action.starts_with("DELETE") && one.action.contains("versionId")), "{one:?}");
        }
        sent
    }

    /// How many requests begin so.
    pub(super) fn count(&self, method: &str, with: &str) -> usize {
        self.sent().iter().filter(|sent| sent.action.starts_with(method) && sent.action.contains(with)).count()
    }

    /// What is on top of each key that is there.
    pub(super) fn tops(&self) -> BTreeMap<String, String> {
        let tale = self.tale.lock().unwrap();
        let tops = tale.keys.iter().filter(|(_, all)| !all[0].marker);
        tops.map(|(key, all)| (key.clone(), all[0].etag.clone())).collect()
    }

    /// How many versions a key has.
    pub(super) fn versions(&self, key: &str) -> usize {
        self.tale.lock().unwrap().keys[key].len()
    }
}

impl Tale {
    /// So many objects, each with a version of second 10 and one of second 30.
    pub(super) fn of(objects: usize) -> Self {
        let mut tale = Self::default();
        for number in 0..objects {
            tale.put(&format!("k{number:03}"), 10, "old");
        }
        let keys: Vec<String> = tale.keys.keys().cloned().collect();
        for key in keys {
            tale.put(&key, 30, "new");
        }
        tale
    }

    /// Writes an object.
    pub(super) fn put(&mut self, key: &str, at: i64, etag: &str) {
        self.made += 1;
        let id = format!("v{}", self.made);
        let (etag, class) = (etag.to_owned(), "STANDARD".to_owned());
        let kept = Kept { id, at, etag, size: 3, class, marker: false };
        self.keys.entry(key.to_owned()).or_default().insert(0, kept);
    }

    fn answer(&mut self, sent: &Sent) -> Turn {
        let (method, uri) = sent.action.split_once(' ').unwrap();
        let url = Url::parse(uri).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let path = percent_decode_str(url.path()).decode_utf8().unwrap().into_owned();
        let key = path.strip_prefix("/b").unwrap().trim_start_matches('/').to_owned();
        let has = |name: &str| query.contains_key(name);
        match method {
            "GET" if has("versioning") => {
                Turn::Answer(200, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".into())
            }
            "GET" if has("versions") => Turn::Answer(200, self.list(&query)),
            "GET" if has("tagging") => Turn::Answer(
                200,
                "<Tagging><TagSet><Tag><Key>a b</Key><Value>1</Value></Tag></TagSet></Tagging>".to_owned(),
            ),
            "HEAD" => self.look(&key, query.get("versionId")),
            "PUT" if has("uploadId") => {
                self.parts.push(sent.headers["x-amz-copy-source-range"].clone());
                Turn::Answer(200, "<CopyPartResult><ETag>\"part\"</ETag></CopyPartResult>".to_owned())
            }
            "PUT" => self.copy(&key, &sent.headers["x-amz-copy-source"]),
            "POST" if has("uploads") => {
                let id = "<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>";
                Turn::Answer(200, id.to_owned())
            }
            "POST" => {
                let id = self.on_top(&key, "whole-12");
                let text = "<CompleteMultipartUploadResult><ETag>\"whole-12\"</ETag></CompleteMultipartUploadResult>";
                Turn::With(200, vec![("x-amz-version-id", id)], text.to_owned())
            }
            "DELETE" => {
                let id = self.on_top(&key, "");
                self.keys.get_mut(&key).unwrap()[0].marker = true;
                Turn::With(204, vec![("x-amz-version-id", id), ("x-amz-delete-marker", "true".into())], String::new())
            }
            _ => panic!("{} is not expected", sent.action),
        }
    }

    fn list(&self, query: &BTreeMap<String, String>) -> String {
        let all: Vec<(&String, usize, &Kept)> =
            self.keys.iter().flat_map(|(key, all)| all.iter().enumerate().map(move |(at, it)| (key, at, it))).collect();
        let after = |(key, _, it): &(&String, usize, &Kept)| {
            query.get("key-marker") == Some(key) && query.get("version-id-marker") == Some(&it.id)
        };
        let from = all.iter().position(after).map_or(0, |at| at + 1);
        let until = (from + self.page.unwrap_or(all.len())).min(all.len());
        let versions = all[from..until].iter().map(|(key, at, it)| {
            let (name, latest) = (if it.marker { "DeleteMarker" } else { "Version" }, *at == 0);
            let time = chrono::DateTime::from_timestamp(it.at, 0).unwrap().to_rfc3339().replace("+00:00", ".000Z");
            let (key, Kept { id, etag, size, class, .. }) = (coded(key), it);
            let object =
                format!("<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>{class}</StorageClass>");
            let object = if it.marker { String::new() } else { object };
            format!(
                "<{name}><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
                 <LastModified>{time}</LastModified>{object}</{name}>"
            )
        });
        let versions = versions.collect::<Vec<_>>().concat();
        let more = until < all.len();
        let next = all[..until].last().filter(|_| more).map(|(key, _, it)| {
            let key = coded(key);
            format!("<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{}</NextVersionIdMarker>", it.id)
        });
        format!(
            "<ListVersionsResult><EncodingType>url</EncodingType>{versions}<IsTruncated>{more}</IsTruncated>{}\
             </ListVersionsResult>",
            next.unwrap_or_default()
        )
    }

    fn look(&self, key: &str, version: Option<&String>) -> Turn {
        let all = &self.keys[key];
        let found = version.map_or(all.first(), |id| all.iter().find(|it| it.id == *id)).filter(|it| !it.marker);
        let Some(found) = found else { return Turn::With(404, Vec::new(), String::new()) };
        let mut headers = vec![
            ("etag", format!("\"{}\"", found.etag)),
            ("x-amz-version-id", found.id.clone()),
            ("content-length", found.size.to_string()),
            ("x-amz-storage-class", found.class.clone()),
            ("x-amz-server-side-encryption", "aws:kms".to_owned()),
            ("x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:us-east-1:1:key/k".to_owned()),
            ("x-amz-meta-owner", "ann".to_owned()),
            ("content-type", "text/x-old".to_owned()),
        ];
        headers.extend(self.head.get(key).into_iter().flatten().cloned());
        Turn::With(200, headers, String::new())
    }

    fn copy(&mut self, key: &str, source: &str) -> Turn {
        let tried = self.tried.entry(key.to_owned()).or_default();
        *tried += 1;
        let (tried, refused) = (*tried, |status, code: &str| {
            Turn::Answer(status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
        });
        if let Some((status, code)) = self.refuses {
            return refused(status, code);
        }
        if self.denied.contains(key) {
            return refused(403, "AccessDenied");
        }
        if tried <= self.throttled {
            return refused(503, "SlowDown");
        }
        let id = source.split_once("?versionId=").unwrap().1;
        let source = self.keys[key].iter().find(|it| it.id == id).unwrap().clone();
        let etag = if self.kms { format!("{}-{tried}", source.etag) } else { source.etag };
        let id = self.on_top(key, &etag);
        if self.meddled.contains(key) {
            self.put(key, 200, "stranger");
        }
        if tried == 1 && self.lost.contains(key) {
            return Turn::Lost;
        }
        let text = format!("<CopyObjectResult><ETag>\"{etag}\"</ETag></CopyObjectResult>");
        Turn::With(200, vec![("x-amz-version-id", id)], text)
    }

    fn on_top(&mut self, key: &str, etag: &str) -> String {
        self.put(key, 100, etag);
        self.keys[key][0].id.clone()
    }
}

/// A key as a listing with `encoding-type=url` has it.
fn coded(key: &str) -> String {
    key.replace('%', "%25").replace(' ', "+")
}
