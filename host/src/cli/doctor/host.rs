//! The host: whether one runs on this data folder and is ready, and whether another could start.

use super::finding::Finding;
use crate::cli::healthcheck::{ask, reachable};
use crate::cli::home::Home;
use crate::config::Config;
use reqwest::StatusCode;
use std::net::SocketAddr;
use std::sync::Arc;

const CHECK: &str = "host";

/// What listens at the address that a host of these settings serves.
enum Listener {
    Nobody,
    Ready,
    /// A host that is not ready, and what it said.
    Unready(String),
    Stranger,
}

/// Looks who works in the data folder, and who listens at the address.
pub async fn look(config: Arc<Config>) -> Vec<Finding> {
    let folder = config.data_dir.display();
    let runs = Home::is_taken(&config.data_dir);
    if config.address.port() == 0 {
        let whether = if runs { "runs" } else { "does not run" };
        return vec![Finding::ok(
            CHECK,
            format!("one {whether} on {folder}; PORT is 0, so nobody knows where it listens"),
        )];
    }
    let address = reachable(config.address);
    vec![match (runs, listener(address).await) {
        (true, Listener::Ready) => Finding::ok(CHECK, format!("one runs on {folder} and is ready at http://{address}")),
        (_, Listener::Unready(said)) => {
            let message = format!("a host listens at http://{address} and is not ready: {said}");
            Finding::fail(CHECK, message, "mend what it says; its log says more")
        }
        (true, Listener::Nobody | Listener::Stranger) => {
            let message = format!("one runs on {folder}, but not at http://{address}");
            Finding::warn(CHECK, message, "it was started with another HOST or PORT, or is just starting or stopping")
        }
        (false, Listener::Nobody) => {
            Finding::ok(CHECK, format!("none runs on {folder}, and {address} is free for one"))
        }
        (false, Listener::Ready) => {
            let message = format!("http://{address} is served by a host on another data folder than {folder}");
            Finding::warn(CHECK, message, "set PORT, if a host is to run on this folder too")
        }
        (false, Listener::Stranger) => {
            let message = format!("another program listens at {address}");
            Finding::fail(CHECK, message, "set PORT or HOST, or end that program")
        }
    }]
}

async fn listener(address: SocketAddr) -> Listener {
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return Listener::Nobody;
    }
    match ask(&format!("http://{address}/readyz")).await {
        Ok((StatusCode::OK, body)) if body.contains("ready") => Listener::Ready,
        Ok((StatusCode::SERVICE_UNAVAILABLE, body)) => {
            let said = serde_json::from_str::<serde_json::Value>(&body).ok();
            let said = said.as_ref().and_then(|said| said.get("error")).and_then(serde_json::Value::as_str);
            said.map_or(Listener::Stranger, |said| Listener::Unready(said.to_owned()))
        }
        _ => Listener::Stranger,
    }
}
