//! Five journals, each of another story, written by the engine itself: for whoever wants to damage them.

use std::rc::Rc;

use checkride::event::{Choice, DeviationKind, EventKind};
use checkride::journal::{Mark, read_bytes};
use checkride::step::{OnFailure, OnUnknown};

use super::script::{Book, Fails, Session, World, session};

/// A journal, and each time that its writer knew all of it to be on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) bytes: Vec<u8>,
    pub(crate) marks: Vec<Mark>,
}

impl Story {
    /// The sessions of one run, of which the last one goes on to the end of its journal.
    fn of(sessions: Vec<Session>) -> Self {
        let bytes = sessions.last().expect("there is one").bytes.clone();
        Self { bytes, marks: sessions.into_iter().flat_map(|session| session.marks).collect() }
    }

    fn has(&self, test: impl Fn(&EventKind) -> bool) -> bool {
        read_bytes(&self.bytes).unwrap().records.iter().any(|record| test(&record.event.as_ref().unwrap().kind))
    }
}

/// One session that nothing disturbs.
fn calm(book: &Book) -> Story {
    Story::of(vec![session(book, &Rc::new(World::default()), None)])
}

/// A session that is killed at a moment, and the one that ends what it began; none when it ended before that moment.
fn killed_at(book: &Book, moments: &[u32]) -> Option<Story> {
    let world = Rc::new(World::default());
    let mut sessions: Vec<Session> = Vec::new();
    for moment in moments {
        world.crash_at(*moment);
        let bytes = sessions.last().map(|session| session.bytes.clone());
        let next = session(book, &world, bytes.as_deref());
        if next.end.is_some() {
            return None;
        }
        sessions.push(next);
        world.calm();
    }
    let bytes = sessions.last().map(|session| session.bytes.clone());
    sessions.push(session(book, &world, bytes.as_deref()));
    Some(Story::of(sessions))
}

/// All went well.
pub(crate) fn good() -> Story {
    calm(&Book::default().checklist("ready").deploy("build").deploy("stack").verify("page").verify("limits"))
}

/// A write failed, and what was done before it was undone.
pub(crate) fn rolled_back() -> Story {
    let book = Book::default().deploy("one").undo("back", "one").deploy("two").fails(Fails::Always);
    let story = calm(&book.then(OnFailure::Rollback));
    assert!(story.has(|kind| matches!(kind, EventKind::RollbackStarted { .. })));
    story
}

/// Killed twice, and gone on with.
pub(crate) fn interrupted() -> Story {
    let book = Book::default().checklist("ready").deploy("one").deploy("two").verify("page");
    let story = killed_at(&book, &[14, 9]).expect("it takes longer than that");
    assert_eq!(read_bytes(&story.bytes).unwrap().records.last().unwrap().event.as_ref().unwrap().session, 3);
    story
}

/// Killed while an effect was under way, which a person settled.
pub(crate) fn settled() -> Story {
    let book = Book::default().deploy("one").deploy("two").on_unknown(OnUnknown::Ask).operator_says(Choice::Abort);
    let by_word = |kind: &EventKind| matches!(kind, EventKind::Deviation { what: DeviationKind::SettledByPerson, .. });
    (1..).map_while(|moment| killed_at(&book, &[moment])).find(|story| story.has(by_word)).expect("one of them is it")
}

/// Long: lists of many items, and many writes.
pub(crate) fn long() -> Story {
    let book = (0..30).fold(Book::default(), |book, n| book.deploy(&format!("write_{n}")));
    let book = (0..2).fold(book, |book, n| book.verify(&format!("list_{n}")).items(40));
    let story = calm(&book);
    assert!(read_bytes(&story.bytes).unwrap().records.len() >= 200);
    story
}
