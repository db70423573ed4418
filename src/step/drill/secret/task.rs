//! A `restore` step of a secret with all its values known.
//!
//! The value goes from one answer of the service into the next call, in memory: it is in no output, no record, no file and no
//! command line. Whether what came back is the same is told by digests under a key that nobody keeps.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::aws::secrets::{DigestKey, NewSecret, SecretDescription, SecretEnd, SecretValue};
use crate::aws::{Aws, AwsError};
use crate::event::{EffectResult, EffectState, Failure, FailureKind};
use crate::id::RunId;
use crate::step::drill::made::{Made, tags};
use crate::step::drill::until::{looked_for, until};
use crate::step::effect::{Halt, door, effect, planned};
use crate::step::kind::{SecretRecovery, unfit};
use crate::step::{Probed, Ran, ReadContext, StepStop, TaskFault, WriteAction, WriteContext};
use crate::value::{Scope, Template};
use crate::world::clock::{Clock, rfc3339};

/// The word for the version that is current.
const CURRENT: &str = "AWSCURRENT";
/// The fewest days for which a deleted secret can be restored. Source: `DeleteSecret` of the Secrets Manager API reference.
const WINDOW: u32 = 7;

const CREATE: &str = "secretsmanager:CreateSecret";
const DELETE: &str = "secretsmanager:DeleteSecret";
const RESTORE: &str = "secretsmanager:RestoreSecret";

/// What a `restore` step of a secret is asked to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretRecoveryTask {
    /// The secret whose value is taken, by name or ARN.
    pub source: String,
    /// The name of the new one.
    pub name: String,
    /// The word for the version.
    pub stage: String,
    /// The run's id: the new secret's tag.
    pub run: String,
}

impl WriteAction for SecretRecoveryTask {
    fn describe(&self, _: &Scope) -> Vec<String> {
        lines(&self.source, &self.name, &self.stage)
    }

