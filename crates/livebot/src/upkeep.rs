//! What keeps a bot whole: links, registrations, and books that were fetched in full.

use hbl_wire::{Capabilities, LinkEvent, clock::monotonic_ns, price_of};
use hftbacktest::types::{
    Bot, Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LiveEvent, LiveRequest, Order, Side,
};

use crate::{
    book::Book,
    live_core::LiveCore,
    orders,
    record::{FLAG_SYNTHETIC, LinkStatus, Record, RecordKind},
    shared::{ANSWER_TIMEOUT_NS, LINK_CHECK_NS, index},
};

impl<MD: Book> LiveCore<MD> {
    /// Does what the channel cannot do from inside `LiveBot`.
    pub(crate) fn attend(&mut self) {
        let (links_due, clear, answered, resync) = {
            let attention = &mut self.shared.borrow_mut().attention;
            (
                core::mem::take(&mut attention.links_due),
                core::mem::take(&mut attention.clear),
                core::mem::take(&mut attention.answered),
                core::mem::take(&mut attention.resync),
            )
        };
        if links_due {
            self.check_links();
            self.repeat_unanswered();
        }
        for asset in clear {
            self.clear_book(asset);
        }
        for asset in answered {
            self.finish_answer(asset);
        }
        for asset in resync {
            self.shared.borrow_mut().stats.resyncs += 1;
            self.register(asset);
        }
    }

