//! Which URLs may be asked for at all, before anybody is asked where they lead.

use super::allowed::{Allowed, bare};
use super::resolve::Check;
use super::{Fault, address, shown};
use std::net::IpAddr;
use url::{Host, Url};

/// Endings of names that are not of the public DNS (RFC 6761, 6762, 7686, 8375, and what ICANN reserved for networks).
const LOCAL: [&str; 6] = ["localhost", "local", "internal", "home.arpa", "lan", "onion"];
/// Longer than any address that leads to a page; a server could make one as long as its headers may be.
const MAX_URL: usize = 8_192;

/// What its connection is checked for, of a URL that may be asked for.
pub(super) fn check(url: &Url, allowed: &Allowed) -> Result<Check, Fault> {
    let scheme = url.scheme();
    if !matches!(scheme, "http" | "https") {
        return Err(forbidden(format!("{} is neither http nor https", shown(scheme))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(forbidden("the address holds a user's name or password"));
    }
    if url.as_str().len() > MAX_URL {
        return Err(forbidden(format!("the address is longer than {MAX_URL} bytes")));
    }
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(forbidden("the address names no host"));
    };
    if allowed.names(&host, port) {
        return Ok(Check::Nothing);
    }
    if !matches!(port, 80 | 443) {
        return Err(forbidden(format!("port {port} is neither 80 nor 443")));
    }
    let special = match host {
        Host::Domain(name) => special_name(bare(name)),
        Host::Ipv4(literal) => address::special(IpAddr::V4(literal)),
        Host::Ipv6(literal) => address::special(IpAddr::V6(literal)),
    };
    special.map_or(Ok(Check::Public), |what| Err(forbidden(format!("{host} is {what}"))))
}

/// What a name is, when it is not of the public DNS.
fn special_name(name: &str) -> Option<&'static str> {
    let is_below =
        |ending: &&str| name.strip_suffix(*ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if LOCAL.iter().any(is_below) {
        return Some("a name of a local network");
    }
    (!name.contains('.')).then_some("a name without a domain")
}

fn forbidden(reason: impl Into<String>) -> Fault {
    Fault::Forbidden(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str, allowed: &str) -> Result<Check, String> {
        check(&Url::parse(url).unwrap(), &allowed.parse().unwrap()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn public_hosts_may_be_asked_on_their_ports() {
        for url in [
            "http://a.example/",
            "https://a.example./x?y",
            "http://a.example:443/",
            "https://a.example:80/",
            "http://8.8.8.8/",
            "http://[2606:4700::1111]/",
            "https://localhost.example/",
            "https://notlocal.example/",
            "https://mylan.example/",
        ] {
            assert_eq!(said(url, ""), Ok(Check::Public), "{url}");
        }
    }

    #[test]
    fn what_is_not_public_is_refused_however_it_is_spelt() {
        for (url, reason) in [
            ("ftp://a.example/", "ftp is neither http nor https"),
            ("file:///etc/passwd", "file is neither"),
            ("gopher://a.example:80/", "gopher is neither"),
            ("data:text/html,x", "data is neither"),
            ("http://user@a.example/", "user's name"),
            ("http://:secret@a.example/", "password"),
            ("http://a.example:22/", "port 22 is neither 80 nor 443"),
            ("https://a.example:8443/", "port 8443"),
            ("http://127.0.0.1/", "127.0.0.1 is a loopback address"),
            ("http://127.1/", "loopback"),
            ("http://2130706433/", "loopback"),
            ("http://0x7f000001/", "loopback"),
            ("http://0177.0.0.1/", "loopback"),
            ("http://0x7f.0x0.0x0.0x1/", "loopback"),
            ("http://127.0.0.1./", "loopback"),
            ("http://①②⑦.0.0.1/", "loopback"),
            ("http://127。0。0。1/", "loopback"),
            ("http://%31%32%37.0.0.1/", "loopback"),
            ("http:127.0.0.1", "loopback"),
            ("http:\\\\127.0.0.1\\", "loopback"),
            ("http://0/", "this network"),
            ("http://[::1]/", "loopback"),
            ("http://[::ffff:127.0.0.1]/", "loopback"),
            ("http://[::ffff:a9fe:a9fe]/", "metadata"),
            ("http://[0:0:0:0:0:ffff:10.0.0.1]/", "private"),
            ("http://[64:ff9b::10.0.0.1]/", "private"),
            ("http://[fe80::1]/", "link-local"),
            ("http://169.254.169.254/latest/meta-data", "metadata"),
            ("http://localhost/", "a name of a local network"),
            ("http://LOCALHOST./", "local network"),
            ("http://a.localhost/", "local network"),
            ("http://printer.local/", "local network"),
            ("http://metadata.google.internal/", "local network"),
            ("http://router.lan/", "local network"),
            ("http://printer/", "a name without a domain"),
            ("http://printer./", "without a domain"),
        ] {
            let said = said(url, "").unwrap_err();
            assert!(said.contains(reason), "{url}: {said}");
        }
    }

    #[test]
    fn what_the_operator_names_may_be_asked_on_any_port_but_only_by_http() {
        assert_eq!(said("http://127.0.0.1:9999/", "127.0.0.1"), Ok(Check::Nothing));
        assert_eq!(said("http://printer:9100/", "printer"), Ok(Check::Nothing));
        assert!(said("ftp://printer/", "printer").is_err());
        assert!(said("http://user:secret@printer/", "printer").is_err());
        assert!(said("http://printer:81/", "printer:80").is_err());
    }

    #[test]
    fn an_address_without_end_is_refused() {
        assert!(said(&format!("http://a.example/{}", "x".repeat(MAX_URL)), "").unwrap_err().contains("longer"));
    }
}
