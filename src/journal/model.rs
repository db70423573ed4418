//! A disk that forgets what was not synced, tears sectors, and may lie: the writer against ten thousand power cuts.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use chrono::{DateTime, Utc};

use crate::event::{AfterStep, EffectResult, Event, EventKind, Outcome, RunHeader};
use crate::id::{RunId, StepId};
use crate::journal::disk::Disk;
use crate::journal::mark::Mark;
use crate::journal::reader::{Damage, Journal, read_marked};
use crate::journal::writer::{Durability, Loop, ResumePoint, Writer, first_line};

/// What a disk writes whole, or not at all; unless it tears.
const SECTOR: usize = 512;

/// Numbers that look random, and are the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number below a bound.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A file with a page cache before it.
#[derive(Clone, Debug, Default)]
struct Sheet {
    /// What the disk holds.
    platter: Vec<u8>,
    /// What programs see.
    cache: Vec<u8>,
    /// What they saw since the last sync: the system may have written any of it, sector by sector.
    seen: Vec<Vec<u8>>,
    /// The sectors that were written since then.
    dirty: BTreeSet<usize>,
}

impl Sheet {
    fn new(bytes: Vec<u8>) -> Self {
        Self { platter: bytes.clone(), cache: bytes, ..Self::default() }
    }
    fn write(&mut self, at: u64, bytes: &[u8]) {
        let from = usize::try_from(at).unwrap();
        let to = from + bytes.len();
        self.cache.resize(self.cache.len().max(to), 0);
        self.cache[from..to].copy_from_slice(bytes);
        self.dirty.extend(from / SECTOR..to.div_ceil(SECTOR));
        self.seen.push(self.cache.clone());
    }
    fn cut(&mut self, length: u64) {
        self.cache.truncate(usize::try_from(length).unwrap());
        self.seen.push(self.cache.clone());
    }
    /// What is dirty is written. What is held for clean is not, whatever the disk holds in its place.
    fn sync(&mut self) {
        self.platter.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let from = (sector * SECTOR).min(self.cache.len());
            let to = (from + SECTOR).min(self.cache.len());
            self.platter[from..to].copy_from_slice(&self.cache[from..to]);
        }
        self.seen.clear();
    }
    /// A sync that failed: some of it was written, and the system holds all of it for clean.
    fn fail_to_sync(&mut self, random: &mut Random) {
        self.platter = self.after_power_cut(random);
        self.dirty.clear();
        self.seen.clear();
    }
    /// What the disk holds after the power went: any length that there was since the last sync, and of each dirty sector any
    /// bytes that it had; one that was being written may be torn.
    fn after_power_cut(&self, random: &mut Random) -> Vec<u8> {
        let states: Vec<&Vec<u8>> = std::iter::once(&self.platter).chain(&self.seen).collect();
        let mut platter = self.platter.clone();
        platter.resize(states[random.below(states.len())].len(), 0);
        for (n, sector) in platter.chunks_mut(SECTOR).enumerate().filter(|(n, _)| self.dirty.contains(n)) {
            let version = |random: &mut Random| {
                let state = states[random.below(states.len())];
                let mut bytes = vec![0; sector.len()];
                let from = state.get(n * SECTOR..).unwrap_or_default();
                let there = from.len().min(bytes.len());
                bytes[..there].copy_from_slice(&from[..there]);
                bytes
            };
            let (mut whole, other) = (version(random), version(random));
            if random.one_in(3) {
                let torn = random.below(whole.len());
                whole[torn..].copy_from_slice(&other[torn..]);
            }
            sector.copy_from_slice(&whole);
        }
        platter
    }
}

/// What a disk does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// The power goes at its n-th operation.
    PowerCut,
    /// Its n-th operation fails, and so does every later one; a write may have been made in part.
    Broken,
}

#[derive(Clone, Debug)]
struct Machine {
    journal: Sheet,
    mark: Sheet,
    aside: Vec<u8>,
    random: Random,
    /// How many operations go well; none: all do.
    left: Option<usize>,
    fault: Fault,
    /// Whether a sync is only said to be done.
    lies: bool,
    dead: bool,
}

