//! Orders, and the table of the open ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Side of an order, of a level, or of the aggressor of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Buy,
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// +1 for a buy, −1 for a sell.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// 0 for a buy, 1 for a sell.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Buy => 0,
            Self::Sell => 1,
        }
    }

    /// Whether an order of this side with `limit_tick` trades at `px_tick`.
    pub(crate) const fn reaches(self, limit_tick: i64, px_tick: i64) -> bool {
        match self {
            Self::Buy => px_tick <= limit_tick,
            Self::Sell => px_tick >= limit_tick,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderType {
    /// Trades at the limit price or better.
    Limit,
    /// Trades at any price; the part without liquidity expires.
    Market,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TimeInForce {
    /// Good till canceled.
    Gtc,
    /// Post-only: expires when it would take.
    Gtx,
    /// Immediate or cancel: the rest expires.
    Ioc,
    /// Fill or kill: all at once or expired.
    Fok,
}

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderState {
    pub account: u64,
    /// The owner's id, unique among the owner's open orders.
    pub client_id: u64,
    /// The exchange's id, never used twice, ascending from 1.
    pub order_id: u64,
    /// Index of the instrument.
    pub symbol: u32,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    /// Limit price in ticks; 0 for a market order.
    pub px_tick: i64,
    /// Ordered quantity, what was filled included.
    pub qty_lots: i64,
    /// Open quantity.
    pub leaves_lots: i64,
    /// Executed quantity.
    pub cum_lots: i64,
}

impl OrderState {
    /// The worst price the order may trade at, in ticks.
    pub(crate) fn limit_tick(&self) -> i64 {
        match (self.order_type, self.side) {
            (OrderType::Limit, _) => self.px_tick,
            (OrderType::Market, Side::Buy) => i64::MAX,
            (OrderType::Market, Side::Sell) => 0,
        }
    }

    /// Whether the part that is not filled at once stays in the book.
    pub(crate) fn rests(&self) -> bool {
        self.order_type == OrderType::Limit
            && matches!(self.tif, TimeInForce::Gtc | TimeInForce::Gtx)
    }
}

/// Index of an open order in [`Orders`].
pub(crate) type Slot = u32;

/// The open orders of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    slots: Vec<OrderState>,
    free: Vec<Slot>,
    by_id: BTreeMap<(u64, u64), Slot>,
}

impl Orders {
    pub(crate) fn find(&self, account: u64, client_id: u64) -> Option<Slot> {
        self.by_id.get(&(account, client_id)).copied()
    }

    pub(crate) fn insert(&mut self, order: OrderState) -> Slot {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = order;
                slot
            }
            None => {
                self.slots.push(order);
                (self.slots.len() - 1) as Slot
            }
        };
        self.by_id.insert((order.account, order.client_id), slot);
        slot
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> OrderState {
        let order = self.slots[slot as usize];
        self.by_id.remove(&(order.account, order.client_id));
        self.free.push(slot);
        order
    }

    pub(crate) fn get(&self, slot: Slot) -> &OrderState {
        &self.slots[slot as usize]
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> &mut OrderState {
        &mut self.slots[slot as usize]
    }

    /// The open orders of an account, by client id.
    pub(crate) fn of(&self, account: u64) -> impl Iterator<Item = (Slot, &OrderState)> {
        self.by_id
            .range((account, 0)..=(account, u64::MAX))
            .map(|(_, &slot)| (slot, &self.slots[slot as usize]))
    }
}
