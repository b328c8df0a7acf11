//! The wanted topics of the public socket, and how they get subscribed and stay so.
//!
//! The wanted set outlives every connection. A subscribe frame is all-or-nothing at the venue, so a
//! refused frame of several topics is asked again topic by topic, and only a topic that is refused
//! alone is refused.

use std::collections::{BTreeMap, HashMap};

use super::frames::public::{Reply, book_topic};

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
    /// Subscribed or sending. A book is `whole` once a snapshot came.
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
    /// How long it may say nothing, nanoseconds.
    silence_ns: u64,
    last_data: u64,
    broke_at: Option<u64>,
    /// How often it broke, each time soon after the time before.
    breaks: u32,
}

#[derive(Debug)]
struct Request {
    topics: Vec<String>,
    subscribe: bool,
}

/// What has to be told or done about topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicAct {
    /// Send this text.
    Send(String),
    /// The venue refuses the topic, with its words.
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
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.open = false;
        self.requests.clear();
    }

    /// A message of a topic came; `whole` when it needs nothing before it (a snapshot, a trade).
    pub fn data(&mut self, now: u64, name: &str, whole: bool) {
        self.last_data = now;
        let Some(topic) = self.topics.get_mut(name) else {
            return;
        };
        topic.last_data = now;
        match &mut topic.state {
            State::Live { until } if whole => *until = None,
            // A message is as good as an answer, which may come later.
            State::Asked { .. } if whole => topic.state = State::Live { until: None },
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
        for (name, topic) in &mut self.topics {
            match topic.state {
                State::Asked { until } | State::Leaving { until } if now >= until => {
                    out.push(TopicAct::Dead("a request was not answered"));
                    return;
                }
                State::Live { until: Some(until) } if now >= until => {
                    out.push(TopicAct::Dead("no snapshot came"));
                    return;
                }
                State::Live { .. } if now >= topic.last_data.saturating_add(topic.silence_ns) => {
                    topic.state = State::Broken { at: now };
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

    fn silent_at(&self) -> u64 {
        let live = self.topics.values();
        let live = live.filter(|topic| matches!(topic.state, State::Live { .. }));
        let shortest = live.map(|topic| topic.silence_ns).min();
        shortest.map_or(u64::MAX, |silence| self.last_data.saturating_add(silence))
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        if !self.open {
            return None;
        }
        let due = |topic: &Topic| match topic.state {
            State::Wanted { .. } => Some(0),
            State::Broken { at } => Some(at),
            State::Asked { until } | State::Leaving { until } => Some(until),
            State::Live { until } => {
                let silent = topic.last_data.saturating_add(topic.silence_ns);
                Some(until.unwrap_or(u64::MAX).min(silent))
            }
            State::Refused => None,
        };
        let topics = self.topics.values().filter_map(due).min();
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
