//! The list of all rules, by code.

use super::{
    cleanup, cycle, drill_without_undo, duplicate_id, failover_back, for_each_on_write, independent,
    interpolation_in_shell, irreversible_without_way_forward, marker_through, missing_file, name_out_of_place,
    needs_aws, no_owner, no_steps, outside_fence, phase_does_not_run, profile_input_type, profile_input_unknown,
    restored_parameter, restores_into_one, secret_in_arguments, secret_in_url, stack_restore, stale_review, steady,
    undeclared_env, undoes, unknown_input, unknown_member, unknown_name, unknown_output, unknown_step,
    unreachable_step, unused_input, use_before_set, verify_without_expectation, write_in_read_phase,
    write_without_undo,
};
use crate::runbook::context::Rule;

/// Every rule, in the order of the codes.
pub(in crate::runbook) static RULES: &[&Rule] = &[
    &duplicate_id::RULE,
    &unknown_step::RULE,
    &unknown_input::RULE,
    &undeclared_env::RULE,
    &unknown_output::RULE,
    &unknown_name::RULE,
    &name_out_of_place::RULE,
    &use_before_set::RULE,
    &cycle::RULE,
    &write_in_read_phase::RULE,
    &interpolation_in_shell::RULE,
    &phase_does_not_run::RULE,
    &undoes::RULE,
    &for_each_on_write::RULE,
    &profile_input_unknown::RULE,
    &profile_input_type::RULE,
    &needs_aws::RULE,
    &no_steps::RULE,
    &unreachable_step::RULE,
    &missing_file::RULE,
    &unknown_member::RULE,
    &secret_in_url::RULE,
    &stack_restore::RULE,
    &write_without_undo::RULE,
    &verify_without_expectation::RULE,
    &no_owner::RULE,
    &stale_review::RULE,
    &unused_input::RULE,
    &secret_in_arguments::RULE,
    &irreversible_without_way_forward::RULE,
    &restored_parameter::RULE,
    &steady::RULE,
    &independent::RULE,
    &cleanup::RULE,
    &failover_back::RULE,
    &drill_without_undo::RULE,
    &outside_fence::RULE,
    &marker_through::RULE,
    &restores_into_one::RULE,
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::RULES;

    #[test]
    fn rules_are_sorted_and_each_stands_once() {
        for pair in RULES.windows(2) {
            assert!(pair[0].doc.code < pair[1].doc.code, "{} and {}", pair[0].doc.code, pair[1].doc.code);
        }
    }

    #[test]
    fn every_rule_has_examples_and_a_golden_case() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/invalid");
        let goldens: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "stderr"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        for rule in RULES {
            let doc = &rule.doc;
            assert!(!doc.wrong.is_empty() && !doc.right.is_empty(), "{} has examples", doc.code);
            let mark = format!("[{}]", doc.code);
            assert!(goldens.iter().any(|golden| golden.contains(&mark)), "{} has a golden case", doc.code);
        }
    }

    #[test]
    fn every_file_in_the_folder_is_a_rule_of_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runbook/rules");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(files, RULES.len() + 2, "each rule has its file; beside them are mod.rs and list.rs");
    }
}
