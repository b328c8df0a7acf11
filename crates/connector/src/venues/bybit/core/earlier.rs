//! Orders of earlier runs: whose they are, and what is done with them.
//!
//! Until the account was read for the first time every order that carries our prefix is of an
//! earlier run. They are put together in silence, from the open orders, the executions and the
//! order history, and then told at once. One that shows up later (sent just before the earlier run
//! died) is taken over when it is seen.

use std::collections::{HashSet, VecDeque};

use hftbacktest::types::{OrdType, Side, TimeInForce};

use super::{BybitCore, Login, Socket};
use crate::clock::Now;
use crate::venue::VenueEvent;
use crate::venues::bybit::codes;
use crate::venues::bybit::link_id::{LinkId, Origin, next_epoch};
use crate::venues::bybit::policy::OnConnect;
use crate::venues::bybit::reconcile::{Plan, Step};
use crate::venues::bybit::venue_order::VenueOrder;

const SECOND_NS: u64 = 1_000_000_000;
/// The venue answers no longer spans.
const LOOKBACK_MAX_S: u32 = 7 * 86_400;
/// An order that is to be cancelled is asked to again after this long.
const SWEEP_NS: u64 = 5 * SECOND_NS;
/// Orders of earlier runs of which it was told that they are left alone.
const TOLD_MAX: usize = 4096;

/// Whose an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of this run, or taken over.
    Own,
    /// Of an earlier run, and not taken over.
    Earlier(LinkId),
    /// Of others, or of ours and long forgotten.
    Foreign,
}

/// What is known of earlier runs.
#[derive(Debug, Default)]
pub(super) struct EarlierRuns {
    /// The account was read once.
    read: bool,
    newest_epoch: Option<u32>,
    told: HashSet<String>,
    /// Orders to cancel, and when to ask next.
    sweep: VecDeque<(u64, u64)>,
}

/// An order as the first word about it shows it.
pub(super) struct FirstSight<'a> {
    pub(super) id: LinkId,
    pub(super) link_id: &'a str,
    pub(super) name: &'a str,
    pub(super) side: Side,
    pub(super) price_tick: i64,
    pub(super) qty_lots: i64,
    pub(super) terms: (OrdType, TimeInForce),
}

impl BybitCore {
    pub(super) fn whose(&mut self, link_id: &str) -> Whose {
        if self.orders.by_link(link_id).is_some() {
            return Whose::Own;
        }
        match self.ids.decode(link_id) {
            Origin::Foreign => Whose::Foreign,
            // Of this run, and so old that it was forgotten.
            Origin::Ours(_) if self.earlier.read => Whose::Foreign,
            Origin::Ours(id) | Origin::OtherEpoch(id) => {
                let newest = self.earlier.newest_epoch.max(Some(id.epoch));
                self.earlier.newest_epoch = newest;
                Whose::Earlier(id)
            }
        }
    }

    /// True while the account is read for the first time.
    pub(super) fn is_gathering(&self) -> bool {
        !self.earlier.read
    }

