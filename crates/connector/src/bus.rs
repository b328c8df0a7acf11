//! The bus: the only thread that owns shared memory. It takes requests in, sends venue events out, and
//! sleeps between them.

use std::time::Duration;

use hbl_wire::{ConnectorPort, WireError};
use tracing::{info, warn};

use crate::idle_strategy::IdleStrategy;
use crate::stop_signal::StopSignal;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::dispatcher::{Dispatcher, LeftOrder};
use hbl_venues::kit::venue::Venue;

/// Requests served before the venue has its turn again.
const REQUESTS_MAX: usize = 256;
/// The connector shows at least this often that it lives.
const HEARTBEAT_NS: u64 = 50_000_000;
/// Longest sleep, so that a signal is seen in time.
const PARK_MAX: Duration = Duration::from_millis(50);
/// Work that is due sooner than this is awaited without a sleep, which would end too late.
const SPIN_NS: u64 = 30_000;
/// How long a stopping connector stays so that bots read its last messages: unread ones may be lost
/// when it leaves.
const LINGER: Duration = Duration::from_millis(60);
/// Receive errors in a row after which shared memory counts as gone.
const RECEIVE_ERRORS_MAX: u32 = 1000;

/// Where the bus gets commands besides shared memory.
pub trait Commands {
    /// Number of steps asked for since the last call.
    fn steps(&mut self) -> usize {
        0
    }
}

/// No commands.
pub struct NoCommands;
impl Commands for NoCommands {}

/// When the bus ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// With the venue's data.
    pub at_end: bool,
    /// How long a stopping bus waits for what was asked before to be sent and answered.
    pub wait: Duration,
}

/// Runs until a signal stops it, or the venue has finished and `ending.at_end` is set. Then it goes
/// on, for `ending.wait` at most, until every cancellation that was asked for was sent and answered;
/// new orders are refused meanwhile. Returns the orders that are still open at the venue.
///
/// # Errors
/// When shared memory is gone.
pub fn run<V: Venue + ?Sized>(
    port: &mut ConnectorPort,
    dispatcher: &mut Dispatcher<V>,
    commands: &mut dyn Commands,
    stop: &StopSignal,
    ending: Ending,
) -> Result<Vec<LeftOrder>, WireError> {
    let mut bus = Bus {
        port,
        dispatcher,
        last_beat_ns: 0,
        idle: IdleStrategy::default(),
        receive_errors: 0,
    };
    loop {
        if stop.is_set() {
            info!("stopping on a signal");
            break;
        }
        for _ in 0..commands.steps() {
            bus.dispatcher.venue_mut().step();
        }
        let worked = bus.turn()?;
        if ending.at_end && bus.dispatcher.venue().is_finished() {
            info!("the data is at its end");
            break;
        }
        if !worked {
            bus.rest();
        }
    }
    bus.settle(ending.wait)?;
    let Bus {
        port, dispatcher, ..
    } = bus;
    let left = dispatcher.stop(Now::read(), port);
    dispatcher.flush(port);
    if dispatcher.has_bots() {
        std::thread::sleep(LINGER);
    }
    info!(
        sent = port.sent(),
        send_errors = dispatcher.send_errors(),
        decode_errors = port.decode_errors(),
        "stopped"
    );
    Ok(left)
}

/// What a turn of the bus needs.
struct Bus<'a, V: Venue + ?Sized> {
    port: &'a mut ConnectorPort,
    dispatcher: &'a mut Dispatcher<V>,
    last_beat_ns: u64,
    idle: IdleStrategy,
    receive_errors: u32,
}

impl<V: Venue + ?Sized> Bus<'_, V> {
    /// Requests in, events out. False when there was neither.
    fn turn(&mut self) -> Result<bool, WireError> {
        let now = Now::read();
        if now.mono_ns.saturating_sub(self.last_beat_ns) >= HEARTBEAT_NS {
            self.port.heartbeat();
            self.last_beat_ns = now.mono_ns;
        }
        let served = serve(self.port, self.dispatcher, &mut self.receive_errors)?;
        let sent = self.dispatcher.poll(now, self.port);
        // Also what was sent without an event of the venue: the answer to a registration that waited.
        self.dispatcher.flush(self.port);
        let worked = served > 0 || sent > 0;
        if worked {
            self.idle.worked(now.mono_ns);
        }
        Ok(worked)
    }

    /// There is nothing to do.
    fn rest(&mut self) {
        if !self.idle.waits(Now::read().mono_ns) {
            idle(self.port, self.dispatcher.venue());
        }
    }

    /// Goes on until what was asked before the stop is done, `wait` at most.
    fn settle(&mut self, wait: Duration) -> Result<(), WireError> {
        let wait_ns = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = Now::read().mono_ns.saturating_add(wait_ns);
        self.dispatcher.begin_stop();
        loop {
            let worked = self.turn()?;
            let is_done = !worked && self.dispatcher.is_settled();
            // A venue whose data is at its end does not answer any more.
            let is_over = Now::read().mono_ns >= until_ns || self.dispatcher.venue().is_finished();
            if is_done || is_over {
                return Ok(());
            }
            if !worked {
                self.rest();
            }
        }
    }
}

