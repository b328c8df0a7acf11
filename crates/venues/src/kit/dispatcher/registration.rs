//! Registrations of bots for symbols: waiting, accepting, and the answer.
//!
//! The answer is one batch: orders, position and book. A registration waits until the venue can judge it,
//! and until the book is synced or the wait is over.

use hbl_wire::{ControlEvent, OrderFate};
use hftbacktest::types::{ErrorKind, LiveError, Value};
use tracing::{info, warn};

use super::{BOOK_WAIT_NS, Dispatcher, Instrument};
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::order_registry::{OrderState, OwnerState};
use crate::kit::registrations::Waiting;
use crate::kit::sizes;
use crate::kit::venue::{Reject, Venue};

impl<V: Venue + ?Sized> Dispatcher<V> {
    /// Answers the registrations that waited, as far as the venue can judge them now.
    pub(super) fn judge_waiting<O: BotPublisher>(&mut self, now: Now, out: &mut O) {
        if self.waiting.is_empty() {
            return;
        }
        let (venue, by_name, instruments) = (&self.venue, &self.by_name, &self.instruments);
        let can_be_judged = |symbol: &str| match by_name.get(symbol) {
            Some(_) if venue.pending_reason(symbol).is_some() => false,
            Some(index) => {
                let waits = instruments.get(index).and_then(|known| known.book_wait_ns);
                venue.is_book_synced(*index) || waits.is_none_or(|until| now.mono_ns >= until)
            }
            None => venue.pending_reason(symbol).is_none(),
        };
        let due = self.waiting.take_due(now.mono_ns, can_be_judged);
        for Waiting {
            bot, symbol, sizes, ..
        } in due
        {
            match self.venue.pending_reason(&symbol) {
                None => self.register(now, bot, &symbol, sizes, out),
                // To serve a bot without saying which of its orders live would end them at the bot.
                Some(reason) if self.venue.keeps_orders() => {
                    let until_ns = now.mono_ns + self.register_wait_ns;
                    let text = format!(
                        "the registration of {symbol} waits: {reason}; market data comes with its answer, which has to say which of the bot's orders live"
                    );
                    warn!(bot, symbol, reason, "the registration still waits");
                    let notice = Notice::of(codes::NOT_READY, text);
                    self.send_notice(bot, notice, (String::new(), 0), out);
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
                    self.reject_registration(bot, &symbol, Reject { code, text }, out);
                }
            }
        }
    }

