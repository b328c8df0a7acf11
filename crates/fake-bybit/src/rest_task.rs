//! The task of a REST connection, which serves the control commands too.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use crate::{
    command::Command,
    fault::{End, Point, Socket},
    http::{self, HttpReply, HttpRequest},
    rest::{Answer, answer},
    venue::{Shared, lock},
};

/// Serves a connection to its end.
pub(crate) async fn serve(shared: Shared, mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    let mut first = true;
    while let Some(request) = http::read(&mut stream, &mut buffer).await {
        let last = request.header("connection").eq_ignore_ascii_case("close");
        if request.path == "/__control" {
            let reply = control(&shared, &request);
            if !http::write(&mut stream, &reply, false).await || last {
                return;
            }
            continue;
        }
        // A connection is reset at its first request, not before: control commands must get through.
        if std::mem::take(&mut first) && refused(&shared) {
            let _ = stream.set_zero_linger();
            return;
        }
        match answer(&shared, &request) {
            Answer::End(end) => return finish(stream, end).await,
            Answer::Never => {
                let mut rest = [0; 1024];
                while matches!(stream.read(&mut rest).await, Ok(1..)) {}
                return;
            }
            Answer::Reply(reply, delay_ms, end) => {
                sleep(Duration::from_millis(delay_ms)).await;
                let half = end == Some(End::MidFrame);
                if !http::write(&mut stream, &reply, half).await {
                    return;
                }
                if let Some(end) = end {
                    return finish(stream, end).await;
                }
            }
        }
        if last {
            return;
        }
    }
}

fn refused(shared: &Shared) -> bool {
    let mut venue = lock(shared);
    venue.count("connect.rest");
    venue.refuses(Socket::Rest) || venue.cut_here(Socket::Rest, Point::Accept).is_some()
}

async fn finish(mut stream: TcpStream, end: End) {
    match end {
        End::Reset => {
            let _ = stream.set_zero_linger();
        }
        End::HalfClose => {
            let _ = stream.shutdown().await;
            let mut rest = [0; 1024];
            while matches!(stream.read(&mut rest).await, Ok(1..)) {}
        }
        End::Drop | End::Close | End::MidFrame => {}
    }
}

fn control(shared: &Shared, request: &HttpRequest) -> HttpReply {
    let command: Result<Command, _> = serde_json::from_slice(&request.body);
    let result = match (request.method.as_str(), command) {
        ("POST", Ok(command)) => lock(shared).command(command).map_err(|e| e.to_string()),
        ("POST", Err(error)) => Err(error.to_string()),
        _ => Err("POST a command".to_owned()),
    };
    let (status, body): (u16, Value) = match result {
        Ok(result) => (200, json!({"ok": true, "result": result})),
        Err(error) => (400, json!({"ok": false, "error": error})),
    };
    let mut reply = HttpReply::json(body.to_string());
    reply.status = status;
    reply
}
