//! Addresses of a venue in a configuration file.

use super::place::Wrong;

/// Schemes of a socket: plain, and encrypted.
pub const SOCKET: [&str; 2] = ["ws", "wss"];
/// Schemes of a REST call: plain, and encrypted.
pub const REST: [&str; 2] = ["http", "https"];

/// Refuses an address of another scheme, or without a host.
///
/// # Errors
/// Names the key and the schemes.
pub fn check(name: &'static str, url: &str, schemes: [&str; 2]) -> Result<(), Wrong> {
    let uri: Option<http::Uri> = url.parse().ok();
    let scheme = uri.as_ref().and_then(http::Uri::scheme_str);
    if host(url).is_empty() || !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
        let [plain, safe] = schemes;
        let text = format!("{name} must begin with {plain}:// or {safe}:// and name a host");
        return Err(Wrong::key(name, text));
    }
    Ok(())
}

/// As [`check`], for what keys and signatures are sent to: plain only on this machine, for they would travel
/// for everybody to read.
///
/// # Errors
/// Names the key and the scheme.
pub fn check_safe(name: &'static str, url: &str, schemes: [&str; 2]) -> Result<(), Wrong> {
    check(name, url, schemes)?;
    let [plain, safe] = schemes;
    let is_plain = url
        .parse::<http::Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some(plain));
    if is_plain && !is_loopback(&host(url)) {
        let text = format!("{name} must begin with {safe}:// unless it is on this machine");
        return Err(Wrong::key(name, text));
    }
    Ok(())
}

/// The host of an address; empty when it has none.
pub fn host(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host);
    host.unwrap_or_default().to_owned()
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_scheme_of_its_kind_and_a_host() {
        for url in ["wss://x.com/p", "ws://x.com"] {
            assert_eq!(check("url", url, SOCKET), Ok(()), "{url}");
        }
        for url in [
            "",
            "x.com",
            "https://x.com",
            "wss://",
            "wss:x.com",
            "wss://x y",
        ] {
            let wrong = check("url", url, SOCKET).unwrap_err();
            assert_eq!(wrong.key, Some("url"));
            assert_eq!(
                wrong.reason,
                "url must begin with ws:// or wss:// and name a host"
            );
        }
    }

    #[test]
    fn keys_travel_in_plain_on_this_machine_only() {
        for url in [
            "https://x.com",
            "http://localhost:1",
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:1",
        ] {
            assert_eq!(check_safe("url", url, REST), Ok(()), "{url}");
        }
        for url in [
            "http://x.com",
            "http://10.0.0.1",
            "http://localhost.x.com",
            "http://[::2]",
        ] {
            let wrong = check_safe("url", url, REST).unwrap_err();
            assert_eq!(
                wrong.reason,
                "url must begin with https:// unless it is on this machine"
            );
        }
        assert!(check_safe("url", "ftp://localhost", REST).is_err());
    }
}
