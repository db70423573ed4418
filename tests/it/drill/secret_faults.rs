//! What no emulator shows of recovering a secret: one that comes back with another value, or is not lost at all; and its
//! removal under throttling. By replay.

use std::path::Path;
use std::sync::{Arc, Mutex};

use checkride::event::{EffectResult, EffectState};
use checkride::step::drill::{CleanupTask, Made, SecretRecoveryTask};
use checkride::step::{Probed, Ran, WriteAction};
use serde_json::{Value, json};

use crate::support::attempt::{Attempt, Seen, read_context};
use crate::support::replay::{Replay, Turn};

const RUN: &str = "20261122T120000Z-r-7f3a";
const PLACE: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:";

/// A secret `db`, and what is made of it.
#[derive(Default)]
struct Service {
    /// The value of the copy, once there is one, and whether it is on its way out.
    copy: Option<(String, bool)>,
    /// What the copy holds after it was restored, if that is another value.
    comes_back_as: Option<&'static str>,
    /// Whether a secret that is on its way out still gives its value.
    leaks: bool,
    /// How many times, and by which word, the value of a secret that is on its way out is refused first.
    refuses: (usize, &'static str),
    /// How many deletions are refused first, because there are too many calls.
    throttled: usize,
    /// How many looks still show a secret that was deleted at once.
    lingers: usize,
    /// The key of `db`.
    key: Option<&'static str>,
}

fn refusal(code: &str) -> Turn {
    Turn::Answer(400, json!({ "__type": code, "message": "no" }).to_string())
}

impl Service {
    fn answer(&mut self, operation: &str, input: &Value) -> Turn {
        let well = |answer: Value| Turn::Answer(200, answer.to_string());
        let is_copy = input["SecretId"] == "db-drill";
        match operation {
            "DescribeSecret" if !is_copy => well(json!({
                "ARN": format!("{PLACE}db-AbCdEf"), "Name": "db", "VersionIdsToStages": { "v1": ["AWSCURRENT"] },
                "KmsKeyId": self.key, "RotationEnabled": true, "ReplicationStatus": [{ "Region": "eu-west-1" }],
            })),
            "GetSecretValue" if !is_copy => well(json!({ "VersionId": "v1", "SecretString": "hunter2" })),
            "CreateSecret" => {
                assert_eq!(input["KmsKeyId"], json!(self.key), "{input}");
                self.copy = Some((input["SecretString"].as_str().unwrap().to_owned(), false));
                well(json!({ "ARN": format!("{PLACE}db-drill-GhIjKl"), "Name": "db-drill" }))
            }
            "DescribeSecret" if self.copy.is_none() && self.lingers > 0 => {
                self.lingers -= 1;
                well(json!({ "Name": "db-drill", "DeletedDate": 1_790_000_000 }))
            }
            _ if self.copy.is_none() => refusal("ResourceNotFoundException"),
            "DescribeSecret" => {
                let date = self.copy.as_ref().unwrap().1.then_some(1_790_000_000);
                let tags = json!([{ "Key": "checkride:run", "Value": RUN }]);
                let arn = format!("{PLACE}db-drill-GhIjKl");
                well(json!({ "ARN": arn, "Name": "db-drill", "DeletedDate": date, "Tags": tags, "KmsKeyId": self.key }))
            }
            "GetSecretValue" if self.copy.as_ref().unwrap().1 && self.refuses.0 > 0 => {
                self.refuses.0 -= 1;
                refusal(self.refuses.1)
            }
            "GetSecretValue" if self.copy.as_ref().unwrap().1 && !self.leaks => refusal("InvalidRequestException"),
            "GetSecretValue" => well(json!({ "VersionId": "v1", "SecretString": self.copy.as_ref().unwrap().0 })),
            "DeleteSecret" if self.throttled > 0 => {
                self.throttled -= 1;
                refusal("ThrottlingException")
            }
            "DeleteSecret" if input["ForceDeleteWithoutRecovery"] == true => {
                self.copy = None;
                well(json!({}))
            }
            "DeleteSecret" => {
                self.copy.as_mut().unwrap().1 = true;
                well(json!({}))
            }
            "RestoreSecret" => {
                let copy = self.copy.as_mut().unwrap();
                copy.1 = false;
                if let Some(other) = self.comes_back_as {
                    other.clone_into(&mut copy.0);
                }
                well(json!({}))
            }
            other => panic!("{other} is not expected: {input}"),
        }
    }
}

async fn ran(service: Service, task: &impl WriteAction) -> (Ran, Seen, Vec<String>) {
    let service = Arc::new(Mutex::new(service));
    let operation = |headers: &std::collections::BTreeMap<String, String>| {
        headers["x-amz-target"].rsplit('.').next().unwrap().to_owned()
    };
    let replay = Replay::answering(move |sent| {
        let input: Value = serde_json::from_str(&sent.body).unwrap();
        service.lock().unwrap().answer(&operation(&sent.headers), &input)
    });
    let aws = replay.aws();
    let (ended, seen) = Attempt::new(&aws, Path::new("/nowhere")).run(task, |_| None).await;
    let calls = replay.sent().iter().map(|sent| operation(&sent.headers)).collect();
    (ended.unwrap(), seen, calls)
}

fn recovery() -> SecretRecoveryTask {
    let text = str::to_owned;
    SecretRecoveryTask { source: text("db"), name: text("db-drill"), stage: text("AWSCURRENT"), run: text(RUN) }
}

#[tokio::test]
async fn replay_a_secret_comes_back_with_its_value_and_its_key() {
    let (ran, seen, calls) = ran(Service { key: Some("alias/db"), ..Service::default() }, &recovery()).await;
    assert_eq!(ran.failure, None);
    assert_eq!((&ran.out["same"], &ran.out["kms_key"]), (&json!(true), &json!("alias/db")));
    assert_eq!(
        ran.warning.as_deref(),
        Some("db has what the new secret was not given: replicas in eu-west-1; rotation")
    );
    let changes = ["CreateSecret", "DeleteSecret", "RestoreSecret"];
    let made: Vec<&String> = calls.iter().filter(|call| changes.contains(&call.as_str())).collect();
    assert_eq!(made, changes.iter().collect::<Vec<_>>());
    assert!(!format!("{ran:?} {seen:?}").contains("hunter2"));
}

#[tokio::test]
async fn replay_a_secret_that_comes_back_with_another_value_fails() {
    let service = Service { comes_back_as: Some("hunter3"), ..Service::default() };
    let (ran, seen, _) = ran(service, &recovery()).await;
    assert_eq!(ran.out["same"], false);
    let told = format!("{ran:?} {seen:?}");
    assert!(ran.failure.unwrap().message.contains("does not hold the value that it was given"));
    assert!(!told.contains("hunter"), "{told}");
}

#[tokio::test]
async fn replay_a_secret_that_is_not_lost_fails() {
    let (ran, ..) = ran(Service { leaks: true, ..Service::default() }, &recovery()).await;
    assert!(ran.failure.unwrap().message.contains("is scheduled for deletion, and still gives its value"));
}

/// That the value cannot be read, or not now, does not say that it is lost.
#[tokio::test]
async fn replay_only_the_refusal_of_a_deleted_secret_says_that_it_is_lost() {
    let denied = Service { refuses: (9, "AccessDeniedException"), ..Service::default() };
    let (refused, _, calls) = ran(denied, &recovery()).await;
    assert!(refused.failure.unwrap().message.contains("AccessDeniedException"));
    assert!(!calls.contains(&"RestoreSecret".to_owned()), "{calls:?}");
    let busy = Service { refuses: (5, "ThrottlingException"), ..Service::default() };
    let (ran, _, calls) = ran(busy, &recovery()).await;
    assert_eq!(ran.failure, None);
    let asked = calls.iter().filter(|call| *call == "GetSecretValue").count();
    assert_eq!(asked, 2 + 5 + 1, "the source, the copy until it is lost, and once more: {calls:?}");
}

/// An answer that is lost is made up for by looking: a secret may be seen a while after it was made.
#[tokio::test]
async fn replay_what_is_not_there_at_once_may_have_been_made_all_the_same() {
    let effect = EffectState {
        n: 1,
        attempt: 1,
        call: "secretsmanager:CreateSecret".to_owned(),
        token: None,
        target: format!("{PLACE}db-drill copy"),
        result: Some(EffectResult::Unknown),
        detail: None,
        waited_in: None,
    };
    let cases =
        [(3, "ResourceNotFoundException", 4), (9, "ResourceNotFoundException", 5), (9, "AccessDeniedException", 1)];
    for (refused, code, looks) in cases {
        let mut seen = 0;
        let replay = Replay::answering(move |_| {
            seen += 1;
            let there = json!({ "ARN": format!("{PLACE}db-drill-GhIjKl"), "Name": "db-drill" });
            if seen > refused { Turn::Answer(200, there.to_string()) } else { refusal(code) }
        });
        let probed = recovery().probe(&mut read_context(&replay.aws(), Path::new("/nowhere")), &effect).await;
        let fits = match looks {
            4 => probed == Probed::UnderWay,
            5 => probed == Probed::NotDone,
            _ => matches!(&probed, Probed::CannotTell { why } if why.contains("AccessDenied")),
        };
        assert!(fits && replay.sent().len() == looks, "{code} {refused}: {probed:?}");
    }
}

#[tokio::test]
async fn replay_a_secret_is_removed_under_throttling_and_looked_for_until_it_is_gone() {
    let copy = Some(("hunter2".to_owned(), false));
    let service = Service { copy, throttled: 2, lingers: 3, ..Service::default() };
    let made = vec![Made::Secret { arn: format!("{PLACE}db-drill") }];
    let (ran, _, calls) = ran(service, &CleanupTask { made, tagged: Vec::new(), run: RUN.to_owned() }).await;
    assert_eq!(ran.failure, None);
    assert_eq!(calls.iter().filter(|call| *call == "DeleteSecret").count(), 3);
    assert_eq!(calls.iter().filter(|call| *call == "DescribeSecret").count(), 5, "{calls:?}");
}
