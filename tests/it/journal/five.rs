//! Five journals of the engine's own, cut at every byte and with a bit of every byte flipped, or with `CHECKRIDE_SWEEP=all`
//! every bit: recovered, or refused with the record named; and nothing that the writer knew to be on the disk is ever set
//! aside.

use std::thread;

use checkride::journal::{Damage, Mark, Verified, Walk, read_bytes, read_marked};

use crate::engine::journals::{Story, good, interrupted, long, rolled_back, settled};
use crate::support::sweep::tried;

/// A story, and a walk that stands before each of its records: what comes before the damage is verified once.
struct Bench {
    bytes: Vec<u8>,
    /// Where each line ends, its newline included; the header's first.
    ends: Vec<usize>,
    /// What each record says was on the disk.
    durable: Vec<u64>,
    marks: Vec<Mark>,
}

impl Bench {
    fn of(story: Story) -> Self {
        let Story { bytes, marks } = story;
        let ends: Vec<usize> = (1..=bytes.len()).filter(|end| bytes[end - 1] == b'\n').collect();
        let journal = read_bytes(&bytes).unwrap();
        let durable = journal.records.iter().map(|record| record.durable).collect();
        let last = marks.last().expect("it was synced");
        let records = journal.records.len() as u64;
        assert_eq!((records, last.seq, last.length), (ends.len() as u64 - 1, records, bytes.len() as u64));
        assert_eq!(read_marked(&bytes, Some(last)).unwrap().records, journal.records);
        Self { bytes, ends, durable, marks }
    }

    /// The line that a byte is in.
    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end <= at)
    }

    /// A walk before each line but the header's.
    fn walks(&self, mark: Option<&Mark>) -> Vec<Walk> {
        let mut walk = Walk::begin(&self.bytes, mark).unwrap();
        let mut walks = vec![walk.clone()];
        while walk.advance(&self.bytes).unwrap() {
            walks.push(walk.clone());
        }
        walks
    }

    fn last(&self) -> &Mark {
        self.marks.last().expect("it was synced")
    }

    /// Whether a record behind this one says that this one was on the disk.
    fn is_known_by_a_later_one(&self, seq: usize) -> bool {
        self.durable.iter().skip(seq).any(|durable| *durable >= seq as u64)
    }
}

fn go_on(walk: &Walk, bytes: &[u8]) -> Result<Verified, Damage> {
    let mut walk = walk.clone();
    while walk.advance(bytes)? {}
    walk.end(bytes)
}

/// Cut at every byte: with the mark of that moment all whole records are there, and with a later mark the first one that is
/// gone is named.
fn cut(story: Story) {
    let bench = Bench::of(story);
    let (walks, marked) = (bench.walks(None), bench.walks(Some(bench.last())));
    for at in 0..=bench.bytes.len() {
        let cut = &bench.bytes[..at];
        let whole = bench.ends.partition_point(|end| *end <= at);
        if whole == 0 {
            assert_eq!(Walk::begin(cut, None).unwrap_err().seq, 0, "cut at {at}");
            continue;
        }
        let records = whole as u64 - 1;
        let moment = bench.marks.iter().rev().find(|mark| mark.length <= at as u64);
        let known = moment.map_or(0, |mark| mark.seq);
        assert!(known <= records);
        let read = go_on(&walks[whole - 1], cut).unwrap();
        assert_eq!((read.records, read.length), (records, bench.ends[whole - 1] as u64), "cut at {at}");
        assert_eq!(read.tail.map_or(0, |tail| tail.bytes), at as u64 - read.length, "cut at {at}");
        let read = go_on(&marked[whole - 1], cut);
        if records == bench.last().seq {
            assert_eq!(read.unwrap().records, records);
        } else {
            let damage = read.expect_err("what was on the disk is gone");
            assert_eq!(damage.seq, records + 1, "cut at {at}: {}", damage.what);
            assert!(damage.what.contains(&format!("record {}", damage.seq)), "{}", damage.what);
        }
    }
    // The walk that begins in the middle says what the reader says.
    for (seq, end) in bench.ends.iter().enumerate() {
        for at in [*end, end - 1] {
            let cut = &bench.bytes[..at];
            let moment = bench.marks.iter().rev().find(|mark| mark.length <= at as u64);
            let read = read_marked(cut, moment);
            if let Ok(read) = read {
                assert_eq!(read.records.len(), if at == *end { seq } else { seq - 1 }, "cut at {at}");
            } else {
                assert_eq!((seq, at), (0, end - 1), "only a header that is cut is refused");
            }
        }
    }
}

/// Bits flipped: the record is named and refused. Without the mark (of each byte one bit is tried) the very last records, of
/// which nothing is known, may be set aside, and are named then.
fn flip(story: Story) {
    let bench = Bench::of(story);
    let last = bench.last();
    let (walks, marked) = (bench.walks(None), bench.walks(Some(last)));
    let known: Vec<bool> = (0..bench.ends.len()).map(|seq| seq == 0 || bench.is_known_by_a_later_one(seq)).collect();
    let part = |bytes: &mut [u8], at: usize| {
        let line = bench.line(at);
        let go_on = |bytes: &[u8], walks: &[Walk], mark: Option<&Mark>| match line {
            0 => Walk::begin(bytes, mark).and_then(|walk| go_on(&walk, bytes)),
            line => go_on(&walks[line - 1], bytes),
        };
        let one = at % 8;
        for bit in tried(one..=one, 0..=7) {
            bytes[at] ^= 1 << bit;
            let damage = go_on(bytes, &marked, Some(last)).expect_err("what was on the disk is not as it was");
            assert_eq!(damage.seq, line as u64, "byte {at}, bit {bit}: {}", damage.what);
            if bit == one {
                match go_on(bytes, &walks, None) {
                    Err(damage) => assert_eq!(damage.seq, line as u64, "byte {at}, bit {bit}: {}", damage.what),
                    Ok(read) => {
                        assert!(!known[line], "byte {at}, bit {bit}: record {line} was on the disk");
                        assert_eq!(read.tail.map(|tail| tail.seq), Some(line as u64), "byte {at}, bit {bit}");
                    }
                }
            }
            bytes[at] ^= 1 << bit;
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            let (bench, part) = (&bench, &part);
            scope.spawn(move || {
                let mut bytes = bench.bytes.clone();
                (first..bytes.len()).step_by(threads).for_each(|at| part(&mut bytes, at));
                assert_eq!(bytes, bench.bytes);
            });
        }
    });
}

macro_rules! each {
    ($($story:ident)*) => {
        $(mod $story {
            #[test]
            fn cut_at_every_byte() {
                super::cut(super::$story());
            }

            #[test]
            fn with_bits_flipped() {
                super::flip(super::$story());
            }
        })*
    };
}

each! { good rolled_back interrupted settled long }
