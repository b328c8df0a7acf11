//! REST calls: the instruments and the snapshots.

use super::quiet_book::Probe;
use super::{BinanceCore, Sync};
use crate::binance::codes;
use crate::binance::rest_frames::{instruments, reject, snapshot};
use crate::kit::clock::Now;
use crate::kit::frame::FrameError;
use crate::kit::net::{HttpAnswer, HttpCall, Method, NetAction, RestFailure};
use crate::kit::query_text::query_text;

const SECOND_NS: u64 = 1_000_000_000;
pub(super) const INSTRUMENTS_EVERY_NS: u64 = 3600 * SECOND_NS;
pub(super) const INSTRUMENTS_RETRY_MAX_NS: u64 = 60 * SECOND_NS;
const INSTRUMENTS_WEIGHT: u32 = 1;
/// Snapshots asked for at the same time.
pub(super) const UNDER_WAY_MAX: usize = 4;

/// The purpose of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Instruments,
    Snapshot(usize),
    /// Whether the book of a quiet symbol has gone on.
    Probe(usize),
}

impl BinanceCore {
    pub(super) fn call(&mut self, path: &str, purpose: Purpose) -> u64 {
        self.last_call += 1;
        let id = self.last_call;
        self.calls.insert(id, purpose);
        self.actions.push(NetAction::Rest(HttpCall {
            id,
            method: Method::Get,
            url: format!("{}{path}", self.settings.api_url),
            headers: Vec::new(),
            body: "".into(),
            timeout: self.settings.rest_timeout,
        }));
        id
    }

    pub(super) fn tick_rest(&mut self, now: Now) {
        if self.refresh.is_due(now.mono_ns) {
            match self.budget.take(now.mono_ns, INSTRUMENTS_WEIGHT) {
                Ok(()) => {
                    let id = self.call("/fapi/v1/exchangeInfo", Purpose::Instruments);
                    self.refresh.begin(id);
                }
                Err(at) => self.refresh.set_due(at),
            }
        }
        for index in 0..self.instruments.len() {
            let Sync::Wanted { at } = self.instruments[index].sync else {
                continue;
            };
            if now.mono_ns < at || self.calls.len() >= UNDER_WAY_MAX {
                continue;
            }
            match self
                .budget
                .take(now.mono_ns, self.settings.snapshot_weight())
            {
                Ok(()) => {
                    let limit = self.settings.depth_limit;
                    let name = query_text(&self.instruments[index].name);
                    let path = format!("/fapi/v1/depth?symbol={name}&limit={limit}");
                    let call = self.call(&path, Purpose::Snapshot(index));
                    self.instruments[index].sync = Sync::Asked { call };
                }
                Err(at) => self.instruments[index].sync = Sync::Wanted { at },
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        now: Now,
        id: u64,
        answer: Result<HttpAnswer<'_>, RestFailure>,
    ) {
        let Some(purpose) = self.calls.remove(&id) else {
            return;
        };
        self.refresh.ended(id);
        let read = match answer {
            Ok(answer) => {
                self.follow_limits(now, &answer);
                match answer.status {
                    200 => self.body(now, id, purpose, answer.body),
                    status => Err(format!("HTTP {status}{}", reject(answer.body))),
                }
            }
            Err(RestFailure::Timeout) => Err("no answer in time".to_owned()),
            Err(RestFailure::Network(why) | RestFailure::NotSent(why)) => Err(why),
        };
        if let Err(why) = read {
            self.failed(now, id, purpose, &why);
        }
    }

    fn follow_limits(&mut self, now: Now, answer: &HttpAnswer<'_>) {
        let number = |name| {
            answer
                .header(name)
                .and_then(|text| text.trim().parse().ok())
        };
        if let Some(used) = number("x-mbx-used-weight-1m") {
            let used = u32::try_from(used).unwrap_or(u32::MAX / 2);
            self.budget.follow(now.mono_ns, used.min(u32::MAX / 2));
        }
        let status = answer.status;
        let Some(until) = self
            .budget
            .refused(now.mono_ns, status, number("retry-after"))
        else {
            return;
        };
        if status == 403 {
            self.hold(now);
        }
        let seconds = (until - now.mono_ns) / SECOND_NS;
        let text = format!("the venue answered {status}: no REST calls for {seconds} s");
        self.notice(codes::REST_HELD, text);
    }

    fn body(&mut self, now: Now, id: u64, purpose: Purpose, body: &[u8]) -> Result<(), String> {
        match purpose {
            Purpose::Instruments => self.instruments_answer(now, body),
            Purpose::Snapshot(index) => self.snapshot_answer(now, id, index, body),
            Purpose::Probe(index) => self.probe_answer(now, index, body),
        }
        .map_err(|error| error.to_string())
    }

    fn instruments_answer(&mut self, now: Now, body: &[u8]) -> Result<(), FrameError> {
        let found = instruments(body)?;
        if let (None, Some(limit)) = (self.settings.weight_per_minute, found.weight_per_minute) {
            self.budget.set_per_minute(limit / 2);
            self.probe_budget.set_per_minute(limit / 4);
        }
        self.limits = found.limits;
        self.refresh.done(now.mono_ns);
        self.listings_read(now, found.listings, &found.unreadable);
        Ok(())
    }

    fn snapshot_answer(
        &mut self,
        now: Now,
        id: u64,
        index: usize,
        body: &[u8],
    ) -> Result<(), FrameError> {
        let instrument = &mut self.instruments[index];
        if instrument.sync != (Sync::Asked { call: id }) {
            // The line was lost meanwhile: what comes now is not joined with its messages.
            return Ok(());
        }
        let read = snapshot(body)?;
        let exch_ts = read.exch_ts.unwrap_or(instrument.exch_ts);
        let mut changes = Vec::new();
        let effect = match instrument.feed.snapshot(&read, &mut changes) {
            Ok(effect) => effect,
            Err(error) => {
                self.unreadable_of(now, index, "the snapshot", &error);
                return Err(error);
            }
        };
        self.show(now, index, exch_ts, &changes);
        self.judge(now, index, effect);
        Ok(())
    }

    fn failed(&mut self, now: Now, id: u64, purpose: Purpose, why: &str) {
        match purpose {
            Purpose::Instruments => {
                if self.refresh.failed(now.mono_ns) {
                    let text = format!("the instruments could not be read: {why}");
                    self.notice(codes::REST_FAILED, text);
                }
            }
            // It is asked again; that nothing is known is no news of the book.
            Purpose::Probe(index) => self.instruments[index].probe = Probe::at(now.mono_ns),
            Purpose::Snapshot(index) => {
                if self.instruments[index].sync != (Sync::Asked { call: id }) {
                    return;
                }
                if self.instruments[index].tries <= 1 {
                    let name = &self.instruments[index].name;
                    let text = format!("the snapshot of {name} could not be read: {why}");
                    self.notice(codes::REST_FAILED, text);
                }
                // The first failure waits too.
                let instrument = &mut self.instruments[index];
                instrument.tries = instrument.tries.max(1);
                self.retry(now, index);
            }
        }
    }

    pub(super) fn rest_due(&self) -> u64 {
        let instruments = self.refresh.next_due();
        if self.calls.len() >= UNDER_WAY_MAX {
            return instruments;
        }
        let wanted = self
            .instruments
            .iter()
            .filter_map(|instrument| match instrument.sync {
                Sync::Wanted { at } => Some(at),
                _ => None,
            });
        wanted.min().unwrap_or(u64::MAX).min(instruments)
    }
}
