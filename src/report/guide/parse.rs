//! Reading a guide.

/// A piece of a guide.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::report) enum Block {
    /// A heading, of whatever level: in a step's guide one is enough.
    Heading(Vec<Span>),
    /// A paragraph, its lines joined.
    Paragraph(Vec<Span>),
    /// An item of a list.
    Item {
        /// `-`, `1.`, `[ ]`.
        marker: String,
        /// By how many columns it is indented.
        indent: usize,
        /// Its text.
        text: Vec<Span>,
    },
    /// A quotation.
    Quote(Vec<Span>),
    /// Lines of code.
    Code(Vec<String>),
    /// An empty line between two pieces.
    Gap,
}

/// A piece of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::report) struct Span {
    /// Its text.
    pub(in crate::report) text: String,
    /// What it is.
    pub(in crate::report) style: Style,
    /// Whether it is stressed.
    pub(in crate::report) strong: bool,
}

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::report) enum Style {
    /// Words.
    Plain,
    /// Code.
    Code,
    /// Where a link leads: shown, never followed.
    Url,
}

impl Span {
    pub(in crate::report) fn is_code(&self) -> bool {
        self.style == Style::Code
    }

    pub(in crate::report) fn is_url(&self) -> bool {
        self.style == Style::Url
    }
}

/// Reads a guide. Text stays as it is: whoever shows it escapes it.
pub(in crate::report) fn parse(markdown: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open = Open::Nothing;
    let mut fence: Option<(String, Vec<String>)> = None;
    for line in markdown.lines() {
        let line = line.replace('\t', "    ");
        let trimmed = line.trim();
        if let Some((mark, mut code)) = fence.take() {
            if trimmed.starts_with(mark.as_str()) && trimmed.trim_start_matches(['`', '~']).is_empty() {
                out.push(Block::Code(code));
            } else {
                code.push(line);
                fence = Some((mark, code));
            }
        } else if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            open.end(&mut out);
            fence = Some((trimmed[..3].to_owned(), Vec::new()));
        } else if trimmed.is_empty() {
            open.end(&mut out);
            if out.last().is_some_and(|last| *last != Block::Gap) {
                out.push(Block::Gap);
            }
        } else if let Some(heading) = heading(trimmed) {
            open.end(&mut out);
            out.push(Block::Heading(inline(heading)));
        } else if let Some((marker, indent, text)) = list_item(&line) {
            open.end(&mut out);
            open = Open::Item(marker, indent, text.to_owned());
        } else if let Some(text) = trimmed.strip_prefix('>') {
            open.end(&mut out);
            open = Open::Quote(text.trim().to_owned());
        } else {
            open.add(trimmed);
        }
    }
    open.end(&mut out);
    out.extend(fence.map(|(_, code)| Block::Code(code)));
    while out.last() == Some(&Block::Gap) {
        out.pop();
    }
    out
}

/// A piece whose lines are being gathered.
#[derive(Debug, Default)]
enum Open {
    #[default]
    Nothing,
    Paragraph(String),
    Item(String, usize, String),
    Quote(String),
}

