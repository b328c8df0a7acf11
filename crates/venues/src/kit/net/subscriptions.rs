//! What is wanted on one connection, and the requests for it.
//!
//! What is wanted outlives every connection. Venues take or refuse a request for several names as a whole:
//! after such a reject each name is asked for alone, and only one that is refused alone counts as refused.

use std::collections::{BTreeMap, HashMap};

/// How a venue takes requests. Times in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Names in one request to subscribe.
    pub subscribe_max: usize,
    /// Names in one request to unsubscribe.
    pub unsubscribe_max: usize,
    /// Characters of the names in one request.
    pub chars_max: usize,
    /// How long an answer may take.
    pub answer_ns: u64,
    /// The least time between two requests.
    pub pause_ns: u64,
    /// How long a reject is believed: then the name is asked for again.
    pub refused_ns: u64,
    /// A name that is subscribed anew is asked for alone.
    pub renews_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be subscribed, in a request of its own or with others.
    Wanted { alone: bool },
    /// Asked for.
    Asked { until: u64 },
    /// Subscribed.
    Live,
    /// To be unsubscribed and subscribed again, from this time on.
    Broken { at: u64 },
    /// Unsubscribing.
    Leaving { until: u64 },
    /// The venue refused it.
    Refused { until: u64 },
}

/// A request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRequest {
    /// Its number on this connection and those before it.
    pub id: u64,
    /// False: to unsubscribe.
    pub subscribe: bool,
    /// What it is about.
    pub names: Vec<String>,
}

/// What an answer made known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// It is subscribed.
    Live(String),
    /// The venue refuses it when it is asked for alone.
    Refused(String),
}

#[derive(Debug)]
struct Entry<T> {
    state: State,
    own: T,
}

/// The subscriptions of one connection, with what a venue keeps of each.
#[derive(Debug)]
pub struct Subscriptions<T> {
    limits: RequestLimits,
    entries: BTreeMap<String, Entry<T>>,
    requests: HashMap<u64, SubscriptionRequest>,
    last_request: u64,
    is_open: bool,
    send_at: u64,
}

