//! Open connections: frames under faults, cuts, ends.

use std::time::Duration;

use rand::Rng;
use tokio::time::Instant;

use crate::{
    conn::{Class, Conn, Out, QUEUE_MAX},
    fault::{End, Point, Socket},
    venue::Venue,
};

impl Venue {
    pub(crate) fn open(&mut self, mut conn: Conn) -> u64 {
        self.last_conn += 1;
        let id = self.last_conn;
        conn.conn_id = format!("lo0p-{:04x}-{id:02}", self.rng.random::<u16>());
        conn.active_ms = self.real_ms();
        let socket = conn.socket;
        self.conns.insert(id, conn);
        self.count(&format!("open.{}", socket.name()));
        if let Some(end) = self.cut_here(socket, Point::Open) {
            self.end(id, end);
        }
        id
    }

    pub(crate) fn closed(&mut self, id: u64) {
        self.conns.remove(&id);
        let at_us = self.real_us();
        self.journal.ended(id, at_us);
    }

    /// Ends a connection now.
    pub(crate) fn end(&mut self, id: u64, end: End) {
        let at_us = self.real_us();
        self.journal.ended(id, at_us);
        if let Some(conn) = self.conns.get(&id) {
            conn.push(Out::EndNow(end));
            if end != End::HalfClose {
                self.conns.remove(&id);
            }
        }
    }

    /// Whether a cut waits at this point; it is used up.
    pub(crate) fn cut_here(&mut self, socket: Socket, point: Point) -> Option<End> {
        let at = self
            .cuts
            .iter()
            .position(|cut| cut.socket == socket && cut.point == point)?;
        let cut = &mut self.cuts[at];
        let end = cut.end;
        cut.count = cut.count.saturating_sub(1);
        if cut.count == 0 {
            self.cuts.remove(at);
        }
        Some(end)
    }

    /// Cuts a connection if a cut waits at this point.
    pub(crate) fn cut(&mut self, id: u64, point: Point) -> bool {
        let Some(socket) = self.conns.get(&id).map(|conn| conn.socket) else {
            return true;
        };
        match self.cut_here(socket, point) {
            Some(end) => {
                self.end(id, end);
                end != End::HalfClose
            }
            None => false,
        }
    }

    /// Sends a frame, as far as the faults let it.
    pub(crate) fn send(&mut self, id: u64, class: Class, text: String, delay_ms: u64) {
        if class == Class::Data && self.cuts_data(id) {
            return;
        }
        let real_ms = self.real_ms();
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let Some(faults) = self.faults.get_mut(&conn.socket) else {
            return;
        };
        if class == Class::Data {
            if faults.silent {
                return;
            }
            if faults.drop_next > 0 {
                faults.drop_next -= 1;
                return;
            }
            conn.active_ms = real_ms;
        }
        let mut draw = |share: f64| share > 0.0 && self.rng.random_bool(share.min(1.0));
        if draw(faults.drop) {
            return;
        }
        let (twice, hold) = (draw(faults.duplicate), draw(faults.reorder));
        let jitter_ms = match faults.jitter_ms {
            0 => 0,
            jitter_ms => self.rng.random_range(0..=jitter_ms),
        };
        let due = Instant::now() + Duration::from_millis(delay_ms + faults.delay_ms + jitter_ms);
        let out = Out::Text { due, text };
        if faults.stall {
            if conn.parked.len() < QUEUE_MAX {
                conn.parked.push_back(out);
            }
            return;
        }
        if hold && conn.held.is_none() {
            conn.held = Some((real_ms, out));
            return;
        }
        if twice {
            conn.push(out.clone());
        }
        conn.push(out);
        if let Some((_, held)) = conn.held.take() {
            conn.push(held);
        }
    }

    fn cuts_data(&mut self, id: u64) -> bool {
        let Some(conn) = self.conns.get(&id).filter(|_| !self.cuts.is_empty()) else {
            return false;
        };
        match self.cut_here(conn.socket, Point::Data) {
            // Frames queued before it are still sent.
            Some(end) => {
                self.end_after(id, end);
                true
            }
            None => false,
        }
    }

    /// Sends what stalled connections hold, after a stall has ended.
    pub(crate) fn unpark(&mut self) {
        for conn in self.conns.values_mut() {
            if self.faults.get(&conn.socket).is_some_and(|f| f.stall) {
                continue;
            }
            while let Some(out) = conn.parked.pop_front() {
                conn.push(out);
            }
        }
    }

    /// Whether a new connection is reset.
    pub(crate) fn refuses(&mut self, socket: Socket) -> bool {
        let refuse = self.faults.get(&socket).is_some_and(|f| f.refuse);
        let until = self.refuse_until.get(&socket);
        refuse || until.is_some_and(|&until| Instant::now() < until)
    }

    /// The HTTP status that a connect or a REST request gets instead of an answer.
    pub(crate) fn http_fault(&mut self, socket: Socket) -> Option<u16> {
        let faults = self.faults.get_mut(&socket)?;
        let status = faults.http_status;
        if status == 0 {
            return None;
        }
        if faults.http_count > 0 {
            faults.http_count -= 1;
            if faults.http_count == 0 {
                faults.http_status = 0;
            }
        }
        Some(status)
    }
}
