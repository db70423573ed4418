//! What is known of a drill when it is begun: when the disaster was detected and declared, and who takes part.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::engine::Opening;
use crate::event::{DrillMoment, Participant};
use crate::source::reader::duration_of;
use crate::source::suggest;

/// What was typed: `--detected`, `--declared`, `--participant`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// `--detected`.
    pub(crate) detected: Option<String>,
    /// `--declared`.
    pub(crate) declared: Option<String>,
    /// `--participant`, each a name and a role.
    pub(crate) people: Vec<(String, String)>,
}

impl Typed {
    /// What it means. `roles`: those that the runbook names.
    pub(crate) fn opening(&self, roles: &[String], now: DateTime<Utc>) -> Result<Opening, CommandError> {
        let typed = [
            (DrillMoment::Detected, "--detected", &self.detected),
            (DrillMoment::Declared, "--declared", &self.declared),
        ];
        let mut moments = Vec::new();
        for (moment, flag, text) in typed {
            if let Some(text) = text {
                moments.push((moment, time_of(flag, text, now)?));
            }
        }
        if let [(_, detected), (_, declared)] = moments.as_slice()
            && detected > declared
        {
            let message = "--declared is earlier than --detected";
            return Err(CommandError::new(ExitCode::Usage, message)
                .hint("a disaster is detected first, and declared then: change them round"));
        }
        let people = self.people.iter().map(|(name, role)| participant(name, role, roles));
        Ok(Opening { people: people.collect::<Result<_, _>>()?, moments })
    }
}

/// A time that was: RFC 3339, or so long ago.
fn time_of(flag: &str, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, CommandError> {
    let ago = || now.checked_sub_signed(TimeDelta::from_std(duration_of(text.strip_prefix('-')?)?).ok()?);
    let moment = || Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    let hint = "write it like 2026-11-22T08:15:00Z, or how long ago it was, like -15m";
    match moment().or_else(ago) {
        // As precise as records show it: what is measured is what lies between the times that are shown.
        Some(at) if at <= now => Ok(at.trunc_subsecs(3)),
        Some(_) => Err(CommandError::new(ExitCode::Usage, format!("{flag} {text} is in the future")).hint(hint)),
        None => Err(CommandError::new(ExitCode::Usage, format!("{flag} {text} is no time")).hint(hint)),
    }
}

fn participant(name: &str, role: &str, roles: &[String]) -> Result<Participant, CommandError> {
    if let Some(known) = roles.iter().find(|known| known.eq_ignore_ascii_case(role)) {
        return Ok(Participant { name: name.to_owned(), role: known.clone() });
    }
    let error =
        CommandError::new(ExitCode::Usage, format!("--participant {name}={role}: the runbook has no such role"));
    Err(match suggest::closest(role, roles.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if roles.is_empty() => error.hint("name the roles in `roles` of [phase.drill]"),
        None => error.hint(format!("its roles: {}", roles.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::Typed;
    use crate::event::DrillMoment;

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn opened(detected: Option<&str>, declared: Option<&str>) -> Result<Vec<(DrillMoment, String)>, String> {
        let typed =
            Typed { detected: detected.map(str::to_owned), declared: declared.map(str::to_owned), ..Typed::default() };
        let opening = typed.opening(&[], now()).map_err(|error| error.sentence())?;
        Ok(opening.moments.into_iter().map(|(moment, at)| (moment, at.to_rfc3339())).collect())
    }

    #[test]
    fn moments_are_times_that_were() {
        let both = opened(Some("-15m"), Some("2026-11-22T12:50:00+01:00")).unwrap();
        let wanted = [
            (DrillMoment::Detected, "2026-11-22T11:45:00+00:00".to_owned()),
            (DrillMoment::Declared, "2026-11-22T11:50:00+00:00".to_owned()),
        ];
        assert_eq!(both, wanted);
        assert_eq!(opened(None, None), Ok(Vec::new()));
        assert_eq!(opened(None, Some("-0s")).unwrap().len(), 1, "now itself is no future");
        assert_eq!(opened(Some("-0s"), Some("-0s")).unwrap().len(), 2, "both at once");
    }

    #[test]
    fn what_is_no_time_or_not_yet_or_out_of_order_is_refused() {
        let why = |detected, declared| opened(detected, declared).unwrap_err();
        assert!(why(Some("2026-11-22T12:00:01Z"), None).contains("--detected 2026-11-22T12:00:01Z is in the future"));
        for text in ["15m", "soon", "-", "-x", "12:00", "-99999999999999h"] {
            assert!(why(None, Some(text)).contains("is no time"), "{text}");
        }
        assert!(why(Some("-5m"), Some("-15m")).contains("--declared is earlier than --detected"));
    }

    #[test]
    fn people_have_roles_that_the_runbook_names() {
        let roles = ["operator".to_owned(), "owner of the data".to_owned()];
        let opened = |role: &str, roles: &[String]| {
            let typed = Typed { people: vec![("Ana".to_owned(), role.to_owned())], ..Typed::default() };
            typed.opening(roles, now())
        };
        assert_eq!(opened("Operator", &roles).unwrap().people[0].role, "operator");
        let hint = |role: &str, roles: &[String]| opened(role, roles).unwrap_err().hints.join("; ");
        assert_eq!(hint("operatr", &roles), "did you mean `operator`?");
        assert_eq!(hint("cook", &roles), "its roles: operator, owner of the data");
        assert!(hint("operator", &[]).contains("[phase.drill]"));
    }
}
