//! Frames of the private socket: orders, executions, positions, wallets.

use hftbacktest::types::TimeInForce;

use crate::bybit::core::previous_session::{FirstReport, OrderSession};
use crate::bybit::core::{BybitCore, Login, Socket};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::execution::ExecutionItem;
use crate::bybit::frames::order::{OrderItem, OrderPhase};
use crate::bybit::frames::private::{PrivateFrame, parse};
use crate::bybit::frames::text::Text;
use crate::bybit::orders::link_id::Origin;
use crate::bybit::orders::venue_order::FillEffect;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::scale::Scale;
use crate::kit::venue::VenueEvent;

const SECOND_NS: u64 = 1_000_000_000;
const ANSWER_NS: u64 = 10 * SECOND_NS;

/// Outcome of one item of a list of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// An order that is followed.
    Followed(u64),
    /// It cannot be read; the order when that much is known.
    Unreadable(Option<u64>),
    /// Of others, or of no interest.
    Other,
}

impl BybitCore {
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
                    let plan = self.plan();
                    self.reconcile.start(now.mono_ns, plan);
                } else {
                    let text = format!("private topics refused: {}", reply.text.or_empty());
                    self.notice(codes::TOPIC_REFUSED, text);
                    self.kill(now, Socket::Private, "private topics refused");
                }
            }
            // Without the instruments they cannot be understood. The account is read after them, and with
            // it all that has happened until then.
            PrivateFrame::Orders(..) | PrivateFrame::Executions(_) if !self.listings.are_known => {}
            PrivateFrame::Orders(reported_ns, items) => {
                for item in &items {
                    self.order_item(now, item, reported_ns);
                }
            }
            PrivateFrame::Executions(items) => {
                for item in &items {
                    self.execution_item(now, item);
                }
            }
            PrivateFrame::Positions(reported_ns, items) => {
                for item in &items {
                    self.position_item(now, item, reported_ns);
                }
            }
            PrivateFrame::Wallets(reported_ns, items) => {
                for item in &items {
                    self.wallet_balances(now, item, reported_ns);
                    self.wallet_item(now, item, reported_ns);
                }
            }
            PrivateFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    /// True for items of the category that this connector trades; REST leaves it out.
    fn is_of_category(&self, category: &Text<'_>) -> bool {
        category
            .get()
            .is_none_or(|category| category == self.settings.category)
    }

    /// The unit of an order: its own, or the venue's of now.
    fn unit_of(&self, known: Option<u64>, name: &str) -> Option<Scale> {
        let order = known.and_then(|handle| self.orders.get(handle));
        match order {
            Some(order) => Some(*order.scale()),
            None => self.listings.get(name).map(|listing| listing.scale),
        }
    }

    /// One order of the stream or of REST; a bad one does not lose its neighbours.
    pub(super) fn order_item(&mut self, now: Now, item: &OrderItem<'_>, reported_ns: i64) -> Seen {
        if !self.is_of_category(&item.category) {
            return Seen::Other;
        }
        let (link_id, name) = (item.order_link_id.or_empty(), item.symbol.or_empty());
        let known = self.orders.find(link_id, item.order_id.or_empty());
        if known.is_none() && matches!(item.order_link_id, Text::Odd | Text::Absent) {
            let error = match item.order_link_id {
                Text::Odd => FrameError::value("orderLinkId", "a list or object"),
                _ => FrameError::Missing("orderLinkId"),
            };
            return self.order_unreadable(now, None, item, &error);
        }
        let session = match known {
            Some(_) => OrderSession::Current,
            None => self.session_of(link_id),
        };
        if session == OrderSession::Foreign {
            return Seen::Other;
        }
        if let OrderSession::Previous(id) = session
            && self.is_of_other_connector(id, item)
        {
            self.report_other_connector(now, id, name);
            return Seen::Other;
        }
        let unit = self.unit_of(known, name);
        if unit.is_none() {
            // It may be listed again: until it is, nothing can be said of the order.
            self.reread(now, name);
        }
        let unit = unit.ok_or_else(|| FrameError::value("symbol", name));
        // An order of a previous session may be off the current tick: it was made with another one.
        let unit = match (unit, known, item.price.get()) {
            (Ok(unit), None, Some(price)) => Ok(unit.with_price(price).unwrap_or(unit)),
            (unit, ..) => unit,
        };
        let read = unit.and_then(|unit| match item.update(&unit, reported_ns)? {
            // An unknown status says nothing about the order's end.
            update if update.phase == OrderPhase::Unknown => {
                let status = item.order_status.or_empty();
                Err(FrameError::value("orderStatus", status))
            }
            update => Ok((unit, update)),
        });
        let (unit, update) = match read {
            Ok(read) => read,
            Err(error) => return self.order_unreadable(now, known, item, &error),
        };
        if update.lot != unit.lot {
            self.reread(now, name);
        }
        // Also of an order that its executions have made known meanwhile.
        let was_unread = self.previous.unreadable.remove(link_id);
        if let OrderSession::Previous(id) = session {
            // What had ended before it was ever seen is of the past, but for the first reading.
            if update.phase.is_terminal() && !self.is_gathering() && !was_unread {
                return Seen::Other;
            }
            let first = FirstReport {
                id,
                link_id,
                name,
                unit,
                side: update.side,
                price_tick: update.price_tick,
                qty_lots: update.qty_lots,
                terms: item.terms(),
            };
            if !self.gather(now, &first) {
                return Seen::Other;
            }
        }
        let idx = item.position_idx.int("positionIdx").ok().flatten();
        let handle = self.orders.find(link_id, &update.order_id);
        if let (Some(handle), Some(idx)) = (handle, idx) {
            self.orders.set_position_idx(handle, idx);
        }
        self.orders.on_order(now.mono_ns, &update, &mut self.events);
        if matches!(session, OrderSession::Previous(_)) && !self.is_gathering() {
            self.report_recovered(now);
        }
        handle.map_or(Seen::Other, Seen::Followed)
    }

    /// An order that cannot be read is there all the same: it is asked for again, and named in a notice.
    fn order_unreadable(
        &mut self,
        now: Now,
        known: Option<u64>,
        item: &OrderItem<'_>,
        error: &FrameError,
    ) -> Seen {
        let (link_id, name) = (item.order_link_id.or_empty(), item.symbol.or_empty());
        if error.is_off_grid() {
            self.reread(now, name);
        }
        let Some(handle) = known else {
            self.previous_unreadable(now, link_id, name, error);
            return Seen::Unreadable(None);
        };
        self.frame_errors += 1;
        let text = format!(
            "{} cannot be read: {error}; it counts as open as it was known, and is asked for again",
            self.describe(handle)
        );
        if self.orders.unreadable(now.mono_ns, handle, &text) {
            self.order_notice(handle, codes::FRAME_UNREADABLE, text);
        }
        Seen::Unreadable(Some(handle))
    }

    fn order_notice(&mut self, handle: u64, code: i64, text: String) {
        let notice = Notice::of(code, text);
        self.events.push(VenueEvent::OrderNotice { handle, notice });
    }

    /// The text of an order in notices.
    fn describe(&self, handle: u64) -> String {
        let Some(order) = self.orders.get(handle) else {
            return "an order of this connector".to_owned();
        };
        let name = self.names.get(order.symbol as usize);
        self.describe_link(&order.link_id, name.map_or("", String::as_str))
    }

    pub(super) fn describe_link(&self, link_id: &str, name: &str) -> String {
        match self.ids.decode(link_id) {
            Origin::Ours(id) | Origin::OtherEpoch(id) => {
                format!("order {} of bot {} on {name}", id.order_id, id.owner)
            }
            Origin::Foreign => format!("an order on {name}"),
        }
    }

    pub(super) fn execution_item(&mut self, now: Now, item: &ExecutionItem<'_>) {
        if !self.is_of_category(&item.category) {
            return;
        }
        let (link_id, name) = (item.order_link_id.or_empty(), item.symbol.or_empty());
        let known = self.orders.find(link_id, item.order_id.or_empty());
        // Executions of others have an id of theirs; those without one are sorted by the venue's id.
        let session = if known.is_some() || link_id.is_empty() {
            OrderSession::Current
        } else {
            self.session_of(link_id)
        };
        let is_news = match session {
            OrderSession::Current => true,
            // Later on the order itself is waited for, and its executions are asked for then.
            OrderSession::Previous(_) => self.is_gathering() && self.looks_back(),
            OrderSession::Foreign => false,
        };
        if !is_news {
            return;
        }
        let unit = self.unit_of(known, name);
        let Some(unit) = unit.or_else(|| self.scale_of(name)) else {
            // Of a symbol that this connector does not trade, unless it carries an id of this connector.
            if !link_id.is_empty() {
                self.reread(now, name);
                let error = FrameError::value("symbol", name);
                self.execution_unreadable(now, None, item, &error);
            }
            return;
        };
        let unit = match (known, item.order_price.get()) {
            (None, Some(price)) => unit.with_price(price).unwrap_or(unit),
            _ => unit,
        };
        match item.fill(&unit) {
            Ok(Some(mut fill)) => {
                if fill.fee_coin.is_none() {
                    fill.fee_coin = self.fee_coin_of(name, &fill).map(str::to_owned);
                }
                if let OrderSession::Previous(id) = session {
                    let first = FirstReport {
                        id,
                        link_id,
                        name,
                        unit: Scale {
                            lot: fill.lot,
                            ..unit
                        },
                        side: fill.side,
                        price_tick: item.order_tick(&unit),
                        qty_lots: fill.order_lots.max(fill.lots),
                        terms: (item.order_type(), TimeInForce::GTC),
                    };
                    if !self.gather(now, &first) {
                        return;
                    }
                }
                self.last_exec_ns = self.last_exec_ns.max(fill.exec_ns);
                if fill.lot != unit.lot || fill.between.is_some() {
                    self.reread(now, name);
                }
                let effect = self.orders.on_fill(&fill, &mut self.events);
                if let (Some((handle, FillEffect::Counted)), Some(price)) = (effect, fill.between) {
                    let text = format!(
                        "{}: {} of it was executed at {price}, which lies between two ticks of the order; it is reported at the nearest one",
                        self.describe(handle),
                        fill.lot.f64_of(fill.lots)
                    );
                    self.order_notice(handle, codes::PRICE_ROUNDED, text);
                }
            }
            Ok(None) => {}
            Err(error) => self.execution_unreadable(now, known, item, &error),
        }
    }

    /// An execution that cannot be read is asked for again; what the order's own report says of it
    /// counts until then.
    fn execution_unreadable(
        &mut self,
        now: Now,
        known: Option<u64>,
        item: &ExecutionItem<'_>,
        error: &FrameError,
    ) {
        let exec_id = item.exec_id.or_empty();
        let Some(handle) = known else {
            let what = format!("execution {exec_id} on {}", item.symbol.or_empty());
            self.unreadable(&what, error);
            self.audit_soon(now);
            return;
        };
        self.frame_errors += 1;
        let text = format!(
            "an execution ({exec_id}) of {} cannot be read: {error}; it is asked for again",
            self.describe(handle)
        );
        if self.orders.unreadable_fill(now.mono_ns, handle, &text) {
            self.order_notice(handle, codes::FRAME_UNREADABLE, text);
        }
    }

    /// Something of the account was lost: all of it is compared with the venue soon.
    pub(super) fn audit_soon(&mut self, now: Now) {
        self.audit_at = self.audit_at.min(now.mono_ns + SECOND_NS);
    }
}