/// Serves the requests that wait, and returns how many there were.
fn serve<V: Venue + ?Sized>(
    port: &mut ConnectorPort,
    dispatcher: &mut Dispatcher<V>,
    receive_errors: &mut u32,
) -> Result<usize, WireError> {
    for served in 0..REQUESTS_MAX {
        match port.recv() {
            Ok(Some(request)) => {
                let asked = port.asked();
                dispatcher.handle_asked(Now::read(), request, asked, port);
                *receive_errors = 0;
            }
            Ok(None) => return Ok(served),
            Err(error) => {
                *receive_errors += 1;
                if *receive_errors == 1 {
                    warn!(%error, "a request could not be received");
                }
                return if *receive_errors < RECEIVE_ERRORS_MAX {
                    Ok(served)
                } else {
                    Err(error)
                };
            }
        }
    }
    Ok(REQUESTS_MAX)
}

fn idle<V: Venue + ?Sized>(port: &mut ConnectorPort, venue: &V) {
    let due_ns = venue.next_due_ns();
    let left_ns = due_ns.map_or(u64::MAX, |due| due.saturating_sub(Now::read().mono_ns));
    if left_ns <= SPIN_NS {
        std::hint::spin_loop();
        std::thread::yield_now();
    } else {
        let timeout = Duration::from_nanos(left_ns - SPIN_NS / 2).min(PARK_MAX);
        port.wait_unless(timeout, || venue.has_arrivals());
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc, thread, time::Instant};

    use hbl_wire::{
        BotControlBlock, BotPort, Capabilities, Destination, Hello, WakerAffinity, WireEvent,
        random_bot_id,
    };
    use hftbacktest::types::LiveRequest;

    use super::*;
    use hbl_venues::kit::test_venue::{Script, ScriptedVenue};

    /// The book is complete after a while, without an event of the venue.
    struct BookLater(Rc<RefCell<Script>>, Instant);

    impl Commands for BookLater {
        fn steps(&mut self) -> usize {
            if self.1.elapsed() > Duration::from_millis(100) {
                self.0.borrow_mut().without_book = false;
            }
            0
        }
    }

    #[test]
    fn an_answer_that_waited_reaches_its_bot_although_the_venue_is_silent() {
        const SOON: Duration = Duration::from_secs(2);
        let name = format!("t-bus-{}", std::process::id());
        let hello = Hello {
            version: "0".into(),
            kind: "test".into(),
            capabilities: Capabilities::all(),
            destination: Destination::default(),
        };
        let mut port = ConnectorPort::open(&name, &hello).unwrap();
        let script = Rc::new(RefCell::new(Script {
            without_book: true,
            ..Script::default()
        }));
        let mut dispatcher = Dispatcher::new(ScriptedVenue(script.clone()));
        let stop = StopSignal::install().unwrap();
        let bot = thread::spawn(move || {
            let id = random_bot_id();
            let page = BotControlBlock::own(id).unwrap();
            let mut bot = BotPort::open(&name, id, Duration::from_secs(60)).unwrap();
            bot.check_link().unwrap();
            bot.send(&LiveRequest::RegisterInstrument {
                symbol: "X".into(),
                tick_size: 0.1,
                lot_size: 0.001,
            })
            .unwrap();
            let started = Instant::now();
            let (mut ended, mut affinity) = (false, WakerAffinity::new(true));
            while !ended && started.elapsed() < SOON {
                page.sleep(SOON, &mut affinity, || bot.has_messages());
                while let Some((mut slot, _)) = bot.recv().unwrap() {
                    while let Some(message) = slot.next_message() {
                        ended |= matches!(message, Ok(WireEvent::BatchEnd));
                    }
                }
                while bot.recv_control().is_some() {}
            }
            StopSignal::request();
            (ended, started.elapsed())
        });
        let mut commands = BookLater(script, Instant::now());
        let ending = Ending {
            at_end: false,
            wait: SOON,
        };
        run(&mut port, &mut dispatcher, &mut commands, &stop, ending).unwrap();
        let (ended, took) = bot.join().unwrap();
        assert!(ended && took < SOON, "{took:?}");
    }
}
