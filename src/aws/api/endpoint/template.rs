//! Text with values in it: `https://s3.{Region}.{partitionResult#dnsSuffix}`.

use serde::Deserialize;

use super::datum::{AttributePath, Datum, Scope};
use super::fault::{EndpointFault, RuleFault};

/// A text in which `{name}` and `{name#attribute}` stand for values; `{{` and `}}` are braces.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Value(String, AttributePath),
}

impl TryFrom<String> for Template {
    type Error = RuleFault;

    fn try_from(text: String) -> Result<Self, RuleFault> {
        let fault = || RuleFault::Template(text.clone());
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let (inside, after) = rest.split_once('}').filter(|_| brace == "{").ok_or_else(fault)?;
            let (name, path) = inside.split_once('#').unwrap_or((inside, ""));
            if name.is_empty() || inside.contains('{') {
                return Err(fault());
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Value(name.to_owned(), AttributePath::read(path, '#')?));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Template(parts))
    }
}

impl Template {
    /// The text, with the values that are in scope. A value that is not set, or that is no text, is a fault of the rules.
    pub(super) fn render(&self, scope: &Scope<'_>) -> Result<String, EndpointFault> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value(name, path) => match scope.get(name).and_then(|datum| datum.at(path)) {
                    Some(Datum::Text(value)) => text.push_str(value),
                    Some(Datum::Flag(_) | Datum::List(_) | Datum::Record(_)) | None => {
                        return Err(EndpointFault::Types(format!("`{name}` in a text")));
                    }
                },
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Datum, Scope, Template};

    fn render(text: &str) -> Option<String> {
        let mut scope = Scope::default();
        scope.set("Region", Datum::Text("eu-west-1".into()));
        scope.set("url", Datum::Record([("scheme", Datum::Text("https".into()))].into()));
        scope.set("UseFIPS", Datum::Flag(true));
        Template::try_from(text.to_owned()).unwrap().render(&scope).ok()
    }

    #[test]
    fn values_are_put_in() {
        assert_eq!(render("s3.{Region}.x").as_deref(), Some("s3.eu-west-1.x"));
        assert_eq!(render("{url#scheme}://{Region}").as_deref(), Some("https://eu-west-1"));
        assert_eq!(render("a {{literal}} {Region}").as_deref(), Some("a {literal} eu-west-1"));
        assert_eq!(render("").as_deref(), Some(""));
    }

    #[test]
    fn what_is_not_set_or_no_text_is_a_fault() {
        for wrong in ["{Nobody}", "{url}", "{url#nothing}", "{UseFIPS}", "{Region#part}"] {
            assert_eq!(render(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn open_braces_are_refused() {
        for wrong in ["{Region", "Region}", "{}", "{#a}", "{a{b}", "{a##b}"] {
            assert!(Template::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
