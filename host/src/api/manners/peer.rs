//! Who asks: the address that the connection came from, or the one that a trusted proxy says it passes on for.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Where the connection came from; the server notes it on each request.
#[derive(Debug, Clone, Copy)]
pub struct Connected(pub IpAddr);

/// The address that a request is answered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// What came by no connection came from nowhere.
    pub const NOWHERE: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// Who asks.
    pub fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or(Self::NOWHERE)
    }
}

/// Notes who asks.
pub async fn know(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    if let Some(Connected(address)) = request.extensions().get().copied() {
        let peer = passed_on(address, request.headers(), &trusted);
        request.extensions_mut().insert(peer);
    }
    next.run(request).await
}

/// Each proxy adds whom it passes on for at the end. What stands before an address that is not trusted, its owner may have
/// made up.
fn passed_on(connected: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Peer {
    let mut address = connected.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
    let said: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    for one in said.iter().rev() {
        match read(one.trim()) {
            Some(before) if is_trusted(&address) => address = before.to_canonical(),
            _ => break,
        }
    }
    Peer(address)
}

/// An address, as some proxies write it with a port.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(connected: &str, said: &[&'static str], trusted: &[&str]) -> String {
        let headers = said.iter().map(|said| ("x-forwarded-for".parse().unwrap(), said.parse().unwrap())).collect();
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        passed_on(connected.parse().unwrap(), &headers, &trusted).0.to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        assert_eq!(peer("203.0.113.1", &["198.51.100.7"], &[]), "203.0.113.1");
        assert_eq!(peer("203.0.113.1", &["198.51.100.7"], &["10.0.0.0/8"]), "203.0.113.1");
        assert_eq!(peer("::ffff:10.0.0.1", &[], &[]), "10.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_no_trusted_proxy_is_who_asks() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(peer("10.0.0.1", &["198.51.100.7"], &trusted), "198.51.100.7");
        assert_eq!(peer("10.0.0.1", &["1.1.1.1, 198.51.100.7", "10.0.0.2"], &trusted), "198.51.100.7");
        assert_eq!(peer("::ffff:10.0.0.1", &["[2001:db8::1]:4711"], &trusted), "2001:db8::1");
        assert_eq!(peer("10.0.0.1", &["198.51.100.7:80"], &trusted), "198.51.100.7");
        assert_eq!(peer("10.0.0.1", &["198.51.100.7, unknown"], &trusted), "10.0.0.1");
    }
}
