//! The wanted topics of the public socket, and their subscriptions.
//!
//! The wanted set outlives every connection. A subscribe frame is all-or-nothing at the venue: after a
//! refusal of several topics each is asked for alone, and only a topic that is refused alone counts as
//! refused.

use std::collections::{BTreeMap, HashMap};

use crate::bybit::frames::public::{Reply, book_topic};

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
/// Topics per frame; spot takes no more.
const TOPICS_PER_FRAME: usize = 10;
/// Characters of `args` per frame, well below what a connection may have.
const ARGS_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// To be subscribed, in a frame of its own or with others.
    Wanted { alone: bool },
    /// Asked for; no answer and no message yet.
    Asked { until: u64 },
    /// Subscribed or sending. `until` is the time by which a snapshot has to come, `None` once it came.
    Live { until: Option<u64> },
    /// To be unsubscribed and subscribed again, from this time on.
    Broken { at: u64 },
    /// Unsubscribing.
    Leaving { until: u64 },
    /// The venue does not have it.
    Refused,
}

#[derive(Debug)]
struct Topic {
    state: State,
    /// The longest silence allowed, nanoseconds.
    silence_ns: u64,
    last_data: u64,
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

#[derive(Debug)]
struct Request {
    topics: Vec<String>,
    subscribe: bool,
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
#[derive(Debug, Default)]
pub struct Topics {
    topics: BTreeMap<String, Topic>,
    requests: HashMap<u64, Request>,
    last_request: u64,
    open: bool,
    last_data: u64,
}

impl Topics {
    /// Wants a topic from now on.
    pub fn want(&mut self, topic: String) {
        let silence_ns = silence(&topic);
        self.topics.entry(topic).or_insert(Topic {
            state: State::Wanted { alone: false },
            silence_ns,
            last_data: 0,
            went_silent: false,
            broke_at: None,
            breaks: 0,
        });
    }

    /// The topics that the venue sends, as far as is known.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        let live = |topic: &Topic| matches!(topic.state, State::Live { .. });
        let topics = self.topics.iter().filter(move |(_, topic)| live(topic));
        topics.map(|(name, _)| name.as_str())
    }

    /// Number of topics wanted and not refused.
    pub fn wanted(&self) -> usize {
        let refused = |topic: &&Topic| topic.state != State::Refused;
        self.topics.values().filter(refused).count()
    }

