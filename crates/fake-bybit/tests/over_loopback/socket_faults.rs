//! Faults of sockets: ends, refused connections, lost and delayed frames, cuts.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    BOOK, Client, Odd, QUIET_MS, control, faults, get, now_ms, private, public, trade, try_get,
    venue, xrp,
};

#[test]
fn every_kind_of_end_ends_only_the_named_socket() {
    let venue = venue();
    let mut feed = private(&venue);
    for end in ["reset", "drop", "close", "midFrame"] {
        let mut client = public(&venue);
        let cut = control(
            &venue,
            json!({"cmd": "cut", "socket": "public", "end": end}),
        );
        assert_eq!(cut["connections"], 1);
        let odd = loop {
            match client.next_within(10_000) {
                Ok(_) => {}
                Err(odd) => break odd,
            }
        };
        match (end, odd) {
            ("close", Odd::Closed) | ("reset" | "drop" | "midFrame", Odd::Error(_)) => {}
            (end, odd) => panic!("{end}: {odd:?}"),
        }
    }
    feed.send(json!({"op": "ping"}));
    feed.op("pong");
    let mut client = public(&venue);
    control(
        &venue,
        json!({"cmd": "cut", "socket": "public", "end": "halfClose"}),
    );
    assert!(client.ends());
    let open = control(&venue, json!({"cmd": "connections"}));
    assert!(
        open.as_array()
            .unwrap()
            .iter()
            .any(|c| c["socket"] == "public"),
        "it still reads: {open}"
    );
}

#[test]
fn connects_are_refused_for_a_time_or_with_an_http_status() {
    let venue = venue();
    let url = &venue.urls().private;
    faults(&venue, "private", json!({"refuseMs": 400}));
    let start = Instant::now();
    assert!(Client::try_connect(url).is_err());
    assert!(
        Client::try_connect(&venue.urls().trade).is_ok(),
        "only the private one"
    );
    while Client::try_connect(url).is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "refused for ever"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(start.elapsed().as_millis() >= 350);
    faults(
        &venue,
        "private",
        json!({"refuseMs": 0, "httpStatus": 403, "httpCount": 2}),
    );
    for _ in 0..2 {
        let error = Client::try_connect(url).err().unwrap();
        assert!(error.to_string().contains("403"), "{error}");
    }
    assert!(Client::try_connect(url).is_ok());
    faults(&venue, "private", json!({"refuse": true}));
    assert!(Client::try_connect(url).is_err());
    control(&venue, json!({"cmd": "clearFaults"}));
    assert!(Client::try_connect(url).is_ok());
    control(
        &venue,
        json!({"cmd": "set", "settings": {"connectRate": 1}}),
    );
    assert!(Client::try_connect(url).is_err(), "over the connect limit");
    assert!(venue.control().counter("connectsOverLimit") >= 1);
}

#[test]
fn a_stalled_socket_sends_nothing_and_then_everything_and_a_silent_one_only_pongs() {
    let venue = venue();
    let mut client = public(&venue);
    faults(&venue, "public", json!({"stall": true}));
    client.drain(QUIET_MS);
    client.send(json!({"op": "ping"}));
    assert!(client.collect(300).is_empty());
    faults(&venue, "public", json!({"stall": false}));
    let frames = client.collect(1_000);
    assert!(frames.iter().any(|f| f["op"] == "ping"));
    let us: Vec<u64> = frames
        .iter()
        .filter_map(|f| f["data"]["u"].as_u64())
        .collect();
    assert!(
        us.len() > 5 && us.windows(2).all(|w| w[1] == w[0] + 1),
        "{us:?}"
    );

    faults(&venue, "public", json!({"silent": true}));
    client.drain(QUIET_MS);
    client.send(json!({"op": "ping"}));
    let frames = client.collect(1_000);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["op"], "ping");
    faults(&venue, "public", json!({"silent": false, "noPong": true}));
    client.send(json!({"op": "ping"}));
    let frames = client.collect(1_000);
    assert!(frames.len() > 2 && frames.iter().all(|f| f["topic"] == BOOK));
    faults(&venue, "public", json!({"deaf": true, "noPong": false}));
    client.send(json!({"op": "unsubscribe", "args": [BOOK]}));
    assert!(client.collect(200).iter().all(|f| f["topic"] == BOOK));
}

#[test]
fn frames_are_dropped_repeated_reordered_and_delayed() {
    let venue = venue();
    let mut client = public(&venue);
    let us = |client: &mut Client| -> Vec<u64> {
        let frames = client.collect(500);
        frames
            .iter()
            .filter_map(|f| f["data"]["u"].as_u64())
            .collect()
    };
    faults(&venue, "public", json!({"drop": 0.5}));
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] > w[0] + 1), "{got:?}");
    faults(&venue, "public", json!({"drop": 0.0, "duplicate": 0.5}));
    client.drain(0);
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] == w[0]), "{got:?}");
    faults(&venue, "public", json!({"duplicate": 0.0, "reorder": 0.3}));
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] < w[0]), "{got:?}");
    faults(
        &venue,
        "public",
        json!({"reorder": 0.0, "delayMs": 250, "jitterMs": 50}),
    );
    client.collect(400);
    let frame = client.topic(BOOK);
    assert!(now_ms() - frame["ts"].as_i64().unwrap() >= 249);
    let got = us(&mut client);
    assert!(
        got.windows(2).all(|w| w[1] == w[0] + 1),
        "delayed frames keep their order: {got:?}"
    );
    faults(
        &venue,
        "public",
        json!({"delayMs": 0, "jitterMs": 0, "dropNext": 2}),
    );
    let got = us(&mut client);
    assert!(got.windows(2).filter(|w| w[1] > w[0] + 1).count() <= 1);
}

