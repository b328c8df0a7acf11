//! Recordings as the field has them.

use super::*;

fn config(path: std::path::PathBuf) -> ReplayConfig {
    ReplayConfig {
        files: vec![path],
        speed: Speed::Times(1.0),
        ..ReplayConfig::default()
    }
}

fn resting(handle: u64, price_tick: i64) -> NewOrder {
    NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick,
        qty: 0.1,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    }
}

/// Trades of Bybit below a resting order, block trades or not: what becomes of the order.
fn after_trades(is_block: bool) -> Option<Status> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gz");
    let book = r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":3,"data":{"s":"BTCUSDT","b":[["60000.0","1"],["58000.0","1"]],"a":[["60000.1","1"]],"u":7,"seq":9}}"#;
    let trade = format!(
        r#"{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":4,"data":[{{"T":4,"s":"BTCUSDT","S":"Sell","v":"50","p":"58000.0","BT":{is_block}}}]}}"#
    );
    let at_ms = |ms: i64| START_NS + ms * 1_000_000;
    let lines = [(at_ms(0), book.to_owned()), (at_ms(50), trade)];
    synth::write_lines(&path, &lines).unwrap();
    let mut venue = ReplayVenue::new(config(path), at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    let mut events = run(&mut venue, 0, 10_000);
    venue.submit(at(10_000), 0, &resting(1, 590_000));
    events.extend(run(&mut venue, 10_000, 100_000));
    assert!(venue.is_finished());
    let mut reports = events.iter().filter_map(|event| match event {
        VenueEvent::Order(report) => Some(report.status),
        _ => None,
    });
    reports.next_back()
}

#[test]
fn a_block_trade_of_bybit_fills_nothing() {
    assert_eq!(after_trades(false), Some(Status::Filled));
    assert_eq!(after_trades(true), Some(Status::New));
}

#[test]
fn a_recording_with_quantities_finer_than_the_lot_plays_with_the_venues_lot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gz");
    let depth = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":42,"s":"BTCUSDT","U":10,"u":11,"b":[["60000.00","0.00000123"]],"a":[]}}"#;
    let rest = r#"{"lastUpdateId":9,"bids":[["60000.00","0.50000000"],["59999.99","0.00014000"]],"asks":[["60000.01","1.00000000"]]}"#;
    let dust = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":50,"s":"BTCUSDT","t":1,"p":"60000.00","q":"0.00000077","T":49,"m":true,"M":true}}"#;
    let lines: Vec<_> = [depth, rest, dust]
        .into_iter()
        .zip(0..)
        .map(|(json, n)| (START_NS + n, json.to_owned()))
        .collect();
    synth::write_lines(&path, &lines).unwrap();
    let mut venue = ReplayVenue::new(config(path), at(0)).unwrap();
    let too_coarse = venue.register(at(0), "BTCUSDT", 0.01, 10.0).unwrap_err();
    assert_eq!(too_coarse.code, codes::SIZE_MISMATCH);
    venue.register(at(0), "BTCUSDT", 0.01, 0.00001).unwrap();
    let events = run(&mut venue, 0, 10_000);
    let reported = events.iter().any(
        |event| matches!(event, VenueEvent::Notice(notice) if notice.code == codes::FINER_THAN_LOT),
    );
    assert!(reported);
    let quantities: Vec<f64> = feeds(&events).iter().map(|event| event.qty).collect();
    for shown in [0.00000123, 0.00014, 1.0, 0.00000077] {
        assert!(quantities.contains(&shown), "{shown} of {quantities:?}");
    }
}

#[test]
fn what_cannot_be_read_is_reported_when_it_is_met_and_counted_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gz");
    let mut lines = synth::usdm_lines("BTCUSDT", START_NS, STEPS);
    lines.insert(20, (START_NS, "{broken".to_owned()));
    lines.insert(30, (START_NS, "{broken".to_owned()));
    synth::write_lines(&path, &lines).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([7; 100]);
    std::fs::write(&path, bytes).unwrap();
    let config = ReplayConfig {
        speed: Speed::Max,
        ..config(path)
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    let events = run(&mut venue, 0, 100_000);
    let notices: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            VenueEvent::Notice(notice) => Some((notice.code, notice.text.as_str())),
            _ => None,
        })
        .collect();
    let codes: Vec<_> = notices.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        [codes::UNREADABLE, codes::UNREADABLE, codes::END_OF_DATA]
    );
    assert!(notices[1].1.contains("2 lines or rows and 100 bytes"));
    assert!(venue.unread().unwrap().contains("100 bytes"));
}