    /// Why the account is not read yet.
    pub(super) fn account_wait(&self) -> &'static str {
        if !self.is_link_open(Socket::Private) {
            "the private connection is not open and is tried again; the account's orders and positions are read over REST after its login"
        } else if self.private != Login::Yes {
            "the login on the private connection is not done; the account's orders and positions are read after it"
        } else {
            "the account's orders and positions are being read"
        }
    }

    /// What the next reconciliation has to read.
    pub(super) fn plan(&self) -> Plan {
        let looks_back = self.is_gathering() && self.looks_back();
        Plan {
            ended: looks_back,
            positions: self.settings.category != "spot",
            pages: if looks_back {
                self.settings.lookback_pages.max(1)
            } else {
                0
            },
        }
    }

    pub(super) fn looks_back(&self) -> bool {
        self.settings.on_connect != OnConnect::None && self.settings.lookback_s > 0
    }

    /// Where the look back begins, venue milliseconds.
    pub(super) fn lookback_from(&self, now: Now) -> i64 {
        let span = i64::from(self.settings.lookback_s.min(LOOKBACK_MAX_S));
        self.clock.server_ms(now) - span * 1000
    }

    /// Follows an order of an earlier run from now on, in silence. False when the policy leaves it
    /// alone.
    pub(super) fn meet(&mut self, now: Now, sight: &FirstSight<'_>) -> bool {
        let id = sight.id;
        if self.settings.on_connect == OnConnect::None {
            let told = &mut self.earlier.told;
            if told.len() < TOLD_MAX && told.insert(sight.link_id.to_owned()) {
                let text = format!(
                    "order {} of bot {} on {} is of an earlier run and is left alone",
                    id.order_id, id.owner, sight.name
                );
                self.notice(codes::UNFOLLOWED_ORDER, text);
            }
            return false;
        }
        let Some(scale) = self.scale_of(sight.name) else {
            return false;
        };
        let symbol = self.index_of(sight.name);
        let order = VenueOrder::new(
            (self.orders.next_earlier(), symbol),
            sight.link_id.to_owned(),
            scale,
            sight.side,
            (sight.price_tick, sight.qty_lots),
        );
        self.orders
            .insert_earlier(now.mono_ns, order, id, sight.terms);
        true
    }

    /// Index of a symbol, registered or not.
    pub(super) fn index_of(&mut self, name: &str) -> u32 {
        let at = self.names.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The account was read: what earlier runs left is told, and ids of ours begin after theirs.
    pub(super) fn end_gathering(&mut self, now: Now) {
        if self.earlier.read {
            return;
        }
        self.earlier.read = true;
        let epoch = next_epoch(self.settings.epoch, self.earlier.newest_epoch);
        self.ids.raise(epoch);
        self.take_over(now);
    }

    /// Tells the orders of earlier runs that were gathered; with `cancel-ours` the open ones are
    /// cancelled from now on.
    pub(super) fn take_over(&mut self, now: Now) {
        let sweeps = self.settings.on_connect == OnConnect::CancelOurs;
        for adopted in self.orders.take_earlier(now.mono_ns) {
            if sweeps && self.orders.is_open(adopted.handle) {
                let name = self.names.get(adopted.symbol as usize);
                let text = format!(
                    "order {} of bot {} on {} is of an earlier run and is cancelled",
                    adopted.order_id,
                    adopted.owner,
                    name.map_or("", String::as_str)
                );
                self.earlier.sweep.push_back((adopted.handle, now.mono_ns));
                self.notice(codes::EARLIER_CANCELLED, text);
            }
            self.events.push(VenueEvent::Adopted(Box::new(adopted)));
        }
    }

    /// Cancels what is to be cancelled, as fast as the quota allows, until none of it is open.
    pub(super) fn tick_sweep(&mut self, now: Now) {
        if self.earlier.sweep.is_empty() || !self.is_ready() {
            return;
        }
        let orders = &self.orders;
        self.earlier
            .sweep
            .retain(|(handle, _)| orders.is_open(*handle));
        let mut due = Vec::new();
        for (handle, at) in &mut self.earlier.sweep {
            if now.mono_ns >= *at {
                *at = now.mono_ns + SWEEP_NS;
                due.push(*handle);
            }
        }
        if !due.is_empty() {
            self.cancel_several(now, &due);
        }
    }

    pub(super) fn sweep_due(&self) -> u64 {
        if !self.is_ready() {
            return u64::MAX;
        }
        let times = self.earlier.sweep.iter().map(|(_, at)| *at);
        times.min().unwrap_or(u64::MAX)
    }

    /// More of a list than is read: told, because something may be missing.
    pub(super) fn tell_cut(&mut self, step: Step) {
        let text = match step {
            Step::Orders => {
                "there are more open orders than are read; some of ours may not be followed"
            }
            Step::Positions => "there are more positions than are read",
            Step::Executions => "there are more executions than are read (lookback_pages)",
            Step::Ended | Step::Wallet => {
                "there are more ended orders than are read (lookback_pages)"
            }
        };
        self.notice(codes::LIST_CUT, text.to_owned());
    }
}
