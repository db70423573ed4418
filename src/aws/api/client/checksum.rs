//! Checksums of a body that the service demands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::aws::api::client::fault::NotSent;
use crate::aws::api::model::Operation;
use crate::aws::api::protocol::Request;

/// Adds the checksum that an operation demands, or that its input asks for. S3 takes CRC-32 and SHA-256, the older
/// operations of S3 Control take MD5 (RFC 1864).
pub(super) fn add(operation: &Operation, input: &Value, request: &mut Request) -> Result<(), NotSent> {
    let Some(checksum) = &operation.checksum else {
        if operation.checksum_required && request.header("content-md5").is_none() {
            let digest = STANDARD.encode(Md5::digest(&request.body));
            request.headers.push(("Content-MD5".to_owned(), digest));
        }
        return Ok(());
    };
    // One that the input brings itself is sent as it is.
    let brought = |(name, _): &(String, String)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-checksum-") && !name.ends_with("-mode") && !name.ends_with("-type")
    };
    if request.headers.iter().any(brought) {
        return Ok(());
    }
    let asked = checksum.request_algorithm_member.as_ref().and_then(|member| input.get(&**member)?.as_str());
    let algorithm = match asked {
        Some(algorithm) => algorithm,
        None if checksum.request_required => "CRC32",
        None => return Ok(()),
    };
    let digest = match algorithm {
        "CRC32" => STANDARD.encode(crc32fast::hash(&request.body).to_be_bytes()),
        "SHA256" => STANDARD.encode(Sha256::digest(&request.body)),
        other => {
            let why = format!("checksums by {other} are not made by this version; CRC32 and SHA256 are");
            return Err(NotSent::Unsupported(why));
        }
    };
    if request.header("x-amz-sdk-checksum-algorithm").is_none() {
        request.headers.push(("x-amz-sdk-checksum-algorithm".to_owned(), algorithm.to_owned()));
    }
    request.headers.push((format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase()), digest));
    Ok(())
}
