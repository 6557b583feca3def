//! A server that says byte for byte what a test wants.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on this host, until it is dropped.
pub struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
    listening: JoinHandle<()>,
}

/// A connection of it.
pub struct Visitor {
    stream: TcpStream,
    heads: Arc<Mutex<Vec<String>>>,
    /// What was sent to it.
    pub sent: usize,
}

impl Server {
    /// Does something with each connection.
    pub async fn doing<F: Future<Output = ()> + Send>(act: impl Fn(Visitor) -> F + Clone + Send + 'static) -> Self {
        Self::on("127.0.0.1:0", act).await.unwrap()
    }

    /// Does something with each connection to an address.
    pub async fn on<F: Future<Output = ()> + Send>(
        address: &str,
        act: impl Fn(Visitor) -> F + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (connections, heads) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (counter, noted) = (connections.clone(), heads.clone());
        let listening = tokio::spawn(async move {
            let mut visits = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (act, visitor) = (act.clone(), Visitor { stream, heads: noted.clone(), sent: 0 });
                visits.spawn(async move { act(visitor).await });
            }
        });
        Ok(Self { address, connections, heads, listening })
    }

    /// Answers each request with what is said to its head, and hangs up.
    pub async fn saying(say: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static) -> Self {
        Self::doing(move |mut visitor| {
            let say = say.clone();
            async move {
                let head = visitor.head().await;
                visitor.send(&say(&head)).await;
            }
        })
        .await
    }

    /// Always answers with the same bytes.
    pub async fn always(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::saying(move |_| bytes.clone()).await
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The URL of a path by a name that leads to it.
    pub fn named(&self, name: &str, path: &str) -> String {
        format!("http://{name}:{}{path}", self.address.port())
    }

    /// How many came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What they said.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Visitor {
    /// Its next request, up to the empty line, in small letters.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = self.stream.read_u8().await else { break };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        self.heads.lock().unwrap().push(head.clone());
        head
    }

    /// Says something; whether it was still there to hear it.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.sent += bytes.len();
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Says it again and again, until nobody is there to hear it.
    pub async fn send_endlessly(&mut self, bytes: &[u8]) {
        while self.send(bytes).await {
            tokio::task::yield_now().await;
        }
    }

    /// Its connection, for whoever reads and writes without waiting for others.
    pub fn into_blocking(self) -> std::net::TcpStream {
        let stream = self.stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    }

    /// Waits until it hangs up.
    pub async fn stay(&mut self) {
        while self.stream.read_u8().await.is_ok() {}
    }
}

/// A page.
pub fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", &["content-type: text/html"], body.as_bytes())
}

/// A redirect.
pub fn redirect(status: u16, to: &str) -> Vec<u8> {
    answer(&format!("{status} Away"), &[&format!("location: {to}")], b"")
}

/// An answer with a length.
pub fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
