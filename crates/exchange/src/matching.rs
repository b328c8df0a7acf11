//! The engine with its own book: price first, then time.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

use crate::{
    book::{Book, Node, Owner},
    config::SelfTrade,
    engine::{Engine, Taken},
    flow::Flow,
    flow_config::FlowConfig,
    market::{Market, Taker, account_of},
    order::{OrderState, Side, Slot},
    order_manager::OrderManager,
    rng,
};

/// The books of all instruments.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    markets: Vec<Market>,
    /// The background flow of each, where there is one.
    flows: Vec<Option<Flow>>,
    /// When each flow acts next.
    due: BinaryHeap<Reverse<(i64, u32)>>,
    /// Where in its book the open order of a slot rests.
    nodes: Vec<Node>,
}

impl Matching {
    pub(crate) fn add_market(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        flow: Option<FlowConfig>,
    ) {
        let mut market = Market {
            symbol,
            book: Book::default(),
        };
        let flow = flow.map(|config| {
            let stream = rng::stream(manager.config.seed, rng::FLOW + u64::from(symbol));
            let spec = &manager.specs[symbol as usize];
            let mut flow = Flow::new(&config, spec, manager.now_ns, stream);
            flow.open(&mut market, manager);
            self.due.push(Reverse((flow.next_ns(), symbol)));
            flow
        });
        self.markets.push(market);
        self.flows.push(flow);
    }

    pub(crate) fn levels(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        let levels = self
            .markets
            .get(symbol as usize)
            .map_or(&[][..], |m| m.book.side(side));
        levels.iter().rev().map(|level| (level.px_tick, level.lots))
    }

    fn book(&mut self, symbol: u32) -> &mut Book {
        &mut self.markets[symbol as usize].book
    }
}

impl Engine for Matching {
    fn crosses(&self, symbol: u32, side: Side, limit_tick: i64) -> bool {
        self.best(symbol, side.opposite())
            .is_some_and(|tick| side.reaches(limit_tick, tick))
    }

    fn fillable(&self, manager: &OrderManager, order: &OrderState) -> bool {
        let book = &self.markets[order.symbol as usize].book;
        let policy = manager.config.self_trade;
        let mut left = order.leaves_lots;
        for level in book.side(order.side.opposite()).iter().rev() {
            if !order.side.reaches(order.limit_tick(), level.px_tick) {
                break;
            }
            for (_, owner, lots) in book.queue(level) {
                let own = account_of(manager, owner) == order.account;
                match policy {
                    SelfTrade::ExpireTaker if own => return false,
                    SelfTrade::ExpireMaker if own => {}
                    _ => left -= lots,
                }
                if left <= 0 {
                    return true;
                }
            }
        }
        false
    }

    fn take(&mut self, manager: &mut OrderManager, slot: Slot) -> Taken {
        let order = *manager.orders.get(slot);
        let taker = Taker {
            owner: Owner::Account(slot),
            side: order.side,
            limit_tick: order.limit_tick(),
            lots: order.leaves_lots,
        };
        match self.markets[order.symbol as usize].take(manager, taker) {
            (0, _) => Taken::All,
            (_, true) => Taken::SelfTrade,
            (_, false) => Taken::Exhausted,
        }
    }

    fn rest(&mut self, manager: &mut OrderManager, slot: Slot) {
        let order = *manager.orders.get(slot);
        let owner = Owner::Account(slot);
        let node =
            self.book(order.symbol)
                .push(owner, order.side, order.px_tick, order.leaves_lots);
        if self.nodes.len() <= slot as usize {
            self.nodes.resize(slot as usize + 1, Node::MAX);
        }
        self.nodes[slot as usize] = node;
        self.markets[order.symbol as usize].publish(manager, order.side, order.px_tick);
    }

    fn withdraw(&mut self, manager: &mut OrderManager, slot: Slot) {
        let order = *manager.orders.get(slot);
        let node = self.nodes[slot as usize];
        self.book(order.symbol).remove(node);
        self.markets[order.symbol as usize].publish(manager, order.side, order.px_tick);
    }

    fn shrink(&mut self, manager: &mut OrderManager, slot: Slot, by_lots: i64) {
        let order = *manager.orders.get(slot);
        let node = self.nodes[slot as usize];
        self.book(order.symbol).reduce(node, by_lots);
        self.markets[order.symbol as usize].publish(manager, order.side, order.px_tick);
    }

    fn settle(&mut self, manager: &mut OrderManager) {
        for (market, flow) in self.markets.iter_mut().zip(&mut self.flows) {
            if let Some(flow) = flow {
                flow.refill(market, manager);
            }
        }
    }

    fn next_due_ns(&self) -> Option<i64> {
        self.due.peek().map(|Reverse((ns, _))| *ns)
    }

    fn step(&mut self, manager: &mut OrderManager) {
        let Some(mut due) = self.due.peek_mut() else {
            return;
        };
        let at = due.0.1 as usize;
        if let Some(flow) = &mut self.flows[at] {
            flow.act(&mut self.markets[at], manager);
            due.0.0 = flow.next_ns();
        } else {
            PeekMut::pop(due);
        }
    }

    fn best(&self, symbol: u32, side: Side) -> Option<i64> {
        self.markets[symbol as usize]
            .book
            .best(side)
            .map(|level| level.px_tick)
    }
}
