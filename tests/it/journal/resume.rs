//! Going on after a crash.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use checkride::journal::{Writer, read};

use crate::support::story::{append, events, fold, go_on, header};

#[test]
fn a_torn_end_is_set_aside_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let events = events();
    append(Writer::create(&path, &header()).unwrap(), &events[..20]);
    let whole = fs::read(&path).unwrap();
    let (cut, lost) = (whole.len() - 30, 20);
    fs::write(&path, &whole[..cut]).unwrap();

    let torn = read(&path).unwrap();
    assert_eq!(torn.records.len(), lost - 1);
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
