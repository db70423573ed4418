//! Journals that were torn, damaged or made up.

#![no_main]

use checkride::journal::read_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match read_bytes(bytes) {
        Ok(journal) => {
            let torn = journal.tail.as_ref().map_or(0, |tail| tail.bytes);
            assert_eq!(journal.length + torn, bytes.len() as u64);
            // What was accepted is accepted again without its tail, and is the same.
            let good = usize::try_from(journal.length).expect("it is in memory");
            let again = read_bytes(&bytes[..good]).expect("its good part is good");
            assert_eq!(again.records, journal.records);
            assert_eq!(again.tail, None);
        }
        Err(damage) => assert!(!damage.what.is_empty()),
    }
});
