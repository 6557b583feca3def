//! Which addresses are of the public Internet.
//!
//! The tables are the special-purpose registries of IANA (RFC 6890 and its updates), as of 2025: what is not global there
//! is refused, and so is what is global but serves no pages. Addresses of metadata services come first, for their reason
//! says more. An IPv6 address that only wraps an IPv4 address is what it wraps. A NAT64 with a prefix of a network's own
//! (RFC 6052) cannot be told from an address; such a network has to keep its translator from private addresses itself.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const METADATA: &str = "an address of a cloud's metadata service";

const V4: &[(Ipv4Net, &str)] = &[
    (v4([169, 254, 169, 254], 32), METADATA),
    (v4([169, 254, 170, 2], 32), METADATA),
    // Alibaba Cloud, Oracle Cloud and Azure, whose wire server has a public address.
    (v4([100, 100, 100, 200], 32), METADATA),
    (v4([192, 0, 0, 192], 32), METADATA),
    (v4([168, 63, 129, 16], 32), METADATA),
    (v4([0, 0, 0, 0], 8), "an address of \"this network\" (RFC 791)"),
    (v4([10, 0, 0, 0], 8), "a private address (RFC 1918)"),
    (v4([100, 64, 0, 0], 10), "an address that carriers share (RFC 6598)"),
    (v4([127, 0, 0, 0], 8), "a loopback address (RFC 1122)"),
    (v4([169, 254, 0, 0], 16), "a link-local address (RFC 3927), where clouds have metadata services"),
    (v4([172, 16, 0, 0], 12), "a private address (RFC 1918)"),
    (v4([192, 0, 0, 0], 24), "an address for protocols (RFC 6890)"),
    (v4([192, 0, 2, 0], 24), "an address for documentation (RFC 5737)"),
    (v4([192, 31, 196, 0], 24), "an address of AS112 (RFC 7535)"),
    (v4([192, 52, 193, 0], 24), "an address for multicast relays (RFC 7450)"),
    (v4([192, 88, 99, 0], 24), "an address of 6to4 relays (RFC 7526)"),
    (v4([192, 168, 0, 0], 16), "a private address (RFC 1918)"),
    (v4([192, 175, 48, 0], 24), "an address of AS112 (RFC 7534)"),
    (v4([198, 18, 0, 0], 15), "an address for benchmarks (RFC 2544)"),
    (v4([198, 51, 100, 0], 24), "an address for documentation (RFC 5737)"),
    (v4([203, 0, 113, 0], 24), "an address for documentation (RFC 5737)"),
    (v4([224, 0, 0, 0], 4), "a multicast address (RFC 5771)"),
    (v4([255, 255, 255, 255], 32), "the broadcast address (RFC 919)"),
    (v4([240, 0, 0, 0], 4), "a reserved address (RFC 1112)"),
];

const V6: &[(Ipv6Net, &str)] = &[
    // AWS, Google Cloud and Scaleway.
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), METADATA),
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), METADATA),
    (v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128), METADATA),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "the unspecified address (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "the loopback address (RFC 4291)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "an IPv4-compatible address (RFC 4291)"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "an address of a local NAT64 (RFC 8215)"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "an address of which packets are discarded (RFC 6666)"),
    (v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "a dummy address (RFC 9780)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "a Teredo address (RFC 4380), which hides another"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "an address for benchmarks (RFC 5180)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "an address for protocols (RFC 2928)"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "an address for documentation (RFC 3849)"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "a 6to4 address (RFC 3056), which hides another"),
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), "an address of AS112 (RFC 7534)"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "an address for documentation (RFC 9637)"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "an address of segment routing (RFC 9602)"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a private address (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "a link-local address (RFC 4291)"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a site-local address (RFC 3879)"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast address (RFC 4291)"),
];

/// What IANA gives out for unicast (RFC 4291); all else is not assigned.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// The prefix by which a NAT64 is known everywhere (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

