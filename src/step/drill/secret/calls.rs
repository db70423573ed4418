//! Which calls of AWS the steps of a drill make on secrets.

use crate::step::calls::{CallOn, Target};

fn of(service: &'static str, operations: &[&'static str]) -> Vec<CallOn> {
    operations.iter().map(|operation| CallOn { service, operation, target: Target::Any }).collect()
}

/// A secret with a key of the customer's own is read and written by that key (Secrets Manager User Guide, "Secret encryption
/// and decryption").
pub(in crate::step::drill) fn of_secret_recovery() -> Vec<CallOn> {
    let mut all = of(
        "secretsmanager",
        &["CreateSecret", "DeleteSecret", "DescribeSecret", "GetSecretValue", "RestoreSecret", "TagResource"],
    );
    all.extend(of("kms", &["Decrypt", "GenerateDataKey"]));
    all
}

pub(in crate::step::drill) fn of_secret_cleanup() -> Vec<CallOn> {
    of("secretsmanager", &["DeleteSecret", "DescribeSecret"])
}
