//! An author's guide on a screen: Markdown as readable text. Headings, lists, quotes, code and links; no more is needed
//! to read a checklist item, and no HTML is understood, so none can do anything.

use crate::report::look::{Look, Tone, wrap};
use crate::report::plain::plain_lines;

/// No guide is wider than this: longer lines are hard to read.
const MEASURE: usize = 80;

/// A guide as lines.
pub fn guide_lines(markdown: &str, look: Look, width: usize) -> Vec<String> {
    let width = width.clamp(20, MEASURE);
    let mut out: Vec<String> = Vec::new();
    let mut paragraph = Block::default();
    let mut fence: Option<String> = None;
    for line in plain_lines(markdown) {
        let line = look.ours(&line);
        let trimmed = line.trim();
        if let Some(mark) = &fence {
            if trimmed.starts_with(mark.as_str()) && trimmed.trim_start_matches(['`', '~']).is_empty() {
                fence = None;
            } else {
                out.push(format!("    {}", look.paint(Tone::Act, &line)));
            }
        } else if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            paragraph.end(&mut out, look, width);
            fence = Some(trimmed[..3].to_owned());
        } else if trimmed.is_empty() {
            paragraph.end(&mut out, look, width);
            if out.last().is_some_and(|last| !last.is_empty()) {
                out.push(String::new());
            }
        } else if let Some(heading) = heading(trimmed) {
            paragraph.end(&mut out, look, width);
            out.extend(wrap(heading, width).iter().map(|line| look.paint(Tone::Strong, line)));
        } else if let Some((marker, text)) = list_item(&line, look) {
            paragraph.end(&mut out, look, width);
            paragraph = Block { hang: " ".repeat(marker.chars().count()), first: marker, text: text.to_owned() };
        } else if let Some(text) = trimmed.strip_prefix('>') {
            paragraph.end(&mut out, look, width);
            let first = format!("{} ", look.sign("│", "|"));
            paragraph = Block { hang: first.clone(), first, text: text.trim().to_owned() };
        } else {
            paragraph.add(trimmed);
        }
    }
    paragraph.end(&mut out, look, width);
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

/// A paragraph or list item that is being gathered.
#[derive(Debug, Default)]
struct Block {
    first: String,
    hang: String,
    text: String,
}

impl Block {
    fn add(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(line);
    }

    fn end(&mut self, out: &mut Vec<String>, look: Look, width: usize) {
        let Self { first, hang, text } = std::mem::take(self);
        if text.is_empty() {
            return;
        }
        let room = width.saturating_sub(hang.chars().count());
        for (at, line) in wrap(&inline(&text, look), room).into_iter().enumerate() {
            out.push(format!("{}{line}", if at == 0 { &first } else { &hang }));
        }
    }
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim().trim_end_matches('#').trim_end())
}

