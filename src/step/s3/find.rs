//! What a key was at a time, and what is to be done about it. Pure.

use chrono::{DateTime, SubsecRound, Timelike, Utc};

use crate::aws::objects::ObjectVersion;
use crate::step::s3::ours::Ours;

/// The version of what was written while versioning was not on.
const NULL: &str = "null";

/// A key with all that matters of its versions, however many there are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::step) struct Key {
    /// What is on top.
    pub(in crate::step) newest: ObjectVersion,
    /// What was on top then.
    pub(in crate::step) was: Option<ObjectVersion>,
    /// A version `null` was written since: what it has replaced, nobody knows.
    pub(in crate::step) null_since: bool,
    /// The order of what happened in the very second of that time is not known.
    pub(in crate::step) doubtful: bool,
}

/// What is to be done about a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Nothing: the version of then is on top.
    AsItWas,
    /// Nothing: an earlier attempt has copied the version of then.
    Back,
    /// Nothing: it was not there, and is not.
    Absent,
    /// The version of then is copied.
    Copy,
    /// It was not there, and is.
    CreatedSince,
    /// It cannot be told what was there.
    NotKnown,
}

/// Makes keys of versions that come in the order of a listing.
#[derive(Debug)]
pub(in crate::step) struct Fold {
    at: DateTime<Utc>,
    open: Option<Key>,
}

impl Fold {
    /// Of what was at a time.
    pub(in crate::step) fn at(at: DateTime<Utc>) -> Self {
        Self { at, open: None }
    }

    /// Takes the next version; gives the key before it once all its versions were there.
    pub(in crate::step) fn take(&mut self, version: ObjectVersion) -> Option<Key> {
        if let Some(key) = self.open.as_mut().filter(|key| key.newest.key == version.key) {
            key.add(version, self.at);
            return None;
        }
        let mut key = Key { newest: version.clone(), was: None, null_since: false, doubtful: false };
        key.add(version, self.at);
        self.open.replace(key)
    }

    /// The last key.
    pub(in crate::step) fn end(&mut self) -> Option<Key> {
        self.open.take()
    }
}

impl Key {
    fn add(&mut self, version: ObjectVersion, at: DateTime<Utc>) {
        if version.modified > at {
            self.null_since |= version.version == NULL;
            return;
        }
        let Some(was) = &self.was else {
            // AWS tells no more than the second.
            self.doubtful =
                version.modified.nanosecond() == 0 && at.nanosecond() != 0 && version.modified == at.trunc_subsecs(0);
            self.was = Some(version);
            return;
        };
        if was.modified == version.modified && was.marker != version.marker && !was.latest {
            // Written and deleted within what the clock tells apart: it is kept rather than lost.
            self.doubtful = true;
            if was.marker {
                self.was = Some(version);
            }
        }
    }

