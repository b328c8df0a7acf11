//! Requests of bots, as the venue's arguments.

use hftbacktest::types::{OrdType, Side, TimeInForce};

use crate::bybit::core::BybitCore;
use crate::bybit::core::requests::Op;
use crate::bybit::options::OrderEntry;
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::venue::{Amendment, NewOrder, OrderReport, Reject, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
/// Orders in one batch: the limit of spot; linear takes 20.
const BATCH_MAX: usize = 10;
/// How long the last of many cancellations may wait for the quota: half of a cancel-all
/// helps no user.
const CANCEL_ALL_WAIT_NS: u64 = 60 * SECOND_NS;

impl BybitCore {
    /// Sends a new order; its owner and the owner's id of it travel in the `orderLinkId` and come
    /// back after a restart.
    pub(super) fn send_order(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        if let Err((code, text)) = self.try_submit(now, symbol, order) {
            let reject = Reject { code, text };
            if self.orders.get(order.handle).is_some() {
                self.orders.refused(order.handle, reject, &mut self.events);
                return;
            }
            self.events.push(VenueEvent::Order(OrderReport::rejected(
                order,
                now.unix_ns,
                reject,
            )));
        }
    }

    fn try_submit(&mut self, now: Now, symbol: u32, order: &NewOrder) -> Result<(), (i64, String)> {
        self.may_send_op(now, Op::Create)?;
        let name = self.names.get(symbol as usize).cloned().unwrap_or_default();
        let Some(scale) = self.scale_of(&name) else {
            return Err((codes::OFF_GRID, format!("{name} is not known")));
        };
        if let Some(why) = self.orders_stopped(&name) {
            return Err((codes::INSTRUMENT_CHANGED, why.to_owned()));
        }
        let grid = |what: &str| {
            (
                codes::OFF_GRID,
                format!("{what} is not on the grid of {name}"),
            )
        };
        let lots = scale.lot.units_of_f64(order.qty).filter(|lots| *lots > 0);
        let lots = lots.ok_or_else(|| grid("the quantity"))?;
        let qty = scale.lot.text(lots).ok_or_else(|| grid("the quantity"))?;
        let unsupported =
            |what: &str| (codes::UNSUPPORTED, format!("this {what} is not supported"));
        let (side, category) = (side_text(order.side), &self.settings.category);
        let terms = match order.order_type {
            OrdType::Limit => {
                let price = scale.tick.text(order.price_tick);
                let price = price.filter(|_| order.price_tick > 0);
                let price = price.ok_or_else(|| grid("the price"))?;
                let tif = match order.time_in_force {
                    TimeInForce::GTC => "GTC",
                    TimeInForce::GTX => "PostOnly",
                    TimeInForce::IOC => "IOC",
                    TimeInForce::FOK => "FOK",
                    TimeInForce::Unsupported => return Err(unsupported("time in force")),
                };
                format!(r#""orderType":"Limit","price":"{price}","timeInForce":"{tif}""#)
            }
            // Spot counts a market buy in quote coin by default.
            OrdType::Market if category == "spot" => {
                r#""orderType":"Market","marketUnit":"baseCoin""#.to_owned()
            }
            OrdType::Market => r#""orderType":"Market""#.to_owned(),
            OrdType::Unsupported => return Err(unsupported("order type")),
        };
        let is_upstream = self.upstream_bots.contains(&order.owner);
        let link_id = self.ids.next_of(order.owner, order.order_id, is_upstream);
        let position_idx = self.position_idx(symbol, &name, order.side, order.qty);
        let idx = if category == "spot" {
            String::new()
        } else {
            format!(r#","positionIdx":{position_idx}"#)
        };
        let args = format!(
            r#"{{"category":"{category}","symbol":"{name}","side":"{side}",{terms},"qty":"{qty}"{idx},"orderLinkId":"{link_id}"}}"#
        );
        self.note_run();
        let id = (order.handle, symbol);
        let terms = (order.price_tick, lots);
        let mut followed = VenueOrder::new(id, link_id, scale, order.side, terms);
        followed.position_idx = position_idx;
        self.orders.insert(now.mono_ns, followed);
        let limits = (self.order_wait_ns(), order.deadline_ns);
        self.request(now, Op::Create, vec![order.handle], args, limits)
    }

    fn order_wait_ns(&self) -> u64 {
        u64::from(self.settings.order_wait_ms) * 1_000_000
    }

    pub(super) fn send_cancel(&mut self, now: Now, handle: u64) {
        let Some((name, link_id)) = self.named(handle) else {
            return;
        };
        if let Some((code, text)) = self.is_others(handle) {
            self.refuse_request(handle, code, text);
            return;
        }
        if self.requests.will_cancel(handle) || self.take_back(handle) {
            return;
        }
        let category = &self.settings.category;
        let args =
            format!(r#"{{"category":"{category}","symbol":"{name}","orderLinkId":"{link_id}"}}"#);
        let limits = (self.order_wait_ns(), u64::MAX);
        if let Err((code, text)) = self.request(now, Op::Cancel, vec![handle], args, limits) {
            self.refuse_request(handle, code, text);
        }
    }

    /// Cancels several orders, each by its own id, in batches where the venue takes them. They wait
    /// for the quota longer than single ones do. Orders that wait themselves are not sent any more.
    pub(super) fn cancel_several(&mut self, now: Now, handles: &[u64]) {
        let mut wanted = Vec::new();
        for handle in handles.iter().copied() {
            if let Some((code, text)) = self.is_others(handle) {
                self.refuse_request(handle, code, text);
            } else if !self.requests.will_cancel(handle) && !self.take_back(handle) {
                wanted.push(handle);
            }
        }
        let size = match self.settings.order_entry {
            OrderEntry::Socket => BATCH_MAX,
            OrderEntry::Rest => 1,
        };
        for chunk in wanted.chunks(size) {
            let mut items = Vec::new();
            let mut known = Vec::new();
            for handle in chunk {
                if let Some((name, link_id)) = self.named(*handle) {
                    items.push(format!(r#""symbol":"{name}","orderLinkId":"{link_id}""#));
                    known.push(*handle);
                }
            }
            let category = &self.settings.category;
            let (op, args) = match items.as_slice() {
                [] => continue,
                [item] => (Op::Cancel, format!(r#"{{"category":"{category}",{item}}}"#)),
                items => {
                    let list = items.join("},{");
                    let args = format!(r#"{{"category":"{category}","request":[{{{list}}}]}}"#);
                    (Op::CancelBatch, args)
                }
            };
            let limits = (CANCEL_ALL_WAIT_NS, u64::MAX);
            let sent = self.request(now, op, known.clone(), args, limits);
            if let Err((code, text)) = sent {
                for handle in known {
                    self.refuse_request(handle, code, text.clone());
                }
            }
        }
    }

    pub(super) fn send_amend(&mut self, now: Now, change: &Amendment) {
        let Amendment {
            handle, price_tick, ..
        } = *change;
        let Some((name, link_id)) = self.named(handle) else {
            return;
        };
        // In the unit that the order was made with: its owner counts in it.
        let Some(unit) = self.orders.get(handle).map(|order| *order.scale()) else {
            return;
        };
        let price = unit.tick.text(price_tick).filter(|_| price_tick > 0);
        let lots = unit.lot.units_of_f64(change.qty).filter(|lots| *lots > 0);
        let qty = lots.and_then(|lots| unit.lot.text(lots));
        let (Some(price), Some(qty)) = (price, qty) else {
            let text = format!("price or quantity is not on the grid of {name}");
            self.refuse_request(handle, codes::OFF_GRID, text);
            return;
        };
        let category = &self.settings.category;
        let args = format!(
            r#"{{"category":"{category}","symbol":"{name}","orderLinkId":"{link_id}","qty":"{qty}","price":"{price}"}}"#
        );
        let limits = (self.order_wait_ns(), change.deadline_ns);
        match self.request(now, Op::Amend, vec![handle], args, limits) {
            Ok(()) => self.orders.wants(handle, (price_tick, change.qty)),
            Err((code, text)) => self.refuse_request(handle, code, text),
        }
    }

    fn named(&self, handle: u64) -> Option<(String, String)> {
        let order = self.orders.get(handle).filter(|order| !order.has_ended())?;
        let name = self.names.get(order.symbol as usize)?;
        Some((name.clone(), order.link_id.clone()))
    }
}

fn side_text(side: Side) -> &'static str {
    if side == Side::Buy { "Buy" } else { "Sell" }
}
