//! Registrations: who may follow which symbol, and what the answer says.

use hbl_wire::SideEvent;
use hftbacktest::types::{ErrorKind, LiveError, Value};
use tracing::{info, warn};

use super::{BOOK_WAIT_NS, Dispatcher, Instrument};
use crate::clock::Now;
use crate::codes;
use crate::order_router::OwnerState;
use crate::outlet::{Outgoing, Outlet};
use crate::registrations::Waiting;
use crate::venue::{Refusal, Venue};

impl<V: Venue> Dispatcher<V> {
    /// Answers the registrations that waited, as far as the venue can judge them now.
    pub(super) fn judge_waiting<O: Outlet>(&mut self, now: Now, out: &mut O) {
        if self.waiting.is_empty() {
            return;
        }
        let (venue, by_name, instruments) = (&self.venue, &self.by_name, &self.instruments);
        let can_be_judged = |symbol: &str| match by_name.get(symbol) {
            Some(index) => {
                let waits = instruments.get(index).and_then(|known| known.book_wait_ns);
                venue.has_whole_book(*index) || waits.is_none_or(|until| now.mono_ns >= until)
            }
            None => venue.not_yet(symbol).is_none(),
        };
        let due = self.waiting.take_due(now.mono_ns, can_be_judged);
        for Waiting {
            bot, symbol, sizes, ..
        } in due
        {
            let is_known = self.by_name.contains_key(&symbol);
            match self.venue.not_yet(&symbol).filter(|_| !is_known) {
                None => self.register(now, bot, &symbol, sizes, out),
                // To serve a bot without saying which of its orders live would end them at the bot.
                Some(reason) if self.venue.keeps_orders() => {
                    let until_ns = now.mono_ns + self.register_wait_ns;
                    let text = format!(
                        "the registration of {symbol} waits: {reason}; market data comes with its answer, which has to say which of the bot's orders live"
                    );
                    warn!(bot, symbol, reason, "the registration still waits");
                    let code = codes::NOT_READY;
                    let notice = Refusal { code, text };
                    self.tell_notice(bot, notice, (String::new(), 0), out);
                    self.waiting.keep(Waiting {
                        bot,
                        symbol,
                        sizes,
                        until_ns,
                    });
                }
                Some(reason) => {
                    let seconds = self.register_wait_ns / 1_000_000_000;
                    let text = format!(
                        "{symbol} could not be registered within {seconds} s: {reason}; register again"
                    );
                    let code = codes::NOT_READY;
                    self.refuse_registration(bot, &symbol, Refusal { code, text }, out);
                }
            }
        }
    }

