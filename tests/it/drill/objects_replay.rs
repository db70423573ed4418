//! What no emulator shows of objects that are restored: throttling, refusals, lost answers, archives, locks. By replay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkride::event::{EffectState, FailureKind};
use checkride::step::Ran;
use checkride::step::drill::{BucketRestoreTask, CleanupTask, Made, ObjectsPlan, Target};
use percent_encoding::percent_decode_str;
use serde_json::json;
use url::Url;

use crate::support::attempt::{Attempt, Files, Seen};
use crate::support::replay::{Replay, Sent, Turn};

const RUN: &str = "20261122T081500Z-r-7f3a";
/// The time of a step that has little.
const LIMIT: Duration = Duration::from_millis(200);

/// Two buckets, `src` and `dst`.
#[derive(Debug, Default)]
struct Tale {
    /// The objects of the source: size and storage class.
    source: BTreeMap<String, (u64, &'static str)>,
    /// Those of the other bucket, by size; none: there is no such bucket.
    target: Option<BTreeMap<String, u64>>,
    tags: Vec<String>,
    /// How often each object is throttled before it is copied.
    throttled: u32,
    denied: BTreeSet<String>,
    /// Objects of which the first copy is made, and the answer lost.
    lost: BTreeSet<String>,
    /// Nothing may be deleted.
    locked: bool,
    /// How the first deletions are answered, of which nothing comes.
    deletions: Vec<Turn>,
    /// Whether what is deleted stays all the same.
    endless: bool,
    tried: BTreeMap<String, u32>,
}

fn error(status: u16, code: &str) -> Turn {
    Turn::Answer(status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
}

fn ok(text: &str) -> Turn {
    Turn::Answer(200, text.to_owned())
}

impl Tale {
    fn of(objects: usize) -> Self {
        let source = (0..objects).map(|number| (format!("k{number:03}"), (3, "STANDARD"))).collect();
        Self { source, ..Self::default() }
    }

    fn listed(&self, bucket: &str) -> String {
        let one = |(key, size, class): (&String, u64, &str)| {
            format!(
                "<Version><Key>{key}</Key><VersionId>v-{key}</VersionId><IsLatest>true</IsLatest>\
                 <LastModified>1970-01-01T00:00:10.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>{size}</Size>\
                 <StorageClass>{class}</StorageClass></Version>"
            )
        };
        let all: Vec<String> = if bucket == "src" {
            self.source.iter().map(|(key, (size, class))| one((key, *size, *class))).collect()
        } else {
            self.target.iter().flatten().map(|(key, size)| one((key, *size, "STANDARD"))).collect()
        };
        format!("<ListVersionsResult>{}<IsTruncated>false</IsTruncated></ListVersionsResult>", all.concat())
    }

    fn answer(&mut self, sent: &Sent) -> Turn {
        let (method, uri) = sent.action.split_once(' ').unwrap();
        let url = Url::parse(uri).unwrap();
        let asks: BTreeSet<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let path = percent_decode_str(url.path()).decode_utf8().unwrap().into_owned();
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let has = |name: &str| asks.contains(name);
        if bucket == "lost" && has("versions") {
            std::thread::sleep(LIMIT * 2);
            return Turn::Lost;
        }
        if bucket == "src" {
            assert!(matches!(method, "GET" | "HEAD"), "the source is only read: {}", sent.action);
        }
        if bucket == "dst" && self.target.is_none() && !(method == "PUT" && asks.len() <= 1 && key.is_empty()) {
            return Turn::With(404, Vec::new(), String::new());
        }
        match (method, key) {
            ("HEAD", "") => Turn::With(200, vec![("x-amz-bucket-region", "us-east-1".to_owned())], String::new()),
            ("HEAD", key) => {
                let size = if bucket == "src" {
                    self.source.get(key).map(|(size, _)| *size)
                } else {
                    self.target.as_ref().and_then(|all| all.get(key)).copied()
                };
                let Some(size) = size else { return Turn::With(404, Vec::new(), String::new()) };
                let class = self.source.get(key).map_or("STANDARD", |(_, class)| class);
                let headers = vec![
                    ("etag", "\"e\"".to_owned()),
                    ("content-length", size.to_string()),
                    ("x-amz-storage-class", class.to_owned()),
                ];
                Turn::With(200, headers, String::new())
            }
            ("GET", "") if has("versioning") => ok("<VersioningConfiguration/>"),
            ("GET", "") if has("encryption") => error(404, "ServerSideEncryptionConfigurationNotFoundError"),
            ("GET", "") if has("versions") => ok(&self.listed(bucket)),
            ("GET", "") if has("tagging") && self.tags.is_empty() => error(404, "NoSuchTagSet"),
            ("GET", "") if has("tagging") => ok(&self.tags.concat()),
            ("GET", "") if has("uploads") => ok("<ListMultipartUploadsResult/>"),
            ("PUT", "") if has("tagging") => {
                self.tags = vec![sent.body.clone()];
                ok("")
            }
            ("PUT", "") if has("publicAccessBlock") => ok(""),
            ("PUT", "") => {
                self.target = Some(BTreeMap::new());
                ok("")
            }
            ("PUT", key) => self.copied(key),
            ("POST", "") if has("delete") && self.locked => {
                let first = self.target.iter().flatten().next().unwrap().0;
                ok(&format!(
                    "<DeleteResult><Error><Key>{first}</Key><Code>AccessDenied</Code><Message>object protected by \
                     object lock</Message></Error></DeleteResult>"
                ))
            }
            ("POST", "") if has("delete") && !self.deletions.is_empty() => self.deletions.remove(0),
            ("POST", "") if has("delete") && self.endless => ok("<DeleteResult/>"),
            ("POST", "") if has("delete") => {
                self.target = Some(BTreeMap::new());
                ok("<DeleteResult/>")
            }
            ("DELETE", "") => {
                self.target = None;
                Turn::With(204, Vec::new(), String::new())
            }
            _ => panic!("{} is not expected", sent.action),
        }
    }

    fn copied(&mut self, key: &str) -> Turn {
        let tried = self.tried.entry(key.to_owned()).or_default();
        *tried += 1;
        if self.denied.contains(key) {
            return error(403, "AccessDenied");
        }
        if *tried <= self.throttled {
            return error(503, "SlowDown");
        }
        let size = self.source[key].0;
        self.target.as_mut().unwrap().insert(key.to_owned(), size);
        if *tried == 1 && self.lost.contains(key) {
            return Turn::Lost;
        }
        ok("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>")
    }
}

#[derive(Clone)]
struct Buckets {
    tale: Arc<Mutex<Tale>>,
    replay: Replay,
}

impl Buckets {
    fn of(tale: Tale) -> Self {
        let tale = Arc::new(Mutex::new(tale));
        let told = Arc::clone(&tale);
        Self { tale, replay: Replay::answering(move |sent| told.lock().unwrap().answer(sent)) }
    }

    async fn restored(&self, max_gib: u32, earlier: Vec<EffectState>) -> (Ran, Seen, Files) {
        let task = BucketRestoreTask {
            bucket: "src".into(),
            prefix: String::new(),
            from: ObjectsPlan::Versions,
            at: None,
            target: Target::New { bucket: "dst".into() },
            max_gib,
            run: RUN.into(),
        };
        let (aws, files) = (self.replay.aws(), Files::default());
        let attempt = Attempt { files: files.clone(), earlier, ..Attempt::new(&aws, Path::new("/nowhere")) };
        let (ended, seen) = attempt.run(&task, |_| None).await;
        (ended.unwrap(), seen, files)
    }

    fn copies(&self) -> usize {
        let sent = self.replay.sent();
        sent.iter().filter(|sent| sent.headers.contains_key("x-amz-copy-source")).count()
    }
}

#[tokio::test]
async fn replay_throttled_objects_are_tried_again_and_a_lost_answer_is_looked_after() {
    let buckets = Buckets::of(Tale { throttled: 2, ..Tale::of(20) });
    let (ran, seen, _) = buckets.restored(1, Vec::new()).await;
    assert_eq!((&ran.failure, &ran.out["objects"], &ran.out["bytes"]), (&None, &json!(20), &json!(60)));
    assert_eq!(buckets.copies(), 60, "refused twice each, and then done");
    let calls = ["s3:CreateBucket", "s3:PutBucketTagging", "s3:PutPublicAccessBlock", "s3:CopyObject"];
    let wanted: Vec<String> =
        calls.iter().flat_map(|call| [format!("intend {call}"), format!("settle {call} done")]).collect();
    assert_eq!(seen.effects, wanted, "private and tagged before anything is in it");

    let lost = Buckets::of(Tale { lost: ["k001".to_owned()].into(), ..Tale::of(5) });
    let (ran, ..) = lost.restored(1, Vec::new()).await;
    assert_eq!((ran.failure, lost.copies()), (None, 5), "nothing is copied twice");
}

#[tokio::test]
async fn replay_what_cannot_be_copied_is_named_and_a_retry_does_the_rest_alone() {
    let mut tale = Tale { denied: ["k007".to_owned()].into(), ..Tale::of(30) };
    tale.source.insert("deep".to_owned(), (3, "DEEP_ARCHIVE"));
    let buckets = Buckets::of(tale);
    let (ran, seen, files) = buckets.restored(1, Vec::new()).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "not restored: 2 objects of s3://src (restored: 29 objects)");
    assert!(failure.causes.iter().any(|cause| cause == "deep: its version of then lies in an archive"), "{failure:?}");
    assert!(failure.causes.iter().any(|cause| cause.starts_with("k007: ")), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("aws s3api restore-object --bucket src --key 'deep' --version-id v-deep"));
    assert_eq!((&ran.out["failed"], files.text("not-restored").unwrap().lines().count()), (&json!(2), 2));

    {
        let mut tale = buckets.tale.lock().unwrap();
        tale.denied.clear();
        tale.source.insert("deep".to_owned(), (3, "STANDARD"));
    }
    let before = buckets.copies();
    let (ran, ..) = buckets.restored(1, seen.states).await;
    assert_eq!((&ran.failure, &ran.out["objects"]), (&None, &json!(31)));
    assert_eq!(buckets.copies(), before + 2);
}

#[tokio::test]
async fn replay_what_is_too_large_or_has_its_name_taken_is_not_begun() {
    let mut large = Tale::of(1);
    large.source.insert("large".to_owned(), (3 << 30, "STANDARD"));
    let buckets = Buckets::of(large);
    let (ran, seen, _) = buckets.restored(2, Vec::new()).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "there are 3.0 GiB to restore, and the step restores 2 at most");
    assert!(failure.remedy.unwrap().contains("about $0.00 to copy, and $0.07 for each month"));
    assert_eq!(seen.effects, Vec::<String>::new());

