//! A last look at what was written.

use std::io::{self, Read};
use std::ops::Range;

use crate::world::secret::finder::Finder;
use crate::world::secret::registry::Redactor;

impl Redactor {
    /// Every place, in bytes from the beginning, where a secret stands in what a reader gives; ones that touch are one.
    /// Needs little memory, however much there is to read. Fails when the reader fails.
    pub fn scan(&self, mut reader: impl Read) -> io::Result<Vec<Range<u64>>> {
        let mut finder = Finder::new(self.forms(), 0);
        let mut found = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => finder.push(&buffer[..read], &mut found),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_unstable();
        let mut places: Vec<Range<u64>> = Vec::new();
        for place in found {
            match places.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                Some(_) | None => places.push(place.start..place.end),
            }
        }
        Ok(places)
    }
}
