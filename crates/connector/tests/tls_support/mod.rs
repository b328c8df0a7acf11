//! TLS in front of a venue that speaks none, with a certificate authority of its own.

use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// Ends TLS on 127.0.0.1 and carries what is in it to plain ports.
pub struct TlsFront {
    /// The certificate authority, as a PEM file.
    pub ca_file: tempfile::TempPath,
    /// One port for each plain one, in their order.
    pub ports: Vec<u16>,
    accepted: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TlsFront {
    /// `names`: hosts and addresses that the certificate is for.
    pub fn start(plain: &[u16], names: &[&str]) -> Self {
        let (config, pem) = certificate(names);
        let mut ca_file = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
        ca_file.write_all(pem.as_bytes()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let mut listeners = vec![runtime.block_on(bind).unwrap()];
        for _ in 1..plain.len() {
            let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
            listeners.push(runtime.block_on(bind).unwrap());
        }
        let ports = listeners.iter().map(|l| l.local_addr().unwrap().port());
        let ports = ports.collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (accepted, refused) = (Arc::default(), Arc::default());
        for (listener, port) in listeners.into_iter().zip(plain.to_vec()) {
            let counters = (Arc::clone(&accepted), Arc::clone(&refused));
            runtime.spawn(accept(listener, port, acceptor.clone(), counters));
        }
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        Self {
            ca_file: ca_file.into_temp_path(),
            ports,
            accepted,
            refused,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// TCP connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Those of them whose TLS was broken off.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(
    listener: TcpListener,
    plain: u16,
    acceptor: TlsAcceptor,
    (accepted, refused): (Arc<AtomicUsize>, Arc<AtomicUsize>),
) {
    while let Ok((tcp, _)) = listener.accept().await {
        accepted.fetch_add(1, Ordering::Relaxed);
        let (acceptor, refused) = (acceptor.clone(), Arc::clone(&refused));
        tokio::spawn(async move {
            let Ok(mut tls) = acceptor.accept(tcp).await else {
                refused.fetch_add(1, Ordering::Relaxed);
                return;
            };
            let mut venue = TcpStream::connect((Ipv4Addr::LOCALHOST, plain))
                .await
                .unwrap();
            let _ = copy_bidirectional(&mut tls, &mut venue).await;
        });
    }
}

/// A server's configuration, and the authority that has signed its certificate.
fn certificate(names: &[&str]) -> (ServerConfig, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let params = CertificateParams::new(names).unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (config, authority.pem())
}
