//! Converts orders and reports between the dispatcher and the exchange crate.

use std::sync::Arc;

use hbl_exchange::{
    AmendOrder, CancelAll, CancelOrder, Instrument, NewOrder as ExchangeOrder,
    OrderReport as Report, OrderStatus, OrderType, Position, Reject as ExchangeReject, Request,
    Side as ExchangeSide, TimeInForce as ExchangeTif,
};
use hftbacktest::types::{OrdType, Side, Status, TimeInForce};

use crate::kit::order_rules::VenueCode;
use crate::kit::venue::{Amendment, Balance, ExecutionDetails, NewOrder, OrderReport, Reject};

/// All bots of a connector trade on one account, as at a venue.
pub const ACCOUNT: u64 = 1;

/// A new order for the exchange. What hftbacktest marks as unsupported never comes here.
pub fn new_order(symbol: u32, spec: &Instrument, order: &NewOrder) -> Request {
    ExchangeOrder {
        account: ACCOUNT,
        symbol,
        client_id: order.handle,
        side: if order.side == Side::Sell {
            ExchangeSide::Sell
        } else {
            ExchangeSide::Buy
        },
        order_type: match order.order_type {
            OrdType::Market => OrderType::Market,
            _ => OrderType::Limit,
        },
        tif: match order.time_in_force {
            TimeInForce::GTX => ExchangeTif::Gtx,
            TimeInForce::IOC => ExchangeTif::Ioc,
            TimeInForce::FOK => ExchangeTif::Fok,
            _ => ExchangeTif::Gtc,
        },
        px: spec.px(order.price_tick),
        qty: order.qty,
    }
    .into()
}

/// A cancellation for the exchange.
pub fn cancel(symbol: u32, handle: u64) -> Request {
    CancelOrder {
        account: ACCOUNT,
        symbol,
        client_id: handle,
    }
    .into()
}

/// A cancellation of every open order of a symbol.
pub fn cancel_all(symbol: u32) -> Request {
    CancelAll {
        account: ACCOUNT,
        symbol: Some(symbol),
    }
    .into()
}

/// An amendment for the exchange.
pub fn amend(symbol: u32, spec: &Instrument, change: &Amendment) -> Request {
    AmendOrder {
        account: ACCOUNT,
        symbol,
        client_id: change.handle,
        px: Some(spec.px(change.price_tick)),
        qty: Some(change.qty),
    }
    .into()
}

/// A report of the exchange, for the bus. `code`: the venue's own number of a reason; `coin`: what fees are
/// paid in.
pub fn order_report(
    spec: &Instrument,
    report: &Report,
    exch_ts: i64,
    code: VenueCode,
    coin: &str,
) -> OrderReport {
    OrderReport {
        handle: report.client_id,
        status: match report.status {
            OrderStatus::New => Status::New,
            OrderStatus::PartiallyFilled => Status::PartiallyFilled,
            OrderStatus::Filled => Status::Filled,
            OrderStatus::Canceled => Status::Canceled,
            OrderStatus::Expired => Status::Expired,
            OrderStatus::Rejected => Status::Rejected,
            OrderStatus::Replaced => Status::Replaced,
        },
        // A market order keeps the price that its bot gave it.
        price_tick: report.px_tick,
        qty: spec.qty(report.qty_lots),
        leaves_qty: spec.qty(report.leaves_lots),
        exec_qty: spec.qty(report.last_lots),
        exec_price_tick: report.last_px_tick,
        maker: report.maker,
        exch_ts,
        details: (report.last_lots > 0).then(|| Arc::new(details(report, coin))),
        reject: report
            .reason
            .filter(|reason| is_reported(report.status, *reason))
            .map(|reason| reject(reason, code)),
    }
}

/// What the exchange says of an execution. A trade between two orders of the account is an execution of each,
/// so that its number alone would not tell them apart.
fn details(report: &Report, coin: &str) -> ExecutionDetails {
    ExecutionDetails {
        fee: Some(without_last_digits(report.fee)),
        fee_coin: Some(coin.to_owned()),
        trade_id: Some(format!("{}-{}", report.trade_id, report.order_id)),
    }
}

/// A product of floats as the decimal that it stands for: 0.06, not 0.060000000000000005.
fn without_last_digits(amount: f64) -> f64 {
    format!("{amount:.13e}").parse().unwrap_or(amount)
}

/// Profit of a position at the middle of the book, negative is a loss; of a book with one side
/// only at that side, and 0 without a book. `best`: best bid and ask in ticks.
pub fn unrealised(spec: &Instrument, position: &Position, best: [Option<i64>; 2]) -> f64 {
    let [bid, ask] = best.map(|tick| tick.map(|tick| spec.px(tick)));
    let mark = match (bid, ask) {
        (Some(bid), Some(ask)) => (bid + ask) / 2.0,
        (Some(px), None) | (None, Some(px)) => px,
        (None, None) => return 0.0,
    };
    spec.qty(position.qty_lots) * (mark - position.entry_px)
}

/// The money of the account, for the bus: what positions and open orders need of it is not
/// available.
pub fn balance(
    coin: &str,
    wallet_balance: f64,
    unrealised_pnl: f64,
    initial_margin: f64,
    exch_ts: i64,
) -> Balance {
    let equity = wallet_balance + unrealised_pnl;
    Balance {
        coin: coin.to_owned(),
        equity,
        wallet_balance,
        available: (equity - initial_margin).max(0.0),
        initial_margin,
        maintenance_margin: 0.0,
        unrealised_pnl,
        exch_ts,
    }
}

/// A reason of the exchange, for the bus, under the venue's own number where it has one.
pub fn reject(reason: ExchangeReject, code: VenueCode) -> Reject {
    Reject {
        code: code(reason).unwrap_or(reason.code()),
        text: reason.text().to_owned(),
    }
}

/// True when the reason is reported: for rejected orders, and for those that ended because of post-only
/// or self-trade. The end of an IOC or FOK needs no reason.
fn is_reported(status: OrderStatus, reason: ExchangeReject) -> bool {
    status == OrderStatus::Rejected
        || matches!(
            reason,
            ExchangeReject::PostOnlyWouldCross | ExchangeReject::SelfTrade
        )
}

#[cfg(test)]
mod tests {
    use super::without_last_digits;

    #[test]
    fn a_fee_is_the_decimal_that_its_product_stands_for() {
        for (amount, decimal) in [
            (0.1 + 0.2, 0.3),
            (60_200.1 * 0.003 * 0.0005, 0.090_300_15),
            (-0.060_000_000_000_000_005, -0.06),
            (0.0, 0.0),
            (12_345_678.912_345, 12_345_678.912_345),
        ] {
            assert_eq!(without_last_digits(amount).to_bits(), f64::to_bits(decimal));
        }
    }
}
