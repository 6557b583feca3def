//! Names become addresses, and only addresses that may be connected to.
//!
//! The client asks for a name here, and here alone, each time that it opens a connection, and connects to what this
//! returns: between the check and the connection no second answer of the DNS has a place. A connection that is kept and
//! used again leads where it led when it was checked, whatever the name says by then.

use super::address;
use super::allowed::bare;
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Whoever knows the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All of its addresses.
    ///
    /// # Errors
    /// When there are none, or nobody says.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// How many names are looked up at once. The system's resolver blocks a thread until it answers, which may be long after
/// its caller has gone, and all that blocks in this process shares some hundred threads.
const MAX_LOOKUPS: usize = 32;

/// The system's resolver, with what it is configured to know besides the DNS.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

impl SystemResolver {
    /// Looks something up on a thread of its own when there is room for it, and holds its place until that has ended,
    /// though nobody may wait for it any longer.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        lookup: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = self.lookups.clone().acquire_owned().await.map_err(io::Error::other)?;
        let looking = move || {
            let _place = place;
            lookup()
        };
        tokio::task::spawn_blocking(looking).await.map_err(io::Error::other)?
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let name = name.to_owned();
        let lookup = move || Ok((name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect());
        self.on_a_thread(lookup).await
    }
}

/// A name that may not be connected to. It does not say to which address it leads: what a network's own DNS knows is not
/// for whoever sends links in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} leads to {what}")]
pub(super) struct Refused {
    name: String,
    what: &'static str,
}

/// A resolver whose answers may be connected to.
#[derive(Clone)]
pub(super) struct Checked {
    resolver: Arc<dyn Resolver>,
    check: Check,
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Public ones.
    Public,
    /// Any: the operator names the host.
    Nothing,
}

impl Checked {
    pub(super) fn new(resolver: Arc<dyn Resolver>, check: Check) -> Self {
        Self { resolver, check }
    }

    /// The addresses of a name. One that is not public is enough to refuse it: an honest name does not lead here and
    /// there, and one that does waits for the connection that fails over.
    async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let addresses = self.resolver.resolve(name).await?;
        let special = addresses.iter().find_map(|address| address::special(*address));
        if let (Check::Public, Some(what)) = (self.check, special) {
            return Err(Refused { name: bare(name).to_owned(), what }.into());
        }
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no address").into());
        }
        // The client puts the URL's port in the place of 0.
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let checked = self.clone();
        Box::pin(async move {
            let addresses = checked.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, mpsc};
    use std::time::Duration;

    #[tokio::test]
    async fn lookups_that_hang_take_so_many_threads_and_others_wait_for_theirs() {
        let (resolver, running) = (SystemResolver::default(), Arc::new(AtomicUsize::new(0)));
        let (hang, hung) = mpsc::channel::<()>();
        let hung = Arc::new(Mutex::new(hung));
        let lookup = || {
            let (running, hung) = (running.clone(), hung.clone());
            move || {
                running.fetch_add(1, Ordering::SeqCst);
                let _ = hung.lock().unwrap().recv();
                Ok(())
            }
        };
        // Their callers do not wait for them.
        for _ in 0..MAX_LOOKUPS {
            let _ = tokio::time::timeout(Duration::ZERO, resolver.on_a_thread(lookup())).await;
        }
        let next = resolver.on_a_thread(lookup());
        assert!(tokio::time::timeout(Duration::from_millis(100), next).await.is_err());
        while running.load(Ordering::SeqCst) < MAX_LOOKUPS {
            tokio::task::yield_now().await;
        }
        drop(hang);
        resolver.on_a_thread(|| Ok(())).await.unwrap();
        assert_eq!(running.load(Ordering::SeqCst), MAX_LOOKUPS);
    }

    struct Says(&'static [&'static str]);

    #[async_trait]
    impl Resolver for Says {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    async fn told(addresses: &'static [&'static str], check: Check) -> Result<Vec<String>, String> {
        let checked = Checked::new(Arc::new(Says(addresses)), check);
        let addresses = checked.addresses("a.example.").await.map_err(|error| error.to_string())?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn public_addresses_are_passed_on_as_they_are() {
        let told = told(&["8.8.8.8", "2606:4700::1111"], Check::Public).await;
        assert_eq!(told.unwrap(), ["8.8.8.8:0", "[2606:4700::1111]:0"]);
    }

    #[tokio::test]
    async fn one_address_that_is_not_public_is_enough_to_refuse_a_name_and_is_not_told() {
        for addresses in [&["8.8.8.8", "10.9.8.7"][..], &["10.9.8.7", "8.8.8.8"], &["8.8.8.8", "::ffff:10.9.8.7"]] {
            let refused = told(addresses, Check::Public).await.unwrap_err();
            assert_eq!(refused, "a.example leads to a private address (RFC 1918)");
        }
    }

    #[tokio::test]
    async fn a_name_that_the_operator_names_may_lead_anywhere() {
        assert_eq!(told(&["8.8.8.8", "10.9.8.7"], Check::Nothing).await.unwrap(), ["8.8.8.8:0", "10.9.8.7:0"]);
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_an_error() {
        assert_eq!(told(&[], Check::Nothing).await.unwrap_err(), "no address");
    }
}
