//! Our bot from Rust: `LiveBot` on our channel, driven as the layer for Node.js drives it.

use std::{error::Error, ptr::NonNull, time::Duration};

use hbl_livebot::{
    BotConfig, InstrumentConfig, LadderMarketDepth, LiveCore, Outcome, RECORD_BYTES, Record,
    RecordKind, STATE_BYTES,
};
use hftbacktest::{depth::MarketDepth as _, types::Bot as _};

pub use hbl_livebot::{WaitConfig, WaitStrategy};

use crate::{
    feed_bot::{FeedBot, Seen},
    market::{LOT_SIZE, TICK_SIZE, symbol},
};

/// Records that one wait can bring; the default of `runLive`.
const RECORDS: usize = 4_096;
/// The publisher shows its life every 1024 events only.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(600);

/// Our bot on any number of symbols.
pub struct OwnBot {
    core: LiveCore<LadderMarketDepth>,
    records: NonNull<Record>,
}

impl OwnBot {
    /// Builds it on the first `symbols` symbols of connector `name`.
    ///
    /// # Errors
    /// When shared memory cannot be opened.
    pub fn connect(name: &str, symbols: u64, wait: WaitConfig) -> Result<Self, Box<dyn Error>> {
        let instruments = (0..symbols).map(|n| InstrumentConfig {
            connector: name.to_owned(),
            symbol: symbol(n),
            tick_size: TICK_SIZE,
            lot_size: LOT_SIZE,
            roi_lb: 0.0,
            roi_ub: 0.0,
            last_trades_capacity: 0,
        });
        let config = BotConfig {
            order_deadline: None,
            only_looks: false,
            instruments: instruments.collect(),
            bot_id: 0,
            wait,
            heartbeat_timeout: HEARTBEAT_TIMEOUT,
            require_live_book: true,
        };
        let mut core = LiveCore::new(&config, false)?;
        // Both live as long as the process, which ends with the bot.
        let records = Box::leak(vec![Record::default(); RECORDS].into_boxed_slice());
        let state_bytes = config.instruments.len() * STATE_BYTES;
        let state = Box::leak(vec![0u64; state_bytes / size_of::<u64>()].into_boxed_slice());
        let records = NonNull::from(records).cast::<Record>();
        // SAFETY: both are aligned to 8 bytes, are never freed, and are written to by the bot alone.
        unsafe {
            core.attach(
                (records.cast(), RECORDS * RECORD_BYTES),
                (NonNull::from(state).cast(), state_bytes),
            )?;
        }
        Ok(Self { core, records })
    }
}

impl FeedBot for OwnBot {
    fn wait(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(Seen),
    ) -> Result<bool, Box<dyn Error>> {
        let timeout_ns = u64::try_from(timeout.as_nanos())?;
        let Outcome::Records(written) = self.core.wait_batch(timeout_ns, RECORDS)? else {
            return Ok(false);
        };
        // SAFETY: the wait has written so many records, and writes no more until the next one.
        let records = unsafe { core::slice::from_raw_parts(self.records.as_ptr(), written) };
        for record in records {
            if record.kind == RecordKind::Depth as u8 {
                each(Seen {
                    sent_ns: record.exch_ts_ns.unsigned_abs(),
                    seq: record.local_ts_ns.unsigned_abs(),
                });
            }
        }
        Ok(true)
    }

    #[expect(clippy::cast_precision_loss, reason = "ticks far below 2^53")]
    fn top(&self) -> [f64; 4] {
        let book = self.core.bot().depth(0);
        [
            book.best_bid_tick() as f64,
            book.best_bid_qty(),
            book.best_ask_tick() as f64,
            book.best_ask_qty(),
        ]
    }
}
