//! A hundred thousand objects compared, against a fake that lists them; some of them must be read to be known.

use std::io::Write;
use std::time::Duration;

use super::timed::{GO, outputs};
use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::sandbox::account;
use crate::support::web::{Heard, Web, reply};

const OBJECTS: usize = 100_000;
const PAGE: usize = 1000;
/// Each so many came in parts that were cut otherwise: their tags say nothing.
const CUT: usize = 10_000;
/// What such a one holds: no more of it is to be kept than arrives at once.
const BYTES: usize = 8 << 20;
/// One of them is not the same.
const ODD: usize = 30_000;

fn is_cut(number: usize) -> bool {
    number.is_multiple_of(CUT)
}

fn page(bucket: &str, from: usize) -> String {
    let one = |number: usize| {
        let etag = if is_cut(number) { format!("{bucket}-{number}-2") } else { format!("e{number}") };
        let size = if is_cut(number) { BYTES } else { 3 };
        format!(
            "<Version><Key>k{number:06}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2026-11-22T08:15:00.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size>\
             <StorageClass>STANDARD</StorageClass></Version>"
        )
    };
    let to = (from + PAGE).min(OBJECTS);
    let all: String = (from..to).map(one).collect::<Vec<_>>().concat();
    let next = if to < OBJECTS {
        format!("<IsTruncated>true</IsTruncated><NextKeyMarker>k{:06}</NextKeyMarker>", to - 1)
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    format!("<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{next}{all}</ListVersionsResult>")
}

fn answer(account: &str, heard: &Heard, to: &mut dyn Write) -> std::io::Result<()> {
    let (method, path) = (heard.line.split(' ').next().unwrap_or_default(), heard.path());
    if method == "POST" {
        return reply(to, "200 OK", "Content-Type: text/xml\r\n", caller_body(account).as_bytes());
    }
    let (place, query) = path.split_once('?').unwrap_or((path, ""));
    let (bucket, key) = place.trim_start_matches('/').split_once('/').unwrap_or((place.trim_start_matches('/'), ""));
    let number: usize = key.trim_start_matches('k').parse().unwrap_or_default();
    match (method, key) {
        ("HEAD", "") => write!(to, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("HEAD", _) => {
            write!(to, "HTTP/1.1 200 OK\r\nETag: \"{bucket}-{number}-2\"\r\nContent-Length: {BYTES}\r\n\r\n")
        }
        (_, "") => {
            let marker = query.split('&').find_map(|part| part.strip_prefix("key-marker=k"));
            let from = marker.map_or(0, |marker| marker.parse::<usize>().unwrap_or_default() + 1);
            reply(to, "200 OK", "Content-Type: application/xml\r\n", page(bucket, from).as_bytes())
        }
        _ => {
            write!(to, "HTTP/1.1 200 OK\r\nETag: \"{bucket}-{number}-2\"\r\nContent-Length: {BYTES}\r\n\r\n")?;
            let odd = number == ODD && bucket == "two";
            for part in 0..BYTES >> 16 {
                let byte = if odd && part == 77 { 1 } else { 7 };
                to.write_all(&vec![byte; 1 << 16])?;
            }
            Ok(())
        }
    }
}

#[test]
fn a_hundred_thousand_objects_are_compared_in_little_memory() {
    let account = account();
    let owner = account.clone();
    let web = Web::keeping(move |heard, to| answer(&owner, heard, to));
    let endpoint = web.url("");
    let steps = "[[drill]]\nid = \"same\"\ntitle = \"Compare\"\nkind = \"compare\"\nbucket = \"one\"\nwith = \"two\"\ntolerance = 1\n";
    let project = Project::new()
        .emulated_unwatched("sandbox", &account, endpoint.trim_end_matches('/'))
        .runbook("r", steps)
        .answers("phase.drill = yes");
    let running = project.begin(GO);
    let mut most = 0;
    let said = loop {
        most = most.max(running.memory().unwrap_or(0));
        if running.is_over() {
            break running.end();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    said.exits(0);
    let out = outputs(&project, "same");
    let numbers = ["compared", "same", "different"].map(|name| out[name].as_u64().unwrap_or_default());
    assert_eq!(numbers, [100_000, 99_999, 1], "{out}");
    assert_eq!(out["examples"][0]["key"], format!("k{ODD:06}"));
    assert!(most > 0 && most < 100 << 20, "{} MiB", most >> 20);
}