#[test]
fn a_login_can_be_refused_closed_or_left_without_an_answer() {
    let venue = venue();
    for url in [&venue.urls().private, &venue.urls().trade] {
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "refuse"}));
        }
        let mut client = Client::connect(url);
        let reply = client.login();
        assert!(
            reply["success"] == false || reply["retCode"] == 10003,
            "{reply}"
        );
        client.send(json!({"op": "ping"}));
        client.op("pong");
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "refuseAndClose"}));
        }
        let mut client = Client::connect(url);
        client.login();
        assert!(client.ends());
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "silent"}));
        }
        let mut client = Client::connect(url);
        client.send(json!({"op": "auth", "args": []}));
        assert!(client.collect(100).is_empty());
        control(&venue, json!({"cmd": "clearFaults"}));
    }
    faults(&venue, "rest", json!({"auth": "refuse"}));
    assert_eq!(
        get(
            &venue,
            "/v5/order/realtime",
            "category=linear&symbol=XRPUSDT"
        )["retCode"],
        10003
    );
}

#[test]
fn a_socket_can_be_cut_at_each_point_of_the_protocol() {
    let venue = venue();
    let cut = |socket: &str, point: &str| {
        control(
            &venue,
            json!({"cmd": "cutAt", "socket": socket, "point": point}),
        );
    };
    let url = &venue.urls().private;
    cut("private", "accept");
    assert!(Client::try_connect(url).is_err());
    cut("private", "open");
    assert!(Client::connect(url).ends());
    cut("private", "auth");
    let mut client = Client::connect(url);
    client.send(json!({"op": "auth", "args": []}));
    assert!(client.ends());
    cut("private", "authReply");
    let mut client = Client::connect(url);
    assert_eq!(client.login()["success"], true);
    assert!(client.ends());
    cut("private", "ping");
    let mut client = Client::connect(url);
    client.send(json!({"op": "ping"}));
    assert!(client.ends());
    for point in ["subscribe", "subscribeReply", "data"] {
        cut("public", point);
        let mut client = Client::connect(&venue.urls().public_linear);
        client.send(json!({"op": "subscribe", "args": [BOOK]}));
        if point != "subscribe" {
            assert_eq!(client.op("subscribe")["success"], true);
        }
        assert!(client.ends(), "{point}");
    }
    for (point, orders, answered) in [
        ("request", 0, false),
        ("reply", 1, false),
        ("replySent", 2, true),
    ] {
        let mut trading = trade(&venue);
        cut("trade", point);
        trading.order_only(point, "order.create", xrp("Buy", "10", "2.5", ""));
        if answered {
            assert_eq!(trading.wait(point, |f| f["reqId"] == point)["retCode"], 0);
        }
        assert!(trading.ends());
        let truth = control(&venue, json!({"cmd": "truth"}));
        assert_eq!(truth["orders"].as_array().unwrap().len(), orders, "{point}");
    }
    cut("rest", "request");
    assert!(try_get(&venue, "/v5/market/time", "").is_none());
    control(
        &venue,
        json!({"cmd": "cutAt", "socket": "rest", "point": "reply", "end": "midFrame"}),
    );
    assert!(
        try_get(&venue, "/v5/market/time", "").is_none(),
        "half an answer"
    );
    assert!(try_get(&venue, "/v5/market/time", "").is_some(), "once");
}

#[test]
fn hostile_frames_are_sent_as_they_are() {
    let venue = venue();
    let inject = |what: Value| {
        let mut command = what;
        command["cmd"] = "inject".into();
        command["socket"] = "private".into();
        assert_eq!(control(&venue, command)["connections"], 1);
    };
    let mut feed = private(&venue);
    inject(json!({"text": "{\"topic\":\"order\""}));
    assert!(matches!(feed.next_within(10_000), Err(Odd::NotJson(_))));
    inject(json!({"hex": "00ff", "binary": true}));
    assert!(matches!(feed.next_within(10_000), Err(Odd::Binary(b)) if b == [0, 255]));
    inject(json!({"size": 10_000_000}));
    assert!(feed.next_within(20_000).unwrap().as_str().unwrap().len() >= 10_000_000);
    inject(json!({"hex": "ff"}));
    assert!(
        matches!(feed.next_within(10_000), Err(Odd::Error(e)) if e.to_lowercase().contains("utf"))
    );
}

#[test]
fn idle_private_sockets_are_closed_and_live_ones_are_not() {
    let venue = venue();
    control(&venue, json!({"cmd": "set", "settings": {"idleMs": 1_500}}));
    let mut idle = Client::connect(&venue.urls().private);
    let mut live = Client::connect(&venue.urls().private);
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(400));
        live.send(json!({"op": "ping"}));
        live.op("pong");
    }
    assert!(idle.ends());
    live.send(json!({"op": "ping"}));
    live.op("pong");
}
