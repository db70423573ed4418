//! A service that allows so many calls a second: all is decided, and nothing is unknown, however many ask at once.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::support::project::Project;
use crate::support::sweep::tried;
use crate::support::web::{Heard, Web};

/// How many checks there are, and how many calls a second are answered.
fn size() -> (usize, f64) {
    tried((200, 40.0), (1000, 20.0))
}

fn answer(heard: &Heard, allowed: bool) -> (u16, &'static str, String) {
    if heard.body.contains("Action=GetCallerIdentity") {
        let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                    <Arn>arn:aws:iam::000000000042:user/a</Arn><UserId>AIDA</UserId><Account>000000000042</Account>\
                    </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
                    </GetCallerIdentityResponse>";
        return (200, "text/xml", body.to_owned());
    }
    if allowed {
        return (200, "application/x-amz-json-1.0", "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}".to_owned());
    }
    let body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\",\"message\":\"Rate exceeded\"}";
    (400, "application/x-amz-json-1.0", body.to_owned())
}

#[test]
fn a_service_that_throttles_is_asked_as_fast_as_it_allows() {
    let (checks, rate) = size();
    let tokens = Mutex::new((rate, Instant::now()));
    let refused: &'static AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
    let web = Web::serving(move |heard, out| {
        let allowed = {
            let mut tokens = tokens.lock().unwrap();
            let (left, since) = *tokens;
            let now = left + since.elapsed().as_secs_f64() * rate;
            let left = now.min(rate);
            let asks = !heard.body.contains("Action=");
            *tokens = (if left >= 1.0 && asks { left - 1.0 } else { left }, Instant::now());
            left >= 1.0
        };
        let (status, media, body) = answer(heard, allowed);
        refused.fetch_add(usize::from(status == 400), Ordering::Relaxed);
        write!(
            out,
            "HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    });
    let mut steps = String::new();
    for at in 0..checks {
        write!(
            steps,
            "[[verify]]\nid = \"t{at}\"\ntitle = \"Table {at}\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
             with = {{ TableName = \"table-{at}\" }}\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]\n\n"
        )
        .unwrap();
    }
    let endpoint = format!("http://127.0.0.1:{}", web.port);
    let project = Project::new().runbook("r", &steps).emulated_unwatched("p", "000000000042", &endpoint);
    let said = project.checkride(&["verify", "r", "-p", "p", "-j", "32"]).exits(0);
    assert!(said.stdout.contains(&format!("{checks} checks: {checks} passed")), "{}", said.stdout);
    assert!(refused.load(Ordering::Relaxed) > 0, "it did throttle");
}
