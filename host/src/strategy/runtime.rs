//! Runs strategies: one engine, a fresh store for every call, every bound of `limits.rs` enforced.
//!
//! Calls run on blocking threads behind a semaphore, so that a guest in a loop holds up neither the runtime nor the
//! other batches. A store that trapped is dropped with its call and never used again.

use super::bindings::liner::extractor::{host, types as wit};
use super::bindings::{Extractor, ExtractorPre};
use super::limits::{Limits, TICK, drop_invalid};
use super::wasi::{self, EmptyWasi};
use super::{Strategy, convert};
use crate::music::{Description, Extraction, Prompt, Reply, Step, Track};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder, Trap};
use wasmtime_wasi::{WasiCtxView, WasiView};

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

/// What a call's store holds: the memory bound and the log.
pub struct CallState {
    limits: StoreLimits,
    strategy: String,
    lines_left: usize,
    line_bytes: usize,
    /// The last line it logged as an error: a panic's message, when a trap follows.
    last_error: Option<String>,
    /// Made when a component that imports it first uses it.
    wasi: Option<EmptyWasi>,
}

impl wit::Host for CallState {}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.get_or_insert_with(EmptyWasi::new).view()
    }
}

impl host::Host for CallState {
    fn log(&mut self, level: host::Level, message: String) {
        let Some(left) = self.lines_left.checked_sub(1) else { return };
        self.lines_left = left;
        let message = cut(&message, self.line_bytes);
        let strategy = self.strategy.as_str();
        match level {
            host::Level::Debug => tracing::debug!(target: "liner::guest", strategy, "{message}"),
            host::Level::Info => tracing::info!(target: "liner::guest", strategy, "{message}"),
            host::Level::Warn => tracing::warn!(target: "liner::guest", strategy, "{message}"),
            host::Level::Error => {
                tracing::error!(target: "liner::guest", strategy, "{message}");
                self.last_error = Some(message);
            }
        }
        if left == 0 {
            tracing::warn!(target: "liner::guest", strategy, "further lines of this call are not shown");
        }
    }
}

/// A text of at most so many bytes, with a note where it was cut.
fn cut(message: &str, bytes: usize) -> String {
    if message.len() <= bytes {
        return message.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} bytes)", message.get(..end).unwrap_or_default(), message.len())
}

/// The engine and the threads that strategies run on. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    engine: Engine,
    linker: Arc<Linker<CallState>>,
    limits: Limits,
    threads: Arc<Semaphore>,
}

