use super::*;
use crate::kit::net::{Closed, HttpCall, Method, RestFailure};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

#[derive(Debug, PartialEq)]
enum Seen {
    Opened(u64),
    Frame(u64, String),
    Closed(u64, Closed),
    Rest(u64, Result<(u16, String), RestFailure>),
}

/// Does what the test says, and writes down what it hears.
#[derive(Default)]
struct Script {
    wants: Vec<NetAction>,
    seen: Vec<Seen>,
    /// Symbols of the venue; `None` while they are being read.
    listed: Option<Vec<&'static str>>,
    registered: Vec<String>,
}

impl Protocol for Script {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        out.append(&mut self.wants);
    }
    fn on_opened(&mut self, _now: Now, _socket: SocketId, conn: u64) {
        self.seen.push(Seen::Opened(conn));
    }
    fn on_frame(&mut self, _now: Now, _socket: SocketId, conn: u64, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.seen.push(Seen::Frame(conn, text));
    }
    fn on_closed(&mut self, _now: Now, _socket: SocketId, conn: u64, closed: &Closed) {
        self.seen.push(Seen::Closed(conn, closed.clone()));
    }
    fn on_rest(&mut self, _now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        let text = |answer: HttpAnswer<'_>| {
            (
                answer.status,
                String::from_utf8_lossy(answer.body).into_owned(),
            )
        };
        self.seen.push(Seen::Rest(id, answer.map(text)));
    }
}

impl MarketData for Script {
    fn register(&mut self, _: Now, symbol: &str, tick: f64, _: f64) -> Result<u32, Reject> {
        if self.sizes(symbol) != Some((tick, 0.5)) {
            let text = format!("no {symbol}");
            let code = codes::SYMBOL_UNKNOWN;
            return Err(Reject { code, text });
        }
        self.registered.push(symbol.to_owned());
        Ok(0)
    }

    fn pending_reason(&self, _: &str) -> Option<String> {
        self.listed.is_none().then(|| "being read".to_owned())
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let listed = self.listed.as_ref()?;
        listed.contains(&symbol).then_some((0.25, 0.5))
    }

    fn next_due_ns(&self) -> Option<u64> {
        None
    }

    fn book(&self, _: Now, _: u32, _: &mut Vec<Event>) {}
    fn poll(&mut self, _: Now, _: &mut Vec<VenueEvent>) {}
}

struct Bench {
    venue: NetVenue<Script>,
    events: Vec<VenueEvent>,
}

impl Bench {
    fn new(settings: &NetSettings) -> Self {
        Self {
            venue: NetVenue::new(Script::default(), settings).unwrap(),
            events: Vec::new(),
        }
    }

    /// One whose sockets are on the network thread, and one whose sockets are on this thread.
    fn both(settings: &NetSettings) -> [Self; 2] {
        let (elsewhere, mut here) = (Self::new(settings), Self::new(settings));
        assert!(here.venue.take_sockets().is_some());
        [elsewhere, here]
    }

    fn act(&mut self, action: NetAction) {
        self.venue.protocol.wants.push(action);
        self.venue.act();
    }

    fn connect(&mut self, conn: u64, port: u16) {
        self.act(NetAction::Connect {
            socket: SocketId(1),
            conn,
            url: format!("ws://127.0.0.1:{port}/x"),
        });
    }

    fn until(&mut self, what: &str, done: impl Fn(&[Seen]) -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !done(&self.venue.protocol.seen) {
            assert!(
                Instant::now() < end,
                "never: {what}; {:?}",
                self.venue.protocol.seen
            );
            self.venue.poll(Now::read(), &mut self.events);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn closed(&self) -> Option<&Closed> {
        self.venue.protocol.seen.iter().find_map(|seen| match seen {
            Seen::Closed(_, closed) => Some(closed),
            _ => None,
        })
    }
}

fn is_closed(seen: &[Seen]) -> bool {
    seen.iter().any(|seen| matches!(seen, Seen::Closed(..)))
}

/// A server for one connection.
fn server(serve: impl FnOnce(WebSocket<TcpStream>) + Send + 'static) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(accept(stream).unwrap());
    });
    (port, thread)
}

