//! Orders of previous sessions: which orders belong to them, and how they are recovered.
//!
//! Until the account was read for the first time, every order with this connector's prefix is of a
//! previous session. Such orders are gathered from the open orders, the executions and the order
//! history, and reported at once. An order that shows up later (sent just before that session died)
//! is recovered with its first report.

use std::collections::{BTreeMap, HashSet, VecDeque};

use hftbacktest::types::{OrdType, Side, TimeInForce};

use crate::bybit::core::unreadable_orders::UnreadableOrders;
use crate::bybit::core::{BybitCore, Login, Socket};
use crate::bybit::frames::order::OrderItem;
use crate::bybit::options::OnConnect;
use crate::bybit::orders::arrival::arrival_ns;
use crate::bybit::orders::link_id::{LinkId, Origin, next_epoch};
use crate::bybit::orders::reconcile::{Plan, Step};
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::scale::Scale;
use crate::kit::venue::VenueEvent;

const SECOND_NS: u64 = 1_000_000_000;
/// The venue answers no longer spans than this.
const LOOKBACK_MAX_S: u32 = 7 * 86_400;
/// The cancellation of an order is repeated after this long.
const SWEEP_NS: u64 = 5 * SECOND_NS;
/// Orders of previous sessions with a notice that they are left alone.
const NOTICES_MAX: usize = 4096;
/// How often another connector with the same prefix is reported.
const OTHERS_NS: u64 = 60 * SECOND_NS;

/// The session that an order belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderSession {
    /// This one, or a previous one and recovered.
    Current,
    /// A previous one, and not recovered yet.
    Previous(LinkId),
    /// None: sent by others, or ended so long ago that it was forgotten.
    Foreign,
}

/// What is known of previous sessions.
#[derive(Debug, Default)]
pub(super) struct PreviousSessions {
    /// The account was read once.
    read: bool,
    newest_epoch: Option<u32>,
    /// Orders with a notice that they are left alone.
    noticed: HashSet<String>,
    /// Orders to cancel, and when to ask next.
    sweep: VecDeque<(u64, u64)>,
    pub(super) unreadable: UnreadableOrders,
    /// Epochs of connectors that use the same prefix now, and when each was reported last.
    others: BTreeMap<u32, u64>,
}

/// An order of a previous session as its first report shows it.
pub(super) struct FirstReport<'a> {
    pub(super) id: LinkId,
    pub(super) link_id: &'a str,
    pub(super) name: &'a str,
    pub(super) unit: Scale,
    pub(super) side: Side,
    pub(super) price_tick: i64,
    pub(super) qty_lots: i64,
    pub(super) terms: (OrdType, TimeInForce),
}

impl BybitCore {
    pub(super) fn session_of(&mut self, link_id: &str) -> OrderSession {
        if self.orders.by_link(link_id).is_some() {
            return OrderSession::Current;
        }
        match self.ids.decode(link_id) {
            Origin::Foreign => OrderSession::Foreign,
            // Of this session, and so old that it was forgotten.
            Origin::Ours(id) if self.previous.read && self.ids.has_made(&id) => {
                OrderSession::Foreign
            }
            Origin::Ours(id) | Origin::OtherEpoch(id) => {
                let newest = self.previous.newest_epoch.max(Some(id.epoch));
                self.previous.newest_epoch = newest;
                OrderSession::Previous(id)
            }
        }
    }

    /// True while the account is read for the first time.
    pub(super) fn is_gathering(&self) -> bool {
        !self.previous.read
    }

