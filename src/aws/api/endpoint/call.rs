//! Calls of the rules' functions, as they stand in a rule set: read once, with the number and the types of their
//! literal arguments checked.

use serde::Deserialize;
use serde_json::Value;

use super::datum::AttributePath;
use super::fault::RuleFault;
use super::template::Template;

/// A condition: it holds when the call's value is set and not false. The value may get a name.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "RawCall")]
pub(super) struct Condition {
    pub(super) call: Call,
    pub(super) assign: Option<String>,
}

/// A call of one of the functions that the rule sets use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    IsSet(Argument),
    Not(Argument),
    GetAttr(Argument, AttributePath),
    StringEquals(Argument, Argument),
    BooleanEquals(Argument, Argument),
    Substring { text: Argument, start: usize, stop: usize, reverse: bool },
    UriEncode(Argument),
    ParseUrl(Argument),
    IsValidHostLabel { text: Argument, subdomains: bool },
    Partition(Argument),
    ParseArn(Argument),
    IsVirtualHostableBucket { text: Argument, subdomains: bool },
}

/// An argument: a literal, a name, or another call.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Value")]
pub(super) enum Argument {
    Text(Template),
    Flag(bool),
    Name(String),
    Call(Box<Call>),
}

#[derive(Deserialize)]
struct RawCall {
    #[serde(rename = "fn")]
    function: String,
    argv: Vec<Value>,
    #[serde(default)]
    assign: Option<String>,
}

impl TryFrom<RawCall> for Condition {
    type Error = RuleFault;

    fn try_from(raw: RawCall) -> Result<Self, RuleFault> {
        Ok(Condition { call: Call::read(&raw.function, raw.argv)?, assign: raw.assign })
    }
}

impl Call {
    fn read(function: &str, argv: Vec<Value>) -> Result<Self, RuleFault> {
        let fault = || RuleFault::Arguments(function.to_owned());
        let flag = |value: &Value| value.as_bool().ok_or_else(fault);
        let index = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(fault);
        let one = |argv: Vec<Value>| {
            let [argument] = <[Value; 1]>::try_from(argv).map_err(|_| fault())?;
            Argument::try_from(argument)
        };
        let two = |argv: Vec<Value>| <[Value; 2]>::try_from(argv).map_err(|_| fault());
        Ok(match function {
            "isSet" => Call::IsSet(one(argv)?),
            "not" => Call::Not(one(argv)?),
            "uriEncode" => Call::UriEncode(one(argv)?),
            "parseURL" => Call::ParseUrl(one(argv)?),
            "aws.partition" => Call::Partition(one(argv)?),
            "aws.parseArn" => Call::ParseArn(one(argv)?),
            "getAttr" => {
                let [of, path] = two(argv)?;
                let path = path.as_str().filter(|path| !path.is_empty()).ok_or_else(fault)?;
                Call::GetAttr(of.try_into()?, AttributePath::read(path, '.')?)
            }
            "stringEquals" => {
                let [left, right] = two(argv)?;
                Call::StringEquals(left.try_into()?, right.try_into()?)
            }
            "booleanEquals" => {
                let [left, right] = two(argv)?;
                Call::BooleanEquals(left.try_into()?, right.try_into()?)
            }
            "isValidHostLabel" => {
                let [text, subdomains] = two(argv)?;
                Call::IsValidHostLabel { subdomains: flag(&subdomains)?, text: text.try_into()? }
            }
            "aws.isVirtualHostableS3Bucket" => {
                let [text, subdomains] = two(argv)?;
                Call::IsVirtualHostableBucket { subdomains: flag(&subdomains)?, text: text.try_into()? }
            }
            "substring" => {
                let [text, start, stop, reverse] = <[Value; 4]>::try_from(argv).map_err(|_| fault())?;
                let (start, stop, reverse) = (index(&start)?, index(&stop)?, flag(&reverse)?);
                Call::Substring { text: text.try_into()?, start, stop, reverse }
            }
            unknown => return Err(RuleFault::Function(unknown.to_owned())),
        })
    }

    /// The function's name in the rules' language.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Call::IsSet(_) => "isSet",
            Call::Not(_) => "not",
            Call::GetAttr(..) => "getAttr",
            Call::StringEquals(..) => "stringEquals",
            Call::BooleanEquals(..) => "booleanEquals",
            Call::Substring { .. } => "substring",
            Call::UriEncode(_) => "uriEncode",
            Call::ParseUrl(_) => "parseURL",
            Call::IsValidHostLabel { .. } => "isValidHostLabel",
            Call::Partition(_) => "aws.partition",
            Call::ParseArn(_) => "aws.parseArn",
            Call::IsVirtualHostableBucket { .. } => "aws.isVirtualHostableS3Bucket",
        }
    }
}

impl TryFrom<Value> for Argument {
    type Error = RuleFault;

    // The recursion is bounded by the JSON reader, which refuses text that is nested deeper than 128 levels.
    fn try_from(value: Value) -> Result<Self, RuleFault> {
        let fault = |value: &Value| RuleFault::Argument(value.to_string());
        match value {
            Value::String(text) => Ok(Argument::Text(text.try_into()?)),
            Value::Bool(flag) => Ok(Argument::Flag(flag)),
            Value::Object(mut object) => match (object.remove("ref"), object.remove("fn"), object.remove("argv")) {
                (Some(Value::String(name)), None, None) => Ok(Argument::Name(name)),
                (None, Some(Value::String(function)), Some(Value::Array(argv))) => {
                    Ok(Argument::Call(Box::new(Call::read(&function, argv)?)))
                }
                _ => Err(fault(&Value::Object(object))),
            },
            Value::Null | Value::Number(_) | Value::Array(_) => Err(fault(&value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    fn fault(condition: &str) -> String {
        serde_json::from_str::<Condition>(condition).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_call_is_found_when_it_is_read() {
        for (condition, words) in [
            (r#"{"fn":"guess","argv":[]}"#, "unknown function `guess`"),
            (r#"{"fn":"isSet","argv":[]}"#, "wrong arguments for `isSet`"),
            (r#"{"fn":"isSet","argv":[{"ref":"a"},{"ref":"b"}]}"#, "wrong arguments for `isSet`"),
            (r#"{"fn":"substring","argv":[{"ref":"a"},-1,2,false]}"#, "wrong arguments for `substring`"),
            (r#"{"fn":"isValidHostLabel","argv":["a",{"ref":"b"}]}"#, "wrong arguments for `isValidHostLabel`"),
            (r#"{"fn":"getAttr","argv":[{"ref":"a"},"b[x]"]}"#, "`b[x]` is no path of attributes"),
            (r#"{"fn":"isSet","argv":[null]}"#, "`null` is no argument"),
            (r#"{"fn":"isSet","argv":[{"fn":"isSet"}]}"#, "is no argument"),
            (r#"{"fn":"uriEncode","argv":["{a"]}"#, "`{a` is no template"),
        ] {
            assert!(fault(condition).contains(words), "{condition}: {}", fault(condition));
        }
    }
}