    let taken = Buckets::of(Tale { target: Some(BTreeMap::new()), ..Tale::of(1) });
    let (ran, seen, _) = taken.restored(1, Vec::new()).await;
    assert_eq!(ran.failure.unwrap().message, "there is a bucket dst already");
    assert_eq!(seen.effects, Vec::<String>::new());
}

#[tokio::test]
async fn replay_a_lock_keeps_a_bucket_and_is_named() {
    let buckets = Buckets::of(Tale { locked: true, ..Tale::of(3) });
    let (ran, ..) = buckets.restored(1, Vec::new()).await;
    assert_eq!(ran.failure, None);
    let made = vec![Made::Bucket { arn: "arn:aws:s3:::dst".to_owned() }];
    let task = CleanupTask { made, tagged: Vec::new(), run: RUN.to_owned() };
    let aws = buckets.replay.aws();
    let (ended, _) = Attempt::new(&aws, Path::new("/nowhere")).run(&task, |_| None).await;
    let failure = ended.unwrap().failure.unwrap();
    assert!(matches!(&failure.kind, FailureKind::Aws { code, .. } if code == "AccessDenied"), "{failure:?}");
    assert!(failure.message.contains("S3 refuses to delete 1 versions of s3://dst/: k000"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("get-object-lock-configuration --bucket dst"));

    buckets.tale.lock().unwrap().locked = false;
    let (ended, seen) = Attempt::new(&aws, Path::new("/nowhere")).run(&task, |_| None).await;
    let ran = ended.unwrap();
    assert_eq!((ran.failure, &ran.out["removed"]), (None, &json!(["arn:aws:s3:::dst"])));
    assert_eq!(seen.effects.last().unwrap(), "settle s3:DeleteBucket done");
    assert!(buckets.tale.lock().unwrap().target.is_none());
    // Doing it again finds nothing.
    let (ended, seen) = Attempt::new(&aws, Path::new("/nowhere")).run(&task, |_| None).await;
    assert_eq!((&ended.unwrap().out["absent"], seen.effects.len()), (&json!(["arn:aws:s3:::dst"]), 0));
}

/// Restores, and cleans up; gives how that ended, and what was sent for it.
async fn cleaned(buckets: &Buckets, change: impl FnOnce(&mut Attempt<'_>)) -> (Ran, Seen, usize) {
    assert_eq!(buckets.restored(1, Vec::new()).await.0.failure, None);
    let made = vec![Made::Bucket { arn: "arn:aws:s3:::dst".to_owned() }];
    let task = CleanupTask { made, tagged: Vec::new(), run: RUN.to_owned() };
    let aws = buckets.replay.aws();
    let mut attempt = Attempt::new(&aws, Path::new("/nowhere"));
    change(&mut attempt);
    let before = buckets.replay.sent().len();
    let (ended, seen) = attempt.run(&task, |_| None).await;
    let deletions =
        buckets.replay.sent().split_off(before).iter().filter(|sent| sent.action.contains("?delete")).count();
    (ended.unwrap(), seen, deletions)
}

#[tokio::test]
async fn replay_deletions_whose_answer_is_lost_are_made_again() {
    let deletions = vec![Turn::Lost, error(500, "InternalError"), Turn::Lost];
    let buckets = Buckets::of(Tale { deletions, ..Tale::of(3) });
    let (ran, seen, deletions) = cleaned(&buckets, |_| {}).await;
    assert_eq!((ran.failure, deletions), (None, 4));
    assert!(buckets.tale.lock().unwrap().target.is_none());
    let ends: Vec<&String> = seen.effects.iter().filter(|line| line.starts_with("settle")).collect();
    assert_eq!(ends, ["settle s3:DeleteObjects done", "settle s3:DeleteBucket done"]);

    let gone = Buckets::of(Tale { deletions: vec![Turn::Lost; 40], ..Tale::of(3) });
    let (ran, _, deletions) = cleaned(&gone, |_| {}).await;
    assert_eq!((ran.failure.unwrap().kind, deletions), (FailureKind::Transport, 6), "a few times");
}

/// What writes into a bucket faster than it is emptied keeps no step beyond its time, and nobody from ending it.
#[tokio::test]
async fn replay_what_is_never_empty_is_ended_by_the_operator_and_the_clock() {
    let endless = || Buckets::of(Tale { endless: true, ..Tale::of(3) });
    let (ran, ..) = cleaned(&endless(), |attempt| attempt.limit = Some(LIMIT)).await;
    assert_eq!(ran.failure.unwrap().kind, FailureKind::Timeout);
    let (ran, _, deletions) = cleaned(&endless(), |attempt| attempt.cancel_at = Some("s3:DeleteObjects")).await;
    assert_eq!((ran.failure.unwrap().kind, deletions), (FailureKind::Cancelled, 1));
}

/// How far a replica is behind is not told when its bucket is lost. That the step's time is over is another thing.
#[tokio::test]
async fn replay_a_step_whose_time_is_over_makes_no_bucket() {
    let buckets = Buckets::of(Tale::of(3));
    let task = BucketRestoreTask {
        bucket: "lost".into(),
        prefix: String::new(),
        from: ObjectsPlan::Replica("src".into()),
        at: None,
        target: Target::New { bucket: "dst".into() },
        max_gib: 1,
        run: RUN.into(),
    };
    let aws = buckets.replay.aws();
    let attempt = Attempt { limit: Some(LIMIT), ..Attempt::new(&aws, Path::new("/nowhere")) };
    let (ended, seen) = attempt.run(&task, |_| None).await;
    assert_eq!((ended.unwrap().failure.unwrap().kind, seen.effects), (FailureKind::Timeout, Vec::<String>::new()));
}
