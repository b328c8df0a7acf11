//! `orderLinkId`: prefix, boot epoch, counter, owner and order id in one text.
//!
//! The text survives a restart: it shows that this connector sent the order, for which bot, and with
//! which id of that bot. At most 36 characters of `A-Z a-z 0-9 - _`; the part after the prefix
//! has a fixed length, so an id of a longer prefix that begins with this one does not match.

/// Longest `orderLinkId` of the venue.
pub const LINK_ID_MAX: usize = 36;
/// Characters after the prefix: 32 + 1 + 25 + 64 + 64 bits.
const BODY: usize = 31;
/// Longest prefix.
pub const PREFIX_MAX: usize = LINK_ID_MAX - BODY;
/// Bits of the counter; the bit above them says that the bot is hftbacktest's own.
const COUNTER_BITS: u32 = 25;
const HEAD_BITS: u32 = COUNTER_BITS + 1;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A prefix that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Every order of the account would look like ours.
    #[error(
        "order_prefix is empty: every order of the account would be taken for ours; set 1 to {PREFIX_MAX} letters or digits"
    )]
    Empty,
    /// No room is left for the rest.
    #[error("order_prefix has {0} characters; at most {PREFIX_MAX} fit")]
    TooLong(usize),
    /// Characters that the venue or this format does not take.
    #[error("order_prefix may hold letters and digits only")]
    Characters,
}

/// What an id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkId {
    /// Boot epoch of the connector that sent the order, Unix seconds.
    pub epoch: u32,
    /// Number of the order within its epoch.
    pub counter: u32,
    /// The bot is hftbacktest's own.
    pub is_upstream: bool,
    /// Bot that owns the order.
    pub owner: u64,
    /// The bot's own id of the order.
    pub order_id: u64,
}

/// The origin of an `orderLinkId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Of this run of the connector.
    Ours(LinkId),
    /// Of a previous (or another) session with the same prefix.
    OtherEpoch(LinkId),
    /// Not ours; never touched.
    Foreign,
}

/// Makes ids that are unique across orders, bots and restarts.
#[derive(Clone, Debug)]
pub struct LinkIds {
    prefix: String,
    boot: u32,
    epoch: u32,
    counter: u32,
}

impl LinkIds {
    /// Starts an epoch. `epoch` must be greater than that of every previous session, see [`next_epoch`].
    ///
    /// # Errors
    /// When the prefix cannot be used.
    pub fn new(prefix: &str, epoch: u32) -> Result<Self, PrefixError> {
        if prefix.is_empty() {
            return Err(PrefixError::Empty);
        }
        if prefix.len() > PREFIX_MAX {
            return Err(PrefixError::TooLong(prefix.chars().count()));
        }
        if !prefix.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PrefixError::Characters);
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            boot: epoch,
            epoch,
            counter: 0,
        })
    }

    /// Moves to a later epoch, because the account's orders show one. Ids that were made
    /// before stay ours.
    pub fn raise(&mut self, epoch: u32) {
        if epoch > self.epoch {
            if self.counter == 0 {
                self.boot = epoch;
            }
            self.epoch = epoch;
            self.counter = 0;
        }
    }

    /// The prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The epoch that new ids carry.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// True when an id of this run's epochs was made here, and not by a run that started at the same
    /// time.
    pub fn has_made(&self, id: &LinkId) -> bool {
        id.epoch < self.epoch || id.counter <= self.counter
    }

    /// Makes the id of a new order of a bot.
    pub fn next(&mut self, owner: u64, order_id: u64) -> String {
        self.next_of(owner, order_id, false)
    }

    /// Makes the id of a new order; `is_upstream`: of hftbacktest's own bot.
    pub fn next_of(&mut self, owner: u64, order_id: u64, is_upstream: bool) -> String {
        self.counter += 1;
        if self.counter >> COUNTER_BITS != 0 {
            // 33 million orders later: the next epoch is still far from that of a later boot.
            self.epoch = self.epoch.wrapping_add(1);
            self.counter = 1;
        }
        self.encode(LinkId {
            epoch: self.epoch,
            counter: self.counter,
            is_upstream,
            owner,
            order_id,
        })
    }

    /// The text of an id.
    fn encode(&self, id: LinkId) -> String {
        let mark = u64::from(id.is_upstream) << COUNTER_BITS;
        let head = (u64::from(id.epoch) << HEAD_BITS) | mark | u64::from(id.counter);
        let body = (u128::from(id.owner) << 64) | u128::from(id.order_id);
        let mut digits = [0u8; BODY];
        // 186 bits, most significant first: 58 of `head`, 128 of `body`.
        for (at, digit) in digits.iter_mut().enumerate() {
            let low = (BODY - 1 - at) as u32 * 6;
            let mut value = 0u64;
            for bit in 0..6 {
                let from = low + bit;
                let set = if from < 128 {
                    (body >> from) & 1 == 1
                } else {
                    (head >> (from - 128)) & 1 == 1
                };
                value |= u64::from(set) << bit;
            }
            *digit = ALPHABET[value as usize];
        }
        let mut text = String::with_capacity(LINK_ID_MAX);
        text.push_str(&self.prefix);
        text.extend(digits.iter().map(|d| char::from(*d)));
        text
    }

    /// The origin of an `orderLinkId`.
    pub fn decode(&self, text: &str) -> Origin {
        let Some(digits) = text.strip_prefix(self.prefix.as_str()) else {
            return Origin::Foreign;
        };
        if digits.len() != BODY {
            return Origin::Foreign;
        }
        let (mut head, mut body) = (0u64, 0u128);
        for byte in digits.bytes() {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return Origin::Foreign,
            };
            head = (head << 6) | (body >> 122) as u64;
            body = (body << 6) | u128::from(value);
        }
        let id = LinkId {
            epoch: (head >> HEAD_BITS) as u32,
            counter: (head & ((1 << COUNTER_BITS) - 1)) as u32,
            is_upstream: (head >> COUNTER_BITS) & 1 == 1,
            owner: (body >> 64) as u64,
            order_id: body as u64,
        };
        if (self.boot..=self.epoch).contains(&id.epoch) {
            Origin::Ours(id)
        } else {
            Origin::OtherEpoch(id)
        }
    }
}

