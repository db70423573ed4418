//! What rules are asked with.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// The values of a rule set's parameters, by the parameter's name (`Region`, `UseFIPS`, `Bucket`).
pub type Params = BTreeMap<String, Param>;

/// All built-ins that the rule sets of botocore 1.43 ask for: what the client, not the operation, must know.
pub const BUILT_INS: [&str; 13] = [
    "AWS::Auth::AccountId",
    "AWS::Auth::AccountIdEndpointMode",
    "AWS::Region",
    "AWS::S3::Accelerate",
    "AWS::S3::DisableMultiRegionAccessPoints",
    "AWS::S3::ForcePathStyle",
    "AWS::S3::UseArnRegion",
    "AWS::S3::UseGlobalEndpoint",
    "AWS::S3Control::UseArnRegion",
    "AWS::STS::UseGlobalEndpoint",
    "AWS::UseDualStack",
    "AWS::UseFIPS",
    "SDK::Endpoint",
];

/// One value.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(untagged)]
pub enum Param {
    /// A boolean.
    Bool(bool),
    /// A string.
    Text(String),
    /// A list of strings.
    List(Vec<String>),
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum ParamKind {
    /// A string.
    #[serde(rename = "string", alias = "String")]
    Text,
    /// A boolean.
    #[serde(rename = "boolean", alias = "Boolean")]
    Bool,
    /// A list of strings.
    #[serde(rename = "stringArray", alias = "StringArray")]
    List,
}

/// What a rule set says of one of its parameters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Parameter {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParamKind,
    /// Where the value comes from when the operation does not give it: `AWS::Region`, `AWS::UseFIPS`,
    /// `AWS::UseDualStack`, `SDK::Endpoint`, `AWS::S3::ForcePathStyle`, ….
    #[serde(default, rename = "builtIn")]
    pub built_in: Option<String>,
    /// Whether there is no endpoint without it.
    #[serde(default)]
    pub required: bool,
    /// The value when nobody sets one.
    #[serde(default)]
    pub default: Option<Param>,
}

impl Param {
    /// The type of the value.
    pub fn kind(&self) -> ParamKind {
        match self {
            Param::Bool(_) => ParamKind::Bool,
            Param::Text(_) => ParamKind::Text,
            Param::List(_) => ParamKind::List,
        }
    }
}

impl fmt::Display for ParamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ParamKind::Text => "a string",
            ParamKind::Bool => "a boolean",
            ParamKind::List => "a list of strings",
        })
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Param::Text(text.to_owned())
    }
}

impl From<bool> for Param {
    fn from(flag: bool) -> Self {
        Param::Bool(flag)
    }
}
