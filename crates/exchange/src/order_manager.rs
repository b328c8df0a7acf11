//! Open orders, accounts, reports, latency and faults: shared by both engines.

use crate::{
    account::{Accounts, Ledger},
    config::ExchangeConfig,
    delivery_queue::DeliveryQueue,
    event::{
        BalanceReport, CancelReject, EventBody, LevelUpdate, OrderReport, OrderStatus,
        PositionReport, RequestOp, Trade,
    },
    fault::{Fate, FaultSource},
    instrument::Instrument,
    latency::Path,
    order::{OrderState, Orders, Side, Slot},
    reject::Reject,
    rng,
};

/// One execution of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution {
    pub(crate) px_tick: i64,
    pub(crate) lots: i64,
    pub(crate) maker: bool,
    pub(crate) trade_id: u64,
}

/// Order states, accounts, and the events that leave the exchange.
#[derive(Debug)]
pub(crate) struct OrderManager {
    pub(crate) config: ExchangeConfig,
    pub(crate) specs: Vec<Instrument>,
    pub(crate) orders: Orders,
    pub(crate) accounts: Accounts,
    pub(crate) deliveries: DeliveryQueue,
    /// Exchange time, Unix nanoseconds.
    pub(crate) now_ns: i64,
    feed: Path,
    response: Path,
    faults: FaultSource,
    last_order_id: u64,
    last_trade_id: u64,
    levels: u64,
}

impl OrderManager {
    pub(crate) fn new(config: ExchangeConfig, now_ns: i64) -> Self {
        let latency = config.latency;
        let stream = |purpose| rng::stream(config.seed, purpose);
        Self {
            config,
            specs: Vec::new(),
            orders: Orders::default(),
            accounts: Accounts::new(config.initial_balance),
            deliveries: DeliveryQueue::default(),
            now_ns,
            feed: Path::new(latency.feed_ns, latency.feed_jitter_ns, stream(rng::FEED)),
            response: Path::new(
                latency.response_ns,
                latency.response_jitter_ns,
                stream(rng::RESPONSE),
            ),
            faults: FaultSource::new(config.faults, stream(rng::FAULTS)),
            last_order_id: 0,
            last_trade_id: 0,
            levels: 0,
        }
    }

    pub(crate) fn draw_rejection(&mut self) -> bool {
        self.faults.rejects()
    }

    pub(crate) fn next_order_id(&mut self) -> u64 {
        self.last_order_id += 1;
        self.last_order_id
    }

    /// Trades published so far.
    pub(crate) fn trades(&self) -> u64 {
        self.last_trade_id
    }

    /// Level updates published so far.
    pub(crate) fn levels(&self) -> u64 {
        self.levels
    }

    pub(crate) fn next_trade_id(&mut self) -> u64 {
        self.last_trade_id += 1;
        self.last_trade_id
    }

    // --- open orders

    pub(crate) fn open(&mut self, order: OrderState) -> Slot {
        let ledger = self.ledger_of(&order);
        ledger.open(order.side, order.px_tick, order.leaves_lots);
        ledger.open_orders += 1;
        self.orders.insert(order)
    }

    fn ledger_of(&mut self, order: &OrderState) -> &mut Ledger {
        self.accounts.entry(order.account).ledger_mut(order.symbol)
    }

    /// Ends an order that the engine no longer holds.
    pub(crate) fn close(&mut self, slot: Slot, status: OrderStatus, reason: Option<Reject>) {
        let mut order = self.orders.remove(slot);
        let ledger = self.ledger_of(&order);
        ledger.open(order.side, order.px_tick, -order.leaves_lots);
        ledger.open_orders -= 1;
        order.leaves_lots = 0;
        self.report(&order, status, reason, None);
    }

    /// Changes price and total quantity of an order, whether or not the engine holds it.
    pub(crate) fn replace(&mut self, slot: Slot, px_tick: i64, qty_lots: i64) {
        let order = self.orders.get_mut(slot);
        let before = *order;
        order.px_tick = px_tick;
        order.leaves_lots += qty_lots - order.qty_lots;
        order.qty_lots = qty_lots;
        let order = *order;
        let ledger = self.ledger_of(&order);
        ledger.open(before.side, before.px_tick, -before.leaves_lots);
        ledger.open(order.side, order.px_tick, order.leaves_lots);
        self.report(&order, OrderStatus::Replaced, None, None);
    }

    /// Executes a part of an order or all of it; reports order, position and balance. Returns the open
    /// rest in lots; at 0 the slot is free.
    pub(crate) fn execute(&mut self, slot: Slot, execution: Execution) -> i64 {
        let Execution {
            px_tick,
            lots,
            maker,
            ..
        } = execution;
        let order = self.orders.get_mut(slot);
        debug_assert!(lots > 0 && lots <= order.leaves_lots);
        order.leaves_lots -= lots;
        order.cum_lots += lots;
        let order = *order;
        let ledger = self.ledger_of(&order);
        ledger.open(order.side, order.px_tick, -lots);
        ledger.open_orders -= u32::from(order.leaves_lots == 0);
        ledger.fill(order.side, px_tick, lots, maker);
        let status = if order.leaves_lots == 0 {
            self.orders.remove(slot);
            OrderStatus::Filled
        } else {
            OrderStatus::PartiallyFilled
        };
        self.report(&order, status, None, Some(execution));
        self.report_account(order.account, order.symbol);
        order.leaves_lots
    }

