//! Serves a venue to bots, or to one program on the standard streams.

use std::io::Write;
use std::sync::Arc;

use hbl_venues::kit::dispatcher::{Dispatcher, LeftOrder};
use hbl_venues::kit::kind::OpenVenue;
use hbl_wire::{Capabilities, ConnectorPort, Destination, Hello};
use tracing::info;

use crate::bus::{self, Commands, Ending, NoCommands};
use crate::cli::Command;
use crate::error::ConnectorError;
use crate::stdin_end::stop_with_stdin;
use crate::stdin_steps::StdinSteps;
use crate::stdio::{self, Greeting};
use crate::stop_signal::StopSignal;

/// Serves bots, or with `--stdio` the standard streams, with any venue until a signal comes.
pub(crate) fn serve(
    command: &Command,
    opened: OpenVenue,
    stop: &StopSignal,
) -> Result<(), ConnectorError> {
    let is_paper = opened.is_paper();
    let OpenVenue {
        mut venue,
        destination,
        because,
        register_wait,
        is_stepped,
        ends_with_data,
        account_lock: _lock,
    } = opened;
    if command.stdio {
        lower_timer_slack();
        let greeting = Greeting {
            kind: command.kind.word,
            orders: destination.orders.word(),
            environment: &destination.environment,
            is_paper,
            wait: register_wait,
            exit_at_end: ends_with_data,
        };
        return stdio::run(venue.as_mut(), &greeting, stop);
    }
    let hello = Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: command.kind.word.to_owned(),
        capabilities: match is_paper {
            true => Capabilities::all().and(Capabilities::PAPER),
            false => Capabilities::all(),
        },
        destination: destination.clone(),
    };
    let mut port = ConnectorPort::open(&command.name, &hello)?;
    let ringer = port.ringer();
    venue.wake_with(Arc::new(move || ringer.ring()));
    let mut dispatcher = Dispatcher::of(venue);
    let wait_ns = u64::try_from(register_wait.as_nanos()).unwrap_or(u64::MAX);
    dispatcher.wait_for_registrations(wait_ns);
    let good_for_ns = u64::try_from(command.order_deadline.as_nanos()).unwrap_or(u64::MAX);
    dispatcher.orders_are_good_for(good_for_ns);
    dispatcher.require_live_book(command.require_live_book);
    let mut commands: Box<dyn Commands> = match (is_stepped, command.with_stdin) {
        (true, false) => Box::new(StdinSteps::start(port.ringer())?),
        (false, false) => Box::new(NoCommands),
        (false, true) => {
            stop_with_stdin(port.ringer())?;
            Box::new(NoCommands)
        }
        (true, true) => {
            return Err(ConnectorError::Usage(
                "the standard input cannot be both the steps and --with-stdin".into(),
            ));
        }
    };
    lower_timer_slack();
    info!(
        name = command.name,
        kind = command.kind.word,
        orders = destination.orders.word(),
        environment = destination.environment,
        pid = std::process::id(),
        "ready"
    );
    if command.ready_json {
        print_line(&ready_line(
            command,
            &destination,
            because.as_deref(),
            is_paper,
        ))?;
    }
    let ending = Ending {
        at_end: ends_with_data,
        wait: command.stop_wait,
    };
    let left = bus::run(&mut port, &mut dispatcher, commands.as_mut(), stop, ending)?;
    if command.ready_json {
        // The parent process may be gone: then the line has no reader.
        let _ = print_line(&stopped_line(&left));
    }
    match ends_with_data {
        true => Ok(dispatcher.venue().all_read()?),
        false => Ok(()),
    }
}

/// The first line: bots may connect.
fn ready_line(
    command: &Command,
    destination: &Destination,
    because: Option<&str>,
    is_paper: bool,
) -> serde_json::Value {
    serde_json::json!({
        "type": "ready",
        "name": command.name,
        "kind": command.kind.word,
        "pid": std::process::id(),
        "orders": destination.orders.word(),
        "environment": destination.environment,
        "because": because,
        "paper": is_paper,
    })
}

/// The last line: which orders stay open at the venue.
fn stopped_line(left: &[LeftOrder]) -> serde_json::Value {
    let orders: Vec<_> = left.iter().map(LeftOrder::to_json).collect();
    serde_json::json!({ "type": "stopped", "ordersLeft": orders })
}

fn print_line(line: &serde_json::Value) -> Result<(), ConnectorError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|source| ConnectorError::System {
            what: "standard output",
            source,
        })
}

/// Lets short sleeps end on time: the kernel's default of 50 µs is longer than most of them.
fn lower_timer_slack() {
    #[cfg(target_os = "linux")]
    // SAFETY: changes a number of this thread only; there are no pointers.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_000 as libc::c_ulong);
    }
}
