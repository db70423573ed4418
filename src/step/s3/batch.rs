//! A batch of objects, as it stands on record.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::aws::objects::{LARGEST_COPY, ObjectVersion};

/// How many objects share one intent. Fewer cost more syncs; more are looked at again when a batch was cut off.
pub(in crate::step) const SIZE: usize = 250;

/// What is done to an object.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::step) enum Act {
    /// Its version of then is copied on top.
    Copy,
    /// The same in parts: it is too large for one call.
    CopyInParts,
    /// A delete marker is put on top.
    Hide,
}

impl Act {
    /// The call that changes what is on top.
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::Copy => "s3:CopyObject",
            Self::CopyInParts => "s3:CompleteMultipartUpload",
            Self::Hide => "s3:DeleteObject",
        }
    }

    /// How many such objects share an intent: a large one is a batch of its own.
    pub(super) fn batch(self) -> usize {
        match self {
            Self::Copy | Self::Hide => SIZE,
            Self::CopyInParts => 1,
        }
    }

    /// What was done, in a word.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Copy | Self::CopyInParts => "copied",
            Self::Hide => "hidden",
        }
    }
}

/// One object of a batch.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(in crate::step) struct Job {
    /// What is done to it.
    pub(super) act: Act,
    /// What was on top when the batch was made.
    pub(super) newest: String,
    /// The version that is copied, or that is hidden.
    #[serde(flatten)]
    pub(in crate::step) of: ObjectVersion,
}

impl Job {
    /// The copy of a version.
    pub(in crate::step) fn copy(of: ObjectVersion, newest: String) -> Self {
        let act = if of.size > LARGEST_COPY { Act::CopyInParts } else { Act::Copy };
        Self { act, newest, of }
    }

    /// The call that makes it.
    pub(in crate::step) fn call(&self) -> &'static str {
        self.act.call()
    }

    /// Whether it is a batch of its own.
    pub(in crate::step) fn is_large(&self) -> bool {
        self.act.batch() == 1
    }

    /// A delete marker on top of a version.
    pub(super) fn hide(of: ObjectVersion) -> Self {
        Self { act: Act::Hide, newest: of.version.clone(), of }
    }
}

/// What became of one object.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(in crate::step) struct Made {
    /// The key.
    pub(in crate::step) key: String,
    /// The new version on top.
    pub(in crate::step) version: String,
    /// The id under which AWS has recorded the call; none where it was found done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::step) request: Option<String>,
}

/// One line of JSON for each.
pub(super) fn lines<T: Serialize>(all: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for one in all {
        serde_json::to_writer(&mut text, one).expect("it is plain data");
        text.push(b'\n');
    }
    text
}

/// What [`lines`] has written.
pub(super) fn read<T: for<'a> Deserialize<'a>>(text: &[u8]) -> Result<Vec<T>, serde_json::Error> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(serde_json::from_slice).collect()
}

/// The file that a record names.
pub(super) fn file_in(text: &str) -> Option<&str> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new("sha256-[0-9a-f]{64}").expect("it is a pattern"));
    NAME.find(text).map(|found| found.as_str())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{Act, Job, Made, file_in, lines, read};
    use crate::aws::objects::ObjectVersion;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let of = |key: &str, size| ObjectVersion {
            key: key.to_owned(),
            version: "v".to_owned(),
            modified: DateTime::from_timestamp(1, 500).unwrap(),
            latest: false,
            marker: false,
            size,
            etag: "e-2".to_owned(),
            storage_class: "GLACIER".to_owned(),
        };
        let six = 6_000_000_000;
        let jobs = vec![
            Job::copy(of("a\n\"b\"\u{1}", 3), "n".to_owned()),
            Job::copy(of("ü", six), "m".to_owned()),
            Job::hide(of("h", 1)),
        ];
        assert_eq!(jobs.iter().map(|job| job.act).collect::<Vec<_>>(), [Act::Copy, Act::CopyInParts, Act::Hide]);
        let text = lines(&jobs);
        assert_eq!(text.split(|byte| *byte == b'\n').count(), 4, "a line each");
        assert_eq!(read::<Job>(&text).unwrap(), jobs);
        assert!(read::<Made>(b"{\"key\":1}\n").is_err());
    }

    #[test]
    fn a_record_names_its_file() {
        let name = format!("sha256-{}", "ab".repeat(32));
        assert_eq!(file_in(&format!("250 objects ({name})")), Some(name.as_str()));
        assert_eq!(file_in("250 objects (sha256-ab)"), None);
    }
}
