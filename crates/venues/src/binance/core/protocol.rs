//! `Protocol` for the core: frames, REST answers and actions.

use super::BinanceCore;
use crate::kit::clock::Now;
use crate::kit::net::{Closed, HttpAnswer, NetAction, Protocol, RestFailure, SocketId};

impl Protocol for BinanceCore {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        out.append(&mut self.actions);
    }

    fn on_opened(&mut self, now: Now, socket: SocketId, conn: u64) {
        self.opened(now, socket, conn);
    }

    fn on_frame(&mut self, now: Now, socket: SocketId, conn: u64, bytes: &[u8]) {
        self.message(now, socket, conn, bytes);
    }

    fn on_closed(&mut self, now: Now, socket: SocketId, conn: u64, closed: &Closed) {
        // The gate's rejects are no passing faults.
        if matches!(closed.http_status, Some(403 | 418 | 429)) {
            self.hold(now);
        }
        self.closed(now, socket, conn, &closed.reason);
    }

    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        self.answer(now, id, answer);
    }
}
