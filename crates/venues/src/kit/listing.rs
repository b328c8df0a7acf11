//! The listing of an instrument: sizes and rules that orders depend on, and their changes.

use super::codes;
use super::reject::Reject;
use super::scale::Scale;
use super::venue_event::VenueEvent;

/// The listing of an instrument, as far as orders depend on it. Texts are as the venue writes them, numbers without
/// zeros at their end; empty when the venue does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Tick size and quantity step.
    pub scale: Scale,
    /// The venue's word for its state, such as `Trading`.
    pub status: String,
    /// Whether the venue takes new orders in that state, or does not say.
    pub is_open: bool,
    /// Coin that positions are settled in; spot has none.
    pub settle_coin: String,
    /// Smallest quantity of an order.
    pub min_qty: String,
    /// Smallest value of an order.
    pub min_value: String,
}

impl Listing {
    /// Differences to the venue's listing of now, each as a text. A size that the venue does not state has not changed.
    pub fn changes(&self, now: &Self) -> Vec<String> {
        let sizes = [
            ("tick size", self.scale.tick, now.scale.tick),
            ("lot size", self.scale.lot, now.scale.lot),
        ];
        let sizes = sizes.into_iter().filter(|(_, was, is)| was != is);
        let sizes = sizes
            .map(|(what, was, is)| format!("{what} {} instead of {}", is.to_f64(), was.to_f64()));
        let words = [
            ("status", &self.status, &now.status),
            ("settle coin", &self.settle_coin, &now.settle_coin),
            ("smallest quantity", &self.min_qty, &now.min_qty),
            ("smallest value", &self.min_value, &now.min_value),
        ];
        // A bot may have registered while the venue took no orders: that it takes them now is no
        // reason to stop them.
        let counts = |what: &str| what != "status" || !now.is_open;
        let words = words.into_iter().filter(|(what, was, is)| {
            was != is && !was.is_empty() && !is.is_empty() && counts(what)
        });
        let words = words.map(|(what, was, is)| format!("{what} {is} instead of {was}"));
        sizes.chain(words).collect()
    }

    /// Why orders of a symbol that was registered with this must not be sent as it is listed now;
    /// `None`: they may.
    pub fn reject(&self, symbol: &str, now: &Self) -> Option<String> {
        let changes = self.changes(now);
        if changes.is_empty() {
            return (!now.is_open).then(|| {
                let status = &now.status;
                format!(
                    "{symbol} has the status {status} at the venue; new orders go again when it trades"
                )
            });
        }
        let (tick, lot) = (now.scale.tick.to_f64(), now.scale.lot.to_f64());
        let changes = changes.join(", ");
        Some(format!(
            "{symbol} has changed at the venue: {changes}; new orders are refused until the symbol is registered with tick size {tick} and lot size {lot}, open orders can be cancelled"
        ))
    }
}

/// The listing that a symbol was registered with, and whether its new orders are stopped because the
/// venue's has changed since.
#[derive(Clone, Debug)]
pub struct RegisteredListing {
    listing: Listing,
    stopped: Option<String>,
}

impl RegisteredListing {
    /// New orders may be sent.
    pub fn new(listing: Listing) -> Self {
        Self {
            listing,
            stopped: None,
        }
    }

    /// The listing of the registration.
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The reason for which no new orders are sent; `None`: they are.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The symbol is registered again, with this listing.
    pub fn register_again(&mut self, listing: Listing) {
        self.listing = listing;
    }

    /// Compares with the venue's listing of now, `None` when it has none any more. What bots have to
    /// know when orders stop, when they go again, and when the reason is another one.
    pub fn compare(
        &mut self,
        symbol: u32,
        name: &str,
        now: Option<&Listing>,
    ) -> Option<VenueEvent> {
        let why = match now {
            Some(now) => self.listing.reject(name, now),
            None => Some(format!("{name} is not listed at the venue any more")),
        };
        if self.stopped == why {
            return None;
        }
        self.stopped.clone_from(&why);
        Some(match why {
            Some(text) => VenueEvent::Suspended {
                symbol,
                reject: Reject {
                    code: codes::INSTRUMENT_CHANGED,
                    text,
                },
            },
            None => VenueEvent::Resumed { symbol },
        })
    }
}

/// A decimal without zeros at its end.
pub fn plain(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::decimal::Step;

    fn listing(tick: &str, status: &str, min_qty: &str) -> Listing {
        Listing {
            scale: Scale {
                tick: Step::parse(tick).unwrap(),
                lot: Step::parse("0.1").unwrap(),
            },
            status: status.into(),
            is_open: status != "Closed",
            settle_coin: "USDT".into(),
            min_qty: plain(min_qty),
            min_value: String::new(),
        }
    }

    #[test]
    fn what_has_changed_is_named_and_what_is_written_in_another_way_has_not() {
        let known = listing("0.10", "Trading", "0.100");
        assert_eq!(known.reject("X", &listing("0.1", "Trading", "0.1")), None);
        assert_eq!(
            known.reject("X", &listing("0.1", "", "")),
            None,
            "not stated"
        );
        for (now, word) in [
            (
                listing("0.01", "Trading", "0.1"),
                "tick size 0.01 instead of 0.1",
            ),
            (
                listing("0.1", "Closed", "0.1"),
                "status Closed instead of Trading",
            ),
            (
                listing("0.1", "Trading", "0.2"),
                "smallest quantity 0.2 instead of 0.1",
            ),
        ] {
            let text = known.reject("X", &now).unwrap();
            assert!(text.contains(word), "{text}");
        }
        let closed = listing("0.1", "Closed", "0.1");
        assert!(closed.reject("X", &closed).is_some(), "known and closed");
        assert_eq!(closed.reject("X", &known), None, "registered while closed");
    }

    #[test]
    fn a_change_is_reported_when_it_comes_and_when_it_goes() {
        let known = listing("0.1", "Trading", "0.1");
        let closed = listing("0.1", "Closed", "0.1");
        let mut registered = RegisteredListing::new(known.clone());
        assert_eq!(registered.compare(3, "X", Some(&known)), None);
        let stop = registered.compare(3, "X", Some(&closed));
        let Some(VenueEvent::Suspended { symbol: 3, reject }) = stop else {
            panic!("{stop:?}");
        };
        assert_eq!(reject.code, codes::INSTRUMENT_CHANGED);
        assert_eq!(registered.stopped(), Some(reject.text.as_str()));
        assert_eq!(registered.compare(3, "X", Some(&closed)), None, "once");
        let gone = registered.compare(3, "X", None);
        assert!(
            matches!(&gone, Some(VenueEvent::Suspended { reject, .. }) if reject.text.contains("not listed")),
            "another reason: {gone:?}"
        );
        registered.register_again(closed);
        let resumed = registered.compare(3, "X", Some(&known));
        assert_eq!(resumed, Some(VenueEvent::Resumed { symbol: 3 }));
        assert_eq!(registered.stopped(), None);
    }
}