    /// Why the account is not read yet.
    pub(super) fn account_wait(&self) -> &'static str {
        if !self.is_link_open(Socket::Private) {
            "the private connection is not open and is tried again; the account's orders and positions are read over REST after its login"
        } else if self.private != Login::Yes {
            "the login on the private connection is not done; the account's orders and positions are read after it"
        } else if !self.account.is_claimed() {
            "the venue is asked which account the key is of; its orders and positions are read after that"
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
            coins: 1,
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

    /// Follows an order of a previous session from now on, without a report yet. False when the options
    /// leave it alone.
    pub(super) fn gather(&mut self, now: Now, first: &FirstReport<'_>) -> bool {
        let id = first.id;
        if self.settings.on_connect == OnConnect::None {
            let noticed = &mut self.previous.noticed;
            if noticed.len() < NOTICES_MAX && noticed.insert(first.link_id.to_owned()) {
                let text = format!(
                    "order {} of bot {} on {} is of a previous session and is left alone",
                    id.order_id, id.owner, first.name
                );
                self.notice(codes::UNFOLLOWED_ORDER, text);
            }
            return false;
        }
        let symbol = self.index_of(first.name);
        let order = VenueOrder::new(
            (self.orders.next_recovered(), symbol),
            first.link_id.to_owned(),
            first.unit,
            first.side,
            (first.price_tick, first.qty_lots),
        );
        self.orders
            .insert_recovered(now.mono_ns, order, id, first.terms);
        true
    }

    /// True when an order with this prefix proves that another connector works at the same time: its run
    /// began after this one, or it was made when nothing of a run that was over before this one began could
    /// arrive any more. A fill, a change or an end prove nothing: the venue fills, and whoever has the
    /// account may change or cancel any order, but only a connector makes such an id.
    pub(super) fn is_of_other_connector(&self, id: LinkId, item: &OrderItem<'_>) -> bool {
        if self.account.is_over(id.epoch) {
            return false;
        }
        // Until the account was read, this run's mark may be lower than an earlier one's.
        if self.previous.read && id.epoch >= self.ids.epoch() {
            return true;
        }
        let window_ns = i64::try_from(arrival_ns(self.settings.recv_window_ms)).unwrap_or(i64::MAX);
        let started_ns = self.clock.server_ms(self.started).saturating_mul(1_000_000);
        let made = item.created_time.ns("createdTime").ok().flatten();
        made.is_some_and(|made_ns| made_ns > started_ns.saturating_add(window_ns))
    }

    /// Reports that another connector uses the prefix; its orders are left alone, and nothing new is sent
    /// beside them.
    pub(super) fn report_other_connector(&mut self, now: Now, id: LinkId, name: &str) {
        self.shares_account(id);
        let reported = self.previous.others.get(&id.epoch);
        if reported.is_some_and(|at| now.mono_ns < at + OTHERS_NS) {
            return;
        }
        self.previous.others.insert(id.epoch, now.mono_ns);
        let prefix = self.ids.prefix();
        let text = format!(
            "another connector with order_prefix {prefix} works on this account (order {} of bot {} on {name}): its orders are left alone, and no new order and no change is sent from here; cancellations of own orders are. Stop one of them, or give each a prefix of its own, and start this one again",
            id.order_id, id.owner
        );
        self.notice(codes::PREFIX_SHARED, text);
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

    /// The account was read: orders of previous sessions are reported, and new ids begin after theirs.
    pub(super) fn end_gathering(&mut self, now: Now) {
        if self.previous.read {
            return;
        }
        self.previous.read = true;
        let epoch = next_epoch(self.settings.epoch, self.previous.newest_epoch);
        self.ids.raise(epoch);
        self.note_run();
        self.report_recovered(now);
    }

    /// Reports the gathered orders of previous sessions. With `cancel-ours` the open ones of runs that are
    /// over are cancelled from now on, with `cancel-any-run` all of them.
    pub(super) fn report_recovered(&mut self, now: Now) {
        let on_connect = self.settings.on_connect;
        let sweeps = matches!(on_connect, OnConnect::CancelOurs | OnConnect::CancelAnyRun);
        for adopted in self.orders.take_recovered(now.mono_ns) {
            if sweeps && self.orders.is_open(adopted.handle) {
                let name = self.names.get(adopted.symbol as usize);
                let name = name.map_or("", String::as_str);
                let order = format!(
                    "order {} of bot {} on {name}",
                    adopted.order_id, adopted.owner
                );
                if self.may_sweep(adopted.handle) {
                    let text = format!("{order} is of a previous session and is cancelled");
                    self.previous.sweep.push_back((adopted.handle, now.mono_ns));
                    self.notice(codes::EARLIER_CANCELLED, text);
                } else {
                    let text = format!(
                        "{order} is of a run that this machine does not know, which may last elsewhere: it is followed and not cancelled; cancel it by its owner or at the venue, or start with on_connect = \"cancel-any-run\" once no other connector uses this order_prefix"
                    );
                    self.notice(codes::RUN_UNKNOWN, text);
                }
            }
            self.events.push(VenueEvent::Recovered(Box::new(adopted)));
        }
    }

    /// True when an order of a previous session may be cancelled without its owner.
    fn may_sweep(&self, handle: u64) -> bool {
        let any = self.settings.on_connect == OnConnect::CancelAnyRun;
        let order = self.orders.get(handle);
        match order.map(|order| self.ids.decode(&order.link_id)) {
            Some(Origin::Ours(id) | Origin::OtherEpoch(id)) => {
                self.account.may_sweep(id.epoch, any)
            }
            Some(Origin::Foreign) | None => false,
        }
    }

    /// Cancels the orders of the sweep, as fast as the quota allows, until none of them is open.
    pub(super) fn tick_sweep(&mut self, now: Now) {
        if self.previous.sweep.is_empty() || !self.is_ready() {
            return;
        }
        let mut sweep = std::mem::take(&mut self.previous.sweep);
        sweep.retain(|(handle, _)| self.orders.is_open(*handle) && self.may_sweep(*handle));
        self.previous.sweep = sweep;
        let mut due = Vec::new();
        for (handle, at) in &mut self.previous.sweep {
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
        let times = self.previous.sweep.iter().map(|(_, at)| *at);
        times.min().unwrap_or(u64::MAX)
    }

    /// Reports that a list is longer than is read, because items may be missing.
    pub(super) fn report_cut(&mut self, step: Step) {
        let text = match step {
            Step::Orders => {
                "there are more open orders than are read; some of this connector may not be followed"
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
