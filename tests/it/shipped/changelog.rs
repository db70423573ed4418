//! The changelog keeps the form of Keep a Changelog.

use super::files::read;

const KINDS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

#[test]
fn the_changelog_has_the_form_that_it_names() {
    let text = read("CHANGELOG.md");
    assert!(text.starts_with("# Changelog\n") && text.contains("https://keepachangelog.com/en/1.1.0/"));
    let versions: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(versions[0], "[Unreleased]", "what is not released comes first");
    for version in &versions[1..] {
        let (number, date) = version.split_once(" - ").expect("`[1.2.3] - 2026-11-21`");
        assert!(
            number.starts_with('[') && number.ends_with(']') && date.parse::<chrono::NaiveDate>().is_ok(),
            "{version}"
        );
    }
    for heading in text.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(KINDS.contains(&heading), "{heading}");
    }
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let version = manifest["package"]["version"].as_str().unwrap();
    let released = versions.iter().any(|heading| heading.starts_with(&format!("[{version}]")));
    let coming = text.contains(&format!("The next version is {version}."));
    assert!(released != coming, "{version} is in the changelog, released or to come");
}

#[test]
fn every_part_of_the_changelog_has_entries() {
    let text = read("CHANGELOG.md");
    let parts: Vec<&str> = text.split("\n### ").skip(1).collect();
    assert!(!parts.is_empty());
    for part in parts {
        let entries = part.lines().filter(|line| line.starts_with("- ")).count();
        assert!(entries > 0, "{part}");
    }
}
