//! `restore` of a secret: the value of one, in a new secret that is lost and taken back.

use crate::source::Diagnostic;
use crate::source::reader::Table;
use crate::step::kind::codes::SECRET_RECOVERED;
use crate::value::{RefAt, Template, template};

/// The characters that the service puts behind a name, in an ARN.
const OWN: usize = 6;

/// Gives a new secret the value of another, deletes it, and restores it.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretRecovery {
    /// The secret whose value is taken.
    pub secret: Template,
    /// The name of the new one; none: made of the secret's and the run's.
    pub name: Option<Template>,
    /// The word for the version whose value it is; none: `AWSCURRENT`.
    pub stage: Option<Template>,
}

impl SecretRecovery {
    /// Reads the keys of a step that recovers a secret.
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let (secret, name) = (template(table, "secret"), template(table, "as"));
        if let Some(text) = name.as_ref().and_then(Template::literal) {
            let same = secret.as_ref().and_then(Template::literal) == Some(text);
            if let Some(why) = unfit(text).or_else(|| same.then(|| "it is the secret itself".to_owned())) {
                let span = table.key_span("as").unwrap_or(table.span());
                let message = format!("the new secret cannot be named `{text}`: {why}");
                table.reader().push(Diagnostic::error(SECRET_RECOVERED, message).at(span, "").help("leave `as` out"));
            }
        }
        Some(Self { secret: secret?, name, stage: template(table, "stage") })
    }

    /// Every name that its templates use.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        std::iter::once(&self.secret).chain(&self.name).chain(&self.stage).flat_map(Template::refs).collect()
    }
}

/// Why a new secret cannot bear a name. Source: `CreateSecret` of the Secrets Manager API reference; a name that ends like
/// an ARN is taken for part of one.
pub fn unfit(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if !(1..=512).contains(&name.len()) || !name.chars().all(plain) {
        return Some("1 to 512 letters, digits and `/_+=.@-`, and no ARN".to_owned());
    }
    let own = name.rsplit_once('-').map(|(_, end)| end);
    let like_an_arn = own.is_some_and(|end| end.len() == OWN && end.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    like_an_arn.then(|| "a name that ends with a hyphen and six characters looks like the end of an ARN".to_owned())
}

#[cfg(test)]
mod tests {
    use super::unfit;

    #[test]
    fn a_name_is_none_that_could_be_an_arn() {
        assert_eq!(unfit("mte/dev/api-token"), None);
        assert!(unfit("db-AbCdEf").is_some_and(|why| why.contains("ARN")));
        assert!(unfit("arn:aws:secretsmanager:eu-west-1:1:secret:db").is_some());
        assert!(unfit("").is_some());
    }
}
