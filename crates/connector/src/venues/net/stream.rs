//! TCP connections, with TLS where the URL says so.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::NetError;

/// A connection that a WebSocket can be opened on.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What TLS trusts.
pub(super) fn tls_config() -> Result<Arc<ClientConfig>, NetError> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NetError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Connects to the host of a URL.
pub(super) async fn connect(url: &http::Uri, tls: &Arc<ClientConfig>) -> Result<Stream, String> {
    let is_tls = match url.scheme_str() {
        Some("ws") => false,
        Some("wss") => true,
        _ => return Err("the URL begins with neither ws:// nor wss://".to_owned()),
    };
    let host = url.host().ok_or("the URL has no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| format!("no connection: {error}"))?;
    // Without it small frames wait for the acknowledgement of the one before.
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    if !is_tls {
        return Ok(Stream::Plain(tcp));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::clone(tls));
    let tls = connector
        .connect(name, tcp)
        .await
        .map_err(|error| format!("no TLS: {error}"))?;
    Ok(Stream::Tls(Box::new(tls)))
}
