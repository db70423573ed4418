//! `runbooks/GUIDES.md` against the files that it names: each row leads to something that is there and says what it is
//! said to say, and no step is without a row.

use std::collections::{BTreeMap, BTreeSet};

use crate::shipped::{names, read};

/// A row of the tables.
struct Row {
    id: String,
    places: Vec<String>,
    expected: Vec<String>,
    status: String,
}

/// A step of a file: its block, as it is written.
type Steps = BTreeMap<String, String>;

fn between_ticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The cells of a row; `\|` is a bar in a text.
fn cells(line: &str) -> Vec<String> {
    let whole = line.replace("\\|", "\u{0}");
    let inner = whole.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

fn rows() -> Vec<Row> {
    let is_row = |line: &&str| ["| SAM-", "| CDK-", "| EXT-"].iter().any(|start| line.starts_with(start));
    let row = |line: &str| {
        let cells = cells(line);
        assert_eq!(cells.len(), 7, "{line}");
        Row {
            id: cells[0].clone(),
            places: between_ticks(&cells[3]),
            expected: between_ticks(&cells[4]),
            status: cells[6].clone(),
        }
    };
    read("runbooks/GUIDES.md").lines().filter(is_row).map(row).collect()
}

/// The steps of a runbook and of what it includes.
fn steps(path: &str) -> Steps {
    let text = read(path);
    let mut all = Steps::new();
    let include = text.lines().find(|line| line.starts_with("include = ")).unwrap_or_default();
    for part in include.split('"').skip(1).step_by(2) {
        all.extend(steps(&format!("runbooks/{part}")));
    }
    for block in text.split("\n[[").skip(1) {
        let id = block.lines().find_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
        all.insert(id.unwrap_or_else(|| panic!("{path}: {block}")).to_owned(), block.to_owned());
    }
    all
}

/// The line of an input.
fn input(runbook: &str, name: &str) -> Option<String> {
    let text = read(&format!("runbooks/{runbook}.toml"));
    let inputs = text.split("\n[inputs]\n").nth(1)?.split("\n[").next()?;
    inputs.lines().find(|line| line.starts_with(&format!("{name} = "))).map(str::to_owned)
}

/// A section of a template: a resource or parameter, or one at the top.
fn section(file: &str, name: &str) -> Option<String> {
    let text = read(&format!("runbooks/templates/{file}"));
    for indent in ["", "  "] {
        let head = format!("{indent}{name}:");
        let Some(from) = text.lines().position(|line| line.starts_with(&head)) else { continue };
        let ends = |line: &&str| {
            let depth = line.len() - line.trim_start().len();
            line.trim().is_empty() || line.trim_start().starts_with('#') || depth > indent.len()
        };
        let rest: Vec<&str> = text.lines().skip(from + 1).take_while(ends).collect();
        return Some(format!("{head}\n{}\n{}", text.lines().nth(from)?, rest.join("\n")));
    }
    None
}

fn place(place: &str, runbooks: &BTreeMap<String, Steps>) -> Option<String> {
    if let Some((runbook, step)) = place.split_once('#') {
        return runbooks.get(runbook)?.get(step).cloned();
    }
    if let Some((runbook, name)) = place.split_once('@') {
        return input(runbook, name);
    }
    let (file, name) = place.split_once('/')?;
    section(file, name)
}

fn runbooks() -> BTreeMap<String, Steps> {
    names("runbooks").into_iter().map(|name| (name.clone(), steps(&format!("runbooks/{name}.toml")))).collect()
}

#[test]
fn each_row_leads_to_what_it_says() {
    let runbooks = runbooks();
    let mut wrong = Vec::new();
    for row in rows() {
        let mut texts = Vec::new();
        for at in row.places.iter().filter(|at| !at.starts_with("planned:")) {
            match place(at, &runbooks) {
                Some(text) => texts.push(text),
                None => wrong.push(format!("{}: {at} is not there", row.id)),
            }
        }
        match row.status.as_str() {
            "note" => assert!(row.places.is_empty(), "{}: a note leads nowhere", row.id),
            "planned" => assert!(texts.is_empty(), "{}: a part of it is there", row.id),
            "done" | "partly planned" => {
                assert!(!texts.is_empty(), "{}: nothing of it is there", row.id);
                let planned = row.places.iter().any(|at| at.starts_with("planned:"));
                assert_eq!(planned, row.status == "partly planned", "{}", row.id);
            }
            other => panic!("{}: {other}", row.id),
        }
        let held = row.expected.iter().filter(|_| !texts.is_empty());
        let missing = held.filter(|it| !texts.iter().any(|text| text.contains(it.as_str())));
        wrong.extend(missing.map(|it| format!("{}: `{it}` stands in none of {:?}", row.id, row.places)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_step_is_without_a_row() {
    let runbooks = runbooks();
    let named: Vec<String> = rows().into_iter().flat_map(|row| row.places).collect();
    // A step of an included file is the same in each runbook that includes it.
    let told: BTreeSet<&String> = named
        .iter()
        .filter_map(|at| at.split_once('#'))
        .filter_map(|(book, step)| runbooks.get(book)?.get(step))
        .collect();
    let undone = |steps: &Steps, block: &str| {
        let line = block.lines().find(|line| line.starts_with("undoes = ")).unwrap_or_default().to_owned();
        line.split('"').skip(1).step_by(2).any(|id| steps.get(id).is_some_and(|block| told.contains(block)))
    };
    let mut missing = Vec::new();
    for (runbook, steps) in runbooks.iter().filter(|(runbook, _)| *runbook != "hello") {
        let without = steps.iter().filter(|(_, block)| !told.contains(block) && !undone(steps, block));
        missing.extend(without.map(|(id, _)| format!("{runbook}#{id}")));
    }
    assert!(missing.is_empty(), "no row tells of {missing:?}");
}

#[test]
fn the_ids_are_in_order_and_each_statement_has_one() {
    for (guide, rows_of) in [("SAM", 219), ("CDK", 114)] {
        let ids: Vec<String> = rows().into_iter().map(|row| row.id).filter(|id| id.starts_with(guide)).collect();
        let expected: Vec<String> = (1..=rows_of).map(|number| format!("{guide}-{number:03}")).collect();
        assert_eq!(ids, expected);
    }
}
