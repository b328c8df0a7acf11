//! Positions: legs, their net, the position mode, and the leg that an order goes to.

use std::collections::HashMap;

use hftbacktest::types::Side;

use super::rest::{Method, Purpose};
use super::{BybitCore, Login};
use crate::clock::Now;
use crate::venue::VenueEvent;
use crate::venues::bybit::frames::position::{Leg, PositionItem, WalletItem};
use crate::venues::bybit::policy::PositionMode;

const SECOND_NS: u64 = 1_000_000_000;
/// The mode of a symbol is asked for again after this long.
const MODE_NS: u64 = 5 * SECOND_NS;

const FLAT: Leg = Leg {
    idx: 0,
    lots: 0,
    updated_ns: i64::MIN,
    seq: -1,
};

/// The account's positions, of every symbol.
#[derive(Debug, Default)]
pub(super) struct Positions {
    pub(super) legs: HashMap<String, [Leg; 3]>,
    /// True: a long and a short leg.
    hedge: HashMap<String, bool>,
    /// When the mode of a symbol is asked for next.
    asks: HashMap<String, u64>,
    /// Spot: base coin of each symbol.
    pub(super) base_coins: HashMap<String, String>,
    /// Spot: balance of each coin, and when it was told.
    balances: HashMap<String, (f64, i64)>,
}

impl Positions {
    pub(super) fn next_due(&self) -> u64 {
        self.asks.values().copied().min().unwrap_or(u64::MAX)
    }
}

impl BybitCore {
    fn is_spot(&self) -> bool {
        self.settings.category == "spot"
    }

    /// Signed lots of both legs together.
    pub(super) fn net_lots(&self, symbol: &str) -> i64 {
        let legs = self.positions.legs.get(symbol);
        legs.map_or(0, |legs| legs.iter().map(|leg| leg.lots).sum())
    }

    /// The position in a symbol as bots see it. On spot that is the balance of its base coin.
    pub(super) fn position_of(&self, name: &str) -> f64 {
        if self.is_spot() {
            let coin = self.positions.base_coins.get(name);
            let balance = coin.and_then(|coin| self.positions.balances.get(coin));
            return balance.map_or(0.0, |(balance, _)| *balance);
        }
        let Some(scale) = self.scale_of(name) else {
            return 0.0;
        };
        scale.lot.f64_of(self.net_lots(name))
    }

    pub(super) fn position_item(&mut self, item: &PositionItem<'_>, told_ns: i64) {
        let symbol = item.symbol.or_empty();
        let Some(scale) = self.scale_of(symbol) else {
            return;
        };
        match item.leg(&scale, told_ns) {
            Ok(leg) => {
                self.learn_mode(symbol, leg.idx != 0);
                let legs = self.positions.legs.entry(symbol.to_owned());
                let known = &mut legs.or_insert([FLAT; 3])[leg.idx];
                if (leg.updated_ns, leg.seq) < (known.updated_ns, known.seq) {
                    return;
                }
                *known = leg;
                self.tell_position(symbol, leg.updated_ns);
            }
            Err(error) => self.unreadable("a position", &error),
        }
    }

    /// Tells the net position: in hedge mode the legs count against each other.
    pub(super) fn tell_position(&mut self, symbol: &str, exch_ts: i64) {
        if let Some(instrument) = self.instruments.get(symbol) {
            self.events.push(VenueEvent::Position {
                symbol: instrument.symbol,
                qty: self.position_of(symbol),
                exch_ts,
            });
        }
    }

    /// Takes what a wallet says of coins; on spot they are the positions.
    pub(super) fn wallet_item(&mut self, item: &WalletItem<'_>, told_ns: i64) {
        if !self.is_spot() {
            return;
        }
        let mut changed = Vec::new();
        for coin in &item.coin {
            // A number that cannot be read leaves what is known.
            let Ok(balance) = coin.wallet_balance.or_empty().parse::<f64>() else {
                continue;
            };
            let name = coin.coin.or_empty();
            let known = self.positions.balances.get(name);
            if known.is_some_and(|(_, at)| *at > told_ns) || !balance.is_finite() {
                continue;
            }
            if known.is_none_or(|(known, _)| *known != balance) {
                changed.push(name.to_owned());
            }
            let balances = &mut self.positions.balances;
            balances.insert(name.to_owned(), (balance, told_ns));
        }
        let symbols: Vec<String> = self
            .positions
            .base_coins
            .iter()
            .filter(|(_, coin)| changed.contains(coin))
            .map(|(symbol, _)| symbol.clone())
            .collect();
        for symbol in symbols {
            self.tell_position(&symbol, told_ns);
        }
    }

    /// The leg that an order goes to. In hedge mode an order whose whole quantity can close the
    /// opposite leg, beside what other open orders will close of it, closes; any other opens.
    pub(super) fn position_idx(&self, symbol: u32, name: &str, side: Side, lots: i64) -> usize {
        if !self.is_hedged(name) {
            return 0;
        }
        let (opening, closing) = if side == Side::Buy { (1, 2) } else { (2, 1) };
        let legs = self.positions.legs.get(name);
        let held = legs.map_or(0, |legs| legs[closing].lots.abs());
        let claimed = self.orders.open_lots(symbol, side, closing);
        if held - claimed >= lots {
            closing
        } else {
            opening
        }
    }

    fn is_hedged(&self, name: &str) -> bool {
        match self.settings.position_mode {
            PositionMode::OneWay => false,
            PositionMode::Hedge => !self.is_spot(),
            // Until it is known orders go out as in one-way mode: in hedge mode the venue refuses them.
            PositionMode::Detect => self.positions.hedge.get(name).copied().unwrap_or(false),
        }
    }

    fn learn_mode(&mut self, name: &str, is_hedged: bool) {
        self.positions.hedge.insert(name.to_owned(), is_hedged);
        self.positions.asks.remove(name);
    }

    /// The mode of a symbol has to be known.
    pub(super) fn want_mode(&mut self, name: &str) {
        let detects = self.settings.position_mode == PositionMode::Detect && !self.is_spot();
        let has_key = self.settings.credentials.is_some();
        if detects && has_key && !self.positions.hedge.contains_key(name) {
            self.positions.asks.entry(name.to_owned()).or_insert(0);
        }
    }

    /// The venue says that the mode is another one.
    pub(super) fn forget_mode(&mut self, handles: &[u64]) {
        for handle in handles {
            let order = self.orders.get(*handle);
            let name = order.and_then(|order| self.names.get(order.symbol as usize));
            if let Some(name) = name.cloned() {
                self.positions.hedge.remove(&name);
                self.want_mode(&name);
            }
        }
    }

    pub(super) fn tick_modes(&mut self, now: Now) {
        if self.private != Login::Yes {
            return;
        }
        let mut due = Vec::new();
        for (name, at) in &mut self.positions.asks {
            if now.mono_ns >= *at {
                *at = now.mono_ns + MODE_NS;
                due.push(name.clone());
            }
        }
        due.sort_unstable();
        for name in due {
            let category = &self.settings.category;
            let query = format!("category={category}&symbol={name}");
            let path = "/v5/position/list";
            self.call(Method::Get, path, query, true, Purpose::Mode(name));
        }
    }

    /// The venue lists no leg of a symbol that it was asked for: it has one position at most.
    pub(super) fn no_legs(&mut self, name: &str) {
        self.learn_mode(name, false);
    }
}
