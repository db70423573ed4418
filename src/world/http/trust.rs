//! Whom TLS trusts: the machine's roots, and those that the project adds.

use std::sync::{Arc, OnceLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::world::http::HttpError;

/// The machine's roots, read once: some 150 files' worth that do not change while a process lives. Beside them why some
/// could not be read.
static SYSTEM: OnceLock<(Vec<CertificateDer<'static>>, Vec<String>)> = OnceLock::new();

fn system() -> &'static (Vec<CertificateDer<'static>>, Vec<String>) {
    SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        (found.certs, found.errors.iter().map(ToString::to_string).collect())
    })
}

/// The settings of a TLS client that trusts the machine's roots, and those of a PEM text.
pub(super) fn config(more: Option<&[u8]>) -> Result<Arc<ClientConfig>, HttpError> {
    let mut roots = RootCertStore::empty();
    let (certificates, errors) = system();
    // A machine's store may hold one that is too old to be read; it is then trusted by nobody.
    roots.add_parsable_certificates(certificates.iter().cloned());
    if let Some(pem) = more {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| HttpError::Authority { why: error.to_string() })?;
            roots.add(certificate).map_err(|error| HttpError::Authority { why: error.to_string() })?;
        }
        if roots.len() == before {
            return Err(HttpError::Authority { why: "there is no certificate in it".to_owned() });
        }
    }
    if roots.is_empty() {
        let why = errors.first().cloned().unwrap_or_else(|| "this machine has none installed".to_owned());
        return Err(HttpError::NoRoots { why });
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
