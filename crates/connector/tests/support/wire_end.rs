//! A bot's end of the bare wire of shared memory.

use std::time::Duration;

use hbl_wire::{BotControlBlock, BotPort, TO_ALL, WireEvent, random_bot_id};
use hftbacktest::types::LiveRequest;

pub struct WireEnd {
    pub port: BotPort,
    _page: BotControlBlock,
    id: u64,
    /// Messages that were overwritten before they were read.
    pub lost: u64,
}

impl WireEnd {
    pub fn join(connector: &str) -> Self {
        let id = random_bot_id();
        let page = BotControlBlock::own(id).unwrap();
        let mut port = BotPort::open(connector, id, Duration::from_secs(10)).unwrap();
        port.check_link().unwrap();
        Self {
            port,
            _page: page,
            id,
            lost: 0,
        }
    }

    pub fn register(&self, symbol: &str, (tick_size, lot_size): (f64, f64)) {
        self.port
            .send(&LiveRequest::RegisterInstrument {
                symbol: symbol.to_owned(),
                tick_size,
                lot_size,
            })
            .unwrap();
    }

    /// Takes the messages of the next slot, each with whether it is for this bot alone; false when
    /// there is no slot.
    pub fn take(&mut self, mut on_message: impl FnMut(WireEvent<'_>, bool)) -> bool {
        let Some((mut slot, lost)) = self.port.recv().unwrap() else {
            return false;
        };
        self.lost += lost;
        let to = slot.to();
        if to != TO_ALL && to != self.id {
            return true;
        }
        while let Some(message) = slot.next_message() {
            on_message(message.unwrap(), to == self.id);
        }
        true
    }
}
