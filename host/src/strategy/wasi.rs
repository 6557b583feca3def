//! An empty WASI, for components whose toolchain imports it whether or not they use it. Only where the operator allows it
//! (`allow_wasi`, plugin by plugin): no files, no environment, no arguments, no sockets; clocks that stand still and random
//! numbers that are always the same, because a strategy is deterministic. What a guest prints goes to the log.

use std::time::Duration;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};

/// The seed of every random number.
const SEED: u64 = 0;

/// Bytes of output that a call may print.
const OUTPUT: usize = 64 << 10;

struct StoppedClock;

impl HostWallClock for StoppedClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for StoppedClock {
    fn resolution(&self) -> u64 {
        1_000_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// What a call has of WASI.
pub(super) struct EmptyWasi {
    context: WasiCtx,
    table: ResourceTable,
    output: MemoryOutputPipe,
}

impl EmptyWasi {
    pub(super) fn new() -> Self {
        use rand::SeedableRng;
        let random = || rand::rngs::StdRng::seed_from_u64(SEED);
        let output = MemoryOutputPipe::new(OUTPUT);
        let context = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output.clone())
            .secure_random(random())
            .insecure_random(random())
            .insecure_random_seed(u128::from(SEED))
            .wall_clock(StoppedClock)
            .monotonic_clock(StoppedClock)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self { context, table: ResourceTable::new(), output }
    }

    /// What was printed so far.
    pub(super) fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.contents()).into_owned()
    }

    pub(super) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

pub(super) fn add_to<T: WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)
}
