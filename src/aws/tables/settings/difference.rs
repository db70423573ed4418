//! What a restored table lacks of what its source has. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::SettingChange;
use super::data::{Known, Recovery, Scaling, TableSettings};
use super::scaling::moved;

/// A setting that a restore does not carry over.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Setting {
    /// Point-in-time recovery.
    PointInTime,
    /// Time to live.
    TimeToLive,
    /// Tags.
    Tags,
    /// The stream.
    Stream,
    /// The table's class.
    Class,
    /// Contributor insights.
    Insights,
    /// What changes its capacity.
    Scaling,
    /// What changes the scaling at set times.
    Scheduled,
    /// Alarms.
    Alarms,
    /// The resource policy.
    Policy,
    /// Kinesis streams.
    Destinations,
    /// Replicas.
    Replicas,
    /// Protection against deletion.
    DeletionProtection,
}

/// A setting in which the copy is not as its source.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Which.
    pub setting: Setting,
    /// How it is at the source.
    pub source: String,
    /// How it is at the copy.
    pub copy: String,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// What can be done about a difference.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Remedy {
    /// These changes make the copy as its source, in this order.
    PutBack(Vec<SettingChange>),
    /// It is said, and a person decides: why.
    Reported(String),
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 13] = [
        Setting::PointInTime,
        Setting::TimeToLive,
        Setting::Tags,
        Setting::Stream,
        Setting::Class,
        Setting::Insights,
        Setting::Scaling,
        Setting::Scheduled,
        Setting::Alarms,
        Setting::Policy,
        Setting::Destinations,
        Setting::Replicas,
        Setting::DeletionProtection,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Setting::PointInTime => "point-in-time recovery",
            Setting::TimeToLive => "time to live",
            Setting::Tags => "tags",
            Setting::Stream => "stream",
            Setting::Class => "table class",
            Setting::Insights => "contributor insights",
            Setting::Scaling => "auto scaling",
            Setting::Scheduled => "scheduled scaling",
            Setting::Alarms => "alarms",
            Setting::Policy => "resource policy",
            Setting::Destinations => "Kinesis destinations",
            Setting::Replicas => "replicas",
            Setting::DeletionProtection => "deletion protection",
        }
    }
}

const OFF: &str = "off";
const MORE: &str = "the copy has what the source has not";

/// In what a restored table is not as its source. Protection against deletion comes last: what is before it may still
/// go wrong.
pub fn differences(source: &TableSettings, copy: &TableSettings) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut add = |setting, pair: Option<(String, String, Remedy)>| {
        all.extend(pair.map(|(source, copy, remedy)| Difference { setting, source, copy, remedy }));
    };
    add(
        Setting::PointInTime,
        both(&source.point_in_time, &copy.point_in_time, recovery, |wanted, _| {
            switched_on(wanted.on.then_some(SettingChange::PointInTime { days: wanted.days }))
        }),
    );
    add(
        Setting::TimeToLive,
        both(
            &source.time_to_live,
            &copy.time_to_live,
            |it| it.clone().unwrap_or_else(|| OFF.to_owned()),
            |wanted, is| match is {
                Some(_) if wanted.is_some() => {
                    Remedy::Reported("items of the copy expire by another attribute: that is switched off first".into())
                }
                Some(_) | None => switched_on(wanted.clone().map(|attribute| SettingChange::TimeToLive { attribute })),
            },
        ),
    );
    add(Setting::Tags, both(&source.tags, &copy.tags, in_words, tags));
    add(
        Setting::Stream,
        plain(
            &source.stream,
            &copy.stream,
            |it| it.clone().unwrap_or_else(|| OFF.to_owned()),
            |wanted, is| match is {
                Some(_) if wanted.is_some() => {
                    Remedy::Reported("the copy's stream holds something else: it is switched off first".into())
                }
                Some(_) | None => switched_on(wanted.clone().map(|view| SettingChange::Stream { view })),
            },
        ),
    );
    add(
        Setting::Class,
        plain(&source.class, &copy.class, String::clone, |wanted, _| {
            Remedy::PutBack(vec![SettingChange::Class { class: wanted.clone() }])
        }),
    );
    let insights = |it: &Option<super::data::Insights>| {
        it.as_ref().map_or(OFF.to_owned(), |it| it.mode.clone().unwrap_or_else(|| "on".to_owned()))
    };
    add(
        Setting::Insights,
        both(&source.insights, &copy.insights, insights, |wanted, _| {
            switched_on(wanted.clone().map(|it| SettingChange::Insights { mode: it.mode }))
        }),
    );
    let own = source.scaling.moved_to(&source.table, &copy.table);
    let unscheduled = |it: Scaling| Scaling { scheduled: Vec::new(), ..it };
    let (wanted, is) = (own.map(unscheduled), copy.scaling.clone().map(unscheduled));
    add(Setting::Scaling, both(&wanted, &is, scaling_in_words, scaling));
    let scheduled = |it: &Known<Scaling>| it.clone().map(|it| it.scheduled);
    // What cannot be read is said above.
    if let (wanted @ Known::Is(_), is @ Known::Is(_)) = (scheduled(&source.scaling), scheduled(&copy.scaling)) {
        let names = |all: &Vec<String>| listed(all.iter().map(String::as_str));
        let why = "what scales at set times would cost at those times: a person makes it again";
        add(Setting::Scheduled, some(&wanted, &is, names, Vec::is_empty, why));
    }
    let names = |list: &Vec<super::data::Alarm>| listed(list.iter().map(|alarm| alarm.name.as_str()));
    add(
        Setting::Alarms,
        some(
            &source.alarms,
            &copy.alarms,
            names,
            Vec::is_empty,
            "an alarm names its table: none of them watches the copy",
        ),
    );
    add(
        Setting::Policy,
        both(
            &source.policy,
            &copy.policy,
            |it| it.as_ref().map_or("none".to_owned(), |_| "a policy".to_owned()),
            |_, _| {
                Remedy::Reported(
                    "who may do what with the copy is for a person to say: the policy names the source".into(),
                )
            },
        )
        .filter(|_| source.policy != Known::Is(None)),
    );
    let streams = |list: &Vec<super::data::Destination>| listed(list.iter().map(|it| it.stream.as_str()));
    add(
        Setting::Destinations,
        some(
            &source.destinations,
            &copy.destinations,
            streams,
            Vec::is_empty,
            "the changes of the copy would go to those who read the source's",
        ),
    );
    let regions = |list: &Vec<String>| listed(list.iter().map(String::as_str));
    add(
        Setting::Replicas,
        plain(&source.replicas, &copy.replicas, regions, |_, _| {
            Remedy::Reported(
                "a restored table stands alone: a replica is added when it takes the source's place".into(),
            )
        }),
    );
    let protected = |it: &bool| if *it { "on".to_owned() } else { OFF.to_owned() };
    add(
        Setting::DeletionProtection,
        plain(&source.deletion_protection, &copy.deletion_protection, protected, |wanted, _| {
            switched_on(wanted.then_some(SettingChange::DeletionProtection))
        }),
    );
    all
}

