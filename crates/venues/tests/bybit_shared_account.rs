//! One account and two connectors with one prefix: what proves that the other lasts, and what this one
//! does then. The claim of the machine is scripted.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::bybit_script::{Answer, START_MS, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::core::{BybitCore, CoreSettings, RestFailure};
use hbl_venues::bybit::options::OnConnect;
use hbl_venues::bybit::orders::link_id::{LinkIds, Origin};
use hbl_venues::kit::account_claim::AccountClaim;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{MarketData as _, Recovered, Venue as _, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

const REALTIME: &str = "/v5/order/realtime";
const WHOSE: &str = "/v5/user/query-api";

/// What the machine knows.
#[derive(Default)]
struct Machine {
    over: BTreeSet<u32>,
    taken: bool,
    claimed: Vec<String>,
    noted: Vec<u32>,
    unwritable: bool,
}

#[derive(Clone, Default)]
struct Claim(Arc<Mutex<Machine>>);

impl AccountClaim for Claim {
    fn claim(&mut self, account: &str) -> bool {
        let mut machine = self.0.lock().unwrap();
        machine.claimed.push(account.to_owned());
        !machine.taken
    }

    fn is_over(&self, run: u32) -> bool {
        self.0.lock().unwrap().over.contains(&run)
    }

    fn newest(&self) -> Option<u32> {
        self.0.lock().unwrap().over.last().copied()
    }

    fn note(&mut self, run: u32) -> Result<(), String> {
        let mut machine = self.0.lock().unwrap();
        machine.noted.push(run);
        match machine.unwritable {
            true => Err("no room".to_owned()),
            false => Ok(()),
        }
    }
}

/// A core with a claim, not started.
fn script(settings: CoreSettings, over: &[u32]) -> (Script, Claim) {
    let claim = Claim::default();
    claim.0.lock().unwrap().over = over.iter().copied().collect();
    let mut venue = Script::new(settings.clone());
    let core = BybitCore::new(venue.now(), settings).unwrap();
    venue.core = core.with_claim(Box::new(claim.clone()));
    (venue, claim)
}

fn owner(venue: &mut Script) {
    venue.will_answer(
        WHOSE,
        &json!({ "userID": 4711, "apiKey": "key", "readOnly": 0 }),
    );
}

fn on(on_connect: OnConnect) -> CoreSettings {
    CoreSettings {
        on_connect,
        ..settings()
    }
}

fn codes_of(venue: &Script) -> Vec<i64> {
    venue.notices().iter().map(|notice| notice.code).collect()
}

fn recovered(venue: &Script) -> Vec<Recovered> {
    let events = venue.events.iter().filter_map(|event| match event {
        VenueEvent::Recovered(order) => Some((**order).clone()),
        _ => None,
    });
    events.collect()
}

/// An open order that a run has made, so long after this one's start.
fn made(venue: &Script, run: u32, order_id: u64, after_ms: i64) -> (String, Value) {
    let mut ids = LinkIds::new("t", run).unwrap();
    for _ in 0..4 {
        ids.next(8, 1);
    }
    let link = ids.next(8, order_id);
    let order = limit(9, Side::Buy, 200, 1.0);
    let mut item = venue.order_json(&link, &format!("v{run}-{order_id}"), &order, "New", 0.0);
    item["createdTime"] = (START_MS as i64 + after_ms).to_string().into();
    (link, item)
}

#[test]
fn the_account_is_claimed_before_anything_of_it_is_read() {
    let (mut venue, claim) = script(settings(), &[]);
    venue.held.insert(WHOSE);
    venue.pass(3000);
    assert!(venue.called(REALTIME).is_empty());
    assert!(!venue.core.is_ready());
    let waits = venue.core.pending_reason(SYMBOL).unwrap();
    assert!(waits.contains("which account"), "{waits}");
    let call = venue.called(WHOSE).pop().unwrap();
    assert!(call.signed && call.query.is_empty());
    owner(&mut venue);
    venue.answer_call(&call);
    venue.start(0.5, 0.1);
    assert!(venue.core.is_ready(), "{:?}", venue.events);
    assert_eq!(claim.0.lock().unwrap().claimed, ["4711"]);
    assert_eq!(
        claim.0.lock().unwrap().noted,
        [1000],
        "before the first order"
    );
    assert_eq!(venue.called(WHOSE).len(), 1);
}

#[test]
fn a_core_that_waits_for_the_account_does_not_spin() {
    let (mut venue, _claim) = script(settings(), &[]);
    venue.held.insert(WHOSE);
    venue.pass(3000);
    let due = venue.core.next_due_ns().unwrap();
    assert!(due > venue.now().mono_ns, "{due}");
}

#[test]
fn an_account_that_another_connector_of_the_machine_has_is_market_data_only_until_it_is_free() {
    let (mut venue, claim) = script(on(OnConnect::CancelOurs), &[900]);
    let (_, item) = made(&venue, 900, 55, -60_000);
    venue.will_list(REALTIME, &[&item], 9);
    claim.0.lock().unwrap().taken = true;
    owner(&mut venue);
    venue.start(0.5, 0.1);
    assert!(codes_of(&venue).contains(&codes::ACCOUNT_SHARED));
    assert!(venue.called(REALTIME).is_empty(), "it is not read");
    assert!(!venue.book_now().is_empty(), "market data goes on");
    let unknown = venue.core.orders_unknown().unwrap();
    assert!(unknown.contains("3225"), "{unknown}");
    let order = limit(1, Side::Buy, 200, 1.0);
    assert!(venue.submit(&order).is_none());
    let reject = venue.reports(1).pop().unwrap().reject.unwrap();
    assert_eq!(reject.code, codes::ACCOUNT_SHARED);
    assert!(venue.sent_ops("order.cancel").is_empty());
    // Tried again after two minutes, first in vain.
    owner(&mut venue);
    owner(&mut venue);
    venue.pass(125_000);
    assert!(!venue.core.is_ready());
    claim.0.lock().unwrap().taken = false;
    venue.pass(125_000);
    assert!(venue.core.is_ready(), "{:?}", venue.notices());
    assert_eq!(recovered(&venue).len(), 1);
}

#[test]
fn a_venue_that_does_not_say_whose_key_it_is_is_traded_by_the_key_alone() {
    let body = json!({ "retCode": 10_016, "retMsg": "busy", "result": {}, "time": START_MS });
    let nameless = json!({ "retCode": 0, "retMsg": "", "result": {}, "time": START_MS });
    for answer in [
        Answer::Body(body.to_string()),
        Answer::Body(nameless.to_string()),
        Answer::Body("<html>".to_owned()),
        Answer::Fails(RestFailure::Http(404)),
    ] {
        let (mut venue, claim) = script(settings(), &[]);
        for _ in 0..3 {
            venue.will(WHOSE, answer.clone());
        }
        venue.pass(1500);
        assert!(!venue.core.is_ready(), "{answer:?}: asked again first");
        venue.start(0.5, 0.1);
        venue.pass(2000);
        assert!(venue.core.is_ready(), "{answer:?}: {:?}", venue.events);
        assert_eq!(venue.called(WHOSE).len(), 3);
        assert!(claim.0.lock().unwrap().claimed.is_empty());
    }
}

#[test]
fn an_order_that_only_another_live_connector_can_have_made_stops_new_orders_and_changes() {
    // A later run; the same second and a number that was not used here; an earlier run that is not
    // known to be over, after anything of one that was could arrive.
    for (run, after_ms) in [(2000, 0), (1000, 0), (900, 120_000), (900, 16_000)] {
        let (mut venue, _claim) = script(settings(), &[]);
        owner(&mut venue);
        let (theirs, before) = made(&venue, run.min(901), 54, -60_000);
        if run == 900 {
            venue.will_list(REALTIME, &[&before], 1);
        }
        venue.start(0.5, 0.1);
        let own = limit(1, Side::Buy, 200, 1.0);
        let (link, id) = venue.live(&own);
        let open = venue.order_json(&link, &id, &own, "New", 0.0);
        let listed: &[&Value] = if run == 900 {
            &[&open, &before]
        } else {
            &[&open]
        };
        venue.will_list(REALTIME, listed, 1000);
        venue.pass(u64::try_from(after_ms).unwrap());
        let (_, item) = made(&venue, run, 66, after_ms + 10);
        venue.private("order", json!([item]));
        let notices = venue.notices();
        let shared = notices.iter().find(|n| n.code == codes::PREFIX_SHARED);
        let text = &shared.unwrap_or_else(|| panic!("{run}: {notices:?}")).text;
        assert!(text.contains("no new order"), "{text}");

        assert!(
            venue.submit(&limit(2, Side::Buy, 200, 1.0)).is_none(),
            "{run}"
        );
        let last = venue.reports(2).pop().unwrap();
        assert_eq!(last.status, Status::Rejected);
        assert_eq!(last.reject.unwrap().code, codes::ACCOUNT_SHARED);
        assert!(venue.amend(1, 199, 1.0).is_none(), "{run}");
        assert_eq!(venue.rejects(1)[0].code, codes::ACCOUNT_SHARED);
        // What is its own can be cancelled, and what is the other's cannot.
        let frame = venue.cancel(1).unwrap();
        assert_eq!(frame["args"][0]["orderLinkId"], link);
        venue.answer_request(&frame, 0, &json!({ "orderId": id, "orderLinkId": link }));
        if run == 900 {
            let adopted = recovered(&venue);
            assert_eq!(adopted.len(), 1, "the one from before the proof: {theirs}");
            let handle = adopted[0].handle;
            assert!(venue.cancel(handle).is_none());
            assert_eq!(venue.rejects(handle)[0].code, codes::ACCOUNT_SHARED);
            let at = venue.now();
            venue.core.cancel_all(at, 0, &[handle]);
            venue.pass(1000);
            assert_eq!(venue.sent_ops("order.cancel").len(), 1);
        }
    }
}

#[test]
fn an_order_that_waits_for_the_quota_is_not_sent_once_another_connector_is_known() {
    let mut settings = settings();
    settings.order_wait_ms = 5000;
    let (mut venue, _claim) = script(settings, &[]);
    owner(&mut venue);
    venue.start(0.5, 0.1);
    for handle in 1..=11 {
        venue.submit(&limit(handle, Side::Buy, 200, 1.0));
    }
    let sent = venue.sent_ops("order.create").len();
    assert!(sent < 11, "{sent}");
    let (_, item) = made(&venue, 2000, 66, 2000);
    venue.private("order", json!([item]));
    venue.pass(3000);
    assert_eq!(venue.sent_ops("order.create").len(), sent);
    let reject = venue.reports(11).pop().unwrap().reject.unwrap();
    assert_eq!(reject.code, codes::ACCOUNT_SHARED);
}

#[test]
fn fills_changes_and_ends_of_orders_of_other_runs_prove_nothing() {
    let (mut venue, _claim) = script(settings(), &[]);
    owner(&mut venue);
    let (link, item) = made(&venue, 900, 55, -60_000);
    venue.will_list(REALTIME, &[&item], 100);
    venue.start(0.5, 0.1);
    venue.pass(60_000);
    let order = limit(9, Side::Buy, 198, 2.0);
    let mut changed = venue.order_json(&link, "v900-55", &order, "New", 0.0);
    changed["createdTime"] = item["createdTime"].clone();
    venue.private("order", json!([changed]));
    let fill = venue.fill_json("e1", &link, "v900-55", &order, 0.4, 1.6);
    venue.private("execution", json!([fill]));
    let foreign = LinkIds::new("t", 901).unwrap().next(8, 56);
    let fill = venue.fill_json("e2", &foreign, "v901", &order, 0.4, 1.6);
    venue.private("execution", json!([fill]));
    let mut end = venue.order_json(&link, "v900-55", &order, "Cancelled", 0.4);
    end["createdTime"] = item["createdTime"].clone();
    venue.private("order", json!([end]));
    assert!(!codes_of(&venue).contains(&codes::PREFIX_SHARED));
    assert!(venue.submit(&limit(2, Side::Buy, 200, 1.0)).is_some());
}

#[test]
fn what_a_run_of_this_machine_sent_before_it_died_is_no_other_connector() {
    // Also when its mark is later than this one's, as after a clock that was set back.
    for over in [900, 2000] {
        let (mut venue, claim) = script(settings(), &[over]);
        owner(&mut venue);
        venue.start(0.5, 0.1);
        venue.pass(30_000);
        let (_, item) = made(&venue, over, 55, 20_000);
        venue.private("order", json!([item]));
        assert!(!codes_of(&venue).contains(&codes::PREFIX_SHARED), "{over}");
        assert_eq!(recovered(&venue).len(), 1, "{over}");
        assert!(venue.core.epoch() > over, "ids of this run are later");
        assert_eq!(claim.0.lock().unwrap().noted, [venue.core.epoch()]);
    }
    // One that is not known to be over may have died just before this one began.
    let (mut venue, _claim) = script(settings(), &[]);
    owner(&mut venue);
    venue.start(0.5, 0.1);
    let (_, item) = made(&venue, 900, 55, 1000);
    venue.private("order", json!([item]));
    assert!(!codes_of(&venue).contains(&codes::PREFIX_SHARED));
    assert_eq!(recovered(&venue).len(), 1);
}

#[test]
fn cancel_ours_leaves_orders_of_runs_that_may_last_and_cancel_any_run_does_not() {
    for (on_connect, cancelled) in [
        (OnConnect::Adopt, &[][..]),
        (OnConnect::CancelOurs, &[900]),
        (OnConnect::CancelAnyRun, &[800, 900]),
    ] {
        let (mut venue, _claim) = script(on(on_connect), &[900]);
        owner(&mut venue);
        let (_, known) = made(&venue, 900, 55, -60_000);
        let (link, unknown) = made(&venue, 800, 56, -60_000);
        venue.will_list(REALTIME, &[&known, &unknown], 1000);
        venue.start(0.5, 0.1);
        venue.pass(1000);
        assert_eq!(recovered(&venue).len(), 2, "both are followed");
        let ids = LinkIds::new("t", 1).unwrap();
        let mut runs = BTreeSet::new();
        let ops = [
            venue.sent_ops("order.cancel"),
            venue.sent_ops("order.cancel-batch"),
        ];
        for frame in ops.into_iter().flatten() {
            let args = &frame["args"][0];
            let list = args["request"].as_array().cloned();
            for item in list.unwrap_or_else(|| vec![args.clone()]) {
                let link = item["orderLinkId"].as_str().unwrap();
                if let Origin::OtherEpoch(id) = ids.decode(link) {
                    runs.insert(id.epoch);
                }
            }
        }
        assert_eq!(runs, cancelled.iter().copied().collect(), "{on_connect:?}");
        let unknown = on_connect == OnConnect::CancelOurs;
        let reported = venue.notices();
        let reported = reported.iter().find(|n| n.code == codes::RUN_UNKNOWN);
        assert_eq!(reported.is_some(), unknown, "{on_connect:?}");
        if let Some(notice) = reported {
            assert!(notice.text.contains("order 56") && notice.text.contains("cancel-any-run"));
        }
        // Its owner can still cancel it.
        let handle = recovered(&venue)
            .iter()
            .find(|r| r.order_id == 56)
            .unwrap()
            .handle;
        if cancelled.len() < 2 {
            let frame = venue.cancel(handle).unwrap();
            assert_eq!(frame["args"][0]["orderLinkId"], link);
        }
    }
}

#[test]
fn cancel_any_run_ends_as_soon_as_a_run_shows_that_it_lasts() {
    let (mut venue, _claim) = script(on(OnConnect::CancelAnyRun), &[]);
    owner(&mut venue);
    let (_, item) = made(&venue, 800, 56, -60_000);
    venue.will_list(REALTIME, &[&item], 1000);
    venue.start(0.5, 0.1);
    venue.pass(500);
    assert_eq!(venue.sent_ops("order.cancel").len(), 1);
    let mut ids = LinkIds::new("t", 800).unwrap();
    ids.next(8, 1);
    let link = ids.next(8, 57);
    let order = limit(9, Side::Buy, 200, 1.0);
    let mut new = venue.order_json(&link, "v57", &order, "New", 0.0);
    venue.pass(20_000);
    let before = venue.sent_ops("order.cancel").len();
    new["createdTime"] = (START_MS + venue.ms).to_string().into();
    venue.private("order", json!([new]));
    venue.pass(30_000);
    assert_eq!(venue.sent_ops("order.cancel").len(), before);
    assert!(before > 1, "repeated until then");
}

#[test]
fn a_mark_that_cannot_be_written_down_is_reported_once() {
    let (mut venue, claim) = script(settings(), &[]);
    claim.0.lock().unwrap().unwritable = true;
    owner(&mut venue);
    venue.start(0.5, 0.1);
    let notices = venue.notices();
    let reported: Vec<_> = notices
        .iter()
        .filter(|notice| notice.code == codes::RUN_UNRECORDED)
        .collect();
    assert_eq!(reported.len(), 1);
    assert!(reported[0].text.contains("no room"), "{}", reported[0].text);
    venue.live(&limit(1, Side::Buy, 200, 1.0));
    assert_eq!(claim.0.lock().unwrap().noted.len(), 1);
}
