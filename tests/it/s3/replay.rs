//! What no emulator shows of objects that go back: throttling, refusals, lost answers, archives, six gigabytes. By
//! replay.

use std::path::Path;

use checkride::event::{Choice, EffectResult, EffectState, FailureKind, Question};
use checkride::step::s3::S3RestoreTask;
use checkride::step::{Ran, StepStop};
use chrono::DateTime;
use serde_json::{Value, json};

use super::replay_bucket::{Scripted, Tale};
use crate::support::attempt::{Attempt, Files, Seen};

fn task() -> S3RestoreTask {
    let at = DateTime::from_timestamp(20, 0).unwrap();
    S3RestoreTask { bucket: "b".into(), prefix: String::new(), at, hides: false }
}

/// One attempt within a confirmed rollback.
async fn back(bucket: &Scripted, files: &Files, earlier: Vec<EffectState>) -> (Result<Ran, StepStop>, Seen) {
    let aws = bucket.aws();
    let (unasked, files) = (true, files.clone());
    let attempt = Attempt { files, unasked, earlier, ..Attempt::new(&aws, Path::new("/nowhere")) };
    attempt.run(&task(), |_: &Question| None).await
}

async fn first(bucket: &Scripted) -> (Ran, Seen) {
    let (ended, seen) = back(bucket, &Files::default(), Vec::new()).await;
    (ended.unwrap(), seen)
}

fn all_old(bucket: &Scripted) -> bool {
    bucket.tops().values().all(|etag| etag == "old")
}

#[tokio::test]
async fn replay_throttled_objects_are_tried_again_and_copied_once() {
    let bucket = Scripted::of(Tale { throttled: 3, ..Tale::of(40) });
    let (ran, seen) = first(&bucket).await;
    assert_eq!(ran.failure, None);
    assert_eq!((&ran.out["restored"], &ran.out["failed"]), (&json!(40), &json!(0)));
    assert!(all_old(&bucket) && (0..40).all(|number| bucket.versions(&format!("k{number:03}")) == 3));
    assert_eq!(bucket.count("PUT", ""), 160);
    assert_eq!(seen.effects, ["intend s3:CopyObject", "settle s3:CopyObject done"]);
}

#[tokio::test]
async fn replay_what_is_throttled_for_ever_is_named() {
    let bucket = Scripted::of(Tale { throttled: 1000, ..Tale::of(2) });
    let (ran, seen) = first(&bucket).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Throttled);
    assert_eq!(bucket.count("PUT", ""), 16, "eight tries each");
    assert_eq!(seen.effects.last().unwrap(), "settle s3:CopyObject refused");
}

#[tokio::test]
async fn replay_one_object_that_is_refused_keeps_no_other_back_and_a_retry_does_it_alone() {
    let bucket = Scripted::of(Tale { denied: ["k007".to_owned()].into(), ..Tale::of(300) });
    let files = Files::default();
    let (ended, seen) = back(&bucket, &files, Vec::new()).await;
    let ran = ended.unwrap();
    let failure = ran.failure.unwrap();
    assert_eq!(failure.message, "not put back: 1 object of s3://b/ (put back: 299 objects)");
    assert_eq!(failure.kind, FailureKind::Access);
    assert!(failure.causes[0].starts_with("k007: s3 CopyObject: access denied"), "{failure:?}");
    assert!(failure.remedy.unwrap().ends_with("a retry goes on with what is left"));
    let list: Value = serde_json::from_str(&files.text("not-restored").unwrap()).unwrap();
    assert_eq!((&list["key"], ran.artifacts[0].name.as_str()), (&json!("k007"), "not-restored"));
    assert_eq!(ran.out["failed"], json!(1));
    assert_eq!(seen.effects.len(), 4, "two batches: {:?}", seen.effects);

    bucket.tale.lock().unwrap().denied.clear();
    let puts = bucket.count("PUT", "");
    let (ended, seen) = back(&bucket, &files, seen.states).await;
    let ran = ended.unwrap();
    assert_eq!(ran.failure, None);
    assert_eq!(bucket.count("PUT", ""), puts + 1, "the one that was left");
    assert_eq!(ran.out["restored"], json!(300), "{:?}", ran.note);
    assert!(all_old(&bucket));
    assert_eq!(seen.effects.len(), 2);
}

#[tokio::test]
async fn replay_a_lost_answer_is_looked_after_and_nothing_is_copied_twice() {
    let lost = ["k001".to_owned(), "k002".to_owned()];
    let bucket = Scripted::of(Tale { lost: lost.into(), ..Tale::of(5) });
    let (ran, _) = first(&bucket).await;
    assert_eq!((ran.failure, &ran.out["restored"]), (None, &json!(5)));
    assert_eq!(bucket.count("PUT", ""), 5);
}