impl Open {
    fn add(&mut self, line: &str) {
        match self {
            Self::Nothing => *self = Self::Paragraph(line.to_owned()),
            Self::Paragraph(text) | Self::Item(_, _, text) | Self::Quote(text) => {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
    }

    fn end(&mut self, out: &mut Vec<Block>) {
        out.extend(match std::mem::take(self) {
            Self::Nothing => None,
            Self::Paragraph(text) => Some(Block::Paragraph(inline(&text))),
            Self::Item(marker, indent, text) => Some(Block::Item { marker, indent, text: inline(&text) }),
            Self::Quote(text) => Some(Block::Quote(inline(&text))),
        });
    }
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim().trim_end_matches('#').trim_end())
}

/// The marker, the indentation, and the item's text.
fn list_item(line: &str) -> Option<(String, usize, &str)> {
    let text = line.trim_start();
    let indent = (line.len() - text.len()).min(8);
    for bullet in ["- ", "* ", "+ "] {
        if let Some(rest) = text.strip_prefix(bullet) {
            return match ["[ ] ", "[x] ", "[X] "].iter().find_map(|task| rest.strip_prefix(task)) {
                Some(item) => Some((rest[..3].to_owned(), indent, item)),
                None => Some(("-".to_owned(), indent, rest)),
            };
        }
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?;
    let item = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    ((1..=3).contains(&digits)).then(|| (format!("{}.", &text[..digits]), indent, item))
}

/// The pieces of a line: code between backticks, `**strong**`, `*stressed*`, `[text](url)`.
fn inline(text: &str) -> Vec<Span> {
    let mut spans = Spans { out: Vec::new(), strong: false };
    spans.take(text, None);
    spans.out
}

struct Spans {
    out: Vec<Span>,
    strong: bool,
}

impl Spans {
    fn push(&mut self, text: &str, style: Style) {
        let strong = self.strong;
        match self.out.last_mut() {
            Some(last) if last.style == style && style == Style::Plain && last.strong == strong => {
                last.text.push_str(text);
            }
            _ if text.is_empty() => {}
            Some(_) | None => self.out.push(Span { text: text.to_owned(), style, strong }),
        }
    }

    fn stressed(&mut self, text: &str) {
        let before = std::mem::replace(&mut self.strong, true);
        self.take(text, None);
        self.strong = before;
    }

    /// Takes a text to its end; `last` is the character before it.
    fn take(&mut self, text: &str, mut last: Option<char>) {
        let mut rest = text;
        while let Some(at) = rest.find(['`', '*', '[']) {
            let (before, from) = rest.split_at(at);
            self.push(before, Style::Plain);
            last = before.chars().last().or(last);
            let taken = match &from[..1] {
                "`" => self.code(from),
                "*" => self.stress(from, last),
                _ => self.link(from),
            };
            // What is no mark is text: one backtick, a run of stars, one bracket.
            let length = taken.unwrap_or_else(|| {
                let stars = from.len() - from.trim_start_matches('*').len();
                self.push(&from[..stars.max(1)], Style::Plain);
                stars.max(1)
            });
            last = from[..length].chars().last();
            rest = &from[length..];
        }
        self.push(rest, Style::Plain);
    }

    /// How many bytes were taken; none: it is no mark.
    fn code(&mut self, from: &str) -> Option<usize> {
        let end = from[1..].find('`').filter(|end| *end > 0)? + 1;
        self.push(&from[1..end], Style::Code);
        Some(end + 1)
    }

    /// A star before a word and the next one after a word are a pair; so are two and two.
    fn stress(&mut self, from: &str, last: Option<char>) -> Option<usize> {
        let stars = from.len() - from.trim_start_matches('*').len();
        if stars == 2 {
            let end = from[2..].find("**").filter(|end| *end > 0)? + 2;
            self.stressed(&from[2..end]);
            return Some(end + 2);
        }
        let end = from[1..].find('*').filter(|end| stars == 1 && *end > 0)? + 1;
        let inside = &from[1..end];
        let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '*');
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let pair = word(inside.chars().next()) && word(inside.chars().last());
        if !(pair && free(last) && free(from[end + 1..].chars().next())) {
            return None;
        }
        self.stressed(inside);
        Some(end + 1)
    }

    fn link(&mut self, from: &str) -> Option<usize> {
        let middle = from.find("](")?;
        let end = from[middle..].find(')')? + middle;
        let (label, url) = (&from[1..middle], &from[middle + 2..end]);
        if label.contains('[') {
            return None;
        }
        self.take(label, None);
        if label != url {
            self.push(" (", Style::Plain);
            self.push(url, Style::Url);
            self.push(")", Style::Plain);
        }
        Some(end + 1)
    }
}
