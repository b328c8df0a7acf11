//! The matching engine against a reference engine, written as simply as possible.

mod support;

use std::collections::BTreeMap;

use hbl_exchange::{
    AmendOrder, NewOrder, OrderType, Request, SelfTrade,
    Side::{self, Buy, Sell},
    TimeInForce,
};
use proptest::prelude::*;
use support::{cancel, orders, quiet, send};

/// Maker, taker, price, quantity.
type Fill = ((u64, u64), (u64, u64), i64, i64);

#[derive(Clone, Debug)]
struct Order {
    id: (u64, u64),
    side: Side,
    px: i64,
    leaves: i64,
    filled: i64,
    rests: bool,
    post_only: bool,
}

/// Resting orders in the order of their arrival; every search scans all of them.
#[derive(Debug)]
struct Naive {
    book: Vec<Order>,
    fills: Vec<Fill>,
    policy: SelfTrade,
}

impl Naive {
    /// The oldest of the best that `order` can trade with.
    fn counterpart(&self, order: &Order) -> Option<usize> {
        let sign = order.side.sign();
        let mut found: Option<usize> = None;
        for (at, maker) in self.book.iter().enumerate() {
            let reachable = maker.side != order.side && sign * maker.px <= sign * order.px;
            let better = found.is_none_or(|best| sign * maker.px < sign * self.book[best].px);
            if reachable && better {
                found = Some(at);
            }
        }
        found
    }

    fn enter(&mut self, mut order: Order) {
        if order.post_only && self.counterpart(&order).is_some() {
            return;
        }
        while order.leaves > 0
            && let Some(at) = self.counterpart(&order)
        {
            if self.book[at].id.0 == order.id.0 {
                match self.policy {
                    SelfTrade::ExpireTaker => return,
                    SelfTrade::ExpireMaker => {
                        self.book.remove(at);
                        continue;
                    }
                    SelfTrade::Allow => {}
                }
            }
            let maker = &mut self.book[at];
            let lots = maker.leaves.min(order.leaves);
            self.fills.push((maker.id, order.id, maker.px, lots));
            maker.leaves -= lots;
            maker.filled += lots;
            order.leaves -= lots;
            order.filled += lots;
            if maker.leaves == 0 {
                self.book.remove(at);
            }
        }
        if order.leaves > 0 && order.rests {
            self.book.push(order);
        }
    }

    fn kill_unless_filled(&mut self, order: Order) {
        let lots = order.leaves;
        let mut trial = Self {
            book: self.book.clone(),
            fills: Vec::new(),
            policy: self.policy,
        };
        trial.enter(order);
        if trial.fills.iter().map(|fill| fill.3).sum::<i64>() == lots {
            self.book = trial.book;
            self.fills.append(&mut trial.fills);
        }
    }

    fn apply(&mut self, request: &Request) {
        match *request {
            Request::New(n) => {
                let id = (n.account, n.client_id);
                if self.book.iter().any(|order| order.id == id) {
                    return;
                }
                let px = match (n.order_type, n.side) {
                    (OrderType::Limit, _) => n.px as i64,
                    (OrderType::Market, Buy) => i64::MAX,
                    (OrderType::Market, Sell) => 0,
                };
                let limit = n.order_type == OrderType::Limit;
                let post_only = n.tif == TimeInForce::Gtx;
                let rests = limit && (post_only || n.tif == TimeInForce::Gtc);
                let leaves = n.qty as i64;
                let order = Order {
                    id,
                    side: n.side,
                    px,
                    leaves,
                    filled: 0,
                    rests,
                    post_only,
                };
                match n.tif {
                    TimeInForce::Gtx if !limit => {}
                    TimeInForce::Fok => self.kill_unless_filled(order),
                    _ => self.enter(order),
                }
            }
            Request::Cancel(c) => self
                .book
                .retain(|order| order.id != (c.account, c.client_id)),
            Request::Amend(a) => {
                let id = (a.account, a.client_id);
                let Some(at) = self.book.iter().position(|order| order.id == id) else {
                    return;
                };
                let old = self.book[at].clone();
                let px = a.px.map_or(old.px, |px| px as i64);
                let total = a.qty.map_or(old.leaves + old.filled, |qty| qty as i64);
                let leaves = total - old.filled;
                if leaves <= 0 {
                    self.book.remove(at);
                } else if px == old.px && leaves <= old.leaves {
                    self.book[at].leaves = leaves;
                } else {
                    self.book.remove(at);
                    self.enter(Order { px, leaves, ..old });
                }
            }
            Request::CancelAll(_) => {}
        }
    }

    fn levels(&self, side: Side) -> Vec<(i64, i64)> {
        let mut levels = BTreeMap::new();
        for order in self.book.iter().filter(|order| order.side == side) {
            *levels.entry(-side.sign() * order.px).or_insert(0) += order.leaves;
        }
        levels
            .into_iter()
            .map(|(key, lots)| (-side.sign() * key, lots))
            .collect()
    }
}

fn request() -> impl Strategy<Value = Request> {
    use TimeInForce::{Fok, Gtc, Gtx, Ioc};
    let side = || prop_oneof![Just(Buy), Just(Sell)];
    let tif = prop_oneof![5 => Just(Gtc), 1 => Just(Gtx), 1 => Just(Ioc), 1 => Just(Fok)];
    let id = || (1_u64..4, 1_u64..10);
    let px = || (97_i32..=103).prop_map(f64::from);
    let qty = || (1_i32..20).prop_map(f64::from);
    prop_oneof![
        12 => (id(), side(), px(), qty(), tif, 0..8).prop_map(
            |((account, client_id), side, px, qty, tif, kind)| {
                let order_type = if kind == 0 { OrderType::Market } else { OrderType::Limit };
                NewOrder { account, symbol: 0, client_id, side, order_type, tif, px, qty }.into()
            }
        ),
        2 => id().prop_map(|(account, client_id)| cancel(account, client_id)),
        3 => (id(), proptest::option::of(px()), proptest::option::of(qty())).prop_map(
            |((account, client_id), px, qty)| {
                AmendOrder { account, symbol: 0, client_id, px, qty }.into()
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn both_engines_fill_the_same_orders_in_the_same_order(
        requests in proptest::collection::vec(request(), 1..150),
        policy in prop_oneof![
            Just(SelfTrade::ExpireTaker), Just(SelfTrade::ExpireMaker), Just(SelfTrade::Allow)
        ],
    ) {
        let mut naive = Naive { book: Vec::new(), fills: Vec::new(), policy };
        let mut ex = quiet(policy);
        let mut parts: BTreeMap<u64, [Option<hbl_exchange::OrderReport>; 2]> = BTreeMap::new();
        for request in &requests {
            naive.apply(request);
            for report in orders(&send(&mut ex, *request)) {
                if report.trade_id > 0 {
                    parts.entry(report.trade_id).or_default()[usize::from(report.maker)] = Some(report);
                }
            }
            for side in [Buy, Sell] {
                prop_assert_eq!(support::book(&ex, side), naive.levels(side));
            }
        }
        let fills: Vec<Fill> = parts
            .values()
            .map(|[taker, maker]| {
                let (taker, maker) = (taker.expect("a taker"), maker.expect("a maker"));
                assert_eq!(taker.last_lots, maker.last_lots);
                let id = |o: hbl_exchange::OrderReport| (o.account, o.client_id);
                (id(maker), id(taker), maker.last_px_tick, maker.last_lots)
            })
            .collect();
        prop_assert_eq!(fills, naive.fills);
    }
}