/// The disk of one machine; it outlives the programs that use it.
#[derive(Clone, Debug)]
struct ModelDisk(Arc<Mutex<Machine>>);

impl ModelDisk {
    fn new(seed: u64, lies: bool) -> (Self, Mark) {
        let (line, mark) = first_line(&header());
        let machine = Machine {
            journal: Sheet::new(line.into_bytes()),
            mark: Sheet::new(mark.file()),
            aside: Vec::new(),
            random: Random(seed),
            left: None,
            fault: Fault::PowerCut,
            lies,
            dead: false,
        };
        (Self(Arc::new(Mutex::new(machine))), mark)
    }
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().expect("no holder of the lock panics")
    }
    /// The machine starts again: what the platter holds is what there is.
    fn power_cut(&self) {
        let mut machine = self.machine();
        let mut random = machine.random.clone();
        machine.journal = Sheet::new(machine.journal.after_power_cut(&mut random));
        machine.mark = Sheet::new(machine.mark.after_power_cut(&mut random));
        machine.random = random;
        machine.dead = false;
        machine.left = None;
    }
    /// The program is started again on a machine that stayed up, and a disk that works again: what was written is there.
    fn repair(&self) {
        let mut machine = self.machine();
        machine.dead = false;
        machine.left = None;
    }
    fn fails_after(&self, operations: usize, fault: Fault) {
        let mut machine = self.machine();
        (machine.left, machine.fault) = (Some(operations), fault);
    }
    fn read(&self) -> Result<Journal, Damage> {
        let machine = self.machine();
        read_marked(&machine.journal.cache, Mark::read(&machine.mark.cache).as_ref())
    }
}

