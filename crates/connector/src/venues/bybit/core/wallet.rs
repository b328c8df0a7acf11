//! The account's balances, from the `wallet` topic and its REST twin, and which sockets work.

use std::collections::BTreeMap;

use super::{BybitCore, Login, Socket};
use crate::venue::{Balance, VenueEvent, VenueSocket};
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::position::WalletItem;

/// What bots were told beside orders and positions.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// By coin; the account as a whole has no name.
    balances: BTreeMap<String, Balance>,
    /// Sockets that were told to work.
    sockets: Vec<Socket>,
}

fn venue_socket(socket: Socket) -> VenueSocket {
    match socket {
        Socket::Public => VenueSocket::Public,
        Socket::Private => VenueSocket::Private,
        Socket::Trade => VenueSocket::Trade,
    }
}

/// True when two balances differ by more than their time; what is not told equals itself.
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
    /// A wallet of the socket or of REST, told at `told_ns` (Unix nanoseconds). What cannot be read
    /// leaves what is known.
    pub(super) fn wallet_balances(&mut self, item: &WalletItem<'_>, told_ns: i64) {
        if !matches!(item.account_type.or_empty(), "" | "UNIFIED") {
            return;
        }
        let coins = item.coin.iter().map(|coin| coin.balance(told_ns));
        let read: Vec<Result<Balance, FrameError>> =
            coins.chain(item.balance(told_ns).transpose()).collect();
        for balance in read {
            match balance {
                Ok(balance) => self.tell_balance(balance),
                Err(error) => self.unreadable("a balance", &error),
            }
        }
    }

    fn tell_balance(&mut self, balance: Balance) {
        let known = self.told.balances.get(&balance.coin);
        if known.is_some_and(|known| known.exch_ts > balance.exch_ts) {
            return;
        }
        if known.is_none_or(|known| differs(known, &balance)) {
            self.events.push(VenueEvent::Balance(balance.clone()));
        }
        self.told.balances.insert(balance.coin.clone(), balance);
    }

    /// The newest balances.
    pub(super) fn known_balances(&self) -> impl Iterator<Item = &Balance> {
        self.told.balances.values()
    }

    /// Tells which sockets work since the last time; those that do not are told by
    /// [`tell_lost`](Self::tell_lost).
    pub(super) fn tell_working(&mut self) {
        for socket in Socket::ALL {
            let works = match socket {
                Socket::Public => self.is_link_open(socket),
                Socket::Private => self.private == Login::Yes,
                Socket::Trade => self.trade == Login::Yes,
            };
            if works && !self.told.sockets.contains(&socket) {
                self.told.sockets.push(socket);
                self.events.push(VenueEvent::Socket {
                    socket: venue_socket(socket),
                    up: true,
                    text: String::new(),
                });
            }
        }
    }

    /// Tells that a socket is lost.
    pub(super) fn tell_lost(&mut self, socket: Socket, reason: &str) {
        self.told.sockets.retain(|told| *told != socket);
        self.events.push(VenueEvent::Socket {
            socket: venue_socket(socket),
            up: false,
            text: reason.to_owned(),
        });
    }
}
