//! What the venue tells, and to whom it goes.

use std::collections::HashMap;

use hbl_wire::{Severity, SideEvent, TO_ALL, VenueSocket};
use hftbacktest::types::{ErrorKind, LiveError, Value};
use tracing::{info, warn};

use super::Dispatcher;
use crate::clock::Now;
use crate::codes;
use crate::outlet::{Outgoing, Outlet};
use crate::venue::{Refusal, Venue, VenueEvent};
use crate::venues::bybit::codes as bybit_codes;

impl<V: Venue> Dispatcher<V> {
    pub(super) fn publish<O: Outlet>(&mut self, now: Now, event: VenueEvent, out: &mut O) {
        match event {
            VenueEvent::Feed { symbol, event } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent = out.send(TO_ALL, Outgoing::Feed(&instrument.name, &event));
                    self.count(sent);
                }
            }
            VenueEvent::FeedBatchStart { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, Outgoing::BatchStart, out);
                }
            }
            VenueEvent::FeedBatchEnd { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, Outgoing::BatchEnd, out);
                }
            }
            VenueEvent::Order(report) => self.publish_order(now, &report, out),
            VenueEvent::Adopted(adopted) => self.publish_adopted(&adopted, out),
            VenueEvent::RequestRefused { handle, refusal } => {
                let Some(routed) = self.router.retell(handle, now.unix_ns) else {
                    return;
                };
                if !self.instruments.contains_key(&routed.symbol) {
                    return;
                }
                let name = self.name(routed.symbol);
                let Refusal { code, text } = refusal;
                self.tell_refusal(
                    routed.to,
                    &name,
                    routed.order.order_id,
                    code,
                    &text,
                    true,
                    out,
                );
                if routed.told {
                    self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
                }
            }
            VenueEvent::Position {
                symbol,
                qty,
                exch_ts,
            } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent = out.send(TO_ALL, Outgoing::Position(&instrument.name, qty, exch_ts));
                    self.count(sent);
                }
            }
            VenueEvent::Balance(balance) => self.side(TO_ALL, SideEvent::Balance(balance), out),
            VenueEvent::Socket { socket, up, text } => {
                let lost = (!up).then(|| text.clone());
                let told = self.trouble.sockets.insert(socket, lost);
                if up && socket != VenueSocket::Public {
                    self.trouble.login = None;
                }
                // A connection that cannot be made again is not lost again each time.
                if told.is_some_and(|told| told.is_none() == up) {
                    return;
                }
                match up {
                    true => info!(?socket, "connected with the venue"),
                    false => warn!(?socket, reason = %text, "a connection with the venue is lost"),
                }
                self.side(TO_ALL, SideEvent::Socket { socket, up, text }, out);
            }
            VenueEvent::Down(text) => {
                warn!(reason = %text, "the venue is down");
                self.trouble.down = Some(text.clone());
                let error = LiveError::with(
                    ErrorKind::ConnectionInterrupted,
                    Value::String(text.clone()),
                );
                self.side(TO_ALL, SideEvent::VenueDown { text }, out);
                self.send(TO_ALL, Outgoing::Error(&error), out);
            }
            VenueEvent::Up => {
                info!("the venue is up");
                self.trouble.down = None;
                self.side(TO_ALL, SideEvent::VenueUp, out);
            }
            VenueEvent::FeedStale { symbol } => {
                self.trouble.stale.insert(symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.side(TO_ALL, SideEvent::FeedStale { symbol }, out);
                }
            }
            VenueEvent::FeedFresh { symbol } => {
                self.trouble.stale.remove(&symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.side(TO_ALL, SideEvent::FeedFresh { symbol }, out);
                }
            }
            VenueEvent::Notice(notice) => {
                log_notice(&notice);
                if notice.code == bybit_codes::AUTH_REFUSED {
                    self.trouble.login = Some(notice.clone());
                }
                self.tell_notice(TO_ALL, notice, (String::new(), 0), out);
            }
            VenueEvent::OrderNotice { handle, notice } => {
                log_notice(&notice);
                let about = self.router.owner_of(handle);
                let (to, symbol, order_id) = about.unwrap_or((TO_ALL, u32::MAX, 0));
                self.tell_notice(to, notice, (self.name(symbol), order_id), out);
            }
        }
    }

    /// Tells a notice; what does not work any more is told as an error too, so that bots that take
    /// no notices, and hftbacktest's, hear of it.
    pub(super) fn tell_notice<O: Outlet>(
        &mut self,
        to: u64,
        Refusal { code, text }: Refusal,
        (symbol, order_id): (String, u64),
        out: &mut O,
    ) {
        let severity = codes::severity(code);
        let notice = SideEvent::Notice {
            severity,
            code,
            symbol,
            order_id,
            text: text.clone(),
        };
        self.side(to, notice, out);
        if severity == Severity::Error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text)),
            ]));
            let kind = match code {
                bybit_codes::AUTH_REFUSED => ErrorKind::CriticalConnectionError,
                _ => ErrorKind::Custom(code),
            };
            self.send(to, Outgoing::Error(&LiveError::with(kind, value)), out);
        }
    }
}

/// What is more than good to know may cost money and stands out in the log.
fn log_notice(Refusal { code, text }: &Refusal) {
    match codes::severity(*code) {
        Severity::Info => info!(code, "{text}"),
        Severity::Warning | Severity::Error => warn!(code, "{text}"),
    }
}
