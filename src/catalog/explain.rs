//! A check in words: what `checkride explain` says about it.

use std::fmt::Write;

use serde_json::Value;

use crate::catalog::model::{AllowEmpty, Check, Origin};

impl Check {
    /// The check as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}.\n\n", self.id.value, self.title.trim_end_matches('.'));
        let from = match &self.origin {
            Origin::Embedded => "checkride".to_owned(),
            Origin::Own(path) => path.clone(),
        };
        let _ = writeln!(out, "- Severity: {}", self.severity.as_str());
        if !self.controls.is_empty() {
            let _ = writeln!(out, "- Controls: {}", self.controls.join(", "));
        }
        let _ = writeln!(out, "- From: {from}");
        if let Some(reference) = &self.reference {
            let _ = writeln!(out, "- Reference: <{reference}>");
        }
        let _ = writeln!(out, "\n## What it looks at\n\n{}", self.about.trim());
        self.parameters(&mut out);
        let _ = writeln!(out, "\n## Calls\n");
        for call in &self.calls {
            let _ = write!(out, "- `{}`: `{}`", call.id.value, call.call.value);
            if let Some(list) = &call.for_each {
                let _ = write!(out, " for each of `{}`", list.value.text());
            }
            if let Some(when) = &call.when {
                let _ = write!(out, ", when `{}`", when.value.text());
            }
            out.push('\n');
        }
        let _ = writeln!(out, "\n## Expectations\n");
        for expect in &self.expects {
            let _ = writeln!(out, "```cel\n{}\n```\n", expect.that.value.text().trim());
            let mut facts: Vec<String> = Vec::new();
            if let Some(list) = &expect.for_each {
                facts.push(format!("for each of `{}`", list.value.text()));
                facts.push(match &expect.allow_empty {
                    AllowEmpty::Fixed(true) => "an empty list passes".to_owned(),
                    AllowEmpty::Fixed(false) => "an empty list fails".to_owned(),
                    AllowEmpty::Given(given) => format!("whether an empty list passes: `{}`", given.text()),
                });
            }
            facts.extend(expect.when.iter().map(|when| format!("when `{}`", when.value.text())));
            facts.extend(expect.warns.then(|| "a warning where it does not hold".to_owned()));
            if !facts.is_empty() {
                let _ = writeln!(out, "({})\n", facts.join("; "));
            }
        }
        let _ = writeln!(out, "## Remedy\n\n{}", self.remedy.text().trim());
        let _ = write!(out, "\n## In a runbook\n\n```toml\n{}```\n", self.example());
        out
    }

    fn parameters(&self, out: &mut String) {
        if self.params.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n## Parameters\n\n| parameter | is | default | what for |\n|---|---|---|---|");
        for param in &self.params {
            let default = param.default.as_ref().map_or_else(|| "must be given".to_owned(), Value::to_string);
            let help = param.help.as_deref().unwrap_or_default();
            let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} |",
                param.name.value,
                cell(&param.ty.describe()),
                cell(&default),
                cell(help)
            );
        }
    }

    /// A step that uses it.
    fn example(&self) -> String {
        let id = self.id.value.replace('-', "_");
        let title = Value::from(self.title.as_str());
        let mut text = format!(
            "[[verify]]\nid    = \"{id}\"\ntitle = {title}\nkind  = \"check\"\ncheck = \"{}\"\n",
            self.id.value
        );
        let wanted: Vec<String> = self
            .params
            .iter()
            .filter(|param| param.default.is_none())
            .map(|param| format!("{0} = \"${{input.{0}}}\"", param.name.value))
            .collect();
        if !wanted.is_empty() {
            let _ = writeln!(text, "with  = {{ {} }}", wanted.join(", "));
        }
        text
    }
}
