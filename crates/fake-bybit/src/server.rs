//! A running venue: its listeners, its thread and its handle.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    command::Command,
    config::Config,
    error::{CommandError, StartError},
    fault::{CutPoint, Faults, ReplyRule, Socket},
    rest_task,
    settings::Settings,
    socket_task::{self, Port},
    venue::{Shared, Venue, lock},
};

/// How often the market moves, ms.
const TICK_MS: u64 = 5;

/// Where a venue listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Urls {
    /// Public WebSocket, linear.
    pub public_linear: String,
    /// Public WebSocket, spot.
    pub public_spot: String,
    pub private: String,
    pub trade: String,
    /// REST, without a path.
    pub rest: String,
    /// Control commands: POST.
    pub control: String,
}

/// A running venue on 127.0.0.1. It has a thread of its own, and ends when dropped.
#[derive(Debug)]
pub struct FakeBybit {
    urls: Urls,
    ports: [u16; 4],
    handle: ControlHandle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Controls a venue, from any thread.
#[derive(Clone, Debug)]
pub struct ControlHandle {
    venue: Shared,
}

impl ControlHandle {
    /// Executes a command.
    ///
    /// # Errors
    /// When the command names something that does not exist, or the venue refuses it.
    pub fn run(&self, command: Command) -> Result<Value, CommandError> {
        lock(&self.venue).command(command)
    }

    /// Executes a command in its JSON form.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when the JSON is no command.
    pub fn run_json(&self, command: Value) -> Result<Value, CommandError> {
        let command = serde_json::from_value(command);
        let command = command.map_err(|error| CommandError::Invalid(error.to_string()))?;
        self.run(command)
    }

    /// Changes the settings.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut venue = lock(&self.venue);
        let mut settings = venue.settings.clone();
        change(&mut settings);
        venue.set(settings);
    }

    /// Changes the faults of a kind of socket.
    pub fn faults(&self, socket: Socket, change: impl FnOnce(&mut Faults)) {
        let mut venue = lock(&self.venue);
        let mut faults = venue.faults.get(&socket).cloned().unwrap_or_default();
        change(&mut faults);
        venue.set_faults(socket, faults);
    }

    /// Adds a cut that waits for its point.
    pub fn cut_at(&self, cut: CutPoint) {
        lock(&self.venue).cuts.push(cut);
    }

    /// Adds a rule that falsifies answers.
    pub fn reply(&self, rule: ReplyRule) {
        lock(&self.venue).rules.push(rule);
    }

    /// A counter, see [`Command::Counters`]; 0 when nothing was counted.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        lock(&self.venue).counters.get(name).copied().unwrap_or(0)
    }
}

impl FakeBybit {
    /// Starts a venue; it listens when this returns.
    ///
    /// # Errors
    /// When a market is not possible or a port is taken.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let first_port = config.port;
        let venue: Shared = Arc::new(Mutex::new(Venue::new(config)?));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let shared = venue.clone();
        let thread = std::thread::Builder::new()
            .name("fake-bybit".into())
            .spawn(move || {
                runtime.block_on(async {
                    let listeners = match listen(first_port) {
                        Ok(listeners) => listeners,
                        Err(error) => {
                            let _ = ready.send(Err(error));
                            return;
                        }
                    };
                    let _ = ready.send(ports(&listeners));
                    serve(shared, listeners, stopped).await;
                });
            })?;
        let ports = match is_ready.recv() {
            Ok(result) => result?,
            Err(_) => return Err(std::io::Error::other("the venue's thread ended").into()),
        };
        let [public, private, trade, rest] = ports;
        let ws = |port: u16, path: &str| format!("ws://127.0.0.1:{port}/v5/{path}");
        Ok(Self {
            urls: Urls {
                public_linear: ws(public, "public/linear"),
                public_spot: ws(public, "public/spot"),
                private: ws(private, "private"),
                trade: ws(trade, "trade"),
                rest: format!("http://127.0.0.1:{rest}"),
                control: format!("http://127.0.0.1:{rest}/__control"),
            },
            ports,
            handle: ControlHandle { venue },
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// The ports: public, private, trade, REST.
    #[must_use]
    pub fn ports(&self) -> [u16; 4] {
        self.ports
    }

    #[must_use]
    pub fn control(&self) -> &ControlHandle {
        &self.handle
    }
}

impl Drop for FakeBybit {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(first_port: u16) -> std::io::Result<[TcpListener; 4]> {
    let open = |offset: u16| {
        let port = if first_port == 0 {
            0
        } else {
            first_port + offset
        };
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        socket.listen(256)
    };
    Ok([open(0)?, open(1)?, open(2)?, open(3)?])
}

fn ports(listeners: &[TcpListener; 4]) -> std::io::Result<[u16; 4]> {
    let port = |at: usize| -> std::io::Result<u16> { Ok(listeners[at].local_addr()?.port()) };
    Ok([port(0)?, port(1)?, port(2)?, port(3)?])
}

async fn serve(shared: Shared, listeners: [TcpListener; 4], mut stopped: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    let mut tick = interval(Duration::from_millis(TICK_MS));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let [public, private, trade, rest] = &listeners;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = tick.tick() => lock(&shared).tick(),
            Some(_) = tasks.join_next() => {}
            Some(stream) = accept(public) => {
                tasks.spawn(socket_task::serve(shared.clone(), Port::Public, stream));
            }
            Some(stream) = accept(private) => {
                tasks.spawn(socket_task::serve(shared.clone(), Port::Private, stream));
            }
            Some(stream) = accept(trade) => {
                tasks.spawn(socket_task::serve(shared.clone(), Port::Trade, stream));
            }
            Some(stream) = accept(rest) => {
                tasks.spawn(rest_task::serve(shared.clone(), stream));
            }
        }
    }
}

async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        Err(_) => {
            // Out of descriptors: not a reason to spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
