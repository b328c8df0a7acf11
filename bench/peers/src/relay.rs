//! TLS in front of a port that has none.

use std::{error::Error, io, net::TcpListener, sync::Arc, thread};

use rustls::ServerConfig;

use crate::socket::Socket;

/// Ends TLS on a free port of 127.0.0.1 and carries what is in it to port `behind`. Returns the port.
///
/// # Errors
/// When there is no port.
pub fn serve(behind: u16, tls: Arc<ServerConfig>) -> Result<u16, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let tls = Arc::clone(&tls);
            // Ends with its client, which sees it.
            thread::spawn(move || carry(Socket::accept(tcp, Some(&tls))?, behind));
        }
    });
    Ok(port)
}

fn carry(mut client: Socket, behind: u16) -> io::Result<()> {
    let mut venue = Socket::connect(behind, None)?;
    let (mut from_venue, mut to_client) = (venue.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let done = io::copy(&mut from_venue, &mut to_client);
        to_client.shutdown().and(done)
    });
    let done = io::copy(&mut client, &mut venue);
    venue.shutdown().and(done).map(|_| ())
}
