//! What a venue says of an execution beside quantity and price.

use bincode::{Decode, Encode};

use crate::{COIN_BYTES_MAX, codec::clip};

/// Longest id of a trade that is sent, in bytes.
pub const TRADE_ID_BYTES_MAX: usize = 64;

/// What a venue says of an execution beside quantity and price. What it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct ExecutionDetails {
    /// What was charged, in `fee_coin`; below 0 for a rebate.
    pub fee: Option<f64>,
    /// Name of the coin, at most [`COIN_BYTES_MAX`] bytes.
    pub fee_coin: Option<String>,
    /// The venue's id of the execution, at most [`TRADE_ID_BYTES_MAX`] bytes.
    pub trade_id: Option<String>,
}

impl ExecutionDetails {
    /// True when nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fee.is_none() && self.fee_coin.is_none() && self.trade_id.is_none()
    }

    /// What a slot holds of them. The name of a coin is cut, as in a balance; a longer id is left out, because
    /// half of it may be that of another trade.
    #[must_use]
    pub fn clipped(&self) -> Self {
        let coin = self.fee_coin.as_deref();
        let id = self.trade_id.as_deref();
        Self {
            fee: self.fee,
            fee_coin: coin.map(|coin| clip(coin, COIN_BYTES_MAX).to_owned()),
            trade_id: id
                .filter(|id| id.len() <= TRADE_ID_BYTES_MAX)
                .map(str::to_owned),
        }
    }
}
