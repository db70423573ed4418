//! The peer of `checkride check` in `scripts/bench`: parses a file with the same TOML parser, and does nothing else.
//!
//! `bare_toml FILE` parses once, as a whole process; `bare_toml FILE N` parses N times, and prints the median of one
//! parse in microseconds.

use std::process::ExitCode;
use std::time::Instant;

use toml::de::DeTable;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else { return ExitCode::from(2) };
    let Ok(text) = std::fs::read_to_string(file) else { return ExitCode::FAILURE };
    let times = arguments.next().and_then(|times| times.parse().ok());
    let mut spans: Vec<u128> = (0..times.unwrap_or(1))
        .map_while(|_| {
            let began = Instant::now();
            // Dropped within the measured time, as a program that ends does it.
            DeTable::parse(&text).ok().map(drop)?;
            Some(began.elapsed().as_nanos())
        })
        .collect();
    spans.sort_unstable();
    let Some(median) = spans.get(spans.len() / 2) else { return ExitCode::FAILURE };
    if times.is_some() {
        println!("{:.1}", f64::from(u32::try_from(median / 100).unwrap_or(u32::MAX)) / 10.0);
    }
    ExitCode::SUCCESS
}
