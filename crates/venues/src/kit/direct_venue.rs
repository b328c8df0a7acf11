//! A venue on the thread of its only bot: dispatcher and venue without shared memory and without a bus.

use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hbl_wire::{
    Asked, Capabilities, Clock, DirectConnector, Fault, LinkInfo, Liveness, MessageQueue, Request,
    Ringer, TO_ALL, WireError, WireEventRef, is_anonymous, liveness,
};

use crate::kit::account_lock::AccountLock;
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::dispatcher::Dispatcher;
use crate::kit::faulty_venue::{FaultyVenue, VenueFaults};
use crate::kit::kind::OpenVenue;
use crate::kit::order_registry::OwnerState;
use crate::kit::venue::Venue;

/// How a venue serves the bot of its thread.
#[derive(Clone, Debug)]
pub struct DirectSettings {
    /// The name by which instruments mean it.
    pub name: String,
    /// How long an order is good for whose bot names no deadline.
    pub order_deadline: Duration,
    /// How long a stop waits for cancellations.
    pub stop_wait: Duration,
    /// The clock that it runs by.
    pub clock: Clock,
}

/// A venue that runs on the thread of its bot.
pub struct DirectVenue {
    name: String,
    info: LinkInfo,
    dispatcher: Dispatcher<dyn Venue>,
    clock: Clock,
    /// Of a venue with a virtual clock.
    faults: Option<Rc<VenueFaults>>,
    bot: Option<Bot>,
    stop_wait: Duration,
    ends_with_data: bool,
    is_stopped: bool,
    /// Until when a stop waits, monotonic; `None`: it has not begun.
    stop_until_ns: Option<u64>,
    /// Keeps other connectors from the account.
    _account_lock: Option<AccountLock>,
}

/// The bot that is served.
#[derive(Clone, Copy)]
struct Bot {
    id: u64,
    is_read_only: bool,
}

impl DirectVenue {
    /// Serves an opened venue.
    pub fn new(opened: OpenVenue, settings: DirectSettings) -> Self {
        let is_paper = opened.is_paper();
        let (venue, faults) = match settings.clock {
            Clock::Real => (opened.venue, None),
            Clock::Virtual(_) => {
                let faulty = FaultyVenue::new(opened.venue);
                let faults = faulty.faults();
                let venue: Box<dyn Venue> = Box::new(faulty);
                (venue, Some(faults))
            }
        };
        let mut dispatcher = Dispatcher::of(venue);
        dispatcher.wait_for_registrations(nanos(opened.register_wait));
        dispatcher.orders_are_good_for(nanos(settings.order_deadline));
        Self {
            name: settings.name,
            info: LinkInfo {
                connected: true,
                control_channel: true,
                capabilities: match is_paper {
                    true => Capabilities::all().and(Capabilities::PAPER),
                    false => Capabilities::all(),
                },
                epoch: settings.clock.unix_ns().unsigned_abs(),
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                heartbeat_age_ns: Some(0),
                destination: opened.destination,
            },
            dispatcher,
            clock: settings.clock,
            faults,
            bot: None,
            stop_wait: settings.stop_wait,
            ends_with_data: opened.ends_with_data,
            is_stopped: false,
            stop_until_ns: None,
            _account_lock: opened.account_lock,
        }
    }
}

impl DirectConnector for DirectVenue {
    fn name(&self) -> &str {
        &self.name
    }

    fn info(&self) -> LinkInfo {
        self.info.clone()
    }

    fn clock(&self) -> Clock {
        self.clock.clone()
    }

    fn inject(&mut self, fault: Fault) -> bool {
        let Some(faults) = &self.faults else {
            return false;
        };
        faults.ask(fault);
        true
    }

    fn serve(&mut self, request: Request, asked: Asked, out: &mut MessageQueue) {
        let mut out = ToBot {
            queue: out,
            bot: self.bot,
        };
        self.dispatcher
            .handle_asked(Now::of(&self.clock), request, asked, &mut out);
    }

