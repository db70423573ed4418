//! Where a call goes, and how it is signed there.

use serde_json::Value;

use crate::aws::api::client::fault::NotSent;
use crate::aws::api::client::operation::Operation;
use crate::aws::api::client::service::partitions;
use crate::aws::api::endpoint::{AuthScheme, Param, Params};
use crate::aws::api::jmespath::Expression;
use crate::aws::api::protocol::Request;
use crate::aws::settings::AwsSettings;

/// Where a call goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// Scheme, host, and perhaps the beginning of the path.
    pub(super) url: String,
    /// Headers that the rules add.
    pub(super) headers: Vec<(String, String)>,
    /// How it is signed; none: not at all.
    pub(super) signed: Option<Signed>,
}

/// What a signature is made for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Signed {
    pub(super) name: String,
    pub(super) region: String,
    /// The path is encoded once more before it is signed: everywhere but in S3.
    pub(super) double_encode: bool,
}

/// What of the SDK's configuration decides endpoints.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variants {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

/// Asks the rules of the service. `region`: another one than the settings say, after a redirection.
pub(super) fn place(
    operation: Operation,
    input: &Value,
    request: &Request,
    settings: &AwsSettings,
    variants: Variants,
    region: Option<&str>,
) -> Result<Place, NotSent> {
    let region = region.unwrap_or(&settings.region);
    let custom = settings.emulator.as_ref().map(|emulator| emulator.endpoint(operation.service_name()));
    let rules = operation.loaded.rules()?;
    let params =
        rules.gather(&by_operation(operation, input, request)?, &built_ins(settings, variants, region, custom));
    let endpoint = rules.resolve(&params, partitions()?).map_err(NotSent::Endpoint)?;
    if let Some(custom) = custom
        && !endpoint.is_at(custom)
    {
        return Err(NotSent::PastEmulator { url: endpoint.url });
    }
    let signed = signed(operation, &endpoint.auth_schemes, region)?;
    let headers = endpoint
        .headers
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    let headers = headers.collect();
    let url = match (custom, &request.host_prefix) {
        (Some(custom), _) => without_prefix(endpoint.url, custom),
        (None, Some(prefix)) => endpoint.url.replacen("://", &format!("://{prefix}"), 1),
        (None, None) => endpoint.url,
    };
    Ok(Place { url, headers, signed })
}

/// Where the calls of an operation go whose input says nothing of it: no bucket, no account. The rules refuse where a place
/// hangs on that.
pub(super) fn usual_place(operation: Operation, settings: &AwsSettings, variants: Variants) -> Result<String, NotSent> {
    let custom = settings.emulator.as_ref().map(|emulator| emulator.endpoint(operation.service_name()));
    let rules = operation.loaded.rules()?;
    let fixed = &operation.model.static_context;
    // With no bucket, the rules of S3 would take that for a directory's.
    let fixed = fixed.iter().filter(|(name, _)| &**name != "UseS3ExpressControlEndpoint");
    let mut own: Params = fixed.filter_map(|(name, value)| Some((name.to_string(), param(value)?))).collect();
    // The one part of an input that is known: S3 Control has a host for each account.
    own.insert("AccountId".to_owned(), Param::Text(settings.account.clone()));
    let params = rules.gather(&own, &built_ins(settings, variants, &settings.region, custom));
    let endpoint = rules.resolve(&params, partitions()?).map_err(NotSent::Endpoint)?;
    Ok(match custom {
        Some(custom) => without_prefix(endpoint.url, custom),
        None => endpoint.url,
    })
}

/// An emulator on this machine has no names below its address; rules that put one there (an account, in S3 Control) would
/// have it looked up by whoever resolves names.
fn without_prefix(url: String, custom: &str) -> String {
    let authority = |url: &str| {
        let start = url.find("://")? + 3;
        Some((start, url[start..].find(['/', '?', '#']).map_or(url.len(), |length| start + length)))
    };
    match (authority(&url), authority(custom)) {
        (Some((start, end)), Some((from, to))) => format!("{}{}{}", &url[..start], &custom[from..to], &url[end..]),
        (None, _) | (_, None) => url,
    }
}

