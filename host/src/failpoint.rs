//! Places where a test lets this process die, as a power cut would, or stand still, as after a mistake of ours. They are compiled in for tests only (the feature
//! `failpoints`, which nothing but the tests' own crate turns on); elsewhere they are nothing.

/// A place on a batch's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failpoint {
    /// The worker's loop is about to claim.
    BeforeClaim,
    /// This host is about to write that it lives.
    BeforeBeat,
    /// Tracks were claimed, and nothing else was done.
    AfterClaim,
    /// A reply is there, and nobody wrote it down.
    AfterReply,
    /// A reply was written down, and nobody read it.
    AfterJournal,
    /// A batch is about to be settled.
    BeforeCommit,
    /// A batch was settled, and nobody was told.
    AfterCommit,
    /// A batch waits for a provider's batch.
    AfterPark,
    /// A provider's batch is written down, and was not submitted.
    AfterGather,
    /// It was submitted, and its name was not written down.
    AfterSubmit,
    /// Its name was written down.
    AfterSubmitted,
    /// One of its results was written down.
    AfterResult,
    /// All of them were.
    AfterResults,
    /// It has ended, and nobody works on its tracks yet.
    AfterEnd,
}

#[cfg(feature = "failpoints")]
pub use wanted::{pass, stand_still};

#[cfg(feature = "failpoints")]
mod wanted {
    use super::Failpoint;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A place's name, and how often it is passed before.
    struct Wanted(Option<(String, AtomicI64)>);

    impl Wanted {
        fn from_environment(variable: &str) -> Self {
            Self(std::env::var(variable).ok().and_then(|wanted| {
                let (name, passes) = wanted.split_once(':')?;
                Some((name.to_owned(), AtomicI64::new(passes.parse().ok()?)))
            }))
        }

        fn is(&self, point: Failpoint) -> bool {
            let Self(Some((name, passes))) = self else { return false };
            format!("{point:?}") == *name && passes.fetch_sub(1, Ordering::SeqCst) == 0
        }
    }

    /// Dies here if `LINER_FAILPOINT` says so.
    pub fn pass(point: Failpoint) {
        static WANTED: LazyLock<Wanted> = LazyLock::new(|| Wanted::from_environment("LINER_FAILPOINT"));
        if WANTED.is(point) {
            // It cannot fail for the process itself, and nothing follows.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    }

    /// Waits here for ever if `LINER_STANDSTILL` says so.
    pub async fn stand_still(point: Failpoint) {
        static WANTED: LazyLock<Wanted> = LazyLock::new(|| Wanted::from_environment("LINER_STANDSTILL"));
        if WANTED.is(point) {
            std::future::pending::<()>().await;
        }
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn pass(_: Failpoint) {}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub async fn stand_still(_: Failpoint) {}
