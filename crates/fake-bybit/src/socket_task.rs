//! The task of a WebSocket connection.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Bytes, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use crate::{
    conn::{Conn, Out, QUEUE_MAX},
    fault::{End, Point, Socket},
    venue::{Shared, lock},
};

/// How long a client may not read before it is dropped.
const WRITE_MAX: Duration = Duration::from_secs(30);

type Ws = WebSocketStream<TcpStream>;

/// The listener that accepted a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Public,
    Private,
    Trade,
}

/// Serves a connection to its end.
pub(crate) async fn serve(shared: Shared, port: Port, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    // The path selects linear or spot; a connection that is reset never gets that far.
    let guess = match port {
        Port::Public => Socket::Public,
        Port::Private => Socket::Private,
        Port::Trade => Socket::Trade,
    };
    if let Some(end) = refused(&shared, guess) {
        if end == End::Reset {
            let _ = stream.set_zero_linger();
        }
        return;
    }
    let mut socket = guess;
    let mut idle_ms = lock(&shared).settings.idle_ms as i64;
    let venue = shared.clone();
    #[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
    let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let fail = |status: u16| {
            let mut response =
                ErrorResponse::new(Some(format!("<html>{status} (loopback)</html>")));
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
            response
        };
        socket = match (port, request.uri().path()) {
            (Port::Public, "/v5/public/linear") => Socket::Public,
            (Port::Public, "/v5/public/spot") => Socket::Spot,
            (Port::Private, "/v5/private") => Socket::Private,
            (Port::Trade, "/v5/trade") => Socket::Trade,
            _ => return Err(fail(404)),
        };
        if let Some(ms) = request.uri().query().and_then(max_active_ms) {
            idle_ms = ms;
        }
        let mut venue = lock(&venue);
        let banned = venue.connect_limit().or_else(|| venue.http_fault(socket));
        banned.map_or(Ok(response), |status| Err(fail(status)))
    };
    let Ok(Ok(ws)) = timeout(Duration::from_secs(10), accept_hdr_async(stream, check)).await else {
        return;
    };
    if socket == Socket::Spot && refused(&shared, socket).is_some() {
        return;
    }
    let (tx, rx) = unbounded_channel();
    let id = lock(&shared).open(Conn {
        socket,
        conn_id: String::new(),
        tx,
        authed: false,
        topics: Default::default(),
        req_ids: Default::default(),
        idle_ms,
        active_ms: 0,
        held: None,
        parked: Default::default(),
    });
    run(&shared, id, ws, rx).await;
    lock(&shared).closed(id);
}

fn refused(shared: &Shared, socket: Socket) -> Option<End> {
    let mut venue = lock(shared);
    venue.count(&format!("connect.{}", socket.name()));
    if venue.refuses(socket) {
        return Some(End::Reset);
    }
    venue.cut_here(socket, Point::Accept)
}

/// `max_active_time=30s` or `5m`, in ms.
fn max_active_ms(query: &str) -> Option<i64> {
    let value = query
        .split('&')
        .find_map(|p| p.strip_prefix("max_active_time="))?;
    let (number, unit) = value.split_at(value.len().checked_sub(1)?);
    let number: i64 = number.parse().ok()?;
    match unit {
        "s" if (30..=600).contains(&number) => Some(number * 1000),
        "m" if (1..=10).contains(&number) => Some(number * 60_000),
        _ => None,
    }
}

async fn run(shared: &Shared, id: u64, mut ws: Ws, mut rx: UnboundedReceiver<Out>) {
    let mut queue: VecDeque<Out> = VecDeque::new();
    let mut half_closed = false;
    let far = Instant::now() + Duration::from_secs(86_400 * 365);
    loop {
        let due = match queue.front() {
            Some(Out::Text { due, .. }) => *due,
            Some(_) => Instant::now(),
            None => far,
        };
        tokio::select! {
            biased;
            out = rx.recv() => match out {
                // After a cut the venue has no such connection; frames queued before it still count.
                None if queue.is_empty() => return,
                None => {
                    if send_next(&mut ws, &mut queue, &mut half_closed).await {
                        return;
                    }
                }
                Some(Out::EndNow(End::HalfClose)) => {
                    half_closed = true;
                    let _ = ws.get_mut().shutdown().await;
                }
                Some(Out::EndNow(end)) => {
                    finish(ws, end).await;
                    return;
                }
                Some(out) => {
                    queue.push_back(out);
                    if queue.len() > QUEUE_MAX {
                        return;
                    }
                }
            },
            () = sleep_until(due), if !queue.is_empty() => {
                if let Some(Out::EndAfter(end)) = queue.front() {
                    finish(ws, *end).await;
                    return;
                }
                if send_next(&mut ws, &mut queue, &mut half_closed).await {
                    return;
                }
            }
            message = ws.next() => match message {
                Some(Ok(Message::Text(text))) => lock(shared).on_text(id, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Sends the next frame; true when the connection has ended.
async fn send_next(ws: &mut Ws, queue: &mut VecDeque<Out>, half_closed: &mut bool) -> bool {
    let message = match queue.pop_front() {
        Some(Out::Text { text, .. }) => Message::text(text),
        Some(Out::Bytes {
            bytes,
            binary: true,
        }) => Message::binary(bytes),
        Some(Out::Bytes {
            bytes,
            binary: false,
        }) => Message::Frame(Frame::message(
            Bytes::from(bytes),
            OpCode::Data(Data::Text),
            true,
        )),
        Some(Out::EndAfter(_) | Out::EndNow(_)) => return true,
        None => return false,
    };
    if *half_closed {
        return false;
    }
    !matches!(timeout(WRITE_MAX, ws.send(message)).await, Ok(Ok(())))
}

async fn finish(mut ws: Ws, end: End) {
    match end {
        End::Reset => {
            let _ = ws.get_mut().set_zero_linger();
        }
        End::Drop => {}
        End::Close => {
            let frame = CloseFrame {
                code: CloseCode::Away,
                reason: "".into(),
            };
            let _ = timeout(Duration::from_secs(1), ws.close(Some(frame))).await;
        }
        End::MidFrame => {
            // Header of a text frame of 1000 bytes, and a part of it.
            let part = [
                &[0x81, 126, 0x03, 0xe8],
                br#"{"topic":"orderbook.50.BT"#.as_slice(),
            ]
            .concat();
            let _ = ws.get_mut().write_all(&part).await;
            let _ = ws.get_mut().flush().await;
        }
        End::HalfClose => {
            let _ = ws.get_mut().shutdown().await;
            // Reads on until the client ends.
            while let Some(Ok(_)) = ws.next().await {}
        }
    }
}
