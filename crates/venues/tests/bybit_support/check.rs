//! What must hold in the end.

use hbl_venues::kit::venue::Venue as _;
use hftbacktest::types::Status;

use super::Run;

impl Run {
    pub fn check(&mut self) {
        let core = self.bus.venue();
        assert!(core.is_ready(), "not ready in the end");
        let topics = ["orderbook.1.XUSDT", "orderbook.50.XUSDT"];
        assert_eq!(
            core.live_topics(),
            [topics[0], topics[1], "publicTrade.XUSDT"]
        );
        assert_eq!(self.venue.topics(), core.live_topics());
        assert!(!self.bot.stale, "the feed is stale in the end");
        assert_eq!(self.bot.book, self.venue.levels(), "the book");
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            close(core.position(0).unwrap(), self.venue.position()),
            "the position"
        );
        assert!(
            close(self.bot.position.unwrap(), self.venue.position()),
            "the position as reported"
        );
        for (id, seen) in &self.bot.orders {
            let status = seen.order.status;
            match self.venue.order(*id) {
                Some(order) => {
                    assert!(
                        close(seen.filled, order.cum as f64 / 10.0),
                        "{id}: {} of {order:?}; {:#?}",
                        seen.filled,
                        self.bot.story.get(id)
                    );
                    let end = match order.status {
                        "Filled" => Status::Filled,
                        "Cancelled" => Status::Canceled,
                        _ if order.cum > 0 => Status::PartiallyFilled,
                        _ => Status::New,
                    };
                    assert_eq!(status, end, "{id}: {order:?}");
                    let leaves = (order.qty - order.cum) as f64 / 10.0;
                    assert!(close(seen.order.leaves_qty, leaves), "{id}: {seen:?}");
                }
                None => {
                    assert_eq!(status, Status::Expired, "{id} never arrived");
                    assert_eq!(seen.filled, 0.0);
                }
            }
        }
        assert_eq!(self.venue.repeated_ids, 0, "an order was sent twice");
        assert!(self.venue.foreign_is_open, "a foreign order was touched");
        if !self.oddities {
            assert_eq!(core.frame_errors(), 0);
        }
        assert!(!self.bot.suspended, "new orders are refused in the end");
        assert_eq!(core.orders_unknown(), None);
        let on_grid = |price: &String| price.ends_with(".0") || price.ends_with(".5");
        assert!(
            self.venue.prices.iter().all(on_grid),
            "{:?}",
            self.venue.prices
        );
        for (id, seen) in &self.bot.orders {
            if let Some(order) = self.venue.order(*id) {
                let asked = seen.order.price_tick as f64 / 2.0;
                assert!(
                    close(order.price.parse().unwrap(), asked),
                    "{id}: {order:?} {seen:?}"
                );
            }
        }
    }
}
