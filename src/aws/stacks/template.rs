//! The text of a template, read as far as we must know it ourselves: how large it is, which capabilities it needs, where
//! its `NoEcho` parameters go. All else is `CloudFormation`'s business.

use std::collections::BTreeSet;

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::data::holds_data;
use super::model::NESTED;
use super::reads::TemplateParameter;

/// The largest template that a call carries itself (51,200 bytes); a larger one goes by S3.
pub const MAX_INLINE: usize = 51_200;
/// The largest template at all: 1 MB.
pub const MAX_TEMPLATE: usize = 1_048_576;

/// Deeper than any template; a guard against a text made to exhaust the stack.
const MAX_DEPTH: usize = 100;

/// Resource types for which `CloudFormation` wants `CAPABILITY_IAM`, each with the property that gives it a fixed name
/// (then it wants `CAPABILITY_NAMED_IAM`). Source: "Acknowledging IAM resources in `CloudFormation` templates".
const IAM_TYPES: &[(&str, Option<&str>)] = &[
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// A template's text, with its structure when it could be read.
#[derive(Clone, Debug)]
pub struct TemplateText {
    body: String,
    pub(super) tree: Option<Value>,
}

/// How a template reaches `CloudFormation`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TemplateRoute {
    /// In the call.
    Inline,
    /// By an object in the upload bucket.
    Upload,
    /// Not at all without an upload bucket.
    NeedsBucket,
    /// Not at all.
    TooLarge,
}

impl TemplateText {
    /// Reads a template. A text that is neither JSON nor YAML is kept: `CloudFormation` says what is wrong with it.
    pub fn new(body: impl Into<String>) -> Self {
        let body = body.into();
        let tree = serde_json::from_str(&body).ok().or_else(|| from_yaml(&body));
        TemplateText { body, tree }
    }

