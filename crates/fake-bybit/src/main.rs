//! `fake-bybit`: a fake Bybit v5 venue on loopback.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;
use hbl_fake_bybit::{Config, FakeBybit};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// A fake Bybit v5 venue on 127.0.0.1. Prints one JSON line when it listens.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// First of four consecutive ports; 0: any free ones.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of all random draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Configuration as a JSON file; --port and --seed win.
    #[arg(long)]
    config: Option<PathBuf>,
    /// End when standard input ends: with the process that started it.
    #[arg(long)]
    with_stdin: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "fake-bybit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut config = match &arguments.config {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => Config::default(),
    };
    config.seed = arguments.seed;
    config.port = arguments.port;
    let (key, secret) = (config.api_key.clone(), config.api_secret.clone());
    // Before the ready line: a signal may follow it at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut terminate, mut interrupt) = runtime.block_on(async {
        Ok::<_, std::io::Error>((
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        ))
    })?;
    let venue = FakeBybit::start(config)?;
    let [public, private, trade, rest] = venue.ports();
    let ready = json!({
        "type": "ready", "pid": std::process::id(), "seed": arguments.seed,
        "ports": {"public": public, "private": private, "trade": trade, "rest": rest},
        "urls": venue.urls(), "apiKey": key, "apiSecret": secret,
    });
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    let (ended, mut input_ended) = tokio::sync::oneshot::channel::<()>();
    let mut ended = Some(ended);
    if arguments.with_stdin {
        let ended = ended.take();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(ended);
        });
    }
    runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = &mut input_ended, if arguments.with_stdin => {}
        }
    });
    Ok(())
}