/// A copy that KMS encrypts has another tag: it cannot be told whose it is, and is made once more. A retry knows what
/// is on record, and makes none.
#[tokio::test]
async fn replay_a_lost_answer_of_an_encrypted_object_costs_a_second_copy() {
    let bucket = Scripted::of(Tale { lost: ["k001".to_owned()].into(), kms: true, ..Tale::of(3) });
    let files = Files::default();
    let (ended, seen) = back(&bucket, &files, Vec::new()).await;
    assert_eq!(ended.unwrap().failure, None);
    assert_eq!(bucket.count("PUT", ""), 4);
    let encrypted = bucket.sent().into_iter().filter(|sent| sent.action.starts_with("PUT"));
    for sent in encrypted {
        assert_eq!(sent.headers["x-amz-server-side-encryption"], "aws:kms");
        assert_eq!(sent.headers["x-amz-server-side-encryption-aws-kms-key-id"], "arn:aws:kms:us-east-1:1:key/k");
        assert_eq!(
            (&*sent.headers["x-amz-metadata-directive"], &*sent.headers["x-amz-tagging-directive"]),
            ("COPY", "COPY")
        );
    }
    let (ended, _) = back(&bucket, &files, seen.states).await;
    let ran = ended.unwrap();
    assert_eq!((ran.failure, &ran.out["restored"]), (None, &json!(3)));
    assert_eq!(bucket.count("PUT", ""), 4);
}

#[tokio::test]
async fn replay_a_batch_that_was_cut_off_is_looked_at() {
    // As the engine settles it when the run is taken up, and when it turns back.
    for result in [EffectResult::Done, EffectResult::UnderWay] {
        let bucket = Scripted::of(Tale::of(6));
        let files = Files::default();
        let (_, seen) = back(&bucket, &files, Vec::new()).await;
        // As if it had been killed when three were done: nothing of the batch is on record but its list.
        for key in ["k001", "k003", "k005"] {
            bucket.tale.lock().unwrap().keys.get_mut(key).unwrap().remove(0);
        }
        let puts = bucket.count("PUT", "");
        let detail = Some("still under way; it is waited for".to_owned());
        let cut_off = EffectState { result: Some(result), detail, ..seen.states[0].clone() };
        let (ended, seen) = back(&bucket, &files, vec![cut_off]).await;
        let ran = ended.unwrap();
        assert_eq!((ran.failure, &ran.out["restored"]), (None, &json!(6)));
        assert_eq!(bucket.count("PUT", ""), puts + 3);
        assert!(all_old(&bucket));
        let EffectState { target, detail, .. } = &seen.states[0];
        assert!(target.starts_with("6 objects of s3://b/: sha256-"), "{target}");
        if result == EffectResult::UnderWay {
            assert!(detail.clone().unwrap().starts_with("3 of 6 copied, by a look (sha256-"), "{detail:?}");
        }
        // Known once more, whoever has settled it.
        let (ended, _) = back(&bucket, &files, seen.states).await;
        assert_eq!(ended.unwrap().out["restored"], json!(6));
        assert_eq!(bucket.count("PUT", ""), puts + 3);
    }
}

#[tokio::test]
async fn replay_what_lies_in_an_archive_is_named_with_the_call_that_brings_it_out() {
    let mut tale = Tale::of(3);
    let version = tale.keys["k001"][1].id.clone();
    tale.keys.get_mut("k001").unwrap()[1].class = "DEEP_ARCHIVE".to_owned();
    tale.keys.get_mut("k002").unwrap()[1].class = "GLACIER".to_owned();
    tale.head.insert("k002".into(), vec![("x-amz-restore", "ongoing-request=\"false\", expiry-date=\"x\"".into())]);
    let bucket = Scripted::of(tale);
    let (ran, _) = first(&bucket).await;
    let failure = ran.failure.unwrap();
    assert_eq!(failure.causes, ["k001: its version of then lies in an archive"]);
    let call = format!("aws s3api restore-object --bucket b --key 'k001' --version-id {version}");
    assert!(failure.remedy.clone().unwrap().contains(&call), "{failure:?}");
    assert_eq!(ran.out["restored"], json!(2));
    let copied = bucket.sent().into_iter().find(|sent| sent.action.starts_with("PUT") && sent.action.contains("k002"));
    assert_eq!(copied.unwrap().headers["x-amz-storage-class"], "GLACIER");
}

#[tokio::test]
async fn replay_versions_of_a_key_on_several_pages_are_one_key() {
    let mut tale = Tale::of(5);
    for at in 31..38 {
        tale.put("k002", at, "newer");
    }
    tale.put("k 1%", 10, "old");
    tale.put("k 1%", 30, "new");
    tale.page = Some(2);
    let bucket = Scripted::of(tale);
    let (ran, _) = first(&bucket).await;
    assert_eq!((ran.failure, &ran.out["restored"]), (None, &json!(6)));
    assert!(all_old(&bucket), "{:?}", bucket.tops());
}

