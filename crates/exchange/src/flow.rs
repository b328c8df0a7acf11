//! The background flow: quotes and trades that keep a book deep and its price moving.
//!
//! A hidden fair price walks at random and quotes follow it; with a fast price and a low rate the book
//! lags. Trades arrive as a Hawkes process: each sets off others for a while. An action that publishes
//! more than one level or trade is paid back by skipped actions, so that the configured rates hold on
//! average.

use rand::RngCore as _;

use crate::{
    arrivals::{Action, Arrivals},
    book::{Book, Owner},
    fair_price::FairPrice,
    flow_config::FlowConfig,
    flow_sizes::FlowSizes,
    instrument::Instrument,
    market::{Market, Taker},
    order::Side,
    order_manager::OrderManager,
    rng::{self, Stream},
};

/// Fewest levels of its own that the flow keeps on each side; with many levels it is a third.
const LEVELS_MIN: usize = 4;
/// Levels that one action may pull or trade away.
const SWEEP_MAX: usize = 3;
/// How far, in ticks, a quote may be on the wrong side of the fair price.
const TOLERANCE_TICKS: f64 = 0.25;
/// Most actions that are paid back.
const DEBT_MAX: i64 = 10_000;

/// The background flow of one instrument.
#[derive(Debug)]
pub(crate) struct Flow {
    stream: Stream,
    arrivals: Arrivals,
    fair: FairPrice,
    sizes: FlowSizes,
    last_ns: i64,
    next_ns: i64,
    next: Action,
    levels: usize,
    /// Levels of its own that the flow keeps on each side whatever happens.
    levels_min: usize,
    trade_side: Side,
    /// Level updates that were published beyond one for an action: so many quote actions are left out.
    owed_quotes: i64,
    /// The same for trades.
    owed_trades: i64,
}

impl Flow {
    pub(crate) fn new(config: &FlowConfig, spec: &Instrument, now_ns: i64, stream: Stream) -> Self {
        let initial_tick = spec.nearest_tick(config.initial_px) as f64;
        let mut flow = Self {
            stream,
            arrivals: Arrivals::new(config),
            fair: FairPrice::new(config, initial_tick),
            sizes: FlowSizes::new(config, spec),
            last_ns: now_ns,
            next_ns: now_ns,
            next: Action::Quote,
            levels: config.levels as usize,
            levels_min: (config.levels as usize / 3).max(LEVELS_MIN),
            trade_side: Side::Buy,
            owed_quotes: 0,
            owed_trades: 0,
        };
        flow.schedule();
        flow
    }

    pub(crate) fn next_ns(&self) -> i64 {
        self.next_ns
    }

    /// Makes the first book.
    pub(crate) fn open(&mut self, market: &mut Market, manager: &mut OrderManager) {
        for side in [Side::Buy, Side::Sell] {
            let mut tick = self.fair.target(side);
            while market.book.side(side).len() < self.levels {
                let distance = (market.book.side(side).len() + 1) as f64;
                for _ in 0..4 {
                    let lots = self.sizes.order_lots(distance, &mut self.stream);
                    market.book.push(Owner::Background, side, tick, lots);
                }
                market.publish(manager, side, tick);
                tick -= side.sign() * self.gap();
            }
        }
    }

    /// Does the action that is due, and draws the next one.
    pub(crate) fn act(&mut self, market: &mut Market, manager: &mut OrderManager) {
        let elapsed_ns = self.next_ns - self.last_ns;
        self.fair.walk(elapsed_ns, &mut self.stream);
        self.last_ns = self.next_ns;
        match self.next {
            Action::Quote if self.owed_quotes > 0 && !self.is_wide(&market.book) => {
                self.owed_quotes -= 1;
            }
            Action::Quote => self.quote(market, manager),
            Action::Trade => {
                self.arrivals.excite();
                if self.owed_trades > 0 {
                    self.owed_trades -= 1;
                } else {
                    self.trade(market, manager);
                }
            }
        }
        self.schedule();
    }

    /// Adds levels where there are fewer than `levels_min` of the flow's own.
    pub(crate) fn refill(&mut self, market: &mut Market, manager: &mut OrderManager) {
        for side in [Side::Buy, Side::Sell] {
            let mut own = market
                .book
                .side(side)
                .iter()
                .rev()
                .filter(|l| l.background_lots > 0);
            let Some(missing) = (0..self.levels_min).position(|_| own.next().is_none()) else {
                continue;
            };
            let missing = self.levels_min - missing;
            let worst = market
                .book
                .side(side)
                .iter()
                .find(|l| l.background_lots > 0);
            let mut tick = match worst {
                Some(level) => level.px_tick - side.sign() * self.gap(),
                None => passive(&market.book, side, self.fair.target(side)),
            };
            for _ in 0..missing {
                if tick < 1 {
                    break;
                }
                self.add(market, manager, side, tick);
                tick -= side.sign() * self.gap();
            }
        }
    }

