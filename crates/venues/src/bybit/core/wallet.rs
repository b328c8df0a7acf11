//! The account's balances, from the `wallet` topic and its REST twin, and which sockets work.

use std::collections::BTreeMap;

use crate::bybit::core::{BybitCore, Login, Socket};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::position::WalletItem;
use crate::kit::clock::Now;
use crate::kit::venue::{Balance, VenueEvent, VenueSocket};

/// Balances and sockets as they were reported to bots.
#[derive(Debug, Default)]
pub(super) struct Reported {
    /// By coin; the account as a whole has no name.
    balances: BTreeMap<String, Balance>,
    /// Sockets that were reported as open.
    sockets: Vec<Socket>,
}

fn venue_socket(socket: Socket) -> VenueSocket {
    match socket {
        Socket::Public => VenueSocket::Public,
        Socket::Private => VenueSocket::Private,
        Socket::Trade => VenueSocket::Trade,
    }
}

/// True when two balances differ by more than their time; two absent amounts are equal.
fn differs(a: &Balance, b: &Balance) -> bool {
    let amounts = |balance: &Balance| {
        [
            balance.equity,
            balance.wallet_balance,
            balance.available,
            balance.initial_margin,
            balance.maintenance_margin,
            balance.unrealised_pnl,
        ]
        .map(f64::to_bits)
    };
    amounts(a) != amounts(b)
}

impl BybitCore {
    /// A wallet of the socket or of REST, sent at `reported_ns` (Unix nanoseconds). An unreadable
    /// balance leaves the known one.
    pub(super) fn wallet_balances(&mut self, now: Now, item: &WalletItem<'_>, reported_ns: i64) {
        if !matches!(item.account_type.or_empty(), "" | "UNIFIED") {
            return;
        }
        let coins = item.coin.iter().map(|coin| coin.balance(reported_ns));
        let read: Vec<Result<Balance, FrameError>> =
            coins.chain(item.balance(reported_ns).transpose()).collect();
        for balance in read {
            match balance {
                Ok(balance) => self.report_balance(balance),
                Err(error) => {
                    self.unreadable("a balance", &error);
                    self.audit_soon(now);
                }
            }
        }
    }

    fn report_balance(&mut self, balance: Balance) {
        let known = self.reported.balances.get(&balance.coin);
        if known.is_some_and(|known| known.exch_ts > balance.exch_ts) {
            return;
        }
        if known.is_none_or(|known| differs(known, &balance)) {
            self.events.push(VenueEvent::Balance(balance.clone()));
        }
        self.reported.balances.insert(balance.coin.clone(), balance);
    }

    /// A wallet that was asked for at `asked_ns` names these coins: of the others it holds none. What was
    /// reported since is newer.
    fn unlisted_balances_are_gone(&mut self, asked_ns: i64, named: &[&str]) {
        let known = self.reported.balances.values();
        let gone = known.filter(|known| {
            let is_named = known.coin.is_empty() || named.contains(&known.coin.as_str());
            !is_named && known.exch_ts < asked_ns && known.wallet_balance != 0.0
        });
        let empty = |known: &Balance| Balance {
            coin: known.coin.clone(),
            equity: 0.0,
            wallet_balance: 0.0,
            available: f64::NAN,
            initial_margin: f64::NAN,
            maintenance_margin: f64::NAN,
            unrealised_pnl: f64::NAN,
            exch_ts: asked_ns,
        };
        let gone: Vec<Balance> = gone.map(empty).collect();
        for balance in gone {
            self.report_balance(balance);
        }
    }

    /// The wallet as it was read now names these coins; it lists only what it holds.
    pub(super) fn unlisted_coins_are_gone(&mut self, now: Now, named: &[&str]) {
        // One without a name may be any of them.
        if named.contains(&"") {
            return;
        }
        let asked_ns = self.asked_ns(now);
        self.unlisted_balances_are_gone(asked_ns, named);
        self.unlisted_positions_are_gone(asked_ns, named);
    }

    /// The newest balances.
    pub(super) fn known_balances(&self) -> impl Iterator<Item = &Balance> {
        self.reported.balances.values()
    }

    /// Reports the sockets that have opened since the last call; lost ones are reported by
    /// [`report_socket_lost`](Self::report_socket_lost).
    pub(super) fn report_open_sockets(&mut self) {
        for socket in Socket::ALL {
            let works = match socket {
                Socket::Public => self.is_link_open(socket),
                Socket::Private => self.private == Login::Yes,
                Socket::Trade => self.trade == Login::Yes,
            };
            if works && !self.reported.sockets.contains(&socket) {
                self.reported.sockets.push(socket);
                self.events.push(VenueEvent::Socket {
                    socket: venue_socket(socket),
                    up: true,
                    text: String::new(),
                });
            }
        }
    }

