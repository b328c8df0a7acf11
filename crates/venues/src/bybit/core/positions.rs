//! Positions: legs, their net, the position mode, and the leg that an order goes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hftbacktest::types::Side;

use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::core::{BybitCore, Login};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::execution::Fill;
use crate::bybit::frames::position::{Leg, PositionItem, WalletItem};
use crate::bybit::options::PositionMode;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::decimal::Step;
use crate::kit::listing::Listing;
use crate::kit::query_text::query_text;
use crate::kit::venue::VenueEvent;

const SECOND_NS: u64 = 1_000_000_000;
/// The mode of a symbol is asked for again after this long.
const MODE_NS: u64 = 5 * SECOND_NS;

fn flat(lot: Step) -> Leg {
    Leg {
        idx: 0,
        lot,
        lots: 0,
        updated_ns: i64::MIN,
        seq: -1,
    }
}

/// A leg that counts as flat because a list did not name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unlisted {
    /// The venue's time of what was known of it before.
    pub(super) known_ns: i64,
    /// When the list was asked for: its time since, until the venue reports it.
    pub(super) asked_ns: i64,
}

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
    /// Spot: quote coin of each symbol.
    pub(super) quote_coins: HashMap<String, String>,
    /// Spot: balance of each coin, and the venue's time of it.
    balances: HashMap<String, (f64, i64)>,
    /// Settle coins whose positions were read; spot: the empty name, once the wallet was.
    pub(super) read: BTreeSet<String>,
    /// Symbols, on spot coins, whose position could not be read: the notice about it, and when that
    /// was, by the venue's clock, Unix nanoseconds.
    pub(super) unread: BTreeMap<String, (String, i64)>,
    /// Registered symbols whose position bots know.
    reported: BTreeSet<String>,
    /// Legs that count as flat because a list did not name them.
    pub(super) unlisted: HashMap<(String, usize), Unlisted>,
}

impl Positions {
    pub(super) fn next_due(&self) -> u64 {
        self.asks.values().copied().min().unwrap_or(u64::MAX)
    }
}

impl BybitCore {
    pub(super) fn is_spot(&self) -> bool {
        self.settings.category == "spot"
    }

    /// The position in a symbol as bots see it, both legs together; `None` when it is not known. On
    /// spot that is the balance of its base coin.
    pub(super) fn position_of(&self, name: &str) -> Option<f64> {
        self.settings.credentials.as_ref()?;
        if self.is_spot() {
            let coin = self.positions.base_coins.get(name)?;
            if self.positions.unread.contains_key(coin) {
                return None;
            }
            let balance = self.positions.balances.get(coin);
            // A wallet lists only coins that it holds.
            let is_read = self.positions.read.contains("");
            return match balance {
                Some((balance, _)) => Some(*balance),
                None => is_read.then_some(0.0),
            };
        }
        if self.positions.unread.contains_key(name) {
            return None;
        }
        let Some(legs) = self.positions.legs.get(name) else {
            // Only positions that are not flat are listed.
            return self
                .positions
                .read
                .contains(self.settle_coin_of(name))
                .then_some(0.0);
        };
        let mut lot = legs[0].lot;
        for leg in legs {
            lot = lot.common(&leg.lot)?;
        }
        let lots = legs.iter().map(|leg| Some(leg.lots * leg.lot.ratio(&lot)?));
        Some(lot.f64_of(lots.sum::<Option<i64>>()?))
    }

    /// The coin that a symbol is settled in.
    fn settle_coin_of(&self, name: &str) -> &str {
        match self.listing_of(name) {
            Some(listing) if !listing.settle_coin.is_empty() => &listing.settle_coin,
            _ => &self.settings.settle_coin,
        }
    }

    /// The coin of a fee when the venue leaves it out; `None` when it is not known. Derivatives: the settle
    /// coin. Spot: what the order receives; a rebate is paid in the other one.
    pub(super) fn fee_coin_of(&self, name: &str, fill: &Fill) -> Option<&str> {
        let coin = if self.is_spot() {
            let is_rebate = fill.maker && fill.fee? < 0.0;
            let coins = match (fill.side == Side::Buy) != is_rebate {
                true => &self.positions.base_coins,
                false => &self.positions.quote_coins,
            };
            coins.get(name)?
        } else {
            &self.listing_of(name)?.settle_coin
        };
        Some(coin.as_str()).filter(|coin| !coin.is_empty())
    }

