//! What is done next to put a stack back, by what it was and what it is. Pure: a table.

/// What the stack was before the run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Was {
    /// There was none.
    Absent,
    /// It was there.
    There,
}

/// Whose update it is that a stack is busy with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    /// The run's: it is what is undone.
    Run,
    /// This undo's own, begun by an attempt that was cut off.
    Undo,
    /// Somebody else's.
    Stranger,
}

/// What was tried already in this attempt: nothing is tried for ever.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one call that is made once")]
pub(super) struct Tried {
    /// The update was cancelled.
    pub(super) cancelled: bool,
    /// The failed rollback was continued.
    pub(super) continued: bool,
    /// It was continued with resources left out.
    pub(super) skipped: bool,
    /// The failed change was rolled back.
    pub(super) rolled_back: bool,
    /// The stack was deleted.
    pub(super) deleted: bool,
    /// It was deleted with resources left behind.
    pub(super) retained: bool,
    /// The captured template was put back.
    pub(super) put_back: bool,
    /// Its deletion had failed before this attempt deleted it.
    pub(super) delete_had_failed: bool,
    /// The runbook names resources that may be left out.
    pub(super) may_skip: bool,
}

/// What is done next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Move {
    /// Something is under way that ends by itself.
    Wait,
    /// `CancelUpdateStack`.
    Cancel,
    /// `ContinueUpdateRollback`.
    Continue,
    /// `ContinueUpdateRollback` with resources left out, once a person has typed their yes.
    ContinueSkipping,
    /// `RollbackStack`.
    RollBack,
    /// `DeleteStack`.
    Delete,
    /// `DeleteStack` with what could not be deleted left behind, once a person has typed their yes.
    DeleteRetaining,
    /// A change set with what was captured, unless the stack is so already.
    PutBack,
    /// Nothing more: the stack is as it was.
    Done,
    /// Nothing: it cannot be done from here.
    Refuse(WhyNot),
}

/// Why a stack cannot be put back from where it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WhyNot {
    /// The stack that was there is gone, or another one bears its name.
    Gone,
    /// Its status allows no update: it must be deleted.
    Dead,
    /// Somebody else is updating it.
    Busy,
    /// What was tried has failed.
    Failing(StillFailing),
    /// A status that is new to us.
    Unknown,
}

/// What has failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StillFailing {
    /// The rollback of its update.
    Rollback,
    /// Its deletion.
    Deletion,
    /// The cancelling of its update.
    Cancel,
}

/// What is done next, when the stack has this status (none: there is no stack).
pub(super) fn next_move(was: Was, status: Option<&str>, whose: Whose, tried: &Tried) -> Move {
    let Some(status) = status else { return gone(was) };
    match (was, status) {
        (_, "DELETE_COMPLETE") => gone(was),
        // The empty shell of a change set that was never executed.
        (Was::Absent, "REVIEW_IN_PROGRESS") => delete(tried),
        (Was::There, "REVIEW_IN_PROGRESS") => Move::Refuse(WhyNot::Gone),
        (Was::There, "UPDATE_IN_PROGRESS") => match whose {
            Whose::Undo => Move::Wait,
            Whose::Run if tried.cancelled => Move::Refuse(WhyNot::Failing(StillFailing::Cancel)),
            Whose::Run => Move::Cancel,
            Whose::Stranger => Move::Refuse(WhyNot::Busy),
        },
        (_, busy) if busy.ends_with("_IN_PROGRESS") => Move::Wait,
        // A creation is rolled back before it is deleted: what is kept except on creation goes with it.
        (Was::Absent, "CREATE_FAILED") if !tried.rolled_back => Move::RollBack,
        (Was::Absent, "DELETE_FAILED") => match (tried.deleted, tried.retained) {
            (false, _) => Move::Delete,
            (true, false) if tried.delete_had_failed => Move::DeleteRetaining,
            (true, _) => Move::Refuse(WhyNot::Failing(StillFailing::Deletion)),
        },
        (
            Was::Absent,
            "CREATE_FAILED"
            | "CREATE_COMPLETE"
            | "ROLLBACK_COMPLETE"
            | "ROLLBACK_FAILED"
            | "UPDATE_COMPLETE"
            | "UPDATE_FAILED"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "UPDATE_ROLLBACK_FAILED"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE"
            | "IMPORT_ROLLBACK_FAILED",
        ) => delete(tried),
        (Was::There, "UPDATE_ROLLBACK_FAILED") => match (tried.continued, tried.skipped) {
            (false, _) => Move::Continue,
            (true, false) if tried.may_skip => Move::ContinueSkipping,
            (true, _) => Move::Refuse(WhyNot::Failing(StillFailing::Rollback)),
        },
        (Was::There, "UPDATE_FAILED") if tried.rolled_back => Move::Refuse(WhyNot::Failing(StillFailing::Rollback)),
        (Was::There, "UPDATE_FAILED") => Move::RollBack,
        (
            Was::There,
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE",
        ) => {
            if tried.put_back {
                Move::Done
            } else {
                Move::PutBack
            }
        }
        (
            Was::There,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "DELETE_FAILED" | "IMPORT_ROLLBACK_FAILED",
        ) => Move::Refuse(WhyNot::Dead),
        _ => Move::Refuse(WhyNot::Unknown),
    }
}

fn gone(was: Was) -> Move {
    match was {
        Was::Absent => Move::Done,
        Was::There => Move::Refuse(WhyNot::Gone),
    }
}