    /// Reports that a socket is lost.
    pub(super) fn report_socket_lost(&mut self, socket: Socket, reason: &str) {
        self.reported.sockets.retain(|reported| *reported != socket);
        self.events.push(VenueEvent::Socket {
            socket: venue_socket(socket),
            up: false,
            text: reason.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bybit::core::CoreSettings;
    use crate::bybit::options::{OnConnect, OrderEntry, PositionMode};
    use crate::bybit::session::sign::Credentials;
    use crate::kit::config::secret::Secret;
    use crate::kit::venue::Venue as _;

    const NOW: Now = Now {
        mono_ns: 1_000_000_000,
        unix_ns: 1_764_000_000_000_000_000,
    };

    fn core() -> BybitCore {
        let settings = CoreSettings {
            category: "linear".into(),
            depths: vec![1],
            settle_coin: "USDT".into(),
            credentials: Some(Credentials {
                key: Secret::new("key"),
                secret: Secret::new("canary"),
            }),
            order_prefix: "t".into(),
            epoch: 1,
            on_connect: OnConnect::Adopt,
            lookback_s: 60,
            lookback_pages: 1,
            order_entry: OrderEntry::Socket,
            position_mode: PositionMode::Detect,
            recv_window_ms: 5000,
            clock_refuse_ms: 800,
            order_wait_ms: 500,
            seed: 1,
        };
        BybitCore::new(NOW, settings).unwrap()
    }

    /// A frame of the wallet topic with one coin and the totals.
    fn frame(at_ms: u64, coin: &str, equity: &str, total: &str) -> String {
        format!(
            r#"{{"topic":"wallet","id":"w","creationTime":{at_ms},"data":[{{
            "accountType":"UNIFIED","totalEquity":"{total}","totalWalletBalance":"{total}",
            "coin":[{{"coin":"{coin}","equity":"{equity}","walletBalance":"{equity}"}}]}}]}}"#
        )
    }

    fn reported(core: &mut BybitCore) -> Vec<(String, f64)> {
        let balance = |event: VenueEvent| match event {
            VenueEvent::Balance(balance) => Some((balance.coin, balance.equity)),
            _ => None,
        };
        core.events.drain(..).filter_map(balance).collect()
    }

    #[test]
    fn a_changed_balance_is_reported_once_and_an_older_one_never() {
        let mut core = core();
        let mut hear = |at_ms, coin: &str, equity, total| {
            let frame = frame(at_ms, coin, equity, total);
            core.private_frame(NOW, frame.as_bytes()).unwrap();
            reported(&mut core)
        };
        let both = hear(5, "USDT", "10.5", "10");
        assert_eq!(both, [("USDT".to_owned(), 10.5), (String::new(), 10.0)]);
        assert_eq!(hear(6, "USDT", "10.5", "10"), [], "nothing is new");
        assert_eq!(hear(7, "USDT", "11", "10"), [("USDT".to_owned(), 11.0)]);
        assert_eq!(hear(4, "USDT", "9", "9"), [], "older than what is known");
        assert_eq!(hear(8, "BTC", "0.1", "10"), [("BTC".to_owned(), 0.1)]);
        assert_eq!(hear(9, "BTC", "x", "10"), [], "not a number");
        let mut known = Vec::new();
        core.balances(NOW, &mut known);
        let known: Vec<_> = known.iter().map(|b| (b.coin.as_str(), b.equity)).collect();
        assert_eq!(known, [("", 10.0), ("BTC", 0.1), ("USDT", 11.0)]);
    }

    #[test]
    fn a_socket_is_reported_by_name_when_it_opens_and_when_it_is_lost() {
        let mut core = core();
        let sockets = |core: &mut BybitCore| -> Vec<(VenueSocket, bool, String)> {
            core.report_open_sockets();
            let socket = |event| match event {
                VenueEvent::Socket { socket, up, text } => Some((socket, up, text)),
                _ => None,
            };
            core.events.drain(..).filter_map(socket).collect()
        };
        assert_eq!(sockets(&mut core), []);
        core.private = Login::Yes;
        let up = (VenueSocket::Private, true, String::new());
        assert_eq!(sockets(&mut core), std::slice::from_ref(&up));
        assert_eq!(sockets(&mut core), [], "reported once");
        core.lost(NOW, Socket::Private, "no pong");
        let lost = (VenueSocket::Private, false, "no pong".to_owned());
        assert_eq!(sockets(&mut core), [lost]);
        core.private = Login::Yes;
        assert_eq!(sockets(&mut core), [up]);
    }
}
