//! From a name to an operation that only reads.

use crate::aws::api::client::{NotSent, ReadOperation, ResolveFault, resolve};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::source::suggest;

/// The read of this name. Whatever is wrong with the name is a usage error, with what may have been meant.
pub(super) fn find(name: &str) -> Result<ReadOperation, CommandError> {
    let operation = resolve(name).map_err(|fault| unknown(&fault))?;
    operation.read().ok_or_else(|| {
        let call = operation.call();
        CommandError::new(ExitCode::Usage, format!("{call} is a write, and `call` only reads"))
            .hint("what may change something belongs in a step of a runbook: planned, confirmed and on record")
    })
}

fn unknown(fault: &ResolveFault) -> CommandError {
    let code = match fault {
        ResolveFault::Model(NotSent::Model(_)) => ExitCode::Unexpected,
        ResolveFault::Model(_)
        | ResolveFault::Form(_)
        | ResolveFault::Service { .. }
        | ResolveFault::Ambiguous { .. }
        | ResolveFault::Operation { .. } => ExitCode::Usage,
    };
    let error = CommandError::of(code, fault);
    match fault {
        ResolveFault::Form(name) => match name.split_once(' ') {
            Some((service, operation)) => error.hint(format!("write it as `{service}:{operation}`")),
            None => error.hint("for example `dynamodb:DescribeTable`"),
        },
        ResolveFault::Service { name, known } | ResolveFault::Operation { name, known, .. } => near(error, name, known),
        ResolveFault::Ambiguous { candidates, .. } => error.hint(format!("name it: {}", suggest::list(candidates))),
        ResolveFault::Model(_) => error,
    }
}

fn near(error: CommandError, name: &str, known: &[&'static str]) -> CommandError {
    let name = name.replace(['-', '_'], "");
    match suggest::help(&name, known.iter().copied()) {
        Some(help) => error.hint(help),
        None => error.hint("`checkride call --help` shows examples; names are those of the AWS CLI and the SDKs"),
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::cli::exit::ExitCode;
    use crate::report::Look;

    fn refused(name: &str) -> String {
        let error = find(name).unwrap_err();
        assert_eq!(error.kind, ExitCode::Usage);
        error.lines(Look::default(), 100).join("\n")
    }

    #[test]
    fn a_read_is_found_as_people_write_it() {
        assert_eq!(find("DynamoDB:describe-table").unwrap().operation().call(), "dynamodb:DescribeTable");
    }

    #[test]
    fn a_write_is_refused() {
        let said = refused("dynamodb:put-item");
        assert!(said.contains("dynamodb:PutItem is a write"), "{said}");
    }

    #[test]
    fn a_wrong_name_is_refused_with_what_was_meant() {
        for (name, wanted) in [
            ("dynamodb:DescribeTabel", "did you mean `DescribeTable`?"),
            ("dynamodb:describe-tabel", "did you mean `DescribeTable`?"),
            ("dynamdb:DescribeTable", "did you mean `dynamodb`?"),
            ("elasticloadbalancing:DescribeLoadBalancers", "name it: `elb`, `elbv2`"),
            ("dynamodb describe-table", "write it as `dynamodb:describe-table`"),
            ("dynamodb", "for example"),
        ] {
            let said = refused(name);
            assert!(said.contains(wanted), "{name}: {said}");
        }
    }
}
