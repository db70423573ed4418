//! A `marker` step that reads back what an earlier one has written: the recovery point as measured.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::aws::AwsReads;
use crate::event::{Failure, FailureKind};
use crate::step::drill::place::{MarkerKey, MarkerPlace};
use crate::step::effect::Halt;
use crate::step::pause::disturbed;
use crate::step::{Ran, ReadContext, StepStop};
use crate::world::clock::rfc3339;

/// Markers to be read back.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// What was restored.
    pub place: MarkerPlace,
    /// The markers, by key and time, oldest first.
    pub markers: Vec<(MarkerKey, DateTime<Utc>)>,
    /// The time that was restored, if it was chosen.
    pub at: Option<DateTime<Utc>>,
    /// When the disaster came, if that is known: what was written from then on is no loss.
    pub before: Option<DateTime<Utc>>,
}

impl ReadBack {
    /// From the output `markers` of the step that wrote them.
    ///
    /// # Errors
    /// What is none.
    pub(super) fn of(
        place: MarkerPlace,
        markers: &Value,
        at: Option<&str>,
        before: Option<&str>,
    ) -> Result<Self, String> {
        let time = |text: &str| {
            DateTime::parse_from_rfc3339(text)
                .map(|time| time.to_utc())
                .map_err(|error| format!("`{text}` is no time: {error}"))
        };
        let one = |marker: &Value| {
            let key = MarkerKey::read(&marker["key"])?;
            Ok((key, time(marker["at"].as_str().unwrap_or_default())?))
        };
        let list = markers.as_array().ok_or("`written` is no list of markers: give `${step.ID.markers}`")?;
        let mut markers = list.iter().map(one).collect::<Result<Vec<_>, String>>()?;
        if markers.is_empty() {
            return Err("`written` holds no marker".to_owned());
        }
        markers.sort_by_key(|(_, at)| *at);
        Ok(Self { place, markers, at: at.map(time).transpose()?, before: before.map(time).transpose()? })
    }

    pub(super) async fn read(&self, cx: &mut ReadContext) -> Result<Ran, StepStop> {
        let Some(aws) = cx.aws.clone() else {
            let failure = Failure::new(FailureKind::Guard, "a marker step needs an account");
            return Ok(Ran::failed(failure.with_remedy("give the profile an `[aws]` section")));
        };
        match self.present(cx, &aws).await {
            Ok(present) => Ok(self.judged(&present)),
            Err(Halt::Stop(stop)) => Err(stop),
            Err(Halt::Failed(failure)) => Ok(Ran::failed(*failure)),
        }
    }

    /// Which of the markers are there.
    async fn present(&self, cx: &ReadContext, aws: &AwsReads) -> Result<Vec<bool>, Halt> {
        let stopped = |end| disturbed(end, "markers are read back");
        let Some(home) = cx.within(Box::pin(self.place.home(aws))).await.map_err(stopped)?? else {
            return Ok(vec![false; self.markers.len()]);
        };
        let mut present = Vec::new();
        for (key, _) in &self.markers {
            present.push(cx.within(Box::pin(self.place.holds(&home, key))).await.map_err(stopped)??);
        }
        Ok(present)
    }