    /// The instrument as it is listed, or as it was when it was registered.
    fn listing_of(&self, name: &str) -> Option<&Listing> {
        let registered = self
            .instruments
            .get(name)
            .map(|known| known.registered.listing());
        self.listings.get(name).or(registered)
    }

    /// Settle coins whose orders and positions are read: those of the instruments, and the one of
    /// the settings. One without a name on spot.
    pub(super) fn settle_coins(&self) -> Vec<String> {
        if self.is_spot() {
            return vec![String::new()];
        }
        let mut coins = self.listings.settle_coins();
        coins.insert(self.settings.settle_coin.clone());
        coins.into_iter().collect()
    }

    pub(super) fn position_item(&mut self, now: Now, item: &PositionItem<'_>, reported_ns: i64) {
        let is_ours = item.category.get();
        if is_ours.is_some_and(|category| category != self.settings.category) {
            return;
        }
        let symbol = item.symbol.or_empty();
        let Some(scale) = self.scale_of(symbol) else {
            if symbol.is_empty() {
                self.unreadable("a position", &FrameError::Missing("symbol"));
                self.audit_soon(now);
            }
            return;
        };
        match item.leg(&scale, reported_ns) {
            Ok(leg) => {
                if leg.lot != scale.lot {
                    self.reread(now, symbol);
                }
                self.learn_mode(symbol, leg.idx != 0);
                let legs = self.positions.legs.entry(symbol.to_owned());
                let known = &mut legs.or_insert([flat(scale.lot); 3])[leg.idx];
                let was_unread = self.positions.unread.remove(symbol).is_some();
                if (leg.updated_ns, leg.seq) < (known.updated_ns, known.seq) && !was_unread {
                    return;
                }
                *known = leg;
                self.report_position(symbol, leg.updated_ns);
            }
            Err(error) => {
                self.frame_errors += 1;
                self.position_unreadable(now, symbol, symbol, &error);
                self.audit_soon(now);
            }
        }
    }

    /// The position of a symbol is not known until it can be read; `key` is its coin on spot.
    fn position_unreadable(&mut self, now: Now, key: &str, symbol: &str, error: &FrameError) {
        let text = format!(
            "the position in {symbol} is not known: {error}; the last one may be out of date, it is read again"
        );
        let since_ns = self.clock.server_ms(now).saturating_mul(1_000_000);
        let unread = (text.clone(), since_ns);
        let before = self.positions.unread.insert(key.to_owned(), unread);
        if self.positions.reported.remove(symbol)
            && let Some(instrument) = self.instruments.get(symbol)
        {
            let symbol = instrument.symbol;
            self.events.push(VenueEvent::PositionUnknown { symbol });
        }
        if before.is_none_or(|(reported, _)| reported != text)
            && self.instruments.contains_key(symbol)
        {
            self.notice(codes::POSITION_UNKNOWN, text);
        }
    }

    /// Reports the net position: in hedge mode the legs count against each other.
    pub(super) fn report_position(&mut self, symbol: &str, exch_ts: i64) {
        if let Some(instrument) = self.instruments.get(symbol)
            && let Some(qty) = self.position_of(symbol)
        {
            self.positions.reported.insert(symbol.to_owned());
            self.events.push(VenueEvent::Position {
                symbol: instrument.symbol,
                qty,
                exch_ts,
            });
        }
    }

    /// A bot registers a symbol: it gets the position, or a notice that it is not known.
    pub(super) fn position_asked(&mut self, symbol: &str) {
        if self.settings.credentials.is_none() {
            return;
        }
        match self.position_of(symbol) {
            Some(_) => {
                self.positions.reported.insert(symbol.to_owned());
            }
            None => {
                let text = format!(
                    "the position in {symbol} is not known yet; it is sent as soon as it could be read"
                );
                self.notice(codes::POSITION_UNKNOWN, text);
            }
        }
    }

    /// Positions were read: those that bots do not know yet are reported, flat ones too.
    pub(super) fn positions_read(&mut self, now: Now) {
        let mut news: Vec<String> = self.instruments.keys().cloned().collect();
        news.retain(|symbol| !self.positions.reported.contains(symbol));
        news.sort_unstable();
        let exch_ts = self.clock.server_ms(now).saturating_mul(1_000_000);
        for symbol in news {
            self.report_position(&symbol, exch_ts);
        }
    }

