//! Connectors that run on the bot's own thread.

use hbl_connector::{direct, error::ConnectorError};
use hbl_wire::{Clock, DirectConnector, Fault};

use crate::{
    dto::{NativeDirectConnector, whole},
    error::{Code, CodedError, Result, invalid},
};

/// Opens a connector that runs by `clock`.
pub fn open(config: &NativeDirectConnector, clock: &Clock) -> Result<Box<dyn DirectConnector>> {
    let (pairs, []) = config.env.as_chunks::<2>() else {
        return Err(invalid("direct.env: a name without a value"));
    };
    let env = |name: &str| {
        let found = pairs.iter().find(|[known, _]| known == name);
        found.map(|[_, value]| value.clone())
    };
    let words: Vec<&str> = config.words.iter().map(String::as_str).collect();
    match direct::open(&words, &env, clock) {
        Ok(connector) => Ok(Box::new(connector)),
        Err(ConnectorError::Usage(text)) => Err(invalid(format!("direct: {text}"))),
        Err(error) => Err(CodedError::new(Code::Connector, error.to_string())),
    }
}

/// A fault by its word. `for_ns` is how long it lasts, `code` and `text` what a reject says.
pub fn fault(
    word: &str,
    symbol: String,
    for_ns: f64,
    (code, text): (i64, String),
) -> Result<Fault> {
    let for_ns = whole(for_ns, "forNs")?;
    Ok(match word {
        "gap" => Fault::Gap,
        "stale" => Fault::Stale { symbol, for_ns },
        "reject" => Fault::RejectNext { code, text },
        "silence" => Fault::SilenceNext { for_ns },
        "late_fill" => Fault::DelayNextFill { for_ns },
        "disconnect" => Fault::Disconnect { for_ns },
        _ => return Err(invalid(format!("fault: there is no {word}"))),
    })
}
