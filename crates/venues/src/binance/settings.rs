//! Settings of the venue, resolved from its configuration.

use std::time::Duration;

/// Which stream trades come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TradeStream {
    /// `@trade`: every trade, on the `/public` entry point.
    #[default]
    Trade,
    /// `@aggTrade`: trades of one order at one price as one, on the `/market` entry point.
    AggTrade,
}

/// Settings of the core.
#[derive(Clone, Debug)]
pub struct CoreSettings {
    /// Entry point of depth, best prices and trades.
    pub stream_url: String,
    /// Entry point of aggregated trades.
    pub market_url: String,
    /// REST address, without a slash at its end.
    pub api_url: String,
    /// Speed of the depth stream: `0ms`, `100ms`, `250ms` or `500ms`.
    pub depth_speed: String,
    /// Levels of a snapshot: 5, 10, 20, 50, 100, 500 or 1000.
    pub depth_limit: u32,
    /// Whether best prices are subscribed and laid over the depth.
    pub book_ticker: bool,
    /// Stream of trades.
    pub trades: TradeStream,
    /// Streams on one connection; more symbols open more connections.
    pub streams_per_connection: usize,
    /// REST weight in a minute that this process may use; `None`: half of what the venue allows.
    pub weight_per_minute: Option<u32>,
    /// How long depth may be silent before it is asked for anew.
    pub silence: Duration,
    /// Age at which a connection is replaced; the venue ends it after 24 hours.
    pub connection_age: Duration,
    /// How long a REST call may take.
    pub rest_timeout: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for CoreSettings {
    fn default() -> Self {
        Self {
            stream_url: "wss://fstream.binance.com/public/stream".to_owned(),
            market_url: "wss://fstream.binance.com/market/stream".to_owned(),
            api_url: "https://fapi.binance.com".to_owned(),
            depth_speed: "0ms".to_owned(),
            depth_limit: 1000,
            book_ticker: true,
            trades: TradeStream::Trade,
            streams_per_connection: 200,
            weight_per_minute: None,
            silence: Duration::from_secs(60),
            connection_age: Duration::from_secs(23 * 3600),
            rest_timeout: Duration::from_secs(10),
            seed: 0,
        }
    }
}

impl CoreSettings {
    /// The depth stream of a symbol.
    pub fn depth_stream(&self, symbol: &str) -> String {
        let symbol = symbol.to_lowercase();
        match self.depth_speed.as_str() {
            // The stream without a speed.
            "250ms" => format!("{symbol}@depth"),
            speed => format!("{symbol}@depth@{speed}"),
        }
    }

    /// REST weight of a snapshot.
    pub fn snapshot_weight(&self) -> u32 {
        match self.depth_limit {
            0..=50 => 2,
            51..=100 => 5,
            101..=500 => 10,
            _ => 20,
        }
    }
}
