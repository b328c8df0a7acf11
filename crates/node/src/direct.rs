//! Connectors that run on the bot's own thread.

use hbl_connector::{direct, error::ConnectorError};
use hbl_wire::DirectConnector;

use crate::{
    dto::NativeDirectConnector,
    error::{Code, CodedError, Result, invalid},
};

/// Opens a connector.
pub fn open(config: &NativeDirectConnector) -> Result<Box<dyn DirectConnector>> {
    let (pairs, []) = config.env.as_chunks::<2>() else {
        return Err(invalid("direct.env: a name without a value"));
    };
    let env = |name: &str| {
        let found = pairs.iter().find(|[known, _]| known == name);
        found.map(|[_, value]| value.clone())
    };
    let words: Vec<&str> = config.words.iter().map(String::as_str).collect();
    match direct::open(&words, &env) {
        Ok(connector) => Ok(Box::new(connector)),
        Err(ConnectorError::Usage(text)) => Err(invalid(format!("direct: {text}"))),
        Err(error) => Err(CodedError::new(Code::Connector, error.to_string())),
    }
}