/// What is on at the source is switched on; what is off there is left to a person.
fn switched_on(change: Option<SettingChange>) -> Remedy {
    change.map_or_else(|| Remedy::Reported(MORE.to_owned()), |change| Remedy::PutBack(vec![change]))
}

type Found = Option<(String, String, Remedy)>;

fn plain<T: PartialEq>(source: &T, copy: &T, words: impl Fn(&T) -> String, remedy: impl Fn(&T, &T) -> Remedy) -> Found {
    (source != copy).then(|| (words(source), words(copy), remedy(source, copy)))
}

/// The same of what may not be known: then it cannot be said that it is the same.
fn both<T: PartialEq>(
    source: &Known<T>,
    copy: &Known<T>,
    words: impl Fn(&T) -> String,
    remedy: impl Fn(&T, &T) -> Remedy,
) -> Found {
    let told = |it: &Known<T>| match it {
        Known::Is(value) => words(value),
        Known::Not(_) => "not known".to_owned(),
    };
    match (source, copy) {
        (Known::Is(source), Known::Is(copy)) => plain(source, copy, words, remedy),
        (Known::Not(why), _) | (_, Known::Not(why)) => {
            Some((told(source), told(copy), Remedy::Reported(format!("it could not be read: {why}"))))
        }
    }
}

/// The same of what is only ever reported, and only when the source has some.
fn some<T: PartialEq>(
    source: &Known<T>,
    copy: &Known<T>,
    words: impl Fn(&T) -> String,
    is_none: impl Fn(&T) -> bool,
    why: &str,
) -> Found {
    if matches!(source, Known::Is(source) if is_none(source)) {
        return None;
    }
    both(source, copy, words, |_, _| Remedy::Reported(why.to_owned()))
}

fn recovery(found: &Recovery) -> String {
    match found {
        Recovery { on: false, .. } => OFF.to_owned(),
        Recovery { on: true, days: None } => "on".to_owned(),
        Recovery { on: true, days: Some(days) } => format!("on, {days} days"),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn in_words(tags: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    listed(pairs.iter().map(String::as_str))
}

/// Tags of AWS itself cannot be put on anything; tags that only the copy has are its own.
fn tags(source: &BTreeMap<String, String>, copy: &BTreeMap<String, String>) -> Remedy {
    let lacking = source.iter().filter(|(key, value)| copy.get(*key) != Some(value));
    let (of_aws, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
        lacking.map(|(key, value)| (key.clone(), value.clone())).partition(|(key, _)| key.starts_with("aws:"));
    if !own.is_empty() {
        return Remedy::PutBack(vec![SettingChange::Tags { tags: own }]);
    }
    let why = if of_aws.is_empty() { MORE } else { "only AWS itself puts tags on that begin with `aws:`" };
    Remedy::Reported(why.to_owned())
}

impl Known<Scaling> {
    /// The same scaling, of another table.
    fn moved_to(&self, from: &str, to: &str) -> Self {
        let mut own = self.clone();
        if let Known::Is(scaling) = &mut own {
            for target in &mut scaling.targets {
                target.resource = moved(&target.resource, from, to);
            }
            for policy in &mut scaling.policies {
                policy.resource = moved(&policy.resource, from, to);
            }
        }
        own
    }
}

fn scaling_in_words(scaling: &Scaling) -> String {
    let targets = scaling.targets.iter().map(|it| {
        let what = it.dimension.rsplit(':').next().unwrap_or_default();
        format!("{what} of {} from {} to {}", it.resource, it.min, it.max)
    });
    let policies = scaling.policies.iter().map(|it| format!("policy {}", it.name));
    let all: Vec<String> = targets.chain(policies).collect();
    listed(all.iter().map(String::as_str))
}

/// Targets first: a policy needs its target.
fn scaling(source: &Scaling, copy: &Scaling) -> Remedy {
    let targets = source.targets.iter().filter(|it| !copy.targets.contains(it)).cloned();
    let policies = source.policies.iter().filter(|it| !copy.policies.contains(it)).cloned();
    let targets = targets.map(|target| SettingChange::ScalingTarget { target });
    let changes: Vec<SettingChange> =
        targets.chain(policies.map(|policy| SettingChange::ScalingPolicy { policy })).collect();
    if changes.is_empty() {
        return Remedy::Reported(MORE.to_owned());
    }
    Remedy::PutBack(changes)
}
