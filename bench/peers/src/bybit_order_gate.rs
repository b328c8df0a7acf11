//! The order socket of a venue, with a clock in front of it: each order frame's arrival is noted
//! before the frame goes on to the venue behind.

use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hbl_wire::clock::monotonic_ns;
use rustls::ServerConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::bybit_quotes::{frame_of, tick_of};
use crate::socket::Socket;
use crate::web_socket::{write_masked_text, write_text};

/// When frames left and the first orders about them came: monotonic, 0 before.
pub struct Log {
    sent_ns: Vec<AtomicU64>,
    ordered_ns: Vec<AtomicU64>,
    sent: AtomicU64,
    strangers: AtomicU64,
}

fn place(of: &[AtomicU64], n: u64) -> Option<&AtomicU64> {
    of.get(usize::try_from(n).ok()?)
}

impl Log {
    /// A log of `frames` frames.
    #[must_use]
    pub fn new(frames: usize) -> Self {
        let zeros = || (0..frames).map(|_| AtomicU64::new(0)).collect();
        Self {
            sent_ns: zeros(),
            ordered_ns: zeros(),
            sent: AtomicU64::new(0),
            strangers: AtomicU64::new(0),
        }
    }

    /// Frame `n` leaves now; frames leave in their order.
    pub fn leaves(&self, n: u64) -> u64 {
        let now_ns = monotonic_ns();
        if let Some(sent) = place(&self.sent_ns, n) {
            sent.store(now_ns, Ordering::Relaxed);
            self.sent.store(n + 1, Ordering::Release);
        }
        now_ns
    }

    fn arrives(&self, at_ns: u64, price: Option<&str>) {
        let last = self.sent.load(Ordering::Acquire).checked_sub(1);
        let n = last.and_then(|last| frame_of(tick_of(price?)?, last));
        let ordered = n.and_then(|n| place(&self.ordered_ns, n));
        let first = ordered
            .map(|ordered| ordered.compare_exchange(0, at_ns, Ordering::AcqRel, Ordering::Relaxed));
        if !matches!(first, Some(Ok(_))) {
            self.strangers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// From the frame to its order, nanoseconds; `None` when no order came.
    #[must_use]
    pub fn took_ns(&self, n: u64) -> Option<u64> {
        let at = |of: &[AtomicU64]| place(of, n).map(|ns| ns.load(Ordering::Acquire));
        match (at(&self.sent_ns)?, at(&self.ordered_ns)?) {
            (0, _) | (_, 0) => None,
            (sent, ordered) => Some(ordered.saturating_sub(sent)),
        }
    }

    /// Orders about no frame, or about one that had its order.
    #[must_use]
    pub fn strangers(&self) -> u64 {
        self.strangers.load(Ordering::Relaxed)
    }
}

/// Serves the order socket on a free port of 127.0.0.1, with TLS or without, in front of the venue's own on
/// `behind`, which has none. Returns the port.
///
/// # Errors
/// When there is no port.
pub fn serve(
    behind: u16,
    tls: Option<Arc<ServerConfig>>,
    log: Arc<Log>,
) -> Result<u16, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (tls, log) = (tls.clone(), Arc::clone(&log));
            // Ends with its client; what went wrong shows as orders that never came.
            thread::spawn(move || {
                Socket::accept(client, tls.as_ref())
                    .is_ok_and(|client| carry(client, behind, &log).is_ok())
            });
        }
    });
    Ok(port)
}

fn carry(client: Socket, behind: u16, log: &Log) -> Result<(), Box<dyn Error>> {
    let venue = Socket::connect(behind, None)?;
    let (mut to_client, mut to_venue) = (client.try_clone()?, venue.try_clone()?);
    let url = format!("ws://127.0.0.1:{behind}/v5/trade");
    let (mut from_venue, _) = tungstenite::client(url, venue)?;
    let mut from_client = tungstenite::accept(client)?;
    thread::spawn(move || {
        while let Ok(message) = from_venue.read() {
            if let Message::Text(text) = message
                && write_text(&mut to_client, &text).is_err()
            {
                break;
            }
        }
        to_client.shutdown()
    });
    while let Ok(message) = from_client.read() {
        let at_ns = monotonic_ns();
        let Message::Text(text) = message else {
            continue;
        };
        if text.contains("order.create") {
            log.arrives(at_ns, price(&text));
        }
        if write_masked_text(&mut to_venue, &text).is_err() {
            break;
        }
    }
    to_venue.shutdown()?;
    Ok(())
}

fn price(order: &str) -> Option<&str> {
    let (_, rest) = order.split_once(r#""price":""#)?;
    rest.split_once('"').map(|(price, _)| price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_counted_once_and_for_its_own_frame() {
        let log = Log::new(10);
        for n in 0..3 {
            log.leaves(n);
        }
        log.arrives(
            monotonic_ns(),
            price(r#"{"qty":"1","price":"2.5001","x":1}"#),
        );
        assert!(log.took_ns(1).is_some());
        assert_eq!((log.took_ns(0), log.took_ns(2)), (None, None));
        assert_eq!(log.strangers(), 0);
        log.arrives(monotonic_ns(), Some("2.5001"));
        log.arrives(monotonic_ns(), Some("2.5009"));
        log.arrives(monotonic_ns(), None);
        assert_eq!(log.strangers(), 3);
    }
}
