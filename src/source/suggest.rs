//! *Did you mean*.

/// The candidate that a misspelt name most likely meant, if one is close enough.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase());
            let length = name.chars().count().max(candidate.chars().count());
            // A third of the letters may differ; a word that only goes on (`out` for `output`) counts as close, too.
            let allowed = if length < 5 { 1 } else { length.div_ceil(3) };
            let near = distance <= allowed && distance < length;
            let prefix = lowered.len() >= 3 && candidate.to_lowercase().starts_with(&lowered);
            (near || prefix).then_some((distance, candidate))
        })
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// A help line for a misspelt name: the closest candidate, else the list of all when it is short.
pub fn help<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(closest) = closest(name, candidates.iter().copied()) {
        return Some(format!("did you mean `{closest}`?"));
    }
    (1..=12).contains(&candidates.len()).then(|| format!("known here: {}", list(&candidates)))
}

/// Names in backticks, with commas.
pub fn list<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{closest, help};

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(closest("comand", ["confirm", "command", "stack"]), Some("command"));
        assert_eq!(closest("Title", ["title"]), Some("title"));
        assert_eq!(closest("tiemout", ["timeout", "title"]), Some("timeout"));
        assert_eq!(closest("capab", ["capabilities"]), Some("capabilities"));
        assert_eq!(closest("xyz", ["command", "stack"]), None);
        assert_eq!(closest("a", ["b"]), None, "one letter is not close to another");
    }

    #[test]
    fn a_short_list_is_shown_when_nothing_is_close() {
        assert_eq!(help("xyz", ["stdin", "cwd"]).as_deref(), Some("known here: `stdin`, `cwd`"));
        assert_eq!(help("xyz", []), None);
    }
}
