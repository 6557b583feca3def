//! The first call of a burst goes alone: a prefix can be read from the provider's cache only once the first answer that
//! wrote it has begun. The others wait for that one and pay a tenth for the prefix.

use crate::music::Prompt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Alone, OnceCell, OwnedMutexGuard};
use tokio::time::Instant;

/// How long a prefix is read from the cache after its last use: a little less than the provider keeps it, five minutes.
const WARM: Duration = Duration::from_secs(285);
/// How long nobody waits for a first answer after one failed.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The most prefixes that are remembered. There are two a strategy.
const MOST_PREFIXES: usize = 1_000;

/// The prefixes of one model.
#[derive(Default)]
pub struct Bursts(Mutex<HashMap<[u8; 32], Arc<Prefix>>>);

#[derive(Default)]
struct Prefix {
    tokens: OnceCell<i64>,
    warm_until: Mutex<Option<Instant>>,
    turn: Arc<Alone<()>>,
}

/// The turn of a call with a cached prefix.
pub struct Turn {
    prefix: Arc<Prefix>,
    /// Held by the first one.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Bursts {
    /// A prefix's tokens, counted once.
    pub async fn prefix<F: Future<Output = i64>>(&self, prompt: &Prompt, count: impl FnOnce() -> F) -> i64 {
        *self.of(prompt).tokens.get_or_init(count).await
    }

    /// Lets a call through: the first one at once, the others when it has its answer.
    pub async fn enter(&self, prompt: &Prompt) -> Turn {
        let prefix = self.of(prompt);
        if prefix.is_warm() {
            return Turn { prefix, _turn: None };
        }
        let turn = prefix.turn.clone().lock_owned().await;
        let is_first = !prefix.is_warm();
        Turn { prefix, _turn: is_first.then_some(turn) }
    }

    fn of(&self, prompt: &Prompt) -> Arc<Prefix> {
        let digest = prompt.frame_digest();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_PREFIXES && !known.contains_key(&digest) {
            known.clear();
        }
        known.entry(digest).or_default().clone()
    }
}

impl Prefix {
    fn is_warm(&self) -> bool {
        self.warm_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| until > Instant::now())
    }
}

impl Turn {
    /// The call ended; the others follow.
    pub fn leave(self, is_answered: bool) {
        let warm = if is_answered { WARM } else { AFTER_FAILURE };
        *self.prefix.warm_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + warm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn prompt(system: &str) -> Prompt {
        Prompt { system: system.to_owned(), ..Prompt::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_call_goes_alone_and_the_others_follow_when_it_is_answered() {
        let bursts = Bursts::default();
        let first = bursts.enter(&prompt("a")).await;
        let (ours, others) = (prompt("a"), prompt("b"));
        let mut second = Box::pin(bursts.enter(&ours));
        assert!((&mut second).now_or_never().is_none());
        assert!(bursts.enter(&others).now_or_never().is_some(), "another prefix does not wait");
        first.leave(true);
        second.await.leave(true);
        let (third, fourth) = (bursts.enter(&ours).now_or_never(), bursts.enter(&ours).now_or_never());
        assert!(third.is_some() && fourth.is_some(), "while it is warm they go side by side");
        tokio::time::advance(WARM).await;
        let _first = bursts.enter(&ours).await;
        assert!(bursts.enter(&ours).now_or_never().is_none(), "once it is cold they wait again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_call_that_fails_or_is_given_up_holds_nobody_up() {
        let bursts = Bursts::default();
        drop(bursts.enter(&prompt("a")).await);
        bursts.enter(&prompt("a")).await.leave(false);
        let (a, b) = (prompt("a"), prompt("a"));
        let both = (bursts.enter(&a).now_or_never(), bursts.enter(&b).now_or_never());
        assert!(both.0.is_some() && both.1.is_some());
    }
}
