//! The strategy that is spoilt, before it becomes a component.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata, metadata::Bindgen};

/// The contract as it stands.
pub const WIT: &str = include_str!("../../../wit/extractor.wit");

/// The core module of a strategy that passes every track on. The comments between `(;` and `;)` are where it is spoilt.
///
/// `describe` answers what lies at 0, the other functions what lies at 128: zeros, which mean Ok, and a step of nothing.
pub const PLAIN: &str = r#"(module
    (;imports;)
    (memory (export "memory") 256)
    (data (i32.const 0)
        "\40\00\00\00\05\00\00\00" (;name;)
        "\48\00\00\00\05\00\00\00" (;version;)
        "\50\00\00\00\15\00\00\00" (;summary;)
        "\00\00\00\00" (;asks-model;)
        "\68\00\00\00\02\00\00\00" (;config-schema;)
        "\68\00\00\00\02\00\00\00" (;default-config;))
    (data (i32.const 64) "plain   1.0.0   Passes everything on.   {}")
    (func (export "liner:extractor/strategy@0.1.0#describe") (result i32) (;describe;) (i32.const 0))
    (func (export "liner:extractor/strategy@0.1.0#check-config") (param i32 i32) (result i32)
        (;check-config;) (i32.const 128))
    (func (export "liner:extractor/strategy@0.1.0#plan") (param i32 i32 i32 i32 i32 i32) (result i32)
        (;plan;) (i32.const 128))
    (func (export "liner:extractor/strategy@0.1.0#interpret") (param i32) (result i32) (;interpret;) (i32.const 128))
    (global $free (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
        (local $at i32)
        (;cabi_realloc;)
        (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
        (global.set $free (i32.add (local.get $at) (local.get $size)))
        (local.get $at))
    (;more;))"#;

/// The contract and the code of a strategy. A change of either panics when what it changes is not there.
pub struct Draft {
    /// The contract that it is built for.
    pub wit: String,
    wat: String,
}

impl Draft {
    /// The contract as it stands, and a strategy that passes every track on.
    pub fn new() -> Self {
        Self { wit: WIT.to_owned(), wat: PLAIN.to_owned() }
    }

    /// Adds code at one of the places that [`PLAIN`] marks.
    pub fn with(mut self, place: &str, code: &str) -> Self {
        self.wat = swap(&self.wat, &format!("(;{place};)"), code);
        self
    }

    /// Changes code.
    pub fn code(mut self, from: &str, to: &str) -> Self {
        self.wat = swap(&self.wat, from, to);
        self
    }

    /// Changes the contract.
    pub fn contract(mut self, from: &str, to: &str) -> Self {
        self.wit = swap(&self.wit, from, to);
        self
    }

    /// The core module, with the contract written into it, as a compiler leaves it.
    pub fn module(&self) -> Vec<u8> {
        let mut module = wat::parse_str(&self.wat).unwrap();
        let mut resolve = Bindgen::default().resolve;
        let package = resolve.push_source("extractor.wit", &self.wit).unwrap();
        let world = resolve.select_world(&[package], Some("extractor")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        module
    }

    /// The component that the module becomes.
    pub fn component(&self) -> Vec<u8> {
        ComponentEncoder::default().module(&self.module()).unwrap().validate(true).encode().unwrap()
    }
}

fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in it");
    text.replace(from, to)
}
