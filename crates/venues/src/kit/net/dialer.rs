//! The TCP connections of REST calls: direct, or through a proxy.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::Proxies;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens the TCP connection of a REST call.
#[derive(Clone)]
pub(super) struct Dialer {
    direct: HttpConnector,
    proxies: Arc<Proxies>,
}

impl Dialer {
    pub(super) fn new(proxies: &Arc<Proxies>) -> Self {
        let mut direct = HttpConnector::new();
        direct.set_nodelay(true);
        direct.enforce_http(false);
        Self {
            direct,
            proxies: Arc::clone(proxies),
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.direct.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let proxies = Arc::clone(&self.proxies);
        let is_tls = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let host = url.host().unwrap_or_default().to_owned();
        let direct = self.direct.call(url);
        Box::pin(async move {
            match proxies.open(&host, port, is_tls).await {
                Some(tunnel) => Ok(TokioIo::new(tunnel?)),
                None => Ok(direct.await?),
            }
        })
    }
}
