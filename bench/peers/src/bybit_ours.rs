//! The protocol core of venue `bybit`, as the connector runs it: bytes of a frame in, the events
//! that are published to bots out. Nothing of it is left out: topics, book, checks, batches.

use hbl_venues::bybit::core::{Action, BybitCore, CoreSettings, RestAnswer, Socket};
use hbl_venues::bybit::options::{OnConnect, OrderEntry, PositionMode};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::venue::{MarketData as _, VenueEvent};

use crate::bybit_frames::{FIRST_U, delta};

/// The core with one symbol subscribed, its book there.
pub struct Ours {
    core: BybitCore,
    conn: u64,
    now: Now,
    events: Vec<VenueEvent>,
}

impl Ours {
    /// Connects, registers `BTCUSDT` and delivers a snapshot.
    ///
    /// # Errors
    /// When the core does not come that far; the text says where it stands.
    pub fn start(depths: &[u32]) -> Result<Self, String> {
        let settings = CoreSettings {
            category: "linear".into(),
            depths: depths.to_vec(),
            settle_coin: "USDT".into(),
            credentials: None,
            order_prefix: "b".into(),
            epoch: 1,
            on_connect: OnConnect::None,
            lookback_s: 0,
            lookback_pages: 1,
            order_entry: OrderEntry::Socket,
            position_mode: PositionMode::Detect,
            recv_window_ms: 5000,
            clock_refuse_ms: 800,
            order_wait_ms: 500,
            seed: 1,
        };
        let now = Now {
            mono_ns: 1_000_000_000,
            unix_ns: 1_764_000_000_000_000_000,
        };
        let core = BybitCore::new(now, settings).map_err(|error| error.to_string())?;
        let mut ours = Self {
            core,
            conn: 0,
            now,
            events: Vec::new(),
        };
        ours.act();
        let registered = ours.core.register(ours.now, "BTCUSDT", 0.05, 0.001);
        registered.map_err(|refusal| refusal.text)?;
        ours.act();
        ours.frame(delta("snapshot", FIRST_U).as_bytes());
        let book = ours.events.len();
        if book < 50 {
            return Err(format!("the snapshot made {book} events"));
        }
        Ok(ours)
    }

    /// Does what the core asks for until it asks for nothing more.
    fn act(&mut self) {
        loop {
            self.core.poll(self.now, &mut self.events);
            let actions = self.core.take_actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                match action {
                    Action::Connect(socket, conn) => {
                        self.conn = conn;
                        self.core.on_opened(self.now, socket, conn);
                    }
                    Action::Rest(call) if call.path.ends_with("instruments-info") => {
                        let body = br#"{"retCode":0,"result":{"list":[{"symbol":"BTCUSDT","status":"Trading","priceFilter":{"tickSize":"0.05"},"lotSizeFilter":{"qtyStep":"0.001"}}]},"time":1764000000000}"#;
                        let answer = Ok(RestAnswer::new(body));
                        self.core.on_rest(self.now, call.id, answer);
                    }
                    Action::Send(..) | Action::Close(..) | Action::Rest(_) => {}
                }
            }
        }
    }

    /// One frame: the events that it makes, valid until the next one.
    pub fn frame(&mut self, bytes: &[u8]) -> &[VenueEvent] {
        self.events.clear();
        self.core
            .on_frame(self.now, Socket::Public, self.conn, bytes);
        self.core.poll(self.now, &mut self.events);
        &self.events
    }
}
