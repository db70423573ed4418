//! Going on after a crash.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use checkride::journal::{Writer, read};

use crate::support::story::{append, bytes_of, events, fold, go_on, header};

#[test]
fn a_torn_end_is_set_aside_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let events = events();
    append(Writer::create(&path, &header()).unwrap(), &events[..19]);
    let synced = fs::read(&path).unwrap();
    // A record that was written and never synced: the crash came first.
    let whole = bytes_of(&events[..20]);
    let (cut, lost) = (whole.len() - 30, 20);
    assert!(whole.starts_with(&synced));
    fs::write(&path, &whole[..cut]).unwrap();

    let torn = read(&path).unwrap();
    assert_eq!(torn.records.len(), lost - 1);
    let tail = torn.tail.clone().unwrap();
    let bytes = cut - synced.len();
    assert_eq!(tail.describe(), format!("record 20, of which {bytes} bytes are left"));
    go_on(&path, &torn, &events[lost - 1..25]);

    let aside = folder.path().join(format!("journal.torn-{lost}"));
    let good = usize::try_from(torn.length).unwrap();
    assert_eq!(fs::read(&aside).unwrap(), &whole[good..cut]);
    assert_eq!(fs::metadata(&aside).unwrap().permissions().mode() & 0o777, 0o600);
    let journal = read(&path).unwrap();
    assert_eq!((journal.records.len(), journal.tail.as_ref()), (25, None));
    let found: Vec<_> = journal.records.iter().map(|record| record.event.clone().unwrap()).collect();
    assert_eq!(found, events[..25]);
    fold(&journal);
    assert_eq!(&fs::read(&path).unwrap()[..good], &whole[..good], "what was good is as it was");
}

/// The same record may be torn in two sittings: the second does not wipe out what the first left.
#[test]
fn a_second_torn_end_does_not_replace_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let events = events();
    append(Writer::create(&path, &header()).unwrap(), &events[..3]);
    let good = fs::read(&path).unwrap();
    for piece in [&b"{\"seq\":4,\"first"[..], b"{\"seq\":4,\"second"] {
        fs::write(&path, [&good, piece].concat()).unwrap();
        go_on(&path, &read(&path).unwrap(), &[]);
        assert_eq!(fs::read(&path).unwrap(), good);
    }
    let aside = fs::read_to_string(folder.path().join("journal.torn-4")).unwrap();
    assert_eq!(aside, "{\"seq\":4,\"first{\"seq\":4,\"second");
}

#[test]
fn a_journal_is_private_and_never_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(Writer::create(&path, &header()).unwrap(), &events()[..1]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Writer::create(&path, &header()).is_err());
    assert_eq!(read(&path).unwrap().records.len(), 1);
}

/// What was synced is not set aside: that it is gone is named, whether its end is damaged, torn off, or all of it.
#[test]
fn what_was_on_the_disk_is_not_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(Writer::create(&path, &header()).unwrap(), &events()[..20]);
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read(&path).unwrap_err().to_string()
    };
    let mut flipped = whole.clone();
    flipped[whole.len() - 10] ^= 1;
    assert!(refused(&flipped).ends_with("is damaged: record 20 does not fit its digest"));
    assert!(refused(&whole[..whole.len() - 1]).ends_with("is damaged: record 20 does not fit its digest"));
    let end = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    assert!(refused(&whole[..=end]).ends_with("is damaged: record 20 is missing: it was on the disk"));

    // The mark is lost: what the records themselves say is left, and they say nothing of the last one.
    fs::remove_file(folder.path().join("journal.durable")).unwrap();
    fs::write(&path, &flipped).unwrap();
    let journal = read(&path).unwrap();
    assert_eq!((journal.records.len(), journal.tail.as_ref().map(|tail| tail.seq)), (19, Some(20)));
    go_on(&path, &journal, &events()[19..21]);
    assert_eq!(read(&path).unwrap().mark.map(|mark| mark.seq), Some(21), "it has a mark again");
}

/// A journal that was rebuilt from some record on has a chain that holds; the mark says that it is another one.
#[test]
fn a_journal_with_another_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(Writer::create(&path, &header()).unwrap(), &events()[..20]);
    let mut others = events()[..20].to_vec();
    others[19].elapsed_ms += 1;
    fs::write(&path, bytes_of(&others)).unwrap();
    assert!(read(&path).unwrap_err().to_string().ends_with("record 20 is not the one that was on the disk"));
}

/// Room that was reserved is given back at the end.
#[test]
fn a_journal_takes_no_more_room_than_it_needs() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(Writer::create(&path, &header()).unwrap(), &events());
    let size = fs::metadata(&path).unwrap();
    assert!(size.blocks() * 512 < size.len() + 64 * 1024, "{} blocks for {} bytes", size.blocks(), size.len());
}
