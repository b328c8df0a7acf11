//! One instrument: its book, and orders that take from it.

use crate::{
    BACKGROUND_ACCOUNT,
    book::{Book, Owner},
    config::SelfTrade,
    event::OrderStatus,
    order::Side,
    order_manager::{Execution, OrderManager},
    reject::Reject,
};

/// The book of one instrument.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) symbol: u32,
    pub(crate) book: Book,
}

/// An order that takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    pub(crate) owner: Owner,
    pub(crate) side: Side,
    pub(crate) limit_tick: i64,
    pub(crate) lots: i64,
}

impl Market {
    /// Publishes the present level of a price.
    pub(crate) fn publish(&self, manager: &mut OrderManager, side: Side, px_tick: i64) {
        manager.level(self.symbol, side, px_tick, self.book.lots_at(side, px_tick));
    }

    /// Takes from the other side, best price and oldest order first. Returns what is left to take
    /// and whether it stopped at an order of its own account.
    pub(crate) fn take(&mut self, manager: &mut OrderManager, taker: Taker) -> (i64, bool) {
        let maker_side = taker.side.opposite();
        let account = account_of(manager, taker.owner);
        let mut left = taker.lots;
        // The level that has changed and is not published yet.
        let mut touched = None;
        let mut met_itself = false;
        while left > 0
            && let Some((node, owner, px_tick, resting)) = self.book.front(maker_side)
            && taker.side.reaches(taker.limit_tick, px_tick)
        {
            if let Some(tick) = touched.filter(|&tick| tick != px_tick) {
                self.publish(manager, maker_side, tick);
            }
            let own = owner != Owner::Background && account_of(manager, owner) == account;
            match (own, manager.config.self_trade, owner) {
                (true, SelfTrade::ExpireTaker, _) => {
                    touched = touched.filter(|&tick| tick == px_tick);
                    met_itself = true;
                    break;
                }
                (true, SelfTrade::ExpireMaker, Owner::Account(slot)) => {
                    self.book.remove(node);
                    manager.close(slot, OrderStatus::Expired, Some(Reject::SelfTrade));
                }
                _ => {
                    let lots = left.min(resting);
                    left -= lots;
                    self.book.reduce(node, lots);
                    let trade_id = manager.trade(self.symbol, taker.side, px_tick, lots);
                    let execution = Execution {
                        px_tick,
                        lots,
                        maker: true,
                        trade_id,
                    };
                    if let Owner::Account(slot) = owner {
                        manager.execute(slot, execution);
                    }
                    if let Owner::Account(slot) = taker.owner {
                        manager.execute(
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
            self.publish(manager, maker_side, tick);
        }
        (left, met_itself)
    }
}

pub(crate) fn account_of(manager: &OrderManager, owner: Owner) -> u64 {
    match owner {
        Owner::Background => BACKGROUND_ACCOUNT,
        Owner::Account(slot) => manager.orders.get(slot).account,
    }
}
