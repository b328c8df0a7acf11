//! REST calls over pooled connections.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::action::{HttpCall, Method};
use super::dialer::Dialer;
use super::inbox::{Inbox, What};
use super::protocol::RestFailure;
use super::proxy::Proxies;
use super::tls;
use crate::kit::clock::Now;

const IDLE_MAX: Duration = Duration::from_secs(50);

/// Makes REST calls.
pub(super) struct Http {
    client: Client<HttpsConnector<Dialer>, Full<Bytes>>,
    body_max: usize,
}

impl Http {
    pub(super) fn new(tls: &rustls::ClientConfig, body_max: usize, proxies: &Arc<Proxies>) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(Dialer::new(proxies));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self { client, body_max }
    }

    /// Makes a call and reports its outcome.
    pub(super) async fn call(self: Arc<Self>, inbox: Arc<Inbox>, call: HttpCall) {
        let id = call.id;
        let answer = match tokio::time::timeout(call.timeout, self.ask(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(RestFailure::Timeout),
        };
        inbox.push(Now::read(), What::Rest(id, answer));
    }

    async fn ask(&self, call: HttpCall) -> Result<http::Response<Bytes>, RestFailure> {
        let method = match call.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Delete => http::Method::DELETE,
        };
        let mut request = Request::builder().method(method).uri(&call.url).header(
            http::header::USER_AGENT,
            concat!("hftbacktest-live/", env!("CARGO_PKG_VERSION")),
        );
        for (name, value) in &call.headers {
            let value = http::HeaderValue::from_str(value.reveal());
            let mut value =
                value.map_err(|_| not_sent(&format!("header {name} cannot be sent")))?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(call.body.into_inner()));
        let host = host_of(&call.url);
        let request = request
            .body(body)
            .map_err(|_| not_sent("the URL or a header cannot be sent"))?;
        let answer = self.client.request(request).await.map_err(|error| {
            let words = tls::reject(&error, &host).unwrap_or_else(|| words(&error));
            if error.is_connect() {
                RestFailure::NotSent(words)
            } else {
                RestFailure::Network(words)
            }
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, self.body_max).collect().await;
        let body = body.map_err(|error| failed(&format!("the answer broke off: {error}")))?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }
}

fn host_of(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host);
    host.unwrap_or_default().to_owned()
}

fn failed(reason: &str) -> RestFailure {
    RestFailure::Network(reason.to_owned())
}

fn not_sent(reason: &str) -> RestFailure {
    RestFailure::NotSent(reason.to_owned())
}

/// An error with its causes; none of them quotes the request.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
