//! Supervises one connection: opens it, pings it, and counts it as dead after silence.

use super::connect_limiter::ConnectLimiter;

const SECOND_NS: u64 = 1_000_000_000;
const PING_NS: u64 = 20 * SECOND_NS;
const PONG_NS: u64 = 10 * SECOND_NS;
const CONNECT_NS: u64 = 10 * SECOND_NS;
/// A feed that has said nothing for this long is pinged at once, and dead this long after that: together
/// less than the ten seconds after which its books are stale.
const QUIET_NS: u64 = 4 * SECOND_NS;
const QUIET_PONG_NS: u64 = 5 * SECOND_NS;
/// A connection that lasted this long resets the back-off.
const STABLE_NS: u64 = 60 * SECOND_NS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Down { retry_at: u64 },
    Connecting { until: u64 },
    Open { since: u64 },
}

/// The next step for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupervisorAct {
    /// Open a connection and call it by this number.
    Connect(u64),
    /// Send a ping.
    Ping,
    /// Close the connection: it is dead for this reason.
    Dead(&'static str),
}

/// Follows one socket through its connections.
#[derive(Debug)]
pub struct ConnectionSupervisor {
    state: State,
    conn: u64,
    failures: u32,
    ping_at: u64,
    pinged_at: u64,
    pong_until: Option<u64>,
    /// When a message came last; `None`: silence is no reason for a ping.
    heard_at: Option<u64>,
}

impl Default for ConnectionSupervisor {
    fn default() -> Self {
        Self {
            state: State::Idle,
            conn: 0,
            failures: 0,
            ping_at: 0,
            pinged_at: 0,
            pong_until: None,
            heard_at: None,
        }
    }
}

impl ConnectionSupervisor {
    /// For market data: silence is looked into at once, and takes nine seconds at most to be known as the
    /// end of the connection.
    pub fn of_feed() -> Self {
        Self {
            heard_at: Some(0),
            ..Self::default()
        }
    }

    /// A message came on the connection.
    pub fn heard(&mut self, now: u64) {
        if self.heard_at.is_some() {
            self.heard_at = Some(now);
            // It lives: the answer to the ping may take as long as any.
            let until = self.pinged_at + PONG_NS;
            self.pong_until = self.pong_until.map(|_| until);
        }
    }

    /// When it is pinged next.
    fn ping_due(&self) -> u64 {
        match (self.heard_at, self.pong_until) {
            (Some(heard_at), None) => self.ping_at.min(heard_at + QUIET_NS),
            _ => self.ping_at,
        }
    }

    /// Wants a connection from now on.
    pub fn start(&mut self, now: u64) {
        if self.state == State::Idle {
            self.state = State::Down { retry_at: now };
        }
    }

    /// Wants none any more.
    pub fn stop(&mut self) {
        self.state = State::Idle;
        self.pong_until = None;
    }

    /// Number of the current connection; what comes from another one is not for us.
    pub fn conn(&self) -> u64 {
        self.conn
    }

    /// True while the connection is open.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Since when the connection is open.
    pub fn open_since(&self) -> Option<u64> {
        match self.state {
            State::Open { since } => Some(since),
            _ => None,
        }
    }

    /// The connection is open. False when it is not the one that is waited for.
    pub fn opened(&mut self, now: u64, conn: u64) -> bool {
        if conn != self.conn || !matches!(self.state, State::Connecting { .. }) {
            return false;
        }
        self.state = State::Open { since: now };
        self.ping_at = now + PING_NS;
        self.pong_until = None;
        self.heard_at = self.heard_at.map(|_| now);
        true
    }

    /// The connection is gone, or could not be opened. False when it is not the current one.
    pub fn closed(&mut self, now: u64, conn: u64, connects: &mut ConnectLimiter) -> bool {
        let is_up = matches!(self.state, State::Open { .. } | State::Connecting { .. });
        if conn != self.conn || !is_up {
            return false;
        }
        if matches!(self.state, State::Open { since } if now >= since + STABLE_NS) {
            self.failures = 0;
        }
        let retry_at = connects.retry_at(now, self.failures);
        self.state = State::Down { retry_at };
        self.failures = self.failures.saturating_add(1);
        self.pong_until = None;
        true
    }

    /// A pong came.
    pub fn pong(&mut self) {
        self.pong_until = None;
    }

    /// The step that is due. After `Dead` the caller calls [`closed`](Self::closed).
    pub fn tick(&mut self, now: u64, connects: &mut ConnectLimiter) -> Option<SupervisorAct> {
        match self.state {
            State::Down { retry_at } if now >= retry_at => match connects.take(now) {
                Ok(()) => {
                    self.conn += 1;
                    let until = now + CONNECT_NS;
                    self.state = State::Connecting { until };
                    Some(SupervisorAct::Connect(self.conn))
                }
                Err(at) => {
                    self.state = State::Down { retry_at: at };
                    None
                }
            },
            State::Connecting { until } if now >= until => Some(SupervisorAct::Dead(
                "the connection could not be opened in time",
            )),
            State::Open { .. } if self.pong_until.is_some_and(|until| now >= until) => {
                Some(SupervisorAct::Dead("no pong came"))
            }
            State::Open { .. } if now >= self.ping_due() => {
                let is_quiet = now < self.ping_at;
                let answer_ns = if is_quiet { QUIET_PONG_NS } else { PONG_NS };
                self.ping_at = now + PING_NS;
                self.pinged_at = now;
                self.pong_until.get_or_insert(now + answer_ns);
                Some(SupervisorAct::Ping)
            }
            _ => None,
        }
    }

