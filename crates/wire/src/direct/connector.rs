//! The trait `DirectConnector`.

use std::os::fd::RawFd;

use super::{Fault, MessageQueue};
use crate::{Asked, Clock, LinkInfo, Request, Ringer};

/// A connector that runs on its bot's own thread. It never waits: its bot calls
/// [`turn`](Self::turn) between two waits and sleeps in its place.
pub trait DirectConnector {
    /// Its name, by which instruments mean it.
    fn name(&self) -> &str;

    /// What a bot knows of it. Constant while it lives.
    fn info(&self) -> LinkInfo;

    /// The clock that it runs by. Its bot runs by the same.
    fn clock(&self) -> Clock {
        Clock::Real
    }

    /// Puts a fault into it; false where it has none of the kind.
    fn inject(&mut self, _fault: Fault) -> bool {
        false
    }

    /// Serves a request of the bot at once; answers go to `out`.
    fn serve(&mut self, request: Request, asked: Asked, out: &mut MessageQueue);

    /// Takes in what has arrived and is due, and hands out what follows from it.
    fn turn(&mut self, out: &mut MessageQueue);

    /// When [`turn`](Self::turn) has something to do again by itself,
    /// by its [`clock`](Self::clock), monotonic; `None`: never by itself.
    fn next_due_ns(&self) -> Option<u64>;

    /// True when another thread has brought something that [`turn`](Self::turn) would take in.
    fn has_arrivals(&self) -> bool;

    /// Takes its bot, which is [`Capabilities::READ_ONLY`](crate::Capabilities) or not, and the bell that
    /// wakes the bot's thread. Called once, before anything else.
    fn serve_bot(&mut self, bot: u64, is_read_only: bool, bell: Ringer);

    /// Gives its sockets to the calling thread: [`turn`](Self::turn) reads and writes them from now on. The
    /// descriptor is readable while there is something to take in; the bell still rings for everything else.
    /// `None`: it has none, or keeps them on a thread of its own. Called at most once, before the first turn.
    fn take_sockets(&mut self) -> Option<RawFd>;

    /// True when its data is at its end: nothing comes any more.
    fn is_ended(&self) -> bool;

    /// Refuses new orders from now on and takes one turn. `None` while something that was asked before is not
    /// sent or not answered: the caller calls again. Then it has ended, and these orders stay open at the
    /// venue: one JSON object each, as in the last line of a connector process.
    fn stop(&mut self, out: &mut MessageQueue) -> Option<Vec<String>>;
}
