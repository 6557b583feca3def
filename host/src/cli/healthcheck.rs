//! `liner healthcheck`: asks the host of these settings whether it lives, for whoever has no other program to ask with.

use crate::config::Config;
use crate::tls;
use anyhow::{Context, ensure};
use clap::Args;
use reqwest::StatusCode;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

/// How long a host that lives may take to say so.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liner healthcheck
  liner healthcheck --ready")]
pub struct Healthcheck {
    /// Ask whether it can serve, too: whether its database answers
    #[arg(long)]
    ready: bool,
}

impl Healthcheck {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let path = if self.ready { "readyz" } else { "healthz" };
        let url = format!("http://{}/{path}", reachable(config.address));
        let (status, said) = ask(&url).await.with_context(|| format!("nobody answers at {url}"))?;
        ensure!(status.is_success(), "{url} answers {status}: {said}");
        Ok(ExitCode::SUCCESS)
    }
}

/// What a host of this machine says at one of its addresses.
pub async fn ask(url: &str) -> reqwest::Result<(StatusCode, String)> {
    tls::ready();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = client.get(url).send().await?;
    Ok((answer.status(), answer.text().await?))
}

/// Where a host of this machine that serves an address can be asked: one that serves all of them, at its own.
pub fn reachable(served: SocketAddr) -> SocketAddr {
    let ip = match served.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, served.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_serves_every_address_is_asked_at_its_own() {
        for (served, asked) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.7:1", "10.0.0.7:1")] {
            assert_eq!(reachable(served.parse().unwrap()).to_string(), asked);
        }
    }
}