    /// When `tick` has something to do.
    pub fn next_due(&self) -> Option<u64> {
        match self.state {
            State::Idle => None,
            State::Down { retry_at } => Some(retry_at),
            State::Connecting { until } => Some(until),
            State::Open { .. } => Some(self.pong_until.unwrap_or(u64::MAX).min(self.ping_due())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(link: &mut ConnectionSupervisor, connects: &mut ConnectLimiter, now: u64) -> u64 {
        let Some(SupervisorAct::Connect(conn)) = link.tick(now, connects) else {
            panic!("no connect");
        };
        assert!(link.opened(now, conn));
        conn
    }

    #[test]
    fn pings_go_out_and_a_missing_pong_is_fatal() {
        let (mut link, mut connects) =
            (ConnectionSupervisor::default(), ConnectLimiter::new(1, 400));
        link.start(0);
        open(&mut link, &mut connects, 0);
        assert_eq!(link.tick(PING_NS - 1, &mut connects), None);
        assert_eq!(link.tick(PING_NS, &mut connects), Some(SupervisorAct::Ping));
        link.pong();
        assert_eq!(
            link.tick(2 * PING_NS, &mut connects),
            Some(SupervisorAct::Ping)
        );
        assert_eq!(link.next_due(), Some(2 * PING_NS + PONG_NS));
        let act = link.tick(2 * PING_NS + PONG_NS, &mut connects);
        assert_eq!(act, Some(SupervisorAct::Dead("no pong came")));
    }

    #[test]
    fn a_silent_feed_is_pinged_at_once_and_dead_after_nine_seconds() {
        let mut connects = ConnectLimiter::new(1, 400);
        let mut link = ConnectionSupervisor::of_feed();
        link.start(0);
        open(&mut link, &mut connects, 0);
        for at in [2, 4, 6] {
            link.heard(at * SECOND_NS);
            assert_eq!(link.tick(at * SECOND_NS, &mut connects), None);
        }
        assert_eq!(link.next_due(), Some(10 * SECOND_NS));
        let act = link.tick(10 * SECOND_NS, &mut connects);
        assert_eq!(act, Some(SupervisorAct::Ping));
        assert_eq!(link.tick(14 * SECOND_NS, &mut connects), None, "once");
        assert_eq!(link.next_due(), Some(15 * SECOND_NS));
        let act = link.tick(15 * SECOND_NS, &mut connects);
        assert_eq!(act, Some(SupervisorAct::Dead("no pong came")));
    }

    #[test]
    fn a_feed_that_answers_or_goes_on_lives() {
        let mut connects = ConnectLimiter::new(1, 400);
        let mut link = ConnectionSupervisor::of_feed();
        link.start(0);
        open(&mut link, &mut connects, 0);
        let ping = link.tick(4 * SECOND_NS, &mut connects);
        assert_eq!(ping, Some(SupervisorAct::Ping));
        // Data comes, and the answer later.
        link.heard(8 * SECOND_NS);
        assert_eq!(link.tick(13 * SECOND_NS, &mut connects), None);
        link.heard(13 * SECOND_NS);
        link.pong();
        assert_eq!(link.next_due(), Some(17 * SECOND_NS));
        // An answer that does not come at all is fatal as before.
        let ping = link.tick(17 * SECOND_NS, &mut connects);
        assert_eq!(ping, Some(SupervisorAct::Ping));
        for at in 18..27 {
            link.heard(at * SECOND_NS);
            assert_eq!(link.tick(at * SECOND_NS, &mut connects), None);
        }
        let act = link.tick(27 * SECOND_NS, &mut connects);
        assert_eq!(act, Some(SupervisorAct::Dead("no pong came")));
    }

    #[test]
    fn what_an_old_connection_says_is_not_for_the_new_one() {
        let (mut link, mut connects) =
            (ConnectionSupervisor::default(), ConnectLimiter::new(1, 400));
        link.start(0);
        let first = open(&mut link, &mut connects, 0);
        assert!(link.closed(1, first, &mut connects));
        assert!(!link.closed(1, first, &mut connects));
        let due = link.next_due().unwrap();
        let second = open(&mut link, &mut connects, due);
        assert_ne!(first, second);
        assert!(!link.closed(due, first, &mut connects) && link.is_open());
    }

    #[test]
    fn a_connection_that_does_not_open_is_given_up() {
        let (mut link, mut connects) =
            (ConnectionSupervisor::default(), ConnectLimiter::new(1, 400));
        link.start(0);
        link.tick(0, &mut connects);
        assert!(matches!(
            link.tick(CONNECT_NS, &mut connects),
            Some(SupervisorAct::Dead(_))
        ));
    }
}
