//! Connections through an HTTP proxy, by the method CONNECT.
//!
//! The proxy carries bytes: TLS and its check of the certificate stay between this process and the venue.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing::{info, warn};

use crate::kit::config::flag::{Env, variable};

/// Longest answer taken from a proxy.
const ANSWER_MAX: usize = 16 << 10;

/// Variables that name a proxy, the first one that is set decides. Small letters count as well.
const ENCRYPTED: [&str; 2] = ["HTTPS_PROXY", "ALL_PROXY"];
const PLAIN: [&str; 1] = ["ALL_PROXY"];

/// A proxy and where its name comes from.
#[derive(Clone, PartialEq, Eq)]
struct Proxy {
    variable: String,
    host: String,
    port: u16,
    /// What a proxy with a login is sent; never shown.
    authorization: Option<String>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{} ({})", self.host, self.port, self.variable)
    }
}

/// The proxies of the environment, and the hosts that are reached without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    encrypted: Option<Proxy>,
    plain: Option<Proxy>,
    direct: Vec<String>,
}

impl Proxies {
    /// Reads `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, also in small letters.
    ///
    /// # Returns
    /// The proxies, and what to say of a variable that cannot be used: connections are direct then.
    pub fn from_env(env: Env<'_>) -> (Self, Vec<String>) {
        let mut warnings = Vec::new();
        let mut first = |names: &[&str]| {
            let (name, url) = names.iter().find_map(|name| either(env, name))?;
            match proxy(&name, &url) {
                Ok(proxy) => Some(proxy),
                Err(why) => {
                    warnings.push(format!(
                        "the proxy of {name} is not used, connections are direct: {why}; name an HTTP proxy (http://host:port), or unset the variable"
                    ));
                    None
                }
            }
        };
        let encrypted = first(&ENCRYPTED);
        let plain = first(&PLAIN);
        warnings.dedup();
        let direct = either(env, "NO_PROXY").map(|(_, list)| {
            let hosts = list.split(',').map(str::trim);
            let hosts = hosts.filter(|host| !host.is_empty());
            hosts.map(str::to_ascii_lowercase).collect()
        });
        let proxies = Self {
            encrypted,
            plain,
            direct: direct.unwrap_or_default(),
        };
        (proxies, warnings)
    }

    /// As [`Self::from_env`], with a line in the log for each proxy, used or not.
    pub fn announced(env: Env<'_>) -> Self {
        let (proxies, warnings) = Self::from_env(env);
        for warning in &warnings {
            warn!("{warning}");
        }
        if let Some(proxy) = &proxies.encrypted {
            info!(?proxy, "connections with the venue go through a proxy");
        }
        proxies
    }

    /// The proxy on the way to a host; `None`: the connection is direct.
    fn to(&self, host: &str, port: u16, is_tls: bool) -> Option<&Proxy> {
        let proxy = if is_tls { &self.encrypted } else { &self.plain };
        proxy
            .as_ref()
            .filter(|_| !is_this_machine(host) && !self.is_direct(host, port))
    }

    fn is_direct(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        self.direct.iter().any(|rule| {
            let (name, wanted) = match rule.rsplit_once(':') {
                Some((name, number)) if !name.contains(':') => (name, number.parse().ok()),
                _ => (rule.as_str(), None),
            };
            if wanted.is_some_and(|wanted: u16| wanted != port) {
                return false;
            }
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            name == "*"
                || host
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// Opens a TCP connection to a host, through the proxy where there is one for it; `None`: there is none,
    /// and the caller connects by itself.
    ///
    /// # Errors
    /// What proxy or network said, in words.
    pub(super) async fn open(
        &self,
        host: &str,
        port: u16,
        is_tls: bool,
    ) -> Option<Result<TcpStream, String>> {
        let proxy = self.to(host, port, is_tls)?;
        Some(tunnel(proxy, host, port).await)
    }
}

/// A variable in capital or in small letters.
fn either(env: Env<'_>, name: &str) -> Option<(String, String)> {
    let small = name.to_ascii_lowercase();
    [name, small.as_str()]
        .iter()
        .find_map(|name| variable(env, name).map(|value| ((*name).to_owned(), value)))
}

/// Reads `[http://][user:password@]host[:port]`. What is wrong is said without the address, which may
/// hold a password.
fn proxy(variable: &str, url: &str) -> Result<Proxy, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(format!("{scheme}:// proxies are not supported"));
    }
    let rest = rest.split('/').next().unwrap_or_default();
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    let uri: Option<http::Uri> = format!("http://{place}/").parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    if host.is_empty() || host.contains(' ') {
        return Err("it names no host".to_owned());
    }
    let authorization = login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let pair = [decoded(user), decoded(password)].join(&b':');
        format!("Basic {}", STANDARD.encode(pair))
    });
    Ok(Proxy {
        variable: variable.to_owned(),
        host: bare(host).to_owned(),
        port: uri.as_ref().and_then(http::Uri::port_u16).unwrap_or(80),
        authorization,
    })
}

/// `%40` and the like as bytes.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let code = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                out.push(code);
                bytes = &rest[2..];
            }
            _ => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    out
}

