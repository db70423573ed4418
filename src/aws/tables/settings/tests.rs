//! What is put back, and what is said.

use std::collections::BTreeMap;

use serde_json::json;

use super::change::SettingChange;
use super::data::{
    Alarm, Destination, Insights, Known, Recovery, Scaling, ScalingPolicy, ScalingTarget, TableSettings,
};
use super::difference::{Difference, Remedy, Setting, differences};

/// A table as a restore makes it.
fn bare(table: &str) -> TableSettings {
    TableSettings {
        table: table.to_owned(),
        arn: format!("arn:aws:dynamodb:us-east-1:111122223333:table/{table}"),
        point_in_time: Known::Is(Recovery::default()),
        time_to_live: Known::Is(None),
        tags: Known::Is(BTreeMap::new()),
        stream: None,
        deletion_protection: false,
        class: "STANDARD".to_owned(),
        replicas: Vec::new(),
        scaling: Known::Is(Scaling::default()),
        alarms: Known::Is(Vec::new()),
        policy: Known::Is(None),
        destinations: Known::Is(Vec::new()),
        insights: Known::Is(None),
    }
}

fn target(table: &str) -> ScalingTarget {
    let resource = format!("table/{table}");
    ScalingTarget { resource, dimension: "dynamodb:table:ReadCapacityUnits".to_owned(), min: 5, max: 50 }
}

fn policy(table: &str) -> ScalingPolicy {
    ScalingPolicy {
        name: "reads".to_owned(),
        resource: format!("table/{table}"),
        dimension: "dynamodb:table:ReadCapacityUnits".to_owned(),
        kind: "TargetTrackingScaling".to_owned(),
        rule: json!({ "TargetValue": 70.0 }),
    }
}

fn tags(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A table that has everything.
fn full(table: &str) -> TableSettings {
    TableSettings {
        point_in_time: Known::Is(Recovery { on: true, days: Some(35) }),
        time_to_live: Known::Is(Some("expires".to_owned())),
        tags: Known::Is(tags(&[("team", "sessions"), ("aws:cloudformation:stack-name", "mte-data")])),
        stream: Some("NEW_AND_OLD_IMAGES".to_owned()),
        deletion_protection: true,
        class: "STANDARD_INFREQUENT_ACCESS".to_owned(),
        replicas: vec!["eu-west-1".to_owned()],
        scaling: Known::Is(Scaling {
            targets: vec![target(table)],
            policies: vec![policy(table)],
            scheduled: vec!["morning".to_owned()],
        }),
        alarms: Known::Is(vec![Alarm {
            name: "throttles".into(),
            metric: "ThrottledRequests".into(),
            state: "OK".into(),
        }]),
        policy: Known::Is(Some("{}".to_owned())),
        destinations: Known::Is(vec![Destination { stream: "arn:stream/a".to_owned(), precision: None }]),
        insights: Known::Is(Some(Insights { mode: Some("THROTTLED_KEYS".to_owned()) })),
        ..bare(table)
    }
}

fn put_back(all: &[Difference]) -> Vec<SettingChange> {
    let changes = all.iter().filter_map(|difference| match &difference.remedy {
        Remedy::PutBack(changes) => Some(changes.clone()),
        Remedy::Reported(_) => None,
    });
    changes.flatten().collect()
}

fn reported(all: &[Difference]) -> Vec<(Setting, &str)> {
    let said = all.iter().filter_map(|difference| match &difference.remedy {
        Remedy::PutBack(_) => None,
        Remedy::Reported(why) => Some((difference.setting, why.as_str())),
    });
    said.collect()
}

#[test]
fn what_a_restore_does_not_carry_over_is_put_back_or_said() {
    let all = differences(&full("sessions"), &bare("sessions-drill"));
    let moved = "sessions-drill";
    let changes = put_back(&all);
    assert_eq!(
        changes,
        [
            SettingChange::PointInTime { days: Some(35) },
            SettingChange::TimeToLive { attribute: "expires".to_owned() },
            SettingChange::Tags { tags: tags(&[("team", "sessions")]) },
            SettingChange::Stream { view: "NEW_AND_OLD_IMAGES".to_owned() },
            SettingChange::Class { class: "STANDARD_INFREQUENT_ACCESS".to_owned() },
            SettingChange::Insights { mode: Some("THROTTLED_KEYS".to_owned()) },
            SettingChange::ScalingTarget { target: target(moved) },
            SettingChange::ScalingPolicy { policy: policy(moved) },
            SettingChange::DeletionProtection,
        ]
    );
    let said: Vec<Setting> = reported(&all).into_iter().map(|(setting, _)| setting).collect();
    assert_eq!(said, [Setting::Scheduled, Setting::Alarms, Setting::Policy, Setting::Destinations, Setting::Replicas]);
    assert_eq!(all.iter().map(|it| it.setting.name()).collect::<std::collections::BTreeSet<_>>().len(), 13);
    assert_eq!((all[0].source.as_str(), all[0].copy.as_str()), ("on, 35 days", "off"));
    assert_eq!(changes.iter().filter(|change| change.updates_table()).count(), 3);
}

#[test]
fn a_copy_that_is_as_its_source_has_no_differences() {
    assert_eq!(differences(&bare("a"), &bare("b")), []);
    let mut copy = full("copy");
    assert_eq!(put_back(&differences(&full("source"), &copy)), []);
    // The tags of the run are the copy's own.
    copy.tags = Known::Is(tags(&[
        ("team", "sessions"),
        ("checkride:run", "7f3a"),
        ("aws:cloudformation:stack-name", "mte-data"),
    ]));
    assert_eq!(
        reported(&differences(&full("source"), &copy)),
        [(Setting::Tags, "the copy has what the source has not")]
    );
}

#[test]
fn what_is_not_known_is_not_the_same() {
    let mut source = bare("a");
    source.scaling = Known::Not("denied".to_owned());
    source.policy = Known::Not("denied".to_owned());
    let all = differences(&source, &bare("b"));
    assert_eq!(
        reported(&all),
        [(Setting::Scaling, "it could not be read: denied"), (Setting::Policy, "it could not be read: denied")]
    );
    assert_eq!((all[0].source.as_str(), all[0].copy.as_str()), ("not known", "none"));
}

#[test]
fn what_another_setting_stands_in_the_way_of_is_said() {
    let mut copy = bare("b");
    copy.time_to_live = Known::Is(Some("other".to_owned()));
    copy.stream = Some("KEYS_ONLY".to_owned());
    let all = differences(&full("a"), &copy);
    let said = reported(&all);
    assert!(said.iter().any(|(setting, why)| *setting == Setting::TimeToLive && why.contains("another attribute")));
    assert!(said.iter().any(|(setting, why)| *setting == Setting::Stream && why.contains("something else")));
}

#[test]
fn settings_and_changes_are_kept_as_json() {
    let settings = full("a");
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<TableSettings>(&text).unwrap(), settings);
    let all = differences(&settings, &bare("b"));
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Difference>>(&text).unwrap(), all);
}
