//! A guide on a screen: readable text, no wider than people like to read.

use crate::report::guide::parse::{Block, Span, Style, parse};
use crate::report::look::{Look, Tone, wrap};

/// No guide is wider than this: longer lines are hard to read.
const MEASURE: usize = 80;

/// A guide as lines.
pub fn guide_lines(markdown: &str, look: Look, width: usize) -> Vec<String> {
    let width = width.clamp(20, MEASURE);
    let mut out: Vec<String> = Vec::new();
    for block in parse(markdown) {
        match &block {
            Block::Heading(spans) => {
                let text: String = spans.iter().map(|span| words(span, look)).collect();
                out.extend(wrap(&text, width).iter().map(|line| look.paint(Tone::Strong, line)));
            }
            Block::Paragraph(spans) => out.extend(hung("", "", spans, look, width)),
            Block::Item { marker, indent, text } => {
                let marker = if marker == "-" { look.sign("•", "*") } else { marker };
                let first = format!("{}{marker} ", " ".repeat(*indent));
                out.extend(hung(&first, &" ".repeat(first.chars().count()), text, look, width));
            }
            Block::Quote(spans) => {
                let bar = format!("{} ", look.sign("│", "|"));
                out.extend(hung(&bar, &bar, spans, look, width));
            }
            Block::Code(lines) => {
                out.extend(lines.iter().map(|line| format!("    {}", look.paint(Tone::Act, &look.plain(line)))));
            }
            Block::Gap => out.push(String::new()),
        }
    }
    out
}

fn hung(first: &str, hang: &str, spans: &[Span], look: Look, width: usize) -> Vec<String> {
    let text: String =
        spans.iter().map(|span| if span.strong { bold(&words(span, look), look) } else { words(span, look) }).collect();
    let room = width.saturating_sub(hang.chars().count());
    let lines = wrap(&text, room).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{line}", if at == 0 { first } else { hang })).collect()
}

fn words(span: &Span, look: Look) -> String {
    let text = look.plain(&span.text);
    match span.style {
        Style::Plain | Style::Url => text,
        Style::Code => format!("`{text}`"),
    }
}

/// Word by word, so that a line end does not fall into a colour.
fn bold(text: &str, look: Look) -> String {
    let words: Vec<_> = text.split(' ').map(|word| look.paint(Tone::Strong, word)).collect();
    words.join(" ")
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