    pub(super) fn register<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        sizes: (f64, f64),
        out: &mut O,
    ) {
        if !self.by_name.contains_key(symbol)
            && let Some(reason) = self.venue.not_yet(symbol)
        {
            let waiting = Waiting {
                bot,
                symbol: symbol.to_owned(),
                sizes,
                until_ns: now.mono_ns + self.register_wait_ns,
            };
            if self.waiting.keep(waiting) {
                info!(bot, symbol, reason, "the registration waits");
                return;
            }
        }
        let index = match self.accept(now, symbol, sizes) {
            Ok(index) => index,
            Err(refusal) => {
                self.refuse_registration(bot, symbol, refusal, out);
                return;
            }
        };
        if self.waits_for_book(now, index) {
            let waiting = Waiting {
                bot,
                symbol: symbol.to_owned(),
                sizes,
                until_ns: now.mono_ns + BOOK_WAIT_NS,
            };
            if self.waiting.keep(waiting) {
                return;
            }
        }
        if self.bots.insert(bot) {
            info!(bot, symbol, state = ?out.owner_state(bot), "bot registered");
        }
        let orders = self.router.orders_for(bot, index, |id| out.owner_state(id));
        let unknown = self.venue.orders_unknown().map(str::to_owned);
        let is_unknown = unknown.is_some();
        match unknown {
            Some(text) => self.side(bot, SideEvent::OrdersUnknown { text }, out),
            None if self.venue.keeps_orders() => self.side(bot, SideEvent::OrdersKnown, out),
            None => {}
        }
        self.send(bot, Outgoing::BatchStart, out);
        for order in &orders {
            self.send(bot, Outgoing::Order(symbol, order), out);
        }
        // Bots of ours know by now that it means nothing when the account is not known.
        if !is_unknown || out.owner_state(bot) != OwnerState::Stock {
            let position = self.venue.position(index);
            self.send(bot, Outgoing::Position(symbol, position, now.unix_ns), out);
        }
        let mut levels = std::mem::take(&mut self.levels);
        self.venue.book(now, index, &mut levels);
        for level in levels.drain(..) {
            self.send(bot, Outgoing::Feed(symbol, &level), out);
        }
        self.levels = levels;
        self.tell_state(now, bot, index, out);
        self.send(bot, Outgoing::BatchEnd, out);
    }

    /// True while the first whole book of a symbol is waited for.
    fn waits_for_book(&mut self, now: Now, index: u32) -> bool {
        let Some(known) = self.instruments.get_mut(&index) else {
            return false;
        };
        let is_whole = self.venue.has_whole_book(index);
        let is_over = known
            .book_wait_ns
            .is_none_or(|until| now.mono_ns >= until || is_whole);
        if is_over {
            known.book_wait_ns = None;
        }
        !is_over
    }

    /// What a bot that comes later has missed on the side channel.
    fn tell_state<O: Outlet>(&mut self, now: Now, bot: u64, index: u32, out: &mut O) {
        let mut missed = Vec::new();
        for (socket, lost) in &self.trouble.sockets {
            if let Some(text) = lost {
                missed.push(SideEvent::Socket {
                    socket: *socket,
                    up: false,
                    text: text.clone(),
                });
            }
        }
        if let Some(text) = &self.trouble.down {
            missed.push(SideEvent::VenueDown { text: text.clone() });
        }
        let has_book = self.venue.has_whole_book(index);
        if !has_book || self.trouble.stale.contains(&index) {
            missed.push(SideEvent::FeedStale {
                symbol: self.name(index),
            });
        }
        if !has_book {
            let text = format!(
                "the venue's book of {} is not whole yet: it is marked stale until it is",
                self.name(index)
            );
            let code = codes::BOOK_MISSING;
            warn!(bot, code, "{text}");
            self.tell_notice(bot, Refusal { code, text }, (String::new(), 0), out);
        }
        if let Some(notice) = self.trouble.login.clone() {
            self.tell_notice(bot, notice, (String::new(), 0), out);
        }
        self.venue.balances(now, &mut self.balances);
        missed.extend(self.balances.drain(..).map(SideEvent::Balance));
        for event in missed {
            self.side(bot, event, out);
        }
    }

    fn refuse_registration<O: Outlet>(
        &mut self,
        bot: u64,
        symbol: &str,
        refusal: Refusal,
        out: &mut O,
    ) {
        warn!(bot, symbol, code = refusal.code, reason = %refusal.text, "registration refused");
        let Refusal { code, text } = refusal;
        let side = SideEvent::RegisterRefused {
            symbol: symbol.to_owned(),
            code,
            text: text.clone(),
        };
        self.side(bot, side, out);
        let error = LiveError::with(ErrorKind::Custom(code), Value::String(text));
        self.tell_stock(bot, &error, out);
    }

    fn accept(&mut self, now: Now, symbol: &str, (tick, lot): (f64, f64)) -> Result<u32, Refusal> {
        for (what, size) in [("tick", tick), ("lot", lot)] {
            if !(size.is_finite() && size > 0.0) {
                let text = format!("{what} size {size} of {symbol} is not a positive number");
                return Err(Refusal {
                    code: codes::SIZE_INVALID,
                    text,
                });
            }
        }
        if let Some(index) = self.by_name.get(symbol)
            && let Some(known) = self.instruments.get(index)
        {
            let same = |a: f64, b: f64| (a - b).abs() <= b * 1e-9;
            if same(tick, known.tick_size) && same(lot, known.lot_size) {
                return Ok(*index);
            }
            let text = format!(
                "{symbol} has tick size {} and lot size {} here, not {tick} and {lot}",
                known.tick_size, known.lot_size
            );
            return Err(Refusal {
                code: codes::SIZE_MISMATCH,
                text,
            });
        }
        let index = self.venue.register(now, symbol, tick, lot)?;
        let name = symbol.to_owned();
        self.by_name.insert(name.clone(), index);
        self.instruments.insert(
            index,
            Instrument {
                name,
                tick_size: tick,
                lot_size: lot,
                book_wait_ns: Some(now.mono_ns.saturating_add(BOOK_WAIT_NS)),
            },
        );
        Ok(index)
    }
}
