//! Places where a test lets this process die, as a power cut would. They are compiled in for tests only (the feature
//! `failpoints`, which nothing but the tests' own crate turns on); elsewhere they are nothing.

/// A place on a batch's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failpoint {
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

/// Dies here if a test said so: `LINER_FAILPOINT` is a place's name and how often it is passed before.
#[cfg(feature = "failpoints")]
pub fn pass(point: Failpoint) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicI64)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let wanted = std::env::var("LINER_FAILPOINT").ok()?;
        let (name, passes) = wanted.split_once(':')?;
        Some((name.to_owned(), AtomicI64::new(passes.parse().ok()?)))
    });
    let Some((name, passes)) = wanted else { return };
    if format!("{point:?}") == *name && passes.fetch_sub(1, Ordering::SeqCst) == 0 {
        // It cannot fail for the process itself, and nothing follows.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn pass(_: Failpoint) {}