/// A host without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// A proxy elsewhere cannot reach this machine's own addresses.
fn is_this_machine(host: &str) -> bool {
    let address: Option<IpAddr> = bare(host).parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

async fn tunnel(proxy: &Proxy, host: &str, port: u16) -> Result<TcpStream, String> {
    let failed = |why: &dyn fmt::Display| format!("the proxy {proxy:?}: {why}");
    let mut tcp = TcpStream::connect((proxy.host.as_str(), proxy.port))
        .await
        .map_err(|error| failed(&format!("no connection: {error}")))?;
    tcp.set_nodelay(true).map_err(|error| failed(&error))?;
    let host = bare(host);
    let place = match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let login = proxy.authorization.as_ref();
    let login = login.map_or_else(String::new, |text| {
        format!("Proxy-Authorization: {text}\r\n")
    });
    let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n");
    tcp.write_all(request.as_bytes())
        .await
        .map_err(|error| failed(&error))?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows the answer is the venue's.
        let byte = tcp.read_u8().await.map_err(|error| failed(&error))?;
        answer.push(byte);
        if answer.len() > ANSWER_MAX {
            return Err(failed(&"its answer has no end"));
        }
    }
    let line = answer.split(|byte| *byte == b'\r').next();
    let line = String::from_utf8_lossy(line.unwrap_or_default());
    let status = line.split_ascii_whitespace().nth(1).unwrap_or_default();
    match status {
        status if status.len() == 3 && status.starts_with('2') => Ok(tcp),
        "407" => Err(failed(
            &"it wants a login: http://user:password@host:port in the variable",
        )),
        status => Err(failed(&format!(
            "it refused CONNECT {place} with HTTP status {status}; allow that host there, or name it in NO_PROXY"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_variables_name_proxies_and_the_hosts_that_need_none() {
        let env = env(&[
            ("https_proxy", "http://ann:p%40ss@proxy.test:3128/"),
            ("ALL_PROXY", "other.test"),
            ("no_proxy", "internal.test, .local ,venue.test:9,10.0.0.1"),
        ]);
        let (proxies, warnings) = Proxies::from_env(&env);
        assert_eq!(warnings, [] as [String; 0]);
        let of = |host: &str, port, is_tls| {
            let proxy = proxies.to(host, port, is_tls);
            proxy.map(|proxy| format!("{proxy:?}"))
        };
        let secure = "http://proxy.test:3128 (https_proxy)".to_owned();
        assert_eq!(of("api.bybit.com", 443, true), Some(secure.clone()));
        assert_eq!(of("venue.test", 443, true), Some(secure.clone()));
        assert_eq!(of("xinternal.test", 443, true), Some(secure.clone()));
        assert_eq!(
            of("api.bybit.com", 80, false),
            Some("http://other.test:80 (ALL_PROXY)".to_owned())
        );
        for (host, port) in [
            ("localhost", 443),
            ("127.0.0.1", 443),
            ("[::1]", 443),
            ("internal.test", 443),
            ("api.Internal.test", 443),
            ("x.local", 443),
            ("venue.test", 9),
            ("10.0.0.1", 443),
        ] {
            assert_eq!(of(host, port, true), None, "{host}:{port}");
        }
        let login = proxies.encrypted.as_ref().unwrap().authorization.as_deref();
        assert_eq!(login, Some("Basic YW5uOnBAc3M="));
        let shown = format!("{proxies:?}");
        assert!(
            !shown.contains("p%40") && !shown.contains("YW5u"),
            "{shown}"
        );
    }

    /// A proxy that gives one answer; returns what it was asked.
    async fn answered(answer: &'static [u8]) -> (Result<(), String>, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let read = tcp.read(&mut head).await.unwrap();
            tcp.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        let proxy = proxy("HTTPS_PROXY", &format!("ann:b@127.0.0.1:{port}")).unwrap();
        let opened = tunnel(&proxy, "venue.test", 443).await.map(drop);
        (opened, asked.await.unwrap())
    }

    #[tokio::test]
    async fn what_a_proxy_answers_is_said_with_its_remedy() {
        let (opened, asked) =
            answered(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n").await;
        assert_eq!(opened, Ok(()));
        let head = "CONNECT venue.test:443 HTTP/1.1\r\nHost: venue.test:443\r\nProxy-Authorization: Basic YW5uOmI=\r\n\r\n";
        assert_eq!(asked, head);
        for (answer, words) in [
            (&b"HTTP/1.1 407 Login\r\n\r\n"[..], "it wants a login"),
            (
                b"HTTP/1.1 403 No\r\n\r\n",
                "HTTP status 403; allow that host there, or name it in NO_PROXY",
            ),
            (b"", "end of file"),
        ] {
            let why = answered(answer).await.0.unwrap_err();
            assert!(why.contains(words) && why.contains("HTTPS_PROXY"), "{why}");
            assert!(!why.contains("ann"), "{why}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_said_once_without_its_password() {
        let env = env(&[("ALL_PROXY", "socks5://ann:secret@proxy.test:1080")]);
        let (proxies, warnings) = Proxies::from_env(&env);
        assert_eq!(proxies, Proxies::default());
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("ALL_PROXY") && warnings[0].contains("socks5"));
        assert!(!warnings[0].contains("secret"));
        let star = Proxies {
            direct: vec!["*".into()],
            ..Proxies::default()
        };
        assert!(star.is_direct("api.bybit.com", 443));
        assert_eq!(Proxies::from_env(&|_| None), (Proxies::default(), vec![]));
    }
}
