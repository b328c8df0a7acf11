//! Logging in, and what the private socket tells.

use super::{BybitCore, Login, Socket};
use crate::clock::Now;
use crate::venue::VenueEvent;
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::execution::ExecutionItem;
use crate::venues::bybit::frames::order::OrderItem;
use crate::venues::bybit::frames::position::{Leg, PositionItem};
use crate::venues::bybit::frames::private::{PrivateFrame, parse};
use crate::venues::bybit::link_id::Origin;
use crate::venues::bybit::ret_code::{Outcome, outcome};

const SECOND_NS: u64 = 1_000_000_000;
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// How long a login frame stays valid.
const LOGIN_MS: i64 = 10_000;

const FLAT: Leg = Leg {
    idx: 0,
    lots: 0,
    updated_ns: i64::MIN,
    seq: -1,
};

impl BybitCore {
    /// Signed lots of both legs together.
    pub(super) fn net_lots(&self, symbol: &str) -> i64 {
        let legs = self.legs.get(symbol);
        legs.map_or(0, |legs| legs.iter().map(|leg| leg.lots).sum())
    }

    /// Sends the login frame. Nothing else may be sent before its answer.
    pub(super) fn login(&mut self, now: Now, socket: Socket) {
        let Some(credentials) = &self.settings.credentials else {
            return;
        };
        let expires = self.clock.server_ms(now) + LOGIN_MS;
        let (key, sign) = (credentials.key.reveal(), credentials.sign_ws(expires));
        let text = format!(r#"{{"op":"auth","args":["{key}",{expires},"{sign}"]}}"#);
        self.send(socket, text);
        let asked = Login::Asked {
            until: now.mono_ns + ANSWER_NS,
        };
        match socket {
            Socket::Private => self.private = asked,
            _ => self.trade = asked,
        }
    }

    pub(super) fn tick_login(&mut self, now: Now) {
        for (socket, login) in [(Socket::Private, self.private), (Socket::Trade, self.trade)] {
            if let Login::Asked { until } | Login::Subscribing { until } = login
                && now.mono_ns >= until
            {
                self.kill(now, socket, "the login was not answered");
            }
        }
    }

    /// The venue refused a login. A refused key means public data only, until a restart; anything
    /// else (an expired frame, a fault at the venue) is tried again on a new connection.
    pub(super) fn login_refused(
        &mut self,
        now: Now,
        socket: Socket,
        code: Option<i64>,
        words: &str,
    ) {
        let fatal = code.is_some_and(|code| outcome(code) == Outcome::Fatal);
        let code_text = code.map_or_else(String::new, |code| format!(" ({code})"));
        let text = format!(
            "login on the {} connection refused: {words}{code_text}",
            socket.name()
        );
        self.notice(codes::AUTH_REFUSED, text);
        self.clock.doubt(now);
        if !fatal {
            self.kill(now, socket, "login refused");
            return;
        }
        for socket in [Socket::Private, Socket::Trade] {
            let conn = self.link(socket).conn();
            if self.is_link_open(socket) {
                self.actions.push(super::Action::Close(socket, conn));
                self.lost(now, socket, "the key was refused, market data only");
            }
            self.link(socket).stop();
        }
        self.private = Login::Refused;
        self.trade = Login::Refused;
        self.trade_wanted = false;
    }

    pub(super) fn private_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        match parse(bytes)? {
            PrivateFrame::Pong => self.link(Socket::Private).pong(),
            PrivateFrame::Auth(reply) if reply.success => {
                if !matches!(self.private, Login::Asked { .. }) {
                    return Ok(());
                }
                self.private = Login::Subscribing {
                    until: now.mono_ns + ANSWER_NS,
                };
                let args = r#"["order","execution","position","wallet"]"#;
                let text = format!(r#"{{"req_id":"s1","op":"subscribe","args":{args}}}"#);
                self.send(Socket::Private, text);
            }
            PrivateFrame::Auth(reply) => {
                self.login_refused(now, Socket::Private, reply.code, reply.text.or_empty());
            }
            PrivateFrame::Reply(reply) => {
                if !matches!(self.private, Login::Subscribing { .. }) {
                    return Ok(());
                }
                if reply.success {
                    self.private = Login::Yes;
                    self.reconcile.start(now.mono_ns);
                } else {
                    let text = format!("private topics refused: {}", reply.text.or_empty());
                    self.notice(codes::TOPIC_REFUSED, text);
                    self.kill(now, Socket::Private, "private topics refused");
                }
            }
            PrivateFrame::Orders(told_ns, items) => {
                for item in &items {
                    self.order_item(now, item, told_ns);
                }
            }
            PrivateFrame::Executions(items) => {
                for item in &items {
                    self.execution_item(item);
                }
            }
            PrivateFrame::Positions(told_ns, items) => {
                for item in &items {
                    self.position_item(item, told_ns);
                }
            }
            PrivateFrame::Wallets(told_ns, items) => {
                for item in &items {
                    self.wallet_balances(item, told_ns);
                }
            }
            PrivateFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    /// One order of the stream or of REST; a bad one does not lose its neighbours. Gives back its
    /// handle when it is followed.
    pub(super) fn order_item(
        &mut self,
        now: Now,
        item: &OrderItem<'_>,
        told_ns: i64,
    ) -> Option<u64> {
        let link_id = item.order_link_id.or_empty();
        match self.ids.decode(link_id) {
            Origin::Ours(_) => {}
            Origin::OtherEpoch(id) => {
                let text = format!(
                    "order {} of bot {} is of an earlier run",
                    id.order_id, id.owner
                );
                if self.requests.first_time(link_id) {
                    self.notice(codes::UNFOLLOWED_ORDER, text);
                }
                return None;
            }
            Origin::Foreign => return None,
        }
        let scale = self.scale_of(item.symbol.or_empty())?;
        match item.update(&scale, told_ns) {
            Ok(update) => {
                self.orders.on_order(now.mono_ns, &update, &mut self.events);
                self.orders.by_link(&update.link_id)
            }
            Err(error) => {
                self.unreadable("an order of ours", &error);
                let handle = self.orders.by_link(link_id)?;
                self.orders.doubt(now.mono_ns + SECOND_NS, handle);
                None
            }
        }
    }

    pub(super) fn execution_item(&mut self, item: &ExecutionItem<'_>) {
        // Executions of others have an id of theirs; those without one are sorted by the venue's id.
        let link_id = item.order_link_id.or_empty();
        if !link_id.is_empty() && !matches!(self.ids.decode(link_id), Origin::Ours(_)) {
            return;
        }
        let Some(scale) = self.scale_of(item.symbol.or_empty()) else {
            return;
        };
        match item.fill(&scale) {
            Ok(Some(fill)) => {
                self.last_exec_ns = self.last_exec_ns.max(fill.exec_ns);
                self.orders.on_fill(&fill, &mut self.events);
            }
            Ok(None) => {}
            Err(error) => self.unreadable("an execution", &error),
        }
    }

    pub(super) fn position_item(&mut self, item: &PositionItem<'_>, told_ns: i64) {
        let symbol = item.symbol.or_empty();
        let Some(scale) = self.scale_of(symbol) else {
            return;
        };
        match item.leg(&scale, told_ns) {
            Ok(leg) => {
                let legs = self.legs.entry(symbol.to_owned()).or_insert([FLAT; 3]);
                let known = &mut legs[leg.idx];
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
            let lots = self.net_lots(symbol);
            self.events.push(VenueEvent::Position {
                symbol: instrument.symbol,
                qty: instrument.feed.scale().lot.f64_of(lots),
                exch_ts,
            });
        }
    }
}
