//! Exit codes (DESIGN 4). Scripts depend on them: a code never changes its meaning.

use crate::event::Verdict;

/// What the process tells its caller.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ExitCode {
    /// All that was asked for was done and passed.
    Success,
    /// An unexpected error in checkride.
    Unexpected,
    /// The command line is wrong.
    Usage,
    /// The runbook, the profile or the answers file is invalid.
    Invalid,
    /// A verification failed.
    VerificationFailed,
    /// A step failed, also when the rollback after it succeeded; or nothing was done.
    StepFailed,
    /// Declined or aborted by the operator.
    Declined,
    /// Interrupted or suspended; resumable.
    Interrupted,
    /// An undo failed, or an unknown effect needs a person.
    Stuck,
    /// The journal or the evidence is broken or not verifiable.
    Broken,
    /// Refused: changed since it was planned or approved.
    Changed,
    /// A person is needed and none is there.
    NeedsPerson,
    /// Refused by a guard.
    Guarded,
    /// A verification is unknown, and none failed.
    VerificationUnknown,
}

impl ExitCode {
    /// Every code, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Success,
        Self::Unexpected,
        Self::Usage,
        Self::Invalid,
        Self::VerificationFailed,
        Self::StepFailed,
        Self::Declined,
        Self::Interrupted,
        Self::Stuck,
        Self::Broken,
        Self::Changed,
        Self::NeedsPerson,
        Self::Guarded,
        Self::VerificationUnknown,
    ];

    /// Which one counts when several hold. Usage and invalid files stand before all of DESIGN's list: nothing ran then.
    const PRECEDENCE: [Self; 14] = [
        Self::Usage,
        Self::Invalid,
        Self::Broken,
        Self::Stuck,
        Self::Unexpected,
        Self::Guarded,
        Self::Changed,
        Self::StepFailed,
        Self::VerificationFailed,
        Self::VerificationUnknown,
        Self::Interrupted,
        Self::NeedsPerson,
        Self::Declined,
        Self::Success,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::VerificationFailed => 4,
            Self::StepFailed => 5,
            Self::Declined => 6,
            Self::Interrupted => 7,
            Self::Stuck => 8,
            Self::Broken => 9,
            Self::Changed => 10,
            Self::NeedsPerson => 11,
            Self::Guarded => 12,
            Self::VerificationUnknown => 13,
        }
    }

    /// What it means, for help and manual.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all that was asked for was done and passed",
            Self::Unexpected => "unexpected error in checkride",
            Self::Usage => "usage",
            Self::Invalid => "runbook, profile or answers file invalid",
            Self::VerificationFailed => "a verification failed",
            Self::StepFailed => "a step failed (also when the rollback after it succeeded), or nothing was done",
            Self::Declined => "declined or aborted by the operator",
            Self::Interrupted => "interrupted or suspended; resumable",
            Self::Stuck => "stuck: an undo failed, or an unknown effect needs a person",
            Self::Broken => "journal or evidence broken or not verifiable",
            Self::Changed => "refused: changed since it was planned or approved",
            Self::NeedsPerson => "a person is needed and none is there",
            Self::Guarded => {
                "refused by a guard: account, region, credentials, lock, readiness, a secret where it would be kept"
            }
            Self::VerificationUnknown => "a verification is unknown, and none failed",
        }
    }

    /// The one that counts when several hold; success when none does.
    pub fn of_all(codes: impl IntoIterator<Item = Self>) -> Self {
        let rank = |code: &Self| Self::PRECEDENCE.iter().position(|it| it == code);
        codes.into_iter().min_by_key(rank).unwrap_or(Self::Success)
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed | Verdict::RolledBack | Verdict::Walked => Self::Success,
            Verdict::VerificationFailed | Verdict::WouldNotWork => Self::VerificationFailed,
            Verdict::StepFailed | Verdict::NothingDone | Verdict::DrillStopped => Self::StepFailed,
            Verdict::Declined => Self::Declined,
            Verdict::Interrupted => Self::Interrupted,
            Verdict::Stuck => Self::Stuck,
            Verdict::NeedsPerson => Self::NeedsPerson,
            Verdict::VerificationUnknown => Self::VerificationUnknown,
            Verdict::Guarded => Self::Guarded,
            Verdict::Changed => Self::Changed,
            Verdict::JournalBroken => Self::Broken,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::ExitCode;
    use crate::event::Verdict;

    #[test]
    fn the_codes_are_a_contract() {
        let table: Vec<_> = ExitCode::ALL.iter().map(|it| format!("{:>2}  {}", it.code(), it.meaning())).collect();
        assert_snapshot!(table.join("\n"), @r"
         0  all that was asked for was done and passed
         1  unexpected error in checkride
         2  usage
         3  runbook, profile or answers file invalid
         4  a verification failed
         5  a step failed (also when the rollback after it succeeded), or nothing was done
         6  declined or aborted by the operator
         7  interrupted or suspended; resumable
         8  stuck: an undo failed, or an unknown effect needs a person
         9  journal or evidence broken or not verifiable
        10  refused: changed since it was planned or approved
        11  a person is needed and none is there
        12  refused by a guard: account, region, credentials, lock, readiness, a secret where it would be kept
        13  a verification is unknown, and none failed
        ");
    }

    /// DESIGN's list, behind what ends before anything runs, and before success.
    const ORDER: [u8; 14] = [2, 3, 9, 8, 1, 12, 10, 5, 4, 13, 7, 11, 6, 0];

    #[test]
    fn of_each_pair_the_worse_counts() {
        let code = |number: u8| ExitCode::ALL.into_iter().find(|it| it.code() == number).unwrap();
        let mut pairs = 0;
        for (at, worse) in ORDER.map(code).into_iter().enumerate() {
            for better in ORDER.map(code).into_iter().skip(at) {
                assert_eq!(ExitCode::of_all([better, worse]), worse, "{worse:?} and {better:?}");
                assert_eq!(ExitCode::of_all([worse, better]), worse, "{worse:?} and {better:?}");
                pairs += 1;
            }
        }
        assert_eq!(pairs, 14 * 15 / 2, "each code is in the list, once");
        assert_eq!(ExitCode::of_all([]), ExitCode::Success);
    }

    #[test]
    fn verdicts_give_the_same_numbers() {
        let verdicts = [
            Verdict::Passed,
            Verdict::VerificationFailed,
            Verdict::StepFailed,
            Verdict::Declined,
            Verdict::Interrupted,
            Verdict::Stuck,
            Verdict::NeedsPerson,
            Verdict::VerificationUnknown,
            Verdict::Guarded,
            Verdict::Changed,
            Verdict::JournalBroken,
            Verdict::NothingDone,
            Verdict::RolledBack,
            Verdict::Walked,
            Verdict::WouldNotWork,
            Verdict::DrillStopped,
        ];
        for verdict in verdicts {
            assert_eq!(ExitCode::from(verdict).code(), verdict.exit_code(), "{verdict:?}");
        }
    }
}
