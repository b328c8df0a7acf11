//! The state behind the bot classes: the core, and the JavaScript memory that it writes to.

use core::ptr::NonNull;

use hbl_livebot::{Book, CommandError, LiveCore, OrderNumbers, Outcome, RECORD_BYTES};
use hbl_wire::{Clock, VirtualClock, price_of};
use hftbacktest::types::{Bot, ElapseResult, Side};
use napi::bindgen_prelude::Uint8Array;

use crate::{
    SLICE_MAX_NS, direct,
    dto::{NativeBotConfig, whole},
    error::{Result, from_core, invalid},
    hot::HotBot,
};

/// Result of `botWaitBatch` and `botRun` when the bot was stopped.
const STOPPED: i32 = -1;

/// A bot, and the JavaScript memory that it writes to.
pub struct BotCell<MD> {
    pub core: LiveCore<MD>,
    // Referenced so that the memory stays for as long as the bot may write to it.
    memory: Option<(Uint8Array, Uint8Array)>,
    levels: Vec<(i64, f64)>,
}

fn place(array: &mut Uint8Array) -> Result<(NonNull<u8>, usize)> {
    // SAFETY: only the address and the length are taken here; writing follows the ring's and the
    // buffer's own rules.
    let bytes = unsafe { array.as_mut() };
    NonNull::new(bytes.as_mut_ptr())
        .map(|base| (base, bytes.len()))
        .ok_or_else(|| invalid("the buffer is empty or detached"))
}

/// 0, or the number of the error.
pub fn code(result: core::result::Result<(), CommandError>) -> u8 {
    result.err().map_or(0, |error| error as u8)
}

/// hftbacktest's `ElapseResult` as a number; failures as their `CommandError` number.
pub fn elapse_code(result: core::result::Result<ElapseResult, CommandError>) -> i32 {
    match result {
        Ok(ElapseResult::Ok) => 0,
        Ok(ElapseResult::EndOfData) => 1,
        Ok(ElapseResult::MarketFeed) => 2,
        Ok(ElapseResult::OrderResponse) => 3,
        Err(error) => i32::from(error as u8),
    }
}

/// How long one call may wait.
pub fn slice(timeout_ns: f64, path: &str) -> Result<u64> {
    Ok(whole(timeout_ns, path)?.min(SLICE_MAX_NS))
}

impl<MD: Book> BotCell<MD> {
    /// Builds a bot.
    pub fn new(config: &NativeBotConfig, with_roi: bool) -> Result<Self> {
        let direct = config.direct.as_deref().unwrap_or_default();
        let clock = match &config.virtual_start_ns {
            None => Clock::Real,
            Some(_) if direct.is_empty() => {
                return Err(invalid(
                    "virtualStartNs: a virtual clock needs a `direct` connector",
                ));
            }
            Some(start) => Clock::Virtual(VirtualClock::new(start.get_i64().0)),
        };
        let direct = direct.iter().map(|one| direct::open(one, &clock));
        let direct: Result<Vec<_>> = direct.collect();
        let mut core = LiveCore::with_direct(&config.to_core()?, with_roi, direct?)
            .map_err(|error| from_core(&error))?;
        core.require(config.requirement());
        Ok(Self {
            core,
            memory: None,
            levels: Vec::new(),
        })
    }

    /// Sets the memory for records and state.
    pub fn attach(&mut self, mut records: Uint8Array, mut state: Uint8Array) -> Result<()> {
        let (records_at, state_at) = (place(&mut records)?, place(&mut state)?);
        // SAFETY: the arrays are kept beside the core, which is dropped before them.
        unsafe { self.core.attach(records_at, state_at) }.map_err(|error| from_core(&error))?;
        self.memory = Some((records, state));
        Ok(())
    }

    /// Writes the best levels; see the exported method.
    pub fn depth(&mut self, asset: u32, levels: u32, out: &mut [f64]) -> Result<u32> {
        let asset = self.asset(asset)?;
        let (mut counts, mut at) = ([0u32; 2], 0);
        let depth = self.core.bot().depth(asset);
        for (side, count) in [Side::Buy, Side::Sell].into_iter().zip(&mut counts) {
            depth.top(
                side,
                levels.min(u32::from(u16::MAX)) as usize,
                &mut self.levels,
            );
            for (tick, qty) in &self.levels {
                let Some(pair) = out.get_mut(at..at + 2) else {
                    break;
                };
                pair.copy_from_slice(&[price_of(*tick, depth.tick_size()), *qty]);
                at += 2;
                *count += 1;
            }
        }
        Ok(counts[0] + counts[1] * 65_536)
    }

    /// Writes the last trades as records.
    pub fn last_trades(&self, asset: u32, out: &mut [u8]) -> Result<u32> {
        let asset = self.asset(asset)?;
        let (mut count, mut cells) = (0, out.chunks_exact_mut(RECORD_BYTES));
        self.core.last_trades(asset, |record| {
            if let Some(cell) = cells.next() {
                // SAFETY: a record is RECORD_BYTES of plain integers and floats without padding.
                let bytes = unsafe {
                    core::slice::from_raw_parts(
                        core::ptr::from_ref(record).cast::<u8>(),
                        RECORD_BYTES,
                    )
                };
                cell.copy_from_slice(bytes);
                count += 1;
            }
        });
        Ok(count)
    }

    /// The index of an instrument.
    pub fn asset(&self, asset: u32) -> Result<usize> {
        let at = asset as usize;
        if at < self.core.num_assets() {
            return Ok(at);
        }
        Err(invalid(format!(
            "asset: {asset} is not one of this bot's {} instruments",
            self.core.num_assets()
        )))
    }
}

impl<MD: Book> HotBot for BotCell<MD> {
    fn wait_batch(&mut self, timeout_ns: f64, max_records: f64) -> Result<i32> {
        let timeout_ns = slice(timeout_ns, "timeoutNs")?;
        let max = usize::try_from(whole(max_records, "maxRecords")?).unwrap_or(usize::MAX);
        Ok(outcome(self.core.wait_batch(timeout_ns, max)))
    }

    fn note_time(&mut self) {
        self.core.note_time();
    }

    fn run(&mut self, slice_ns: f64) -> Result<i32> {
        Ok(outcome(self.core.run(slice(slice_ns, "sliceNs")?)))
    }

    fn submit(&mut self, asset: u32, id: u64, order: &OrderNumbers, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        let core = &mut self.core;
        Ok(code(order.request(id).and_then(|request| {
            core.submit(asset as usize, request, wait_ns)
        })))
    }

    fn modify(&mut self, asset: u32, id: u64, price: f64, qty: f64, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        Ok(code(self.core.modify(
            asset as usize,
            id,
            price,
            qty,
            wait_ns,
        )))
    }

    fn cancel(&mut self, asset: u32, id: u64, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        Ok(code(self.core.cancel(asset as usize, id, wait_ns)))
    }
}

fn outcome(result: core::result::Result<Outcome, CommandError>) -> i32 {
    match result {
        Ok(Outcome::Records(count)) => i32::try_from(count).unwrap_or(i32::MAX),
        Ok(Outcome::Stopped) => STOPPED,
        // Below STOPPED: shared memory itself failed.
        Err(error) => -1 - i32::from(error as u8),
    }
}