fn texts(count: usize, len: usize) -> (u16, JoinHandle<()>, Receiver<()>) {
    let (reported, done) = channel();
    let (port, thread) = server(move |mut socket| {
        for number in 0..count {
            let text = format!("{number:0>len$}");
            if socket.send(Message::text(text)).is_err() {
                return;
            }
        }
        let _ = reported.send(());
        while socket.read().is_ok() {}
    });
    (port, thread, done)
}

#[test]
fn frames_come_in_order_and_texts_go_out_in_order_even_before_the_connection_is_open() {
    for mut bench in Bench::both(&NetSettings::default()) {
        let (port, thread) = server(|mut socket| {
            for _ in 0..3 {
                let message = socket.read().unwrap();
                socket.send(message).unwrap();
            }
            socket.send(Message::binary(vec![b'b'])).unwrap();
            let _ = socket.close(None);
            while socket.read().is_ok() {}
        });
        bench.connect(7, port);
        for text in ["1", "2", "3"] {
            let socket = SocketId(1);
            bench.act(NetAction::Send {
                socket,
                text: text.into(),
            });
        }
        bench.until("the end", is_closed);
        let frame = |text: &str| Seen::Frame(7, text.into());
        let seen = &bench.venue.protocol.seen;
        assert_eq!(
            seen[..5],
            [
                Seen::Opened(7),
                frame("1"),
                frame("2"),
                frame("3"),
                frame("b")
            ]
        );
        assert!(bench.closed().unwrap().reason.contains("1005"), "{seen:?}");
        thread.join().unwrap();
    }
}

#[test]
fn an_inbox_that_is_full_ends_the_connection_and_is_reported() {
    let (port, thread, done) = texts(2000, 10);
    let settings = NetSettings {
        inbox_frames: 100,
        ..NetSettings::default()
    };
    let mut bench = Bench::new(&settings);
    bench.connect(1, port);
    // The bus is busy with something else.
    let _ = done.recv_timeout(Duration::from_secs(5));
    std::thread::sleep(Duration::from_millis(100));
    bench.until("the end", is_closed);
    let frames = bench.venue.protocol.seen.iter();
    let frames = frames
        .filter(|seen| matches!(seen, Seen::Frame(..)))
        .count();
    assert!(frames <= 100, "{frames}");
    assert_eq!(bench.venue.counters().overflows, 1);
    let reported = |event: &VenueEvent| matches!(event, VenueEvent::Notice(notice) if notice.code == codes::INBOX_OVERFLOW);
    assert_eq!(
        bench.events.iter().filter(|event| reported(event)).count(),
        1
    );
    drop(bench);
    thread.join().unwrap();
}

#[test]
fn a_message_that_is_too_long_ends_the_connection() {
    let settings = NetSettings {
        frame_max: 4000,
        ..NetSettings::default()
    };
    for mut bench in Bench::both(&settings) {
        let (port, thread, _done) = texts(1, 5000);
        bench.connect(1, port);
        bench.until("the end", is_closed);
        let reason = &bench.closed().unwrap().reason;
        assert!(reason.contains("too long"), "{reason}");
        drop(bench);
        thread.join().unwrap();
    }
}