    pub(crate) fn check_links(&mut self) {
        let count = {
            let mut shared = self.shared.borrow_mut();
            shared.next_link_check_ns = monotonic_ns() + LINK_CHECK_NS;
            shared.peers.len()
        };
        for at in 0..count {
            let event = match self.shared.borrow_mut().peers[at].port.check_link() {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "the link with a connector cannot be made");
                    None
                }
            };
            if let Some(event) = event {
                self.change_link(at, event);
            }
        }
    }

    /// Registers again what a connector of ours has not answered for too long.
    pub(crate) fn repeat_unanswered(&self) {
        let mut shared = self.shared.borrow_mut();
        let now_ns = monotonic_ns();
        for asset in 0..shared.assets.len() {
            let one = &shared.assets[asset];
            let port = &shared.peers[one.peer].port;
            let overdue = one.unanswered && now_ns >= one.registered_ns + ANSWER_TIMEOUT_NS;
            if overdue && port.is_connected() && port.is_ours() {
                shared.ask_resync(asset);
            }
        }
    }

    pub(crate) fn change_link(&mut self, at: usize, event: LinkEvent) {
        let status = match event {
            LinkEvent::Connected => LinkStatus::Connected,
            LinkEvent::Lost => LinkStatus::Lost,
            LinkEvent::Restarted => LinkStatus::Restarted,
        };
        let turned_paper;
        let assets: Vec<usize> = {
            let mut shared = self.shared.borrow_mut();
            shared.peers[at].status = status;
            let info = shared.peers[at].port.info();
            let epoch = info.epoch;
            let is_real = !info.capabilities.contains(Capabilities::PAPER);
            turned_paper = match event {
                LinkEvent::Lost => false,
                LinkEvent::Connected | LinkEvent::Restarted => {
                    let peer = &mut shared.peers[at];
                    peer.orders_unknown = None;
                    core::mem::replace(&mut peer.is_real, is_real) && !is_real
                }
            };
            let record = Record {
                kind: RecordKind::Link as u8,
                status: status as u8,
                asset: shared.first_asset(at),
                recv_mono_ns: monotonic_ns(),
                value: i64::try_from(epoch).unwrap_or(0),
                ..Record::default()
            };
            shared.push(&record);
            (0..shared.assets.len())
                .filter(|asset| shared.assets[*asset].peer == at)
                .collect()
        };
        for asset in assets {
            if turned_paper {
                let orders = self.bot.orders(asset).values();
                let open = orders.filter(|order| order.active() || orders::is_unheard(order));
                let open = open.cloned().collect();
                self.shared.borrow_mut().lose_sight_on_paper(asset, open);
            }
            match event {
                LinkEvent::Lost => self.distrust(asset),
                LinkEvent::Connected => self.register_anew(asset),
                LinkEvent::Restarted => {
                    self.shared.borrow_mut().stats.resyncs += 1;
                    self.register_anew(asset);
                }
            }
        }
        self.report(true);
    }

    /// Marks the book as not whole; it keeps its levels until a snapshot comes.
    pub(crate) fn distrust(&mut self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        shared.assets[asset].touched = true;
        shared.assets[asset].trusted = false;
    }

    /// Registers with another connector than before: what was on its way to the old one is lost.
    fn register_anew(&mut self, asset: usize) {
        self.register_with(asset, |order| order.active() || orders::is_unheard(order));
    }

    /// Clears the book and asks the connector for orders, position and book.
    pub(crate) fn register(&mut self, asset: usize) {
        self.register_with(asset, Order::active);
    }

    /// `awaits` says of which orders the answer has to tell.
    fn register_with(&mut self, asset: usize, awaits: impl Fn(&Order) -> bool) {
        self.clear_book(asset);
        let mut shared = self.shared.borrow_mut();
        let one = &mut shared.assets[asset];
        one.trusted = false;
        one.touched = true;
        one.unanswered = true;
        one.refused = false;
        one.registered_ns = monotonic_ns();
        let orders = self.bot.orders(asset).values();
        // A registration that is repeated still has to tell what the first one asked.
        let asked = |order: &&Order| {
            awaits(order) || orders::is_unheard(order) && one.awaited.awaits(order.order_id)
        };
        let orders: Vec<&Order> = orders.filter(asked).collect();
        one.awaited.start(orders.into_iter());
        let request = LiveRequest::RegisterInstrument {
            symbol: one.symbol.clone(),
            tick_size: one.tick_size,
            lot_size: one.lot_size,
        };
        let peer = one.peer;
        let sent = shared.peers[peer].port.send(&request);
        shared.push_edge(RecordKind::BookReset, asset, 0);
        if let Err(error) = sent {
            tracing::warn!(%error, "a registration could not be sent; it is tried again");
            shared.ask_resync(asset);
        }
    }

    /// `LiveBot` has no call to clear a book, so every level is deleted through its own events.
    pub(crate) fn clear_book(&mut self, asset: usize) {
        let depth = self.bot.depth(asset);
        let tick_size = depth.tick_size();
        let mut shared = self.shared.borrow_mut();
        for (side, ev) in [
            (Side::Buy, LOCAL_BID_DEPTH_EVENT),
            (Side::Sell, LOCAL_ASK_DEPTH_EVENT),
        ] {
            depth.for_each_level(side, |(tick, _)| {
                let px = price_of(tick, tick_size);
                let event = Event {
                    ev,
                    exch_ts: 0,
                    local_ts: 0,
                    px,
                    qty: 0.0,
                    order_id: 0,
                    ival: 0,
                    fval: 0.0,
                };
                shared.injected.push_back((
                    asset,
                    LiveEvent::Feed {
                        symbol: String::new(),
                        event,
                    },
                ));
            });
        }
    }

    /// The connector has answered a registration.
    pub(crate) fn finish_answer(&mut self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        let (peer, was_trusted) = (shared.assets[asset].peer, shared.assets[asset].trusted);
        shared.assets[asset].trusted = true;
        shared.assets[asset].touched = true;
        // Only our connector is known to name every open order of this bot.
        let complete = shared.peers[peer].port.is_ours();
        let awaited = &mut shared.assets[asset].awaited;
        let unnamed = match awaited.is_active() && complete {
            true => awaited.finish(),
            false => Vec::new(),
        };
        let known = self.bot.orders(asset);
        let unnamed = unnamed.iter().filter_map(|id| known.get(id));
        let unnamed = unnamed.filter(|order| order.active() || orders::is_unheard(order));
        let why = shared.peers[peer].orders_unknown.clone();
        let (unseen, gone): (Vec<&Order>, Vec<&Order>) = unnamed.partition(|order| {
            let is_elsewhere = shared.assets[asset].unseen.contains(order.order_id);
            why.is_some() || !shared.peers[peer].is_real && is_elsewhere
        });
        match &why {
            Some(why) => {
                let unseen = unseen.into_iter().cloned().collect();
                shared.lose_sight(asset, unseen, why);
            }
            None if shared.peers[peer].is_real && complete => shared.assets[asset].unseen.clear(),
            None => {}
        }
        if !was_trusted {
            shared.push_ready(asset, 0);
        }
        for order in gone {
            let text = "not open any more at the connector; its last update was lost";
            shared.inject_order(asset, orders::expired(order), -1, text);
        }
    }

    /// Sends the book anew, from `LiveBot`'s own, to a ring that had to drop some of it.
    pub(crate) fn restore_ring(&mut self) {
        let mut levels = core::mem::take(&mut self.levels);
        loop {
            let mut shared = self.shared.borrow_mut();
            let Some(asset) = shared.sink.take_recovered() else {
                break;
            };
            let n = shared.sink.snapshot_levels();
            shared.push_edge(RecordKind::BookReset, asset, FLAG_SYNTHETIC);
            let level = Record {
                kind: RecordKind::Depth as u8,
                asset: index(asset),
                flags: FLAG_SYNTHETIC,
                recv_mono_ns: monotonic_ns(),
                ..Record::default()
            };
            let depth = self.bot.depth(asset);
            for (side, code) in [(Side::Buy, 1), (Side::Sell, 2)] {
                depth.top(side, n, &mut levels);
                for (tick, qty) in &levels {
                    let px = price_of(*tick, depth.tick_size());
                    shared.push(&Record {
                        side: code,
                        px,
                        qty: *qty,
                        ..level
                    });
                }
            }
            if shared.assets[asset].trusted {
                shared.push_ready(asset, FLAG_SYNTHETIC);
            }
        }
        self.levels = levels;
    }

    pub(crate) fn refresh_state(&mut self, all: bool) {
        let Some(state) = &self.state else { return };
        let mut shared = self.shared.borrow_mut();
        for asset in 0..shared.assets.len() {
            let one = &mut shared.assets[asset];
            if core::mem::take(&mut one.touched) || all {
                state.refresh(
                    asset,
                    self.bot.depth(asset),
                    self.bot.position(asset),
                    self.bot.feed_latency(asset),
                    one.trusted,
                );
            }
        }
    }

    pub(crate) fn report(&mut self, now: bool) {
        const REPORT_NS: u64 = 50_000_000;
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        let now_ns = monotonic_ns();
        if now || now_ns >= self.next_report_ns {
            self.next_report_ns = now_ns + REPORT_NS;
            remote.set_report(self.stats(), Some(self.links()));
        }
    }
}