impl Runtime {
    /// An engine with the contract's bounds, running at most `threads` calls at once.
    ///
    /// # Errors
    /// When the machine cannot run compiled code.
    pub fn new(limits: Limits, threads: usize) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        // Nothing here awaits inside a guest, and support for it costs on every call.
        config
            .concurrency_support(false)
            .epoch_interruption(true)
            .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
        let engine = Engine::new(&config)?;
        start_ticker(&engine);
        let mut linker = Linker::new(&engine);
        Extractor::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut CallState| state)?;
        if limits.wasi {
            wasi::add_to(&mut linker)?;
        }
        Ok(Self { engine, linker: Arc::new(linker), limits, threads: Arc::new(Semaphore::new(threads.max(1))) })
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
    pub(super) fn prepare(&self, component: &Component) -> wasmtime::Result<ExtractorPre<CallState>> {
        ExtractorPre::new(self.linker.instantiate_pre(component)?)
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
        let tracks = outward(batch);
        let context = self.context(strategy, 0);
        self.step(strategy, "plan", tracks.len(), move |guest, store| {
            guest.liner_extractor_strategy().call_plan(store, &context, &tracks)
        })
        .await
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
        let tracks = outward(batch);
        let context = self.context(strategy, round);
        let (prompt, reply) = (convert::prompt_out(prompt), convert::reply_out(reply));
        self.step(strategy, "interpret", tracks.len(), move |guest, store| {
            guest.liner_extractor_strategy().call_interpret(store, &context, &tracks, &prompt, &reply)
        })
        .await
    }

    /// Instantiates a strategy in a store of its own and drops it: what every call costs before it begins.
    ///
    /// # Errors
    /// When it cannot be instantiated.
    pub fn instantiate(&self, strategy: &Strategy) -> Result<(), CallError> {
        self.enter(&strategy.component.pre, &strategy.description().name, "instantiate", |_, _| Ok(()))
    }

    /// Whether a component instantiates at all, its types compared with the contract's.
    pub(super) fn try_instantiate(&self, pre: &ExtractorPre<CallState>) -> Result<(), CallError> {
        self.enter(pre, "unnamed", "instantiate", |_, _| Ok(()))
    }

    /// What a component says of itself.
    pub(super) fn describe(&self, pre: &ExtractorPre<CallState>) -> Result<Description, CallError> {
        self.enter(pre, "unnamed", "describe", |guest, store| guest.liner_extractor_strategy().call_describe(store))
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
        })?
        .map_err(|error| refused(name, "check-config", &error))
    }

    fn context(&self, strategy: &Strategy, round: u32) -> wit::Context {
        wit::Context { config: strategy.config.clone(), round, rounds_left: self.limits.rounds.saturating_sub(round) }
    }

    /// Runs one call on a blocking thread and checks what it returned.
    async fn step<F>(
        &self,
        strategy: &Arc<Strategy>,
        function: &'static str,
        tracks: usize,
        call: F,
    ) -> Result<Step, CallError>
    where
        F: FnOnce(&Extractor, &mut Store<CallState>) -> wasmtime::Result<Result<wit::Step, wit::Error>>
            + Send
            + 'static,
    {
        let _permit = self.threads.acquire().await.map_err(|_| CallError::Stopping)?;
        let (runtime, callee) = (self.clone(), strategy.clone());
        let started = std::time::Instant::now();
        let call = tokio::task::spawn_blocking(move || {
            runtime.enter(&callee.component.pre, &callee.component.description.name, function, call)
        });
        let name = strategy.component.description.name.as_str();
        // The epoch ends what runs in the guest; a guest that waits in a WASI function is left behind on its thread.
        let answer = match tokio::time::timeout(self.limits.wall_time + LATE, call).await {
            Ok(answer) => answer.map_err(|_| CallError::Stopping)?,
            Err(_) => Err(self.timed_out(name, function)),
        };
        metrics::histogram!("liner_strategy_call_seconds", "strategy" => name.to_owned(), "function" => function)
            .record(started.elapsed().as_secs_f64());
        let mut step = convert::step_in(answer?.map_err(|error| refused(name, function, &error))?);
        self.limits.check_size(&step).map_err(|bound| CallError::Unbounded {
            strategy: name.to_owned(),
            function,
            bound,
        })?;
        for reason in drop_invalid(&mut step, tracks) {
            metrics::counter!("liner_strategy_dropped_total", "strategy" => name.to_owned()).increment(1);
            tracing::warn!(strategy = name, function, "dropped {reason}");
        }
        Ok(step)
    }

    /// One call in a store of its own.
    fn enter<T>(
        &self,
        pre: &ExtractorPre<CallState>,
        strategy: &str,
        function: &'static str,
        call: impl FnOnce(&Extractor, &mut Store<CallState>) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let mut store = self.store(strategy);
        let answer = pre.instantiate(&mut store).and_then(|guest| call(&guest, &mut store));
        answer.map_err(|error| self.call_error(strategy, function, &error, store.into_data().last_error))
    }

    fn store(&self, strategy: &str) -> Store<CallState> {
        let limits = StoreLimitsBuilder::new().memory_size(self.limits.memory).trap_on_grow_failure(true).build();
        let state = CallState {
            limits,
            strategy: strategy.to_owned(),
            lines_left: self.limits.log_lines,
            line_bytes: self.limits.log_line_bytes,
            last_error: None,
            wasi: None,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(self.limits.returned);
        store.set_epoch_deadline(self.limits.ticks());
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
