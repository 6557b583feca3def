//! The spoilt components are spoilt where they say, and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::components::*;
use wasmparser::{Parser, Payload, Validator};

#[test]
fn all_but_the_broken_ones_are_valid_webassembly() {
    let spun = ["describe", "check-config", "plan", "interpret", "cabi_realloc"].map(spins_in);
    let others = [
        FROZEN_0_1.to_vec(),
        plain(),
        named("Über \"alles\""),
        spins_at_start(),
        spins_after_describe(),
        traps_at_start(),
        lies_about_its_name(),
        lies_about_its_decisions(),
        lies_about_free_memory(),
        garbles_its_name(),
        imports("wasi:clocks/monotonic-clock@0.2.0", "now"),
        imports("acme:secrets/vault@1.0.0", "open"),
        speaks("0.2.0"),
        describes_itself_by_a_text(),
        plans_a_number(),
        lacks_interpret(),
        core_module(),
        core_module_without_metadata(),
        with_section(&plain(), "note", b"anything"),
        many_memories(),
        many_instances(),
        large_memory(),
        large_table(),
        some_functions(),
        vast_function(),
    ];
    for (at, bytes) in spun.iter().chain(&others).enumerate() {
        Validator::new().validate_all(bytes).unwrap_or_else(|error| panic!("number {at}: {error}"));
    }
    for bytes in not_wasm().into_iter().map(|(_, bytes)| bytes).chain([truncated()]) {
        assert!(Validator::new().validate_all(&bytes).is_err());
    }
}

#[test]
fn what_is_long_to_compile_is_not_too_large() {
    assert!([many_functions(), vast_function()].iter().all(|bytes| bytes.len() < 32 << 20));
}

#[test]
fn what_imports_is_all_that_is_imported_besides_types() {
    let component = imports("wasi:sockets/network@0.2.0", "open");
    let (mut depth, mut names) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(&component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 0 => {
                names.extend(imports.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            _ => {}
        }
    }
    names.sort();
    assert_eq!(names, ["liner:extractor/types@0.1.0", "wasi:sockets/network@0.2.0"]);
}
