//! Phases 2 and 3: orders and positions, over the same socket.

use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes;
use hbl_venues::kit::decimal::DecimalError;
use hbl_venues::kit::venue::{Amendment, NewOrder, OrderReport, Reject, Venue, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde::Deserialize;

use crate::market_data::Toy;

/// Not sent: there is no connection.
const NOT_CONNECTED: i64 = 3901;
/// The venue rejected the order.
const REJECTED: i64 = 3902;

/// The state of an order, with the execution that led to it.
#[derive(Deserialize)]
pub struct OrderFrame<'a> {
    handle: u64,
    state: &'a str,
    leaves: &'a str,
    fill_qty: &'a str,
    fill_px: &'a str,
    ts_ms: i64,
}

pub struct OpenOrder {
    symbol: usize,
    side: Side,
}

impl Toy {
    /// What was on its way when the connection was lost is asked for, never sent again.
    pub fn ask_for_orders(&mut self) {
        let handles: Vec<_> = self.orders.keys().copied().collect();
        for handle in handles {
            self.send(format!(r#"{{"op":"query","handle":{handle}}}"#));
        }
    }

    pub fn read_order(&mut self, frame: &OrderFrame<'_>) -> Result<(), DecimalError> {
        let Some(order) = self.orders.get(&frame.handle) else {
            return Ok(());
        };
        let (index, side) = (order.symbol, order.side);
        let i = &mut self.instruments[index];
        let lots = i.scale.lot.units(frame.fill_qty)?;
        let leaves = i.scale.lot.units(frame.leaves)?;
        let exec_price_tick = i.scale.tick.units(frame.fill_px)?;
        let (status, reject) = match frame.state {
            "open" if lots > 0 => (Status::PartiallyFilled, None),
            "open" => (Status::New, None),
            "filled" => (Status::Filled, None),
            "canceled" => (Status::Canceled, None),
            other => {
                let text = format!("the venue refused the order: {other}");
                let code = REJECTED;
                (Status::Rejected, Some(Reject { code, text }))
            }
        };
        if !matches!(status, Status::New | Status::PartiallyFilled) {
            self.orders.remove(&frame.handle);
        }
        let exch_ts = frame.ts_ms * 1_000_000;
        // 0 keeps what is known of price and quantity.
        self.events.push(VenueEvent::Order(OrderReport {
            handle: frame.handle,
            status,
            price_tick: 0,
            qty: 0.0,
            leaves_qty: i.scale.lot.f64_of(leaves),
            exec_qty: i.scale.lot.f64_of(lots),
            exec_price_tick,
            maker: false,
            exch_ts,
            details: None,
            reject,
        }));
        if lots > 0 {
            i.position += if side == Side::Buy { lots } else { -lots };
            self.events.push(VenueEvent::Position {
                symbol: index as u32,
                qty: i.scale.lot.f64_of(i.position),
                exch_ts,
            });
        }
        Ok(())
    }

    fn reject_request(&mut self, handle: u64, code: i64, text: &str) {
        let text = text.to_owned();
        let reject = Reject { code, text };
        self.events
            .push(VenueEvent::RequestReject { handle, reject });
    }
}

impl Venue for Toy {
    fn keeps_orders(&self) -> bool {
        true
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        let index = symbol as usize;
        let i = &self.instruments[index];
        let qty = i.scale.lot.units_of_f64(order.qty);
        let qty = qty.and_then(|lots| i.scale.lot.text(lots));
        let px = i.scale.tick.text(order.price_tick);
        let (true, Some(qty), Some(px)) = (self.link.is_open(), qty, px) else {
            let text = "not sent: no connection, or off the grid".to_owned();
            let code = NOT_CONNECTED;
            let report = OrderReport::rejected(order, now.unix_ns, Reject { code, text });
            self.events.push(VenueEvent::Order(report));
            return;
        };
        let (handle, side, name) = (order.handle, order.side, &i.symbol);
        let buys = side == Side::Buy;
        let text = format!(
            r#"{{"op":"order","handle":{handle},"symbol":"{name}","buy":{buys},"px":"{px}","qty":"{qty}"}}"#
        );
        let symbol = index;
        self.orders.insert(handle, OpenOrder { symbol, side });
        self.send(text);
    }

    fn cancel(&mut self, _now: Now, _symbol: u32, handle: u64) {
        if self.link.is_open() {
            self.send(format!(r#"{{"op":"cancel","handle":{handle}}}"#));
        } else {
            self.reject_request(
                handle,
                NOT_CONNECTED,
                "not sent: there is no connection; cancel again",
            );
        }
    }

    fn amend(&mut self, _now: Now, _symbol: u32, change: &Amendment) {
        self.reject_request(
            change.handle,
            codes::ORDER_UNSUPPORTED,
            "the toy venue cannot amend: cancel and submit anew",
        );
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        let i = &self.instruments[symbol as usize];
        Some(i.scale.lot.f64_of(i.position))
    }
}
