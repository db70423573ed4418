//! A last look at what a session leaves behind: is there a secret in a file that was written before it was known, or past the
//! redactor?

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::journal::RunFolder;
use crate::world::secret::Redactor;

/// The lengths of what stands in digests by chance, in bytes: a number, a short word of `a` to `f`.
const CHANCE: u64 = 16;

/// The digits of a SHA-256.
const DIGEST: usize = 64;

/// Files that anyone can render again, so that they are cut and not kept.
const RENDERED: [&str; 2] = ["report.md", "report.html"];

/// A file of a run that holds a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Leak {
    /// The file, from the run's folder.
    pub(super) path: PathBuf,
    /// In how many places.
    pub(super) places: usize,
    /// It was cut: the secret is gone from it.
    pub(super) cut: bool,
}

impl Leak {
    /// What a person must know, and do.
    pub(super) fn note(&self) -> String {
        let Self { path, places, cut } = self;
        let times = if *places == 1 { "once".to_owned() } else { format!("{places} times") };
        let path = path.display();
        if *cut {
            format!("a secret stood in {path} {times}, and was cut from it")
        } else {
            format!("a secret stands in {path} {times}: it was written before the secret was known. Rotate the secret")
        }
    }
}

/// Reads every file of a run, and names those that hold a secret. What can be rendered again is cut; evidence is not touched.
/// Fails when a file cannot be read: then nothing is known of it.
pub(super) fn last_look(folder: &RunFolder, redactor: &Redactor) -> io::Result<Vec<Leak>> {
    let mut leaks = Vec::new();
    if redactor.is_empty() {
        return Ok(leaks);
    }
    let mut folders = vec![folder.path.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Some(leak) = look(&folder.path, &entry.path(), redactor)?
            {
                leaks.push(leak);
            }
        }
    }
    leaks.sort_by(|a, b| a.path.cmp(&b.path));
    for leak in leaks.iter_mut().filter(|leak| RENDERED.iter().any(|name| leak.path == Path::new(name))) {
        let name = leak.path.display().to_string();
        let text = fs::read_to_string(folder.path.join(&leak.path))?;
        folder.write(&name, redactor.cut(&text).as_bytes()).map_err(io::Error::other)?;
        leak.cut = true;
    }
    Ok(leaks)
}

fn look(root: &Path, path: &Path, redactor: &Redactor) -> io::Result<Option<Leak>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // It was there for a moment only.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut places = 0;
    for place in redactor.scan(&mut file)? {
        if !is_chance(&mut file, &place)? {
            places += 1;
        }
    }
    let path = path.strip_prefix(root).unwrap_or(path).to_owned();
    Ok((places > 0).then_some(Leak { path, places, cut: false }))
}

/// Whether a place is a few digits inside a digest: those stand there by chance.
fn is_chance(file: &mut (impl Read + Seek), place: &Range<u64>) -> io::Result<bool> {
    if place.end - place.start >= CHANCE {
        return Ok(false);
    }
    let from = place.start.saturating_sub(DIGEST as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut around = Vec::new();
    file.take(place.end + DIGEST as u64 - from).read_to_end(&mut around)?;
    let at = usize::try_from(place.start - from).expect("it is at most a digest's length");
    let digit = |byte: &&u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(*byte);
    let before = around[..at].iter().rev().take_while(digit).count();
    let after = around[at..].iter().take_while(digit).count() as u64;
    Ok(after >= place.end - place.start && before as u64 + after >= DIGEST as u64)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::SecretString;

    use super::last_look;
    use crate::id::RunId;
    use crate::journal::{RunFolder, RunsFolder};
    use crate::world::secret::Redactor;

    fn folder(project: &tempfile::TempDir) -> RunFolder {
        let id = RunId::new("20261121T181500Z-deploy-prod-7f3a").unwrap();
        RunsFolder::of(project.path()).create(&id).unwrap()
    }

    fn redactor(secret: &str) -> Redactor {
        let redactor = Redactor::default();
        redactor.add("token", &SecretString::from(secret.to_owned())).unwrap();
        redactor
    }

    #[test]
    fn a_secret_that_was_written_before_it_was_known_is_named() {
        let project = tempfile::tempdir().unwrap();
        let folder = folder(&project);
        fs::write(folder.artifacts().join("sha256-one"), "x what-pays-the-bill y what-\x1b[1mpays-the-bill").unwrap();
        fs::write(folder.artifacts().join("sha256-two"), "nothing").unwrap();
        fs::write(folder.path.join("report.md"), "## what-pays-the-bill\n").unwrap();
        let notes: Vec<String> =
            last_look(&folder, &redactor("what-pays-the-bill")).unwrap().iter().map(super::Leak::note).collect();
        assert_eq!(
            notes,
            [
                "a secret stands in artifacts/sha256-one 2 times: it was written before the secret was known. Rotate the \
                 secret",
                "a secret stood in report.md once, and was cut from it",
            ]
        );
        assert_eq!(fs::read_to_string(folder.path.join("report.md")).unwrap(), "## [secret]\n");
        assert_eq!(last_look(&folder, &Redactor::default()).unwrap(), []);
    }

    #[test]
    fn digits_in_a_digest_are_chance() {
        let project = tempfile::tempdir().unwrap();
        let folder = folder(&project);
        let digest = format!("{}483920{}", "a".repeat(29), "b".repeat(29));
        fs::write(folder.path.join("journal.jsonl"), format!("{{\"digest\":\"{digest}\"}}\n")).unwrap();
        assert_eq!(last_look(&folder, &redactor("483920")).unwrap(), []);
        fs::write(folder.path.join("journal.jsonl"), format!("{{\"digest\":\"{digest}\",\"pin\":\"483920\"}}\n"))
            .unwrap();
        assert_eq!(last_look(&folder, &redactor("483920")).unwrap().len(), 1);
    }
}
