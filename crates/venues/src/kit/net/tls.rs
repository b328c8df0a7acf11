//! Certificate authorities that TLS trusts, and texts for certificates that it does not.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::error::NetError;

/// Trusts the authorities that browsers trust, and those of a PEM file.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NetError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca_file {
        let refused = |reason: String| NetError::CaFile {
            path: path.to_owned(),
            reason,
        };
        for authority in authorities(path).map_err(refused)? {
            roots.add(authority).map_err(|error| {
                refused(format!(
                    "holds a certificate that no authority can have: {error}"
                ))
            })?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NetError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let read: Vec<CertificateDer<'static>> =
        read.map_err(|error| format!("cannot be read: {error}"))?;
    if read.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    Ok(read)
}

/// Why the certificate of `host` was not accepted and what to do about it; `None` when the error is
/// another one.
pub(super) fn reject(error: &(dyn Error + 'static), host: &str) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error hides what it was made of from `source`.
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            return Some(words(why, host));
        }
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn words(why: &CertificateError, host: &str) -> String {
    match why {
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} is not trusted, because no known authority has signed it; if a proxy or a venue of your own answers there, name its authority in `ca_file`"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate of {host} is for another host; correct the URL")
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => format!(
            "the certificate of {host} is not valid at this time; set this machine's clock right, or renew the certificate"
        ),
        other => format!("the certificate of {host} is not accepted: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(why: CertificateError) -> String {
        let tls = rustls::Error::InvalidCertificate(why);
        let wrapped = std::io::Error::other(std::io::Error::other(tls));
        reject(&wrapped, "venue.example").unwrap()
    }

    #[test]
    fn a_refused_certificate_is_found_in_what_wraps_it_and_says_what_to_do() {
        assert!(text_of(CertificateError::UnknownIssuer).contains("`ca_file`"));
        assert!(text_of(CertificateError::NotValidForName).contains("correct the URL"));
        assert!(text_of(CertificateError::Expired).contains("clock"));
        let odd = text_of(CertificateError::BadSignature);
        assert!(odd.contains("venue.example") && odd.contains("BadSignature"));
        let other = std::io::Error::other("reset");
        assert_eq!(reject(&other, "venue.example"), None);
    }
}
