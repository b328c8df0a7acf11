//! Settings of the core as most tests want them.

use hbl_venues::bybit::core::CoreSettings;
use hbl_venues::bybit::options::{OnConnect, OrderEntry, PositionMode};
use hbl_venues::bybit::session::sign::Credentials;
use hbl_venues::kit::config::secret::Secret;

/// It must stand in nothing that is sent.
pub const SECRET: &str = "canary-secret";

/// Depth 50, with keys.
pub fn settings() -> CoreSettings {
    CoreSettings {
        category: "linear".into(),
        depths: vec![50],
        settle_coin: "USDT".into(),
        credentials: Some(Credentials {
            key: Secret::new("key"),
            secret: Secret::new(SECRET),
        }),
        order_prefix: "t".into(),
        epoch: 1000,
        on_connect: OnConnect::Adopt,
        lookback_s: 86_400,
        lookback_pages: 40,
        order_entry: OrderEntry::Socket,
        position_mode: PositionMode::Detect,
        recv_window_ms: 5000,
        clock_refuse_ms: 800,
        order_wait_ms: 500,
        seed: 1,
    }
}