    fn schedule(&mut self) {
        let (wait_ns, next) = self.arrivals.draw(&mut self.stream);
        self.next_ns = self.last_ns.saturating_add(wait_ns);
        self.next = next;
    }

    /// Corrects the top of the book, or tends the depth: the more levels are missing, the more often.
    fn quote(&mut self, market: &mut Market, manager: &mut OrderManager) {
        if self.uniform() < 0.02 {
            self.fair.draw_spread(&mut self.stream);
        }
        let side = if self.stream.next_u32() & 1 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let missing = 1.0 - market.book.side(side).len() as f64 / self.levels as f64;
        if !self.is_wide(&market.book) && self.uniform() < (0.3 + 1.5 * missing).clamp(0.3, 0.95) {
            self.maintain(market, manager, side);
            return;
        }
        let published = manager.levels();
        self.correct(market, manager);
        let published = (manager.levels() - published) as i64;
        if published == 0 {
            self.maintain(market, manager, side);
        }
        self.owed_quotes = (self.owed_quotes + (published - 1).max(0)).min(DEBT_MAX);
    }

    /// Whether the spread is so wide that closing it goes before everything else.
    fn is_wide(&self, book: &Book) -> bool {
        match (book.best(Side::Buy), book.best(Side::Sell)) {
            (Some(bid), Some(ask)) => self.fair.is_wide(ask.px_tick - bid.px_tick),
            _ => true,
        }
    }

