//! What a host hears of the world outside, for as long as it runs: what others wrote to the database, what becomes due,
//! whether it is to take nothing more, what the provider said to the others, and what has grown old.

use super::Context;
use super::reach::Access;
use super::{minutes, retention, submission};
use crate::failpoint::{self, Failpoint};
use crate::store::Waiting;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// How often a host says that it lives.
const BEAT: Duration = Duration::from_secs(10);
/// The longest time that what became due stays unnoticed. With a lease's length it bounds how long the work of a host that
/// is gone lies still.
const LOOK: Duration = Duration::from_secs(5);
/// The pause after the database could not be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows until it is dropped.
pub async fn follow(context: &Context) -> Infallible {
    tokio::select! {
        never = follow_others(context) => never,
        never = wake_when_due(context) => never,
        never = wake_when_swapped(context) => never,
        never = wake_when_back(context) => never,
        never = keep_beating(context) => never,
        never = release_when_paid(context) => never,
        never = minutes::keep_summing_up(context) => never,
        never = retention::keep_pruning(context) => never,
        never = submission::tend(context) => never,
    }
}

/// Another program may queue links, retry, resume, drain, change the strategies or hear from the provider.
async fn follow_others(context: &Context) -> Infallible {
    loop {
        let changed = context.store.changed().await;
        context.reach.note(Access::Read, &changed);
        match changed {
            Ok(()) => {
                context.rollout.follow().await;
                beat(context).await;
                heed_providers(context).await;
                context.wake_all();
            }
            Err(error) => {
                tracing::debug!("the database was not looked at: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// A backoff or a lease may end.
async fn wake_when_due(context: &Context) -> Infallible {
    loop {
        let due = context.store.next_due().await;
        context.reach.note(Access::Read, &due);
        let in_ms = due.ok().and_then(|due| due.in_ms).map(|ms| u64::try_from(ms).unwrap_or(0));
        match in_ms.map(Duration::from_millis) {
            Some(wait) if wait < LOOK => {
                tokio::time::sleep(wait).await;
                context.wake.notify_one();
                tokio::time::sleep(PAUSE).await;
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Tracks that waited for a strategy may go on.
async fn wake_when_swapped(context: &Context) -> Infallible {
    loop {
        context.rollout.swapped().await;
        context.wake.notify_one();
    }
}

/// A look that the outage cut short is made again.
async fn wake_when_back(context: &Context) -> Infallible {
    loop {
        context.reach.came_back().await;
        context.wake.notify_one();
    }
}

async fn keep_beating(context: &Context) -> Infallible {
    loop {
        beat(context).await;
        let is_out = context.reach.outage().is_some();
        context.pulse.database.during(tokio::time::sleep(if is_out { PAUSE } else { BEAT })).await;
    }
}

/// Says that this host lives, and hears whether it is to take nothing more.
pub async fn beat(context: &Context) {
    failpoint::stand_still(Failpoint::BeforeBeat).await;
    let beaten = context.store.beat(&context.host, context.held().len()).await;
    context.reach.note(Access::Write, &beaten);
    match beaten {
        Ok(is_draining) => {
            if context.draining.send_replace(is_draining) != is_draining {
                tracing::info!(is_draining, "an operator said so");
            }
        }
        Err(error) => tracing::debug!("the host's heartbeat was not written: {error}"),
    }
}

/// What a provider said to one host holds for all.
async fn heed_providers(context: &Context) {
    for route in context.gateway.routes() {
        match context.store.provider_use(route.provider().name()).await {
            Ok(used) if used.blocked_ms > 0 => {
                let rest = Duration::from_millis(u64::try_from(used.blocked_ms).unwrap_or(0));
                route.rest_with_others(Some((&used.blocked_reason.unwrap_or_default(), rest)));
            }
            Ok(_) => route.rest_with_others(None),
            Err(error) => tracing::debug!("what the provider said to others was not heard: {error}"),
        }
    }
}

/// Tracks that wait for money go on when there may be some: on the next day, whichever host it was that let them wait.
async fn release_when_paid(context: &Context) -> Infallible {
    let mut paid = context.paid_again.subscribe();
    loop {
        let at = *paid.borrow_and_update();
        tokio::select! {
            _ = paid.changed() => continue,
            () = sleep_until(at) => {}
        }
        match context.store.release_waiting(Waiting::Budget).await {
            Ok(_) => {
                context.paid_again.send_if_modified(|now| if *now == at { now.take().is_some() } else { false });
                context.wake.notify_one();
            }
            Err(error) => {
                tracing::warn!("tracks that wait for money were not released: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => tokio::time::sleep(rest_of_day()).await,
    }
}

/// Until shortly after the next UTC midnight.
fn rest_of_day() -> Duration {
    const DAY_MS: u64 = 86_400_000;
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
    Duration::from_millis(DAY_MS - now % DAY_MS) + PAUSE
}