    /// What the markers that are there say.
    fn judged(&self, present: &[bool]) -> Ran {
        let times = || self.markers.iter().map(|(_, at)| *at);
        let there = || times().zip(present).filter(|(_, there)| **there).map(|(at, _)| at);
        let (last, first_absent) =
            (there().next_back(), times().zip(present).find(|(_, there)| !**there).map(|(at, _)| at));
        // What was written up to the disaster was there to be lost. When that was is not known, what was written after the time
        // that was restored is lost by choice.
        let counts = |at: &DateTime<Utc>| match (self.before, self.at) {
            (Some(before), _) => *at < before,
            (None, Some(limit)) => *at <= limit,
            (None, None) => true,
        };
        let wanted: Vec<DateTime<Utc>> = times().filter(counts).collect();
        let rpo = wanted.last().zip(last).map(|(wanted, last)| (*wanted - last).num_milliseconds().max(0));
        let out = json!({
            "markers": present.len(),
            "present": there().count(),
            "last_present": last.map(rfc3339),
            "first_absent": first_absent.map(rfc3339),
            "written": wanted.last().copied().map(rfc3339),
            "rpo_ms": rpo,
        });
        let late = self.at.and_then(|limit| Some((limit, there().find(|at| *at > limit)?)));
        let gap = first_absent.zip(last).filter(|(absent, last)| absent < last);
        let message = if let Some((limit, at)) = late {
            Some(format!(
                "the marker of {} is present, and {} restored to {}: this is not what was there then",
                rfc3339(at),
                self.place.was(),
                rfc3339(limit)
            ))
        } else if let Some((absent, last)) = gap {
            Some(format!(
                "the marker of {} is absent, and a later one, of {}, is present",
                rfc3339(absent),
                rfc3339(last)
            ))
        } else if last.is_none() && !wanted.is_empty() {
            Some(format!("none of the {} markers is present", wanted.len()))
        } else {
            None
        };
        match message {
            Some(message) => Ran { out, ..Ran::failed(Failure::new(FailureKind::Expectation, message)) },
            None => Ran::well(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MarkerPlace, ReadBack};

    fn copy() -> MarkerPlace {
        MarkerPlace::Table { table: "copy".to_owned() }
    }

    /// Markers of seconds 0, 10, 20 and 30, read back where these are there, after a restore to such a second.
    fn judged(present: &[bool], at: Option<&str>) -> (Value, Option<String>) {
        judged_before(present, at, None)
    }

    /// The same, after a disaster at such a second.
    fn judged_before(present: &[bool], at: Option<&str>, before: Option<&str>) -> (Value, Option<String>) {
        let markers: Vec<Value> = (0..4)
            .map(|n| json!({ "key": { "id": { "S": n.to_string() } }, "at": format!("2026-11-22T08:00:{:02}Z", n * 10) }))
            .collect();
        let ran = ReadBack::of(copy(), &json!(markers), at, before).unwrap().judged(present);
        (ran.out, ran.failure.map(|failure| failure.message))
    }

    #[test]
    fn the_recovery_point_is_the_time_between_the_last_written_and_the_last_present() {
        let (out, failure) = judged(&[true, true, false, false], None);
        assert_eq!((out["rpo_ms"].as_i64(), failure), (Some(20_000), None));
        assert_eq!(out["last_present"], "2026-11-22T08:00:10.000Z");
        assert_eq!(out["first_absent"], "2026-11-22T08:00:20.000Z");
        assert_eq!(judged(&[true; 4], None).0["rpo_ms"], 0);
    }

    #[test]
    fn what_was_written_after_the_time_that_was_restored_must_not_be_there() {
        let at = Some("2026-11-22T08:00:15Z");
        let (out, failure) = judged(&[true, true, false, false], at);
        assert_eq!((out["rpo_ms"].as_i64(), failure), (Some(0), None));
        let (_, failure) = judged(&[true; 4], at);
        assert!(failure.unwrap().contains("of 2026-11-22T08:00:20.000Z is present"));
        assert_eq!(judged(&[true, false, false, false], at).0["rpo_ms"], 10_000);
    }

    #[test]
    fn what_was_written_after_the_disaster_is_no_loss() {
        let before = Some("2026-11-22T08:00:25Z");
        let (out, failure) = judged_before(&[true, true, false, false], None, before);
        assert_eq!((out["rpo_ms"].as_i64(), failure), (Some(10_000), None));
        assert_eq!(out["written"], "2026-11-22T08:00:20.000Z", "the last before the disaster");
        assert_eq!(judged_before(&[true; 4], None, before).0["rpo_ms"], 0, "and what is there beyond it is no gain");
        // The time that was restored is earlier than the disaster: what lies between them is lost.
        let (out, failure) = judged_before(&[true, false, false, false], Some("2026-11-22T08:00:00Z"), before);
        assert_eq!((out["rpo_ms"].as_i64(), failure), (Some(20_000), None));
        assert_eq!(judged_before(&[true; 4], None, Some("2026-11-22T07:00:00Z")).0["rpo_ms"], Value::Null);
    }

    #[test]
    fn a_gap_and_an_empty_table_are_no_recovery() {
        assert!(judged(&[true, false, true, false], None).1.unwrap().contains("a later one"));
        assert!(judged(&[false; 4], None).1.unwrap().contains("none of the 4"));
        assert!(ReadBack::of(copy(), &json!([]), None, None).is_err());
    }
}
