//! Rust text, as far as the tests of the house must understand it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub(super) struct File {
    /// Its path, from the repository's root.
    pub(super) path: String,
    /// The file as it is.
    pub(super) text: String,
    /// Comments, and what stands in strings, blanked out; line numbers stay.
    pub(super) code: String,
    /// Only the comments.
    pub(super) comments: String,
    /// The same code without modules that are compiled for tests only.
    pub(super) shipped: String,
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let (code, comments) = split(&text);
        let shipped = without_tests(&code);
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        Self { path, text, code, comments, shipped }
    }

    /// The room: the first folder, or the file itself, below `src`.
    pub(super) fn room(&self) -> &str {
        let rest = self.path.strip_prefix("src/").unwrap();
        rest.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Lines that hold code of the product.
    pub(super) fn lines_of_code(&self) -> usize {
        self.shipped.lines().filter(|line| !line.trim().is_empty()).count()
    }
}

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, sorted.
pub(super) fn files(below: &str) -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(below), &mut paths);
    paths.sort();
    paths.iter().map(|path| File::read(path)).collect()
}

/// The files that are modules for tests only: declared under `#[cfg(test)]`.
pub(super) fn test_modules(files: &[File]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        for (at, _) in file.code.match_indices("#[cfg(test)]\nmod ") {
            let name = word(&file.code[at + "#[cfg(test)]\nmod ".len()..]);
            if file.code[at..].find(';') < file.code[at..].find('{').or(Some(usize::MAX)) {
                let folder = Path::new(&file.path).parent().unwrap();
                found.insert(folder.join(format!("{name}.rs")).to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// The name that a text begins with.
pub(super) fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Where a path such as `crate` is named in code, and what follows its `::`.
pub(super) fn after_path<'a>(code: &'a str, start: &str) -> Vec<(usize, &'a str)> {
    let needle = format!("{start}::");
    code.match_indices(&needle)
        .filter(|(at, _)| {
            let before = code[..*at].chars().next_back().unwrap_or(' ');
            !before.is_alphanumeric() && before != '_' && before != ':' && before != '$'
        })
        .map(|(at, _)| (at, code[at + needle.len()..].trim_start()))
        .collect()
}

/// The first names that a path leads to: one, or each of a list in braces.
pub(super) fn heads(rest: &str) -> Vec<String> {
    if !rest.starts_with('{') {
        return vec![word(rest).to_owned()];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expects = false;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => {
                depth += 1;
                expects = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => expects = depth == 1,
            c if expects && !c.is_whitespace() => {
                names.push(word(&rest[at..]).to_owned());
                expects = false;
            }
            _ => {}
        }
    }
    names
}

/// The number of the line at a place.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Splits Rust into code, with what stands in strings and comments blanked out, and comments.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut comments = String::new();
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let before = at.checked_sub(1).map_or(' ', |at| chars[at]);
        let length = if rest.starts_with(&['/', '/']) {
            let length = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
            comments.extend(&rest[..length]);
            comments.push('\n');
            length
        } else if rest.starts_with(&['/', '*']) {
            let length = rest.windows(2).position(|pair| pair == ['*', '/']).map_or(rest.len(), |end| end + 2);
            comments.extend(&rest[..length]);
            length
        } else if rest[0] == '"' {
            plain_string(rest)
        } else if rest[0] == 'r'
            && (before == 'b' || !before.is_alphanumeric())
            && before != '_'
            && raw_string(rest) > 0
        {
            raw_string(rest)
        } else if rest[0] == '\'' {
            character(rest)
        } else {
            0
        };
        if length == 0 {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(rest[..length].iter().map(|c| blank(*c)));
            at += length;
        }
    }
    (code, comments)
}

fn plain_string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of a raw string, or 0 when none begins here.
fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut end = vec!['"'];
    end.resize(1 + hashes, '#');
    let body = &rest[2 + hashes..];
    let close = body.windows(end.len()).position(|window| window == end).unwrap_or(body.len());
    (2 + hashes + close + end.len()).min(rest.len())
}

/// The length of a character, or 0 when it is a lifetime.
fn character(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len(), |end| end + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

/// The code without its modules for tests.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let open = rest.find('{').unwrap_or(rest.len());
        if let Some(semicolon) = rest.find(';').filter(|semicolon| *semicolon < open) {
            rest = &rest[semicolon + 1..];
            continue;
        }
        let mut depth = 0;
        let end = rest[open..].find(|c| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        rest = end.map_or("", |end| &rest[open + end + 1..]);
    }
    kept + rest
}
