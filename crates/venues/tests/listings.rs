//! Symbols that a venue does not list, or lists only after the connector has started, and the notices
//! before the list was read.

use crate::bybit_script::{Answer, SYMBOL, Script, limit, settings};
use hbl_venues::binance::{BinanceCore, CoreSettings};
use hbl_venues::bybit::core::Socket;
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes::SYMBOL_UNKNOWN;
use hbl_venues::kit::net::{HttpAnswer, NetAction, Protocol as _};
use hbl_venues::kit::venue::{MarketData as _, Reject, VenueEvent};
use hftbacktest::types::Side;
use serde_json::{Value, json};

const INSTRUMENTS: &str = "/v5/market/instruments-info";

/// Binance, which has BTCUSDT; its instruments were read a second ago.
struct Binance {
    core: BinanceCore,
    now: Now,
}

impl Binance {
    fn started() -> Self {
        let core = BinanceCore::new(CoreSettings::default());
        let now = Now::default();
        let mut binance = Self { core, now };
        assert_eq!(binance.reads(&["BTCUSDT"]), 1);
        binance.now.mono_ns += 1_000_000_000;
        assert_eq!(binance.reads(&["BTCUSDT"]), 0);
        binance
    }

    fn register(&mut self, symbol: &str) -> Result<u32, Reject> {
        self.core.register(self.now, symbol, 0.1, 0.001)
    }

    /// How often the instruments are asked for now; the answer lists these.
    fn reads(&mut self, symbols: &[&str]) -> usize {
        let items = symbols.iter().map(|symbol| {
            json!({"symbol": symbol, "status": "TRADING", "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
                {"filterType": "LOT_SIZE", "minQty": "0.001", "stepSize": "0.001"},
            ]})
        });
        let body = json!({ "symbols": items.collect::<Vec<_>>() }).to_string();
        let (mut events, mut actions) = (Vec::new(), Vec::new());
        self.core.poll(self.now, &mut events);
        self.core.take_actions(&mut actions);
        let mut count = 0;
        for action in actions {
            if let NetAction::Rest(call) = action
                && call.url.contains("exchangeInfo")
            {
                let headers = http::HeaderMap::new();
                let answer = HttpAnswer::new(200, &headers, body.as_bytes());
                self.core.on_rest(self.now, call.id, Ok(answer));
                count += 1;
            }
        }
        count
    }
}

#[test]
fn binance_is_asked_for_a_symbol_listed_after_the_start_when_a_bot_wants_it() {
    let mut binance = Binance::started();
    let refused = binance.register("NEWUSDT").unwrap_err();
    assert_eq!(refused.code, SYMBOL_UNKNOWN);
    assert!(
        binance.core.pending_reason("NEWUSDT").is_some(),
        "the reject waits for the venue's answer"
    );
    assert_eq!(
        binance.core.pending_reason("BTCUSDT"),
        None,
        "others do not wait"
    );
    assert_eq!(binance.reads(&["BTCUSDT", "NEWUSDT"]), 1);
    assert_eq!(binance.core.pending_reason("NEWUSDT"), None);
    assert_eq!(binance.register("NEWUSDT"), Ok(0));
}

#[test]
fn binance_is_asked_for_what_is_not_listed_every_few_seconds_at_most() {
    let mut binance = Binance::started();
    let mut asked = Vec::new();
    for ms in (0..12_000_u64).step_by(100) {
        for symbol in ["NOSUCH", "NOR-THIS"] {
            let refused = binance.register(symbol).unwrap_err();
            assert_eq!(refused.code, SYMBOL_UNKNOWN, "{}", refused.text);
        }
        if binance.reads(&["BTCUSDT"]) > 0 {
            asked.push(ms);
        }
        for symbol in ["NOSUCH", "NOR-THIS"] {
            assert_eq!(binance.core.pending_reason(symbol), None);
        }
        binance.now.mono_ns += 100_000_000;
    }
    assert_eq!(asked, [0, 5_000, 10_000]);
}

#[test]
fn binance_is_not_asked_for_one_symbol_after_the_other_at_once() {
    let mut binance = Binance::started();
    assert!(binance.register("NOSUCH").is_err());
    assert_eq!(binance.reads(&["BTCUSDT"]), 1);
    assert!(binance.register("NEWUSDT").is_err());
    assert_eq!(binance.reads(&["BTCUSDT"]), 0);
    assert!(
        binance.core.pending_reason("NEWUSDT").is_some(),
        "it still waits"
    );
    binance.now.mono_ns += 1_000_000_000;
    assert_eq!(binance.reads(&["BTCUSDT", "NEWUSDT"]), 1);
    assert_eq!(binance.register("NEWUSDT"), Ok(0));
}

fn listed(symbol: &str) -> Value {
    json!({
        "symbol": symbol, "status": "Trading", "baseCoin": "X", "settleCoin": "USDT",
        "priceFilter": { "tickSize": "0.5" }, "lotSizeFilter": { "qtyStep": "0.1" },
    })
}

