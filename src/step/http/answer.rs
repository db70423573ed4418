//! What an answer becomes: `out`, and a failure when it is no good one.

use serde_json::{Map, Value, json};

use crate::event::{Failure, FailureKind};
use crate::step::http::HttpTask;
use crate::step::http::body::{Taken, take};
use crate::step::http::exchange::{Reached, short};
use crate::step::{Ran, ReadContext};
use crate::world::http::Answer;

/// How much of the body `out.body` holds, in bytes.
const TEXT: usize = 1024 * 1024;

/// How many lines of an error's body are told, and how much of each, in characters.
const TOLD: (usize, usize) = (3, 200);

impl HttpTask {
    /// Reads the body, and puts together what expressions see.
    pub(super) async fn ran(&self, cx: &ReadContext, reached: Reached) -> Ran {
        let Reached { mut answer, shown, url, trail, failure, to_write } = reached;
        let taken = take(cx, &mut answer, &shown, !self.sensitive).await;
        let text = String::from_utf8_lossy(&taken.kept[..taken.kept.len().min(TEXT)]);
        let parsed = if taken.is_whole() { serde_json::from_slice::<Value>(&taken.kept).ok() } else { None };
        let headers: Map<String, Value> =
            answer.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
        let days = answer.expires.zip(cx.scope.now()).map(|(end, now)| (end - now).num_days());
        let warning = warning(&taken, parsed.is_some());
        let failure = failure.or_else(|| taken.failure.clone()).or_else(|| {
            let told = if self.sensitive { Vec::new() } else { told(&text, is_html(&answer)) };
            judge(&answer, &shown, to_write).map(|failure| failure.caused_by(told))
        });
        let out = json!({
            "status": answer.status,
            "headers": headers,
            "body": text,
            "json": parsed,
            "latency_ms": u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX),
            "tls_days_left": days,
            "url": url,
            "redirects": trail,
            "version": answer.version,
        });
        Ran { out, failure, artifacts: taken.artifact.into_iter().collect(), warning, ..Ran::default() }
    }
}

/// When it may be asked again, in the server's words.
fn retry_after(answer: &Answer) -> Option<&str> {
    answer.header("retry-after")
}

/// Whether a status only says that it is too early.
pub(super) fn is_too_early(answer: &Answer) -> bool {
    answer.status == 429 || (answer.status == 503 && retry_after(answer).is_some())
}

/// `HTTP 404 Not Found`.
pub(super) fn status_line(answer: &Answer) -> String {
    format!("HTTP {} {}", answer.status, answer.reason).trim_end().to_owned()
}

/// What is wrong with an answer, by its status alone.
fn judge(answer: &Answer, shown: &str, to_write: bool) -> Option<Failure> {
    let status = answer.status;
    if is_too_early(answer) {
        let after = retry_after(answer).map(|after| format!(", to be asked again after {}", short(after, TOLD.1)));
        let after = after.unwrap_or_default();
        let message = format!("{shown}: {}{after}", status_line(answer));
        return Some(Failure::new(FailureKind::Throttled, message));
    }
    let kind = FailureKind::Http { code: format!("HTTP {status}"), status };
    if status >= 400 {
        return Some(Failure::new(kind, format!("{shown}: {}", status_line(answer))));
    }
    if to_write && matches!(status, 307 | 308) {
        let message = format!("{shown}: {}: nothing was done here, and it is not sent on", status_line(answer));
        return Some(Failure::new(kind, message).with_remedy("correct the URL, or allow it with `redirects = 1`"));
    }
    None
}

/// Whether the body is a page for a browser.
fn is_html(answer: &Answer) -> bool {
    answer.header("content-type").is_some_and(|media| media.to_ascii_lowercase().contains("html"))
}

/// The first lines of an error's body; of a page its title. What is no text is not told.
fn told(text: &str, is_html: bool) -> Vec<String> {
    let text = if is_html { title(text) } else { text };
    let readable = |line: &&str| !line.is_empty() && !line.chars().any(|c| c.is_control() || c == '\u{fffd}');
    let (lines, width) = TOLD;
    text.lines().map(str::trim).filter(readable).take(lines).map(|line| short(line, width)).collect()
}

/// The title of a page, or nothing.
fn title(page: &str) -> &str {
    let begins = page.find("<title>").map(|at| at + "<title>".len());
    begins.and_then(|begins| page[begins..].split_once("</title>")).map_or("", |(title, _)| title)
}

fn warning(taken: &Taken, is_json: bool) -> Option<String> {
    if taken.too_long {
        return Some("the body is longer than 256 MiB: what is beyond was not read".to_owned());
    }
    let cut = taken.length > TEXT as u64 && !is_json;
    cut.then(|| "the body is longer than 1 MiB: `out.body` holds its beginning, the file all of it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn an_error_is_told_in_a_few_readable_lines() {
        let page = format!("\n<h1>no</h1>\n\u{1b}[31mred\n{}\n\u{fffd}\nthird\nfourth", "x".repeat(500));
        assert_eq!(told(&page, false), ["<h1>no</h1>".to_owned(), "x".repeat(200) + "…", "third".to_owned()]);
        assert_eq!(told("<html><title>Bad\nGateway</title>…", true), ["Bad", "Gateway"]);
        assert_eq!(told("<title>", true), [] as [&str; 0]);
    }
}