    async fn run(&self, cx: &mut WriteContext) -> Result<Ran, StepStop> {
        match Box::pin(self.recover(cx)).await {
            Ok(ran) => Ok(ran),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    async fn observe(&self, _: &mut ReadContext) -> Option<Ran> {
        None
    }

    /// Whatever the call was: the new secret is there, or it is not.
    async fn probe(&self, cx: &mut ReadContext, _: &EffectState) -> Probed {
        let Some(aws) = &cx.aws else {
            return Probed::CannotTell { why: "the run has no account to ask".to_owned() };
        };
        looked_for(cx, aws, async || {
            let there = aws.secrets().describe(&self.name).await?.value.is_some();
            Ok(if there { Probed::UnderWay } else { Probed::NotDone })
        })
        .await
    }
}

impl SecretRecoveryTask {
    /// The keys of a step, evaluated.
    ///
    /// # Errors
    /// A value that could not be had, or a name that the new secret cannot have.
    pub fn of(restore: &SecretRecovery, scope: &Scope) -> Result<Self, TaskFault> {
        let text = |template: &Template| template.eval_text(scope).map_err(|error| fault(template, &error.to_string()));
        let run = scope.get(&["run", "id"]).and_then(Value::as_str).unwrap_or_default().to_owned();
        let source = text(&restore.secret)?;
        let name = match &restore.name {
            Some(name) => text(name)?,
            None => named_after(&source, &run),
        };
        let same = (name == source).then(|| "it is the secret itself".to_owned());
        if let Some(why) = unfit(&name).or(same) {
            let why = format!("the new secret cannot be named `{name}`: {why}");
            return Err(fault(restore.name.as_ref().unwrap_or(&restore.secret), &why));
        }
        let stage = restore.stage.as_ref().map(text).transpose()?.unwrap_or_else(|| CURRENT.to_owned());
        Ok(Self { source, name, stage, run })
    }

    /// What a step of a plan will do, as far as its values are known.
    pub fn preview(restore: &SecretRecovery, scope: &Scope) -> Vec<String> {
        let text = |template: &Template| template.preview(scope);
        let source = text(&restore.secret);
        let name = restore.name.as_ref().map_or_else(|| format!("{}-checkride-(run)", bare(&source)), text);
        lines(&source, &name, &restore.stage.as_ref().map_or_else(|| CURRENT.to_owned(), text))
    }

    async fn recover(&self, cx: &WriteContext) -> Result<Ran, Halt> {
        let aws = door(cx, "restore")?;
        let reads = aws.reads().secrets();
        let started = Clock::System.now();
        let source = self.look(&aws).await?;
        let arn = made_arn(&source.arn, &self.name);
        let made = Made::Secret { arn };
        let random = || Failure::new(FailureKind::Io, "the system gives no randomness for a digest".to_owned());
        let key = DigestKey::random().ok_or_else(random)?;
        let value = reads.value(&self.source, &self.stage).await?.value;
        let found = reads.describe(&self.name).await?.value;
        if Made::all(&cx.earlier).contains(&made) && found.is_some() {
            cx.read.say(format!("secret {} was made by an earlier attempt", self.name));
        } else {
            if found.is_some() {
                let message = format!("there is a secret {} already", self.name);
                let remedy = "give the new secret another name, by `as`";
                return Err(Failure::new(FailureKind::Guard, message).with_remedy(remedy).into());
            }
            self.create(cx, &aws, &source, &made, &value).await?;
        }
        let lost = self.lose_and_restore(cx, &aws, &made).await?;
        let restored = Clock::System.now();
        let back = reads.value(&self.name, CURRENT).await?.value;
        let copy = reads.describe(&self.name).await?.value.unwrap_or_default();
        Ok(self.ran(&source, &copy, (&value, &back, &key), (started, lost, restored)))
    }

    /// Looks at the secret, and refuses what cannot be drilled with, before anything is made.
    async fn look(&self, aws: &Aws) -> Result<SecretDescription, Halt> {
        let guard = |message: String, remedy: String| Failure::new(FailureKind::Guard, message).with_remedy(remedy);
        let Some(source) = aws.reads().secrets().describe(&self.source).await?.value else {
            let message = format!("there is no secret {} in {}", self.source, aws.settings().region);
            return Err(guard(message, "correct `secret`, or the step's `region`".to_owned()).into());
        };
        if source.is_deleted {
            let message = format!("secret {} is scheduled for deletion: this is no drill any more", source.name);
            let remedy = format!("`aws secretsmanager restore-secret --secret-id {}` takes that back", source.name);
            return Err(guard(message, remedy).into());
        }
        if source.version_at(&self.stage).is_none() {
            let words: Vec<&str> = source.versions.values().flatten().map(String::as_str).collect();
            let message = format!("secret {} has no version {}", source.name, self.stage);
            return Err(guard(message, format!("it has {}: give one of them as `stage`", words.join(", "))).into());
        }
        Ok(source)
    }

    async fn create(
        &self,
        cx: &WriteContext,
        aws: &Aws,
        source: &SecretDescription,
        made: &Made,
        value: &SecretValue,
    ) -> Result<(), Halt> {
        let new = NewSecret {
            name: self.name.clone(),
            description: format!("Made by a drill with the value of {}", source.name),
            kms_key: source.kms_key.clone(),
            tags: tags(&self.run, &cx.read.scope),
        };
        let writes = aws.secrets();
        let creating = planned(aws, CREATE, &made.target(), true);
        effect(cx, creating, async |token| writes.create(&token_of(&token), &new, value).await).await?;
        Ok(())
    }

    /// Schedules it for deletion, sees that it is lost, and takes that back. Gives when it was lost.
    async fn lose_and_restore(&self, cx: &WriteContext, aws: &Aws, made: &Made) -> Result<DateTime<Utc>, Halt> {
        let (reads, writes, target) = (aws.reads().secrets(), aws.secrets(), made.target());
        let is_deleted = async || -> Result<bool, AwsError> {
            Ok(reads.describe(&self.name).await?.value.is_some_and(|found| found.is_deleted))
        };
        let deleted = is_deleted().await?;
        let restored =
            cx.earlier.iter().any(|effect| effect.call == RESTORE && effect.result == Some(EffectResult::Done));
        if !deleted && !restored {
            let end = SecretEnd::After(WINDOW);
            effect(cx, planned(aws, DELETE, &target, false), async |_| writes.delete(&self.name, end).await).await?;
            let doing = format!("secret {} is scheduled for deletion", self.name);
            until(&cx.read, aws, &doing, async || Ok(is_deleted().await?.then_some(()))).await?;
        }
        let lost = Clock::System.now();
        if deleted || !restored {
            // Only this refusal says that it is lost: what may not be read, or not now, may be there all the same.
            let doing = format!("the value of secret {} was asked for", self.name);
            let refused = until(&cx.read, aws, &doing, async || match reads.value(&self.name, CURRENT).await {
                Ok(_) => Ok(Some(false)),
                Err(error) if error.code() == "InvalidRequestException" => Ok(Some(true)),
                Err(error) => Err(error),
            })
            .await?;
            if !refused {
                let message = format!("secret {} is scheduled for deletion, and still gives its value", self.name);
                return Err(Failure::new(FailureKind::Expectation, message).into());
            }
            effect(cx, planned(aws, RESTORE, &target, false), async |_| writes.restore(&self.name).await).await?;
            let doing = format!("secret {} is restored", self.name);
            until(&cx.read, aws, &doing, async || Ok((!is_deleted().await?).then_some(()))).await?;
        }
        Ok(lost)
    }

    fn ran(
        &self,
        source: &SecretDescription,
        copy: &SecretDescription,
        (value, back, key): (&SecretValue, &SecretValue, &DigestKey),
        (started, lost, restored): (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
    ) -> Ran {
        let (was, is) = (value.digest(key), back.digest(key));
        let mut not_carried = Vec::new();
        if !source.replicas.is_empty() {
            not_carried.push(format!("replicas in {}", source.replicas.join(", ")));
        }
        if source.rotates {
            not_carried.push("rotation".to_owned());
        }
        let out = json!({
            "secret": self.name,
            "arn": copy.arn,
            "source": source.arn,
            "stage": self.stage,
            "version": value.version,
            "kms_key": copy.kms_key,
            "replicas": source.replicas,
            "same": was == is,
            "lost": rfc3339(lost),
            "started": rfc3339(started),
            "restored": rfc3339(restored),
            "took_ms": (restored - started).num_milliseconds().max(0),
        });
        let failure = if was != is {
            Some("the restored secret does not hold the value that it was given")
        } else if copy.kms_key != source.kms_key {
            Some("the restored secret is encrypted with another key than its source")
        } else {
            None
        };
        let warning = (!not_carried.is_empty())
            .then(|| format!("{} has what the new secret was not given: {}", source.name, not_carried.join("; ")));
        match failure {
            Some(message) => Ran { out, ..Ran::failed(Failure::new(FailureKind::Expectation, message.to_owned())) },
            None => Ran { warning, ..Ran::well(out) },
        }
    }
}

/// A token as the service takes it: 32 to 64 letters, digits and hyphens. Source: `ClientRequestToken` of `CreateSecret`.
fn token_of(token: &str) -> String {
    let text: String = token.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let text = text.get(text.len().saturating_sub(64)..).unwrap_or_default();
    format!("{text:0>32}")
}

/// The ARN of a new secret beside another, without the service's own part at its end.
fn made_arn(source: &str, name: &str) -> String {
    source.split_once(":secret:").map_or_else(|| name.to_owned(), |(place, _)| format!("{place}:secret:{name}"))
}

/// The name in an ARN, with the service's own part; a name as it is.
fn bare(source: &str) -> &str {
    source.split_once(":secret:").map_or(source, |(_, name)| name)
}

/// The name of what a run makes of a secret: it says of which run it is.
fn named_after(source: &str, run: &str) -> String {
    let of_run = RunId::new(run).map_or_else(|_| "checkride".to_owned(), |run| run.short());
    let source = bare(source);
    let room = 511 - of_run.len();
    format!("{}-{of_run}", source.get(..room).unwrap_or(source))
}

fn lines(source: &str, name: &str, stage: &str) -> Vec<String> {
    vec![
        format!("recovers secret {source} as the new secret {name}, with the value of {stage}"),
        format!("  {source} is only read; its value stays in memory, and is shown and written nowhere"),
        format!("  the new one is scheduled for deletion ({WINDOW} days), restored, and compared by keyed digests"),
        "  billed by AWS: a secret, for as long as it stands".to_owned(),
    ]
}

fn fault(template: &Template, why: &str) -> TaskFault {
    TaskFault { span: Some(template.span()), why: format!("`{}`: {why}", template.text()) }
}

#[cfg(test)]
mod tests {
    use super::{made_arn, named_after, token_of};

    #[test]
    fn names_and_tokens_are_what_the_service_takes() {
        let source = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mte/dev/api-token-AbCdEf";
        let own = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mine";
        assert_eq!(made_arn(source, "mine"), own);
        assert_eq!(named_after("db", "none"), "db-checkride");
        assert_eq!(named_after(source, "none"), "mte/dev/api-token-AbCdEf-checkride");
        assert_eq!(token_of("a-1").len(), 32);
        assert_eq!(token_of(&"x".repeat(90)).len(), 64);
    }
}