#[test]
fn bybit_is_asked_for_a_symbol_listed_after_the_start_when_a_bot_wants_it() {
    let mut venue = Script::ready();
    venue.held.insert(INSTRUMENTS);
    let at = venue.now();
    let refused = venue.core.register(at, "NEWUSDT", 0.5, 0.1).unwrap_err();
    assert_eq!(refused.code, SYMBOL_UNKNOWN, "{}", refused.text);
    assert!(
        venue.core.pending_reason("NEWUSDT").is_some(),
        "the reject waits for the venue's answer"
    );
    assert_eq!(
        venue.core.pending_reason(SYMBOL),
        None,
        "others do not wait"
    );
    venue.pump();
    let calls = venue.called(INSTRUMENTS);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].query, "category=linear&symbol=NEWUSDT");
    venue.will_answer(INSTRUMENTS, &json!({ "list": [listed("NEWUSDT")] }));
    venue.answer_call(&calls[0]);
    assert_eq!(venue.core.pending_reason("NEWUSDT"), None);
    let at = venue.now();
    assert_eq!(venue.core.register(at, "NEWUSDT", 0.5, 0.1), Ok(1));
}

#[test]
fn bybit_is_asked_for_what_is_not_listed_every_few_seconds_at_most() {
    let mut venue = Script::ready();
    venue.held.insert(INSTRUMENTS);
    let from = venue.ms;
    let mut asked = Vec::new();
    while venue.ms < from + 12_000 {
        let at = venue.now();
        let refused = venue.core.register(at, "NO SUCH&", 0.5, 0.1).unwrap_err();
        assert_eq!(refused.code, SYMBOL_UNKNOWN);
        venue.calls.clear();
        venue.pump();
        for call in venue.called(INSTRUMENTS) {
            assert_eq!(call.query, "category=linear&symbol=NO%20SUCH%26");
            asked.push(venue.ms - from);
            // Both ways in which the venue says that there is none.
            let answer = match asked.len() {
                1 => venue.body(10_001, &json!({})),
                _ => venue.body(0, &json!({ "list": [] })),
            };
            venue.will(INSTRUMENTS, Answer::Body(answer));
            venue.answer_call(&call);
        }
        assert_eq!(venue.core.pending_reason("NO SUCH&"), None);
        venue.pass(100);
    }
    assert_eq!(asked, [0, 5_000, 10_000]);
}

#[test]
fn a_symbol_that_bybit_does_not_have_is_refused_with_the_listed_one_that_is_near() {
    let mut venue = Script::ready();
    let at = venue.now();
    for wrong in ["xusdt", "X-USDT", "XUSD", "XUSTD"] {
        let refused = venue.core.register(at, wrong, 0.5, 0.1).unwrap_err();
        assert_eq!(
            refused.text,
            format!("{wrong} is no linear instrument; did you mean XUSDT?")
        );
    }
    let refused = venue.core.register(at, "NOSUCH", 0.5, 0.1).unwrap_err();
    assert_eq!(refused.text, "NOSUCH is no linear instrument");
}

#[test]
fn reports_of_bybit_before_the_list_was_read_are_no_fault_and_are_read_with_the_account() {
    let mut venue = Script::new(settings());
    venue.held.insert(INSTRUMENTS);
    venue.pass(500);
    let mut ids = LinkIds::new("t", 900).unwrap();
    let link = ids.next(7, 55);
    let order = limit(1, Side::Buy, 200, 1.0);
    let filled = venue.fill_json("e1", &link, "v9", &order, 0.4, 0.6);
    venue.private("execution", json!([filled]));
    let report = venue.order_json(&link, "v9", &order, "PartiallyFilled", 0.4);
    venue.private("order", json!([report]));
    assert_eq!(venue.core.frame_errors(), 0);
    assert!(venue.notices().is_empty(), "{:?}", venue.notices());

    venue.will_answer("/v5/order/realtime", &json!({ "list": [report] }));
    venue.will_answer("/v5/execution/list", &json!({ "list": [filled] }));
    venue.held.clear();
    for call in venue.called(INSTRUMENTS) {
        venue.answer_call(&call);
    }
    venue.pass(1_000);
    let recovered = venue.events.iter().find_map(|event| match event {
        VenueEvent::Recovered(recovered) => Some(recovered),
        _ => None,
    });
    let recovered = recovered.unwrap();
    assert_eq!((recovered.order_id, recovered.leaves_qty), (55, 0.6));
    assert_eq!(recovered.fills.len(), 1);
    assert_eq!(venue.core.frame_errors(), 0);
    // From now on it is one.
    let mut odd = report.clone();
    odd["qty"] = "one".into();
    venue.private("order", json!([odd]));
    assert_eq!(venue.core.frame_errors(), 1);
}

#[test]
fn a_registration_waits_for_order_entry_so_that_the_first_order_can_be_sent() {
    let mut venue = Script::new(settings());
    venue.shut.insert(Socket::Trade);
    venue.pass(3_000);
    let reason = venue.core.pending_reason(SYMBOL).unwrap();
    assert!(reason.contains("trade connection"), "{reason}");
    let (at, conn) = (venue.now(), venue.conns[&Socket::Trade]);
    venue.core.on_opened(at, Socket::Trade, conn);
    venue.pump();
    assert_eq!(venue.core.pending_reason(SYMBOL), None);
    assert!(venue.core.is_ready());
}

#[test]
fn without_order_entry_a_registration_does_not_wait_for_ever() {
    let mut venue = Script::new(settings());
    venue.shut.insert(Socket::Trade);
    venue.pass(9_000);
    assert!(venue.core.pending_reason(SYMBOL).is_some());
    venue.pass(2_000);
    assert_eq!(venue.core.pending_reason(SYMBOL), None);
    let mut without = settings();
    without.credentials = None;
    let mut venue = Script::new(without);
    venue.pass(200);
    assert_eq!(venue.core.pending_reason(SYMBOL), None, "market data only");
}
