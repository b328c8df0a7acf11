//! The wanted topics of the public socket, and their subscriptions.
//!
//! The wanted set outlives every connection. A subscribe frame is all-or-nothing at the venue: after a
//! refusal of several topics each is asked for alone, and only a topic that is refused alone counts as
//! refused.

use crate::bybit::frames::public::{Reply, book_topic};
use crate::kit::net::subscriptions::{
    RequestLimits, Subscribed, SubscriptionRequest, Subscriptions,
};

const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer, or a first message, may take.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// Depth 1 is sent again after 3 s without a change, so more silence than this is a fault.
const TOP_SILENCE_NS: u64 = 10 * SECOND_NS;
/// Deeper books were seen silent for 36 s.
const BOOK_SILENCE_NS: u64 = 60 * SECOND_NS;
/// A topic that breaks again within this time is not asked for at once any more.
const BREAKS_NS: u64 = 60 * SECOND_NS;
const PAUSE_MAX_NS: u64 = 30 * SECOND_NS;

const LIMITS: RequestLimits = RequestLimits {
    // Spot takes no more in a frame.
    subscribe_max: 10,
    unsubscribe_max: 1,
    // Well below what a connection may have.
    chars_max: 2_000,
    answer_ns: ANSWER_NS,
    pause_ns: 0,
    // Only the next connection asks again.
    refused_ns: u64::MAX,
    renews_alone: true,
};

#[derive(Debug)]
struct Topic {
    /// The longest silence allowed, nanoseconds.
    silence_ns: u64,
    last_data: u64,
    /// When a snapshot has to have come; `None` once it came.
    snapshot_due: Option<u64>,
    /// It was silent for too long, and is still.
    went_silent: bool,
    broke_at: Option<u64>,
    /// How often it broke, each time soon after the time before.
    breaks: u32,
}

impl Topic {
    /// The longest silence allowed. Deeper books of a symbol whose best prices have gone silent are
    /// allowed no more than those.
    fn may_be_silent(&self, name: &str, silent: &[String]) -> u64 {
        let is_silent = |symbol: &str| silent.iter().any(|silent| silent == symbol);
        // Nearly always none is.
        if silent.is_empty() {
            return self.silence_ns;
        }
        match book_topic(name) {
            Some((_, symbol)) if is_silent(symbol) => self.silence_ns.min(TOP_SILENCE_NS),
            _ => self.silence_ns,
        }
    }
}

/// Actions and reports about topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicAct {
    /// Send this text.
    Send(String),
    /// The venue refuses the topic, with its text.
    Refused(String, String),
    /// The topic was silent for too long and is being subscribed anew.
    Silent(String),
    /// Answers do not come: the connection has to be made anew.
    Dead(&'static str),
}

/// The topics of one public socket.
#[derive(Debug)]
pub struct Topics {
    wanted: Subscriptions<Topic>,
    last_data: u64,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            wanted: Subscriptions::new(LIMITS),
            last_data: 0,
        }
    }
}

impl Topics {
    /// Wants a topic from now on.
    pub fn want(&mut self, name: &str) {
        let topic = Topic {
            silence_ns: silence(name),
            last_data: 0,
            snapshot_due: None,
            went_silent: false,
            broke_at: None,
            breaks: 0,
        };
        self.wanted.want(name, topic);
    }

