//! A core module, as cargo leaves it for `wasm32-unknown-unknown`, is made a component on the way in.

use super::Refusal;
use std::borrow::Cow;
use wasmparser::Parser;
use wit_component::ComponentEncoder;

/// A component as it is, or a core module encoded as one.
pub fn component_of(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    if Parser::is_component(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if !Parser::is_core_wasm(bytes) {
        return Err(Refusal::Format(format!("{} are no WebAssembly component", described(bytes))));
    }
    wasmparser::Validator::new()
        .validate_all(bytes)
        .map_err(|error| Refusal::Format(format!("the core module is not valid WebAssembly: {error}")))?;
    // The encoder was written for modules of compilers, not of attackers: a panic of it is a refusal.
    let encoded = std::panic::catch_unwind(|| ComponentEncoder::default().module(bytes)?.validate(true).encode());
    match encoded {
        Ok(Ok(component)) => Ok(Cow::Owned(component)),
        Ok(Err(error)) => Err(Refusal::Format(format!("the core module cannot be made a component: {error:#}"))),
        Err(_) => Err(Refusal::Format("the core module cannot be made a component".to_owned())),
    }
}

fn described(bytes: &[u8]) -> String {
    match bytes.get(..4) {
        None => format!("these {} bytes", bytes.len()),
        Some(b"\0asm") => format!("the {} bytes (WebAssembly of an unknown layer)", bytes.len()),
        Some(_) => format!("the {} bytes", bytes.len()),
    }
}
