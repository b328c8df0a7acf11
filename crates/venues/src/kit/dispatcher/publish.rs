//! Events of the venue as messages to bots: one bot, those of a symbol, or all.

use std::collections::HashMap;

use hbl_wire::{ControlEvent, Severity, TO_ALL, VenueSocket};
use hftbacktest::types::{ErrorKind, LiveError, Value};
use tracing::{info, warn};

use super::Dispatcher;
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::notice::{Notice, NoticeClass};
use crate::kit::order_registry::OwnerState;
use crate::kit::venue::{Reject, Venue, VenueEvent};

impl<V: Venue + ?Sized> Dispatcher<V> {
    pub(super) fn publish<O: BotPublisher>(&mut self, now: Now, event: VenueEvent, out: &mut O) {
        match event {
            VenueEvent::Feed { symbol, event } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent = out.send(TO_ALL, BotMessage::Feed(&instrument.name, &event));
                    self.count(sent);
                }
            }
            VenueEvent::FeedBatchStart { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, BotMessage::BatchStart, out);
                }
            }
            VenueEvent::FeedBatchEnd { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, BotMessage::BatchEnd, out);
                }
            }
            VenueEvent::Order(report) => self.publish_order(now, &report, out),
            VenueEvent::Recovered(recovered) => self.publish_recovered(&recovered, out),
            VenueEvent::RequestReject { handle, reject } => {
                self.cancels.rejected(now, handle, reject.code);
                let Some(routed) = self.registry.report_again(handle, now.unix_ns) else {
                    return;
                };
                if !self.instruments.contains_key(&routed.symbol) {
                    return;
                }
                let name = self.name(routed.symbol);
                let Reject { code, text } = reject;
                // A reject on the control channel would overtake the news that the amendment is there.
                if !self.registry.has_wanted_terms(handle) {
                    self.send_reject(
                        routed.to,
                        &name,
                        routed.order.order_id,
                        code,
                        &text,
                        true,
                        out,
                    );
                }
                if routed.is_reported {
                    self.send(routed.to, BotMessage::Order(&name, &routed.order), out);
                }
            }
            VenueEvent::Position {
                symbol,
                qty,
                exch_ts,
            } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent =
                        out.send(TO_ALL, BotMessage::Position(&instrument.name, qty, exch_ts));
                    self.count(sent);
                    self.position_sent_to_all(symbol);
                }
            }
            VenueEvent::PositionUnknown { symbol } => self.send_unknown_position(now, symbol, out),
            VenueEvent::Balance(balance) => {
                self.send_control(TO_ALL, ControlEvent::Balance(balance), out)
            }
            VenueEvent::Socket { socket, up, text } => {
                let lost = (!up).then(|| text.clone());
                let known = self.trouble.sockets.insert(socket, lost);
                if up && socket != VenueSocket::Public {
                    self.trouble.login = None;
                }
                // A connection that cannot be made again is not lost again each time.
                if known.is_some_and(|known| known.is_none() == up) {
                    return;
                }
                match up {
                    true => info!(?socket, "connected with the venue"),
                    false => warn!(?socket, reason = %text, "a connection with the venue is lost"),
                }
                self.send_control(TO_ALL, ControlEvent::Socket { socket, up, text }, out);
            }
            VenueEvent::Down(text) => {
                warn!(reason = %text, "the venue is down");
                self.trouble.down = Some(text.clone());
                let error = LiveError::with(
                    ErrorKind::ConnectionInterrupted,
                    Value::String(text.clone()),
                );
                self.send_control(TO_ALL, ControlEvent::VenueDown { text }, out);
                self.send(TO_ALL, BotMessage::Error(&error), out);
            }
            VenueEvent::Up => {
                info!("the venue is up");
                self.trouble.down = None;
                self.send_control(TO_ALL, ControlEvent::VenueUp, out);
            }
            VenueEvent::FeedStale { symbol } => {
                self.trouble.stale.insert(symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.send_control(TO_ALL, ControlEvent::FeedStale { symbol }, out);
                }
            }
            VenueEvent::FeedLive { symbol } => {
                self.trouble.stale.remove(&symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.send_control(TO_ALL, ControlEvent::FeedLive { symbol }, out);
                }
            }
            VenueEvent::Suspended { symbol, reject } => {
                self.trouble.suspended.insert(symbol, reject.clone());
                let notice = Notice::from(reject);
                log_notice(&notice);
                if self.instruments.contains_key(&symbol) {
                    let name = self.name(symbol);
                    self.send_notice(TO_ALL, notice, (name, 0), out);
                }
            }
            VenueEvent::Resumed { symbol } => {
                self.trouble.suspended.remove(&symbol);
                let name = self.name(symbol);
                let text = format!("new orders of {name} go again");
                let notice = Notice::of(codes::INSTRUMENT_AS_BEFORE, text);
                log_notice(&notice);
                if self.instruments.contains_key(&symbol) {
                    self.send_notice(TO_ALL, notice, (name, 0), out);
                }
            }
            VenueEvent::Notice(notice) => {
                log_notice(&notice);
                if notice.class == NoticeClass::Auth {
                    self.trouble.login = Some(notice.clone());
                }
                self.send_notice(TO_ALL, notice, (String::new(), 0), out);
            }
            VenueEvent::OrderNotice { handle, notice } => {
                log_notice(&notice);
                let about = self.registry.owner_of(handle);
                let (to, symbol, order_id) = about.unwrap_or((TO_ALL, u32::MAX, 0));
                self.send_notice(to, notice, (self.name(symbol), order_id), out);
            }
        }
    }

    /// Upstream bots get none: they would compute with it.
    fn send_unknown_position<O: BotPublisher>(&mut self, now: Now, symbol: u32, out: &mut O) {
        let Some(name) = self
            .instruments
            .get(&symbol)
            .map(|known| known.name.clone())
        else {
            return;
        };
        let bots = self.registered.iter().filter(|(_, known)| *known == symbol);
        let bots: Vec<u64> = bots.map(|(bot, _)| *bot).collect();
        for bot in bots {
            if out.owner_state(bot) != OwnerState::Upstream {
                self.send(bot, BotMessage::Position(&name, f64::NAN, now.unix_ns), out);
            }
        }
    }

    /// Sends a notice. One of severity error goes out as an error too, for upstream bots and others that
    /// take no notices.
    pub(super) fn send_notice<O: BotPublisher>(
        &mut self,
        to: u64,
        Notice {
            code,
            severity,
            class,
            text,
        }: Notice,
        (symbol, order_id): (String, u64),
        out: &mut O,
    ) {
        let notice = ControlEvent::Notice {
            severity,
            code,
            symbol,
            order_id,
            text: text.clone(),
        };
        self.send_control(to, notice, out);
        if severity == Severity::Error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text)),
            ]));
            let kind = match class {
                NoticeClass::Auth => ErrorKind::CriticalConnectionError,
                _ => ErrorKind::Custom(code),
            };
            self.send(to, BotMessage::Error(&LiveError::with(kind, value)), out);
        }
    }
}

/// Warnings and errors may cost money and stand out in the log.
fn log_notice(
    Notice {
        code,
        severity,
        text,
        ..
    }: &Notice,
) {
    match severity {
        Severity::Info => info!(code, "{text}"),
        Severity::Warning | Severity::Error => warn!(code, "{text}"),
    }
}
