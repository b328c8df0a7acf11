//! The fake venue, `connector bybit` with real orders, and a bot for XRPUSDT.

use hbl_fake_bybit::FakeBybit;
use hftbacktest::types::Side;

use super::process::BybitProcess;
use super::shm_bot::ShmBot;
use super::{REAL, config_file, place, venue};
use crate::support::names::unique_name;

pub struct Rig {
    pub venue: FakeBybit,
    pub process: BybitProcess,
    pub bot: ShmBot,
    pub config: tempfile::TempPath,
}

impl Rig {
    pub fn start(seed: u64) -> Self {
        Self::start_with(seed, "", &[])
    }

    /// With more lines of the config file and more arguments.
    pub fn start_with(seed: u64, lines: &str, more: &[&str]) -> Self {
        let venue = venue(seed);
        let config = config_file(&venue, lines);
        let process = BybitProcess::start(&unique_name(), &config, &[REAL, more].concat());
        let bot = ShmBot::xrp(&process);
        Self {
            venue,
            process,
            bot,
            config,
        }
    }

    /// Somebody offers 10 at 2.51, and the bot has that in its book.
    pub fn with_offer(mut self) -> Self {
        place(self.venue.control(), "Sell", "10.0", "2.5100");
        self.bot
            .until("a book", |ledger| !ledger.book[1].is_empty());
        self
    }

    /// Opens an order of 10 at 2.00, far below the market; its id.
    pub fn rest(&mut self, first_id: u64) -> u64 {
        self.bot.open_order(first_id, Side::Buy, 20_000, 10.0)
    }
}
