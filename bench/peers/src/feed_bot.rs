//! A bot that takes market data, and the measuring loop that every such bot runs in.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use hbl_wire::clock::monotonic_ns;

use crate::{Histogram, clock::cpu_ns, say};

/// An event as a bot sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// When it was sent, `CLOCK_MONOTONIC`: its exchange time.
    pub sent_ns: u64,
    /// Its number, from 1: its local time.
    pub seq: u64,
}

/// A bot that takes market data.
pub trait FeedBot {
    /// Waits for market data at most this long, and hands over each event after it was applied to
    /// the book; false when the bot is to end.
    ///
    /// # Errors
    /// When its channel fails.
    fn wait(&mut self, timeout: Duration, each: impl FnMut(Seen)) -> Result<bool, Box<dyn Error>>;

    /// Best bid and ask of the first symbol: ticks and quantity of each.
    fn top(&self) -> [f64; 4];
}

/// What of the events is measured, and when a bot has seen enough.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Nothing has come for so long after the first event.
    pub idle: Duration,
    /// The number of the last event.
    pub last_seq: u64,
    /// The clock is read at every so many-th event.
    pub sample_every: u64,
    /// At none of the first so many events, which run through code that was never run before.
    pub skip: u64,
}

const FIRST_WITHIN: Duration = Duration::from_secs(20);
/// The longest of the waits between which the time is looked at.
const WAIT: Duration = Duration::from_millis(50);

/// Takes events until the end, and says in a line of JSON what came, when, and what it cost.
///
/// # Errors
/// When the bot fails, or standard output is closed.
pub fn consume(bot: &mut impl FeedBot, plan: Plan) -> Result<(), Box<dyn Error>> {
    let mut latency = Histogram::default();
    let (mut received, mut last_seq, mut lost, mut misplaced) = (0, 0, 0, 0);
    let mut first = None;
    let mut last = (Instant::now(), 0);
    while last_seq < plan.last_seq {
        let before = received;
        let goes_on = bot.wait(WAIT.min(plan.idle), |event| {
            if received >= plan.skip && received % plan.sample_every == 0 {
                latency.record(monotonic_ns().saturating_sub(event.sent_ns));
            }
            received += 1;
            if event.seq > last_seq {
                lost += event.seq - last_seq - 1;
                last_seq = event.seq;
            } else {
                misplaced += 1;
            }
            first.get_or_insert_with(|| (event.sent_ns, Instant::now(), cpu_ns()));
        })?;
        if received > before {
            last = (Instant::now(), monotonic_ns());
        } else {
            let limit = first.map_or(FIRST_WITHIN, |_| plan.idle);
            if !goes_on || last.0.elapsed() > limit {
                break;
            }
        }
    }
    let (sent_ns, began, cpu_before) = first.unwrap_or((0, last.0, cpu_ns()));
    say(&serde_json::json!({
        "received": received,
        "lost": lost,
        "misplaced": misplaced,
        "p50Ns": latency.percentile(0.5),
        "p90Ns": latency.percentile(0.9),
        "p99Ns": latency.percentile(0.99),
        "cpuNs": cpu_ns() - cpu_before,
        "elapsedNs": u64::try_from((last.0 - began).as_nanos())?,
        // From the first send to the last event that was taken.
        "tookNs": last.1.saturating_sub(sent_ns),
        "top": bot.top(),
    }))?;
    Ok(())
}
