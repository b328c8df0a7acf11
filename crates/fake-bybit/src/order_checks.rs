//! Checks of new and amended orders: price, quantity, value, coins, link id.

use hbl_exchange::Side;

use crate::{category::Category, decimal, market::MIN_NOTIONAL, refusal::Refusal, venue::Venue};

const LINK_MAX: usize = 36;

impl Venue {
    pub(crate) fn check_link(&self, link: &str, category: Category) -> Result<(), Refusal> {
        let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if link.len() > LINK_MAX || !link.bytes().all(ok) {
            return Err(Refusal::params("orderLinkId invalid"));
        }
        if !link.is_empty() && self.by_link.contains_key(link) {
            return Err(Refusal::either(category, 110_072, 170_141));
        }
        Ok(())
    }

    pub(crate) fn check_price(
        &self,
        market: u32,
        category: Category,
        text: &str,
    ) -> Result<i64, Refusal> {
        let info = &self.markets[market as usize];
        let bad = || match category {
            Category::Linear => Refusal::params("Price invalid"),
            Category::Spot => Refusal::new(170_134, "Order price has too many decimals."),
        };
        let tick = info
            .ticks(text)
            .filter(|&tick| tick > 0 && info.listing.takes_price(text));
        let tick = tick.ok_or_else(bad)?;
        let px = info.spec.px(tick);
        let reference = self.mid(market).unwrap_or(info.start_px);
        if px > reference * 1.5 || px < reference * 0.5 {
            return Err(Refusal::either(category, 110_003, 170_132));
        }
        Ok(tick)
    }

    pub(crate) fn check_quantity(
        &self,
        market: u32,
        category: Category,
        text: &str,
        by_value: bool,
    ) -> Result<i64, Refusal> {
        let info = &self.markets[market as usize];
        if by_value {
            let value = decimal::parse(text).ok_or_else(|| Refusal::params("Qty invalid"))?;
            let value = value as f64 / decimal::ONE as f64;
            let best = self
                .levels(market, Side::Sell, 1)
                .first()
                .map(|l| info.spec.px(l.0));
            let lots = value / best.unwrap_or(info.start_px) / info.spec.lot_size();
            return Ok(lots as i64).and_then(|lots| match lots {
                0 => Err(Refusal::new(170_140, "Order value exceeded lower limit.")),
                lots => Ok(lots),
            });
        }
        match info.lots(text) {
            _ if !info.listing.takes_qty(text) => Err(match category {
                Category::Linear => Refusal::params("Qty invalid"),
                Category::Spot => Refusal::new(170_137, "Order quantity has too many decimals."),
            }),
            Some(_) if info.listing.is_too_small(text) => {
                Err(Refusal::either(category, 110_017, 170_136))
            }
            Some(0) => Err(Refusal::either(category, 110_017, 170_136)),
            Some(lots) => Ok(lots),
            None => Err(match category {
                Category::Linear => Refusal::params("Qty invalid"),
                Category::Spot => Refusal::new(170_137, "Order quantity has too many decimals."),
            }),
        }
    }

    pub(crate) fn closable(&self, market: u32, idx: u8, side: Side) -> Result<i64, Refusal> {
        let held = self.records.ledger.leg(market, idx).lots;
        if held * side.sign() < 0 {
            return Ok(held.abs());
        }
        Err(Refusal::new(
            110_017,
            "current position is zero, cannot fix reduce-only order qty",
        ))
    }

    pub(crate) fn check_value(
        &self,
        market: u32,
        category: Category,
        px_tick: i64,
        lots: i64,
        closing: bool,
    ) -> Result<(), Refusal> {
        let info = &self.markets[market as usize];
        let px = if px_tick > 0 {
            info.spec.px(px_tick)
        } else {
            self.mid(market).unwrap_or(info.start_px)
        };
        if !closing && px * info.spec.qty(lots) < MIN_NOTIONAL {
            return Err(Refusal::either(category, 110_094, 170_140));
        }
        Ok(())
    }

    pub(crate) fn check_coins(
        &self,
        market: u32,
        side: Side,
        px_tick: i64,
        lots: i64,
    ) -> Result<(), Refusal> {
        let info = &self.markets[market as usize];
        let qty = info.spec.qty(lots);
        let ledger = &self.records.ledger;
        let (have, need) = match side {
            Side::Buy => {
                let tick = self
                    .levels(market, Side::Sell, 1)
                    .first()
                    .map_or(px_tick, |l| l.0);
                let tick = if px_tick > 0 { px_tick } else { tick };
                (ledger.usdt, info.spec.px(tick) * qty)
            }
            Side::Sell => (ledger.coins.get(&info.base).copied().unwrap_or(0.0), qty),
        };
        if need > have + 1e-9 {
            return Err(Refusal::of(170_131));
        }
        Ok(())
    }

    pub(crate) fn mid(&self, market: u32) -> Option<f64> {
        let spec = &self.markets[market as usize].spec;
        let best = |side| self.exchange.book(market, side).next();
        let (bid, ask) = (best(Side::Buy)?, best(Side::Sell)?);
        Some((spec.px(bid.0) + spec.px(ask.0)) / 2.0)
    }
}
