//! What the service manager that started this process is told: that it serves, that it lives, and that it ends. Where none
//! asked for it (`NOTIFY_SOCKET`), nothing is.

use crate::worker::{Context, Worker};
use sd_notify::NotifyState;
use std::pin::pin;
use std::time::Duration;

/// How often it is told what this host does, where no watchdog wants to hear more often.
const REPORT: Duration = Duration::from_secs(10);

/// Says that requests are served.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the end has begun, and that this host lives until it is through: how long that may take is for the service
/// manager to bound.
pub async fn while_stopping(end: impl Future<Output = ()>) {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping; batches in flight are finished")]);
    let mut end = pin!(end);
    while tokio::time::timeout(pause(), &mut end).await.is_err() {
        live();
    }
}

/// Reports for as long as it runs. The watchdog hears of a host whose loops move, and of no other, so that it ends one that
/// stands still. The log hears of it in any case.
pub async fn report(worker: Worker) {
    let mut stood_still = false;
    loop {
        let context = worker.context();
        match context.pulse.standstill() {
            None => {
                let status = status(context);
                tell(&[NotifyState::Status(&status)]);
                live();
                stood_still = false;
            }
            Some(standstill) => {
                if !std::mem::replace(&mut stood_still, true) {
                    tracing::error!("{standstill}; a watchdog hears no more of this host");
                }
                tell(&[NotifyState::Status(&standstill.to_string())]);
            }
        }
        tokio::time::sleep(pause()).await;
    }
}

/// What this host does, in a line.
fn status(context: &Context) -> String {
    if let Some(outage) = context.outage() {
        return format!("the database cannot be used since {}: {}", outage.since, outage.reason);
    }
    format!("serving; batches in flight: {}", context.held().len())
}

/// How long from one report to the next.
fn pause() -> Duration {
    sd_notify::watchdog_enabled().map_or(REPORT, |within| (within / 3).min(REPORT))
}

fn live() {
    if sd_notify::watchdog_enabled().is_some() {
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager was not told: {error}");
    }
}
