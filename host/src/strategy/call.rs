//! What a call's store holds: the bound on memory, the log, and an empty WASI for those that may import it.

use super::bindings::liner::extractor::{host, types};
use super::limits::Limits;
use super::wasi::EmptyWasi;
use crate::telemetry;
use wasmtime::{ResourceLimiter, Result, bail};
use wasmtime_wasi::{WasiCtxView, WasiView};

/// Bytes that a table's element takes in the host.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// Instances, tables and memories of a call. Even an empty memory reserves address space. What JavaScript's and Python's
/// toolchains make has some twenty instances.
const INSTANCES: usize = 200;
const TABLES: usize = 64;
const MEMORIES: usize = 16;

/// The state of one call.
pub(super) struct CallState {
    pub memory: Memory,
    strategy: String,
    lines_left: usize,
    line_bytes: usize,
    /// The last line it logged as an error: a panic's message, when a trap follows.
    pub last_error: Option<String>,
    /// Made when a component that imports it first uses it.
    wasi: Option<EmptyWasi>,
}

impl CallState {
    pub fn new(strategy: &str, limits: &Limits) -> Self {
        Self {
            memory: Memory { bound: limits.memory, used: 0 },
            strategy: strategy.to_owned(),
            lines_left: limits.log_lines,
            line_bytes: limits.log_line_bytes,
            last_error: None,
            wasi: None,
        }
    }

    /// Shows what the guest printed, line by line, within the log's bounds.
    pub fn show_output(&mut self) {
        let Some(output) = self.wasi.as_ref().map(EmptyWasi::output) else { return };
        for line in output.lines() {
            self.show(host::Level::Info, line);
        }
    }

    /// A strategy's words may quote a track: they are shown at `debug`, with the level it gave them, and counted.
    fn show(&mut self, level: host::Level, message: &str) {
        let Some(left) = self.lines_left.checked_sub(1) else { return };
        self.lines_left = left;
        let message = cut(message, self.line_bytes);
        let (strategy, said_at) = (self.strategy.as_str(), name(level));
        metrics::counter!(
            "liner_strategy_log_lines_total", "strategy" => telemetry::strategy(strategy), "level" => said_at
        )
        .increment(1);
        tracing::debug!(target: "liner::guest", strategy, said_at, "{message}");
        if left == 0 {
            tracing::debug!(target: "liner::guest", strategy, "further lines of this call are not shown");
        }
        if matches!(level, host::Level::Error) {
            self.last_error = Some(message);
        }
    }
}

const fn name(level: host::Level) -> &'static str {
    match level {
        host::Level::Debug => "debug",
        host::Level::Info => "info",
        host::Level::Warn => "warn",
        host::Level::Error => "error",
    }
}

impl types::Host for CallState {}

impl host::Host for CallState {
    fn log(&mut self, level: host::Level, message: String) {
        self.show(level, &message);
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.get_or_insert_with(EmptyWasi::new).view()
    }
}

/// What all memories and tables of a call hold together. Wasmtime's own limits are a memory's each, so that a component
/// of forty memories would get the bound forty times.
pub(super) struct Memory {
    bound: usize,
    /// Memory is never given back before the call ends, so this is its high-water mark too.
    pub used: usize,
}

impl Memory {
    fn take(&mut self, bytes: usize) -> Result<bool> {
        let used = self.used.saturating_add(bytes);
        if used > self.bound {
            bail!("it wanted {} MiB of memory, allowed are {}", used.div_ceil(1 << 20), self.bound >> 20);
        }
        self.used = used;
        Ok(true)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.take(desired.saturating_sub(current))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.take(desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT))
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

/// A text of at most so many bytes, with a note where it was cut.
pub(super) fn cut(message: &str, bytes: usize) -> String {
    if message.len() <= bytes {
        return message.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} bytes)", message.get(..end).unwrap_or_default(), message.len())
}