impl Machine {
    /// One operation begins. An error: it is not made; if it is a write, a part of it may be.
    fn begin(&mut self) -> io::Result<()> {
        if self.dead {
            return Err(io::Error::from_raw_os_error(5));
        }
        match &mut self.left {
            Some(0) => {
                self.dead = true;
                Err(io::Error::from_raw_os_error(if self.fault == Fault::Broken { 28 } else { 5 }))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Disk for ModelDisk {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.machine();
        let was_dead = machine.dead;
        let begun = machine.begin();
        let part = match &begun {
            Ok(()) => bytes.len(),
            Err(_) if was_dead => 0,
            Err(_) => machine.random.below(bytes.len() + 1),
        };
        machine.journal.write(at, &bytes[..part]);
        begun
    }
    fn read(&mut self, from: u64) -> io::Result<Vec<u8>> {
        let mut machine = self.machine();
        machine.begin()?;
        Ok(machine.journal.cache[usize::try_from(from).unwrap()..].to_vec())
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut machine = self.machine();
        machine.begin()?;
        machine.journal.cut(length);
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        let mut machine = self.machine();
        let was_dead = machine.dead;
        let begun = machine.begin();
        match (&begun, machine.fault) {
            (Ok(()), _) if !machine.lies => machine.journal.sync(),
            // What it could not write the system holds for clean: it is shown, and no later sync writes it.
            (Err(_), Fault::Broken) if !was_dead => {
                let mut random = machine.random.clone();
                machine.journal.fail_to_sync(&mut random);
                machine.random = random;
            }
            (Ok(()) | Err(_), _) => {}
        }
        begun
    }
    fn mark(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.machine();
        machine.begin()?;
        machine.mark.write(at, bytes);
        Ok(())
    }
    fn sync_mark(&mut self) -> io::Result<()> {
        let mut machine = self.machine();
        machine.begin()?;
        if !machine.lies {
            machine.mark.sync();
        }
        Ok(())
    }
    fn set_aside(&mut self, _: &str, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.machine();
        machine.begin()?;
        machine.aside.extend_from_slice(bytes);
        Ok(())
    }
    fn reserve(&mut self, _: u64, _: u64) -> io::Result<()> {
        self.machine().begin()
    }
}

fn header() -> RunHeader {
    RunHeader {
        checkride: "journal".to_owned(),
        format: RunHeader::FORMAT,
        tool: "0.0.0".to_owned(),
        run: RunId::new("20261121T181500Z-model-0000").unwrap(),
        started: "2026-11-21T18:15:00.000Z".to_owned(),
        runbook: "model".to_owned(),
        title: "model".to_owned(),
        profile: None,
        tier: None,
        plan: "sha256:model".to_owned(),
        target: None,
        user: "tester".to_owned(),
        host: "here".to_owned(),
        git: None,
        change: None,
        reason: None,
        verification: None,
        tabletop: false,
    }
}

fn step(n: u64) -> StepId {
    StepId::new(&format!("s{n}")).unwrap()
}

/// The record with this number, and whether it must be on the disk before anyone goes on: reads, an intent, an outcome, and
/// so on for ever.
fn record(seq: u64, session: u32) -> (Event, Durability) {
    let id = step(seq / 6);
    let (kind, durability) = match seq % 6 {
        0 => (EventKind::StepStarted { step: id, attempt: 1 }, Durability::Written),
        3 => {
            let kind = EventKind::EffectIntended {
                step: id,
                attempt: 1,
                n: 1,
                call: "model:Change".to_owned(),
                token: None,
                account: None,
                region: None,
                target: "t".repeat(usize::try_from(seq * 37 % 700).unwrap()),
            };
            (kind, Durability::Synced)
        }
        4 => {
            let result = EffectResult::Done;
            let kind = EventKind::EffectSettled { step: id, attempt: 1, n: 1, result, request_id: None, detail: None };
            (kind, Durability::Synced)
        }
        5 => {
            let kind = EventKind::StepFinished {
                step: id,
                outcome: Outcome::Passed,
                failure: None,
                reason: None,
                outputs: serde_json::Map::new(),
                artifacts: Vec::new(),
                requests: Vec::new(),
                stays: Vec::new(),
                then: AfterStep::Continue,
            };
            (kind, Durability::Written)
        }
        index => {
            let (index, item) = (u32::try_from(index).unwrap(), serde_json::json!("an item"));
            let kind =
                EventKind::ItemSettled { step: id, attempt: 1, index, item, outcome: Outcome::Passed, failure: None };
            (kind, Durability::Written)
        }
    };
    let at = DateTime::<Utc>::UNIX_EPOCH;
    (Event { seq, session, at, elapsed_ms: seq, kind }, durability)
}

/// What the world and the screen know: they outlive the machine.
#[derive(Debug, Default)]
struct Witness {
    /// The last record that was acknowledged as being on the disk: its effect was begun, or its outcome shown.
    acknowledged: u64,
}

/// Appends records until one is refused, or so many are written.
fn carry_on(writer: &Writer, witness: &mut Witness, mut seq: u64, session: u32, count: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let end = seq + count;
    while seq < end {
        let (event, durability) = record(seq, session);
        if runtime.block_on(writer.append(event, durability)).is_err() {
            return;
        }
        if durability == Durability::Synced {
            witness.acknowledged = seq;
        }
        seq += 1;
    }
}

/// Every record is the one that was written under its number, in whichever session.
fn is_true(journal: &Journal) {
    for (at, found) in journal.records.iter().enumerate() {
        let event = found.event.as_ref().unwrap();
        assert_eq!(*event, record(at as u64 + 1, event.session).0);
    }
}

/// What a run went through.
#[derive(Clone, Copy, Debug, Default)]
struct Suffered {
    /// How many times an end was torn.
    torn: usize,
    /// How many times the journal was refused.
    refused: usize,
    /// How many times records were gone that had been acknowledged.
    lost: usize,
}

/// A run on one machine: some sessions, each ended by a fault; after each it is read, and gone on with.
fn live(seed: u64, fault: Fault) -> Suffered {
    let mut random = Random(seed ^ 0xA5A5_0000);
    let (disk, mark) = ModelDisk::new(seed, false);
    let mut witness = Witness::default();
    disk.fails_after(random.below(24), fault);
    let path = Path::new("model");
    let mut next = Some(Loop::new(path, Box::new(disk.clone()), mark));
    let mut torn = 0;
    for session in 1..=3 {
        let seq = disk.machine().journal.cache.split(|byte| *byte == b'\n').count() as u64 - 1;
        if let Some(next) = next.take() {
            carry_on(&Writer::start(next), &mut witness, seq, session, 9);
        }
        match fault {
            Fault::PowerCut => disk.power_cut(),
            // The machine may be started again all the same, between two sittings.
            Fault::Broken if random.one_in(2) => disk.power_cut(),
            Fault::Broken => disk.repair(),
        }
        let journal = disk.read().unwrap_or_else(|damage| panic!("seed {seed}, session {session}: {damage:?}"));
        let records = journal.records.len() as u64;
        let known = witness.acknowledged;
        assert!(records >= known, "seed {seed}, session {session}: {records} records, and {known} were shown");
        is_true(&journal);
        torn += usize::from(journal.tail.is_some());
        disk.fails_after(random.below(30), fault);
        next = Loop::go_on(path, Box::new(disk.clone()), &ResumePoint::from(&journal)).ok();
    }
    Suffered { torn, ..Suffered::default() }
}

/// A run on a disk that says that it has synced, and has not.
fn live_with_a_liar(seed: u64) -> Suffered {
    let mut random = Random(seed ^ 0x1E5);
    let (disk, mark) = ModelDisk::new(seed, true);
    let mut witness = Witness::default();
    disk.fails_after(random.below(24), Fault::PowerCut);
    let next = Loop::new(Path::new("model"), Box::new(disk.clone()), mark);
    carry_on(&Writer::start(next), &mut witness, 1, 1, 9);
    disk.power_cut();
    match disk.read() {
        Ok(journal) => {
            is_true(&journal);
            Suffered { lost: usize::from((journal.records.len() as u64) < witness.acknowledged), ..Suffered::default() }
        }
        Err(damage) => {
            assert!(damage.seq == 0 || damage.what.contains(&format!("record {}", damage.seq)), "{damage:?}");
            Suffered { refused: 1, ..Suffered::default() }
        }
    }
}

/// How many seeds are tried for each one that is tried usually: `CHECKRIDE_SWEEP=all` tries many.
fn as_many() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how much is tried is the runner's to say")]
    let all = std::env::var("CHECKRIDE_SWEEP");
    if all.is_ok_and(|all| all == "all") { 10 } else { 1 }
}

/// Every seed up to a number, on all cores.
fn all(seeds: u64, live: impl Fn(u64) -> Suffered + Sync) -> Suffered {
    let seeds = seeds * as_many();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let live = &live;
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads as u64)
            .map(|first| scope.spawn(move || (first..seeds).step_by(threads).map(live).fold(Suffered::default(), add)))
            .collect();
        parts.into_iter().map(|part| part.join().expect("no seed fails")).fold(Suffered::default(), add)
    })
}

fn add(a: Suffered, b: Suffered) -> Suffered {
    Suffered { torn: a.torn + b.torn, refused: a.refused + b.refused, lost: a.lost + b.lost }
}

#[test]
fn no_power_cut_takes_what_was_shown() {
    let suffered = all(1_000, |seed| live(seed, Fault::PowerCut));
    assert!(suffered.torn as u64 > 100 * as_many(), "{suffered:?}: the disk is too gentle");
}

#[test]
fn no_broken_disk_takes_what_was_shown() {
    let suffered = all(300, |seed| live(seed, Fault::Broken));
    assert!(suffered.torn as u64 > 30 * as_many(), "{suffered:?}: the disk is too gentle");
}

/// It may lose everything. What it lost is named as long as a mark of it is left, and what is read is true.
#[test]
fn a_disk_that_lies_is_found_out_or_tells_no_untruth() {
    let suffered = all(500, live_with_a_liar);
    assert!(
        suffered.refused as u64 > 25 * as_many() && suffered.lost as u64 > 2 * as_many(),
        "{suffered:?}: the disk does not lie enough"
    );
}
