//! Items of the `position` and `wallet` topics and of their REST twins.

use serde::Deserialize;

use crate::bybit::frames::FrameError;
use crate::bybit::frames::text::Text;
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use crate::kit::venue::Balance;

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
    /// What the lots are counted in: the instrument's step, or a finer one that the size lies on.
    pub lot: Step,
    /// Signed lots.
    pub lots: i64,
    /// When it changed, Unix nanoseconds.
    pub updated_ns: i64,
    /// Cross sequence; -1 when it was never traded or is absent.
    pub seq: i64,
}

impl PositionItem<'_> {
    /// The leg in lots. `created_ns` stands in for an empty `updatedTime`.
    ///
    /// # Errors
    /// When a required field is absent or cannot be read.
    pub fn leg(&self, scale: &Scale, created_ns: i64) -> Result<Leg, FrameError> {
        self.symbol.need("symbol")?;
        self.size.need("size")?;
        let lot = self.size.refine("size", &scale.lot)?;
        let size = self.size.units("size", &lot)?;
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
            lot,
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
    #[serde(borrow, rename = "totalPerpUPL")]
    pub total_perp_upl: Text<'a>,
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
    #[serde(borrow, rename = "totalOrderIM")]
    pub total_order_im: Text<'a>,
    #[serde(borrow, rename = "totalPositionIM")]
    pub total_position_im: Text<'a>,
    #[serde(borrow, rename = "totalPositionMM")]
    pub total_position_mm: Text<'a>,
    #[serde(borrow)]
    pub unrealised_pnl: Text<'a>,
}

impl WalletItem<'_> {
    /// The account as a whole, in US dollars; `None` when the venue sends no totals. `reported_ns` is
    /// the venue's time of the report, Unix nanoseconds.
    ///
    /// # Errors
    /// When a number cannot be read.
    pub fn balance(&self, reported_ns: i64) -> Result<Option<Balance>, FrameError> {
        let balance = Balance {
            coin: String::new(),
            equity: self.total_equity.real("totalEquity")?,
            wallet_balance: self.total_wallet_balance.real("totalWalletBalance")?,
            available: self.total_available_balance.real("totalAvailableBalance")?,
            initial_margin: self.total_initial_margin.real("totalInitialMargin")?,
            maintenance_margin: self
                .total_maintenance_margin
                .real("totalMaintenanceMargin")?,
            unrealised_pnl: self.total_perp_upl.real("totalPerpUPL")?,
            exch_ts: reported_ns,
        };
        let is_reported = !(balance.equity.is_nan() && balance.wallet_balance.is_nan());
        Ok(is_reported.then_some(balance))
    }
}

impl CoinItem<'_> {
    /// The balance of the coin, in units of it. The available amount is sent for the whole account only.
    ///
    /// # Errors
    /// When the name is absent or a number cannot be read.
    pub fn balance(&self, reported_ns: i64) -> Result<Balance, FrameError> {
        let (orders, positions) = (
            self.total_order_im.real("totalOrderIM")?,
            self.total_position_im.real("totalPositionIM")?,
        );
        Ok(Balance {
            coin: self.coin.need("coin")?.to_owned(),
            equity: self.equity.real("equity")?,
            wallet_balance: self.wallet_balance.real("walletBalance")?,
            available: f64::NAN,
            initial_margin: match (orders.is_nan(), positions.is_nan()) {
                (true, _) => positions,
                (_, true) => orders,
                (false, false) => orders + positions,
            },
            maintenance_margin: self.total_position_mm.real("totalPositionMM")?,
            unrealised_pnl: self.unrealised_pnl.real("unrealisedPnl")?,
            exch_ts: reported_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALLET: &str = r#"{"accountType":"UNIFIED","totalEquity":"10000.00",
        "totalWalletBalance":"9999.88","totalMarginBalance":"9999.96",
        "totalAvailableBalance":"9939.70","totalPerpUPL":"0.084","totalInitialMargin":"60.2",
        "totalMaintenanceMargin":"3.1","coin":[
        {"coin":"USDT","equity":"9999.96","walletBalance":"9999.88","locked":"0",
         "unrealisedPnl":"0.084","totalOrderIM":"1.5","totalPositionIM":"60.2",
         "totalPositionMM":"3.1","marginCollateral":true},
        {"coin":"BTC","walletBalance":"","totalPositionIM":"0.5"},
        {"coin":"","equity":"1"},{"coin":"X","equity":"NaN"}]}"#;

    fn wallet() -> WalletItem<'static> {
        serde_json::from_str(WALLET).unwrap()
    }

    #[test]
    fn a_wallet_is_read_as_an_account_and_by_coin() {
        let wallet = wallet();
        let whole = wallet.balance(7).unwrap().unwrap();
        assert_eq!(
            (whole.coin.as_str(), whole.equity, whole.wallet_balance),
            ("", 10_000.0, 9_999.88)
        );
        assert_eq!(
            (whole.available, whole.initial_margin, whole.exch_ts),
            (9_939.7, 60.2, 7)
        );
        assert_eq!(
            (whole.maintenance_margin, whole.unrealised_pnl),
            (3.1, 0.084)
        );
        let coin = wallet.coin[0].balance(8).unwrap();
        assert_eq!(
            (coin.coin.as_str(), coin.equity, coin.wallet_balance),
            ("USDT", 9_999.96, 9_999.88)
        );
        assert_eq!((coin.initial_margin, coin.maintenance_margin), (61.7, 3.1));
        assert!(coin.available.is_nan());
    }

    #[test]
    fn an_absent_amount_is_nan_and_one_that_is_no_number_is_an_error() {
        let wallet = wallet();
        let coin = wallet.coin[1].balance(0).unwrap();
        assert!(coin.equity.is_nan() && coin.wallet_balance.is_nan());
        assert_eq!(coin.initial_margin, 0.5);
        assert!(wallet.coin[2].balance(0).is_err(), "a coin without a name");
        assert!(wallet.coin[3].balance(0).is_err(), "NaN is no amount");
        assert_eq!(WalletItem::default().balance(0), Ok(None));
    }
}
