//! The part of HTTP/1.1 that REST clients use: requests with a Content-Length, keep-alive.
//!
//! Not a server library, because a test venue must be able to cut a connection between two bytes of
//! an answer.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const HEAD_MAX: usize = 64 * 1024;
const BODY_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What follows the question mark, as sent.
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpRequest {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl HttpReply {
    pub(crate) fn json(body: String) -> Self {
        Self {
            status: 200,
            content_type: "application/json; charset=utf-8",
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn html(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html",
            headers: Vec::new(),
            body: format!(
                "<html><head><title>{status}</title></head><body>{status} (loopback)</body></html>"
            ),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Status",
        };
        let mut text = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        text += &format!("Content-Type: {}\r\n", self.content_type);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        text.into_bytes()
    }
}

/// Reads the next request; `None` when the client has ended, or sent no valid request.
pub(crate) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<HttpRequest> {
    let (mut request, head) = loop {
        match parse(buffer) {
            Some(Ok(parsed)) => break parsed,
            Some(Err(())) => return None,
            None if buffer.len() > HEAD_MAX => return None,
            None => more(stream, buffer).await?,
        }
    };
    let length: usize = match request.header("content-length") {
        "" => 0,
        text => text.parse().ok().filter(|&n| n <= BODY_MAX)?,
    };
    if !request.header("transfer-encoding").is_empty() {
        return None;
    }
    if length > 0
        && request
            .header("expect")
            .eq_ignore_ascii_case("100-continue")
    {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .ok()?;
    }
    while buffer.len() < head + length {
        more(stream, buffer).await?;
    }
    request.body = buffer[head..head + length].to_vec();
    buffer.drain(..head + length);
    Some(request)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}

fn parse(buffer: &[u8]) -> Option<Result<(HttpRequest, usize), ()>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    match head.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => {
            let target = head.path.unwrap_or("/");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
            let request = HttpRequest {
                method: head.method.unwrap_or("GET").to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers: head
                    .headers
                    .iter()
                    .map(|h| (h.name.to_ascii_lowercase(), text(h.value)))
                    .collect(),
                body: Vec::new(),
            };
            Some(Ok((request, length)))
        }
        Ok(httparse::Status::Partial) => None,
        Err(_) => Some(Err(())),
    }
}

/// Writes an answer, or the first half of it.
pub(crate) async fn write(stream: &mut TcpStream, reply: &HttpReply, half: bool) -> bool {
    let bytes = reply.bytes();
    let end = if half { bytes.len() / 2 } else { bytes.len() };
    stream.write_all(&bytes[..end]).await.is_ok() && stream.flush().await.is_ok()
}
