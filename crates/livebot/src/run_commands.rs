//! Carries out the commands of another thread; each failure becomes a `Command` record.

use crate::{
    book::Book,
    command::{Command, CommandKind},
    error::CommandError,
    live_core::LiveCore,
    record::{Record, RecordKind},
    shared::index,
};

impl<MD: Book> LiveCore<MD> {
    pub(crate) fn run_commands(&mut self) {
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        if !remote.has_commands() {
            return;
        }
        while let Some(command) = remote.next_command() {
            let Err(error) = self.run_command(command) else {
                continue;
            };
            let denied = error == CommandError::BookNotLive;
            let book = self.book_state(command.asset);
            self.shared.borrow_mut().push(&Record {
                kind: RecordKind::Command as u8,
                status: error as u8,
                req: if denied { book as u8 } else { 0 },
                asset: index(command.asset),
                recv_mono_ns: self.clock.monotonic_ns(),
                order_id: command.number,
                value: command.order_id.cast_signed(),
                ..Record::default()
            });
        }
    }

    pub(crate) fn run_command(&mut self, command: Command) -> Result<(), CommandError> {
        let Command {
            asset,
            order_id,
            kind,
            deadline_ns,
            ..
        } = command;
        let deadline_ns = deadline_ns.unwrap_or_else(|| self.shared.borrow().deadline_from_now());
        match kind {
            CommandKind::Submit(order) => {
                self.submit_by(asset, order.request(order_id)?, deadline_ns, 0)
            }
            CommandKind::Modify { price, qty } => {
                self.modify_by(asset, order_id, (price, qty), deadline_ns, 0)
            }
            CommandKind::Cancel => self.cancel_any(asset, order_id),
            CommandKind::CancelAll => self.cancel_all(asset),
            CommandKind::AskOrder => self.ask_order(asset, order_id),
            CommandKind::ClearInactive => self.clear_inactive_orders(asset),
            CommandKind::Resync => self.resync(asset),
            CommandKind::AgreeOrders { tag } => self.agree_orders(asset, tag),
        }
    }
}
