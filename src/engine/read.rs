//! One read of whatever kind: how long an attempt may take, and what a service calls secret of what it is given and says.

use std::time::Duration;

use secrecy::ExposeSecret;

use crate::engine::steps::Steps;
use crate::event::{Failure, FailureKind};
use crate::step::kind::StepKind;
use crate::step::{Hidden, Ran, ReadAction, ReadContext, StepStop, Task as Work};

/// The longest that an attempt may take when the step does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);

/// The same for a request: no server is waited for much longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for a setting that is put back: most are there at once, a table may take some minutes.
const RESTORE_TIMEOUT: Duration = Duration::from_mins(15);

/// The same for objects that are put back: some millions of them, at some hundreds a second.
const OBJECTS_TIMEOUT: Duration = Duration::from_hours(6);

impl Steps {
    /// What is given to a service as secret is a secret of the run.
    pub(super) fn hide_input(&self, work: &Work) {
        let secrets = match work {
            Work::Aws(call) => call.secrets(),
            Work::AwsRestore(restore) => restore.secrets(),
            Work::Command(_)
            | Work::File(_)
            | Work::Http(_)
            | Work::Stack(_)
            | Work::StackRestore(_)
            | Work::S3Restore(_)
            | Work::Drill(_)
            | Work::Check(_)
            | Work::Bake(_) => Vec::new(),
        };
        for hidden in secrets {
            self.cut_from_now_on(&hidden);
        }
    }

    /// One look.
    pub(super) async fn read(&self, work: &Work, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        match work {
            Work::Command(command) => match self.lend_keys(cx).await {
                Ok(()) => ReadAction::run(command, cx).await,
                Err(failure) => Ok(Ran::failed(failure)),
            },
            Work::File(file) => ReadAction::run(file, cx).await,
            Work::Http(http) => ReadAction::run(&**http, cx).await,
            Work::Aws(call) => self.hide(ReadAction::run(call, cx).await),
            Work::Check(check) => self.hide(ReadAction::run(check, cx).await),
            Work::Bake(_) => Ok(Ran::failed(Failure::new(FailureKind::Guard, "a bake is no single read"))),
            // A stack is a write by its kind: the rules refuse it where only reads may be.
            Work::Stack(_) | Work::StackRestore(_) => {
                Ok(Ran::failed(Failure::new(FailureKind::Guard, "a stack step is a write")))
            }
            Work::AwsRestore(_) => Ok(Ran::failed(Failure::new(FailureKind::Guard, "an aws-restore step is a write"))),
            Work::Drill(drill) => ReadAction::run(&**drill, cx).await,
            Work::S3Restore(_) => Ok(Ran::failed(Failure::new(FailureKind::Guard, "an s3-restore step is a write"))),
        }
    }

    /// Makes a text a secret of the run; false when it is too short or too common for that, or no secret: the author has
    /// written it in the open (a service calls each variable of a function secret, the name of its stage, too, and the
    /// address that a budget writes to), or it is an ARN, which names something and opens nothing.
    fn cut_from_now_on(&self, hidden: &Hidden) -> bool {
        let name = hidden.path.last().map_or("a value", String::as_str);
        let text = hidden.text.expose_secret().trim();
        let is_open = is_arn(text) || self.open.iter().any(|open| stands_in(text, open));
        !is_open && self.redactor.add(name, &hidden.text).is_ok()
    }

    /// Makes what a service calls secret a secret of the run. What cannot be cut everywhere stays named in the result: an
    /// expectation may look at it, and nothing of it is told or handed on.
    pub(super) fn hide(&self, ran: Result<Ran, StepStop>) -> Result<Ran, StepStop> {
        let mut ran = ran?;
        ran.hidden.retain(|hidden| !self.cut_from_now_on(hidden));
        Ok(ran)
    }
}

/// Whether a text stands in another one as it is: not as a piece of a longer word, which may be a secret all the same.
fn stands_in(text: &str, whole: &str) -> bool {
    let ends = |beside: Option<char>| beside.is_none_or(|it| !it.is_alphanumeric());
    whole
        .match_indices(text)
        .any(|(at, _)| ends(whole[..at].chars().next_back()) && ends(whole[at + text.len()..].chars().next()))
}

/// Whether a text is one ARN and no more: its six parts, with no character that none of them has.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let plain = |it: char| it.is_ascii_alphanumeric() || ":/_.*+=,@$-".contains(it);
    let account = |it: &str| it.is_empty() || (it.len() == 12 && it.bytes().all(|digit| digit.is_ascii_digit()));
    matches!(parts[..], ["arn", partition, service, _, number, name]
        if partition.starts_with("aws") && !service.is_empty() && account(number) && !name.is_empty())
        && text.chars().all(plain)
}

/// How long one attempt may take when the step does not say.
pub(super) fn usual_timeout(kind: &StepKind) -> Duration {
    match kind {
        StepKind::Http(_) => REQUEST_TIMEOUT,
        StepKind::Wait(wait) => wait.usual_timeout(),
        StepKind::Bake(bake) => bake.usual_timeout(),
        StepKind::Confirm(_)
        | StepKind::Input(_)
        | StepKind::Command(_)
        | StepKind::File(_)
        | StepKind::Stack(_)
        | StepKind::StackRestore(_)
        | StepKind::Aws(_)
        | StepKind::Check(_) => DEFAULT_TIMEOUT,
        StepKind::AwsRestore(_) => RESTORE_TIMEOUT,
        StepKind::S3Restore(_)
        | StepKind::Restore(_)
        | StepKind::Compare(_)
        | StepKind::Marker(_)
        | StepKind::Cleanup(_)
        | StepKind::Failover(_) => OBJECTS_TIMEOUT,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_arn, stands_in};

    #[test]
    fn what_stands_in_the_open_stands_there_as_it_is() {
        let runbook = "stage = \"prod\"\nto = \"ops@example.com\"\ntitle = \"Deploy the production stack\"";
        for open in ["prod", "ops@example.com", "stack"] {
            assert!(stands_in(open, runbook), "{open}");
        }
        for hidden in ["product", "duction", "ploy", "xample", "ops@example.co"] {
            assert!(!stands_in(hidden, runbook), "{hidden}");
        }
    }

    #[test]
    fn an_arn_is_one_and_no_more() {
        let arns = [
            "arn:aws:sns:eu-central-1:123456789012:alerts",
            "arn:aws-cn:s3:::bucket/a_b*",
            "arn:aws:iam::123456789012:role/r",
        ];
        assert!(arns.into_iter().all(is_arn));
        let others = [
            "arn:aws:sns",
            "arn:x:sns:r:123456789012:t",
            "arn:aws:sns:r:12:t",
            "arn:aws:sns:r:123456789012:t;pw=x y",
            "arn:aws:sns:r:123456789012:",
        ];
        assert!(!others.into_iter().any(is_arn));
    }
}