/// The epoch of a new run: the time in Unix seconds, or one more than the newest epoch seen in the
/// account's orders when the clock is not past it (two starts in one second, a clock set back).
pub fn next_epoch(unix_s: u32, newest_seen: Option<u32>) -> u32 {
    newest_seen.map_or(unix_s, |seen| unix_s.max(seen.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn an_empty_or_odd_prefix_is_refused() {
        assert_eq!(LinkIds::new("", 1).unwrap_err(), PrefixError::Empty);
        assert_eq!(
            LinkIds::new("abcdef", 1).unwrap_err(),
            PrefixError::TooLong(6)
        );
        assert_eq!(LinkIds::new("a/b", 1).unwrap_err(), PrefixError::Characters);
        assert_eq!(LinkIds::new("é", 1).unwrap_err(), PrefixError::Characters);
    }

    #[test]
    fn ids_of_others_are_foreign() {
        let mut ids = LinkIds::new("hb", 100).unwrap();
        let mut longer = LinkIds::new("hbA", 100).unwrap();
        for text in ["", "hb", "hb7-2s-0001", "test-order-001", "hbé"] {
            assert_eq!(ids.decode(text), Origin::Foreign, "{text}");
        }
        assert_eq!(ids.decode(&longer.next(1, 2)), Origin::Foreign);
        assert_eq!(longer.decode(&ids.next(1, 2)), Origin::Foreign);
        let odd = format!("hb{}", "/".repeat(31));
        assert_eq!(ids.decode(&odd), Origin::Foreign);
    }

    #[test]
    fn a_full_counter_goes_on_in_the_next_epoch() {
        let mut ids = LinkIds::new("hb", 100).unwrap();
        ids.counter = (1 << COUNTER_BITS) - 1;
        let text = ids.next(1, 2);
        assert_eq!(ids.epoch(), 101);
        assert!(
            matches!(ids.decode(&text), Origin::Ours(id) if id.epoch == 101 && id.counter == 1)
        );
    }

    #[test]
    fn a_million_ids_over_three_boots_are_all_different() {
        let mut seen = HashSet::new();
        for epoch in [100, 101, 102] {
            let mut ids = LinkIds::new("hb", epoch).unwrap();
            for order in 0..333_334u64 {
                assert!(
                    seen.insert(ids.next(order % 3, order % 7)),
                    "{epoch} {order}"
                );
            }
        }
    }

    #[test]
    fn an_epoch_is_always_after_those_seen() {
        assert_eq!(next_epoch(50, None), 50);
        assert_eq!(next_epoch(50, Some(40)), 50);
        assert_eq!(next_epoch(50, Some(50)), 51);
        assert_eq!(next_epoch(50, Some(90)), 91);
    }

    proptest! {
        #[test]
        fn decode_gives_back_what_was_encoded(
            prefix in "[A-Za-z0-9]{1,5}",
            epoch in 1u32..u32::MAX - 1,
            owner: u64,
            order_id: u64,
            is_upstream: bool,
        ) {
            let mut ids = LinkIds::new(&prefix, epoch).unwrap();
            let text = ids.next_of(owner, order_id, is_upstream);
            prop_assert!(text.len() <= LINK_ID_MAX);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            let expected = LinkId { epoch, counter: 1, is_upstream, owner, order_id };
            prop_assert_eq!(ids.decode(&text), Origin::Ours(expected));
            let later = LinkIds::new(&prefix, epoch + 1).unwrap();
            prop_assert_eq!(later.decode(&text), Origin::OtherEpoch(expected));
        }

        #[test]
        fn different_orders_have_different_ids(
            a in (0u64..4, 0u64..4), b in (0u64..4, 0u64..4), e in 1u32..3, f in 1u32..3,
        ) {
            let mut first = LinkIds::new("x", e).unwrap();
            let one = first.next(a.0, a.1);
            let mut second = if e == f { first } else { LinkIds::new("x", f).unwrap() };
            prop_assert_ne!(one, second.next(b.0, b.1));
        }

        #[test]
        fn no_text_makes_decode_panic(text in ".{0,50}") {
            let _ = LinkIds::new("a", 1).unwrap().decode(&text);
        }
    }
}