    /// The text.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether another text says the same: byte for byte, or as JSON or YAML.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.body == other.body || (self.tree.is_some() && self.tree == other.tree)
    }

    /// The SHA-256 of the text, in hex.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.body.as_bytes()))
    }

    /// How it can be sent.
    pub fn route(&self, has_bucket: bool) -> TemplateRoute {
        match (self.body.len(), has_bucket) {
            (bytes, _) if bytes <= MAX_INLINE => TemplateRoute::Inline,
            (bytes, _) if bytes > MAX_TEMPLATE => TemplateRoute::TooLarge,
            (_, true) => TemplateRoute::Upload,
            (_, false) => TemplateRoute::NeedsBucket,
        }
    }

    /// The IAM capability that the template needs by its own resources; an emulator does not ask for it, AWS does.
    pub fn iam_capability(&self) -> Option<&'static str> {
        let mut needed = None;
        for (_, resource) in self.resources() {
            let Some(kind) = resource.get("Type").and_then(Value::as_str) else { continue };
            let Some((_, name)) = IAM_TYPES.iter().find(|(iam, _)| *iam == kind) else { continue };
            if name.is_some_and(|name| resource.pointer(&format!("/Properties/{name}")).is_some()) {
                return Some("CAPABILITY_NAMED_IAM");
            }
            needed = Some("CAPABILITY_IAM");
        }
        needed
    }

    /// The names of the parameters that the template declares `NoEcho`.
    pub(super) fn no_echo_parameters(&self) -> BTreeSet<String> {
        let parameters = self.tree.as_ref().and_then(|tree| tree.get("Parameters")).and_then(Value::as_object);
        parameters
            .into_iter()
            .flatten()
            .filter(|(_, declared)| match declared.get("NoEcho") {
                Some(Value::Bool(hidden)) => *hidden,
                Some(Value::String(hidden)) => hidden.eq_ignore_ascii_case("true"),
                Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
            })
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Whether stacks are nested in it.
    pub fn nests(&self) -> bool {
        self.resources().any(|(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(NESTED))
    }

    /// The resources that stay when the stack is deleted (logical id, type, policy): `Retain`, `RetainExceptOnCreate`, and
    /// `Snapshot`, which keeps a copy.
    pub fn kept_on_delete(&self) -> Vec<(String, String, String)> {
        let kept = self.resources().map(|(id, resource)| (id.clone(), kind(resource).to_owned(), policy(resource)));
        kept.filter(|(_, _, policy)| matches!(policy.as_str(), "Retain" | "RetainExceptOnCreate" | "Snapshot"))
            .collect()
    }

    /// The resources (logical id, type) that hold data and go with it when the stack is deleted.
    pub fn lost_on_delete(&self) -> Vec<(String, String)> {
        let kept: BTreeSet<String> = self.kept_on_delete().into_iter().map(|(id, _, _)| id).collect();
        let lost = self.resources().filter(|(id, resource)| holds_data(kind(resource)) && !kept.contains(*id));
        lost.map(|(id, resource)| (id.clone(), kind(resource).to_owned())).collect()
    }

    /// The resources (logical id, type) that refuse to be deleted, because the template has them guarded.
    pub fn guarded(&self) -> Vec<(String, String)> {
        let on = |value: &Value| match value {
            Value::Bool(on) => *on,
            Value::String(word) => word.eq_ignore_ascii_case("true") || word == "ACTIVE",
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
        };
        let is_guarded = |resource: &Value| {
            let property = |name: &str| resource.get("Properties").and_then(|properties| properties.get(name));
            GUARDS.iter().any(|guard| property(guard).is_some_and(on))
        };
        let stays = |resource: &Value| matches!(policy(resource).as_str(), "Retain" | "RetainExceptOnCreate");
        let guarded = self.resources().filter(|(_, resource)| is_guarded(resource) && !stays(resource));
        guarded.map(|(id, resource)| (id.clone(), kind(resource).to_owned())).collect()
    }

    /// Whether the text could be read.
    pub fn is_read(&self) -> bool {
        self.tree.is_some()
    }

    /// Whether the service makes another template of it before it works with it.
    pub fn is_transformed(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.get("Transform").is_some()) || self.body.contains("Fn::Transform")
    }

    /// Whether it declares a resource.
    pub fn has_resource(&self, id: &str) -> bool {
        self.resources().any(|(own, _)| own == id)
    }

    /// The value of a place in `Mappings`.
    pub(super) fn mapped(&self, path: [&str; 3]) -> Option<&Value> {
        path.iter().try_fold(self.tree.as_ref()?.get("Mappings")?, |place, key| place.get(key))
    }

    /// The parameters that the text declares; `None` when it could not be read. For a template that is too large for
    /// [`super::StackReads::template_summary`].
    pub fn parameters(&self) -> Option<Vec<TemplateParameter>> {
        let tree = self.tree.as_ref()?;
        let hidden = self.no_echo_parameters();
        let declared = tree.get("Parameters").and_then(Value::as_object).into_iter().flatten();
        let parameters = declared.map(|(name, parameter)| {
            let no_echo = hidden.contains(name);
            let text = |key: &str| parameter.get(key).map(plain);
            TemplateParameter {
                name: name.clone(),
                default: text("Default").filter(|_| !no_echo),
                has_default: parameter.get("Default").is_some(),
                parameter_type: text("Type").unwrap_or_default(),
                no_echo,
                description: text("Description"),
            }
        });
        Some(parameters.collect())
    }

    /// Whether a parameter has a default; `None` when the text could not be read. An emulator answers an empty default
    /// for a parameter that has none, and so does AWS for one whose default is empty.
    pub(super) fn has_default(&self, parameter: &str) -> Option<bool> {
        let declared = self.tree.as_ref()?.get("Parameters")?.get(parameter)?;
        Some(declared.get("Default").is_some())
    }

    /// The properties (logical id, top-level property) that are made from a parameter.
    pub(super) fn properties_using(&self, parameter: &str) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for (id, resource) in self.resources() {
            for (name, value) in resource.get("Properties").and_then(Value::as_object).into_iter().flatten() {
                if mentions(value, parameter) {
                    found.insert((id.clone(), name.clone()));
                }
            }
        }
        found
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.tree.as_ref().and_then(|tree| tree.get("Resources")).and_then(Value::as_object).into_iter().flatten()
    }
}

/// The properties that guard a resource against deletion.
const GUARDS: &[&str] = &["DeletionProtection", "DeletionProtectionEnabled"];

/// A resource's type.
fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// What becomes of a resource when its stack is deleted. Of databases a snapshot is taken when the template says
/// nothing. Source: "`DeletionPolicy` attribute" of the `CloudFormation` user guide.
fn policy(resource: &Value) -> String {
    if let Some(policy) = resource.get("DeletionPolicy").and_then(Value::as_str) {
        return policy.to_owned();
    }
    let of_cluster = resource.pointer("/Properties/DBClusterIdentifier").is_some();
    match kind(resource) {
        "AWS::RDS::DBCluster" => "Snapshot".to_owned(),
        "AWS::RDS::DBInstance" if !of_cluster => "Snapshot".to_owned(),
        _ => String::new(),
    }
}

/// A scalar as a parameter's value is written.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn mentions(value: &Value, parameter: &str) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains(&format!("${{{parameter}}}")),
        Value::Array(items) => items.iter().any(|item| mentions(item, parameter)),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| (key == "Ref" && value.as_str() == Some(parameter)) || mentions(value, parameter)),
    }
}

