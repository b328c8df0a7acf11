//! The connections: one per group of streams, and a second one while it replaces the first.

use super::{BinanceCore, Instrument, Sync};
use crate::binance::codes;
use crate::binance::streams::{StreamAct, Streams};
use crate::kit::clock::Now;
use crate::kit::net::connection_supervisor::{ConnectionSupervisor, SupervisorAct};
use crate::kit::net::{NetAction, SocketId};
use crate::kit::venue::{VenueEvent, VenueSocket};

const SECOND_NS: u64 = 1_000_000_000;
/// How long a new connection runs beside the one that it replaces.
const OVERLAP_NS: u64 = 5 * SECOND_NS;
/// Connections are replaced up to this much earlier, so that not all are at once.
const AGE_JITTER_NS: u64 = 1_800 * SECOND_NS;
/// When a snapshot is asked for although no depth message came.
const QUIET_NS: u64 = SECOND_NS;

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    pub link: ConnectionSupervisor,
    pub streams: Streams,
    /// Since when every stream is confirmed.
    complete_since: Option<u64>,
    /// When it is to be replaced.
    retire_at: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            link: ConnectionSupervisor::of_feed(),
            streams: Streams::default(),
            complete_since: None,
            retire_at: 0,
        }
    }
}

/// Streams that share a connection.
#[derive(Debug)]
pub(super) struct Group {
    url: String,
    /// Room for streams on its connection.
    max: usize,
    lines: [Line; 2],
    current: usize,
}

impl Group {
    pub(super) fn current(&self) -> &Line {
        &self.lines[self.current]
    }

    fn spare(&mut self) -> &mut Line {
        &mut self.lines[1 - self.current]
    }

    fn holds(&self, stream: &str) -> bool {
        self.current().streams.holds(stream)
    }
}

fn socket(group: usize, line: usize) -> SocketId {
    SocketId(u16::try_from(group * 2 + line).unwrap_or(u16::MAX))
}

