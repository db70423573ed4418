//! What a template names and does not hold: code and templates that lie in S3, images in a registry.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use super::names::Names;
use super::template::TemplateText;

/// A resource whose template names something that lies elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// The id in the template.
    pub logical_id: String,
    /// What it is, for people: `code of Lambda function`.
    pub what: &'static str,
    /// Where it lies; else why that cannot be told.
    pub at: Result<StoredAt, String>,
}

impl Stored {
    /// Whether it is the template of a nested stack, which may name more.
    pub fn is_template(&self) -> bool {
        self.what == NESTED_TEMPLATE
    }
}

/// Where something lies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredAt {
    /// An object of S3.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version, where one is named.
        version: Option<String>,
    },
    /// An image of a private registry (ECR).
    Image {
        /// The account of the registry.
        registry: String,
        /// Its region.
        region: String,
        /// The repository.
        repository: String,
        /// A tag, or a digest (`sha256:…`).
        image: String,
    },
}

/// Resource types, each with the property that says where something lies, the names of bucket, key and version in it,
/// and what it is. Source: the resource reference of `CloudFormation`, and of the Serverless Application Model.
const TYPES: &[(&str, &str, [&str; 3], &str)] = &[
    ("AWS::ApiGateway::RestApi", "BodyS3Location", PLAIN, "definition of API"),
    ("AWS::ApiGatewayV2::Api", "BodyS3Location", PLAIN, "definition of API"),
    ("AWS::CloudFormation::Stack", "TemplateURL", PLAIN, NESTED_TEMPLATE),
    ("AWS::Lambda::Function", "Code", ["S3Bucket", "S3Key", "S3ObjectVersion"], "code of Lambda function"),
    ("AWS::Lambda::LayerVersion", "Content", ["S3Bucket", "S3Key", "S3ObjectVersion"], "content of Lambda layer"),
    ("AWS::Serverless::Function", "CodeUri", PLAIN, "code of Lambda function"),
    ("AWS::Serverless::LayerVersion", "ContentUri", PLAIN, "content of Lambda layer"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location", PLAIN, "definition of state machine"),
];

const NESTED_TEMPLATE: &str = "template of nested stack";
const PLAIN: [&str; 3] = ["Bucket", "Key", "Version"];

impl TemplateText {
    /// What the template names and does not hold, sorted by logical id.
    pub fn stored(&self, names: &Names) -> Vec<Stored> {
        let mut found = Vec::new();
        for (id, resource) in self.resources() {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let Some((_, property, members, what)) = TYPES.iter().find(|(name, ..)| *name == kind) else { continue };
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            let text = |value: &Value| names.text(value, self);
            let image = [&properties["ImageUri"], &properties["Code"]["ImageUri"]];
            let at = if let Some(image) = image.into_iter().find(|image| !image.is_null()) {
                text(image).and_then(|uri| image_at(&uri))
            } else {
                let place = &properties[*property];
                match object_at(place, *members, text) {
                    Some(at) => at,
                    None => continue,
                }
            };
            found.push(Stored { logical_id: id.clone(), what, at });
        }
        found.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
        found
    }
}

/// An object of S3; none where the property holds the thing itself, or is not there.
fn object_at(
    place: &Value,
    [bucket, key, version]: [&str; 3],
    text: impl Fn(&Value) -> Result<String, String>,
) -> Option<Result<StoredAt, String>> {
    if let (Some(bucket), Some(key)) = (place.get(bucket), place.get(key)) {
        let version = place.get(version).map(&text).transpose();
        let object = || Ok(StoredAt::Object { bucket: text(bucket)?, key: text(key)?, version: version? });
        return Some(object());
    }
    // A function is no place of its own: it comes to a text, which may be a URL.
    let is_text = place.is_string() || place.as_object().is_some_and(|it| it.len() == 1 && is_function(it.keys()));
    is_text.then(|| text(place).and_then(|uri| url_at(&uri)))
}

fn is_function<'a>(mut keys: impl Iterator<Item = &'a String>) -> bool {
    keys.all(|key| key == "Ref" || key.starts_with("Fn::"))
}

/// The object that a URL names: `s3://`, or `https://` in either style.
fn url_at(uri: &str) -> Result<StoredAt, String> {
    let unclear = || format!("`{uri}` names no object of S3 that is understood");
    let url = Url::parse(uri).map_err(|_| unclear())?;
    let host = url.host_str().ok_or_else(unclear)?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = decoded(url.path().trim_start_matches('/'));
    let version = url.query_pairs().find(|(name, _)| name == "versionId").map(|(_, version)| version.into_owned());
    let (bucket, key) = match (url.scheme(), of_s3(host)) {
        ("s3", _) => (host.to_owned(), path),
        ("https", Some(Style::Host(bucket))) => (bucket.to_owned(), path),
        // An emulator has no names below its address.
        ("https", Some(Style::Path)) | ("http", None) => {
            let (bucket, key) = path.split_once('/').ok_or_else(unclear)?;
            (bucket.to_owned(), key.to_owned())
        }
        _ => return Err(unclear()),
    };
    if bucket.is_empty() || key.is_empty() { Err(unclear()) } else { Ok(StoredAt::Object { bucket, key, version }) }
}

/// Where a URL of S3 has the bucket.
enum Style<'a> {
    /// In the host: `BUCKET.s3.REGION.amazonaws.com`.
    Host(&'a str),
    /// In the path, after `s3.REGION.amazonaws.com`.
    Path,
}

