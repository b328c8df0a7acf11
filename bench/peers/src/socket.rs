//! A TCP connection, with TLS in it or without, whose two directions may be used by two threads.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::{ClientConfig, Connection, ServerConfig, pki_types::ServerName};

/// Read at once from the connection; less than what rustls keeps before it is taken.
const CHUNK: usize = 8_192;

/// One end of a connection.
pub struct Socket {
    tcp: TcpStream,
    tls: Option<Arc<Mutex<Connection>>>,
    chunk: Box<[u8]>,
}

impl Socket {
    fn new(tcp: TcpStream, tls: Option<Connection>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let mut this = Self {
            tcp,
            tls: None,
            chunk: vec![0; CHUNK].into(),
        };
        if let Some(mut tls) = tls {
            tls.complete_io(&mut this.tcp)?;
            this.tls = Some(Arc::new(Mutex::new(tls)));
        }
        Ok(this)
    }

    /// Accepts a client, with TLS or without, and completes the handshake.
    ///
    /// # Errors
    /// As the connection has them.
    pub fn accept(tcp: TcpStream, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        let tls = tls.map(|tls| rustls::ServerConnection::new(Arc::clone(tls)));
        let tls = tls.transpose().map_err(io::Error::other)?;
        Self::new(tcp, tls.map(Connection::from))
    }

    /// Connects to a port of 127.0.0.1, with TLS or without, and completes the handshake.
    ///
    /// # Errors
    /// As the connection has them.
    pub fn connect(port: u16, tls: Option<&Arc<ClientConfig>>) -> io::Result<Self> {
        let tcp = TcpStream::connect(("127.0.0.1", port))?;
        let name = || ServerName::try_from("127.0.0.1").map_err(io::Error::other);
        let open = |tls: &Arc<ClientConfig>| {
            rustls::ClientConnection::new(Arc::clone(tls), name()?).map_err(io::Error::other)
        };
        let tls = tls.map(open).transpose()?;
        Self::new(tcp, tls.map(Connection::from))
    }

    /// The same connection for another thread; each byte is read by one of them.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            tcp: self.tcp.try_clone()?,
            tls: self.tls.clone(),
            chunk: vec![0; CHUNK].into(),
        })
    }

    /// The connection under TLS.
    #[must_use]
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Ends both directions.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn shutdown(&self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Both)
    }
}

fn lock(tls: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Read for Socket {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else {
            return self.tcp.read(to);
        };
        loop {
            match lock(tls).reader().read(to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            // The lock is free meanwhile: the other direction goes on.
            let len = self.tcp.read(&mut self.chunk)?;
            if len == 0 {
                return Ok(0);
            }
            let mut tls = lock(tls);
            let mut rest = &self.chunk[..len];
            while !rest.is_empty() {
                tls.read_tls(&mut rest)?;
                tls.process_new_packets().map_err(io::Error::other)?;
            }
            while tls.wants_write() {
                tls.write_tls(&mut self.tcp)?;
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else {
            return self.tcp.write(from);
        };
        let mut tls = lock(tls);
        let len = tls.writer().write(from)?;
        while tls.wants_write() {
            tls.write_tls(&mut self.tcp)?;
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;
    use crate::tls::{certified, trusting};

    #[test]
    fn both_directions_carry_bytes_through_tls_that_the_client_trusts() {
        let certified = certified().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = certified.server;
        let echo = thread::spawn(move || {
            let (tcp, _) = listener.accept().unwrap();
            let mut from = Socket::accept(tcp, Some(&server)).unwrap();
            let mut to = from.try_clone().unwrap();
            let mut bytes = vec![0; 50_000];
            from.read_exact(&mut bytes).unwrap();
            to.write_all(&bytes).unwrap();
        });
        let trust = trusting(&certified.authority_pem).unwrap();
        let mut client = Socket::connect(port, Some(&trust)).unwrap();
        let sent: Vec<u8> = (0..50_000u32).map(|n| n.to_le_bytes()[0]).collect();
        client.write_all(&sent).unwrap();
        let mut came = vec![0; sent.len()];
        client.read_exact(&mut came).unwrap();
        assert_eq!(came, sent);
        echo.join().unwrap();
    }
}
