//! A price-time priority book of individual orders.

use crate::order::{Side, Slot};

/// Index of an order in the book.
pub(crate) type Node = u32;

const NIL: Node = Node::MAX;

/// Owner of an order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The background flow.
    Background,
    /// An open order of an account.
    Account(Slot),
}

/// An order in the book.
#[derive(Clone, Copy, Debug)]
struct Resting {
    owner: Owner,
    side: Side,
    px_tick: i64,
    lots: i64,
    prev: Node,
    next: Node,
}

/// A price level: a queue of orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) px_tick: i64,
    /// Quantity of all orders, in lots.
    pub(crate) lots: i64,
    /// The background's part of it.
    pub(crate) background_lots: i64,
    head: Node,
    tail: Node,
}

/// The book of one instrument.
#[derive(Debug, Default)]
pub(crate) struct Book {
    nodes: Vec<Resting>,
    free: Vec<Node>,
    /// Levels of each side, best last: most changes are near the end.
    sides: [Vec<Level>; 2],
}

impl Book {
    /// The levels of a side, best last.
    pub(crate) fn side(&self, side: Side) -> &[Level] {
        &self.sides[side.index()]
    }

    /// The best level of a side.
    pub(crate) fn best(&self, side: Side) -> Option<&Level> {
        self.sides[side.index()].last()
    }

    /// Position of a price in [`side`](Self::side), or where it would be.
    pub(crate) fn locate(&self, side: Side, px_tick: i64) -> Result<usize, usize> {
        let key = side.sign() * px_tick;
        self.sides[side.index()].binary_search_by_key(&key, |level| side.sign() * level.px_tick)
    }

    /// The level at a price.
    pub(crate) fn level(&self, side: Side, px_tick: i64) -> Option<&Level> {
        self.locate(side, px_tick)
            .ok()
            .map(|at| &self.sides[side.index()][at])
    }

    /// Quantity at a price, in lots.
    pub(crate) fn lots_at(&self, side: Side, px_tick: i64) -> i64 {
        self.level(side, px_tick).map_or(0, |level| level.lots)
    }

    /// Adds an order at the end of its level's queue.
    pub(crate) fn push(&mut self, owner: Owner, side: Side, px_tick: i64, lots: i64) -> Node {
        debug_assert!(lots > 0);
        let at = match self.locate(side, px_tick) {
            Ok(at) => at,
            Err(at) => {
                let level = Level {
                    px_tick,
                    lots: 0,
                    background_lots: 0,
                    head: NIL,
                    tail: NIL,
                };
                self.sides[side.index()].insert(at, level);
                at
            }
        };
        let level = &mut self.sides[side.index()][at];
        let order = Resting {
            owner,
            side,
            px_tick,
            lots,
            prev: level.tail,
            next: NIL,
        };
        let node = match self.free.pop() {
            Some(node) => {
                self.nodes[node as usize] = order;
                node
            }
            None => {
                self.nodes.push(order);
                (self.nodes.len() - 1) as Node
            }
        };
        match level.tail {
            NIL => level.head = node,
            tail => self.nodes[tail as usize].next = node,
        }
        level.tail = node;
        level.lots += lots;
        if owner == Owner::Background {
            level.background_lots += lots;
        }
        node
    }

    /// Makes an order smaller; at 0 it leaves, and with the last order its level.
    pub(crate) fn reduce(&mut self, node: Node, by_lots: i64) {
        let order = self.nodes[node as usize];
        debug_assert!(by_lots > 0 && by_lots <= order.lots);
        let Ok(at) = self.locate(order.side, order.px_tick) else {
            debug_assert!(false, "an order without a level");
            return;
        };
        let levels = &mut self.sides[order.side.index()];
        let level = &mut levels[at];
        level.lots -= by_lots;
        if order.owner == Owner::Background {
            level.background_lots -= by_lots;
        }
        if by_lots < order.lots {
            self.nodes[node as usize].lots -= by_lots;
            return;
        }
        match order.prev {
            NIL => level.head = order.next,
            prev => self.nodes[prev as usize].next = order.next,
        }
        match order.next {
            NIL => level.tail = order.prev,
            next => self.nodes[next as usize].prev = order.prev,
        }
        if level.head == NIL {
            levels.remove(at);
        }
        self.free.push(node);
    }

    /// Takes an order out.
    pub(crate) fn remove(&mut self, node: Node) {
        self.reduce(node, self.nodes[node as usize].lots);
    }

    /// The order that is next to trade on a side: node, owner, price, quantity.
    pub(crate) fn front(&self, side: Side) -> Option<(Node, Owner, i64, i64)> {
        let node = self.best(side)?.head;
        let order = &self.nodes[node as usize];
        Some((node, order.owner, order.px_tick, order.lots))
    }

    /// The orders of a level in the order of their priority: node, owner, quantity.
    pub(crate) fn queue(&self, level: &Level) -> impl Iterator<Item = (Node, Owner, i64)> {
        let mut at = level.head;
        std::iter::from_fn(move || {
            let order = self.nodes.get(at as usize)?;
            let node = std::mem::replace(&mut at, order.next);
            Some((node, order.owner, order.lots))
        })
    }

    /// Whether a level holds one order.
    pub(crate) fn is_single(&self, level: &Level) -> bool {
        level.head == level.tail
    }

    /// The last order of a level's queue: node, owner, quantity.
    pub(crate) fn back(&self, level: &Level) -> (Node, Owner, i64) {
        let order = &self.nodes[level.tail as usize];
        (level.tail, order.owner, order.lots)
    }
}
