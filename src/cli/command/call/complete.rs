//! The calls that begin like what somebody has typed: for the completion scripts of shells.

use crate::aws::api::access::reads;
use crate::aws::api::bundle::services;

/// Services while there is no colon, each with one; then the reads of the service. One a line.
pub(super) fn complete(prefix: &str) -> String {
    let mut lines = String::new();
    let mut add = |line: String| {
        lines.push_str(&line);
        lines.push('\n');
    };
    match prefix.split_once(':') {
        None => {
            let typed = prefix.to_ascii_lowercase();
            let found = services().filter(|name| name.starts_with(&typed) && !reads(name).is_empty());
            found.for_each(|name| add(format!("{name}:")));
        }
        Some((service, typed)) => {
            // `describe-t` is an operation's beginning, too.
            let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
            let service = service.to_ascii_lowercase();
            let found = reads(&service).iter().filter(|name| plain(name).starts_with(&plain(typed)));
            found.for_each(|name| add(format!("{service}:{name}")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn services_then_reads_are_listed() {
        assert_eq!(complete("dynamo"), "dynamodb:\ndynamodbstreams:\n");
        assert_eq!(
            complete("dynamodb:describe-tab"),
            "dynamodb:DescribeTable\ndynamodb:DescribeTableReplicaAutoScaling\n"
        );
        assert_eq!(complete("dynamodb:Put"), "", "writes are not called");
        assert_eq!((complete("nothing:"), complete("nothing")), (String::new(), String::new()));
        assert!(complete("").lines().count() > 400);
    }
}
