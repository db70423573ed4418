//! The forms in which a secret may stand in a text.

use crate::world::secret::automaton::{BEGINNING, PIECE};
use crate::world::secret::encoding::encodings;
use crate::world::secret::escape::spellings;
use crate::world::secret::refusal::is_monotonous;
use crate::world::secret::registry::CUT;

/// Lines of a multi-line secret that are shorter than this are too common to be cut by themselves, in bytes.
const SHORTEST_LINE: usize = 8;

/// Everything to look for: of the value, of the value without surrounding space, and of each line that is long enough.
pub(super) fn forms_of(plain: &str) -> Vec<Vec<u8>> {
    let mut wholes = vec![plain.to_owned(), plain.trim().to_owned()];
    if plain.contains('\r') {
        // The view of a terminal has none.
        wholes.push(plain.replace('\r', ""));
    }
    wholes.sort_unstable();
    wholes.dedup();
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for whole in &wholes {
        forms.extend(spellings(whole).into_iter().map(String::into_bytes));
        forms.extend(encodings(whole));
    }
    if plain.trim().contains('\n') {
        let lines = plain.lines().map(str::trim);
        for line in lines.filter(|line| line.len() >= SHORTEST_LINE && !is_monotonous(line)) {
            forms.extend(spellings(line).into_iter().map(String::into_bytes));
        }
    }
    let mut pieces: Vec<Vec<u8>> = forms.iter().flat_map(|form| pieces(form)).flat_map(beside_the_mark).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// A long form as pieces that touch each other: all of them together cut the form, and each cuts what a program shows of it.
fn pieces(form: &[u8]) -> Vec<&[u8]> {
    if form.len() <= PIECE {
        return vec![form];
    }
    let mut pieces: Vec<&[u8]> = form.chunks_exact(PIECE).collect();
    pieces.push(&form[form.len() - PIECE..]);
    pieces
}

/// A form without what it has in common with the end or the beginning of [`CUT`]: else a mark and what stands beside it would
/// look like a secret, and what was cut once would be cut again, differently.
pub(super) fn beside_the_mark(form: &[u8]) -> Vec<Vec<u8>> {
    let mark = CUT.as_bytes();
    let mut parts = vec![form];
    while let Some(index) = parts.iter().position(|part| part.windows(mark.len()).any(|window| window == mark)) {
        let part = parts.swap_remove(index);
        let at = part.windows(mark.len()).position(|window| window == mark).expect("it was found just now");
        parts.extend([&part[..at], &part[at + mark.len()..]]);
    }
    for part in &mut parts {
        while let Some(length) = (1..mark.len()).rev().find(|length| part.starts_with(&mark[mark.len() - length..])) {
            *part = &part[length..];
        }
        while let Some(length) = (1..mark.len()).rev().find(|length| part.ends_with(&mark[..*length])) {
            *part = &part[..part.len() - length];
        }
    }
    parts.retain(|part| part.len() >= BEGINNING && !mark.windows(part.len().min(mark.len())).any(|it| it == *part));
    parts.into_iter().map(<[u8]>::to_vec).collect()
}
