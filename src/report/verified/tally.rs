//! How many steps stand how.

use crate::report::verified::finding::{Class, Finding};
use crate::report::words::count;

/// How many steps stand how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally([usize; Class::ALL.len()]);

impl Tally {
    /// Counts them.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding<'a>>) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            tally.0[finding.class as usize] += 1;
        }
        tally
    }

    /// How many stand so.
    pub fn count(&self, class: Class) -> usize {
        self.0[class as usize]
    }

    /// All.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// `200 checks: 3 failed, 1 unknown, 196 passed`.
    pub fn words(&self) -> String {
        let parts = Class::ALL.iter().filter(|class| self.count(**class) > 0);
        let parts: Vec<String> = parts.map(|class| format!("{} {}", self.count(*class), class.as_str())).collect();
        if parts.is_empty() {
            "no checks".to_owned()
        } else {
            format!("{}: {}", count(self.total(), "check"), parts.join(", "))
        }
    }
}