    // --- events that leave the exchange

    pub(crate) fn level(&mut self, symbol: u32, side: Side, px_tick: i64, qty_lots: i64) {
        self.levels += 1;
        self.market(EventBody::Level(LevelUpdate {
            symbol,
            side,
            px_tick,
            qty_lots,
        }));
    }

    /// Publishes a trade and returns its number.
    pub(crate) fn trade(&mut self, symbol: u32, aggressor: Side, px_tick: i64, lots: i64) -> u64 {
        let trade_id = self.next_trade_id();
        let trade = Trade {
            symbol,
            aggressor,
            px_tick,
            qty_lots: lots,
            trade_id,
        };
        self.market(EventBody::Trade(trade));
        trade_id
    }

    fn market(&mut self, body: EventBody) {
        let now_ns = self.now_ns;
        let deliver_ns = now_ns + self.feed.draw_ns();
        self.deliveries.market(now_ns, deliver_ns, body);
    }

    pub(crate) fn report_state(&mut self, slot: Slot, status: OrderStatus) {
        let order = *self.orders.get(slot);
        self.report(&order, status, None, None);
    }

    pub(crate) fn report(
        &mut self,
        order: &OrderState,
        status: OrderStatus,
        reason: Option<Reject>,
        execution: Option<Execution>,
    ) {
        let fee = execution.map_or(0.0, |e| {
            let spec = &self.specs[order.symbol as usize];
            let rate = if e.maker {
                spec.maker_fee_rate()
            } else {
                spec.taker_fee_rate()
            };
            spec.value(i128::from(e.px_tick) * i128::from(e.lots)) * rate
        });
        let body = EventBody::Order(OrderReport {
            account: order.account,
            client_id: order.client_id,
            order_id: order.order_id,
            symbol: order.symbol,
            status,
            reason,
            side: order.side,
            order_type: order.order_type,
            tif: order.tif,
            maker: execution.is_some_and(|e| e.maker),
            px_tick: order.px_tick,
            qty_lots: order.qty_lots,
            leaves_lots: order.leaves_lots,
            cum_lots: order.cum_lots,
            last_px_tick: execution.map_or(0, |e| e.px_tick),
            last_lots: execution.map_or(0, |e| e.lots),
            fee,
            trade_id: execution.map_or(0, |e| e.trade_id),
        });
        self.respond(order.account, body);
    }

    pub(crate) fn refuse(
        &mut self,
        (account, symbol, client_id): (u64, u32, u64),
        op: RequestOp,
        reason: Reject,
    ) {
        let refusal = CancelReject {
            account,
            symbol,
            client_id,
            op,
            reason,
        };
        self.respond(account, EventBody::CancelReject(refusal));
    }

    fn report_account(&mut self, account: u64, symbol: u32) {
        let entry = self.accounts.entry(account);
        let position = entry.ledger(symbol).position(&self.specs[symbol as usize]);
        let balance = entry.balance(&self.specs);
        let position = EventBody::Position(PositionReport {
            account,
            symbol,
            qty_lots: position.qty_lots,
            entry_px: position.entry_px,
            realized_pnl: position.realized_pnl,
            fees: position.fees,
        });
        let balance = EventBody::Balance(BalanceReport {
            account,
            cash: balance.cash,
            wallet: balance.wallet,
            fees: balance.fees,
        });
        let exch_ts_ns = entry.order_ts_ns;
        for body in [position, balance] {
            let deliver_ns = self.response_ns(account, exch_ts_ns);
            self.deliveries.private(exch_ts_ns, deliver_ns, body);
        }
    }

    /// Sends an order report or a refusal: its own time, the latency, the faults.
    fn respond(&mut self, account: u64, body: EventBody) {
        let now_ns = self.now_ns;
        let entry = self.accounts.entry(account);
        let exch_ts_ns = now_ns.max(entry.order_ts_ns.saturating_add(1));
        entry.order_ts_ns = exch_ts_ns;
        let deliver_ns = self.response_ns(account, exch_ts_ns);
        match self.faults.response() {
            Fate::Lost => {}
            Fate::Arrives => self.deliveries.private(exch_ts_ns, deliver_ns, body),
            Fate::Delayed(by_ns) => self
                .deliveries
                .private(exch_ts_ns, deliver_ns + by_ns, body),
            Fate::Twice => {
                self.deliveries.private(exch_ts_ns, deliver_ns, body);
                self.deliveries.private(exch_ts_ns, deliver_ns, body);
            }
        }
    }

    /// Time of delivery of a response that leaves at `exch_ts_ns`: never before the one ahead of it.
    fn response_ns(&mut self, account: u64, exch_ts_ns: i64) -> i64 {
        let drawn_ns = exch_ts_ns + self.response.draw_ns();
        let entry = self.accounts.entry(account);
        entry.deliver_ts_ns = entry.deliver_ts_ns.max(drawn_ns);
        entry.deliver_ts_ns
    }
}