impl<T> Subscriptions<T> {
    /// Nothing is wanted.
    pub fn new(limits: RequestLimits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            requests: HashMap::new(),
            last_request: 0,
            is_open: false,
            send_at: 0,
        }
    }

    /// Wants a name from now on; nothing changes when it is wanted already.
    pub fn want(&mut self, name: &str, own: T) {
        if !self.entries.contains_key(name) {
            let state = State::Wanted { alone: false };
            self.entries.insert(name.to_owned(), Entry { state, own });
        }
    }

    /// Number of names, refused ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// True when the name is wanted.
    pub fn holds(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Every name, with true when it is subscribed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool, &T)> {
        let entries = self.entries.iter();
        entries.map(|(name, entry)| (name.as_str(), entry.state == State::Live, &entry.own))
    }

    /// Every name, with true when it is subscribed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, bool, &mut T)> {
        let entries = self.entries.iter_mut();
        entries.map(|(name, entry)| (name.as_str(), entry.state == State::Live, &mut entry.own))
    }

    /// What is kept of a name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        Some(&mut self.entries.get_mut(name)?.own)
    }

    /// Subscribed names.
    pub fn live(&self) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(|(_, is_live, _)| *is_live)
            .map(|(name, ..)| name)
    }

    /// Number of names that the venue refused.
    pub fn refused(&self) -> usize {
        self.states().filter(is_refused).count()
    }

    /// True when every name is subscribed or refused.
    pub fn is_complete(&self) -> bool {
        let done = |state: State| state == State::Live || is_refused(&state);
        self.is_open && self.states().all(done)
    }

    fn states(&self) -> impl Iterator<Item = State> {
        self.entries.values().map(|entry| entry.state)
    }

    /// True while a connection is open.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The connection is open: everything is asked for, what was refused alone.
    pub fn opened(&mut self, now: u64) {
        self.is_open = true;
        self.requests.clear();
        self.send_at = now;
        for entry in self.entries.values_mut() {
            let alone = is_refused(&entry.state);
            entry.state = State::Wanted { alone };
        }
    }

    /// The connection is gone.
    pub fn closed(&mut self) {
        self.is_open = false;
        self.requests.clear();
    }

    /// A message of a name came. With `proves` it is as good as an answer, which may come later. Returns
    /// what is kept of the name.
    pub fn heard(&mut self, name: &str, proves: bool) -> Option<&mut T> {
        let entry = self.entries.get_mut(name)?;
        if proves && matches!(entry.state, State::Asked { .. }) {
            entry.state = State::Live;
        }
        Some(&mut entry.own)
    }

    /// A name that is subscribed, or asked for, has to be subscribed anew from `at` on. False when it is
    /// neither.
    pub fn renew(&mut self, name: &str, at: u64) -> bool {
        let Some(entry) = self.entries.get_mut(name) else {
            return false;
        };
        let renews = matches!(entry.state, State::Live | State::Asked { .. });
        if renews {
            entry.state = State::Broken { at };
        }
        renews
    }

    /// What the venue does not have of those that are subscribed is asked for again.
    pub fn compare(&mut self, has: impl Fn(&str) -> bool) {
        for (name, entry) in &mut self.entries {
            if entry.state == State::Live && !has(name) {
                entry.state = State::Wanted { alone: false };
            }
        }
    }

    /// The number of the oldest request without an answer of which `fits` holds.
    pub fn oldest(&self, fits: impl Fn(&SubscriptionRequest) -> bool) -> Option<u64> {
        let requests = self.requests.values().filter(|request| fits(request));
        requests.map(|request| request.id).min()
    }

    /// A request without an answer.
    pub fn request(&self, id: u64) -> Option<&SubscriptionRequest> {
        self.requests.get(&id)
    }

    /// The venue answered a request.
    pub fn answered(&mut self, now: u64, id: u64, is_refused: bool, out: &mut Vec<Subscribed>) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        let is_alone = request.names.len() == 1;
        for name in request.names {
            let Some(Entry { state, .. }) = self.entries.get_mut(&name) else {
                continue;
            };
            if !request.subscribe {
                let alone = self.limits.renews_alone;
                *state = State::Wanted { alone };
                continue;
            }
            // It may have broken meanwhile.
            if !matches!(state, State::Asked { .. }) {
                continue;
            }
            *state = match (is_refused, is_alone) {
                (false, _) => {
                    out.push(Subscribed::Live(name));
                    State::Live
                }
                (true, true) => {
                    out.push(Subscribed::Refused(name));
                    let until = now.saturating_add(self.limits.refused_ns);
                    State::Refused { until }
                }
                (true, false) => State::Wanted { alone: true },
            };
        }
    }

    /// True when an answer is overdue.
    pub fn is_late(&self, now: u64) -> bool {
        let late = |state| matches!(state, State::Asked { until } | State::Leaving { until } if now >= until);
        self.is_open && self.states().any(late)
    }

    /// True when a request may be sent now.
    pub const fn may_send(&self, now: u64) -> bool {
        self.is_open && now >= self.send_at
    }

    /// When the next request may be sent.
    pub const fn send_at(&self) -> u64 {
        self.send_at
    }

    /// Numbers a request, which is sent now.
    pub fn number(&mut self, now: u64) -> u64 {
        self.send_at = now + self.limits.pause_ns;
        self.last_request += 1;
        self.last_request
    }

    /// The next request that is due.
    pub fn next(&mut self, now: u64) -> Option<SubscriptionRequest> {
        if !self.may_send(now) {
            return None;
        }
        for entry in self.entries.values_mut() {
            if matches!(entry.state, State::Refused { until } if now >= until) {
                entry.state = State::Wanted { alone: true };
            }
        }
        let RequestLimits {
            subscribe_max,
            unsubscribe_max,
            answer_ns,
            ..
        } = self.limits;
        let is_broken = |state| matches!(state, State::Broken { at } if now >= at);
        let wanted = |alone| move |state| state == State::Wanted { alone };
        let (subscribe, names) = if let Some(names) = self.pick(unsubscribe_max, is_broken) {
            (false, names)
        } else if let Some(names) = self.pick(subscribe_max, wanted(false)) {
            (true, names)
        } else {
            (true, self.pick(1, wanted(true))?)
        };
        let until = now + answer_ns;
        for name in &names {
            if let Some(entry) = self.entries.get_mut(name) {
                entry.state = match subscribe {
                    true => State::Asked { until },
                    false => State::Leaving { until },
                };
            }
        }
        let request = SubscriptionRequest {
            id: self.number(now),
            subscribe,
            names,
        };
        self.requests.insert(request.id, request.clone());
        Some(request)
    }

    fn pick(&self, max: usize, fits: impl Fn(State) -> bool) -> Option<Vec<String>> {
        let (mut names, mut chars) = (Vec::new(), 0);
        for (name, _) in self.entries.iter().filter(|(_, entry)| fits(entry.state)) {
            chars += name.len();
            if names.len() == max || chars > self.limits.chars_max && !names.is_empty() {
                break;
            }
            names.push(name.clone());
        }
        (!names.is_empty()).then_some(names)
    }

    /// When something is due: a request, or an answer. `None` when nothing is.
    pub fn next_due(&self) -> Option<u64> {
        if !self.is_open {
            return None;
        }
        let due = |state| match state {
            State::Wanted { .. } => Some(self.send_at),
            State::Broken { at } => Some(self.send_at.max(at)),
            State::Asked { until } | State::Leaving { until } | State::Refused { until } => {
                Some(until)
            }
            State::Live => None,
        };
        self.states().filter_map(due).min()
    }
}

const fn is_refused(state: &State) -> bool {
    matches!(state, State::Refused { .. })
}

#[cfg(test)]
#[path = "subscriptions_tests.rs"]
mod tests;