    /// The topics that the venue sends, as far as is known.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        self.wanted.live()
    }

    /// Number of topics wanted and not refused.
    pub fn wanted(&self) -> usize {
        self.wanted.len() - self.wanted.refused()
    }

    /// The connection is open: everything is asked for, what was refused alone.
    pub fn opened(&mut self, now: u64) {
        self.last_data = now;
        self.wanted.opened(now);
        for (_, _, topic) in self.wanted.iter_mut() {
            topic.last_data = now;
            topic.snapshot_due = None;
            topic.went_silent = false;
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.wanted.closed();
    }

    /// A message of a topic came. `synced`: it completes the topic, as a snapshot or a trade does.
    pub fn data(&mut self, now: u64, name: &str, synced: bool) {
        self.last_data = now;
        let Some(topic) = self.wanted.heard(name, synced) else {
            return;
        };
        topic.last_data = now;
        topic.went_silent = false;
        if synced {
            topic.snapshot_due = None;
        }
    }

    /// The topic has to come with a new snapshot: at once, and later each time when it goes on
    /// breaking, so that a topic that cannot be read is no load on the venue.
    pub fn resync(&mut self, now: u64, name: &str) {
        let Some(topic) = self.wanted.get_mut(name) else {
            return;
        };
        let again = topic.broke_at.is_some_and(|at| now < at + BREAKS_NS);
        let breaks = if again { topic.breaks + 1 } else { 0 };
        let pause = match breaks {
            0 => 0,
            n => (SECOND_NS << (n - 1).min(16)).min(PAUSE_MAX_NS),
        };
        if self.wanted.renew(name, now + pause)
            && let Some(topic) = self.wanted.get_mut(name)
        {
            topic.breaks = breaks;
            topic.broke_at = Some(now);
        }
    }

    /// The topic has to come with a new snapshot, for a reason that is not its own.
    pub fn renew(&mut self, now: u64, name: &str) {
        self.wanted.renew(name, now);
    }

    /// The venue answered a request.
    pub fn reply(&mut self, now: u64, reply: &Reply<'_>, out: &mut Vec<TopicAct>) {
        let Some(id) = self.request_of(reply) else {
            return;
        };
        let Some(request) = self.wanted.request(id) else {
            return;
        };
        let text = reply.text.or_empty();
        let has_it = request.names.len() == 1 && text.contains("already subscribed");
        let mut known = Vec::new();
        let is_refused = !reply.success && !has_it;
        self.wanted.answered(now, id, is_refused, &mut known);
        for known in known {
            match known {
                Subscribed::Live(name) => {
                    let due = book_topic(&name).map(|_| now + ANSWER_NS);
                    if let Some(topic) = self.wanted.get_mut(&name) {
                        topic.snapshot_due = due;
                    }
                }
                Subscribed::Refused(name) => out.push(TopicAct::Refused(name, text.to_owned())),
            }
        }
    }

    /// The request that a reply is about. Without its id: the one that names the topic in the text,
    /// or else the oldest of its kind.
    fn request_of(&self, reply: &Reply<'_>) -> Option<u64> {
        if let Some(id) = reply.req_id.get() {
            return id.parse().ok();
        }
        let subscribe = reply.op.get() != Some("unsubscribe");
        let named = reply
            .text
            .or_empty()
            .split_once("topic:")
            .map(|(_, name)| name);
        self.wanted.oldest(|request| match named {
            Some(name) => request.names.iter().any(|topic| topic == name),
            None => request.subscribe == subscribe,
        })
    }

    /// Sends what is wanted and looks for silence.
    pub fn tick(&mut self, now: u64, out: &mut Vec<TopicAct>) {
        if !self.wanted.is_open() {
            return;
        }
        if now >= self.silent_at() {
            out.push(TopicAct::Dead("no data came"));
            return;
        }
        if self.wanted.is_late(now) {
            out.push(TopicAct::Dead("a request was not answered"));
            return;
        }
        let mut fell_silent = Vec::new();
        let silent = self.silent_symbols();
        for (name, is_live, topic) in self.wanted.iter_mut() {
            if !is_live {
                continue;
            }
            if topic.snapshot_due.is_some_and(|due| now >= due) {
                out.push(TopicAct::Dead("no snapshot came"));
                return;
            }
            let silence_ns = topic.may_be_silent(name, &silent);
            if now >= topic.last_data.saturating_add(silence_ns) {
                topic.went_silent = true;
                fell_silent.push(name.to_owned());
            }
        }
        for name in fell_silent {
            self.wanted.renew(&name, now);
            out.push(TopicAct::Silent(name));
        }
        while let Some(request) = self.wanted.next(now) {
            if !request.subscribe {
                for name in &request.names {
                    if let Some(topic) = self.wanted.get_mut(name) {
                        topic.last_data = now;
                    }
                }
            }
            out.push(TopicAct::Send(text_of(&request)));
        }
    }

    /// Symbols whose best prices, which the venue repeats, have gone silent.
    fn silent_symbols(&self) -> Vec<String> {
        let silent = self.wanted.iter().filter(|(_, _, topic)| topic.went_silent);
        let symbols = silent.filter_map(|(name, ..)| match book_topic(name) {
            Some((1, symbol)) => Some(symbol.to_owned()),
            _ => None,
        });
        symbols.collect()
    }

    /// When the connection has been silent for too long. A topic that is asked for anew
    /// because it went silent counts on: which one was noticed first makes no difference.
    fn silent_at(&self) -> u64 {
        let topics = self.wanted.iter();
        let live = topics.filter(|(_, is_live, topic)| *is_live || topic.went_silent);
        let shortest = live.map(|(_, _, topic)| topic.silence_ns).min();
        shortest.map_or(u64::MAX, |silence| self.last_data.saturating_add(silence))
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        if !self.wanted.is_open() {
            return None;
        }
        let silent = self.silent_symbols();
        let live = self.wanted.iter().filter(|(_, is_live, _)| *is_live);
        let due = live.map(|(name, _, topic)| {
            let silence_ns = topic.may_be_silent(name, &silent);
            let silent_at = topic.last_data.saturating_add(silence_ns);
            topic.snapshot_due.unwrap_or(u64::MAX).min(silent_at)
        });
        let requests = self.wanted.next_due();
        let first = due.chain(requests).min().unwrap_or(u64::MAX);
        Some(first.min(self.silent_at()))
    }
}

fn text_of(request: &SubscriptionRequest) -> String {
    let op = match request.subscribe {
        true => "subscribe",
        false => "unsubscribe",
    };
    let (id, args) = (request.id, request.names.join("\",\""));
    format!(r#"{{"req_id":"{id}","op":"{op}","args":["{args}"]}}"#)
}

/// How long a topic may say nothing, nanoseconds. Trades may for ever.
fn silence(name: &str) -> u64 {
    match book_topic(name) {
        Some((1, _)) => TOP_SILENCE_NS,
        Some(_) => BOOK_SILENCE_NS,
        None => u64::MAX,
    }
}

#[cfg(test)]
#[path = "topics_tests.rs"]
mod tests;
