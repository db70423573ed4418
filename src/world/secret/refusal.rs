//! Which values cannot be kept secret: cutting them would make every other word unreadable, or tell them by what is missing.

use crate::world::secret::forms::beside_the_mark;

/// The shortest value that can be cut without mangling everything else, in bytes.
pub const SHORTEST: usize = 4;

/// The longest value, in bytes: as much as AWS Secrets Manager keeps.
pub const LONGEST: usize = 65_536;

/// Fewer digits than this are a year, a port, a count.
const SHORTEST_NUMBER: usize = 6;

/// A secret that cannot be kept secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecretError {
    /// It is part of a word that every record needs.
    #[error("the secret `{name}` is an everyday word, and cannot be cut from output")]
    TooCommon {
        /// The secret's name.
        name: String,
    },
    /// Cutting it would cut everything.
    #[error("the secret `{name}` is shorter than {SHORTEST} characters, and cannot be cut from output")]
    TooShort {
        /// The secret's name.
        name: String,
    },
    /// It stands in output by chance.
    #[error("the secret `{name}` is {what}, and cannot be told from other output")]
    TooSimple {
        /// The secret's name.
        name: String,
        /// What it is made of.
        what: &'static str,
    },
    /// It would take too much memory to look for it.
    #[error("the secret `{name}` is longer than {LONGEST} bytes, and cannot be looked for in output")]
    TooLong {
        /// The secret's name.
        name: String,
    },
}

impl SecretError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::TooCommon { .. } | Self::TooShort { .. } | Self::TooSimple { .. } => {
                "use a longer, random value (16 characters or more), or declare the input as no secret if it is none"
            }
            Self::TooLong { .. } => "keep the value in a file or in AWS Secrets Manager, and pass its name",
        }
    }
}

/// The words of the journal's format: a secret that is part of one would make records unreadable.
const WORDS: &str = "session_started identity_verified guard_refused deviation phase_started phase_finished asked answered \
    step_started effect_intended effect_settled attempt_failed item_settled look_changed step_finished rollback_started \
    residual_state interrupted session_ended run_finished passed warned failed skipped declined unknown refused verification_failed step_failed stuck \
    needs_person verification_unknown guarded changed journal_broken nothing_done rolled_back left_out settled_by_person plan_changed \
    break_glass continue stop roll_back start resume credentials finished terminal_lost unknown_effect checklist deploy \
    verify drill rollback confirm value ready_phase complete_phase approve_phase approve_write approve_change \
    after_failure settle_unknown accept_plan log_in not-applicable execute decline roll-back did-not-happen happened abort \
    optional required expectation exit signal spawn timeout cancelled access expired throttled transport unsupported \
    guard expression format lost terminal file policy note operation service causes message remedy values request_id \
    attempt outcome failure outputs artifacts digest media bytes question choices evidence detail problem options reason \
    account region emulator target token result waits_for verdict stopping retry_in_ms index look trouble requests back incident left effects by_hand undo captured before rehearsed there missing later needs change";

/// Words that stand in any output, and are poor secrets. Compared without case, as a whole.
const EVERYDAY: &str = "true false null none nil undefined yes no on off enabled disabled enable disable default empty \
    prod production staging stage test testing tests dev devel development qa uat preview sandbox demo local localhost \
    example sample temp temporary admin administrator root user username users owner guest public private internal external \
    password passwd passphrase passwort secret secrets token tokens apikey api_key api-key changeme change_me change-me \
    letmein welcome qwerty hello world main master latest stable release info warn warning error errors debug trace success \
    failure status state name type string number object array text json yaml toml http https ssh-rsa 127.0.0.1 0.0.0.0 \
    127.0.0.1:8080 example.com aws amazon amazonaws amazonaws.com lambda dynamodb cloudformation secretsmanager postgres \
    postgresql mysql mariadb aurora redis mongo mongodb database docker ubuntu ec2-user linux darwin windows x86_64 aarch64 \
    arm64 amd64 create update delete created updated deleted pending active inactive available create_complete \
    update_complete";

/// The regions of AWS, as its endpoints list them.
const REGIONS: &str = "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 \
    ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 \
    ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 \
    eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 \
    us-gov-west-1 us-west-1 us-west-2";

/// Refuses a value that cannot be kept secret.
pub(super) fn accept(name: &str, plain: &str) -> Result<(), SecretError> {
    let name = name.to_owned();
    let value = plain.trim();
    if value.len() < SHORTEST {
        return Err(SecretError::TooShort { name });
    }
    if plain.len() > LONGEST {
        return Err(SecretError::TooLong { name });
    }
    let lower = value.to_lowercase();
    let everyday = || EVERYDAY.split_whitespace().chain(REGIONS.split_whitespace()).any(|word| word == lower);
    if beside_the_mark(value.as_bytes()).is_empty()
        || WORDS.split_whitespace().any(|word| word.contains(value))
        || everyday()
    {
        return Err(SecretError::TooCommon { name });
    }
    if value.len() < SHORTEST_NUMBER && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SecretError::TooSimple { name, what: "a number of fewer than 6 digits" });
    }
    if is_monotonous(value) {
        return Err(SecretError::TooSimple { name, what: "made of one or two different characters" });
    }
    Ok(())
}

/// Whether a text is made of one or two different characters: a ruler, a row of stars.
pub(super) fn is_monotonous(text: &str) -> bool {
    let mut seen: Vec<char> = Vec::new();
    for char in text.chars() {
        if !seen.contains(&char) {
            seen.push(char);
        }
        if seen.len() > 2 {
            return false;
        }
    }
    true
}
