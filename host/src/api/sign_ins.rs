//! How often somebody may try a wrong token. In a fixed amount of memory: an address that nothing was heard of for a while
//! makes room for another.
//!
//! Who has tried too often waits, and what it sends meanwhile is not looked at: else it would learn whether it was right.
//! An address from which the right token came lately is another matter. There the operator is, perhaps behind the same
//! proxy as whoever guesses, and must not be locked out: what comes from there is looked at, and only wrong tokens are
//! told to wait.

use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tokens that an address may send at once, and how long until it may send another.
const OF_ONE: (f64, Duration) = (10.0, Duration::from_secs(6));
/// The same for a site of IPv6: whoever has one has 65,536 networks in it, and none of them would wait for another.
const OF_SITE: (f64, Duration) = (40.0, Duration::from_millis(1_500));
/// The same for all addresses together. It takes a hundred of them, or tens of sites, to keep everybody else waiting.
const OF_ALL: (f64, Duration) = (1_000.0, Duration::from_millis(60));
/// How long an address from which the right token came is known for it.
const KNOWN: Duration = Duration::from_secs(3_600);
/// Groups of addresses, and addresses of a group.
const GROUPS: usize = 512;
const OF_A_GROUP: usize = 8;

/// Why somebody is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSignedIn {
    /// The token is not the right one.
    Wrong,
    /// Too many were not; after this time another may be tried.
    Wait(Duration),
}

/// Attempts to sign in, by address and in all.
pub struct SignIns {
    book: Mutex<Book>,
    hasher: RandomState,
}

struct Book {
    groups: Box<[[Tries; OF_A_GROUP]]>,
    all: Tries,
}

/// What was tried from an address.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    /// Whose it is: a keyed hash of its network or site, so that nobody can choose whom to share a group with.
    of: u64,
    /// Wrong tokens, less what time has forgiven since.
    wrong: f64,
    at: Option<Instant>,
    known_until: Option<Instant>,
}

impl Tries {
    /// Forgives what time forgives.
    fn forgive(&mut self, now: Instant, each: Duration) {
        let passed = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.wrong = (self.wrong - passed.as_secs_f64() / each.as_secs_f64()).max(0.0);
        self.at = Some(now);
    }

    /// How long until another may be tried.
    fn wait(&self, (most, each): (f64, Duration)) -> Option<Duration> {
        let above = self.wrong - (most - 1.0);
        (above > 0.0).then(|| each.mul_f64(above))
    }

    fn is_known(&self, now: Instant) -> bool {
        self.known_until.is_some_and(|until| now < until)
    }
}

impl Default for SignIns {
    fn default() -> Self {
        let groups = vec![[Tries::default(); OF_A_GROUP]; GROUPS].into_boxed_slice();
        Self { book: Mutex::new(Book { groups, all: Tries::default() }), hasher: RandomState::new() }
    }
}

impl SignIns {
    /// Signs somebody in whose token is right, unless too many from there, or in all, were wrong lately.
    ///
    /// # Errors
    /// Why it is not signed in.
    pub fn attempt(&self, from: IpAddr, is_right: impl FnOnce() -> bool) -> Result<(), NotSignedIn> {
        self.attempt_at(Instant::now(), from, is_right)
    }

    fn attempt_at(&self, now: Instant, from: IpAddr, is_right: impl FnOnce() -> bool) -> Result<(), NotSignedIn> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let (one, site) = (self.hasher.hash_one(network(from)).max(1), site(from));
        let site = site.map(|site| self.hasher.hash_one(site).max(1));
        let mut tries = book.of(one, now).copied().unwrap_or_default();
        let mut of_site = site.and_then(|site| book.of(site, now).copied()).unwrap_or_default();
        tries.forgive(now, OF_ONE.1);
        of_site.forgive(now, OF_SITE.1);
        book.all.forgive(now, OF_ALL.1);
        let is_known = tries.is_known(now);
        let wait = tries.wait(OF_ONE).max(of_site.wait(OF_SITE)).max(book.all.wait(OF_ALL));
        if let Some(wait) = wait.filter(|_| !is_known) {
            return Err(NotSignedIn::Wait(wait));
        }
        let is_right = is_right();
        if is_right {
            tries.known_until = Some(now + KNOWN);
        } else {
            tries.wrong = (tries.wrong + 1.0).min(OF_ONE.0);
        }
        if !is_right && !is_known {
            of_site.wrong += 1.0;
            book.all.wrong += 1.0;
        }
        for (of, noted) in [(Some(one), tries), (site, of_site)] {
            if let Some(place) = of.and_then(|of| book.of(of, now)) {
                *place = Tries { of: place.of, ..noted };
            }
        }
        if is_right {
            return Ok(());
        }
        Err(tries.wait(OF_ONE).filter(|_| wait.is_some()).map_or(NotSignedIn::Wrong, NotSignedIn::Wait))
    }
}

impl Book {
    /// What is known of somebody.
    fn of(&mut self, of: u64, now: Instant) -> Option<&mut Tries> {
        let group = usize::try_from(of % u64::try_from(GROUPS).unwrap_or(1)).unwrap_or(0);
        self.groups.get_mut(group).and_then(|group| place(group, of, now))
    }
}

