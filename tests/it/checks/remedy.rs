//! Each check's remedy, followed: what makes it fail, the calls that the remedy names, and it passes. One account a
//! remedy, so that none is mended by another's.

use std::fmt::Write as _;
use std::slice::from_ref;

use checkride::aws::api::client::resolve;
use checkride::catalog::embedded;
use serde_json::Value;

use crate::checks::front::{Answers, Front};
use crate::checks::sheet::{Answer, Make, Outcome, Row, Sheet};
use crate::checks::tried::run;
use crate::checks::words::says;
use crate::support::sandbox::{account, aws_at, endpoint};

/// Follows the remedies of a service's checks.
pub(super) async fn followed(service: &str) {
    let sheet = Sheet::read(service);
    let mut wrong = String::new();
    for (number, row) in sheet.rows.iter().enumerate().filter(|(_, row)| !row.fix.is_empty()) {
        if let Err(why) = follow(&sheet, number).await {
            writeln!(wrong, "{} ({}): {why}", row.check, row.why).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Follows the remedy of one row.
async fn follow(sheet: &Sheet, number: usize) -> Result<(), String> {
    let account = account();
    let made = sheet.make(&aws_at(&account, &endpoint())).await;
    let (row, mut kept) = (&made.rows[number], made.kept);
    let before = told(&account, row, &row.answers);
    if before["outcome"] != "failed" {
        return Err(format!("it does not fail before: {before}"));
    }
    let remedy = before["failure"]["remedy"].as_str().unwrap_or_default();
    let front = (!row.afters.is_empty()).then(|| Front::that(Answers::Plays(row.afters.clone())));
    let aws = aws_at(&account, front.as_ref().map_or(&endpoint(), |front| &front.endpoint));
    for fix in &row.fix {
        says(remedy, fix, &fix.input(&kept)).map_err(|why| format!("{why}\n{remedy}\n"))?;
        fix.call(&aws, &mut kept).await;
    }
    let after = told(&account, row, &row.afters);
    if after["outcome"] == "passed" { Ok(()) } else { Err(format!("it does not pass after: {after}")) }
}

/// What a row ends with. What the emulator cannot say is played back.
fn told(account: &str, row: &Row, answers: &[Answer]) -> Value {
    if answers.is_empty() {
        return run(account, &endpoint(), from_ref(row), "").remove(0);
    }
    let front = Front::that(Answers::Plays(answers.to_vec()));
    let mut events = run(account, &front.endpoint, from_ref(row), "");
    assert!(front.answered() > 0, "nothing was played back: {row:?}");
    events.remove(0)
}

/// Each check's remedy was followed. A fix belongs to a row that fails; what is played back has its reason.
#[test]
fn every_remedy_is_followed() {
    let rows: Vec<Row> = Sheet::names().iter().flat_map(|name| Sheet::read(name).rows).collect();
    for row in &rows {
        let has_fix = !row.fix.is_empty();
        assert!(!has_fix || row.outcome == Outcome::Failed, "{}: {} needs no fix", row.check, row.why);
        assert!(!has_fix || row.fix.iter().any(writes), "{}: the fix only looks", row.check);
        assert!(has_fix || row.afters.is_empty(), "{}: nothing is played back where nothing is mended", row.check);
        assert!(row.afters.is_empty() || row.because.is_some(), "{}: why is it played back?", row.check);
        assert!(row.because.is_none() || has_fix, "{}: the table tells of no remedy here", row.check);
        // What fails as it is played back passes only as it is played back.
        assert!(!has_fix || row.answers.is_empty() || !row.afters.is_empty(), "{}: nothing comes after", row.check);
    }
    let is_followed = |id: &String| rows.iter().any(|row| row.check == *id && !row.fix.is_empty());
    let not: Vec<&String> = embedded().map(|check| &check.id.value).filter(|id| !is_followed(id)).collect();
    assert!(not.is_empty(), "nobody followed the remedy of {not:?}");
}

/// Whether a call changes something.
pub(super) fn writes(fix: &Make) -> bool {
    resolve(&fix.call).unwrap().read().is_none()
}
