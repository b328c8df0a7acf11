//! The reading of the account, step by step: at each private login, and again while it lasts.

use crate::bybit::core::BybitCore;
use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::core::private::Seen;
use crate::bybit::frames::{FrameError, rest};
use crate::bybit::orders::reconcile::{Progress, Step};
use crate::kit::clock::Now;

const SECOND_NS: u64 = 1_000_000_000;
/// How often orders, executions, positions and wallet are compared with the venue's while the
/// streams run: only this finds a report that the venue did not send.
const AUDIT_NS: u64 = 30 * SECOND_NS;
/// The same while an order is open: a fill that the stream does not report is known after this and the
/// answers of two questions.
pub(super) const AUDIT_OPEN_NS: u64 = 5 * SECOND_NS;
/// Executions are read from this long before the last one seen; repeats are known by their id.
const OVERLAP_NS: i64 = 60_000_000_000;

impl BybitCore {
    /// Asks for a page of a step.
    pub(super) fn ask_step(&mut self, now: Now, step: Step, cursor: Option<String>) {
        let category = &self.settings.category;
        let part = self.reconcile.at().1;
        let first = cursor.is_none() && part == 0;
        if first && matches!(step, Step::Orders | Step::Ended | Step::Positions) {
            self.calls.coins = self.settle_coins();
            self.reconcile.split(self.calls.coins.len());
        }
        let coin = match self.calls.coins.get(part) {
            Some(coin) if !coin.is_empty() => format!("&settleCoin={coin}"),
            _ => String::new(),
        };
        let (path, mut query) = match step {
            Step::Orders => {
                if first {
                    let is_full = self.reconcile.reads_ended();
                    self.absence.begin(now.mono_ns, is_full, self.frame_errors);
                    self.calls.listed.clear();
                    self.calls.expected = self.orders.open();
                }
                (
                    "/v5/order/realtime",
                    format!("category={category}{coin}&limit=50"),
                )
            }
            Step::Executions => {
                let seeks = self.is_gathering() || self.absence.is_under_way();
                let from = if seeks && self.looks_back() {
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
                    self.calls.holdings_from = Some(now);
                }
                (
                    "/v5/position/list",
                    format!("category={category}{coin}&limit=200"),
                )
            }
            Step::Wallet => {
                self.calls.holdings_from = Some(now);
                (
                    "/v5/account/wallet-balance",
                    "accountType=UNIFIED".to_owned(),
                )
            }
        };
        if let Some(cursor) = cursor {
            query.push_str("&cursor=");
            query.push_str(&cursor);
        }
        let purpose = Purpose::Reconcile(step);
        self.call(Method::Get, path, query, true, purpose);
        self.calls.asked_step = self.calls.last;
    }

    /// Takes in a page of a step that was asked for at `sent`. False: it is asked again.
    pub(super) fn step_answer(
        &mut self,
        now: Now,
        step: Step,
        body: &[u8],
    ) -> Result<bool, FrameError> {
        let cursor = match step {
            Step::Orders | Step::Ended => {
                let answer = rest::orders(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let reported_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    match self.order_item(now, item, reported_ns) {
                        // One that cannot be read is there.
                        Seen::Followed(handle) | Seen::Unreadable(Some(handle)) => {
                            self.calls.listed.push(handle);
                        }
                        Seen::Unreadable(None) | Seen::Other => {}
                    }
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
                let reported_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    // Of a leg that cannot be read, or read as which, none counts as flat.
                    let idx = item.position_idx.int("positionIdx").ok().flatten();
                    let idx = idx.and_then(|idx| usize::try_from(idx).ok());
                    let leg = (item.symbol.or_empty().to_owned(), idx);
                    if let (symbol, Some(idx)) = &leg {
                        self.positions.is_listed_again(symbol, *idx);
                    }
                    self.calls.legs.push(leg);
                    self.position_item(now, item, reported_ns);
                }
                answer.result.cursor
            }
            Step::Wallet => {
                let answer = rest::wallets(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let reported_ns = answer.time_ms.saturating_mul(1_000_000);
                for item in &answer.result.items {
                    self.wallet_item(now, item, reported_ns);
                    self.wallet_balances(now, item, reported_ns);
                }
                let coins = answer.result.items.iter().flat_map(|item| &item.coin);
                let coins: Vec<&str> = coins.map(|coin| coin.coin.or_empty()).collect();
                self.unread_coins_are_gone(&coins);
                if !answer.result.items.is_empty() {
                    self.unlisted_coins_are_gone(now, &coins);
                }
                None
            }
        };
        let progress = self.reconcile.answered(step, cursor);
        match (progress, step) {
            (Progress::More, _) => return Ok(true),
            (Progress::Cut, step) => {
                if matches!(step, Step::Orders | Step::Executions | Step::Ended) {
                    self.absence.cut();
                }
                self.report_cut(step);
            }
            (Progress::Done, Step::Positions) => {
                self.flatten_unlisted(now);
                self.positions.read.extend(self.calls.coins.iter().cloned());
                self.positions_read(now);
            }
            (Progress::Done, Step::Wallet) if self.settings.category == "spot" => {
                self.positions.read.insert(String::new());
                self.positions_read(now);
            }
            (Progress::Done, _) => {}
        }
        if step == Step::Orders {
            self.query_unlisted(now);
        }
        if self.reconcile.is_idle() {
            self.audit_at = now.mono_ns + self.audit_every();
            self.key.accepted();
            self.absence.end(self.frame_errors);
            self.end_gathering(now);
        }
        Ok(true)
    }

    /// How long until all of it is read again.
    fn audit_every(&self) -> u64 {
        match self.orders.has_open() {
            true => AUDIT_OPEN_NS,
            false => AUDIT_NS,
        }
    }

    /// Orders that were open here and are not among the venue's open ones have ended without a report,
    /// or never arrived.
    fn query_unlisted(&mut self, now: Now) {
        for handle in std::mem::take(&mut self.calls.expected) {
            if !self.calls.listed.contains(&handle) {
                self.orders.unconfirmed(now.mono_ns, handle);
            }
        }
    }

    /// When the list of positions, or the wallet, was asked for, by the venue's clock, Unix nanoseconds.
    pub(super) fn asked_ns(&self, now: Now) -> i64 {
        let sent = self.calls.holdings_from.unwrap_or(now);
        self.clock.server_ms(sent).saturating_mul(1_000_000)
    }
}