/// An address's place in its group: its own, or that of the one of which the least is to be remembered.
fn place(group: &mut [Tries; OF_A_GROUP], of: u64, now: Instant) -> Option<&mut Tries> {
    let weight = |tries: &Tries| {
        let passed = tries.at.map_or(Duration::MAX, |at| now.saturating_duration_since(at));
        (tries.is_known(now), (tries.wrong - passed.as_secs_f64() / OF_ONE.1.as_secs_f64()).max(0.0))
    };
    let own = group.iter().position(|tries| tries.of == of);
    let least = group.iter().enumerate().min_by(|(_, one), (_, other)| lighter(weight(one), weight(other)));
    let at = own.or(least.map(|(at, _)| at))?;
    let tries = group.get_mut(at)?;
    if tries.of != of {
        *tries = Tries { of, ..Tries::default() };
    }
    Some(tries)
}

fn lighter(one: (bool, f64), other: (bool, f64)) -> Ordering {
    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
}

/// Whom an address stands for: in IPv6 one caller has a whole network.
fn network(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => (u128::from(address) >> 64 << 64).to_be_bytes(),
    }
}

/// The site that an address of IPv6 is of: as much as one customer is given at most.
fn site(address: IpAddr) -> Option<[u8; 16]> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        // The last bit tells it from the network that begins as it does.
        IpAddr::V6(address) => Some((u128::from(address) >> 80 << 80 | 1).to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn stranger(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(0xcb00_0000 + n).into()
    }

    fn wait_of(result: Result<(), NotSignedIn>) -> Option<Duration> {
        match result {
            Err(NotSignedIn::Wait(wait)) => Some(wait),
            _ => None,
        }
    }

    #[test]
    fn after_ten_wrong_tokens_an_address_waits_and_is_not_even_looked_at() {
        let (sign_ins, now) = (SignIns::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(sign_ins.attempt_at(now, stranger(1), || false), Err(NotSignedIn::Wrong));
        }
        let looked = || panic!("it was looked at");
        let wait = wait_of(sign_ins.attempt_at(now, stranger(1), looked)).unwrap();
        assert!(wait <= OF_ONE.1, "{wait:?}");
        assert_eq!(sign_ins.attempt_at(now + wait, stranger(1), || true), Ok(()), "after that it may");
        assert_eq!(sign_ins.attempt_at(now, stranger(2), || true), Ok(()), "another may at once");
    }

    #[test]
    fn strangers_together_may_try_so_often_and_the_operator_goes_on_meanwhile() {
        let (sign_ins, now) = (SignIns::default(), Instant::now());
        assert_eq!(sign_ins.attempt_at(now, stranger(0), || true), Ok(()));
        for n in 1..=1_000 {
            assert_eq!(sign_ins.attempt_at(now, stranger(n), || false), Err(NotSignedIn::Wrong), "{n}");
        }
        assert!(wait_of(sign_ins.attempt_at(now, stranger(1_001), || true)).is_some());
        assert_eq!(sign_ins.attempt_at(now, stranger(0), || true), Ok(()));
        assert!(wait_of(sign_ins.attempt_at(now + KNOWN, stranger(0), || true)).is_none(), "all is forgiven by then");
    }

    #[test]
    fn where_the_operator_is_wrong_tokens_are_told_to_wait_and_the_right_one_is_not() {
        let (sign_ins, now) = (SignIns::default(), Instant::now());
        assert_eq!(sign_ins.attempt_at(now, stranger(1), || true), Ok(()));
        for _ in 0..10 {
            assert_eq!(sign_ins.attempt_at(now, stranger(1), || false), Err(NotSignedIn::Wrong));
        }
        assert!(wait_of(sign_ins.attempt_at(now, stranger(1), || false)).is_some());
        assert_eq!(sign_ins.attempt_at(now, stranger(1), || true), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let (sign_ins, now) = (SignIns::default(), Instant::now());
        let of = |host: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host));
        for host in 0..10 {
            let _ = sign_ins.attempt_at(now, of(host), || false);
        }
        assert!(wait_of(sign_ins.attempt_at(now, of(99), || true)).is_some());
    }

    #[test]
    fn all_the_networks_of_a_site_lock_out_nobody_elsewhere() {
        let (sign_ins, now) = (SignIns::default(), Instant::now());
        let of = |site: u16, network: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, site, network, 0, 0, 0, 1));
        let mut looked_at = 0;
        for network in 0..2_000 {
            let _ = sign_ins.attempt_at(now, of(1, network), || {
                looked_at += 1;
                false
            });
        }
        assert_eq!(looked_at, 40, "however many networks it has");
        assert_eq!(sign_ins.attempt_at(now, of(2, 0), || true), Ok(()), "an operator at another site");
        assert_eq!(sign_ins.attempt_at(now, stranger(1), || true), Ok(()), "or in IPv4");
    }

    #[test]
    fn any_number_of_addresses_takes_the_same_memory_and_who_is_known_stays() {
        let (sign_ins, mut now) = (SignIns::default(), Instant::now());
        assert_eq!(sign_ins.attempt_at(now, stranger(0), || true), Ok(()));
        for n in 1..100_000 {
            now += Duration::from_millis(5);
            let _ = sign_ins.attempt_at(now, stranger(n), || false);
        }
        assert!(sign_ins.book.lock().unwrap().all.wait(OF_ALL).is_some());
        assert_eq!(sign_ins.attempt_at(now, stranger(0), || true), Ok(()), "it was not forgotten for others");
    }
}
