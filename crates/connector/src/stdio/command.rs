//! Commands of the other side.

use std::borrow::Cow;

use serde::Deserialize;

/// A kind of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Trades.
    Trades,
    /// The book.
    Depth,
}

impl Channel {
    /// The word of the protocol.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trades => "trades",
            Self::Depth => "depth",
        }
    }
}

/// One line of the standard input.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
pub enum Command<'a> {
    /// Send a channel of a symbol.
    Subscribe {
        /// What.
        channel: Channel,
        /// Of which symbol.
        #[serde(borrow)]
        symbol: Cow<'a, str>,
        /// Its tick size; when it is missing, that of a previous command for the symbol, else the
        /// venue's own.
        #[serde(default)]
        tick: Option<f64>,
        /// Its lot size, likewise.
        #[serde(default)]
        lot: Option<f64>,
        /// Least time between two depth lines of the symbol, milliseconds. Default 0.
        #[serde(default)]
        interval_ms: Option<u32>,
    },
    /// Stop sending it.
    Unsubscribe {
        /// What.
        channel: Channel,
        /// Of which symbol.
        #[serde(borrow)]
        symbol: Cow<'a, str>,
    },
    /// Answer with a `pong`.
    Ping {
        /// Comes back with the answer.
        #[serde(default)]
        id: Option<u64>,
    },
    /// One step of a replay with `--speed step`.
    Step {},
    /// End the process.
    Stop {},
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub fn parse(line: &[u8]) -> Result<Command<'_>, String> {
    serde_json::from_slice(line).map_err(|error| {
        format!("{error}; commands are subscribe, unsubscribe, ping, step and stop")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_they_are_described() {
        let line = br#"{"command":"subscribe","channel":"trades","symbol":"BTCUSDT"}"#;
        assert_eq!(
            parse(line),
            Ok(Command::Subscribe {
                channel: Channel::Trades,
                symbol: "BTCUSDT".into(),
                tick: None,
                lot: None,
                interval_ms: None,
            })
        );
        let line = br#"{"symbol":"B\"T","channel":"depth","interval_ms":100,"tick":0.1,"lot":1,"command":"subscribe"}"#;
        let Ok(Command::Subscribe {
            symbol,
            tick,
            interval_ms,
            ..
        }) = parse(line)
        else {
            panic!("not read");
        };
        assert_eq!(
            (symbol.as_ref(), tick, interval_ms),
            ("B\"T", Some(0.1), Some(100))
        );
        assert_eq!(
            parse(br#"{"command":"ping","id":7}"#),
            Ok(Command::Ping { id: Some(7) })
        );
        assert_eq!(parse(br#"{"command":"stop"}"#), Ok(Command::Stop {}));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let error = |line: &str| parse(line.as_bytes()).unwrap_err();
        assert!(error(r#"{"command":"sell"}"#).contains("sell"));
        assert!(error(r#"{"command":"subscribe","symbol":"X"}"#).contains("channel"));
        assert!(error(r#"{"command":"subscribe","channel":"news","symbol":"X"}"#).contains("news"));
        assert!(
            error(r#"{"command":"subscribe","channel":"depth","symbol":"X","tik":1}"#)
                .contains("tik")
        );
        error("");
        error("[1]");
        error("nonsense");
        assert!(parse(b"\xff\xfe").is_err());
    }
}