    fn turn(&mut self, out: &mut MessageQueue) {
        let mut out = ToBot {
            queue: out,
            bot: self.bot,
        };
        self.dispatcher.poll(Now::of(&self.clock), &mut out);
        if self.ends_with_data && !self.is_stopped && self.dispatcher.venue().is_finished() {
            self.is_stopped = true;
            self.dispatcher.stop(Now::of(&self.clock), &mut out);
        }
    }

    fn next_due_ns(&self) -> Option<u64> {
        self.dispatcher.venue().next_due_ns()
    }

    fn has_arrivals(&self) -> bool {
        self.dispatcher.venue().has_arrivals()
    }

    fn serve_bot(&mut self, bot: u64, is_read_only: bool, bell: Ringer) {
        self.bot = Some(Bot {
            id: bot,
            is_read_only,
        });
        let wake = Arc::new(move || bell.ring());
        self.dispatcher.venue_mut().wake_with(wake);
    }

    fn take_sockets(&mut self) -> Option<RawFd> {
        self.dispatcher.venue_mut().take_sockets()
    }

    fn is_ended(&self) -> bool {
        self.is_stopped
    }

    fn stop(&mut self, out: &mut MessageQueue) -> Option<Vec<String>> {
        if self.is_stopped {
            return Some(Vec::new());
        }
        let mut out = ToBot {
            queue: out,
            bot: self.bot,
        };
        let now = Now::of(&self.clock);
        let wait_ns = nanos(self.stop_wait);
        let until_ns = *self
            .stop_until_ns
            .get_or_insert_with(|| now.mono_ns.saturating_add(wait_ns));
        self.dispatcher.begin_stop();
        let worked = self.dispatcher.poll(now, &mut out) > 0;
        let is_done = !worked && self.dispatcher.is_settled();
        if !is_done && now.mono_ns < until_ns && !self.dispatcher.venue().is_finished() {
            return None;
        }
        self.is_stopped = true;
        let left = self.dispatcher.stop(now, &mut out);
        Some(
            left.iter()
                .map(|order| order.to_json().to_string())
                .collect(),
        )
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Sends to the one bot; what is for another one has no receiver.
struct ToBot<'a> {
    queue: &'a mut MessageQueue,
    bot: Option<Bot>,
}

impl ToBot<'_> {
    fn is_served(&self, bot: u64) -> bool {
        self.bot.is_some_and(|served| served.id == bot)
    }
}

impl BotPublisher for ToBot<'_> {
    fn send(&mut self, to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        if to != TO_ALL && !self.is_served(to) {
            return Ok(());
        }
        let clipped;
        let event = match message {
            BotMessage::Execution(symbol, order, details) => {
                clipped = details.clipped();
                WireEventRef::Execution {
                    symbol,
                    order_id: order.order_id,
                    exch_ts: order.exch_timestamp,
                    details: &clipped,
                }
            }
            BotMessage::BatchStart => WireEventRef::BatchStart,
            BotMessage::BatchEnd => WireEventRef::BatchEnd,
            BotMessage::Feed(symbol, event) => WireEventRef::Feed { symbol, event },
            BotMessage::Order(symbol, order) => WireEventRef::Order { symbol, order },
            BotMessage::Position(symbol, qty, exch_ts) => WireEventRef::Position {
                symbol,
                qty,
                exch_ts,
            },
            BotMessage::Error(error) => WireEventRef::Error(error),
            BotMessage::Side(event) => {
                self.queue.send_control(event.clone());
                return Ok(());
            }
        };
        self.queue.send(to, &event)
    }

    fn owner_state(&self, bot: u64) -> OwnerState {
        match self.bot {
            Some(served) if served.id == bot && served.is_read_only => OwnerState::ReadOnly,
            Some(served) if served.id == bot => OwnerState::Alive,
            _ => match liveness(bot) {
                Liveness::Alive => OwnerState::Alive,
                Liveness::Upstream => OwnerState::Upstream,
                Liveness::Dead if is_anonymous(bot) => OwnerState::Orphaned,
                Liveness::Dead => OwnerState::Dead,
            },
        }
    }
}