#[test]
fn an_unreachable_host_is_reported_with_the_reason() {
    for mut bench in Bench::both(&NetSettings::default()) {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        bench.connect(1, port);
        bench.until("the end", is_closed);
        assert!(bench.closed().unwrap().reason.contains("refused"));
        let (port, thread) = http("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        bench.venue.protocol.seen.clear();
        bench.connect(2, port);
        bench.until("the end", is_closed);
        assert_eq!(bench.closed().unwrap().http_status, Some(403));
        thread.join().unwrap();
    }
}

#[test]
fn a_closed_or_replaced_connection_is_not_heard_any_more() {
    for mut bench in Bench::both(&NetSettings::default()) {
        let (first, one, _done) = texts(50, 10);
        let (second, two, _done2) = texts(1, 10);
        bench.connect(1, first);
        bench.until("a frame", |seen| seen.len() > 1);
        bench.connect(2, second);
        bench.venue.protocol.seen.clear();
        bench.until("the other one", |seen| {
            seen.contains(&Seen::Opened(2)) && seen.len() > 1
        });
        let of_first = |seen: &Seen| matches!(seen, Seen::Frame(1, _) | Seen::Closed(1, _));
        assert!(!bench.venue.protocol.seen.iter().any(of_first));
        bench.act(NetAction::Close {
            socket: SocketId(1),
            conn: 2,
        });
        // The server sees the end, so both threads come to theirs.
        one.join().unwrap();
        two.join().unwrap();
        bench.venue.poll(Now::read(), &mut bench.events);
        assert!(!is_closed(&bench.venue.protocol.seen));
    }
}

#[test]
fn dropping_the_venue_ends_its_connections_and_its_thread_at_once() {
    for mut bench in Bench::both(&NetSettings::default()) {
        let (port, thread, done) = texts(1, 10);
        bench.connect(1, port);
        bench.until("a frame", |seen| seen.len() > 1);
        done.recv_timeout(Duration::from_secs(5)).unwrap();
        let start = Instant::now();
        drop(bench);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        thread.join().unwrap();
    }
}

#[test]
fn a_ping_of_the_venue_is_answered() {
    for mut bench in Bench::both(&NetSettings::default()) {
        let (port, thread) = server(|mut socket| {
            socket.send(Message::Ping("p".into())).unwrap();
            assert_eq!(socket.read().unwrap(), Message::Pong("p".into()));
            socket.send(Message::text("thanks")).unwrap();
            while socket.read().is_ok() {}
        });
        bench.connect(1, port);
        bench.until("thanks", |seen| {
            seen.contains(&Seen::Frame(1, "thanks".into()))
        });
        drop(bench);
        thread.join().unwrap();
    }
}

#[test]
fn the_descriptor_is_readable_while_a_socket_of_this_thread_has_something() {
    let (go, going) = channel::<()>();
    let (port, thread) = server(move |mut socket| {
        while going.recv().is_ok() {
            socket.send(Message::text("x")).unwrap();
        }
    });
    let mut bench = Bench::new(&NetSettings::default());
    let descriptor = bench.venue.take_sockets().unwrap();
    let is_readable = |wait_ms: i32| {
        let mut polled = libc::pollfd {
            fd: descriptor,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which outlives the call.
        unsafe { libc::poll(&raw mut polled, 1, wait_ms) == 1 }
    };
    bench.connect(1, port);
    bench.until("the opening", |seen| seen.contains(&Seen::Opened(1)));
    while is_readable(0) {
        bench.venue.poll(Now::read(), &mut bench.events);
    }
    for frames in 1..4 {
        assert!(!is_readable(20));
        go.send(()).unwrap();
        assert!(is_readable(5_000));
        while is_readable(0) || bench.venue.has_arrivals() {
            bench.venue.poll(Now::read(), &mut bench.events);
        }
        assert_eq!(bench.venue.counters().frames, frames);
    }
    drop(go);
    thread.join().unwrap();
}

#[test]
fn a_venue_that_does_not_read_is_left_after_five_seconds() {
    let (ended, end) = channel::<()>();
    let (port, thread) = server(move |_socket| {
        let _ = end.recv();
    });
    let mut bench = Bench::new(&NetSettings::default());
    assert!(bench.venue.take_sockets().is_some());
    bench.connect(1, port);
    bench.until("the opening", |seen| seen.contains(&Seen::Opened(1)));
    let megabyte = "x".repeat(1 << 20);
    for _ in 0..64 {
        bench.act(NetAction::Send {
            socket: SocketId(1),
            text: megabyte.clone().into(),
        });
    }
    let mut now = Now::read();
    bench.venue.poll(now, &mut bench.events);
    let due_ns = bench.venue.next_due_ns().unwrap();
    assert!(due_ns.abs_diff(now.mono_ns) <= 5_100_000_000, "{due_ns}");
    now.mono_ns = due_ns - 1;
    bench.venue.poll(now, &mut bench.events);
    assert!(!is_closed(&bench.venue.protocol.seen));
    now.mono_ns = due_ns;
    bench.venue.poll(now, &mut bench.events);
    let reason = &bench.closed().unwrap().reason;
    assert!(reason.contains("does not read"), "{reason}");
    assert_eq!(bench.venue.next_due_ns(), None);
    drop(ended);
    thread.join().unwrap();
}

#[test]
fn a_busy_socket_does_not_keep_another_waiting() {
    let (busy, one, done) = texts(20_000, 100);
    let (calm, two, _done) = texts(1, 10);
    let mut bench = Bench::new(&NetSettings::default());
    assert!(bench.venue.take_sockets().is_some());
    bench.connect(1, busy);
    bench.act(NetAction::Connect {
        socket: SocketId(2),
        conn: 9,
        url: format!("ws://127.0.0.1:{calm}/x"),
    });
    bench.until("frames of both", |seen| {
        seen.iter().any(|seen| matches!(seen, Seen::Frame(9, _)))
    });
    let busy_frames = bench.venue.counters().frames;
    assert!(busy_frames < 20_000, "{busy_frames}");
    drop(done);
    drop(bench);
    one.join().unwrap();
    two.join().unwrap();
}

/// A server that gives one answer to one request.
fn http(answer: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    (port, thread)
}

fn call(id: u64, port: u16) -> HttpCall {
    HttpCall {
        id,
        method: Method::Post,
        url: format!("http://127.0.0.1:{port}/v5/x?a=1%2C2&b="),
        headers: vec![("X-SIGN", "abc".into())],
        body: "{}".into(),
        timeout: Duration::from_millis(300),
    }
}

#[test]
fn a_call_goes_out_as_it_is_and_its_answer_comes_whatever_the_status() {
    let (port, thread) = http("HTTP/1.1 429 Slow\r\ncontent-length: 4\r\nx-left: 3\r\n\r\nbusy");
    let mut bench = Bench::new(&NetSettings::default());
    bench.act(NetAction::Rest(call(5, port)));
    bench.until("an answer", |seen| !seen.is_empty());
    assert_eq!(
        bench.venue.protocol.seen,
        [Seen::Rest(5, Ok((429, "busy".into())))]
    );
    let request = thread.join().unwrap().to_ascii_lowercase();
    assert!(
        request.starts_with("post /v5/x?a=1%2c2&b= http/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("x-sign: abc\r\n") && request.ends_with("\r\n\r\n{}"),
        "{request}"
    );
}

#[test]
fn calls_without_an_answer_end_in_time_and_say_whether_they_were_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut bench = Bench::new(&NetSettings {
        body_max: 10,
        ..NetSettings::default()
    });
    bench.act(NetAction::Rest(call(1, port)));
    bench.until("a time-out", |seen| !seen.is_empty());
    assert_eq!(
        bench.venue.protocol.seen,
        [Seen::Rest(1, Err(RestFailure::Timeout))]
    );
    drop(silent);
    bench.act(NetAction::Rest(call(2, port)));
    bench.until("a reject", |seen| seen.len() > 1);
    let not_sent = |seen: &Seen| matches!(seen, Seen::Rest(2, Err(RestFailure::NotSent(_))));
    assert!(
        not_sent(&bench.venue.protocol.seen[1]),
        "{:?}",
        bench.venue.protocol.seen
    );
    let (port, thread) = http("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n01234567890123456789");
    bench.act(NetAction::Rest(call(3, port)));
    bench.until("too much", |seen| seen.len() > 2);
    let failed = |seen: &Seen| matches!(seen, Seen::Rest(3, Err(RestFailure::Network(_))));
    assert!(
        failed(&bench.venue.protocol.seen[2]),
        "{:?}",
        bench.venue.protocol.seen
    );
    thread.join().unwrap();
}

#[test]
fn followed_symbols_are_registered_once_when_the_instruments_are_known() {
    let symbols = ["AAA".to_owned(), "NONE".to_owned(), "BBB".to_owned()];
    let mut bench = Bench::new(&NetSettings::default());
    bench.venue = bench.venue.follow(&symbols);
    let mut poll = |listed| {
        bench.venue.protocol.listed = listed;
        bench.venue.poll(Now::read(), &mut bench.events);
        bench.venue.protocol.registered.clone()
    };
    assert!(poll(None).is_empty(), "they are being read");
    assert_eq!(poll(Some(vec!["AAA", "BBB"])), ["AAA", "BBB"]);
    assert_eq!(poll(Some(vec!["AAA", "BBB"])), ["AAA", "BBB"], "once");
    let notices = bench.events.iter().filter_map(|event| match event {
        VenueEvent::Notice(notice) => Some((notice.code, notice.text.as_str())),
        _ => None,
    });
    let notices: Vec<_> = notices.collect();
    assert_eq!(notices, [(codes::SYMBOL_UNKNOWN, "no NONE")]);
}
