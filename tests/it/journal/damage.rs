//! Every cut, every flipped bit, every record that was taken out, put in or moved.

use checkride::journal::read_bytes;
use serde_json::{Value, json};

use crate::support::story::{bytes_of, digest_of, events, header, lines, sealed};

/// A journal of a few records, so that every byte of it can be tried.
const SHORT: usize = 7;

#[test]
fn a_journal_that_is_cut_at_any_byte_gives_its_whole_records() {
    let bytes = bytes_of(&events()[..SHORT]);
    let whole = read_bytes(&bytes).unwrap();
    assert_eq!((whole.records.len(), whole.tail.as_ref()), (SHORT, None));
    let head = lines(&bytes)[0].len();
    for cut in 0..=bytes.len() {
        let read = read_bytes(&bytes[..cut]);
        if cut < head {
            assert_eq!(read.unwrap_err().seq, 0, "cut at {cut}");
            continue;
        }
        let journal = read.unwrap_or_else(|damage| panic!("cut at {cut}: {damage:?}"));
        let fit = bytes[..cut].split(|byte| *byte == b'\n').count() - 2;
        assert_eq!(journal.records, whole.records[..fit], "cut at {cut}");
        let torn = journal.tail.as_ref().map_or(0, |tail| tail.bytes);
        assert_eq!(journal.length + torn, cut as u64, "cut at {cut}");
        if let Some(tail) = &journal.tail {
            assert_eq!((tail.offset, tail.seq), (journal.length, fit as u64 + 1), "cut at {cut}");
        }
    }
}

#[test]
fn a_long_journal_is_cut_around_each_end_of_a_line() {
    let bytes = bytes_of(&events());
    let whole = read_bytes(&bytes).unwrap();
    let mut end = 0;
    for (record, line) in lines(&bytes).iter().enumerate() {
        end += line.len();
        if record == 0 {
            continue;
        }
        for (cut, fit) in [(end - line.len() / 2, record - 1), (end - 1, record - 1), (end, record)] {
            let journal = read_bytes(&bytes[..cut]).unwrap();
            assert_eq!(journal.records.len(), fit, "cut at {cut}");
            assert_eq!(journal.records, whole.records[..fit]);
        }
    }
}

#[test]
fn every_flipped_bit_is_found_and_its_record_named() {
    let bytes = bytes_of(&events()[..4]);
    let ends: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    let last = ends.len() as u64 - 1;
    for at in 0..bytes.len() {
        let line = ends.iter().filter(|end| **end < at).count() as u64;
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            match read_bytes(&damaged) {
                Err(damage) => {
                    assert_eq!(damage.seq, line, "byte {at}, bit {bit}: {}", damage.what);
                    let named = if line == 0 { "header".to_owned() } else { format!("record {line}") };
                    assert!(damage.what.contains(&named), "{}", damage.what);
                }
                Ok(journal) => {
                    // Nothing was written after the last record: nothing proves that it was on the disk.
                    assert_eq!(line, last, "byte {at}, bit {bit} of record {line} is not missed");
                    assert_eq!(journal.tail.map(|tail| tail.seq), Some(last));
                    assert_eq!(journal.records.len() as u64, last - 1);
                }
            }
        }
    }
}

/// The lines of the whole journal.
fn all() -> Vec<Vec<u8>> {
    lines(&bytes_of(&events()))
}

/// Damages a journal; gives which record is refused.
fn refused(whole: &[Vec<u8>], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> u64 {
    let mut lines = whole.to_vec();
    change(&mut lines);
    let Err(damage) = read_bytes(&lines.concat()) else { panic!("it is read as if nothing had happened") };
    assert!(damage.seq == 0 || damage.what.contains(&format!("record {}", damage.seq)), "{}", damage.what);
    damage.seq
}

#[test]
fn a_record_that_was_taken_out_put_in_or_moved_is_refused_by_name() {
    let all = all();
    let count = all.len() - 1;
    for at in 1..count {
        assert_eq!(refused(&all, |lines| drop(lines.remove(at))), at as u64, "record {at} was taken out");
        assert_eq!(refused(&all, |lines| lines.swap(at, at + 1)), at as u64, "record {at} was moved");
    }
    for at in 1..=count {
        let again = refused(&all, |lines| {
            let line = lines[at].clone();
            lines.insert(at, line);
        });
        assert_eq!(again, at as u64 + 1, "record {at} stands there twice");
        let from_another_run = refused(&all, |lines| {
            let mut other = header();
            other.reason = Some("another run".to_owned());
            let head = sealed(&serde_json::to_value(other).unwrap());
            let mut record: Value = serde_json::from_slice(&lines[at]).unwrap();
            record.as_object_mut().unwrap().shift_remove("digest");
            record["prev"] = json!(digest_of(&head));
            lines[at] = sealed(&record);
        });
        assert_eq!(from_another_run, at as u64, "record {at} is another run's");
    }
    assert_eq!(refused(&all, |lines| drop(lines.remove(0))), 0, "the header was taken out");
    let foreign_header = refused(&all, |lines| {
        let mut other = header();
        other.user = "eve".to_owned();
        lines[0] = sealed(&serde_json::to_value(other).unwrap());
    });
    assert_eq!(foreign_header, 1, "another header stands before the records");
}

/// Two newlines in one place, an empty file, zeros: what a disk leaves behind.
#[test]
fn what_a_disk_leaves_behind_is_named_or_set_aside() {
    assert_eq!(read_bytes(b"").unwrap_err().seq, 0);
    assert_eq!(read_bytes(&[0; 4096]).unwrap_err().seq, 0);
    let bytes = bytes_of(&events()[..SHORT]);
    let zeros = read_bytes(&[&bytes[..], &[0; 512]].concat()).unwrap();
    assert_eq!((zeros.records.len(), zeros.tail.unwrap().bytes), (SHORT, 512));
    assert_eq!(refused(&all(), |lines| lines.insert(3, b"\n".to_vec())), 3);
}

/// Pages may reach the disk in another order than they were written: a later record that is whole does not save an
/// earlier one that is not, unless it says that the earlier one was on the disk.
#[test]
fn records_that_were_never_durable_are_set_aside_together() {
    let all = lines(&bytes_of(&events()[..SHORT]));
    let mut undurable = all.clone();
    let mut prev = digest_of(&all[3]);
    for line in undurable.iter_mut().skip(4) {
        let mut record: Value = serde_json::from_slice(line).unwrap();
        record.as_object_mut().unwrap().shift_remove("digest");
        record["prev"] = json!(prev);
        record["durable"] = json!(3);
        *line = sealed(&record);
        prev = digest_of(line);
    }
    assert_eq!(read_bytes(&undurable.concat()).unwrap().records.len(), SHORT);
    undurable[5][40] ^= 1;
    let journal = read_bytes(&undurable.concat()).unwrap();
    assert_eq!((journal.records.len(), journal.tail.unwrap().seq), (4, 5));
    let mut durable = all;
    durable[5][40] ^= 1;
    assert_eq!(read_bytes(&durable.concat()).unwrap_err().seq, 5);
}
