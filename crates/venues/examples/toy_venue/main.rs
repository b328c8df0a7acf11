//! A whole venue: market data and orders over one WebSocket, instruments over REST. It is the example
//! of `docs/guide/adding-a-venue.md`. `main` plays the venue, so nothing is connected.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod market_data;
mod orders;

use hbl_venues::kit::clock::Now;
use hbl_venues::kit::net::{HttpAnswer, NetAction, NetSettings, NetVenue, Protocol as _};
use hbl_venues::kit::venue::{MarketData as _, NewOrder, Venue, VenueEvent};
use hbl_venues::paper::PaperVenue;
use hbl_venues::paper::config::PaperConfig;
use hftbacktest::types::{OrdType, Side, TimeInForce};

use market_data::{INSTRUMENTS, SOCKET, Toy};

/// Sockets and paper trading come with the two wrappers.
#[expect(
    dead_code,
    reason = "shows the wiring; the example connects to nothing"
)]
fn on_the_network(now: Now) -> Result<impl Venue, Box<dyn std::error::Error>> {
    let toy = Toy::new(now, "wss://toy.example/ws", "https://toy.example");
    let venue = NetVenue::new(toy, &NetSettings::default())?;
    Ok(PaperVenue::new(venue, &PaperConfig::default(), now)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut now = Now {
        mono_ns: 1_000_000_000,
        unix_ns: 1_800_000_000_000_000_000,
    };
    let mut toy = Toy::new(now, "wss://toy.example/ws", "https://toy.example");
    let headers = Default::default();
    let mut events = Vec::new();
    let play = |toy: &mut Toy, now: &mut Now, frame: &str, events: &mut Vec<VenueEvent>| {
        now.mono_ns += 1_000_000;
        now.unix_ns += 1_000_000;
        println!("<- {frame}");
        toy.on_frame(*now, SOCKET, toy.link.conn(), frame.as_bytes());
        toy.poll(*now, events);
        show(toy, events);
    };

    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    assert!(
        toy.pending_reason("TOYUSD").is_some(),
        "registrations wait for the instruments"
    );
    let body = br#"[{"symbol":"TOYUSD","tick":"0.5","lot":"0.1"}]"#;
    toy.on_rest(now, INSTRUMENTS, Ok(HttpAnswer::new(200, &headers, body)));
    assert!(
        toy.register(now, "TOYUSD", 0.1, 0.1).is_err(),
        "another tick size is refused"
    );
    let symbol = toy
        .register(now, "TOYUSD", 0.5, 0.1)
        .map_err(|reject| reject.text)?;
    toy.on_opened(now, SOCKET, toy.link.conn());
    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    let frames = [
        r#"{"type":"book","symbol":"TOYUSD","seq":7,"snapshot":true,"ts_ms":1800000000000,"bids":[["99.5","1.0"]],"asks":[["100.0","2.0"],["100.5","1.0"]]}"#,
        r#"{"type":"book","symbol":"TOYUSD","seq":8,"snapshot":false,"ts_ms":1800000000001,"bids":[["100.0","0.4"]],"asks":[["100.0","0"]]}"#,
        r#"{"type":"trade","symbol":"TOYUSD","ts_ms":1800000000002,"px":"100.5","qty":"0.2","taker_buys":true}"#,
    ];
    for frame in frames {
        play(&mut toy, &mut now, frame, &mut events);
    }
    let order = NewOrder {
        handle: 1,
        owner: 7,
        order_id: 70,
        price_tick: 201,
        qty: 0.3,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    };
    toy.submit(now, symbol, &order);
    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    let filled = r#"{"type":"order","handle":1,"state":"filled","leaves":"0","fill_qty":"0.3","fill_px":"100.5","ts_ms":1800000000003}"#;
    play(&mut toy, &mut now, filled, &mut events);
    let gap = r#"{"type":"book","symbol":"TOYUSD","seq":11,"snapshot":false,"ts_ms":1800000000004,"bids":[],"asks":[]}"#;
    play(&mut toy, &mut now, gap, &mut events);

    let mut book = Vec::new();
    toy.book(now, symbol, &mut book);
    assert!(book.is_empty(), "after a gap there is no book");
    assert!(
        toy.position(symbol)
            .is_some_and(|held| (held - 0.3).abs() < 1e-9)
    );
    Ok(())
}

fn show(toy: &mut Toy, events: &mut Vec<VenueEvent>) {
    let mut actions = Vec::new();
    toy.take_actions(&mut actions);
    for action in actions {
        match action {
            NetAction::Send { text, .. } => println!("-> {}", text.reveal()),
            other => println!("-> {other:?}"),
        }
    }
    for event in events.drain(..) {
        match event {
            VenueEvent::Feed { event, .. } => {
                println!("     level or trade {} @ {}", event.qty, event.px)
            }
            other => println!("   {other:?}"),
        }
    }
}