/// How a host names a bucket; none where it is not one of S3.
fn of_s3(host: &str) -> Option<Style<'_>> {
    let own = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let is_s3 = |label: &str| label == "s3" || label.starts_with("s3-");
    if is_s3(own.split('.').next().unwrap_or_default()) {
        return Some(Style::Path);
    }
    let at = own.rfind(".s3.").or_else(|| own.rfind(".s3-")).or_else(|| own.strip_suffix(".s3").map(str::len))?;
    Some(Style::Host(&own[..at]))
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`, or `…@sha256:DIGEST`.
fn image_at(uri: &str) -> Result<StoredAt, String> {
    let unclear = || format!("`{uri}` names no image of a private registry");
    let (host, path) = uri.split_once('/').ok_or_else(unclear)?;
    let mut labels = host.split('.');
    let (registry, dkr, ecr) = (labels.next(), labels.next(), labels.next());
    let (Some(registry), Some("dkr"), Some("ecr" | "ecr-fips"), Some(region)) = (registry, dkr, ecr, labels.next())
    else {
        return Err(unclear());
    };
    let (repository, image) = match (path.split_once('@'), path.rsplit_once(':')) {
        (Some((repository, digest)), _) => (repository, digest),
        (None, Some((repository, tag))) => (repository, tag),
        (None, None) => (path, "latest"),
    };
    Ok(StoredAt::Image {
        registry: registry.to_owned(),
        region: region.to_owned(),
        repository: repository.split(':').next().unwrap_or_default().to_owned(),
        image: image.to_owned(),
    })
}

impl StoredAt {
    /// The place for people: `s3://bucket/key`.
    pub fn shown(&self) -> String {
        match self {
            Self::Object { bucket, key, version: None } => format!("s3://{bucket}/{key}"),
            Self::Object { bucket, key, version: Some(version) } => format!("s3://{bucket}/{key} version {version}"),
            Self::Image { registry, region, repository, image } => {
                let between = if image.contains(':') { '@' } else { ':' };
                format!("{registry}.dkr.ecr.{region}/{repository}{between}{image}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, StoredAt, TemplateText, image_at, url_at};

    fn object(bucket: &str, key: &str, version: Option<&str>) -> StoredAt {
        StoredAt::Object { bucket: bucket.into(), key: key.into(), version: version.map(str::to_owned) }
    }

    #[test]
    fn a_url_names_an_object() {
        for (uri, bucket, key, version) in [
            ("s3://b/k/l.zip", "b", "k/l.zip", None),
            ("https://b.s3.eu-west-1.amazonaws.com/k/l", "b", "k/l", None),
            ("https://b.c.s3.amazonaws.com/k%20l?versionId=v%2F1", "b.c", "k l", Some("v/1")),
            ("https://b.s3-eu-west-1.amazonaws.com/k", "b", "k", None),
            ("https://s3.eu-west-1.amazonaws.com/b/k/l", "b", "k/l", None),
            ("https://s3-eu-west-1.amazonaws.com/b/k", "b", "k", None),
            ("https://b.s3.cn-north-1.amazonaws.com.cn/k", "b", "k", None),
            ("http://127.0.0.1:4566/b/k", "b", "k", None),
        ] {
            assert_eq!(url_at(uri), Ok(object(bucket, key, version)), "{uri}");
        }
        for uri in ["https://example.com/b/k", "https://s3.amazonaws.com/b", "ftp://b/k", "./code", "s3://b", ""] {
            assert!(url_at(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn an_image_is_named_by_tag_or_digest() {
        let image = |uri: &str| image_at(uri).map(|at| at.shown());
        let host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        let shown = |rest: &str| Ok(format!("111122223333.dkr.ecr.eu-west-1/{rest}"));
        assert_eq!(image(&format!("{host}/a/b:1.2")), shown("a/b:1.2"));
        assert_eq!(image(&format!("{host}/a@sha256:00ff")), shown("a@sha256:00ff"));
        assert_eq!(image(&format!("{host}/a")), shown("a:latest"));
        assert!(image("public.ecr.aws/x/y:1").is_err() && image("x").is_err());
    }

    #[test]
    fn what_a_template_names_is_found() {
        let template = TemplateText::new(
            "
Resources:
  Inline: { Type: AWS::Lambda::Function, Properties: { Code: { ZipFile: x } } }
  Orders: { Type: AWS::Lambda::Function, Properties: { Code: { S3Bucket: b, S3Key: k, S3ObjectVersion: v } } }
  Sam: { Type: AWS::Serverless::Function, Properties: { CodeUri: s3://b/sam } }
  Image: { Type: AWS::Lambda::Function, Properties: { Code: { ImageUri: !Ref Nobody } } }
  Child: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: !Sub 'https://s3.amazonaws.com/b/${X}' } }
  Queue: { Type: AWS::SQS::Queue }
",
        );
        let found = template.stored(&Names::default());
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.logical_id.as_str(), one.at.as_ref().map(StoredAt::shown).map_err(String::as_str)))
            .collect();
        assert_eq!(
            shown,
            [
                ("Child", Err("it hangs on X")),
                ("Image", Err("it hangs on Nobody")),
                ("Orders", Ok("s3://b/k version v".to_owned())),
                ("Sam", Ok("s3://b/sam".to_owned())),
            ]
        );
    }
}