/// What an address is, when it is not of the public Internet.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(wrapped) = wrapped(address) {
        return special_v4(wrapped);
    }
    let listed = V6.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what);
    listed
        .or_else(|| isatap(address).and_then(special_v4))
        .or_else(|| (!GLOBAL_UNICAST.contains(&address)).then_some("an address that nobody was given (RFC 4291)"))
}

/// What an address that is nothing in itself stands for.
fn wrapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    address.to_ipv4_mapped().or_else(|| NAT64.contains(&address).then(|| last(address)))
}

/// The address to which packets are tunnelled within a site (RFC 5214).
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, _, _, _, scope, 0x5efe, _, _] = address.segments() else { return None };
    matches!(scope, 0 | 0x200).then(|| last(address))
}

fn last(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(address: &str) -> &'static str {
        special(address.parse().unwrap()).unwrap_or("public")
    }

    #[test]
    fn addresses_of_the_internet_are_public_up_to_the_edges_of_what_is_not() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.15",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:82a::200e",
            "2001:dc8::1",
            "2003::1",
            "3ffe::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2606:4700::5efe:8.8.8.8",
        ] {
            assert_eq!(what(public), "public", "{public}");
        }
    }

    #[test]
    fn every_network_that_is_not_public_says_what_it_is() {
        for (address, reason) in [
            ("0.0.0.0", "this network"),
            ("0.255.255.255", "this network"),
            ("10.0.0.0", "private"),
            ("10.255.255.255", "private"),
            ("100.64.0.0", "carriers"),
            ("100.127.255.255", "carriers"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("169.254.0.1", "link-local"),
            ("172.16.0.0", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.8", "protocols"),
            ("192.0.2.1", "documentation"),
            ("192.31.196.1", "AS112"),
            ("192.52.193.1", "multicast relays"),
            ("192.88.99.1", "6to4"),
            ("192.168.1.1", "private"),
            ("192.175.48.1", "AS112"),
            ("198.18.0.1", "benchmarks"),
            ("198.19.255.255", "benchmarks"),
            ("198.51.100.1", "documentation"),
            ("203.0.113.1", "documentation"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::8.8.8.8", "IPv4-compatible"),
            ("64:ff9b:1::8.8.8.8", "local NAT64"),
            ("100::1", "discarded"),
            ("100:0:0:1::1", "dummy"),
            ("2001::1", "Teredo"),
            ("2001:2::1", "benchmarks"),
            ("2001:1::1", "protocols"),
            ("2001:20::1", "protocols"),
            ("2001:1ff:ffff::1", "protocols"),
            ("2001:db8::1", "documentation"),
            ("2002:808:808::1", "6to4"),
            ("2620:4f:8000::1", "AS112"),
            ("3fff:fff::1", "documentation"),
            ("5f00::1", "segment routing"),
            ("fc00::1", "private"),
            ("fdff::1", "private"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
            ("4000::1", "nobody"),
            ("e000::1", "nobody"),
        ] {
            // The last of a block has the reason of the block; the broadcast address has one of its own.
            let reason = if address == "255.255.255.255" { "multicast|broadcast|reserved" } else { reason };
            assert!(reason.split('|').any(|reason| what(address).contains(reason)), "{address}: {}", what(address));
        }
    }

    #[test]
    fn metadata_services_are_refused_by_name_wherever_their_address_is() {
        for service in [
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fd00:42::42",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b::168.63.129.16",
        ] {
            assert!(what(service).contains("metadata"), "{service}: {}", what(service));
        }
    }

    #[test]
    fn an_address_in_an_address_is_judged_by_what_it_hides() {
        for wrapped in [
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::7f00:1",
            "2606:4700::5efe:127.0.0.1",
            "2606:4700::200:5efe:127.0.0.1",
        ] {
            assert!(what(wrapped).contains("loopback"), "{wrapped}: {}", what(wrapped));
        }
        for hiding in ["::127.0.0.1", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"] {
            assert_ne!(what(hiding), "public", "{hiding}");
        }
    }
}
