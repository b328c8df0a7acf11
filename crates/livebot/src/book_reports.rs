//! Reports of changed book states.

use crate::{
    record::{LinkStatus, Record, RecordKind},
    shared::{Shared, index},
};

impl Shared {
    /// Reports the state of a book when it has changed.
    pub(crate) fn judge_book(&mut self, asset: usize) {
        let one = &self.assets[asset];
        let session = &self.sessions[one.session];
        let has_link = !matches!(session.status, LinkStatus::Waiting | LinkStatus::Lost);
        let state = one
            .check
            .judge(has_link && !session.feed_down, || self.clock.monotonic_ns());
        if state == one.check.state {
            return;
        }
        let before = core::mem::replace(&mut self.assets[asset].check.state, state);
        self.assets[asset].touched = true;
        self.push(&Record {
            kind: RecordKind::BookState as u8,
            status: state as u8,
            asset: index(asset),
            recv_mono_ns: self.clock.monotonic_ns(),
            value: before as i64,
            ..Record::default()
        });
    }

    /// As [`Shared::judge_book`], for every instrument of a connector.
    pub(crate) fn judge_books(&mut self, at: usize) {
        for asset in 0..self.assets.len() {
            if self.assets[asset].session == at {
                self.judge_book(asset);
            }
        }
    }

    /// A message could not be read, of one instrument or of an unknown one (`None`: all of the connector).
    /// Its books are requested again, at most once in the time that an answer may take.
    pub(crate) fn cannot_read(&mut self, at: usize, asset: Option<usize>) {
        self.stats.decode_errors += 1;
        for each in 0..self.assets.len() {
            let is_meant = self.assets[each].session == at && asset.is_none_or(|one| one == each);
            if is_meant && !self.assets[each].check.unreadable {
                self.assets[each].check.unreadable = true;
                self.judge_book(each);
            }
        }
    }
}
