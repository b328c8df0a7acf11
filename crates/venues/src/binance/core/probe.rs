//! Whether a book that is silent is quiet, or its stream broken.
//!
//! The venue promises no message of a stream for which there is nothing new, and it answers requests on a
//! connection whose data does not flow. What it does promise is that the update ids of a depth stream
//! and of the depth over REST are the same count. So the id of a symbol that has said nothing for a while
//! is asked for: when it is later than the book's, and no depth message follows, the stream is broken.

use super::quiet_book::Probe;
use super::rest::{Purpose, UNDER_WAY_MAX};
use super::{BinanceCore, Sync};
use crate::binance::rest_frames::snapshot;
use crate::kit::clock::Now;
use crate::kit::frame::FrameError;
use crate::kit::query_text::query_text;

const SECOND_NS: u64 = 1_000_000_000;
/// How long the message that the answer makes expect may take; with the rest less than ten seconds.
const FOLLOW_NS: u64 = 3 * SECOND_NS;
/// The weight of the shortest depth.
const WEIGHT: u32 = 2;

impl BinanceCore {
    /// Asks for the ids of quiet books, as far as the weight set apart for that goes.
    pub(super) fn tick_probes(&mut self, now: Now) {
        for index in 0..self.instruments.len() {
            let instrument = &self.instruments[index];
            let Probe::Due(at) = instrument.probe else {
                continue;
            };
            if instrument.sync != Sync::Live || now.mono_ns < at {
                continue;
            }
            if self.calls.len() >= UNDER_WAY_MAX {
                self.instruments[index].probe = Probe::Due(now.mono_ns + SECOND_NS);
                continue;
            }
            let room = self.probe_budget.take(now.mono_ns, WEIGHT);
            if let Err(at) = room.and_then(|()| self.budget.take(now.mono_ns, WEIGHT)) {
                self.instruments[index].probe = Probe::Due(at.max(now.mono_ns + SECOND_NS));
                continue;
            }
            let name = query_text(&self.instruments[index].name);
            let path = format!("/fapi/v1/depth?symbol={name}&limit=5");
            self.call(&path, Purpose::Probe(index));
            self.instruments[index].probe = Probe::Asked;
        }
    }

    pub(super) fn probe_answer(
        &mut self,
        now: Now,
        index: usize,
        body: &[u8],
    ) -> Result<(), FrameError> {
        let id = snapshot(body)?.last_id;
        let instrument = &mut self.instruments[index];
        let is_ahead = instrument.feed.last_id().is_some_and(|last| id > last);
        let until = now.mono_ns + FOLLOW_NS;
        instrument.probe = match is_ahead && instrument.sync == Sync::Live {
            true => Probe::Ahead { id, until },
            false => Probe::at(now.mono_ns),
        };
        Ok(())
    }
}