fn delete(tried: &Tried) -> Move {
    if tried.deleted { Move::Refuse(WhyNot::Failing(StillFailing::Deletion)) } else { Move::Delete }
}

#[cfg(test)]
mod tests {
    use super::{Move, StillFailing, Tried, Was, Whose, WhyNot, next_move};

    const NEW: Tried = Tried {
        cancelled: false,
        continued: false,
        skipped: false,
        rolled_back: false,
        deleted: false,
        retained: false,
        put_back: false,
        delete_had_failed: false,
        may_skip: false,
    };

    /// Every status of a stack, with what is done first: when there was no stack, and when there was one.
    const TABLE: &[(Option<&str>, Move, Move)] = &[
        (None, Move::Done, Move::Refuse(WhyNot::Gone)),
        (Some("REVIEW_IN_PROGRESS"), Move::Delete, Move::Refuse(WhyNot::Gone)),
        (Some("CREATE_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("CREATE_FAILED"), Move::RollBack, Move::Refuse(WhyNot::Dead)),
        (Some("CREATE_COMPLETE"), Move::Delete, Move::PutBack),
        (Some("ROLLBACK_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("ROLLBACK_FAILED"), Move::Delete, Move::Refuse(WhyNot::Dead)),
        (Some("ROLLBACK_COMPLETE"), Move::Delete, Move::Refuse(WhyNot::Dead)),
        (Some("DELETE_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("DELETE_FAILED"), Move::Delete, Move::Refuse(WhyNot::Dead)),
        (Some("DELETE_COMPLETE"), Move::Done, Move::Refuse(WhyNot::Gone)),
        (Some("UPDATE_IN_PROGRESS"), Move::Wait, Move::Cancel),
        (Some("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("UPDATE_COMPLETE"), Move::Delete, Move::PutBack),
        (Some("UPDATE_FAILED"), Move::Delete, Move::RollBack),
        (Some("UPDATE_ROLLBACK_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("UPDATE_ROLLBACK_FAILED"), Move::Delete, Move::Continue),
        (Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("UPDATE_ROLLBACK_COMPLETE"), Move::Delete, Move::PutBack),
        (Some("IMPORT_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("IMPORT_COMPLETE"), Move::Delete, Move::PutBack),
        (Some("IMPORT_ROLLBACK_IN_PROGRESS"), Move::Wait, Move::Wait),
        (Some("IMPORT_ROLLBACK_FAILED"), Move::Delete, Move::Refuse(WhyNot::Dead)),
        (Some("IMPORT_ROLLBACK_COMPLETE"), Move::Delete, Move::PutBack),
        (Some("SOMETHING_NEW"), Move::Refuse(WhyNot::Unknown), Move::Refuse(WhyNot::Unknown)),
    ];

    #[test]
    fn each_status_has_its_first_move() {
        for (status, absent, there) in TABLE {
            assert_eq!(next_move(Was::Absent, *status, Whose::Run, &NEW), *absent, "absent, {status:?}");
            assert_eq!(next_move(Was::There, *status, Whose::Run, &NEW), *there, "there, {status:?}");
        }
    }

    #[test]
    fn an_update_is_cancelled_only_when_it_is_the_run_s() {
        let next = |whose| next_move(Was::There, Some("UPDATE_IN_PROGRESS"), whose, &NEW);
        assert_eq!(next(Whose::Run), Move::Cancel);
        assert_eq!(next(Whose::Undo), Move::Wait);
        assert_eq!(next(Whose::Stranger), Move::Refuse(WhyNot::Busy));
    }

    #[test]
    fn a_rollback_that_fails_again_is_continued_without_resources_only_where_the_runbook_names_them() {
        let next = |tried| next_move(Was::There, Some("UPDATE_ROLLBACK_FAILED"), Whose::Run, &tried);
        let failing = Move::Refuse(WhyNot::Failing(StillFailing::Rollback));
        assert_eq!(next(Tried { may_skip: true, ..NEW }), Move::Continue);
        assert_eq!(next(Tried { continued: true, ..NEW }), failing);
        assert_eq!(next(Tried { continued: true, may_skip: true, ..NEW }), Move::ContinueSkipping);
        assert_eq!(next(Tried { continued: true, skipped: true, may_skip: true, ..NEW }), failing);
    }

    #[test]
    fn what_cannot_be_deleted_is_left_behind_only_the_second_time() {
        let next = |tried| next_move(Was::Absent, Some("DELETE_FAILED"), Whose::Run, &tried);
        let failing = Move::Refuse(WhyNot::Failing(StillFailing::Deletion));
        assert_eq!(next(Tried { delete_had_failed: true, ..NEW }), Move::Delete);
        assert_eq!(next(Tried { deleted: true, ..NEW }), failing);
        assert_eq!(next(Tried { deleted: true, delete_had_failed: true, ..NEW }), Move::DeleteRetaining);
        assert_eq!(next(Tried { deleted: true, retained: true, delete_had_failed: true, ..NEW }), failing);
    }

    #[test]
    fn nothing_is_tried_for_ever() {
        let all = Tried {
            cancelled: true,
            continued: true,
            skipped: true,
            rolled_back: true,
            deleted: true,
            retained: true,
            put_back: true,
            delete_had_failed: true,
            may_skip: true,
        };
        for (status, _, _) in TABLE {
            for was in [Was::Absent, Was::There] {
                let next = next_move(was, *status, Whose::Run, &all);
                assert!(matches!(next, Move::Wait | Move::Done | Move::Refuse(_)), "{was:?} {status:?}: {next:?}");
            }
        }
    }
}
