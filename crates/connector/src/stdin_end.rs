//! The end of the standard input as a reason to stop.

use hbl_wire::Ringer;

use crate::error::ConnectorError;
use crate::stop_signal::StopSignal;

/// Stops the connector once its standard input ends, which it does with the program that holds the
/// other end, however that dies.
///
/// # Errors
/// When the system refuses a thread.
pub fn stop_with_stdin(ringer: Ringer) -> Result<(), ConnectorError> {
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || {
            // An input that cannot be read has ended as well.
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            StopSignal::request();
            ringer.ring();
        })
        .map(drop)
        .map_err(|source| ConnectorError::System {
            what: "thread for the standard input",
            source,
        })
}
