//! What is read of the account, step by step: at each private login, and again while it lasts.

use super::BybitCore;
use super::rest::{Method, Purpose};
use crate::clock::Now;
use crate::venues::bybit::frames::{FrameError, rest};
use crate::venues::bybit::reconcile::{Progress, Step};

const SECOND_NS: u64 = 1_000_000_000;
/// How often orders, executions, positions and wallet are compared with the venue's while the
/// streams run: what the venue did not send is found by nothing else.
const AUDIT_NS: u64 = 30 * SECOND_NS;
/// Executions are read from this long before the last one seen; repeats are known by their id.
const OVERLAP_NS: i64 = 60_000_000_000;

impl BybitCore {
    /// Asks for a page of a step.
    pub(super) fn ask_step(&mut self, now: Now, step: Step, cursor: Option<String>) {
        let category = &self.settings.category;
        let coin = if category == "spot" {
            String::new()
        } else {
            format!("&settleCoin={}", self.settings.settle_coin)
        };
        let first = cursor.is_none();
        let (path, mut query) = match step {
            Step::Orders => {
                if first {
                    self.calls.named.clear();
                    self.calls.expected = self.orders.open();
                }
                (
                    "/v5/order/realtime",
                    format!("category={category}{coin}&limit=50"),
                )
            }
            Step::Executions => {
                let from = if self.is_gathering() && self.looks_back() {
                    self.lookback_from(now)
                } else {
                    (self.last_exec_ns - OVERLAP_NS) / 1_000_000
                };
                let query = format!("category={category}&startTime={from}&limit=100");
                ("/v5/execution/list", query)
            }
            Step::Ended => {
                let from = self.lookback_from(now);
                let query = format!("category={category}{coin}&startTime={from}&limit=50");
                ("/v5/order/history", query)
            }
            Step::Positions => {
                if first {
                    self.calls.legs.clear();
                }
                (
                    "/v5/position/list",
                    format!("category={category}{coin}&limit=200"),
                )
            }
            Step::Wallet => (
                "/v5/account/wallet-balance",
                "accountType=UNIFIED".to_owned(),
            ),
        };
        if let Some(cursor) = cursor {
            query.push_str("&cursor=");
            query.push_str(&cursor);
        }
        let purpose = Purpose::Reconcile(step, now);
        self.call(Method::Get, path, query, true, purpose);
    }

    /// Takes in a page of a step that was asked for at `sent`. False: it is asked again.
    pub(super) fn step_answer(
        &mut self,
        now: Now,
        step: Step,
        sent: Now,
        body: &[u8],
    ) -> Result<bool, FrameError> {
        let cursor = match step {
            Step::Orders | Step::Ended => {
                let answer = rest::orders(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let told_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    let handle = self.order_item(now, item, told_ns);
                    self.calls.named.extend(handle);
                }
                answer.result.cursor
            }
            Step::Executions => {
                let answer = rest::executions(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                // Listed newest first.
                for item in answer.result.items.iter().rev() {
                    self.execution_item(now, item);
                }
                answer.result.cursor
            }
            Step::Positions => {
                let answer = rest::positions(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let told_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    let idx = item.position_idx.int("positionIdx")?.unwrap_or(0);
                    let leg = (
                        item.symbol.or_empty().to_owned(),
                        usize::try_from(idx).unwrap_or(0),
                    );
                    self.calls.legs.push(leg);
                    self.position_item(item, told_ns);
                }
                answer.result.cursor
            }
            Step::Wallet => {
                let answer = rest::wallets(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let told_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    self.wallet_item(item, told_ns);
                    self.wallet_balances(item, told_ns);
                }
                None
            }
        };
        let progress = self.reconcile.answered(step, cursor);
        match (progress, step) {
            (Progress::More, _) => return Ok(true),
            (Progress::Cut, step) => self.tell_cut(step),
            (Progress::Done, Step::Positions) => self.flatten_unnamed(now, sent),
            (Progress::Done, _) => {}
        }
        if step == Step::Orders {
            self.doubt_unnamed(now);
        }
        if self.reconcile.is_idle() {
            self.audit_at = now.mono_ns + AUDIT_NS;
            self.key.accepted();
            self.end_gathering(now);
        }
        Ok(true)
    }

    /// Orders that were open for us before, and are not among the venue's open ones, have ended
    /// while nobody listened, or never arrived.
    fn doubt_unnamed(&mut self, now: Now) {
        for handle in std::mem::take(&mut self.calls.expected) {
            if !self.calls.named.contains(&handle) {
                self.orders.doubt(now.mono_ns, handle);
            }
        }
    }

    /// Only positions that are not flat are listed.
    fn flatten_unnamed(&mut self, now: Now, sent: Now) {
        let before = self.clock.server_ms(sent).saturating_mul(1_000_000);
        let mut flat = Vec::new();
        for (symbol, legs) in &mut self.positions.legs {
            for (idx, leg) in legs.iter_mut().enumerate() {
                let named = self
                    .calls
                    .legs
                    .iter()
                    .any(|(s, i)| s == symbol && *i == idx);
                if !named && leg.lots != 0 && leg.updated_ns < before {
                    leg.lots = 0;
                    leg.updated_ns = before;
                    flat.push(symbol.clone());
                }
            }
        }
        for symbol in flat {
            self.tell_position(&symbol, self.clock.server_ms(now).saturating_mul(1_000_000));
        }
    }
}