fn built_ins(settings: &AwsSettings, variants: Variants, region: &str, custom: Option<&str>) -> Params {
    let flag = |name: &str, value: bool| (name.to_owned(), Param::Bool(value));
    let text = |name: &str, value: &str| (name.to_owned(), Param::Text(value.to_owned()));
    let mut params = Params::from([
        text("AWS::Region", region),
        flag("AWS::UseFIPS", variants.fips && custom.is_none()),
        flag("AWS::UseDualStack", variants.dual_stack && custom.is_none()),
        flag("AWS::S3::ForcePathStyle", custom.is_some()),
        flag("AWS::S3::Accelerate", false),
        flag("AWS::S3::UseGlobalEndpoint", false),
        flag("AWS::S3::DisableMultiRegionAccessPoints", false),
        flag("AWS::S3::UseArnRegion", true),
        flag("AWS::S3Control::UseArnRegion", true),
        flag("AWS::STS::UseGlobalEndpoint", false),
        text("AWS::Auth::AccountId", &settings.account),
        text("AWS::Auth::AccountIdEndpointMode", "disabled"),
    ]);
    params.extend(custom.map(|custom| text("SDK::Endpoint", custom)));
    params
}

/// The parameters that the operation and its input decide.
fn by_operation(operation: Operation, input: &Value, request: &Request) -> Result<Params, NotSent> {
    let mut params: Params =
        request.context.iter().filter_map(|(name, value)| Some((name.clone(), param(value)?))).collect();
    for (name, path) in &operation.model.operation_context {
        let expression = Expression::read(path).map_err(|error| NotSent::model(&error))?;
        params.extend(param(&expression.search(input)).map(|value| (name.to_string(), value)));
    }
    Ok(params)
}

fn param(value: &Value) -> Option<Param> {
    match value {
        Value::Bool(flag) => Some(Param::Bool(*flag)),
        Value::String(text) => Some(Param::Text(text.clone())),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().map(Param::List)
        }
        Value::Null | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The way to sign: what the rules say, else what the model says.
fn signed(operation: Operation, schemes: &[AuthScheme], region: &str) -> Result<Option<Signed>, NotSent> {
    let (model, metadata) = (operation.model, &operation.loaded.service.metadata);
    let is_none = |scheme: &str| scheme == "none" || scheme == "smithy.api#noAuth";
    if model.auth_type.as_deref().is_some_and(is_none) || model.auth.first().is_some_and(|scheme| is_none(scheme)) {
        return Ok(None);
    }
    if metadata.signature_version.as_ref() == "bearer" || model.auth_type.as_deref() == Some("bearer") {
        return Err(NotSent::Unsupported(
            "it is signed by a bearer token, which this version does not have".to_owned(),
        ));
    }
    let double_encode = operation.service_name() != "s3";
    let plain = Signed { name: metadata.signing_name().to_owned(), region: region.to_owned(), double_encode };
    if schemes.is_empty() {
        return Ok(Some(plain));
    }
    let Some(scheme) = schemes.iter().find(|scheme| scheme.name == "sigv4") else {
        if schemes.iter().any(|scheme| is_none(&scheme.name)) {
            return Ok(None);
        }
        let names: Vec<&str> = schemes.iter().map(|scheme| scheme.name.as_str()).collect();
        let why = format!("it is signed by {}, and this version signs by sigv4", names.join(" or "));
        return Err(NotSent::Unsupported(why));
    };
    Ok(Some(Signed {
        name: scheme.signing_name.clone().unwrap_or(plain.name),
        region: scheme.signing_region.clone().unwrap_or(plain.region),
        double_encode: double_encode && !scheme.disable_double_encoding,
    }))
}
