//! The streams of one connection: subscribing, and checking the subscriptions.
//!
//! The venue's answer to a request says that it was read, not that the streams exist or that data
//! will follow: an unknown stream, or one of another entry point, is accepted and stays silent.
//! So the list of subscriptions is read back from time to time, and the caller watches for silence.

use super::frames::Reply;
use crate::kit::net::subscriptions::{RequestLimits, Subscribed, Subscriptions};

const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer may take.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// How long a reject is believed: it may have been a passing fault.
const REFUSED_NS: u64 = 60 * SECOND_NS;

const LIMITS: RequestLimits = RequestLimits {
    subscribe_max: 50,
    unsubscribe_max: 50,
    chars_max: 2_000,
    answer_ns: ANSWER_NS,
    // The venue ends a connection that sends more than ten messages in a second, pongs included.
    pause_ns: SECOND_NS / 4,
    refused_ns: REFUSED_NS,
    renews_alone: false,
};

/// A list of subscriptions that was asked for.
#[derive(Debug)]
struct List {
    id: u64,
    /// Nothing else was asked for since.
    is_current: bool,
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
#[derive(Debug)]
pub struct Streams {
    wanted: Subscriptions<()>,
    list: Option<List>,
    is_list_wanted: bool,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            wanted: Subscriptions::new(LIMITS),
            list: None,
            is_list_wanted: false,
        }
    }
}

impl Streams {
    /// Wants a stream from now on.
    pub fn want(&mut self, name: &str) {
        self.wanted.want(name, ());
    }

    /// Number of streams, refused ones included.
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// True when the stream is wanted.
    pub fn holds(&self, name: &str) -> bool {
        self.wanted.holds(name)
    }

    /// True when none is wanted.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The streams that the venue has confirmed.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        self.wanted.live()
    }

    /// True when every stream is confirmed or refused.
    pub fn is_complete(&self) -> bool {
        self.wanted.is_complete()
    }

    /// The connection is open: everything is asked for, what was refused alone.
    pub fn opened(&mut self, now: u64) {
        self.wanted.opened(now);
        self.list = None;
        self.is_list_wanted = false;
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.wanted.closed();
        self.list = None;
    }

    /// The stream has to be subscribed anew.
    pub fn renew(&mut self, name: &str) {
        self.wanted.renew(name, 0);
    }

    /// Wants the list of subscriptions, as a ping that also checks them.
    pub fn list(&mut self) {
        self.is_list_wanted = true;
    }

    /// The venue answered.
    pub fn reply(&mut self, now: u64, reply: &Reply, out: &mut Vec<StreamAct>) {
        // An error without a number is about the oldest request.
        let oldest = || {
            let list = self.list.as_ref().map(|list| list.id);
            self.wanted.oldest(|_| true).into_iter().chain(list).min()
        };
        let Some(id) = reply.id.or_else(oldest) else {
            return;
        };
        if let Some(list) = self.list.take_if(|list| list.id == id) {
            out.push(StreamAct::Alive);
            if let Some(names) = reply.list.as_ref().filter(|_| list.is_current) {
                self.wanted
                    .compare(|name| names.iter().any(|listed| listed == name));
            }
            return;
        }
        let mut known = Vec::new();
        self.wanted
            .answered(now, id, reply.error.is_some(), &mut known);
        out.extend(known.into_iter().map(|known| match known {
            Subscribed::Live(name) => StreamAct::Live(name),
            Subscribed::Refused(name) => {
                let (code, words) = reply.error.clone().unwrap_or_default();
                StreamAct::Refused(name, format!("{code} {words}"))
            }
        }));
    }

    /// Sends what is wanted, one request at a time with a pause between them.
    pub fn tick(&mut self, now: u64, out: &mut Vec<StreamAct>) {
        if self.wanted.is_late(now) {
            out.push(StreamAct::Dead("a request was not answered"));
            return;
        }
        if let Some(request) = self.wanted.next(now) {
            if let Some(list) = &mut self.list {
                list.is_current = false;
            }
            let method = match request.subscribe {
                true => "SUBSCRIBE",
                false => "UNSUBSCRIBE",
            };
            let (names, id) = (request.names.join("\",\""), request.id);
            let text = format!(r#"{{"method":"{method}","params":["{names}"],"id":{id}}}"#);
            out.push(StreamAct::Send(text));
        } else if self.wanted.may_send(now) && std::mem::take(&mut self.is_list_wanted) {
            let id = self.wanted.number(now);
            self.list = Some(List {
                id,
                is_current: true,
            });
            let text = format!(r#"{{"method":"LIST_SUBSCRIPTIONS","id":{id}}}"#);
            out.push(StreamAct::Send(text));
        }
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        let lists = self.wanted.is_open() && self.is_list_wanted;
        let list = lists.then(|| self.wanted.send_at());
        self.wanted.next_due().into_iter().chain(list).min()
    }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
