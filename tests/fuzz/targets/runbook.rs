//! From bytes to a plan.

#![no_main]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use checkride::plan::{Material, Selection, build, needed_inputs, resolve};
use checkride::runbook::{Limits, load_runbook};
use checkride::source::{Diagnostics, Sources, render};
use libfuzzer_sys::fuzz_target;

/// A folder of this process; `scripts/fuzz` removes it.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("runbook-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is room for a file");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.join("x.toml");
    std::fs::write(&path, bytes).expect("there is room for a file");
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let runbook = load_runbook(&path, &FOLDER, &mut sources, &mut faults, Limits::default());
    for fault in &faults {
        for span in fault.span.into_iter().chain(fault.related.iter().map(|(span, _)| *span)) {
            let text = &sources.get(span.source).text;
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{fault:?}");
        }
    }
    let text = render(&faults, &sources, false);
    assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "{text:?}");
    let Some(runbook) = runbook else {
        assert!(faults.has_errors());
        return;
    };
    let Ok(resolved) = resolve(&runbook, None, &[], &needed_inputs(&runbook.steps)) else { return };
    let material = Material {
        runbook: &runbook,
        profile: None,
        selection: Selection::default(),
        inputs: &resolved.values,
        secrets: &resolved.secrets,
        files: Vec::new(),
        actions: BTreeMap::new(),
    };
    let digest = || build(&material).map(|(_, record)| record.digest);
    assert_eq!(digest(), digest());
});
