//! The bytes of one connection on the thread that reads it: non-blocking TCP, with or without TLS.

use std::io::{self, Read, Write};

use mio::net::TcpStream;
use rustls::{ClientConnection, StreamOwned};

use super::stream::Stream;

/// A non-blocking stream; both ways end in `WouldBlock` where the system would wait.
pub(super) enum LinkStream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl LinkStream {
    /// Takes a connected stream from the network thread.
    ///
    /// # Errors
    /// When its registration there cannot be ended.
    pub(super) fn of(stream: Stream) -> io::Result<Self> {
        Ok(match stream {
            Stream::Plain(tcp) => Self::Plain(TcpStream::from_std(tcp.into_std()?)),
            Stream::Tls(tls) => {
                let (tcp, session) = tls.into_inner();
                let tcp = TcpStream::from_std(tcp.into_std()?);
                Self::Tls(Box::new(StreamOwned::new(session, tcp)))
            }
        })
    }

    /// The socket below.
    pub(super) const fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &mut tls.sock,
        }
    }
}

impl Read for LinkStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(into),
            Self::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for LinkStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
