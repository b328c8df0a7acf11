//! What the private socket tells.

use hftbacktest::types::TimeInForce;

use super::earlier::{FirstSight, Whose};
use super::{BybitCore, Login, Socket};
use crate::clock::Now;
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::execution::ExecutionItem;
use crate::venues::bybit::frames::order::OrderItem;
use crate::venues::bybit::frames::private::{PrivateFrame, parse};

const SECOND_NS: u64 = 1_000_000_000;
const ANSWER_NS: u64 = 10 * SECOND_NS;

impl BybitCore {
    pub(super) fn private_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        match parse(bytes)? {
            PrivateFrame::Pong => self.link(Socket::Private).pong(),
            PrivateFrame::Auth(reply) if reply.success => {
                if !matches!(self.private, Login::Asked { .. }) {
                    return Ok(());
                }
                self.private = Login::Subscribing {
                    until: now.mono_ns + ANSWER_NS,
                };
                let args = r#"["order","execution","position","wallet"]"#;
                let text = format!(r#"{{"req_id":"s1","op":"subscribe","args":{args}}}"#);
                self.send(Socket::Private, text);
            }
            PrivateFrame::Auth(reply) => {
                self.login_refused(now, Socket::Private, reply.code, reply.text.or_empty());
            }
            PrivateFrame::Reply(reply) => {
                if !matches!(self.private, Login::Subscribing { .. }) {
                    return Ok(());
                }
                if reply.success {
                    self.private = Login::Yes;
                    let plan = self.plan();
                    self.reconcile.start(now.mono_ns, plan);
                } else {
                    let text = format!("private topics refused: {}", reply.text.or_empty());
                    self.notice(codes::TOPIC_REFUSED, text);
                    self.kill(now, Socket::Private, "private topics refused");
                }
            }
            PrivateFrame::Orders(told_ns, items) => {
                for item in &items {
                    self.order_item(now, item, told_ns);
                }
            }
            PrivateFrame::Executions(items) => {
                for item in &items {
                    self.execution_item(now, item);
                }
            }
            PrivateFrame::Positions(told_ns, items) => {
                for item in &items {
                    self.position_item(item, told_ns);
                }
            }
            PrivateFrame::Wallets(told_ns, items) => {
                for item in &items {
                    self.wallet_balances(item, told_ns);
                    self.wallet_item(item, told_ns);
                }
            }
            PrivateFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    /// One order of the stream or of REST; a bad one does not lose its neighbours. Gives back its
    /// handle when it is followed.
    pub(super) fn order_item(
        &mut self,
        now: Now,
        item: &OrderItem<'_>,
        told_ns: i64,
    ) -> Option<u64> {
        let (link_id, name) = (item.order_link_id.or_empty(), item.symbol.or_empty());
        let whose = self.whose(link_id);
        if whose == Whose::Foreign {
            return None;
        }
        let scale = self.scale_of(name)?;
        let update = match item.update(&scale, told_ns) {
            Ok(update) => update,
            Err(error) => {
                self.unreadable("an order of ours", &error);
                let handle = self.orders.by_link(link_id)?;
                self.orders.doubt(now.mono_ns + SECOND_NS, handle);
                return None;
            }
        };
        if let Whose::Earlier(id) = whose {
            // What had ended before it was ever seen is of the past, but for the first reading.
            if update.phase.is_terminal() && !self.is_gathering() {
                return None;
            }
            let sight = FirstSight {
                id,
                link_id,
                name,
                side: update.side,
                price_tick: update.price_tick,
                qty_lots: update.qty_lots,
                terms: item.terms(),
            };
            if !self.meet(now, &sight) {
                return None;
            }
        }
        let idx = item.position_idx.int("positionIdx").ok().flatten();
        let handle = self.orders.by_link(link_id);
        if let (Some(handle), Some(idx)) = (handle, idx) {
            self.orders.set_position_idx(handle, idx);
        }
        self.orders.on_order(now.mono_ns, &update, &mut self.events);
        if matches!(whose, Whose::Earlier(_)) && !self.is_gathering() {
            self.take_over(now);
        }
        handle
    }

    pub(super) fn execution_item(&mut self, now: Now, item: &ExecutionItem<'_>) {
        let (link_id, name) = (item.order_link_id.or_empty(), item.symbol.or_empty());
        // Executions of others have an id of theirs; those without one are sorted by the venue's id.
        let whose = if link_id.is_empty() {
            Whose::Own
        } else {
            self.whose(link_id)
        };
        let is_news = match whose {
            Whose::Own => true,
            // Later on the order itself is waited for, and its executions are asked for then.
            Whose::Earlier(_) => self.is_gathering() && self.looks_back(),
            Whose::Foreign => false,
        };
        if !is_news {
            return;
        }
        let Some(scale) = self.scale_of(name) else {
            return;
        };
        match item.fill(&scale) {
            Ok(Some(fill)) => {
                if let Whose::Earlier(id) = whose {
                    let sight = FirstSight {
                        id,
                        link_id,
                        name,
                        side: fill.side,
                        price_tick: item.order_tick(&scale),
                        qty_lots: fill.order_lots.max(fill.lots),
                        terms: (item.order_type(), TimeInForce::GTC),
                    };
                    if !self.meet(now, &sight) {
                        return;
                    }
                }
                self.last_exec_ns = self.last_exec_ns.max(fill.exec_ns);
                self.orders.on_fill(&fill, &mut self.events);
            }
            Ok(None) => {}
            Err(error) => self.unreadable("an execution", &error),
        }
    }
}
