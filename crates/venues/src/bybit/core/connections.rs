//! Connections of the three sockets: opened, lost, given up, and the frames that they bring.
//!
//! Invariant: events of a connection that is not the current one of its socket are ignored.

use crate::bybit::core::{Action, BybitCore, Login, Socket};
use crate::kit::clock::Now;
use crate::kit::net::connect_limiter::HOLD_NS;
use crate::kit::net::connection_supervisor::{ConnectionSupervisor, SupervisorAct};
use crate::kit::venue::VenueEvent;

impl BybitCore {
    /// A connection is open.
    pub fn on_opened(&mut self, now: Now, socket: Socket, conn: u64) {
        if !self.link(socket).opened(now.mono_ns, conn) {
            return;
        }
        match socket {
            Socket::Public => self.topics.opened(now.mono_ns),
            Socket::Private | Socket::Trade => self.login(now, socket),
        }
    }

    /// A connection is gone, or could not be opened (`http_status` when the venue's HTTP edge answered).
    pub fn on_closed(&mut self, now: Now, socket: Socket, conn: u64, http_status: Option<u16>) {
        self.on_closed_because(now, socket, conn, http_status, "closed");
    }

    /// As [`on_closed`](Self::on_closed), with the reason as text.
    pub fn on_closed_because(
        &mut self,
        now: Now,
        socket: Socket,
        conn: u64,
        http_status: Option<u16>,
        reason: &str,
    ) {
        let connects = &mut self.connects;
        if http_status == Some(403) {
            connects.hold(now.mono_ns);
            self.rest_from = now.mono_ns + HOLD_NS;
        }
        if let Some(link) = self.links.get_mut(&socket)
            && link.closed(now.mono_ns, conn, connects)
        {
            self.lost(now, socket, reason);
            if http_status == Some(401) && socket != Socket::Public {
                let what = format!("the {} connection is refused with HTTP 401", socket.name());
                self.key_refused(now, None, &what);
            }
        }
    }

    /// A text frame came.
    pub fn on_frame(&mut self, now: Now, socket: Socket, conn: u64, bytes: &[u8]) {
        let link = self.link(socket);
        if !link.is_open() || link.conn() != conn {
            return;
        }
        link.heard(now.mono_ns);
        let read = match socket {
            Socket::Public => self.public_frame(now, bytes),
            Socket::Private => self.private_frame(now, bytes),
            Socket::Trade => self.trade_frame(now, bytes),
        };
        if let Err(error) = read {
            self.unreadable(socket.name(), &error);
            if socket == Socket::Private {
                self.audit_soon(now);
            }
        }
    }

    /// Opens, pings or gives up the connection of a socket when that is due.
    pub(super) fn tick_link(&mut self, now: Now, socket: Socket) {
        let Some(link) = self.links.get_mut(&socket) else {
            return;
        };
        match link.tick(now.mono_ns, &mut self.connects) {
            Some(SupervisorAct::Connect(conn)) => self.actions.push(Action::Connect(socket, conn)),
            Some(SupervisorAct::Ping) => self.send(socket, r#"{"op":"ping"}"#.to_owned()),
            Some(SupervisorAct::Dead(reason)) => self.kill(now, socket, reason),
            None => {}
        }
    }

    /// Gives a connection up and plans the next one.
    pub(super) fn kill(&mut self, now: Now, socket: Socket, reason: &str) {
        let Some(link) = self.links.get_mut(&socket) else {
            return;
        };
        let conn = link.conn();
        if link.closed(now.mono_ns, conn, &mut self.connects) {
            self.actions.push(Action::Close(socket, conn));
            self.lost(now, socket, reason);
        }
    }

    /// The connection of a socket is gone: its feeds, login and requests stop, and bots are notified.
    pub(super) fn lost(&mut self, now: Now, socket: Socket, reason: &str) {
        match socket {
            Socket::Public => {
                self.topics.closed();
                for instrument in self.instruments.values_mut() {
                    instrument.feed.suspend();
                }
                self.report_stale();
            }
            Socket::Private => {
                self.private = Login::No;
                self.reconcile.stop();
            }
            Socket::Trade => {
                self.trade = Login::No;
                self.drop_requests(now);
            }
        }
        self.report_socket_lost(socket, reason);
        let text = format!("the {} connection is lost: {reason}", socket.name());
        self.events.push(VenueEvent::Down(text));
        self.was_up = false;
    }

    /// Reports once that every wanted socket works again.
    pub(super) fn report_up(&mut self, _now: Now) {
        self.report_open_sockets();
        let private = !self.trade_wanted || self.is_ready();
        if !self.was_up && private && self.is_link_open(Socket::Public) {
            self.was_up = true;
            self.events.push(VenueEvent::Up);
        }
    }

    pub(super) fn is_link_open(&self, socket: Socket) -> bool {
        self.links
            .get(&socket)
            .is_some_and(ConnectionSupervisor::is_open)
    }

    pub(super) fn link(&mut self, socket: Socket) -> &mut ConnectionSupervisor {
        self.links.entry(socket).or_default()
    }

    pub(super) fn send(&mut self, socket: Socket, text: String) {
        self.actions.push(Action::Send(socket, text));
    }
}
