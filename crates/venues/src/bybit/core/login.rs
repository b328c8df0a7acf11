//! Logins on the private and the trade socket. When the venue refuses the key, there is public data only
//! until the key is tried again.

use crate::bybit::core::{Action, BybitCore, Login, Socket};
use crate::bybit::options::OrderEntry;
use crate::bybit::session::ret_code::{Outcome, outcome};
use crate::kit::clock::Now;
use crate::kit::codes;

const SECOND_NS: u64 = 1_000_000_000;
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// How long a login waits for the venue's clock; then it goes by ours.
const CLOCK_NS: u64 = 5 * SECOND_NS;
/// The venue's number for a wrong signature, and for a login frame of the wrong time.
const BAD_SIGN: i64 = 10_004;
/// How long a login frame stays valid.
const LOGIN_MS: i64 = 10_000;
/// Refusals in a row, without a conclusive code, after which the key counts as refused.
const REFUSALS_MAX: u32 = 3;
/// A refused key is tried again after this long, twice as long each time, up to the second number.
const RETRY_NS: u64 = 120 * SECOND_NS;
const RETRY_MAX_NS: u64 = 1800 * SECOND_NS;

/// Acceptance of the key by the venue so far.
#[derive(Debug, Default)]
pub(super) struct KeyState {
    /// Refusals in a row.
    rejects: u32,
    /// Times in a row that the key counted as refused.
    holds: u32,
    /// When it is tried again.
    retry_at: Option<u64>,
    /// It was refused at least once since the start.
    pub(super) was_refused: bool,
}

impl KeyState {
    pub(super) fn next_due(&self) -> u64 {
        self.retry_at.unwrap_or(u64::MAX)
    }

    /// The key works.
    pub(super) fn accepted(&mut self) {
        self.rejects = 0;
        self.holds = 0;
    }
}

impl BybitCore {
    /// The sockets that need the key.
    pub(super) fn key_sockets(&self) -> &'static [Socket] {
        match self.settings.order_entry {
            OrderEntry::Socket => &[Socket::Private, Socket::Trade],
            OrderEntry::Rest => &[Socket::Private],
        }
    }

    /// Logs in on a connection that has just opened, as soon as the venue's clock is known: a frame
    /// of the wrong time is refused like a wrong key.
    pub(super) fn login(&mut self, now: Now, socket: Socket) {
        if self.settings.credentials.is_none() {
            return;
        }
        if self.clock.offset_ns().is_some() {
            self.send_login(now, socket);
            return;
        }
        let until = now.mono_ns + CLOCK_NS;
        self.set_login(socket, Login::Clock { until });
    }

    fn set_login(&mut self, socket: Socket, login: Login) {
        match socket {
            Socket::Private => self.private = login,
            _ => self.trade = login,
        }
    }

    /// Sends the login frame. Nothing else may be sent before its answer.
    fn send_login(&mut self, now: Now, socket: Socket) {
        let Some(credentials) = &self.settings.credentials else {
            return;
        };
        let expires = self.clock.server_ms(now) + LOGIN_MS;
        let (key, sign) = (credentials.key.reveal(), credentials.sign_ws(expires));
        let text = format!(r#"{{"op":"auth","args":["{key}",{expires},"{sign}"]}}"#);
        self.send(socket, text);
        let until = now.mono_ns + ANSWER_NS;
        self.set_login(socket, Login::Asked { until });
    }

    pub(super) fn tick_login(&mut self, now: Now) {
        for (socket, login) in [(Socket::Private, self.private), (Socket::Trade, self.trade)] {
            if let Login::Asked { until } | Login::Subscribing { until } = login
                && now.mono_ns >= until
            {
                self.kill(now, socket, "the login was not answered");
            }
            if let Login::Clock { until } = login
                && (now.mono_ns >= until || self.clock.offset_ns().is_some())
            {
                self.send_login(now, socket);
            }
        }
        if self.key.retry_at.is_some_and(|at| now.mono_ns >= at) {
            self.key.retry_at = None;
            self.account_again(now);
            self.private = Login::No;
            self.trade = Login::No;
            self.trade_wanted = true;
            for socket in self.key_sockets() {
                self.link(*socket).start(now.mono_ns);
            }
        }
    }

    /// The venue refused a login. A refused key means public data only for a while; anything else
    /// (a frame of the wrong time, a fault at the venue) is tried again on a new connection, three
    /// times, after another look at the venue's clock.
    pub(super) fn login_refused(
        &mut self,
        now: Now,
        socket: Socket,
        code: Option<i64>,
        words: &str,
    ) {
        let code_text = code.map_or_else(String::new, |code| format!(" ({code})"));
        let what = format!(
            "login on the {} connection refused: {words}{code_text}",
            socket.name()
        );
        let code = code.filter(|code| *code != BAD_SIGN);
        self.key_refused(now, code, &what);
        if self.private != Login::Refused {
            self.kill(now, socket, "login refused");
        }
    }

    /// Something that needs the key was refused. With a code that will not get better, or the third
    /// time in a row, there is public data only until the key is tried again.
    pub(super) fn key_refused(&mut self, now: Now, code: Option<i64>, what: &str) {
        if self.private == Login::Refused {
            return;
        }
        self.clock.ask_at_once(now);
        self.key.rejects += 1;
        let fatal = code.is_some_and(|code| outcome(code) == Outcome::Fatal);
        if !fatal && self.key.rejects < REFUSALS_MAX {
            self.notice(codes::AUTH_REFUSED, format!("{what}; it is tried again"));
            return;
        }
        let wait = (RETRY_NS << self.key.holds.min(8)).min(RETRY_MAX_NS);
        let minutes = wait / (60 * SECOND_NS);
        let text = format!("{what}; market data only, tried again in {minutes} minutes");
        self.notice(codes::AUTH_REFUSED, text);
        self.key.rejects = 0;
        self.key.holds = self.key.holds.saturating_add(1);
        self.key.was_refused = true;
        self.close_account(now, wait, "the key was refused, market data only");
    }

    /// Closes what needs the key, until it is tried again.
    pub(super) fn close_account(&mut self, now: Now, wait: u64, reason: &str) {
        self.key.retry_at = Some(now.mono_ns + wait);
        for socket in [Socket::Private, Socket::Trade] {
            let conn = self.link(socket).conn();
            if self.is_link_open(socket) {
                self.actions.push(Action::Close(socket, conn));
                self.lost(now, socket, reason);
            }
            self.link(socket).stop();
        }
        // Without a trade socket nothing else ends the requests under way.
        self.drop_requests(now);
        self.reconcile.stop();
        self.private = Login::Refused;
        self.trade = Login::Refused;
        self.trade_wanted = false;
    }
}
