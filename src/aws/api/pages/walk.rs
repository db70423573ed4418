//! From page to page.

use serde_json::{Map, Value};

use super::fault::PagesFault;
use super::merged::Merged;
use super::paginator::Paginator;
use crate::aws::api::jmespath::is_truthy;

/// One walk through all pages of one answer.
///
/// ```text
/// let mut pages = Pages::new(paginator, 1_000);
/// loop {
///     let output = call(&input)?;
///     let Some(next) = pages.next_input(&input, output)? else { break pages.finish() };
///     input = next;
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Pages<'p> {
    paginator: &'p Paginator,
    max: usize,
    seen: usize,
    tokens: Option<Vec<Option<Value>>>,
    merged: Merged,
}

impl<'p> Pages<'p> {
    /// A walk of at most `max` pages.
    pub fn new(paginator: &'p Paginator, max: usize) -> Self {
        Pages { paginator, max, seen: 0, tokens: None, merged: Merged::default() }
    }

    /// Takes over the page that the input led to. The input for the next page; nothing after the last one.
    pub fn next_input(&mut self, input: &Value, output: Value) -> Result<Option<Value>, PagesFault> {
        self.seen += 1;
        let tokens = self.next_tokens(&output)?;
        self.merged.add(self.paginator, output, self.seen == 1);
        let Some(tokens) = tokens else { return Ok(None) };
        if self.tokens.as_ref() == Some(&tokens) {
            return Err(PagesFault::Repeated { page: self.seen });
        }
        if self.seen >= self.max {
            return Err(PagesFault::TooMany { max: self.max });
        }
        let mut next = input.as_object().cloned().unwrap_or_else(Map::new);
        for ((name, _), token) in self.paginator.tokens.iter().zip(&tokens) {
            match token {
                Some(token) => next.insert(name.clone(), token.clone()),
                None => next.shift_remove(name),
            };
        }
        self.tokens = Some(tokens);
        Ok(Some(Value::Object(next)))
    }

    /// How many pages there were so far.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// All pages as one answer.
    pub fn finish(self) -> Value {
        self.merged.finish()
    }

    /// The tokens of the next page; nothing when this is the last.
    fn next_tokens(&self, output: &Value) -> Result<Option<Vec<Option<Value>>>, PagesFault> {
        let more = self.paginator.more.as_ref().map(|more| says_something(&more.search(output)));
        if more == Some(false) {
            return Ok(None);
        }
        let token = |value: Value| Some(value).filter(|value| says_something(value) && value.as_str() != Some("None"));
        let tokens: Vec<Option<Value>> =
            self.paginator.tokens.iter().map(|(_, at)| token(at.search(output).into_owned())).collect();
        match (tokens.iter().any(Option::is_some), more) {
            (true, _) => Ok(Some(tokens)),
            // The AWS CLI would stop here, and show a part for the whole.
            (false, Some(true)) => Err(PagesFault::NoToken { page: self.seen }),
            (false, Some(false) | None) => Ok(None),
        }
    }
}

