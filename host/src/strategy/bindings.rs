//! The host's side of `wit/extractor.wit`, generated.
#![allow(missing_docs, clippy::all)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "extractor",
});