    /// Cancels quotes on the wrong side of the fair price and adds better ones where the best are too far
    /// away. Both in one action, so that a fast price leaves a lagging book, not a wide one.
    fn correct(&mut self, market: &mut Market, manager: &mut OrderManager) {
        self.refill(market, manager);
        for side in [Side::Buy, Side::Sell] {
            let Some(best) = market.book.best(side).map(|level| level.px_tick) else {
                continue;
            };
            let beyond = side.sign() as f64 * (best as f64 - self.fair.tick());
            if beyond > TOLERANCE_TICKS {
                self.retreat(market, manager, side);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            let Some(best) = market.book.best(side).map(|level| level.px_tick) else {
                continue;
            };
            let tick = passive(&market.book, side, self.fair.target(side));
            if side.sign() * best < side.sign() * tick {
                self.add(market, manager, side, tick);
            }
        }
    }

    /// Pulls the flow's own quotes beyond the fair price, and trades with those of others.
    fn retreat(&mut self, market: &mut Market, manager: &mut OrderManager, side: Side) {
        let sign = side.sign();
        let limit = self.fair.wrong_from(side);
        for _ in 0..SWEEP_MAX {
            let Some(&level) = market.book.best(side) else {
                break;
            };
            if sign * level.px_tick < sign * limit {
                break;
            }
            if level.lots > level.background_lots {
                let lots = self.sizes.trade_lots(&mut self.stream).min(level.lots);
                take(market, manager, side.opposite(), level.px_tick, lots);
                break;
            }
            if market.book.side(side).len() <= self.levels_min {
                // Another level first, so that the side is never empty.
                let worst = market
                    .book
                    .side(side)
                    .first()
                    .map_or(limit, |level| level.px_tick);
                let beyond = (worst - sign * self.gap()).max(1);
                self.add(market, manager, side, beyond);
            }
            if market.book.side(side).len() < 2 {
                break;
            }
            Self::clear_level(market, manager, side, level.px_tick);
        }
    }

    /// Takes all of the flow's orders out of a level.
    fn clear_level(market: &mut Market, manager: &mut OrderManager, side: Side, px_tick: i64) {
        while let Some(level) = market.book.level(side, px_tick) {
            let own = market
                .book
                .queue(level)
                .find(|(_, owner, _)| *owner == Owner::Background);
            let Some((node, ..)) = own else { break };
            market.book.remove(node);
        }
        market.publish(manager, side, px_tick);
    }

    /// Adds to levels that are thin, takes from those that are thick.
    fn maintain(&mut self, market: &mut Market, manager: &mut OrderManager, side: Side) {
        let levels = market.book.side(side);
        let Some(best) = levels.last().map(|level| level.px_tick) else {
            self.refill(market, manager);
            return;
        };
        if levels.len() < self.levels {
            let offset = self.sizes.offset(&mut self.stream);
            let tick = best - side.sign() * offset;
            if tick >= 1 {
                self.add(market, manager, side, tick);
                return;
            }
        }
        if levels.len() > self.levels {
            let own = levels.iter().find(|level| level.background_lots > 0);
            if let Some(tick) = own.map(|level| level.px_tick) {
                Self::clear_level(market, manager, side, tick);
                return;
            }
        }
        let depth =
            ((self.exponential() * 0.2 * levels.len() as f64) as usize).min(levels.len() - 1);
        let level = levels[levels.len() - 1 - depth];
        let usual = self.sizes.level_lots((depth + 1) as f64);
        let thick = level.background_lots as f64 / (level.background_lots as f64 + usual);
        let last_own = level.background_lots == level.lots && market.book.is_single(&level);
        let keep = last_own && (depth == 0 || levels.len() <= self.levels_min);
        let node = if self.uniform() < thick && !keep {
            match market.book.back(&level) {
                (node, Owner::Background, _) => Some(node),
                _ => None,
            }
        } else {
            None
        };
        match node {
            Some(node) => {
                market.book.remove(node);
                market.publish(manager, side, level.px_tick);
            }
            None => self.add(market, manager, side, level.px_tick),
        }
    }

    /// Adds an order and publishes its level.
    fn add(&mut self, market: &mut Market, manager: &mut OrderManager, side: Side, px_tick: i64) {
        let best = market
            .book
            .best(side)
            .map_or(px_tick, |level| level.px_tick);
        let distance = (side.sign() * (best - px_tick)).max(0) as f64 + 1.0;
        let lots = self.sizes.order_lots(distance, &mut self.stream);
        market.book.push(Owner::Background, side, px_tick, lots);
        market.publish(manager, side, px_tick);
    }

    fn trade(&mut self, market: &mut Market, manager: &mut OrderManager) {
        let (Some(bid), Some(ask)) = (market.book.best(Side::Buy), market.book.best(Side::Sell))
        else {
            self.refill(market, manager);
            return;
        };
        if self.uniform() < 0.5 {
            let middle = (bid.px_tick + ask.px_tick) as f64 / 2.0;
            let width = (ask.px_tick - bid.px_tick) as f64;
            let pull = ((self.fair.tick() - middle) / width).clamp(-0.4, 0.4);
            self.trade_side = if self.uniform() < 0.5 + pull {
                Side::Buy
            } else {
                Side::Sell
            };
        }
        let side = self.trade_side;
        let levels = market.book.side(side.opposite());
        let mut lots = self.sizes.trade_lots(&mut self.stream);
        let reach = if levels.len() > self.levels_min + SWEEP_MAX {
            SWEEP_MAX
        } else {
            // A thin side is touched, not emptied.
            lots = lots.min(levels[levels.len() - 1].lots - 1);
            1
        };
        if lots < 1 {
            self.owed_quotes += 1;
            self.maintain(market, manager, side.opposite());
            return;
        }
        let limit_tick = levels[levels.len() - reach].px_tick;
        let trades = manager.trades();
        let levels_before = manager.levels();
        take(market, manager, side, limit_tick, lots);
        let trades = (manager.trades() - trades) as i64;
        let levels = (manager.levels() - levels_before) as i64;
        self.owed_trades = (self.owed_trades + trades - 1).min(DEBT_MAX);
        self.owed_quotes = (self.owed_quotes + levels).min(DEBT_MAX);
    }

    fn uniform(&mut self) -> f64 {
        rng::uniform(&mut self.stream)
    }

    fn exponential(&mut self) -> f64 {
        rng::exponential(&mut self.stream)
    }

    /// Ticks to the next level, 1 or more.
    fn gap(&mut self) -> i64 {
        self.sizes.gap(&mut self.stream)
    }
}

/// The price nearest to `tick` that does not take.
fn passive(book: &Book, side: Side, tick: i64) -> i64 {
    match (side, book.best(side.opposite())) {
        (Side::Buy, Some(ask)) => tick.min(ask.px_tick - 1),
        (Side::Sell, Some(bid)) => tick.max(bid.px_tick + 1),
        (_, None) => tick,
    }
}

/// Trades with the levels of the other side up to `limit_tick`.
fn take(market: &mut Market, manager: &mut OrderManager, side: Side, limit_tick: i64, lots: i64) {
    market.take(
        manager,
        Taker {
            owner: Owner::Background,
            side,
            limit_tick,
            lots,
        },
    );
}
