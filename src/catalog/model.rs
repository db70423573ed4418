//! What a check says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::Located;
use crate::value::{Expr, InputType, RefAt, Template, ValueTemplate};

/// How bad it is when a check fails.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth mending.
    Medium,
    /// To be mended soon.
    High,
    /// To be mended now.
    Critical,
}

impl Severity {
    /// The word in a file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of a word; none of any other.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High, Self::Critical].into_iter().find(|severity| severity.as_str() == word)
    }
}

/// Where a check comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// From checkride itself.
    Embedded,
    /// From a file of the project, by its path there.
    Own(String),
}

/// A named check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Its name: lower-case letters, digits and `-`.
    pub id: Located<String>,
    /// What holds when it passes, in one line.
    pub title: String,
    /// How bad it is when it fails.
    pub severity: Severity,
    /// What it looks at and why, in Markdown.
    pub about: String,
    /// How to mend it; `param` and `aws` are filled in.
    pub remedy: Template,
    /// Where to read more.
    pub reference: Option<String>,
    /// The controls of standards that it is evidence for.
    pub controls: Vec<String>,
    /// What it wants to know.
    pub params: Vec<Param>,
    /// What it asks AWS, in this order.
    pub calls: Vec<Call>,
    /// What must hold of the answers; all of them.
    pub expects: Vec<Expectation>,
    /// Where it comes from.
    pub origin: Origin,
    /// The check as it is written: its bytes decide what a runbook does that uses it.
    pub text: String,
}

/// A parameter of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name in expressions, `param.NAME`.
    pub name: Located<String>,
    /// What it may be.
    pub ty: InputType,
    /// What it is when nobody says; none: it must be given.
    pub default: Option<Value>,
    /// What it is for.
    pub help: Option<String>,
}

/// A call of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its name in expressions, `call.ID`.
    pub id: Located<String>,
    /// The operation, `service:Operation`. It reads.
    pub call: Located<String>,
    /// Its parameters, in the order of the file.
    pub with: Vec<(String, ValueTemplate)>,
    /// How many pages of an answer are read, at most.
    pub pages: usize,
    /// The list for each item of which it is made.
    pub for_each: Option<Located<Expr>>,
    /// Whether it is made at all.
    pub when: Option<Located<Expr>>,
}

/// What must hold of the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The condition.
    pub that: Located<Expr>,
    /// The list for each item of which it must hold.
    pub for_each: Option<Located<Expr>>,
    /// What an item is called.
    pub name: Option<Located<Expr>>,
    /// Whether it warns where it does not hold; else it fails.
    pub warns: bool,
    /// Whether it must hold at all.
    pub when: Option<Located<Expr>>,
    /// Whether an empty list passes.
    pub allow_empty: AllowEmpty,
}

/// Whether an empty list passes.
#[derive(Clone, Debug, PartialEq)]
pub enum AllowEmpty {
    /// As the check says.
    Fixed(bool),
    /// As a parameter of it says.
    Given(Template),
}

impl Check {
    /// A parameter.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name.value == name)
    }

    /// The services that it asks, by the names in its calls; each once.
    pub fn services(&self) -> Vec<&str> {
        let mut services: Vec<&str> = Vec::new();
        for call in &self.calls {
            let service = call.call.value.split(':').next().unwrap_or_default();
            if !services.contains(&service) {
                services.push(service);
            }
        }
        services
    }

    /// Whether `words`, all of them, stand in its id, title, controls, services or calls. Case does not matter.
    pub fn is_about(&self, words: &str) -> bool {
        let mut text = format!("{} {} {}", self.id.value, self.title, self.controls.join(" "));
        for call in &self.calls {
            text = text + " " + &call.call.value;
        }
        let text = text.to_lowercase();
        words.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
    }
}

impl Call {
    /// Its expressions; templates are none.
    pub(super) fn exprs(&self) -> Vec<&Located<Expr>> {
        self.for_each.iter().chain(&self.when).collect()
    }

    /// Every name that it uses, with the literal that it stands in.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let mut refs: Vec<RefAt<'_>> = self.with.iter().flat_map(|(_, value)| value.refs()).collect();
        refs.extend(self.for_each.iter().chain(&self.when).flat_map(refs_of));
        refs
    }
}

impl Expectation {
    /// Its expressions.
    pub(super) fn exprs(&self) -> Vec<&Located<Expr>> {
        std::iter::once(&self.that).chain(&self.for_each).chain(&self.name).chain(&self.when).collect()
    }

    /// Every name that it uses, with the literal that it stands in.
    pub fn refs(&self) -> Vec<RefAt<'_>> {
        let exprs = std::iter::once(&self.that).chain(&self.for_each).chain(&self.name).chain(&self.when);
        let mut refs: Vec<RefAt<'_>> = exprs.flat_map(refs_of).collect();
        if let AllowEmpty::Given(template) = &self.allow_empty {
            refs.extend(template.refs());
        }
        refs
    }
}

/// The names of an expression, with its literal.
pub(super) fn refs_of(expr: &Located<Expr>) -> impl Iterator<Item = RefAt<'_>> {
    expr.value.references().iter().map(|reference| RefAt { reference, literal: expr.span })
}
