//! Positions and coins of the client's account.

use std::collections::BTreeMap;

use hbl_exchange::Side;

/// A position leg. One-way mode has leg 0, hedge mode 1 (long) and 2 (short).
#[derive(Clone, Debug, Default)]
pub(crate) struct Leg {
    /// Negative is short.
    pub(crate) lots: i64,
    pub(crate) entry_px: f64,
    pub(crate) realised: f64,
    pub(crate) updated_ms: i64,
    /// -1: never traded.
    pub(crate) seq: i64,
}

/// The account's holdings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// By index of the market and positionIdx.
    pub(crate) legs: BTreeMap<(u32, u8), Leg>,
    pub(crate) usdt: f64,
    /// Base coins of spot.
    pub(crate) coins: BTreeMap<String, f64>,
}

/// A fill, as far as the ledger needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LedgerFill {
    pub(crate) side: Side,
    pub(crate) lots: i64,
    pub(crate) px: f64,
    pub(crate) lot_size: f64,
    pub(crate) fee: f64,
    pub(crate) now_ms: i64,
    pub(crate) seq: u64,
}

impl Ledger {
    pub(crate) fn leg(&self, market: u32, idx: u8) -> Leg {
        self.legs.get(&(market, idx)).cloned().unwrap_or(Leg {
            seq: -1,
            ..Leg::default()
        })
    }

    /// Books a fill of a perpetual; returns the lots that it closed.
    pub(crate) fn fill_linear(&mut self, market: u32, idx: u8, fill: LedgerFill) -> i64 {
        let leg = self.legs.entry((market, idx)).or_default();
        let change = fill.side.sign() * fill.lots;
        let closed = if leg.lots.signum() * change.signum() < 0 {
            leg.lots.abs().min(fill.lots)
        } else {
            0
        };
        let direction = leg.lots.signum() as f64;
        let profit = direction * (fill.px - leg.entry_px) * closed as f64 * fill.lot_size;
        let opened = fill.lots - closed;
        let before = leg.lots;
        leg.lots += change;
        if leg.lots == 0 {
            leg.entry_px = 0.0;
        } else if before.signum() != leg.lots.signum() {
            leg.entry_px = fill.px;
        } else if opened > 0 {
            let (old, new) = (before.abs() as f64, opened as f64);
            leg.entry_px = (leg.entry_px * old + fill.px * new) / (old + new);
        }
        leg.realised += profit - fill.fee;
        leg.updated_ms = fill.now_ms;
        leg.seq = fill.seq as i64;
        self.usdt += profit - fill.fee;
        closed
    }

    /// Books a fill of spot. The fee, which is given in USDT, is taken from what is received: from the
    /// coin of a purchase, from the USDT of a sale.
    pub(crate) fn fill_spot(&mut self, base: &str, fill: LedgerFill) {
        let sign = fill.side.sign() as f64;
        let qty = fill.lots as f64 * fill.lot_size;
        let coins = self.coins.entry(base.to_owned()).or_default();
        *coins += sign * qty;
        self.usdt -= sign * qty * fill.px;
        match fill.side {
            Side::Buy => *coins -= fill.fee / fill.px,
            Side::Sell => self.usdt -= fill.fee,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(side: Side, lots: i64, px: f64) -> LedgerFill {
        LedgerFill {
            side,
            lots,
            px,
            lot_size: 0.1,
            fee: 0.5,
            now_ms: 1,
            seq: 9,
        }
    }

    #[test]
    fn a_fee_of_spot_is_taken_from_what_is_received() {
        let mut ledger = Ledger::default();
        ledger.fill_spot("X", fill(Side::Buy, 10, 100.0));
        assert!((ledger.coins["X"] - 0.995).abs() < 1e-12 && ledger.usdt == -100.0);
        ledger.fill_spot("X", fill(Side::Sell, 5, 100.0));
        assert!((ledger.coins["X"] - 0.495).abs() < 1e-12 && ledger.usdt == -50.5);
    }

    #[test]
    fn a_flip_realises_the_old_leg_and_opens_at_the_new_price() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.fill_linear(0, 0, fill(Side::Buy, 10, 100.0)), 0);
        assert_eq!(ledger.fill_linear(0, 0, fill(Side::Buy, 10, 110.0)), 0);
        assert_eq!(ledger.leg(0, 0).entry_px, 105.0);
        assert_eq!(ledger.fill_linear(0, 0, fill(Side::Sell, 30, 115.0)), 20);
        let leg = ledger.leg(0, 0);
        assert_eq!((leg.lots, leg.entry_px), (-10, 115.0));
        assert!((leg.realised - (20.0 - 1.5)).abs() < 1e-9);
        assert!((ledger.usdt - 18.5).abs() < 1e-9);
    }
}