fn from_yaml(body: &str) -> Option<Value> {
    // CloudFormation refuses aliases; a reader that expands them can be made to eat all memory.
    let has_alias = body
        .split(|c: char| c.is_whitespace() || c == ',' || c == '[')
        .any(|word| word.strip_prefix('*').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric())));
    if has_alias {
        return None;
    }
    let documents = Yaml::load_from_str(body).ok()?;
    to_json(documents.first()?, 0)
}

fn to_json(node: &Yaml<'_>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Yaml::Tagged(tag, inner) = node {
        let value = to_json(inner, depth + 1)?;
        let function = match tag.suffix.as_str() {
            "Ref" | "Condition" => tag.suffix.clone(),
            other => format!("Fn::{other}"),
        };
        return Some(Value::Object(Map::from_iter([(function, value)])));
    }
    if let Some(items) = node.as_sequence() {
        return items.iter().map(|item| to_json(item, depth + 1)).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    if let Some(members) = node.as_mapping() {
        let mut object = Map::new();
        for (key, value) in members {
            object.insert(
                scalar(key).as_str().map_or_else(|| scalar(key).to_string(), str::to_owned),
                to_json(value, depth + 1)?,
            );
        }
        return Some(Value::Object(object));
    }
    Some(scalar(node))
}

fn scalar(node: &Yaml<'_>) -> Value {
    if let Some(text) = node.as_str() {
        Value::from(text)
    } else if let Some(truth) = node.as_bool() {
        Value::from(truth)
    } else if let Some(number) = node.as_integer() {
        Value::from(number)
    } else if let Some(number) = node.as_floating_point() {
        Value::from(number)
    } else {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{MAX_INLINE, MAX_TEMPLATE, TemplateRoute, TemplateText};

    const YAML: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Password: { Type: String, NoEcho: true }
  Stage: { Type: String }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Sub '${Stage}'
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: !Ref Stage
      SecretString: !Sub 'db-${Password}'
  Db:
    Type: AWS::RDS::DBCluster
    Properties:
      MasterUserPassword: !Ref Password
";

    #[test]
    fn yaml_with_short_functions_is_understood() {
        let template = TemplateText::new(YAML);
        assert_eq!(template.no_echo_parameters(), BTreeSet::from(["Password".to_owned()]));
        assert_eq!(
            template.properties_using("Password"),
            BTreeSet::from([
                ("Db".to_owned(), "MasterUserPassword".to_owned()),
                ("Secret".to_owned(), "SecretString".to_owned())
            ])
        );
        assert_eq!(template.iam_capability(), Some("CAPABILITY_IAM"));
    }

    #[test]
    fn parameters_are_read_from_the_text() {
        let parameters = TemplateText::new(YAML).parameters().unwrap();
        let names: Vec<_> = parameters.iter().map(|one| (one.name.as_str(), one.no_echo, one.has_default)).collect();
        assert_eq!(names, [("Password", true, false), ("Stage", false, false)]);
        let body = r#"{"Parameters":{"N":{"Type":"Number","Default":10},"S":{"Default":"x","NoEcho":"true"}}}"#;
        let parameters = TemplateText::new(body).parameters().unwrap();
        assert_eq!((parameters[0].default.as_deref(), parameters[1].default.as_deref()), (Some("10"), None));
        assert!(parameters[1].has_default);
    }

    #[test]
    fn a_named_role_needs_the_stronger_capability() {
        let body = r#"{"Resources":{"A":{"Type":"AWS::IAM::Policy"},"B":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Ref":"N"}}}}}"#;
        assert_eq!(TemplateText::new(body).iam_capability(), Some("CAPABILITY_NAMED_IAM"));
        assert_eq!(TemplateText::new(r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#).iam_capability(), None);
    }

    #[test]
    fn sizes_decide_the_route() {
        for (bytes, bucket, route) in [
            (MAX_INLINE, false, TemplateRoute::Inline),
            (MAX_INLINE, true, TemplateRoute::Inline),
            (MAX_INLINE + 1, false, TemplateRoute::NeedsBucket),
            (MAX_INLINE + 1, true, TemplateRoute::Upload),
            (MAX_TEMPLATE, true, TemplateRoute::Upload),
            (MAX_TEMPLATE + 1, true, TemplateRoute::TooLarge),
            (MAX_TEMPLATE + 1, false, TemplateRoute::TooLarge),
        ] {
            assert_eq!(TemplateText::new(" ".repeat(bytes)).route(bucket), route, "{bytes} {bucket}");
        }
    }

    #[test]
    fn a_broken_or_hostile_text_is_kept_without_structure() {
        for body in ["{", "a: *b", &"[".repeat(5000), "\0"] {
            let template = TemplateText::new(body);
            assert_eq!(template.body(), body);
            assert_eq!(template.iam_capability(), None);
        }
    }
}
