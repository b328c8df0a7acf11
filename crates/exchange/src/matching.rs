//! The engine with its own book: price first, then time.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

use crate::{
    BACKGROUND_ACCOUNT,
    book::{Book, Node, Owner},
    config::SelfTrade,
    desk::{Desk, Execution},
    engine::{Engine, Taken},
    event::OrderStatus,
    flow::Flow,
    flow_config::FlowConfig,
    order::{OrderState, Side, Slot},
    reject::Reject,
    rng,
};

/// The book of one instrument and what the background does with it.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) symbol: u32,
    pub(crate) book: Book,
    flow: Option<Flow>,
}

/// All books.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    markets: Vec<Market>,
    /// When each flow acts next.
    due: BinaryHeap<Reverse<(i64, u32)>>,
    /// Where in its book the open order of a slot rests.
    nodes: Vec<Node>,
}

/// An order that takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    pub(crate) owner: Owner,
    pub(crate) side: Side,
    pub(crate) limit_tick: i64,
    pub(crate) lots: i64,
}

impl Matching {
    pub(crate) fn add_market(&mut self, desk: &mut Desk, symbol: u32, flow: Option<FlowConfig>) {
        let mut market = Market {
            symbol,
            book: Book::default(),
            flow: None,
        };
        if let Some(config) = flow {
            let stream = rng::stream(desk.config.seed, rng::FLOW + u64::from(symbol));
            let spec = &desk.specs[symbol as usize];
            let mut flow = Flow::new(&config, spec, desk.now_ns, stream);
            flow.open(&mut market, desk);
            self.due.push(Reverse((flow.next_ns(), symbol)));
            market.flow = Some(flow);
        }
        self.markets.push(market);
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

impl Market {
    /// Publishes what is at a price now.
    pub(crate) fn publish(&self, desk: &mut Desk, side: Side, px_tick: i64) {
        desk.level(self.symbol, side, px_tick, self.book.lots_at(side, px_tick));
    }

    /// Takes from the other side, best price and oldest order first. Returns what is left to take
    /// and whether it stopped at an order of its own account.
    pub(crate) fn take(&mut self, desk: &mut Desk, taker: Taker) -> (i64, bool) {
        let maker_side = taker.side.opposite();
        let account = account_of(desk, taker.owner);
        let mut left = taker.lots;
        // The level that has changed and is not published yet.
        let mut touched = None;
        let mut met_itself = false;
        while left > 0
            && let Some((node, owner, px_tick, resting)) = self.book.front(maker_side)
            && taker.side.reaches(taker.limit_tick, px_tick)
        {
            if let Some(tick) = touched.filter(|&tick| tick != px_tick) {
                self.publish(desk, maker_side, tick);
            }
            let own = owner != Owner::Background && account_of(desk, owner) == account;
            match (own, desk.config.self_trade, owner) {
                (true, SelfTrade::ExpireTaker, _) => {
                    touched = touched.filter(|&tick| tick == px_tick);
                    met_itself = true;
                    break;
                }
                (true, SelfTrade::ExpireMaker, Owner::Account(slot)) => {
                    self.book.remove(node);
                    desk.close(slot, OrderStatus::Expired, Some(Reject::SelfTrade));
                }
                _ => {
                    let lots = left.min(resting);
                    left -= lots;
                    self.book.reduce(node, lots);
                    let trade_id = desk.trade(self.symbol, taker.side, px_tick, lots);
                    let execution = Execution {
                        px_tick,
                        lots,
                        maker: true,
                        trade_id,
                    };
                    if let Owner::Account(slot) = owner {
                        desk.execute(slot, execution);
                    }
                    if let Owner::Account(slot) = taker.owner {
                        desk.execute(
                            slot,
                            Execution {
                                maker: false,
                                ..execution
                            },
                        );
                    }
                }
            }
            touched = Some(px_tick);
        }
        if let Some(tick) = touched {
            self.publish(desk, maker_side, tick);
        }
        (left, met_itself)
    }
}

fn account_of(desk: &Desk, owner: Owner) -> u64 {
    match owner {
        Owner::Background => BACKGROUND_ACCOUNT,
        Owner::Account(slot) => desk.orders.get(slot).account,
    }
}

impl Engine for Matching {
    fn crosses(&self, symbol: u32, side: Side, limit_tick: i64) -> bool {
        self.best(symbol, side.opposite())
            .is_some_and(|tick| side.reaches(limit_tick, tick))
    }

    fn fillable(&self, desk: &Desk, order: &OrderState) -> bool {
        let book = &self.markets[order.symbol as usize].book;
        let policy = desk.config.self_trade;
        let mut left = order.leaves_lots;
        for level in book.side(order.side.opposite()).iter().rev() {
            if !order.side.reaches(order.limit_tick(), level.px_tick) {
                break;
            }
            for (_, owner, lots) in book.queue(level) {
                let own = account_of(desk, owner) == order.account;
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

    fn take(&mut self, desk: &mut Desk, slot: Slot) -> Taken {
        let order = *desk.orders.get(slot);
        let taker = Taker {
            owner: Owner::Account(slot),
            side: order.side,
            limit_tick: order.limit_tick(),
            lots: order.leaves_lots,
        };
        match self.markets[order.symbol as usize].take(desk, taker) {
            (0, _) => Taken::All,
            (_, true) => Taken::SelfTrade,
            (_, false) => Taken::Exhausted,
        }
    }

    fn rest(&mut self, desk: &mut Desk, slot: Slot) {
        let order = *desk.orders.get(slot);
        let owner = Owner::Account(slot);
        let node =
            self.book(order.symbol)
                .push(owner, order.side, order.px_tick, order.leaves_lots);
        if self.nodes.len() <= slot as usize {
            self.nodes.resize(slot as usize + 1, Node::MAX);
        }
        self.nodes[slot as usize] = node;
        self.markets[order.symbol as usize].publish(desk, order.side, order.px_tick);
    }

    fn withdraw(&mut self, desk: &mut Desk, slot: Slot) {
        let order = *desk.orders.get(slot);
        let node = self.nodes[slot as usize];
        self.book(order.symbol).remove(node);
        self.markets[order.symbol as usize].publish(desk, order.side, order.px_tick);
    }

    fn shrink(&mut self, desk: &mut Desk, slot: Slot, by_lots: i64) {
        let order = *desk.orders.get(slot);
        let node = self.nodes[slot as usize];
        self.book(order.symbol).reduce(node, by_lots);
        self.markets[order.symbol as usize].publish(desk, order.side, order.px_tick);
    }

    fn settle(&mut self, desk: &mut Desk) {
        for market in &mut self.markets {
            if let Some(mut flow) = market.flow.take() {
                flow.refill(market, desk);
                market.flow = Some(flow);
            }
        }
    }

    fn next_due_ns(&self) -> Option<i64> {
        self.due.peek().map(|Reverse((ns, _))| *ns)
    }

    fn step(&mut self, desk: &mut Desk) {
        let Some(mut due) = self.due.peek_mut() else {
            return;
        };
        let market = &mut self.markets[due.0.1 as usize];
        if let Some(mut flow) = market.flow.take() {
            flow.act(market, desk);
            due.0.0 = flow.next_ns();
            market.flow = Some(flow);
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
