//! The rules that a runbook must keep: one a file, each with its code, its documentation and how it looks.

mod list;

mod cleanup;
mod cycle;
mod drill_without_undo;
mod duplicate_id;
mod failover_back;
mod for_each_on_write;
mod independent;
mod interpolation_in_shell;
mod irreversible_without_way_forward;
mod marker_through;
mod missing_file;
mod name_out_of_place;
mod needs_aws;
mod no_owner;
mod no_steps;
mod outside_fence;
mod phase_does_not_run;
mod profile_input_type;
mod profile_input_unknown;
mod restored_parameter;
mod restores_into_one;
mod secret_in_arguments;
mod secret_in_url;
mod stack_restore;
mod stale_review;
mod steady;
mod undeclared_env;
mod undoes;
mod unknown_input;
mod unknown_member;
mod unknown_name;
mod unknown_output;
mod unknown_step;
mod unreachable_step;
mod unused_input;
mod use_before_set;
mod verify_without_expectation;
mod write_in_read_phase;
mod write_without_undo;

pub(super) use list::RULES;
