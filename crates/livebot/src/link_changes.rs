//! Links with connectors, checked every [`LINK_CHECK_NS`]. A lost link leaves books unsynced; a new one
//! registers the instruments again.

use hbl_wire::{Capabilities, LinkEvent};
use hftbacktest::types::Bot;

use crate::{
    book::Book,
    live_core::LiveCore,
    record::{FLAG_SYNTHETIC, LinkStatus, Record, RecordKind},
    shared::{LINK_CHECK_NS, VIRTUAL_LINK_CHECK_NS, index},
};

impl<MD: Book> LiveCore<MD> {
    pub(crate) fn check_links(&mut self) {
        let count = {
            let mut shared = self.shared.borrow_mut();
            let pause_ns = match self.clock.as_virtual() {
                None => LINK_CHECK_NS,
                Some(_) => VIRTUAL_LINK_CHECK_NS,
            };
            shared.next_link_check_ns = self.clock.monotonic_ns() + pause_ns;
            shared.sessions.len()
        };
        for at in 0..count {
            let event = match self.shared.borrow_mut().sessions[at].port.check_link() {
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

    pub(crate) fn change_link(&mut self, at: usize, event: LinkEvent) {
        let status = match event {
            LinkEvent::Connected => LinkStatus::Connected,
            LinkEvent::Lost => LinkStatus::Lost,
            LinkEvent::Restarted => LinkStatus::Restarted,
        };
        let turned_paper;
        let mut is_new_run = false;
        let assets: Vec<usize> = {
            let mut shared = self.shared.borrow_mut();
            shared.sessions[at].status = status;
            shared.sessions[at].feed_down = false;
            let info = shared.sessions[at].port.info();
            let epoch = info.epoch;
            let is_real = !info.capabilities.contains(Capabilities::PAPER);
            turned_paper = match event {
                LinkEvent::Lost => false,
                LinkEvent::Connected | LinkEvent::Restarted => {
                    let session = &mut shared.sessions[at];
                    session.orders_unknown = None;
                    is_new_run = core::mem::replace(&mut session.epoch, epoch) != epoch;
                    core::mem::replace(&mut session.is_real, is_real) && !is_real
                }
            };
            let record = Record {
                kind: RecordKind::Link as u8,
                status: status as u8,
                asset: shared.first_asset(at),
                recv_mono_ns: self.clock.monotonic_ns(),
                value: i64::try_from(epoch).unwrap_or(0),
                ..Record::default()
            };
            shared.push(&record);
            if event != LinkEvent::Lost {
                shared.update_destination(at);
            }
            (0..shared.assets.len())
                .filter(|asset| shared.assets[*asset].session == at)
                .collect()
        };
        for asset in assets {
            let open = self.bot.orders(asset).values();
            let open = open.filter(|order| order.active());
            if is_new_run {
                let earlier = open.clone().map(|order| order.order_id).collect();
                self.shared.borrow_mut().assets[asset].earlier = earlier;
            }
            if turned_paper {
                let open = open.cloned().collect();
                self.shared
                    .borrow_mut()
                    .mark_elsewhere_on_paper(asset, open);
            }
            self.shared.borrow_mut().assets[asset].check.gapped = false;
            if event != LinkEvent::Lost {
                self.begin_flat(asset);
            }
            match event {
                LinkEvent::Lost => self.mark_unsynced(asset),
                LinkEvent::Connected => self.register(asset),
                LinkEvent::Restarted => {
                    self.shared.borrow_mut().stats.resyncs += 1;
                    self.register(asset);
                }
            }
        }
        self.report(true);
    }

    /// hftbacktest's connectors report a position only when there is one: its bots begin with 0.
    fn begin_flat(&self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        let one = &shared.assets[asset];
        if one.position_reported || shared.sessions[one.session].port.is_ours() {
            return;
        }
        shared.assets[asset].position_reported = true;
        shared.assets[asset].touched = true;
        shared.push(&Record {
            kind: RecordKind::Position as u8,
            flags: FLAG_SYNTHETIC,
            asset: index(asset),
            recv_mono_ns: self.clock.monotonic_ns(),
            qty: self.bot.position(asset),
            ..Record::default()
        });
    }
}