#[tokio::test]
async fn replay_six_gigabytes_are_copied_in_parts() {
    let mut tale = Tale::of(2);
    tale.keys.get_mut("k001").unwrap()[1].size = 6_000_000_000;
    let bucket = Scripted::of(tale);
    let (ran, seen) = first(&bucket).await;
    assert_eq!((&ran.failure, &ran.out["restored"]), (&None, &json!(2)));
    assert_eq!(ran.out["bytes"], json!(6_000_000_003_u64));
    let parts = bucket.tale.lock().unwrap().parts.clone();
    assert_eq!((parts.len(), parts[0].as_str()), (12, "bytes=0-536870911"));
    assert_eq!(parts[11], "bytes=5905580032-5999999999");
    let begun = bucket.sent().into_iter().find(|sent| sent.action.contains("uploads")).unwrap();
    for (name, wanted) in [
        ("x-amz-meta-owner", "ann"),
        ("content-type", "text/x-old"),
        ("x-amz-tagging", "a%20b=1"),
        ("x-amz-server-side-encryption", "aws:kms"),
    ] {
        assert_eq!(begun.headers[name], wanted);
    }
    let calls = ["s3:CompleteMultipartUpload", "s3:CopyObject"];
    assert_eq!(seen.states.iter().map(|it| it.call.as_str()).collect::<Vec<_>>(), calls);
}

#[tokio::test]
async fn replay_who_is_not_let_in_any_more_stops_at_once() {
    let bucket = Scripted::of(Tale { refuses: Some((400, "ExpiredToken")), ..Tale::of(300) });
    let (ran, seen) = first(&bucket).await;
    assert_eq!(ran.failure.unwrap().kind, FailureKind::Expired);
    assert!(bucket.count("PUT", "") <= 16 && seen.states.len() == 1, "{:?}", seen.effects);
}

#[tokio::test]
async fn replay_a_batch_of_which_nothing_goes_is_the_last() {
    let bucket = Scripted::of(Tale { refuses: Some((403, "AccessDenied")), ..Tale::of(600) });
    let (ran, seen) = first(&bucket).await;
    assert_eq!(ran.failure.unwrap().kind, FailureKind::Access);
    assert_eq!((bucket.count("PUT", ""), seen.states.len()), (250, 1));
}

#[tokio::test]
async fn replay_a_second_ctrl_c_stops_in_the_batch() {
    let bucket = Scripted::of(Tale::of(300));
    let aws = bucket.aws();
    let cancel_at = Some("s3:CopyObject");
    let attempt = Attempt { unasked: true, cancel_at, ..Attempt::new(&aws, Path::new("/nowhere")) };
    let (ended, seen) = attempt.run(&task(), |_| None).await;
    assert_eq!(ended.unwrap().failure.unwrap().kind, FailureKind::Cancelled);
    assert_eq!(seen.states.len(), 1);
    assert!(bucket.count("PUT", "") <= 16);
}

#[tokio::test]
async fn replay_what_is_confirmed_is_what_was_shown() {
    let bucket = Scripted::of(Tale::of(3));
    let aws = bucket.aws();
    let attempt = Attempt::new(&aws, Path::new("/nowhere"));
    // While the person reads, somebody writes.
    let tale = std::sync::Arc::clone(&bucket.tale);
    let (ended, seen) = attempt
        .run(&task(), move |_| {
            let mut tale = tale.lock().unwrap();
            tale.put("k-more", 10, "old");
            tale.put("k-more", 30, "new");
            Some(Choice::Run)
        })
        .await;
    let failure = ended.unwrap().failure.unwrap();
    assert!(failure.message.ends_with("has been written to since it was shown"), "{failure:?}");
    assert_eq!((seen.states.len(), bucket.count("PUT", "")), (0, 0));
    let question = &seen.questions[0];
    assert_eq!(
        (question.id.as_str(), question.body[0].as_str()),
        ("stack.objects", "~   back to the version of 1970-01-01T00:00:20.000Z: 3 objects, 9 bytes")
    );
    assert!(question.shown.is_some());

    for (choice, stops) in [(Choice::Decline, true), (Choice::Run, false)] {
        let bucket = Scripted::of(Tale::of(3));
        let aws = bucket.aws();
        let (ended, _) = Attempt::new(&aws, Path::new("/nowhere")).run(&task(), |_| Some(choice)).await;
        assert_eq!(matches!(ended, Err(StepStop::Declined { .. })), stops);
        assert_eq!(bucket.count("PUT", ""), if stops { 0 } else { 3 });
    }
}

/// The versions are listed once more when all is done: what somebody has written meanwhile shows.
#[tokio::test]
async fn replay_what_is_not_as_it_was_in_the_end_fails() {
    let bucket = Scripted::of(Tale { meddled: ["k001".to_owned()].into(), ..Tale::of(4) });
    let files = Files::default();
    let (ended, seen) = back(&bucket, &files, Vec::new()).await;
    let failure = ended.unwrap().failure.unwrap();
    let says = "not as of 1970-01-01T00:00:20.000Z, although all was put back: 1 object of s3://b/";
    assert_eq!((failure.message.as_str(), failure.kind), (says, FailureKind::Lost));
    bucket.tale.lock().unwrap().meddled.clear();
    let (ended, _) = back(&bucket, &files, seen.states).await;
    let ran = ended.unwrap();
    assert_eq!((ran.failure, &ran.out["restored"]), (None, &json!(4)));
    assert_eq!(bucket.count("PUT", ""), 5);
}
