//! Runs strategies: one engine, a fresh store for every call, every bound of `limits.rs` enforced.
//!
//! Calls run on blocking threads behind a semaphore, so that a guest in a loop holds up neither the runtime nor the
//! other batches. A store that trapped is dropped with its call and never used again.

use super::bindings::liner::extractor::types as wit;
use super::bindings::{Extractor, ExtractorPre};
use super::call::{CallState, cut};
use super::health::{Fault, Troubles};
use super::limits::{Limits, TICK, drop_invalid};
use super::{Strategy, convert, wasi};
use crate::digest::Digest;
use crate::music::{Description, Extraction, Prompt, Reply, Step, Track};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Store, Trap};

/// How much later than its wall time a call's thread may answer.
const LATE: Duration = Duration::from_secs(2);

/// Why a call gave no step.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It ran past its wall time.
    #[error("strategy {strategy} ran longer than {limit_ms} ms in {function}")]
    TimedOut {
        /// The strategy's name.
        strategy: String,
        /// The call.
        function: &'static str,
        /// The bound.
        limit_ms: u128,
    },
    /// It trapped: a panic, a refused allocation, an unreachable.
    #[error("strategy {strategy} trapped in {function}: {cause}")]
    Trapped {
        /// The strategy's name.
        strategy: String,
        /// The call.
        function: &'static str,
        /// Its last words, and the trap.
        cause: String,
    },
    /// It answered with an error.
    #[error("strategy {strategy} failed in {function}: {reason}")]
    Refused {
        /// The strategy's name.
        strategy: String,
        /// The call.
        function: &'static str,
        /// Its own words.
        reason: String,
    },
    /// Its answer is larger than allowed.
    #[error("strategy {strategy} broke a bound in {function}: {bound}")]
    Unbounded {
        /// The strategy's name.
        strategy: String,
        /// The call.
        function: &'static str,
        /// Which, and by how much.
        bound: String,
    },
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}

impl CallError {
    /// What kind of fault of the strategy it is; a stop of the host is none.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        match self {
            Self::TimedOut { .. } => Some(Fault::Time),
            Self::Trapped { .. } => Some(Fault::Trap),
            Self::Refused { .. } => Some(Fault::Error),
            Self::Unbounded { .. } => Some(Fault::Bound),
            Self::Stopping => None,
        }
    }

    /// The function that was called.
    #[must_use]
    pub const fn function(&self) -> &'static str {
        match self {
            Self::TimedOut { function, .. }
            | Self::Trapped { function, .. }
            | Self::Refused { function, .. }
            | Self::Unbounded { function, .. } => function,
            Self::Stopping => "",
        }
    }
}

/// One call of a strategy, with all it is shown.
pub struct Request {
    function: &'static str,
    context: wit::Context,
    tracks: Vec<wit::Track>,
    /// Of `interpret`.
    reply: Option<(wit::Prompt, wit::Reply)>,
}

impl Request {
    /// The first look at a batch.
    #[must_use]
    pub fn plan(batch: &[(&Track, Option<&Extraction>)]) -> Self {
        Self { function: "plan", context: context(0), tracks: outward(batch), reply: None }
    }

    /// The reading of the reply to a prompt. `round` counts answered rounds, from 1.
    #[must_use]
    pub fn interpret(round: u32, batch: &[(&Track, Option<&Extraction>)], prompt: &Prompt, reply: &Reply) -> Self {
        let reply = Some((convert::prompt_out(prompt), convert::reply_out(reply)));
        Self { function: "interpret", context: context(round), tracks: outward(batch), reply }
    }
}

/// What a call took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Its time.
    pub time: Duration,
    /// Memory in bytes, at its highest.
    pub memory: usize,
    /// Instructions, where they are counted: on a runtime made by [`Runtime::counting`].
    pub fuel: u64,
}

/// What a call answered, and what of it could not be true and was dropped.
#[derive(Debug, Default)]
pub struct Checked {
    /// What remains.
    pub step: Step,
    /// A reason each.
    pub dropped: Vec<String>,
}

/// The engine and the threads that strategies run on. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    engine: Engine,
    linker: Arc<Linker<CallState>>,
    linker_with_wasi: Arc<Linker<CallState>>,
    limits: Limits,
    threads: Arc<Semaphore>,
    counts_fuel: bool,
    troubles: Troubles,
    /// The only strategy whose calls are counted; all are without it.
    counted: Option<Digest>,
}

impl Runtime {
    /// An engine with the contract's bounds, running at most `threads` calls at once.
    ///
    /// # Errors
    /// When the machine cannot run compiled code.
    pub fn new(limits: Limits, threads: usize) -> wasmtime::Result<Self> {
        Self::build(limits, threads, false)
    }

    /// An engine that counts instructions, for a look at one strategy. Its code is slower, and compiled apart.
    ///
    /// # Errors
    /// When the machine cannot run compiled code.
    pub fn counting(limits: Limits) -> wasmtime::Result<Self> {
        Self::build(limits, 1, true)
    }

