//! The server: takes connections and bounds what each may hold. A caller that is silent where it is its turn, in a head,
//! between two requests or with an answer unread, is hung up on; so is one whose head is too long. HTTP/1.1 only: what
//! HTTP/2 would save, a proxy in front speaks to browsers anyway.

use super::manners::Connected;
use super::transport::Patient;
use crate::config::HttpSettings;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The most bytes of a request's line and headers; with more, the answer is 431.
const MAX_HEAD: usize = 16 << 10;
/// The most bytes that a connection holds of what was read and not understood yet, and of what is to be sent.
const MAX_BUFFER: usize = 64 << 10;
/// The most bytes that the kernel holds of an answer that is not read.
const MAX_UNREAD: u32 = 256 << 10;
/// Connections that the kernel holds until they are taken.
const BACKLOG: u32 = 1_024;
/// The pause after the system could not give a connection.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the log says that every connection is taken.
const COMPLAINT: Duration = Duration::from_secs(60);

/// Listens on an address.
///
/// # Errors
/// When that cannot be: another program is there, mostly.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Connections inherit it.
    socket.set_send_buffer_size(MAX_UNREAD)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until it is told to stop, and then until every request is answered.
pub async fn serve(listener: TcpListener, app: Router, settings: &HttpSettings, stop: impl Future<Output = ()>) {
    let mut door = Door { listener, places: Arc::new(Semaphore::new(settings.connections)), complained: None };
    let stopping = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            accepted = door.accept() => accepted,
        };
        let connection = connection(stream, peer, app.clone(), settings.patience, stopping.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(door);
    stopping.send_replace(true);
    stopping.closed().await;
}

/// Where connections come in, as many as there are places.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    complained: Option<Instant>,
}

impl Door {
    async fn accept(&mut self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            let Some(place) = self.place().await else { return std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, place),
                Err(error) if is_of_the_caller(&error) => {}
                Err(error) => {
                    // No file descriptor is left, mostly: one comes back when a connection ends.
                    tracing::error!("no connection could be taken: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for a place; meanwhile the kernel holds who knocks.
    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.places.available_permits() == 0 && self.complained.is_none_or(|at| at.elapsed() > COMPLAINT) {
            self.complained = Some(Instant::now());
            tracing::warn!("every connection is taken (LINER_HTTP_CONNECTIONS); the next ones wait");
        }
        self.places.clone().acquire_owned().await.ok()
    }
}

fn is_of_the_caller(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    patience: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    // An answer is written as a whole: there is nothing to wait for. A connection that is gone already ends below.
    let _ = stream.set_nodelay(true);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Connected(peer.ip()));
        app.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(Patient::new(stream, patience)), service);
    let mut connection = pin!(connection);
    // That a caller hung up, or was hung up on, is no news.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Lets this process open as many files as it may: a connection is one, and the usual limit is for programs that wait for
/// few.
pub fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::debug!("the limit of open files stays as it is: {error}");
    }
}
