//! A TCP proxy in front of a database: it can fall silent, cut its connections, and lead elsewhere.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    /// The port that it leads to.
    to: u16,
    /// Whether bytes lie where they are: the connection is half open.
    is_silent: bool,
    /// Connections of a former generation are cut.
    generation: u32,
}

/// A proxy on a local port.
pub struct Proxy {
    way: Arc<watch::Sender<Way>>,
    port: u16,
}

impl Proxy {
    /// Leads to a port of this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().port();
        let way = Arc::new(watch::Sender::new(Way { to: port, is_silent: false, generation: 0 }));
        let ways = way.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, ways.subscribe()));
            }
        });
        Self { way, port: here }
    }

    /// The URL of a database behind it.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        let mut url: url::Url = url.parse().unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.to_string()
    }

    /// Falls silent, or carries again what was said meanwhile.
    pub fn hush(&self, is_silent: bool) {
        self.way.send_modify(|way| way.is_silent = is_silent);
    }

    /// Cuts its connections, and leads elsewhere from now on.
    pub fn lead_to(&self, port: u16) {
        self.way.send_modify(|way| {
            way.to = port;
            way.generation += 1;
        });
    }
}

async fn carry(client: TcpStream, mut ways: watch::Receiver<Way>) {
    let Ok(Way { to, generation, .. }) = ways.wait_for(|way| !way.is_silent).await.map(|way| *way) else { return };
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut cut = ways.clone();
    tokio::select! {
        () = pass_on(from_client, to_server, ways.clone()) => {}
        () = pass_on(from_server, to_client, ways) => {}
        _ = cut.wait_for(|way| way.generation != generation) => {}
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut ways: watch::Receiver<Way>) {
    let mut bytes = vec![0; 16_384];
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        if ways.wait_for(|way| !way.is_silent).await.is_err() || to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}