    fn build(limits: Limits, threads: usize, counts_fuel: bool) -> wasmtime::Result<Self> {
        let engine = engine(counts_fuel)?;
        start_ticker(&engine);
        let mut linker = Linker::new(&engine);
        Extractor::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut CallState| state)?;
        let mut linker_with_wasi = linker.clone();
        wasi::add_to(&mut linker_with_wasi)?;
        let threads = Arc::new(Semaphore::new(threads.max(1)));
        let (linker, linker_with_wasi) = (Arc::new(linker), Arc::new(linker_with_wasi));
        Ok(Self {
            engine,
            linker,
            linker_with_wasi,
            limits,
            threads,
            counts_fuel,
            troubles: Troubles::default(),
            counted: None,
        })
    }

    /// The same for another host: one that leaves a strategy alone after so many failures in a row.
    #[must_use]
    pub fn bypassing_after(self, failures: u32) -> Self {
        Self { troubles: Troubles { bypass_after: failures, ..Troubles::default() }, ..self }
    }

    /// When a strategy is left alone, and who is told that a standing changed.
    #[must_use]
    pub fn troubles(&self) -> Troubles {
        self.troubles.clone()
    }

    /// The same engine with threads of its own, so that what a candidate does takes none from here; and only the
    /// candidate's calls count for or against a strategy.
    #[must_use]
    pub fn beside(&self, threads: usize, candidate: &Digest) -> Self {
        let threads = Arc::new(Semaphore::new(threads.max(1)));
        Self { threads, counted: Some(candidate.clone()), ..self.clone() }
    }

    /// The bounds in force.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The engine, for compiling and the cache.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Resolves a component's imports; its exports are checked by name.
    pub(super) fn prepare(&self, component: &Component, allow_wasi: bool) -> wasmtime::Result<ExtractorPre<CallState>> {
        let linker = if allow_wasi { &self.linker_with_wasi } else { &self.linker };
        ExtractorPre::new(linker.instantiate_pre(component)?)
    }

    /// The first look of a strategy at a batch.
    ///
    /// # Errors
    /// [`CallError`]; nothing of the step is kept.
    pub async fn plan(
        &self,
        strategy: &Arc<Strategy>,
        batch: &[(&Track, Option<&Extraction>)],
    ) -> Result<Step, CallError> {
        self.step(strategy, Request::plan(batch)).await
    }

    /// A strategy's reading of the reply to one of its prompts. `round` counts answered rounds, from 1.
    ///
    /// # Errors
    /// [`CallError`]; nothing of the step is kept.
    pub async fn interpret(
        &self,
        strategy: &Arc<Strategy>,
        round: u32,
        batch: &[(&Track, Option<&Extraction>)],
        prompt: &Prompt,
        reply: &Reply,
    ) -> Result<Step, CallError> {
        self.step(strategy, Request::interpret(round, batch, prompt, reply)).await
    }

    /// Instantiates a strategy in a store of its own and drops it: what every call costs before it begins.
    ///
    /// # Errors
    /// When it cannot be instantiated.
    pub fn instantiate(&self, strategy: &Strategy) -> Result<(), CallError> {
        self.enter(&strategy.component.pre, &strategy.description().name, "instantiate", |_, _| Ok(())).0
    }

    /// Whether a component instantiates at all, its types compared with the contract's.
    pub(super) fn try_instantiate(&self, pre: &ExtractorPre<CallState>) -> Result<(), CallError> {
        self.enter(pre, "unnamed", "instantiate", |_, _| Ok(())).0
    }

    /// What a component says of itself.
    pub(super) fn describe(&self, pre: &ExtractorPre<CallState>) -> Result<Description, CallError> {
        self.enter(pre, "unnamed", "describe", |guest, store| guest.liner_extractor_strategy().call_describe(store))
            .0
            .map(convert::description_in)
    }

    /// Whether a component accepts a configuration.
    pub(super) fn check_config(
        &self,
        pre: &ExtractorPre<CallState>,
        name: &str,
        config: &str,
    ) -> Result<(), CallError> {
        self.enter(pre, name, "check-config", |guest, store| {
            guest.liner_extractor_strategy().call_check_config(store, config)
        })
        .0?
        .map_err(|error| refused(name, "check-config", &error))
    }

    /// Whether a strategy's calls count for or against it.
    #[must_use]
    pub fn counts(&self, strategy: &Strategy) -> bool {
        self.counted.as_ref().is_none_or(|counted| counted == strategy.digest())
    }

    /// Runs one call on a blocking thread, and counts it.
    async fn step(&self, strategy: &Arc<Strategy>, request: Request) -> Result<Step, CallError> {
        let _permit = self.threads.acquire().await.map_err(|_| CallError::Stopping)?;
        let (runtime, callee, function) = (self.clone(), strategy.clone(), request.function);
        let call = tokio::task::spawn_blocking(move || runtime.answer(&callee, request));
        // The epoch ends what runs in the guest; a guest that waits in a WASI function is left behind on its thread.
        let (answer, usage) = match tokio::time::timeout(self.limits.wall_time + LATE, call).await {
            Ok(answer) => answer.map_err(|_| CallError::Stopping)?,
            Err(_) => (Err(self.timed_out(&strategy.description().name, function)), Usage::default()),
        };
        if self.counts(strategy) {
            strategy.health.record(function, usage, &answer);
        }
        answer.map(|checked| checked.step)
    }

    /// One call on this thread, its answer checked.
    ///
    /// # Errors
    /// [`CallError`]; nothing of the step is kept.
    pub fn answer(&self, strategy: &Strategy, mut request: Request) -> (Result<Checked, CallError>, Usage) {
        let name = strategy.description().name.as_str();
        let Request { function, context, tracks, reply } = &mut request;
        context.config.clone_from(&strategy.config);
        context.rounds_left = self.limits.rounds.saturating_sub(context.round);
        let (answer, usage) = self.enter(&strategy.component.pre, name, function, |guest, store| {
            let guest = guest.liner_extractor_strategy();
            match reply {
                None => guest.call_plan(store, context, tracks),
                Some((prompt, reply)) => guest.call_interpret(store, context, tracks, prompt, reply),
            }
        });
        let checked = answer.and_then(|answer| {
            let step = convert::step_in(answer.map_err(|error| refused(name, function, &error))?);
            self.check(name, function, step, tracks.len())
        });
        (checked, usage)
    }

    fn check(
        &self,
        strategy: &str,
        function: &'static str,
        mut step: Step,
        tracks: usize,
    ) -> Result<Checked, CallError> {
        if let Err(bound) = self.limits.check_size(&step) {
            return Err(CallError::Unbounded { strategy: strategy.to_owned(), function, bound });
        }
        let dropped = drop_invalid(&mut step, tracks);
        for reason in &dropped {
            tracing::warn!(strategy, function, "dropped {reason}");
        }
        Ok(Checked { step, dropped })
    }

    /// One call in a store of its own.
    fn enter<T>(
        &self,
        pre: &ExtractorPre<CallState>,
        strategy: &str,
        function: &'static str,
        call: impl FnOnce(&Extractor, &mut Store<CallState>) -> wasmtime::Result<T>,
    ) -> (Result<T, CallError>, Usage) {
        let started = std::time::Instant::now();
        let mut store = self.store(strategy);
        let answer = pre.instantiate(&mut store).and_then(|guest| call(&guest, &mut store));
        let fuel = store.get_fuel().map_or(0, |left| u64::MAX - left);
        let mut state = store.into_data();
        state.show_output();
        let usage = Usage { time: started.elapsed(), memory: state.memory.used, fuel };
        (answer.map_err(|error| self.call_error(strategy, function, &error, state.last_error)), usage)
    }

    fn store(&self, strategy: &str) -> Store<CallState> {
        let mut store = Store::new(&self.engine, CallState::new(strategy, &self.limits));
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(self.limits.returned);
        store.set_epoch_deadline(self.limits.ticks());
        if self.counts_fuel {
            // Fails only where fuel is not counted.
            let _ = store.set_fuel(u64::MAX);
        }
        store
    }

    fn timed_out(&self, strategy: &str, function: &'static str) -> CallError {
        CallError::TimedOut { strategy: strategy.to_owned(), function, limit_ms: self.limits.wall_time.as_millis() }
    }

    /// What a failed call is told as: a trap in the guest's own words where it had some. The frames go to the log.
    fn call_error(
        &self,
        strategy: &str,
        function: &'static str,
        error: &wasmtime::Error,
        said: Option<String>,
    ) -> CallError {
        let strategy = strategy.to_owned();
        if error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            return self.timed_out(&strategy, function);
        }
        let text = format!("{error:#}");
        if text.contains("fuel allocated for hostcalls has been exhausted") {
            let bound = format!("it returned more than {} bytes", self.limits.returned);
            return CallError::Unbounded { strategy, function, bound };
        }
        tracing::debug!(strategy, function, "{error:?}");
        let trap = error.root_cause().to_string();
        let cause = said.map_or(trap.clone(), |said| format!("{said} ({trap})"));
        CallError::Trapped { strategy, function, cause: cut(&cause.replace('\n', " "), 600) }
    }
}

/// An engine whose calls can be interrupted.
pub(super) fn engine(counts_fuel: bool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    // Nothing here awaits inside a guest, and support for it costs on every call.
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .consume_fuel(counts_fuel)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    Engine::new(&config)
}

/// The rest is filled in from the strategy and the limits.
fn context(round: u32) -> wit::Context {
    wit::Context { config: String::new(), round, rounds_left: 0 }
}

fn outward(batch: &[(&Track, Option<&Extraction>)]) -> Vec<wit::Track> {
    batch.iter().map(|(track, hint)| convert::track_out(track, *hint)).collect()
}

fn refused(strategy: &str, function: &'static str, error: &wit::Error) -> CallError {
    CallError::Refused { strategy: strategy.to_owned(), function, reason: convert::error_text(error) }
}

/// Advances the epoch every tick, until the engine is gone.
fn start_ticker(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}
