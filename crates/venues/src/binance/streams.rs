//! The streams of one connection: subscribing, and checking the subscriptions.
//!
//! The venue's answer to a request says that it was read, not that the streams exist or that data
//! will follow: an unknown stream, or one of another entry point, is accepted and stays silent.
//! So the list of subscriptions is read back from time to time, and the caller watches for silence.

use std::collections::{BTreeMap, HashMap};

use super::frames::Reply;

const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer may take.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// How long a reject is believed.
const REFUSED_NS: u64 = 60 * SECOND_NS;
/// The venue ends a connection that sends more than ten messages in a second, pongs included.
const PAUSE_NS: u64 = SECOND_NS / 4;
/// Streams in one request.
const PER_REQUEST: usize = 50;
/// Characters of names in one request.
const CHARS_MAX: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be subscribed, in a request of its own or with others.
    Wanted { alone: bool },
    /// Asked for.
    Asked { until: u64 },
    /// Subscribed.
    Live,
    /// To be unsubscribed and subscribed again.
    Broken,
    /// Unsubscribing.
    Leaving { until: u64 },
    /// The venue refused it; asked again later, for it may have been a passing fault.
    Refused { until: u64 },
}

#[derive(Debug)]
enum Request {
    Subscribe(Vec<String>),
    Unsubscribe(Vec<String>),
    /// True while nothing else was asked for since.
    List(bool),
}

/// A report or an action about streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamAct {
    /// Send this text.
    Send(String),
    /// The stream is subscribed.
    Live(String),
    /// The venue refuses the stream, with its words.
    Refused(String, String),
    /// The venue answered the list of subscriptions: the connection lives.
    Alive,
    /// Answers do not come: the connection has to be made anew.
    Dead(&'static str),
}

/// The streams of one connection.
#[derive(Debug, Default)]
pub struct Streams {
    streams: BTreeMap<String, State>,
    requests: HashMap<u64, Request>,
    last_request: u64,
    open: bool,
    send_at: u64,
    list_wanted: bool,
}

impl Streams {
    /// Wants a stream from now on.
    pub fn want(&mut self, name: &str) {
        if !self.streams.contains_key(name) {
            let state = State::Wanted { alone: false };
            self.streams.insert(name.to_owned(), state);
        }
    }

    /// Number of streams, refused ones included.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// True when the stream is wanted.
    pub fn holds(&self, name: &str) -> bool {
        self.streams.contains_key(name)
    }