/// The marker as it is shown, with its indentation, and the item's text.
fn list_item(line: &str, look: Look) -> Option<(String, &str)> {
    let text = line.trim_start();
    let indent = " ".repeat((line.len() - text.len()).min(8));
    for bullet in ["- ", "* ", "+ "] {
        if let Some(rest) = text.strip_prefix(bullet) {
            return match ["[ ] ", "[x] ", "[X] "].iter().find_map(|task| rest.strip_prefix(task)) {
                Some(item) => Some((format!("{indent}{} ", &rest[..3]), item)),
                None => Some((format!("{indent}{} ", look.sign("•", "*")), rest)),
            };
        }
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?;
    let item = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    ((1..=3).contains(&digits)).then(|| (format!("{indent}{}. ", &text[..digits]), item))
}

/// `**strong**` and `*stressed*` in bold, `[text](url)` as `text (url)`.
fn inline(text: &str, look: Look) -> String {
    let text = stressed(&links(text), look);
    let mut out = String::new();
    for (at, part) in text.split("**").enumerate() {
        // An odd part stands between two marks, unless its mark was never closed.
        if at % 2 == 1 && text.matches("**").count() > at {
            out.push_str(&bold(part, look));
        } else if at % 2 == 1 {
            out.push_str("**");
            out.push_str(part);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Word by word, so that a line end does not fall into a colour.
fn bold(text: &str, look: Look) -> String {
    let words: Vec<_> = text.split(' ').map(|word| look.paint(Tone::Strong, word)).collect();
    words.join(" ")
}

/// `*stressed*`: a star before a word and the next one after a word are a pair; code between backticks keeps its stars.
fn stressed(text: &str, look: Look) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at > 0 {
            out.push('`');
        }
        let mut rest = if at % 2 == 1 { "" } else { part };
        if at % 2 == 1 {
            out.push_str(part);
        }
        while let Some(open) = rest.find('*') {
            let (before, from) = rest.split_at(open);
            out.push_str(before);
            let stars = from.len() - from.trim_start_matches('*').len();
            let close = from[1..].find('*').map(|end| end + 1).filter(|end| stars == 1 && *end > 1);
            let pair = close.filter(|end| {
                let inside = &from[1..*end];
                let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '*');
                let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                word(inside.chars().next())
                    && word(inside.chars().last())
                    && free(before.chars().last())
                    && free(from[end + 1..].chars().next())
            });
            if let Some(end) = pair {
                out.push_str(&bold(&from[1..end], look));
                rest = &from[end + 1..];
            } else {
                out.push_str(&from[..stars]);
                rest = &from[stars..];
            }
        }
        out.push_str(rest);
    }
    out
}

fn links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let link = from.find("](").and_then(|middle| {
            let end = from[middle..].find(')')? + middle;
            Some((&from[1..middle], &from[middle + 2..end], &from[end + 1..]))
        });
        let Some((label, url, after)) = link.filter(|(label, ..)| !label.contains('[')) else {
            out.push('[');
            rest = &from[1..];
            continue;
        };
        out.push_str(label);
        if label != url {
            out.push_str(" (");
            out.push_str(url);
            out.push(')');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::guide_lines;
    use crate::report::look::Look;

    const GUIDE: &str = "\
# Back up the configuration
The **current** configuration must be kept,
so that [the rollback](https://example.com/rollback) can find it.

1. Find the bucket:
   it is named after the stage and the account
2. Copy it:

```sh
aws s3 cp s3://bucket/config.json . --region us-east-1
```

- [ ] kept <script>alert(1)</script>
* an open ** star and `code`
> Never from a laptop on a train\u{1b}[2J.
";

    #[test]
    fn a_guide_is_readable_on_a_narrow_screen() {
        let look = Look { color: false, unicode: true };
        assert_snapshot!(guide_lines(GUIDE, look, 40).join("\n"), @r"
        Back up the configuration
        The current configuration must be kept,
        so that the rollback
        (https://example.com/rollback) can find
        it.

        1. Find the bucket: it is named after
           the stage and the account
        2. Copy it:

            aws s3 cp s3://bucket/config.json . --region us-east-1

        [ ] kept <script>alert(1)</script>
        • an open ** star and `code`
        │ Never from a laptop on a train\x1b[2J.
        ");
    }

    #[test]
    fn odd_marks_are_left_alone() {
        let look = Look { color: false, unicode: true };
        for text in ["x *", "a * b * c", "x *a", "a*b*c", "x `*a*` b", "x * *", "rate(*, 5) + f(*)"] {
            assert_eq!(guide_lines(text, look, 80), [text], "{text}");
        }
        assert_eq!(guide_lines("it is *not applicable*, (*really*)", look, 80), ["it is not applicable, (really)"]);
        for text in ["[", "](", "[a](", "[a](b", "**", "a ** b", "[[a](b)", "#", "#hash", "1.", "1234. x", "é) x"] {
            assert!(!guide_lines(text, look, 80).is_empty(), "{text}");
        }
        assert_eq!(guide_lines("~~~\nopen fence", look, 80), ["    open fence"]);
    }
}