/// Whether a token or a mark of more says something: it is not null, not false, not empty and not zero.
fn says_something(value: &Value) -> bool {
    is_truthy(value) && value.as_f64() != Some(0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Pages, PagesFault};
    use crate::aws::api::pages::Paginators;

    fn paginators(paginator: &Value) -> Paginators {
        Paginators::read(json!({"pagination": {"List": paginator}}).to_string().as_bytes()).unwrap()
    }

    /// Walks through these pages; every input that was asked for, and the whole.
    fn walk(paginator: &Value, input: Value, pages: &[Value], max: usize) -> Result<(Vec<Value>, Value), PagesFault> {
        let paginators = paginators(paginator);
        let mut walk = Pages::new(paginators.get("List").unwrap(), max);
        let mut inputs = vec![input];
        for page in pages {
            match walk.next_input(inputs.last().unwrap(), page.clone())? {
                Some(next) => inputs.push(next),
                None => break,
            }
        }
        assert_eq!(walk.seen(), inputs.len(), "all pages were asked for, and no more");
        Ok((inputs, walk.finish()))
    }

    fn plain() -> Value {
        json!({"input_token": "Next", "output_token": "NextToken", "limit_key": "Max", "result_key": "Items"})
    }

    #[test]
    fn lists_are_joined_and_tokens_are_gone() {
        let pages = [
            json!({"Items": [1, 2], "NextToken": "a", "Owner": "o"}),
            json!({"Items": [], "NextToken": "b"}),
            json!({"NextToken": "c"}),
            json!({"Items": [3], "NextToken": ""}),
        ];
        let (inputs, whole) = walk(&plain(), json!({"Filter": "f"}), &pages, 4).unwrap();
        assert_eq!(whole, json!({"Items": [1, 2, 3]}));
        let next: Vec<&Value> = inputs[1..].iter().map(|input| &input["Next"]).collect();
        assert_eq!(next, ["a", "b", "c"]);
        assert!(inputs.iter().all(|input| input["Filter"] == "f"));
    }

    #[test]
    fn the_first_page_speaks_for_all_where_the_model_says_so() {
        let paginator = json!({"input_token": "Start", "output_token": "LastKey", "limit_key": "Limit",
            "result_key": ["Items", "Count"], "non_aggregate_keys": ["Capacity", "Owner", "Meta.Size"]});
        let pages = [
            json!({"Items": [{"z": 1, "a": 2}], "Count": 1, "Capacity": {"Units": 5}, "LastKey": {"id": {"S": "x"}}}),
            json!({"Items": [{"z": 3}], "Count": 1, "Capacity": {"Units": 7}, "Owner": "late"}),
        ];
        let (inputs, whole) = walk(&paginator, json!({}), &pages, 9).unwrap();
        assert_eq!(inputs[1], json!({"Start": {"id": {"S": "x"}}}));
        let wanted =
            r#"{"Items":[{"z":1,"a":2},{"z":3}],"Count":2,"Capacity":{"Units":5},"Owner":null,"Meta":{"Size":null}}"#;
        assert_eq!(whole.to_string(), wanted);
    }

    #[test]
    fn nested_results_and_several_tokens() {
        let paginator = json!({"input_token": ["Key", "Version"], "output_token": ["NextKey", "NextVersion"],
            "more_results": "Truncated", "result_key": ["Set.Rows", "Log"], "non_aggregate_keys": ["Set.Meta"]});
        let pages = [
            json!({"Truncated": true, "NextKey": "k", "NextVersion": "v", "Set": {"Rows": [1], "Meta": "m"}, "Log": "a"}),
            json!({"Truncated": true, "NextKey": "l", "NextVersion": null, "Set": {"Rows": [2]}, "Log": "b"}),
            json!({"Truncated": false, "NextKey": "never", "Set": {"Rows": [3]}}),
        ];
        let (inputs, whole) = walk(&paginator, json!({"Version": "old", "B": 1}), &pages, 9).unwrap();
        assert_eq!(inputs[1].to_string(), r#"{"Version":"v","B":1,"Key":"k"}"#);
        assert_eq!(inputs[2].to_string(), r#"{"B":1,"Key":"l"}"#);
        assert_eq!(whole, json!({"Set": {"Rows": [1, 2, 3], "Meta": "m"}, "Log": "ab"}));
    }

    /// ECR's paginator of `DescribeImageScanFindings` is like this.
    #[test]
    fn results_may_stand_inside_of_what_the_first_page_says() {
        let paginator = json!({"input_token": "t", "output_token": "t", "result_key": ["Scan.Findings", "Scan.More"],
            "non_aggregate_keys": ["Scan", "Name"]});
        let pages = [
            json!({"t": 1, "Scan": {"Findings": [1], "At": "noon"}, "Name": "n"}),
            json!({"t": 2, "Scan": {"Findings": [2], "More": [7], "At": "late"}}),
            json!({"Scan": {"Findings": [3]}}),
        ];
        let (_, whole) = walk(&paginator, json!({}), &pages, 9).unwrap();
        assert_eq!(whole, json!({"Scan": {"Findings": [1, 2, 3], "More": [7], "At": "noon"}, "Name": "n"}));
        let pages = [json!({"t": 1}), json!({"Scan": {"Findings": [2]}})];
        let (_, whole) = walk(&paginator, json!({}), &pages, 9).unwrap();
        assert_eq!(whole, json!({"Scan": {"Findings": [2]}, "Name": null}));
    }

    #[test]
    fn a_token_may_be_found_in_the_last_item() {
        let paginator = json!({"input_token": "Marker", "output_token": "NextMarker || Items[-1].Key",
            "more_results": "IsTruncated", "result_key": "Items"});
        let pages = [
            json!({"IsTruncated": true, "Items": [{"Key": "a"}, {"Key": "b"}]}),
            json!({"IsTruncated": false, "Items": [{"Key": "c"}]}),
        ];
        let (inputs, whole) = walk(&paginator, json!({}), &pages, 9).unwrap();
        assert_eq!((&inputs[1]["Marker"], whole["Items"].as_array().unwrap().len()), (&json!("b"), 3));
    }

    #[test]
    fn what_does_not_end_is_a_fault() {
        let page = |token: Value| json!({"Items": [1], "NextToken": token});
        let pages = [page(json!("a")), page(json!("a"))];
        assert_eq!(walk(&plain(), json!({}), &pages, 9), Err(PagesFault::Repeated { page: 2 }));
        let pages = [page(json!("a")), page(json!("b")), page(json!("c"))];
        assert_eq!(walk(&plain(), json!({}), &pages, 2), Err(PagesFault::TooMany { max: 2 }));
        let mut paginator = plain();
        paginator["more_results"] = json!("More");
        let pages = [json!({"Items": [1], "More": true})];
        assert_eq!(walk(&paginator, json!({}), &pages, 9), Err(PagesFault::NoToken { page: 1 }));
    }

    #[test]
    fn what_is_no_token_ends_the_walk() {
        for token in [json!(null), json!(""), json!("None"), json!(0), json!({}), json!(false)] {
            let (inputs, _) = walk(&plain(), json!({}), &[json!({"NextToken": token})], 1).unwrap();
            assert_eq!(inputs.len(), 1, "{token}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_no_panic() {
        let paginator = json!({"input_token": "a", "output_token": "b", "result_key": ["c.d", "e"]});
        for page in [json!(null), json!([1]), json!("text"), json!({"c": [1], "e": {"f": 1}}), json!({"c": "x"})] {
            let (_, whole) = walk(&paginator, json!(null), std::slice::from_ref(&page), 1).unwrap();
            assert!(whole.is_object(), "{page}");
        }
    }
}
