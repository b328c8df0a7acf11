//! Merges several recordings into one stream of messages.

use tracing::warn;

use super::source::{Source, SourceError};
use super::symbols::Symbols;
use super::unread::Unread;
use crate::kit::book::message::Message;
use crate::replay::config::FileOrder;

/// Reads several recordings in the order asked for, and counts what could not be read.
pub struct Merge {
    sources: Vec<Option<Box<dyn Source>>>,
    heads: Vec<Option<Message>>,
    order: FileOrder,
    /// Unreadable parts of each recording up to now.
    unread: Vec<Unread>,
    /// The part of `unread` that the sources do not count themselves.
    refused: Vec<Unread>,
}

impl Merge {
    /// Starts at the beginning of all recordings.
    pub fn new(sources: Vec<Box<dyn Source>>, order: FileOrder) -> Self {
        let heads = sources.iter().map(|_| None).collect();
        let unread = vec![Unread::default(); sources.len()];
        let sources = sources.into_iter().map(Some).collect();
        Self {
            sources,
            heads,
            order,
            refused: unread.clone(),
            unread,
        }
    }

    /// The next message of all, `None` at the end.
    pub fn next(&mut self, symbols: &mut Symbols) -> Option<Message> {
        for index in 0..self.sources.len() {
            if self.heads[index].is_none() {
                self.heads[index] = self.pull(index, symbols);
            }
            if self.order == FileOrder::Sequence && self.heads[index].is_some() {
                return self.heads[index].take();
            }
        }
        let oldest = self
            .heads
            .iter()
            .enumerate()
            .filter_map(|(index, head)| head.as_ref().map(|head| (head.local_ts, index)))
            .min()?;
        self.heads[oldest.1].take()
    }

    /// Unreadable parts up to now, of each recording in the order given.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    fn pull(&mut self, index: usize, symbols: &mut Symbols) -> Option<Message> {
        loop {
            let source = self.sources[index].as_mut()?;
            let pulled = source.next(symbols);
            let mut unread = source.unread();
            unread += self.refused[index];
            self.unread[index] = unread;
            match pulled {
                Ok(Some(message)) => return Some(message),
                Ok(None) => self.sources[index] = None,
                Err(error) => self.complain(&error, index),
            }
        }
    }

    fn complain(&mut self, error: &SourceError, index: usize) {
        let refused = &mut self.refused[index];
        if error.is_fatal() {
            warn!(%error, "the recording cannot be read on");
            refused.breaks += 1;
            self.unread[index].breaks += 1;
            self.sources[index] = None;
            return;
        }
        refused.lines += 1;
        self.unread[index].lines += 1;
        if refused.lines % 1000 == 1 {
            warn!(%error, count = refused.lines, "a line was skipped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::book::message::Body;

    struct Fixed(Vec<i64>);

    impl Source for Fixed {
        fn next(&mut self, _: &mut Symbols) -> Result<Option<Message>, SourceError> {
            Ok((!self.0.is_empty()).then(|| {
                let local_ts = self.0.remove(0);
                Message {
                    local_ts,
                    symbol: 0,
                    body: Body::Trades(vec![]),
                }
            }))
        }
    }

    fn times(order: FileOrder) -> Vec<i64> {
        let sources: Vec<Box<dyn Source>> = vec![
            Box::new(Fixed(vec![1, 4, 5])),
            Box::new(Fixed(vec![2, 3, 9])),
        ];
        let mut merge = Merge::new(sources, order);
        std::iter::from_fn(|| merge.next(&mut Symbols::default()))
            .map(|m| m.local_ts)
            .collect()
    }

    #[test]
    fn recordings_are_merged_by_time_or_read_one_after_another() {
        assert_eq!(times(FileOrder::Time), [1, 2, 3, 4, 5, 9]);
        assert_eq!(times(FileOrder::Sequence), [1, 4, 5, 2, 3, 9]);
    }
}
