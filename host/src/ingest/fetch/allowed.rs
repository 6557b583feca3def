//! What an operator lets be read though it is not public.

use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;
use url::Host;

/// Hosts, addresses and networks that may be read from, on every port or on the one that is named.
///
/// Written as a list with commas: `wiki.example`, `*.corp.example` (what is below it, not itself), `10.1.2.3`,
/// `10.1.0.0/16`, `fd00::1`, and any of them with a port: `wiki.example:8080`, `10.1.0.0/16:8080`, `[fd00::/8]:8080`.
///
/// An entry lifts the rules for what a URL *names*. A name that is listed may lead to any address: whoever lists it says
/// that its zone is trusted. A network that is listed may be read by address only. A name that leads into it is still
/// refused, for every stranger can have a name that leads to 10.1.2.3, and with it would read what a browser in that
/// network shows; who wants names of an intranet lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    entries: Vec<Entry>,
}

/// An entry that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host (wiki.example, *.corp.example), address (10.1.2.3, fd00::1) or network (10.1.0.0/16), \
     with or without a port (wiki.example:8080, [fd00::1]:8080)"
)]
pub struct AllowedError(pub String);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Name(String),
    /// With the dot that it begins with.
    Below(String),
    Network(IpNet),
}

impl Allowed {
    /// Whether a host may be read from on a port, whatever else is said about it.
    #[must_use]
    pub fn names(&self, host: &Host<&str>, port: u16) -> bool {
        self.entries.iter().any(|entry| entry.port.is_none_or(|only| only == port) && entry.hosts.has(host))
    }
}

impl Hosts {
    fn has(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Name(listed), Host::Domain(name)) => bare(name) == listed,
            (Self::Below(suffix), Host::Domain(name)) => bare(name).ends_with(suffix.as_str()),
            // What is mapped into IPv6 is the same address, and the same host answers.
            (Self::Network(network), Host::Ipv6(address)) => network.contains(&address.to_canonical()),
            (Self::Network(network), Host::Ipv4(address)) => network.contains(&IpAddr::V4(*address)),
            _ => false,
        }
    }
}

/// A name without the dot of the root, which changes nothing about where it leads.
pub(super) fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entries = entries.map(|entry| Entry::of(entry).ok_or_else(|| AllowedError(entry.to_owned())));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    fn of(text: &str) -> Option<Self> {
        if let Some(hosts) = Hosts::of(text) {
            return Some(Self { hosts, port: None });
        }
        let (hosts, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        // Without the brackets, the last group of an IPv6 address would pass for a port.
        let hosts = match hosts.strip_prefix('[') {
            Some(inner) => Hosts::Network(network(inner.strip_suffix(']')?)?),
            None => Hosts::of(hosts).filter(|hosts| !matches!(hosts, Hosts::Network(IpNet::V6(_))))?,
        };
        Some(Self { hosts, port: Some(port) })
    }
}

impl Hosts {
    fn of(text: &str) -> Option<Self> {
        if let Some(network) = network(text) {
            return Some(Self::Network(network));
        }
        if let Some(parent) = text.strip_prefix("*.") {
            return Some(Self::Below(format!(".{}", name(parent)?)));
        }
        // The other spellings of an address are one, too: 127.1, 0x7f000001.
        match Host::parse(text).ok()? {
            Host::Ipv4(address) => Some(Self::Network(IpAddr::V4(address).into())),
            Host::Ipv6(address) => Some(Self::Network(IpAddr::V6(address).into())),
            Host::Domain(_) => name(text).map(Self::Name),
        }
    }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn name(text: &str) -> Option<String> {
    let Host::Domain(domain) = Host::parse(text).ok()? else { return None };
    let is_name = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_name.then(|| bare(&domain).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn names(allowed: &str, url: &str) -> bool {
        let url = Url::parse(url).unwrap();
        let allowed: Allowed = allowed.parse().unwrap();
        allowed.names(&url.host().unwrap(), url.port_or_known_default().unwrap())
    }

    #[test]
    fn an_entry_names_a_host_what_is_below_it_an_address_or_a_network() {
        for (allowed, url) in [
            ("wiki.example", "http://wiki.example/"),
            ("Wiki.Example.", "http://wiki.example/"),
            ("wiki.example", "http://WIKI.example.:8080/"),
            ("bücher.example", "http://xn--bcher-kva.example/"),
            ("printer", "http://printer/"),
            ("*.corp.example", "http://a.b.corp.example/"),
            ("10.1.2.3", "http://10.1.2.3:9/"),
            ("10.1.2.3", "http://[::ffff:10.1.2.3]/"),
            ("127.0.0.1", "http://2130706433/"),
            ("10.1.0.0/16", "http://10.1.255.1/"),
            ("fd00::1", "http://[fd00::1]/"),
            ("[fd00::1]", "http://[fd00::1]:8/"),
            ("fd00::/8", "http://[fdff::1]/"),
            ("a.example, ,b.example,", "http://b.example/"),
        ] {
            assert!(names(allowed, url), "{allowed} does not name {url}");
        }
    }

    #[test]
    fn an_entry_names_nothing_else() {
        for (allowed, url) in [
            ("", "http://wiki.example/"),
            ("wiki.example", "http://notwiki.example/"),
            ("wiki.example", "http://a.wiki.example/"),
            ("wiki.example", "http://wiki.example.evil.example/"),
            ("*.corp.example", "http://corp.example/"),
            ("*.corp.example", "http://evilcorp.example/"),
            ("10.1.2.3", "http://10.1.2.4/"),
            ("10.1.2.3", "http://10.1.2.3.evil.example/"),
            ("10.1.0.0/16", "http://10.2.0.1/"),
            ("fd00::/8", "http://[fe00::1]/"),
            ("0.0.0.0/0", "http://[fe00::1]/"),
        ] {
            assert!(!names(allowed, url), "{allowed} names {url}");
        }
    }

    #[test]
    fn an_entry_with_a_port_names_that_port_alone() {
        for (allowed, url) in [
            ("wiki.example:8080", "http://wiki.example:8080/"),
            ("*.corp.example:8080", "http://a.corp.example:8080/"),
            ("10.0.0.0/8:8080", "http://10.1.2.3:8080/"),
            ("[fd00::1]:8080", "http://[fd00::1]:8080/"),
            ("[fd00::/8]:8080", "http://[fd00::1]:8080/"),
        ] {
            assert!(names(allowed, url), "{allowed} does not name {url}");
            assert!(!names(allowed, &url.replace(":8080", "")), "{allowed} names port 80");
        }
    }

    #[test]
    fn what_is_none_of_them_is_told_with_what_is() {
        for entry in
            ["*", "*.", "*.10.0.0.1", "a b", "10.0.0.0/33", "wiki.example:0", "wiki.example:70000", "a.example:x"]
                .into_iter()
                .chain([
                    "http://wiki.example",
                    "[fd00::1",
                    "[fd00::1]x",
                    "fe80::1%eth0",
                    "[fd00::1]:",
                    "user@a.example",
                ])
        {
            let error = format!("ok.example,{entry}").parse::<Allowed>().unwrap_err();
            assert_eq!(error, AllowedError(entry.to_owned()));
            assert!(error.to_string().contains(entry) && error.to_string().contains("*.corp.example"), "{error}");
        }
    }
}
