//! When the worker looks at the queue: on the interval, when something wakes it, never twice at once.

use super::Phase;
use super::pulse::Beats;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// When the next look on the interval is due.
#[derive(Debug, Default)]
pub struct NextRun(Mutex<Option<(Instant, Duration)>>);

impl NextRun {
    /// The next look after now: a look that takes longer than the interval skips those it overlaps.
    pub fn after(&self, now: Instant) -> Option<Instant> {
        self.lock().map(|(at, interval)| later_than(now, at, interval))
    }

    fn set(&self, next: Option<(Instant, Duration)>) {
        *self.lock() = next;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Duration)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first time of a schedule that is not before `now`.
fn later_than(now: Instant, at: Instant, interval: Duration) -> Instant {
    let mut at = at;
    if at < now {
        let missed = now.duration_since(at).as_nanos().div_ceil(interval.as_nanos().max(1));
        at += interval * u32::try_from(missed).unwrap_or(u32::MAX);
    }
    at
}

/// How often to look, and whether at once.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// From one look to the next.
    pub interval: Duration,
    /// Whether the first look is at the start.
    pub run_on_start: bool,
}

/// Looks at the queue on the schedule and whenever it is woken, until the phase ends. A look that panics is reported to
/// `panicked`, and the next one follows.
pub async fn run_on<F: Future<Output = ()>>(
    schedule: Schedule,
    wake: &Notify,
    mut phase: watch::Receiver<Phase>,
    next: &NextRun,
    beats: &Beats,
    look: impl Fn() -> F,
    panicked: impl Fn(String),
) {
    let interval = schedule.interval;
    let mut at = if schedule.run_on_start { Instant::now() } else { Instant::now() + interval };
    loop {
        next.set(Some((at, interval)));
        let until_the_next = async {
            tokio::select! {
                biased;
                _ = phase.wait_for(|phase| *phase != Phase::Running) => return false,
                () = tokio::time::sleep_until(at) => at += interval,
                () = wake.notified() => {}
            }
            true
        };
        if !beats.during(until_the_next).await {
            break;
        }
        next.set(Some((at, interval)));
        if let Err(panic) = AssertUnwindSafe(async { look().await }).catch_unwind().await {
            panicked(panic_text(panic.as_ref()));
        }
        at = later_than(Instant::now(), at, interval);
    }
    next.set(None);
    beats.end();
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Fixture {
        looks: Arc<AtomicU32>,
        wake: Arc<Notify>,
        next: Arc<NextRun>,
        phase: watch::Sender<Phase>,
        task: tokio::task::JoinHandle<()>,
    }

    fn start(run_on_start: bool, look: impl Fn(u32) -> Duration + Send + Sync + 'static) -> Fixture {
        let (looks, wake, next) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()), Arc::new(NextRun::default()));
        let (phase, receiver) = watch::channel(Phase::Running);
        let schedule = Schedule { interval: Duration::from_secs(30), run_on_start };
        let (counted, woken, shown) = (looks.clone(), wake.clone(), next.clone());
        let task = tokio::spawn(async move {
            let look = || {
                let n = counted.fetch_add(1, Ordering::SeqCst) + 1;
                let pause = look(n);
                async move { tokio::time::sleep(pause).await }
            };
            run_on(schedule, &woken, receiver, &shown, &Beats::default(), look, |_| ()).await;
        });
        Fixture { looks, wake, next, phase, task }
    }

    impl Fixture {
        async fn looks_after(&self, seconds: u64) -> u32 {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            self.looks.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn runs_at_once_on_start_when_configured() {
        assert_eq!(start(true, |_| Duration::ZERO).looks_after(1).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_run_at_once_on_start_otherwise() {
        let fixture = start(false, |_| Duration::ZERO);
        assert_eq!(fixture.looks_after(29).await, 0);
        assert_eq!(fixture.looks_after(2).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn processes_on_the_interval() {
        let fixture = start(true, |_| Duration::ZERO);
        assert_eq!(fixture.looks_after(91).await, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn never_overlaps() {
        let fixture = start(true, |_| Duration::from_secs(75));
        assert_eq!(fixture.looks_after(74).await, 1, "two ticks passed while the first look went on");
        assert_eq!(fixture.looks_after(17).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn next_run_at_is_the_truth() {
        let started = Instant::now();
        let fixture = start(true, |n| Duration::from_secs(if n == 1 { 40 } else { 0 }));
        let after = |seconds| Some(started + Duration::from_secs(seconds));
        assert_eq!(fixture.looks_after(1).await, 1);
        assert_eq!(fixture.next.after(Instant::now()), after(30));
        assert_eq!(fixture.looks_after(34).await, 1);
        assert_eq!(fixture.next.after(Instant::now()), after(60), "the look goes on, the tick at 30 s was skipped");
        assert_eq!(fixture.looks_after(26).await, 2);
        assert_eq!(fixture.next.after(Instant::now()), after(90));
        fixture.phase.send(Phase::Stopping).unwrap();
        fixture.task.await.unwrap();
        assert_eq!(fixture.next.after(Instant::now()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn wakes_at_once_when_something_is_enqueued() {
        let fixture = start(false, |_| Duration::ZERO);
        fixture.wake.notify_one();
        assert_eq!(fixture.looks_after(1).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_the_loop_is_caught_and_the_next_tick_runs() {
        let fixture = start(true, |n| if n == 1 { panic!("first look") } else { Duration::ZERO });
        assert_eq!(fixture.looks_after(31).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_is_finished_before_a_stop() {
        let fixture = start(true, |_| Duration::from_secs(5));
        assert_eq!(fixture.looks_after(1).await, 1);
        fixture.phase.send(Phase::Stopping).unwrap();
        let stopping = Instant::now();
        fixture.task.await.unwrap();
        assert_eq!(stopping.elapsed(), Duration::from_secs(4));
    }
}
