//! Events that have happened and are not delivered yet: market data and responses, each in order of
//! delivery.

use std::collections::VecDeque;

use crate::event::{EventBody, ExchangeEvent};

/// Market data and responses on their way.
#[derive(Debug, Default)]
pub(crate) struct DeliveryQueue {
    market: VecDeque<ExchangeEvent>,
    private: VecDeque<ExchangeEvent>,
}

impl DeliveryQueue {
    /// Adds market data; it never overtakes earlier market data.
    pub(crate) fn market(&mut self, exch_ts_ns: i64, deliver_ts_ns: i64, body: EventBody) {
        let last_ns = self.market.back().map_or(i64::MIN, |e| e.deliver_ts_ns);
        let deliver_ts_ns = deliver_ts_ns.max(last_ns);
        self.market.push_back(ExchangeEvent {
            exch_ts_ns,
            deliver_ts_ns,
            body,
        });
    }

    /// Adds a response, behind all that are delivered no later.
    pub(crate) fn private(&mut self, exch_ts_ns: i64, deliver_ts_ns: i64, body: EventBody) {
        let at = match self.private.back() {
            Some(last) if last.deliver_ts_ns > deliver_ts_ns => self
                .private
                .partition_point(|e| e.deliver_ts_ns <= deliver_ts_ns),
            _ => self.private.len(),
        };
        self.private.insert(
            at,
            ExchangeEvent {
                exch_ts_ns,
                deliver_ts_ns,
                body,
            },
        );
    }

    pub(crate) fn next_due_ns(&self) -> Option<i64> {
        let heads = [self.market.front(), self.private.front()];
        heads.into_iter().flatten().map(|e| e.deliver_ts_ns).min()
    }

    /// Moves everything due up to `to_ns` to `out`, in order of delivery; at equal times the market
    /// data goes first.
    pub(crate) fn drain(&mut self, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
        while let Some(head) = self.private.front().filter(|e| e.deliver_ts_ns <= to_ns) {
            let head_ns = head.deliver_ts_ns;
            Self::drain_line(&mut self.market, head_ns, out);
            out.extend(self.private.pop_front());
        }
        Self::drain_line(&mut self.market, to_ns, out);
    }

    fn drain_line(line: &mut VecDeque<ExchangeEvent>, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
        let due = line.partition_point(|e| e.deliver_ts_ns <= to_ns);
        out.extend(line.drain(..due));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::LevelUpdate, order::Side};

    fn body(px_tick: i64) -> EventBody {
        EventBody::Level(LevelUpdate {
            symbol: 0,
            side: Side::Buy,
            px_tick,
            qty_lots: 1,
        })
    }

    fn drained(deliveries: &mut DeliveryQueue, to_ns: i64) -> Vec<(i64, EventBody)> {
        let mut out = Vec::new();
        deliveries.drain(to_ns, &mut out);
        out.into_iter().map(|e| (e.deliver_ts_ns, e.body)).collect()
    }

    #[test]
    fn events_leave_in_order_of_delivery_and_not_before_their_time() {
        let mut deliveries = DeliveryQueue::default();
        deliveries.market(0, 10, body(1));
        deliveries.market(1, 5, body(2)); // drawn shorter, still behind
        deliveries.private(0, 30, body(3)); // delayed
        deliveries.private(1, 10, body(4));
        deliveries.private(2, 10, body(5));
        assert_eq!(deliveries.next_due_ns(), Some(10));
        assert_eq!(drained(&mut deliveries, 9), []);
        let expected = [(10, body(1)), (10, body(2)), (10, body(4)), (10, body(5))];
        assert_eq!(drained(&mut deliveries, 29), expected);
        assert_eq!(deliveries.next_due_ns(), Some(30));
        assert_eq!(drained(&mut deliveries, 30), [(30, body(3))]);
        assert_eq!(deliveries.next_due_ns(), None);
    }
}
