//! How an operation turns its pages: the models' `paginators-1.json`, read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::fault::{PaginatorFault, PaginatorsFault};
use super::key::Key;
use crate::aws::api::jmespath::Expression;

/// The paginators of one service, by operation.
#[derive(Clone, Debug, Deserialize)]
pub struct Paginators {
    pagination: BTreeMap<String, Paginator>,
}

/// How one operation turns its pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawPaginator")]
pub struct Paginator {
    /// The members of the input that take the tokens, and where in the output each token stands.
    pub(super) tokens: Vec<(String, Expression)>,
    /// What says that there are more pages, where the token alone does not.
    pub(super) more: Option<Expression>,
    /// The member of the input that says how large a page is.
    limit: Option<String>,
    /// What is merged from all pages; the first is what the operation is about.
    pub(super) results: Vec<Key>,
    /// What the first page says for all.
    pub(super) others: Vec<Key>,
}

#[derive(Deserialize)]
struct RawPaginator {
    input_token: OneOrMore,
    output_token: OneOrMore,
    more_results: Option<String>,
    limit_key: Option<String>,
    result_key: OneOrMore,
    #[serde(default)]
    non_aggregate_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Paginators {
    /// Reads `paginators-1.json`, with all its expressions.
    pub fn read(json: &[u8]) -> Result<Self, PaginatorsFault> {
        Ok(serde_json::from_slice(json)?)
    }

    /// How the operation turns its pages; nothing when it has one page only.
    pub fn get(&self, operation: &str) -> Option<&Paginator> {
        self.pagination.get(operation)
    }

    /// The operations that have pages, sorted.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.pagination.keys().map(String::as_str)
    }
}

impl Paginator {
    /// Whether the input turns pages itself: it says where to begin or how large a page is. Then the AWS CLI makes one
    /// call only.
    pub fn is_turned_by(&self, input: &Value) -> bool {
        let tokens = self.tokens.iter().map(|(name, _)| name);
        tokens.chain(&self.limit).any(|name| input.get(name).is_some_and(|value| !value.is_null()))
    }

    /// The member of the input that says how large a page is.
    pub fn limit_key(&self) -> Option<&str> {
        self.limit.as_deref()
    }
}

impl TryFrom<RawPaginator> for Paginator {
    type Error = PaginatorFault;

    fn try_from(raw: RawPaginator) -> Result<Self, PaginatorFault> {
        let read = |text: String| {
            Expression::read(&text).map_err(|fault| PaginatorFault::Expression { source_text: text, fault })
        };
        let (inputs, outputs) = (raw.input_token.all(), raw.output_token.all());
        if inputs.len() != outputs.len() || inputs.is_empty() {
            return Err(PaginatorFault::Tokens);
        }
        let token = |(input, output)| Ok((input, read(output)?));
        Ok(Paginator {
            tokens: inputs.into_iter().zip(outputs).map(token).collect::<Result<_, PaginatorFault>>()?,
            more: raw.more_results.map(read).transpose()?,
            limit: raw.limit_key,
            results: raw.result_key.all().iter().map(|key| Key::read(key)).collect::<Result<_, _>>()?,
            others: raw.non_aggregate_keys.iter().map(|key| Key::read(key)).collect::<Result<_, _>>()?,
        })
    }
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Paginators;

    fn read(paginator: &str) -> Result<Paginators, String> {
        let json = format!(r#"{{"pagination":{{"List":{paginator}}}}}"#);
        Paginators::read(json.as_bytes()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_person_who_turns_the_pages_is_left_alone() {
        let paginators = read(
            r#"{"input_token":["Marker","Second"],"output_token":["a","b"],"limit_key":"Max","result_key":"Items"}"#,
        );
        let paginators = paginators.unwrap();
        let paginator = paginators.get("List").unwrap();
        assert_eq!((paginator.limit_key(), paginators.get("Other").is_none()), (Some("Max"), true));
        for (input, turned) in [
            (json!({}), false),
            (json!({"Filter": 1, "Max": null}), false),
            (json!({"Max": 5}), true),
            (json!({"Second": "x"}), true),
        ] {
            assert_eq!(paginator.is_turned_by(&input), turned, "{input}");
        }
    }

    #[test]
    fn wrong_paginators_are_refused() {
        for (paginator, words) in [
            (r#"{"input_token":"a","output_token":["b","c"],"result_key":"d"}"#, "do not pair"),
            (r#"{"input_token":"a","output_token":"b[","result_key":"d"}"#, "`b[`: "),
            (r#"{"input_token":"a","output_token":"b","result_key":"d[]"}"#, "`d[]` is no place"),
            (r#"{"input_token":"a","output_token":"b"}"#, "result_key"),
        ] {
            assert!(read(paginator).is_err_and(|fault| fault.contains(words)), "{paginator}");
        }
    }
}