    /// Takes the coins of a wallet; on spot they are the positions.
    pub(super) fn wallet_item(&mut self, now: Now, item: &WalletItem<'_>, reported_ns: i64) {
        if !self.is_spot() {
            return;
        }
        let mut changed = Vec::new();
        for coin in &item.coin {
            let name = coin.coin.or_empty();
            let balance = coin.wallet_balance.need("walletBalance");
            let balance = balance.and_then(|_| coin.wallet_balance.real("walletBalance"));
            let balance = match balance {
                Ok(balance) => balance,
                Err(error) => {
                    self.coin_unreadable(now, name, &error);
                    continue;
                }
            };
            let was_unread = self.positions.unread.remove(name).is_some();
            let known = self.positions.balances.get(name);
            if known.is_some_and(|(_, at)| *at > reported_ns) && !was_unread {
                continue;
            }
            if was_unread || known.is_none_or(|(known, _)| *known != balance) {
                changed.push(name.to_owned());
            }
            let balances = &mut self.positions.balances;
            balances.insert(name.to_owned(), (balance, reported_ns));
        }
        self.report_coins(&changed, reported_ns);
    }

    /// On spot, what a wallet that was asked for at `asked_ns` does not name is not held any more.
    pub(super) fn unlisted_positions_are_gone(&mut self, asked_ns: i64, named: &[&str]) {
        if !self.is_spot() {
            return;
        }
        let mut gone = Vec::new();
        for (coin, (balance, at)) in &mut self.positions.balances {
            if !named.contains(&coin.as_str()) && *balance != 0.0 && *at < asked_ns {
                (*balance, *at) = (0.0, asked_ns);
                gone.push(coin.clone());
            }
        }
        self.report_coins(&gone, asked_ns);
    }

    /// Reports the positions that balances of these coins are.
    fn report_coins(&mut self, coins: &[String], reported_ns: i64) {
        let symbols = self.positions.base_coins.iter();
        let symbols = symbols.filter(|(_, coin)| coins.contains(coin));
        let mut symbols: Vec<String> = symbols.map(|(symbol, _)| symbol.clone()).collect();
        symbols.sort_unstable();
        for symbol in symbols {
            self.report_position(&symbol, reported_ns);
        }
    }

    /// A wallet names these coins: one that could not be read before, and is not among them, is not
    /// in it.
    pub(super) fn unread_coins_are_gone(&mut self, named: &[&str]) {
        if !self.is_spot() || named.contains(&"") {
            return;
        }
        let balances = &mut self.positions.balances;
        self.positions.unread.retain(|coin, _| {
            let is_named = named.contains(&coin.as_str());
            if !is_named {
                balances.remove(coin);
            }
            is_named
        });
    }

    /// The balance of a coin cannot be read: the positions that it is are not known.
    fn coin_unreadable(&mut self, now: Now, coin: &str, error: &FrameError) {
        let symbols = self.positions.base_coins.iter();
        let symbols = symbols.filter(|(symbol, base)| {
            base.as_str() == coin && self.instruments.contains_key(*symbol)
        });
        let mut symbols: Vec<String> = symbols.map(|(symbol, _)| symbol.clone()).collect();
        symbols.sort_unstable();
        for symbol in symbols {
            self.position_unreadable(now, coin, &symbol, error);
        }
    }

    /// The leg that an order goes to. In hedge mode an order whose whole quantity can close the
    /// opposite leg, beside what other open orders will close of it, closes; any other opens.
    pub(super) fn position_idx(&self, symbol: u32, name: &str, side: Side, qty: f64) -> usize {
        if !self.is_hedged(name) {
            return 0;
        }
        let (opening, closing) = if side == Side::Buy { (1, 2) } else { (2, 1) };
        let legs = self.positions.legs.get(name);
        let held = legs.map_or(0.0, |legs| {
            legs[closing].lot.f64_of(legs[closing].lots.abs())
        });
        let claimed = self.orders.open_qty(symbol, side, closing);
        // Sums of decimals: less than half of any step.
        if held - claimed >= qty * (1.0 - 1e-9) {
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
            let query = format!("category={category}&symbol={}", query_text(&name));
            let path = "/v5/position/list";
            self.call(Method::Get, path, query, true, Purpose::Mode(name));
        }
    }

    /// The venue lists no leg of a symbol that it was asked for: it has one position at most.
    pub(super) fn no_legs(&mut self, name: &str) {
        self.learn_mode(name, false);
    }
}