    /// What is to be done; `ours` are the copies of earlier attempts.
    pub(super) fn verdict(&self, ours: &Ours) -> Verdict {
        let was = self.was.as_ref().filter(|was| !was.marker);
        match was {
            _ if self.null_since => Verdict::NotKnown,
            None if self.newest.marker => Verdict::Absent,
            None => Verdict::CreatedSince,
            Some(was) if was.version == self.newest.version => Verdict::AsItWas,
            Some(_) if !self.newest.marker && ours.has(&self.newest.key, &self.newest.version) => Verdict::Back,
            Some(_) => Verdict::Copy,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{Fold, Key, Verdict};
    use crate::aws::objects::ObjectVersion;
    use crate::step::s3::ours::Ours;

    fn time(seconds: f64) -> DateTime<Utc> {
        #[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
        DateTime::from_timestamp_millis((seconds * 1000.0) as i64).unwrap()
    }

    fn version(id: &str, at: f64, latest: bool) -> ObjectVersion {
        ObjectVersion {
            key: "k".to_owned(),
            version: id.trim_start_matches('-').to_owned(),
            modified: time(at),
            latest,
            marker: id.starts_with('-'),
            size: 1,
            etag: "e".to_owned(),
            storage_class: String::new(),
        }
    }

    /// A key of versions, newest first; a `-` before an id makes a delete marker.
    fn key(at: f64, versions: &[(&str, f64)]) -> Key {
        let mut fold = Fold::at(time(at));
        for (number, (id, at)) in versions.iter().enumerate() {
            assert_eq!(fold.take(version(id, *at, number == 0)), None);
        }
        fold.end().unwrap()
    }

    fn verdict(at: f64, versions: &[(&str, f64)]) -> (Verdict, Option<String>) {
        let key = key(at, versions);
        (key.verdict(&Ours::default()), key.was.map(|was| was.version))
    }

    #[test]
    fn the_version_of_a_time_is_found() {
        let was = |id: &str| Some(id.to_owned());
        let all = [("v4", 40.0), ("-m", 30.0), ("v2", 20.0), ("v1", 10.0)];
        assert_eq!(verdict(50.0, &all), (Verdict::AsItWas, was("v4")));
        assert_eq!(verdict(40.0, &all), (Verdict::AsItWas, was("v4")));
        assert_eq!(verdict(35.0, &all), (Verdict::CreatedSince, was("m")));
        assert_eq!(verdict(25.0, &all), (Verdict::Copy, was("v2")));
        assert_eq!(verdict(10.0, &all), (Verdict::Copy, was("v1")));
        assert_eq!(verdict(5.0, &all), (Verdict::CreatedSince, None));
        let deleted = [("-m", 30.0), ("v1", 10.0)];
        assert_eq!(verdict(20.0, &deleted), (Verdict::Copy, was("v1")));
        assert_eq!(verdict(5.0, &deleted), (Verdict::Absent, None));
        assert_eq!(verdict(35.0, &deleted), (Verdict::Absent, was("m")));
    }

    #[test]
    fn what_was_replaced_while_versioning_was_not_on_cannot_be_told() {
        assert_eq!(verdict(20.0, &[("v2", 30.0), ("null", 10.0)]).0, Verdict::Copy);
        assert_eq!(verdict(20.0, &[("null", 30.0), ("v1", 10.0)]).0, Verdict::NotKnown);
        assert_eq!(verdict(20.0, &[("v3", 40.0), ("null", 30.0), ("v1", 10.0)]).0, Verdict::NotKnown);
        assert_eq!(verdict(20.0, &[("-null", 30.0)]).0, Verdict::NotKnown);
        assert_eq!(verdict(20.0, &[("null", 10.0)]).0, Verdict::AsItWas);
    }

    #[test]
    fn a_copy_of_ours_is_known_and_another_version_of_the_same_content_is_not() {
        let mut ours = Ours::default();
        ours.add("k", "v3");
        let versions = [("v3", 30.0), ("v2", 20.0), ("v1", 10.0)];
        assert_eq!(key(15.0, &versions).verdict(&ours), Verdict::Back);
        assert_eq!(key(15.0, &versions[1..]).verdict(&ours), Verdict::Copy);
    }

    #[test]
    fn what_happened_in_one_second_is_doubtful() {
        assert!(key(20.7, &[("v2", 30.0), ("v1", 20.0)]).doubtful);
        assert!(!key(20.7, &[("v2", 30.0), ("v1", 20.5)]).doubtful);
        assert!(!key(20.0, &[("v2", 30.0), ("v1", 20.0)]).doubtful);
        assert!(!key(21.7, &[("v2", 30.0), ("v1", 20.0)]).doubtful);
        let tie = key(20.0, &[("v2", 30.0), ("-m", 10.0), ("v1", 10.0)]);
        assert_eq!((tie.doubtful, tie.was.unwrap().version), (true, "v1".to_owned()));
    }

    #[test]
    fn keys_follow_one_another() {
        let mut fold = Fold::at(time(5.0));
        let of = |name: &str| ObjectVersion { key: name.to_owned(), ..version("v", 1.0, true) };
        assert_eq!(fold.take(of("a")), None);
        assert_eq!(fold.take(of("a")), None);
        assert_eq!(fold.take(of("b")).unwrap().newest.key, "a");
        assert_eq!(fold.end().unwrap().newest.key, "b");
        assert_eq!(fold.end(), None);
    }
}
