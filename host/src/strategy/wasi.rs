//! An empty WASI, for components whose toolchain imports it whether or not they use it. Only where the operator allows it
//! (`LINER_ALLOW_WASI`): no files, no environment, no arguments, no sockets, no output; clocks that stand still and
//! random numbers that are always the same, because a strategy is deterministic.

use std::time::Duration;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};

/// The seed of every random number.
const SEED: u64 = 0;

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
}

impl EmptyWasi {
    pub(super) fn new() -> Self {
        use rand::SeedableRng;
        let random = || rand::rngs::StdRng::seed_from_u64(SEED);
        let context = WasiCtx::builder()
            .secure_random(random())
            .insecure_random(random())
            .insecure_random_seed(u128::from(SEED))
            .wall_clock(StoppedClock)
            .monotonic_clock(StoppedClock)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self { context, table: ResourceTable::new() }
    }

    pub(super) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

pub(super) fn add_to<T: WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)
}
