//! Reading a file, and everything that can be wrong before its first line is looked at.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::codes::{FILE_IS_DIRECTORY, FILE_NOT_FOUND, FILE_TOO_LARGE, FILE_UNREADABLE, INVALID_UTF8, NUL_BYTE};
use super::{Diagnostic, SourceId, Sources, suggest};

/// The largest file that is read, in bytes.
pub const FILE_LIMIT: usize = 1024 * 1024;

/// Reads a file of text into `sources`. `display` is its name in messages.
///
/// # Errors
///
/// A missing file, a directory, a file that cannot be opened or is larger than [`FILE_LIMIT`], a NUL byte, bytes that are
/// no UTF-8: each has its own code.
pub fn load(path: &Path, display: &str, sources: &mut Sources) -> Result<SourceId, Diagnostic> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, display, &error))?;
    if metadata.is_dir() {
        return Err(Diagnostic::error(FILE_IS_DIRECTORY, format!("`{display}` is a directory, not a file"))
            .in_file(display)
            .maybe_help(inside(path, display)));
    }
    if !metadata.is_file() {
        return Err(Diagnostic::error(FILE_UNREADABLE, format!("`{display}` is not a regular file"))
            .in_file(display)
            .help("only regular files are read: no pipes, sockets or devices"));
    }
    let bytes = File::open(path)
        .and_then(|file| {
            let mut bytes = Vec::new();
            file.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
        .map_err(|error| unreadable(path, display, &error))?;
    text(bytes, metadata.len(), display).map(|text| sources.add(display.to_owned(), text))
}

fn text(bytes: Vec<u8>, length: u64, display: &str) -> Result<String, Diagnostic> {
    if bytes.len() > FILE_LIMIT {
        let length = length.max(bytes.len() as u64);
        return Err(Diagnostic::error(FILE_TOO_LARGE, format!("`{display}` is larger than 1 MiB"))
            .in_file(display)
            .note(format!("it has {length} bytes; {FILE_LIMIT} is the limit"))
            .help("split it with `include`, or keep data in files of their own"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = line_of(&bytes, at);
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        return Err(Diagnostic::error(NUL_BYTE, format!("`{display}` has a NUL byte at offset {at}, in line {line}"))
            .in_file(display)
            .help(if utf16 {
                "the file looks like UTF-16; save it as UTF-8"
            } else {
                "a runbook is a text file; is this the right one?"
            }));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = line_of(bytes, at);
        let byte = bytes[at];
        Diagnostic::error(
            INVALID_UTF8,
            format!("`{display}` is not UTF-8: byte 0x{byte:02x} at offset {at}, in line {line}"),
        )
        .in_file(display)
        .help("save the file as UTF-8")
    })
}

/// The line of a byte, from 1.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|byte| *byte == b'\n').count()
}

fn unreadable(path: &Path, display: &str, error: &std::io::Error) -> Diagnostic {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Diagnostic::error(FILE_NOT_FOUND, format!("there is no file `{display}`"))
            .in_file(display)
            .maybe_help(sibling(path));
    }
    let reason = error.to_string();
    let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
    Diagnostic::error(FILE_UNREADABLE, format!("`{display}` cannot be read: {reason}")).in_file(display)
}

/// The file beside a missing one that was most likely meant.
fn sibling(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name()?.to_str()?;
    let names = names_in(folder)?;
    suggest::closest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
}

/// What a directory that was named as a file holds.
fn inside(path: &Path, display: &str) -> Option<String> {
    let mut names = names_in(path)?;
    names.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "toml"));
    let first = names.first()?;
    Some(format!("name a file in it, such as `{}/{first}`", display.trim_end_matches('/')))
}

fn names_in(folder: &Path) -> Option<Vec<String>> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::{FILE_LIMIT, load};
    use crate::source::{Sources, codes};

    fn code_of(bytes: &[u8]) -> Option<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, bytes).unwrap();
        load(&path, "x.toml", &mut Sources::new()).err().map(|fault| fault.code.0)
    }

    #[test]
    fn one_mebibyte_is_read_and_one_byte_more_is_not() {
        assert_eq!(code_of(&vec![b'#'; FILE_LIMIT]), None);
        assert_eq!(code_of(&vec![b'#'; FILE_LIMIT + 1]), Some(codes::FILE_TOO_LARGE.0));
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        assert_eq!(code_of(b"a\0b"), Some(codes::NUL_BYTE.0));
        assert_eq!(code_of(b"a\xffb"), Some(codes::INVALID_UTF8.0));
    }

    #[test]
    fn a_missing_file_suggests_its_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deploy-prod.toml"), "").unwrap();
        let fault = load(&folder.path().join("deploy-pord.toml"), "deploy-pord.toml", &mut Sources::new()).unwrap_err();
        assert_eq!(fault.code, codes::FILE_NOT_FOUND);
        assert_eq!(fault.help.as_deref(), Some("did you mean `deploy-prod.toml`?"));
    }
}