    pub(super) fn register<O: BotPublisher>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        sizes: (f64, f64),
        out: &mut O,
    ) {
        if !self.by_name.contains_key(symbol)
            && let Some(reason) = self.venue.pending_reason(symbol)
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
        let index = match self.accept(now, bot, symbol, sizes) {
            Ok(index) => index,
            Err(reject) => {
                let waiting = Waiting {
                    bot,
                    symbol: symbol.to_owned(),
                    sizes,
                    until_ns: now.mono_ns + self.register_wait_ns,
                };
                // The venue looks whether that is still so.
                if self.venue.pending_reason(symbol).is_some() && self.waiting.keep(waiting) {
                    return;
                }
                self.reject_registration(bot, symbol, reject, out);
                return;
            }
        };
        if self.registered.insert((bot, index)) {
            self.owe_position(bot, index, out);
        }
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
            if out.owner_state(bot) == OwnerState::Upstream {
                self.venue.meet_upstream_bot(bot);
            }
            info!(bot, symbol, state = ?out.owner_state(bot), "bot registered");
        }
        let orders = self
            .registry
            .orders_for(bot, index, |id| out.owner_state(id));
        let unknown = self.venue.orders_unknown().map(str::to_owned);
        let is_unknown = unknown.is_some();
        match unknown {
            Some(text) => self.send_control(bot, ControlEvent::OrdersUnknown { text }, out),
            None if self.venue.keeps_orders() => {
                self.send_control(bot, ControlEvent::OrdersKnown, out)
            }
            None => {}
        }
        // An order on its way has no state yet, and is alive all the same.
        for order_id in self.registry.pending_of(bot, index) {
            self.send_fate(
                bot,
                symbol,
                order_id,
                (OrderFate::Pending, String::new()),
                out,
            );
        }
        self.send(bot, BotMessage::BatchStart, out);
        for OrderState { order, details } in &orders {
            self.send_order(bot, symbol, order, details.as_deref(), out);
        }
        // Bots that read the control channel know by now that the account is not known; upstream bots do
        // not, and get no position then.
        if !is_unknown || out.owner_state(bot) != OwnerState::Upstream {
            let position = self.venue.position(index);
            let is_sent = position.is_some() || out.owner_state(bot) != OwnerState::Upstream;
            if is_sent {
                self.position_sent(bot, index);
                let position = position.unwrap_or(f64::NAN);
                self.send(
                    bot,
                    BotMessage::Position(symbol, position, now.unix_ns),
                    out,
                );
            }
        }
        let mut levels = std::mem::take(&mut self.levels);
        self.venue.book(now, index, &mut levels);
        for level in levels.drain(..) {
            self.send(bot, BotMessage::Feed(symbol, &level), out);
        }
        self.levels = levels;
        self.send_missed(now, bot, index, out);
        self.send(bot, BotMessage::BatchEnd, out);
    }

    /// The symbol that a request is about. Upstream bots register once and never again: a
    /// request of one that this session does not know is taken as its registration, with the tick size
    /// of its order and what else the venue knows of the symbol. Any other bot may have been rejected
    /// for sizes that the venue has changed: its cancels go by the venue's own.
    pub(super) fn index_for<O: BotPublisher>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        tick_size: Option<f64>,
        out: &mut O,
    ) -> Option<u32> {
        let index = self.by_name.get(symbol).copied();
        let is_registered = index.is_some_and(|index| self.registered.contains(&(bot, index)));
        if is_registered || self.waiting.has(bot, symbol) {
            return index;
        }
        let known = index.and_then(|index| self.instruments.get(&index));
        let known = known.map(|known| (known.tick_size, known.lot_size));
        let Some((tick, lot)) = known.or_else(|| self.venue.sizes(symbol)) else {
            return index;
        };
        if out.owner_state(bot) == OwnerState::Upstream {
            let sizes = (tick_size.filter(|size| *size > 0.0).unwrap_or(tick), lot);
            info!(
                bot,
                symbol, "a request of an upstream bot counts as its registration"
            );
            // Its registration may wait for the book; the order does not.
            self.venue.meet_upstream_bot(bot);
            self.register(now, bot, symbol, sizes, out);
        } else if index.is_none()
            && let Err(reject) = self.accept(now, bot, symbol, (tick, lot))
        {
            warn!(bot, symbol, code = reject.code, reason = %reject.text, "not registered by an order");
        }
        self.by_name.get(symbol).copied()
    }

    /// True while the answer waits for the first synced book of a symbol.
    fn waits_for_book(&mut self, now: Now, index: u32) -> bool {
        let Some(known) = self.instruments.get_mut(&index) else {
            return false;
        };
        let is_synced = self.venue.is_book_synced(index);
        let is_over = known
            .book_wait_ns
            .is_none_or(|until| now.mono_ns >= until || is_synced);
        if is_over {
            known.book_wait_ns = None;
        }
        !is_over
    }

    /// Sends a bot that registers later the state that it has missed on the control channel.
    fn send_missed<O: BotPublisher>(&mut self, now: Now, bot: u64, index: u32, out: &mut O) {
        let mut missed = Vec::new();
        for (socket, lost) in &self.trouble.sockets {
            if let Some(text) = lost {
                missed.push(ControlEvent::Socket {
                    socket: *socket,
                    up: false,
                    text: text.clone(),
                });
            }
        }
        if let Some(text) = &self.trouble.down {
            missed.push(ControlEvent::VenueDown { text: text.clone() });
        }
        let has_book = self.venue.is_book_synced(index);
        if !has_book || self.trouble.stale.contains(&index) {
            missed.push(ControlEvent::FeedStale {
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
            self.send_notice(bot, Notice::of(code, text), (String::new(), 0), out);
        }
        if let Some(reject) = self.trouble.suspended.get(&index).cloned() {
            let name = self.name(index);
            self.send_notice(bot, reject.into(), (name, 0), out);
        }
        if let Some(notice) = self.trouble.login.clone() {
            self.send_notice(bot, notice, (String::new(), 0), out);
        }
        self.venue.balances(now, &mut self.balances);
        missed.extend(self.balances.drain(..).map(ControlEvent::Balance));
        for event in missed {
            self.send_control(bot, event, out);
        }
    }

    fn reject_registration<O: BotPublisher>(
        &mut self,
        bot: u64,
        symbol: &str,
        reject: Reject,
        out: &mut O,
    ) {
        warn!(bot, symbol, code = reject.code, reason = %reject.text, "registration refused");
        let Reject { code, text } = reject;
        let side = ControlEvent::RegisterRefused {
            symbol: symbol.to_owned(),
            code,
            text: text.clone(),
            sizes: self.venue.sizes(symbol).or_else(|| self.sizes_of(symbol)),
        };
        self.send_control(bot, side, out);
        let error = LiveError::with(ErrorKind::Custom(code), Value::String(text));
        self.send_upstream_error(bot, &error, out);
    }

    /// The sizes in which a symbol is served.
    fn sizes_of(&self, symbol: &str) -> Option<(f64, f64)> {
        let index = self.by_name.get(symbol)?;
        let known = self.instruments.get(index)?;
        Some((known.tick_size, known.lot_size))
    }

    fn accept(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        (tick, lot): (f64, f64),
    ) -> Result<u32, Reject> {
        sizes::check_valid(symbol, (tick, lot))?;
        if let Some(&index) = self.by_name.get(symbol)
            && let Some(known) = self.instruments.get(&index)
        {
            let known_sizes = (known.tick_size, known.lot_size);
            let compared = sizes::check_same(symbol, known_sizes, (tick, lot));
            let as_known = compared.is_ok();
            let is_served = as_known && !self.trouble.suspended.contains_key(&index);
            if is_served {
                return Ok(index);
            }
            // A venue that does not know sizes of its own goes by the first registration.
            if self.venue.sizes(symbol).is_none() {
                return compared.map(|()| index);
            }
            return match self.venue.register(now, symbol, tick, lot) {
                Ok(_) => {
                    self.resize(now, index, (tick, lot));
                    Ok(index)
                }
                // A bot that registered before the venue changed the symbol still gets its orders.
                Err(_) if as_known && self.registered.contains(&(bot, index)) => Ok(index),
                Err(reject) => Err(reject),
            };
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

    /// A symbol is served in the sizes of now. The venue's next event about it ends the suspension.
    fn resize(&mut self, now: Now, index: u32, (tick_size, lot_size): (f64, f64)) {
        if let Some(known) = self.instruments.get_mut(&index)
            && (known.tick_size, known.lot_size) != (tick_size, lot_size)
        {
            info!(
                symbol = known.name,
                tick_size, lot_size, "served in other sizes"
            );
            known.tick_size = tick_size;
            known.lot_size = lot_size;
            known.book_wait_ns = Some(now.mono_ns.saturating_add(BOOK_WAIT_NS));
        }
    }
}