impl BinanceCore {
    /// Wants streams on one connection of this entry point.
    pub(super) fn want(&mut self, now: Now, url: &str, names: &[String]) {
        let fits = |group: &Group| {
            group.url == url && group.current().streams.len() + names.len() <= group.max
        };
        let at = match self.groups.iter().position(fits) {
            Some(at) => at,
            None => {
                self.groups.push(Group {
                    url: url.to_owned(),
                    max: self.settings.streams_per_connection,
                    lines: Default::default(),
                    current: 0,
                });
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[at];
        for line in &mut group.lines {
            for name in names {
                line.streams.want(name);
            }
            line.complete_since = None;
        }
        group.lines[group.current].link.start(now.mono_ns);
    }

    /// The group and line of a socket, when `conn` is its connection.
    pub(super) fn line_of(&self, id: SocketId, conn: u64) -> Option<(usize, usize)> {
        let (group, line) = (usize::from(id.0) / 2, usize::from(id.0) % 2);
        let link = &self.groups.get(group)?.lines[line].link;
        (link.conn() == conn).then_some((group, line))
    }

    pub(super) fn opened(&mut self, now: Now, id: SocketId, conn: u64) {
        let Some((group, line)) = self.line_of(id, conn) else {
            return;
        };
        let jitter = self.connects.random() % AGE_JITTER_NS;
        let age = u64::try_from(self.settings.connection_age.as_nanos()).unwrap_or(u64::MAX);
        let line = &mut self.groups[group].lines[line];
        if line.link.opened(now.mono_ns, conn) {
            line.streams.opened(now.mono_ns);
            line.complete_since = None;
            line.retire_at = now
                .mono_ns
                .saturating_add(age.saturating_sub(jitter.min(age / 24)));
        }
    }

    pub(super) fn closed(&mut self, now: Now, id: SocketId, conn: u64, reason: &str) {
        let Some((group, line)) = self.line_of(id, conn) else {
            return;
        };
        let (groups, connects) = (&mut self.groups, &mut self.connects);
        if groups[group].lines[line]
            .link
            .closed(now.mono_ns, conn, connects)
        {
            self.lost(now, (group, line), reason);
        }
    }

    /// Gives a connection up and plans the next one.
    pub(super) fn kill(&mut self, now: Now, (group, line): (usize, usize), reason: &str) {
        let link = &mut self.groups[group].lines[line].link;
        let conn = link.conn();
        if link.closed(now.mono_ns, conn, &mut self.connects) {
            let socket = socket(group, line);
            self.actions.push(NetAction::Close { socket, conn });
            self.lost(now, (group, line), reason);
        }
    }

    fn lost(&mut self, now: Now, (at, line): (usize, usize), reason: &str) {
        let group = &mut self.groups[at];
        group.lines[line].streams.closed();
        group.lines[line].complete_since = None;
        if line != group.current {
            // The one in use goes on; this one tries again by itself.
            return;
        }
        if group.spare().streams.is_complete() {
            // The other one has everything already.
            group.lines[line].link.stop();
            group.current = 1 - line;
            self.took_over(now, at);
            return;
        }
        self.stop_spare(at);
        let group = &self.groups[at];
        for index in 0..self.instruments.len() {
            let stream = self.settings.depth_stream(&self.instruments[index].name);
            if group.holds(&stream) {
                let instrument = &mut self.instruments[index];
                instrument.feed.suspend();
                instrument.sync = Sync::Unsubscribed;
                instrument.behind_since = None;
                let stale = std::mem::replace(&mut instrument.synced, false);
                if stale {
                    let symbol = u32::try_from(index).unwrap_or(u32::MAX);
                    self.events.push(VenueEvent::FeedStale { symbol });
                }
            }
        }
        if std::mem::replace(&mut self.was_up, false) {
            let text = format!("the market data connection is lost: {reason}");
            self.events.push(VenueEvent::Socket {
                socket: VenueSocket::Public,
                up: false,
                text: reason.to_owned(),
            });
            self.events.push(VenueEvent::Down(text));
        }
    }

    fn stop_spare(&mut self, at: usize) {
        let line = 1 - self.groups[at].current;
        let spare = self.groups[at].spare();
        let (conn, was_up) = (spare.link.conn(), spare.link.next_due().is_some());
        spare.link.stop();
        spare.streams.closed();
        spare.complete_since = None;
        if was_up {
            let socket = socket(at, line);
            self.actions.push(NetAction::Close { socket, conn });
        }
    }

    /// Tells once that every connection works again.
    pub(super) fn report_link(&mut self) {
        if !self.was_up
            && self
                .groups
                .iter()
                .all(|group| group.current().link.is_open())
        {
            self.was_up = true;
            self.events.push(VenueEvent::Socket {
                socket: VenueSocket::Public,
                up: true,
                text: String::new(),
            });
            self.events.push(VenueEvent::Up);
        }
    }

    pub(super) fn tick_lines(&mut self, now: Now) {
        for at in 0..self.groups.len() {
            for line in 0..2 {
                self.tick_link(now, (at, line));
                self.tick_streams(now, (at, line));
            }
            self.take_over(now, at);
        }
    }

    fn tick_link(&mut self, now: Now, (at, line): (usize, usize)) {
        let group = &mut self.groups[at];
        match group.lines[line].link.tick(now.mono_ns, &mut self.connects) {
            Some(SupervisorAct::Connect(conn)) => self.actions.push(NetAction::Connect {
                socket: socket(at, line),
                conn,
                url: group.url.clone(),
            }),
            // The list of subscriptions is a ping that also checks them.
            Some(SupervisorAct::Ping) => group.lines[line].streams.list(),
            Some(SupervisorAct::Dead(reason)) => self.kill(now, (at, line), reason),
            None => {}
        }
    }

    fn tick_streams(&mut self, now: Now, (at, line): (usize, usize)) {
        let mut acts = Vec::new();
        self.groups[at].lines[line]
            .streams
            .tick(now.mono_ns, &mut acts);
        self.stream_acts(now, (at, line), acts);
    }

    pub(super) fn stream_acts(
        &mut self,
        now: Now,
        (at, line): (usize, usize),
        acts: Vec<StreamAct>,
    ) {
        for act in acts {
            match act {
                StreamAct::Send(text) => {
                    let socket = socket(at, line);
                    self.actions.push(NetAction::Send {
                        socket,
                        text: text.into(),
                    });
                }
                StreamAct::Live(name) => {
                    if line == self.groups[at].current {
                        self.subscribed(now, &name);
                    }
                }
                StreamAct::Refused(name, words) => {
                    let text = format!("the venue refuses the stream {name}: {words}");
                    self.notice(codes::STREAM_REFUSED, text);
                }
                StreamAct::Alive => self.groups[at].lines[line].link.pong(),
                StreamAct::Dead(reason) => {
                    self.kill(now, (at, line), reason);
                    return;
                }
            }
        }
        let line = &mut self.groups[at].lines[line];
        if !line.streams.is_complete() {
            line.complete_since = None;
        } else if line.complete_since.is_none() {
            line.complete_since = Some(now.mono_ns);
        }
    }

    /// A depth stream was confirmed: its book needs a snapshot.
    fn subscribed(&mut self, now: Now, stream: &str) {
        let settings = &self.settings;
        let fits = |instrument: &&mut Instrument| settings.depth_stream(&instrument.name) == stream;
        if let Some(instrument) = self.instruments.iter_mut().find(fits) {
            instrument.depth_at = now.mono_ns;
            if instrument.sync == Sync::Unsubscribed {
                instrument.sync = Sync::Wanted {
                    at: now.mono_ns + QUIET_NS,
                };
            }
        }
    }

    /// Replaces a connection before the venue ends it.
    fn take_over(&mut self, now: Now, at: usize) {
        let group = &mut self.groups[at];
        let line = group.current;
        if !group.current().link.is_open() || now.mono_ns < group.current().retire_at {
            return;
        }
        let spare = group.spare();
        spare.link.start(now.mono_ns);
        let ready = spare
            .complete_since
            .is_some_and(|since| now.mono_ns >= since + OVERLAP_NS);
        if ready {
            let conn = group.current().link.conn();
            group.lines[line].link.stop();
            group.lines[line].streams.closed();
            group.lines[line].complete_since = None;
            group.current = 1 - line;
            let socket = socket(at, line);
            self.actions.push(NetAction::Close { socket, conn });
            self.took_over(now, at);
        }
    }

    /// What the connection before had not finished goes on with this one.
    fn took_over(&mut self, now: Now, at: usize) {
        let live: Vec<String> = self.groups[at]
            .current()
            .streams
            .live()
            .map(ToOwned::to_owned)
            .collect();
        for name in live {
            self.subscribed(now, &name);
        }
    }

    /// The connection in use of the group that has a stream.
    pub(super) fn current_of(&self, stream: &str) -> Option<(usize, usize)> {
        let at = self.groups.iter().position(|group| group.holds(stream))?;
        Some((at, self.groups[at].current))
    }

    /// A message came on a line.
    pub(super) fn heard(&mut self, now: Now, (at, line): (usize, usize)) {
        self.groups[at].lines[line].link.heard(now.mono_ns);
    }

    pub(super) fn streams_of(&mut self, (at, line): (usize, usize)) -> &mut Streams {
        &mut self.groups[at].lines[line].streams
    }

    pub(super) fn hold(&mut self, now: Now) {
        self.connects.hold(now.mono_ns);
    }

    pub(super) fn lines_due(&self) -> u64 {
        let mut due = u64::MAX;
        for group in &self.groups {
            for line in &group.lines {
                due = due.min(line.link.next_due().unwrap_or(u64::MAX));
                due = due.min(line.streams.next_due().unwrap_or(u64::MAX));
            }
            let current = group.current();
            if current.link.is_open() {
                let spare = &group.lines[1 - group.current];
                let takes_over = spare.complete_since.map(|since| since + OVERLAP_NS);
                let idle = spare.link.next_due().is_none();
                due = due.min(match takes_over {
                    Some(at) => at.max(current.retire_at),
                    None if idle => current.retire_at,
                    None => u64::MAX,
                });
            }
        }
        due
    }
}
