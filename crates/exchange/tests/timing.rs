//! Times of events and of their delivery, and what faults change in them.

mod support;

use hbl_exchange::{
    EventBody, Exchange, ExchangeConfig, ExchangeEvent, Faults, FlowConfig, Latency, OrderStatus,
    Reject, Side,
};
use support::{A, B, cancel, gtc, orders, plain};

const LATENCY: Latency = Latency {
    entry_ns: 100,
    entry_jitter_ns: 0,
    response_ns: 30,
    response_jitter_ns: 0,
    feed_ns: 7,
    feed_jitter_ns: 0,
};

fn exchange(config: ExchangeConfig) -> Exchange {
    let mut ex = Exchange::new(config, 0).expect("valid");
    ex.add_instrument(plain(), None).expect("new");
    ex
}

fn advance(ex: &mut Exchange, to_ns: i64) -> Vec<ExchangeEvent> {
    let mut out = Vec::new();
    ex.advance(to_ns, &mut out);
    out
}

#[test]
fn a_request_a_response_and_the_feed_take_their_latency() {
    let mut ex = exchange(ExchangeConfig {
        latency: LATENCY,
        ..ExchangeConfig::default()
    });
    assert_eq!(ex.next_due_ns(), None);
    assert_eq!(ex.submit(1000, gtc(A, 1, Side::Buy, 10.0, 1.0)), 1100);
    assert_eq!(ex.next_due_ns(), Some(1100));
    assert_eq!(advance(&mut ex, 1099), []);
    assert!(ex.open_order(A, 1).is_none());
    assert_eq!(advance(&mut ex, 1106), []);
    assert!(ex.open_order(A, 1).is_some());
    let feed = advance(&mut ex, 1107);
    assert!(matches!(
        feed[..],
        [ExchangeEvent {
            exch_ts_ns: 1100,
            deliver_ts_ns: 1107,
            ..
        }]
    ));
    assert_eq!(ex.next_due_ns(), Some(1130));
    let response = advance(&mut ex, 1130);
    assert!(matches!(
        response[..],
        [ExchangeEvent {
            exch_ts_ns: 1100,
            deliver_ts_ns: 1130,
            body: EventBody::Order(_)
        }]
    ));
    assert_eq!(ex.next_due_ns(), None);
}

#[test]
fn requests_that_arrive_together_are_handled_in_the_order_they_were_sent() {
    let mut ex = exchange(ExchangeConfig {
        latency: LATENCY,
        ..ExchangeConfig::default()
    });
    ex.submit(5, gtc(B, 1, Side::Buy, 10.0, 1.0));
    ex.submit(5, gtc(A, 1, Side::Buy, 10.0, 1.0));
    ex.submit(5, gtc(A, 2, Side::Sell, 10.0, 1.0));
    let events = advance(&mut ex, 1000);
    let maker = orders(&events).iter().find(|o| o.maker).map(|o| o.account);
    assert_eq!(maker, Some(B));
}

#[test]
fn with_jitter_requests_and_responses_of_an_account_keep_their_order() {
    let latency = Latency {
        entry_jitter_ns: 1000,
        response_jitter_ns: 1000,
        ..LATENCY
    };
    let mut ex = exchange(ExchangeConfig {
        latency,
        ..ExchangeConfig::default()
    });
    let mut arrivals = Vec::new();
    for id in 0..50 {
        arrivals.push(ex.submit(id as i64, gtc(A, id, Side::Buy, 10.0, 1.0)));
    }
    assert!(arrivals.is_sorted());
    assert!(arrivals.iter().any(|&ns| ns > 500));
    let ids: Vec<u64> = orders(&advance(&mut ex, 10_000))
        .iter()
        .map(|o| o.client_id)
        .collect();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_request_from_the_past_counts_as_sent_now() {
    let mut ex = exchange(ExchangeConfig {
        latency: LATENCY,
        ..ExchangeConfig::default()
    });
    advance(&mut ex, 5000);
    assert_eq!(ex.submit(10, gtc(A, 1, Side::Buy, 10.0, 1.0)), 5100);
    advance(&mut ex, 20);
    assert_eq!(ex.now_ns(), 5000);
}

#[test]
fn market_data_is_delivered_in_its_order_under_jitter() {
    let latency = Latency {
        feed_jitter_ns: 50_000_000,
        ..LATENCY
    };
    let config = ExchangeConfig {
        latency,
        ..ExchangeConfig::default()
    };
    let mut ex = Exchange::new(config, 0).expect("valid");
    let flow = FlowConfig {
        initial_px: 1e6,
        ..FlowConfig::default()
    };
    ex.add_instrument(plain(), Some(flow)).expect("valid");
    let events = advance(&mut ex, 3_000_000_000);
    assert!(events.len() > 2000);
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].exch_ts_ns <= pair[1].exch_ts_ns)
    );
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].deliver_ts_ns <= pair[1].deliver_ts_ns)
    );
}

fn faulty(faults: Faults) -> Exchange {
    exchange(ExchangeConfig {
        latency: LATENCY,
        faults,
        ..ExchangeConfig::default()
    })
}

#[test]
fn an_injected_rejection_refuses_orders_and_cancellations() {
    let mut ex = faulty(Faults {
        reject: 1.0,
        ..Faults::default()
    });
    ex.submit(0, gtc(A, 1, Side::Buy, 10.0, 1.0));
    ex.submit(0, cancel(A, 1));
    let events = advance(&mut ex, 1000);
    assert_eq!(orders(&events)[0].reason, Some(Reject::SystemBusy));
    let busy = |e: &ExchangeEvent| matches!(e.body, EventBody::CancelReject(r) if r.reason == Reject::SystemBusy);
    assert!(events.iter().any(busy));
    assert_eq!(ex.open_orders(A).count(), 0);
}

#[test]
fn a_lost_response_leaves_the_order_open_at_the_exchange() {
    let mut ex = faulty(Faults {
        lose: 1.0,
        ..Faults::default()
    });
    ex.submit(0, gtc(A, 1, Side::Buy, 10.0, 1.0));
    assert_eq!(orders(&advance(&mut ex, 1000)), []);
    assert_eq!(ex.open_orders(A).count(), 1);
}

#[test]
fn a_duplicate_is_the_same_event_twice_and_a_delay_is_added() {
    let mut ex = faulty(Faults {
        duplicate: 1.0,
        ..Faults::default()
    });
    ex.submit(0, gtc(A, 1, Side::Buy, 10.0, 1.0));
    let events = advance(&mut ex, 1000);
    let twice: Vec<_> = events
        .iter()
        .filter(|e| matches!(e.body, EventBody::Order(_)))
        .collect();
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0], twice[1]);

    let mut ex = faulty(Faults {
        delay: 1.0,
        delay_ns: 400,
        ..Faults::default()
    });
    ex.submit(0, gtc(A, 1, Side::Buy, 10.0, 1.0));
    assert_eq!(orders(&advance(&mut ex, 529)), []);
    assert_eq!(orders(&advance(&mut ex, 530))[0].status, OrderStatus::New);
}

#[test]
fn delayed_responses_are_overtaken_by_those_that_are_not_delayed() {
    let mut ex = faulty(Faults {
        delay: 0.5,
        delay_ns: 10_000,
        ..Faults::default()
    });
    for id in 0..40 {
        ex.submit(id as i64 * 10, gtc(A, id, Side::Buy, 10.0, 1.0));
    }
    let ids: Vec<u64> = orders(&advance(&mut ex, 100_000))
        .iter()
        .map(|o| o.client_id)
        .collect();
    assert_eq!(ids.len(), 40);
    assert!(!ids.is_sorted());
}
