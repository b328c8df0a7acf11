//! Items of the `position` and `wallet` topics and of their REST twins.

use serde::Deserialize;

use super::FrameError;
use super::text::Text;
use crate::venues::bybit::decimal::Scale;

/// A position as it was sent, on the socket or over REST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct PositionItem<'a> {
    #[serde(borrow)]
    pub category: Text<'a>,
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(borrow)]
    pub side: Text<'a>,
    #[serde(borrow)]
    pub size: Text<'a>,
    #[serde(borrow)]
    pub position_idx: Text<'a>,
    /// On the socket; REST calls it `avgPrice`. Two fields, so that both may come.
    #[serde(borrow)]
    pub entry_price: Text<'a>,
    #[serde(borrow)]
    pub avg_price: Text<'a>,
    #[serde(borrow)]
    pub updated_time: Text<'a>,
    #[serde(borrow)]
    pub seq: Text<'a>,
}

/// One leg of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// 0 one-way, 1 hedge-buy, 2 hedge-sell.
    pub idx: usize,
    /// Signed lots.
    pub lots: i64,
    /// When it changed, Unix nanoseconds.
    pub updated_ns: i64,
    /// Cross sequence; -1 when it was never traded or is not told.
    pub seq: i64,
}

impl PositionItem<'_> {
    /// The leg in lots. `created_ns` stands in for an empty `updatedTime`.
    ///
    /// # Errors
    /// When a required field is absent or a number is off the grid.
    pub fn leg(&self, scale: &Scale, created_ns: i64) -> Result<Leg, FrameError> {
        self.symbol.need("symbol")?;
        self.size.need("size")?;
        let size = self.size.units("size", &scale.lot)?;
        let idx = self.position_idx.int("positionIdx")?;
        let idx = idx.ok_or(FrameError::Missing("positionIdx"))?;
        let lots = match self.side.or_empty() {
            "Buy" => size,
            "Sell" => -size,
            "" | "None" if size == 0 => 0,
            other => return Err(FrameError::value("side", other)),
        };
        Ok(Leg {
            idx: usize::try_from(idx)
                .ok()
                .filter(|idx| *idx <= 2)
                .ok_or_else(|| FrameError::value("positionIdx", &idx.to_string()))?,
            lots,
            updated_ns: self.updated_time.ns("updatedTime")?.unwrap_or(created_ns),
            seq: self.seq.int("seq")?.unwrap_or(-1),
        })
    }
}

/// An account's wallet as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct WalletItem<'a> {
    #[serde(borrow)]
    pub account_type: Text<'a>,
    #[serde(borrow)]
    pub total_equity: Text<'a>,
    #[serde(borrow)]
    pub total_wallet_balance: Text<'a>,
    #[serde(borrow)]
    pub total_margin_balance: Text<'a>,
    #[serde(borrow)]
    pub total_available_balance: Text<'a>,
    #[serde(borrow)]
    pub total_initial_margin: Text<'a>,
    #[serde(borrow)]
    pub total_maintenance_margin: Text<'a>,
    #[serde(borrow)]
    pub coin: Vec<CoinItem<'a>>,
}

/// One coin of a wallet as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct CoinItem<'a> {
    #[serde(borrow)]
    pub coin: Text<'a>,
    #[serde(borrow)]
    pub equity: Text<'a>,
    #[serde(borrow)]
    pub wallet_balance: Text<'a>,
    #[serde(borrow)]
    pub locked: Text<'a>,
    #[serde(borrow)]
    pub spot_borrow: Text<'a>,
}
