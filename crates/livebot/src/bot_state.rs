//! State that a bot shows: state blocks, books that a ring dropped levels of, counters for the remote.

use hbl_wire::price_of;
use hftbacktest::types::{Bot, Side};

use crate::{
    book::Book,
    live_core::LiveCore,
    record::{FLAG_SYNTHETIC, Record, RecordKind},
    shared::index,
};

impl<MD: Book> LiveCore<MD> {
    /// Writes the book of `LiveBot` to a ring again that had to drop some of its levels.
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
                recv_mono_ns: self.clock.monotonic_ns(),
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
            if shared.assets[asset].check.synced {
                shared.push_ready(asset, FLAG_SYNTHETIC);
            }
        }
        self.levels = levels;
    }

    pub(crate) fn refresh_state(&mut self, all: bool) {
        let mut shared = self.shared.borrow_mut();
        for asset in 0..shared.assets.len() {
            if !core::mem::take(&mut shared.assets[asset].touched) && !all {
                continue;
            }
            let depth = self.bot.depth(asset);
            shared.assets[asset].check.look(depth, &self.clock);
            shared.judge_book(asset);
            shared.assets[asset].touched = false;
            if let Some(state) = &self.state {
                state.refresh(
                    asset,
                    depth,
                    match shared.assets[asset].position_reported {
                        true => self.bot.position(asset),
                        false => f64::NAN,
                    },
                    self.bot.feed_latency(asset),
                    shared.assets[asset].check.state,
                );
            }
        }
    }

    pub(crate) fn report(&mut self, now: bool) {
        const REPORT_NS: u64 = 50_000_000;
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        let now_ns = self.clock.monotonic_ns();
        if now || now_ns >= self.next_report_ns {
            self.next_report_ns = now_ns + REPORT_NS;
            remote.set_report(self.stats(), Some(self.links()));
        }
    }
}
