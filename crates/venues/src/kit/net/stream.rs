//! TCP connections, with TLS where the URL says so.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::proxy::{Proxies, bare};
use super::tls;

/// A connection that a WebSocket can be opened on.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the host of a URL.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Tls(_) => "Tls",
        })
    }
}

pub(super) async fn connect(
    url: &http::Uri,
    trust: &Arc<ClientConfig>,
    proxies: &Proxies,
) -> Result<Stream, String> {
    let is_tls = match url.scheme_str() {
        Some("ws") => false,
        Some("wss") => true,
        _ => return Err("the URL begins with neither ws:// nor wss://".to_owned()),
    };
    let host = url.host().ok_or("the URL has no host")?;
    let host = bare(host);
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let tcp = match proxies.open(host, port, is_tls).await {
        Some(tunnel) => tunnel?,
        None => TcpStream::connect((host, port))
            .await
            .map_err(|error| format!("no connection: {error}"))?,
    };
    // Without it small frames wait for the acknowledgement of the one before.
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    if !is_tls {
        return Ok(Stream::Plain(tcp));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::clone(trust));
    let stream = connector
        .connect(name, tcp)
        .await
        .map_err(|error| tls::reject(&error, host).unwrap_or_else(|| format!("no TLS: {error}")))?;
    Ok(Stream::Tls(Box::new(stream)))
}
