//! The one thread that owns shared memory: requests in, venue events out, and sleep between.

use std::time::Duration;

use hbl_wire::{ConnectorPort, WireError};
use tracing::{info, warn};

use crate::clock::Now;
use crate::dispatcher::Dispatcher;
use crate::patience::Patience;
use crate::stop_signal::StopSignal;
use crate::venue::Venue;

/// Requests served before the venue has its turn again.
const REQUESTS_MAX: usize = 256;
/// The connector shows at least this often that it lives.
const HEARTBEAT_NS: u64 = 50_000_000;
/// Longest sleep, so that a signal is seen in time.
const PARK_MAX: Duration = Duration::from_millis(50);
/// What is due sooner than this is waited for without sleeping: a sleep would end too late.
const SPIN_NS: u64 = 30_000;
/// How long a stopping connector stays so that bots read its last words: what is unread when it
/// leaves may be lost.
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

/// Runs until a signal stops it, or the venue has finished and `exit_at_end` is set.
///
/// # Errors
/// When shared memory is gone.
pub fn run<V: Venue>(
    port: &mut ConnectorPort,
    dispatcher: &mut Dispatcher<V>,
    commands: &mut dyn Commands,
    stop: &StopSignal,
    exit_at_end: bool,
) -> Result<(), WireError> {
    let mut last_beat_ns = 0;
    let mut patience = Patience::default();
    let mut receive_errors = 0;
    loop {
        let now = Now::read();
        if stop.is_set() {
            info!("stopping on a signal");
            break;
        }
        if now.mono_ns.saturating_sub(last_beat_ns) >= HEARTBEAT_NS {
            port.heartbeat();
            last_beat_ns = now.mono_ns;
        }
        for _ in 0..commands.steps() {
            dispatcher.venue_mut().step();
        }
        let served = serve(now, port, dispatcher, &mut receive_errors)?;
        let sent = dispatcher.poll(now, port);
        // Also what was sent without an event of the venue: the answer to a registration that waited.
        dispatcher.flush(port);
        if served > 0 || sent > 0 {
            patience.worked(now.mono_ns);
        }
        if exit_at_end && dispatcher.venue().is_finished() {
            info!("the data is at its end");
            break;
        }
        if served > 0 || sent > 0 {
            continue;
        }
        if !patience.waits(now.mono_ns) {
            idle(port, dispatcher.venue());
        }
    }
    // Orders that were on their way when the signal came get their end told too.
    let now = Now::read();
    serve(now, port, dispatcher, &mut receive_errors)?;
    dispatcher.poll(now, port);
    dispatcher.stop(now, port);
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
    Ok(())
}

/// Serves the requests that wait, and returns how many there were.
fn serve<V: Venue>(
    now: Now,
    port: &mut ConnectorPort,
    dispatcher: &mut Dispatcher<V>,
    receive_errors: &mut u32,
) -> Result<usize, WireError> {
    for served in 0..REQUESTS_MAX {
        match port.recv() {
            Ok(Some(request)) => {
                dispatcher.handle(now, request, port);
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

fn idle<V: Venue>(port: &mut ConnectorPort, venue: &V) {
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

    use hbl_wire::{Berth, BotPage, BotPort, Capabilities, Hello, WireEvent, random_bot_id};
    use hftbacktest::types::LiveRequest;

    use super::*;
    use crate::test_venue::{Script, ScriptedVenue};

    /// The book becomes whole after a while, of which the venue says nothing.
    struct WholeLater(Rc<RefCell<Script>>, Instant);

    impl Commands for WholeLater {
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
            let page = BotPage::own(id).unwrap();
            let mut bot = BotPort::open(&name, id, Duration::from_secs(60)).unwrap();
            bot.check_link().unwrap();
            bot.send(&LiveRequest::RegisterInstrument {
                symbol: "X".into(),
                tick_size: 0.1,
                lot_size: 0.001,
            })
            .unwrap();
            let started = Instant::now();
            let (mut ended, mut berth) = (false, Berth::new(true));
            while !ended && started.elapsed() < SOON {
                page.sleep(SOON, &mut berth, || bot.has_messages());
                while let Some((mut slot, _)) = bot.recv().unwrap() {
                    while let Some(message) = slot.next_message() {
                        ended |= matches!(message, Ok(WireEvent::BatchEnd));
                    }
                }
                while bot.recv_side().is_some() {}
            }
            StopSignal::request();
            (ended, started.elapsed())
        });
        let mut commands = WholeLater(script, Instant::now());
        run(&mut port, &mut dispatcher, &mut commands, &stop, false).unwrap();
        let (ended, took) = bot.join().unwrap();
        assert!(ended && took < SOON, "{took:?}");
    }
}
