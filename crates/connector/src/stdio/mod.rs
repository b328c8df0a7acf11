//! Market data as JSON lines over the standard streams, instead of shared memory.

mod command;
mod conflating_queue;
mod json;
mod lines;
mod served;
mod session;
mod sizes;
mod streams;

use std::time::{Duration, Instant};

use tracing::info;

use crate::error::ConnectorError;
use crate::stop_signal::StopSignal;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::venue::Venue;
use lines::{Found, LINE_BYTES_MAX, Lines};
use session::Session;
use streams::{Peer, Streams};

/// Longest sleep, so that a signal is seen in time.
const PARK_MAX: Duration = Duration::from_millis(50);
/// Work that is due sooner than this is awaited without a sleep.
const SPIN_NS: u64 = 30_000;
/// How long the last lines may take to be read.
const LAST_LINES: Duration = Duration::from_millis(200);

/// How the process presents itself.
pub struct Greeting<'a> {
    /// Kind of connector.
    pub kind: &'a str,
    /// Where orders would go; none can be sent here.
    pub orders: &'a str,
    /// Which of the venue's environments it is.
    pub environment: &'a str,
    /// Whether that trades no real money.
    pub is_paper: bool,
    /// How long a subscription may wait until the venue knows its instruments.
    pub wait: Duration,
    /// Ends with the venue's data.
    pub exit_at_end: bool,
}

/// Serves the standard streams until a signal, a `stop`, the end of the input, or the end of the
/// reader.
///
/// # Errors
/// When the system refuses a descriptor.
pub fn run(
    venue: &mut dyn Venue,
    greeting: &Greeting<'_>,
    stop: &StopSignal,
) -> Result<(), ConnectorError> {
    let system = |source| ConnectorError::System {
        what: "standard input and output",
        source,
    };
    let mut streams = Streams::standard().map_err(system)?;
    venue.wake_with(streams.wake().map_err(system)?);
    let wait_ns = u64::try_from(greeting.wait.as_nanos()).unwrap_or(u64::MAX);
    let mut session = Session::new(Now::read(), wait_ns);
    let destination = (greeting.orders, greeting.environment);
    session.ready(greeting.kind, destination, greeting.is_paper);
    let why = serve(
        venue,
        &mut session,
        &mut streams,
        stop,
        greeting.exit_at_end,
    );
    info!(losses = ?session.losses(), "stopped: {why}");
    match greeting.exit_at_end {
        true => Ok(venue.all_read()?),
        false => Ok(()),
    }
}

/// Serves until the end, and says why it came.
fn serve(
    venue: &mut dyn Venue,
    session: &mut Session,
    streams: &mut Streams,
    stop: &StopSignal,
    exit_at_end: bool,
) -> &'static str {
    let mut out = Vec::new();
    let mut lines = Lines::default();
    let why = loop {
        if stop.is_set() {
            break "a signal";
        }
        let has_events = session.poll(Now::read(), venue, &mut out);
        if streams.write(&mut out) == Peer::Gone {
            return "the output has no reader";
        }
        let is_blocked = !out.is_empty();
        // Lines that the reader has not taken wait for it.
        let has_more = has_events || (session.has_more() && !is_blocked);
        if exit_at_end && !is_blocked && !has_more && venue.is_finished() {
            break "the data is at its end";
        }
        let timeout = match has_more {
            true => Duration::ZERO,
            false => idle_time(venue, session),
        };
        let ready = streams.wait(is_blocked, timeout);
        if ready.is_gone {
            return "the output has no reader";
        }
        if ready.input {
            let peer = streams.read(lines.buffer());
            lines.each(|found| match found {
                Found::Line(line) => session.command(Now::read(), line, venue),
                Found::TooLong => session.too_long(LINE_BYTES_MAX),
            });
            if peer == Peer::Gone {
                break "the input is at its end";
            }
        }
        if session.is_stopped() {
            break "asked to";
        }
    };
    session.stopping();
    let end = Instant::now() + LAST_LINES;
    session.fill(Now::read(), venue, &mut out);
    while streams.write(&mut out) == Peer::There && Instant::now() < end {
        if out.is_empty() {
            session.fill(Now::read(), venue, &mut out);
            if out.is_empty() {
                break;
            }
        } else {
            streams.wait(true, LAST_LINES / 10);
        }
    }
    why
}

fn idle_time(venue: &dyn Venue, session: &Session) -> Duration {
    let due = [venue.next_due_ns(), session.next_due_ns()];
    let due_ns = due.into_iter().flatten().min();
    let left_ns = due_ns.map_or(u64::MAX, |due| due.saturating_sub(Now::read().mono_ns));
    if left_ns <= SPIN_NS {
        std::hint::spin_loop();
        Duration::ZERO
    } else {
        Duration::from_nanos(left_ns - SPIN_NS / 2).min(PARK_MAX)
    }
}
