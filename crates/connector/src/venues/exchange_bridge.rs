//! Between the bus's orders and those of the exchange crate.

use hbl_exchange::{
    AmendOrder, CancelOrder, Instrument, NewOrder as ExchangeOrder, OrderReport as Report,
    OrderStatus, OrderType, Position, Reject, Request, Side as ExchangeSide,
    TimeInForce as ExchangeTif,
};
use hftbacktest::types::{OrdType, Side, Status, TimeInForce};

use crate::venue::{Balance, NewOrder, OrderReport, Refusal};

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

/// An amendment for the exchange.
pub fn amend(symbol: u32, spec: &Instrument, handle: u64, price_tick: i64, qty: f64) -> Request {
    AmendOrder {
        account: ACCOUNT,
        symbol,
        client_id: handle,
        px: Some(spec.px(price_tick)),
        qty: Some(qty),
    }
    .into()
}

/// What the exchange says of an order, for the bus.
pub fn order_report(spec: &Instrument, report: &Report, exch_ts: i64) -> OrderReport {
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
        refusal: report
            .reason
            .filter(|reason| is_refusal(report.status, *reason))
            .map(refusal),
    }
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

/// The money of the account, for the bus. The exchange asks for no margin; with a limit of the
/// exposure (`is_limited`) it does not tell how much of it is left.
pub fn balance(
    coin: &str,
    wallet_balance: f64,
    unrealised_pnl: f64,
    is_limited: bool,
    exch_ts: i64,
) -> Balance {
    let equity = wallet_balance + unrealised_pnl;
    let if_unlimited = |amount: f64| if is_limited { f64::NAN } else { amount };
    Balance {
        coin: coin.to_owned(),
        equity,
        wallet_balance,
        available: if_unlimited(equity),
        initial_margin: if_unlimited(0.0),
        maintenance_margin: 0.0,
        unrealised_pnl,
        exch_ts,
    }
}

/// A reason of the exchange, for the bus.
pub fn refusal(reason: Reject) -> Refusal {
    Refusal {
        code: reason.code(),
        text: reason.text().to_owned(),
    }
}

/// An order that ended by its own terms (the rest of an IOC, a FOK without liquidity) was not
/// refused; a post-only order that would have taken was, as venues report it.
fn is_refusal(status: OrderStatus, reason: Reject) -> bool {
    status == OrderStatus::Rejected
        || matches!(reason, Reject::PostOnlyWouldCross | Reject::SelfTrade)
}