    /// True when none is wanted.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// The streams that the venue has confirmed.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        let live = self
            .streams
            .iter()
            .filter(|(_, state)| **state == State::Live);
        live.map(|(name, _)| name.as_str())
    }

    /// True when every stream is confirmed or refused.
    pub fn is_complete(&self) -> bool {
        let done = |state: &State| matches!(state, State::Live | State::Refused { .. });
        self.open && self.streams.values().all(done)
    }

    /// The connection is open: everything is asked for, what was refused alone.
    pub fn opened(&mut self, now: u64) {
        self.open = true;
        self.requests.clear();
        self.send_at = now;
        self.list_wanted = false;
        for state in self.streams.values_mut() {
            let alone = matches!(state, State::Refused { .. });
            *state = State::Wanted { alone };
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.open = false;
        self.requests.clear();
    }

    /// The stream has to be subscribed anew.
    pub fn renew(&mut self, name: &str) {
        if let Some(state) = self.streams.get_mut(name)
            && matches!(state, State::Live | State::Asked { .. })
        {
            *state = State::Broken;
        }
    }

    /// Wants the list of subscriptions, as a ping that also checks them.
    pub fn list(&mut self) {
        self.list_wanted = true;
    }

    /// The venue answered.
    pub fn reply(&mut self, now: u64, reply: &Reply, out: &mut Vec<StreamAct>) {
        // An error without a number is about the oldest request.
        let id = reply.id.or_else(|| self.requests.keys().min().copied());
        let Some(request) = id.and_then(|id| self.requests.remove(&id)) else {
            return;
        };
        match request {
            Request::List(untouched) => {
                out.push(StreamAct::Alive);
                if let Some(list) = reply.list.as_ref().filter(|_| untouched) {
                    self.compare(list);
                }
            }
            Request::Unsubscribe(names) => {
                for name in names {
                    self.set(&name, State::Wanted { alone: false });
                }
            }
            Request::Subscribe(names) => {
                let alone = names.len() == 1;
                for name in names {
                    // It may have broken meanwhile.
                    if !matches!(self.streams.get(&name), Some(State::Asked { .. })) {
                        continue;
                    }
                    match &reply.error {
                        None => {
                            self.set(&name, State::Live);
                            out.push(StreamAct::Live(name));
                        }
                        Some((code, words)) if alone => {
                            self.set(
                                &name,
                                State::Refused {
                                    until: now + REFUSED_NS,
                                },
                            );
                            out.push(StreamAct::Refused(name, format!("{code} {words}")));
                        }
                        Some(_) => self.set(&name, State::Wanted { alone: true }),
                    }
                }
            }
        }
    }

    /// Asks again for what the venue does not list.
    fn compare(&mut self, list: &[String]) {
        for (name, state) in &mut self.streams {
            if *state == State::Live && !list.contains(name) {
                *state = State::Wanted { alone: false };
            }
        }
    }

    fn set(&mut self, name: &str, state: State) {
        if let Some(known) = self.streams.get_mut(name) {
            *known = state;
        }
    }

    /// Sends what is wanted, one request at a time with a pause between them.
    pub fn tick(&mut self, now: u64, out: &mut Vec<StreamAct>) {
        if !self.open {
            return;
        }
        let late = |state: &State| matches!(state, State::Asked { until } | State::Leaving { until } if now >= *until);
        if self.streams.values().any(late) {
            out.push(StreamAct::Dead("a request was not answered"));
            return;
        }
        if now < self.send_at {
            return;
        }
        for state in self.streams.values_mut() {
            if matches!(state, State::Refused { until } if now >= *until) {
                *state = State::Wanted { alone: true };
            }
        }
        let until = now + ANSWER_NS;
        let text = if let Some(names) = self.pick(|state| *state == State::Broken) {
            for name in &names {
                self.set(name, State::Leaving { until });
            }
            self.request("UNSUBSCRIBE", Request::Unsubscribe(names))
        } else if let Some(names) = self.wanted() {
            for name in &names {
                self.set(name, State::Asked { until });
            }
            self.request("SUBSCRIBE", Request::Subscribe(names))
        } else if std::mem::take(&mut self.list_wanted) {
            self.request("LIST_SUBSCRIPTIONS", Request::List(true))
        } else {
            return;
        };
        self.send_at = now + PAUSE_NS;
        out.push(StreamAct::Send(text));
    }

    fn wanted(&self) -> Option<Vec<String>> {
        let together = self.pick(|state| *state == State::Wanted { alone: false });
        together.or_else(|| {
            let mut alone = self.pick(|state| *state == State::Wanted { alone: true })?;
            alone.truncate(1);
            Some(alone)
        })
    }

    fn pick(&self, fits: impl Fn(&State) -> bool) -> Option<Vec<String>> {
        let (mut names, mut chars) = (Vec::new(), 0);
        for (name, _) in self.streams.iter().filter(|(_, state)| fits(state)) {
            chars += name.len();
            if names.len() == PER_REQUEST || chars > CHARS_MAX && !names.is_empty() {
                break;
            }
            names.push(name.clone());
        }
        (!names.is_empty()).then_some(names)
    }

    fn request(&mut self, method: &str, request: Request) -> String {
        self.last_request += 1;
        let id = self.last_request;
        let params = match &request {
            Request::Subscribe(names) | Request::Unsubscribe(names) => {
                for other in self.requests.values_mut() {
                    if let Request::List(untouched) = other {
                        *untouched = false;
                    }
                }
                format!(r#""params":["{}"],"#, names.join("\",\""))
            }
            Request::List(_) => String::new(),
        };
        self.requests.insert(id, request);
        format!(r#"{{"method":"{method}",{params}"id":{id}}}"#)
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        if !self.open {
            return None;
        }
        let due = |state: &State| match state {
            State::Wanted { .. } | State::Broken => Some(self.send_at),
            State::Asked { until } | State::Leaving { until } | State::Refused { until } => {
                Some(*until)
            }
            State::Live => None,
        };
        let list = self.list_wanted.then_some(self.send_at);
        self.streams.values().filter_map(due).chain(list).min()
    }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