    /// The connection is open: everything is asked for, what was refused alone.
    pub fn opened(&mut self, now: u64) {
        self.open = true;
        self.last_data = now;
        self.requests.clear();
        for topic in self.topics.values_mut() {
            let alone = topic.state == State::Refused;
            topic.state = State::Wanted { alone };
            topic.last_data = now;
            topic.went_silent = false;
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.open = false;
        self.requests.clear();
    }

    /// A message of a topic came. `synced`: it completes the topic, as a snapshot or a trade does.
    pub fn data(&mut self, now: u64, name: &str, synced: bool) {
        self.last_data = now;
        let Some(topic) = self.topics.get_mut(name) else {
            return;
        };
        topic.last_data = now;
        topic.went_silent = false;
        match &mut topic.state {
            State::Live { until } if synced => *until = None,
            // A message is as good as an answer, which may come later.
            State::Asked { .. } if synced => topic.state = State::Live { until: None },
            _ => {}
        }
    }

    /// The topic has to come with a new snapshot: at once, and later each time when it goes on
    /// breaking, so that a topic that cannot be read is no load on the venue.
    pub fn resync(&mut self, now: u64, name: &str) {
        let Some(topic) = self.topics.get_mut(name) else {
            return;
        };
        if !matches!(topic.state, State::Live { .. } | State::Asked { .. }) {
            return;
        }
        let again = topic.broke_at.is_some_and(|at| now < at + BREAKS_NS);
        topic.breaks = if again { topic.breaks + 1 } else { 0 };
        topic.broke_at = Some(now);
        let pause = match topic.breaks {
            0 => 0,
            n => (SECOND_NS << (n - 1).min(16)).min(PAUSE_MAX_NS),
        };
        topic.state = State::Broken { at: now + pause };
    }

    /// The topic has to come with a new snapshot, for a reason that is not its own.
    pub fn renew(&mut self, now: u64, name: &str) {
        if let Some(topic) = self.topics.get_mut(name)
            && matches!(topic.state, State::Live { .. } | State::Asked { .. })
        {
            topic.state = State::Broken { at: now };
        }
    }

    /// The venue answered a request.
    pub fn reply(&mut self, now: u64, reply: &Reply<'_>, out: &mut Vec<TopicAct>) {
        let Some(id) = self.request_of(reply) else {
            return;
        };
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        let text = reply.text.or_empty();
        if !request.subscribe {
            for name in &request.topics {
                self.set(name, State::Wanted { alone: true });
            }
            return;
        }
        let doubled = text.contains("already subscribed");
        let alone = request.topics.len() == 1;
        for name in &request.topics {
            if !self
                .topics
                .get(name)
                .is_some_and(|topic| waits(&topic.state))
            {
                continue;
            }
            if reply.success || alone && doubled {
                let until = book_topic(name).map(|_| now + ANSWER_NS);
                let state = &self.topics[name].state;
                if !matches!(state, State::Live { until: None }) {
                    self.set(name, State::Live { until });
                }
            } else if alone {
                self.set(name, State::Refused);
                out.push(TopicAct::Refused(name.clone(), text.to_owned()));
            } else {
                self.set(name, State::Wanted { alone: true });
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
        let fits = |request: &Request| match named {
            Some(name) => request.topics.iter().any(|topic| topic == name),
            None => request.subscribe == subscribe,
        };
        let ids = self.requests.iter().filter(|(_, request)| fits(request));
        ids.map(|(id, _)| *id).min()
    }

    fn set(&mut self, name: &str, state: State) {
        if let Some(topic) = self.topics.get_mut(name) {
            topic.state = state;
        }
    }

    /// Sends what is wanted and looks for silence.
    pub fn tick(&mut self, now: u64, out: &mut Vec<TopicAct>) {
        if !self.open {
            return;
        }
        if now >= self.silent_at() {
            out.push(TopicAct::Dead("no data came"));
            return;
        }
        let mut leave = Vec::new();
        let silent = self.silent_symbols();
        for (name, topic) in &mut self.topics {
            let silence_ns = topic.may_be_silent(name, &silent);
            match topic.state {
                State::Asked { until } | State::Leaving { until } if now >= until => {
                    out.push(TopicAct::Dead("a request was not answered"));
                    return;
                }
                State::Live { until: Some(until) } if now >= until => {
                    out.push(TopicAct::Dead("no snapshot came"));
                    return;
                }
                State::Live { .. } if now >= topic.last_data.saturating_add(silence_ns) => {
                    topic.state = State::Broken { at: now };
                    topic.went_silent = true;
                    out.push(TopicAct::Silent(name.clone()));
                }
                _ => {}
            }
            if matches!(topic.state, State::Broken { at } if now >= at) {
                topic.state = State::Leaving {
                    until: now + ANSWER_NS,
                };
                topic.last_data = now;
                leave.push(name.clone());
            }
        }
        for name in leave {
            let text = self.request(vec![name], false);
            out.push(TopicAct::Send(text));
        }
        for batch in self.batches() {
            for name in &batch {
                let until = now + ANSWER_NS;
                self.set(name, State::Asked { until });
            }
            let text = self.request(batch, true);
            out.push(TopicAct::Send(text));
        }
    }

    fn batches(&self) -> Vec<Vec<String>> {
        let (mut batches, mut batch, mut chars) = (Vec::new(), Vec::new(), 0);
        for (name, topic) in &self.topics {
            let State::Wanted { alone } = topic.state else {
                continue;
            };
            if alone {
                batches.push(vec![name.clone()]);
                continue;
            }
            if batch.len() == TOPICS_PER_FRAME || chars + name.len() > ARGS_MAX {
                batches.push(std::mem::take(&mut batch));
                chars = 0;
            }
            chars += name.len();
            batch.push(name.clone());
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        batches
    }

    fn request(&mut self, topics: Vec<String>, subscribe: bool) -> String {
        self.last_request += 1;
        let id = self.last_request;
        let op = if subscribe {
            "subscribe"
        } else {
            "unsubscribe"
        };
        let args = topics.join("\",\"");
        self.requests.insert(id, Request { topics, subscribe });
        format!(r#"{{"req_id":"{id}","op":"{op}","args":["{args}"]}}"#)
    }

    /// Symbols whose best prices, which the venue repeats, have gone silent.
    fn silent_symbols(&self) -> Vec<String> {
        let silent = self.topics.iter().filter(|(_, topic)| topic.went_silent);
        let symbols = silent.filter_map(|(name, _)| match book_topic(name) {
            Some((1, symbol)) => Some(symbol.to_owned()),
            _ => None,
        });
        symbols.collect()
    }

    /// When the connection has been silent for too long. A topic that is asked for anew
    /// because it went silent counts on: which one was noticed first makes no difference.
    fn silent_at(&self) -> u64 {
        let counts =
            |topic: &&Topic| matches!(topic.state, State::Live { .. }) || topic.went_silent;
        let live = self.topics.values().filter(counts);
        let shortest = live.map(|topic| topic.silence_ns).min();
        shortest.map_or(u64::MAX, |silence| self.last_data.saturating_add(silence))
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        if !self.open {
            return None;
        }
        let silent = self.silent_symbols();
        let due = |(name, topic): (&String, &Topic)| match topic.state {
            State::Wanted { .. } => Some(0),
            State::Broken { at } => Some(at),
            State::Asked { until } | State::Leaving { until } => Some(until),
            State::Live { until } => {
                let silence_ns = topic.may_be_silent(name, &silent);
                let silent = topic.last_data.saturating_add(silence_ns);
                Some(until.unwrap_or(u64::MAX).min(silent))
            }
            State::Refused => None,
        };
        let topics = self.topics.iter().filter_map(due).min();
        Some(topics.unwrap_or(u64::MAX).min(self.silent_at()))
    }
}

fn waits(state: &State) -> bool {
    matches!(state, State::Asked { .. } | State::Live { .. })
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
