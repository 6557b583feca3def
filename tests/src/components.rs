//! Components for the tests of admission: [`plain`], a strategy written by hand that passes every track on, spoilt in one
//! place each. What misbehaves only as its configuration says is [`HOSTILE`](crate::HOSTILE).

mod binary;
mod draft;

use binary::{append, length, module_of_functions};
use draft::{Draft, PLAIN, WIT};

/// A component of contract 0.1 as it was when 0.1 was made. It is never built again, so that every later host shows
/// whether it still runs what people have built.
pub const FROZEN_0_1: &[u8] = include_bytes!("../guests/frozen/liner-extractor-0.1.wasm");

/// What [`HOSTILE`](crate::HOSTILE) may be told to do that no tracks or replies excuse.
pub const MISBEHAVIOUR: [&str; 13] = [
    "spin",
    "panic",
    "grow",
    "recursion",
    "huge string",
    "many hints",
    "flood",
    "many prompts",
    "long prompt",
    "wild",
    "error",
    "spin in interpret",
    "panic in interpret",
];

/// What it may be told to let its answers depend on.
pub const PARTIALITY: [&str; 2] = ["order", "neighbours"];

/// Runs for ever.
const SPIN: &str = "(loop $for-ever (br $for-ever))";

/// Where `describe` says how long the name is.
const NAME_LENGTH: u32 = 4;

/// Where `plan` says how many decisions it made.
const DECISIONS_LENGTH: u32 = 136;

/// What all others here are but for one thing: it is admitted, and passes every track on.
pub fn plain() -> Vec<u8> {
    Draft::new().component()
}

/// [`plain`] under a name of its own. Any text is taken, also one that no strategy may have.
pub fn named(name: &str) -> Vec<u8> {
    let text: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let tell = format!(
        "(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const {NAME_LENGTH}) (i32.const {}))",
        name.len()
    );
    Draft::new().with("describe", &tell).with("more", &format!("(data (i32.const 1024) \"{text}\")")).component()
}

/// Never comes back from `describe`, `check-config`, `plan`, `interpret`, or `cabi_realloc`, which the host calls to hand
/// over what it passes.
pub fn spins_in(function: &str) -> Vec<u8> {
    Draft::new().with(function, SPIN).component()
}

/// Never comes back from being instantiated.
pub fn spins_at_start() -> Vec<u8> {
    Draft::new().with("more", &format!("(func $start {SPIN}) (start $start)")).component()
}

/// Never comes back from cleaning up after `describe`, whose answer was right.
pub fn spins_after_describe() -> Vec<u8> {
    let name = "cabi_post_liner:extractor/strategy@0.1.0#describe";
    Draft::new().with("more", &format!("(func (export \"{name}\") (param i32) {SPIN})")).component()
}

/// Traps when it is instantiated.
pub fn traps_at_start() -> Vec<u8> {
    Draft::new().with("more", "(func $start unreachable) (start $start)").component()
}

/// Says that its name is 1 GiB long, far past the end of its memory.
pub fn lies_about_its_name() -> Vec<u8> {
    let lie = format!("(i32.store (i32.const {NAME_LENGTH}) (i32.const {}))", 1 << 30);
    Draft::new().with("describe", &lie).component()
}

/// Says that its plan has 300 million decisions; admitted unless `plan` is tried.
pub fn lies_about_its_decisions() -> Vec<u8> {
    let lie = format!("(i32.store (i32.const {DECISIONS_LENGTH}) (i32.const 300000000))");
    Draft::new().with("plan", &lie).component()
}

/// Wants what the host passes written past the end of its memory.
pub fn lies_about_free_memory() -> Vec<u8> {
    Draft::new().with("cabi_realloc", "(return (i32.const 0x7ffffff8))").component()
}

/// Has a name that is no UTF-8.
pub fn garbles_its_name() -> Vec<u8> {
    Draft::new().with("describe", "(i32.store8 (i32.const 64) (i32.const 0xff))").component()
}

/// Imports a function without parameters that returns a u64, of an interface such as `wasi:clocks/monotonic-clock@0.2.0`.
pub fn imports(interface: &str, function: &str) -> Vec<u8> {
    let (package, rest) = interface.split_once('/').unwrap();
    let (name, version) = rest.split_once('@').unwrap();
    let mut draft = Draft::new()
        .contract("import host;", &format!("import host; import {interface};"))
        .with("imports", &format!("(import {interface:?} {function:?} (func (result i64)))"));
    draft.wit += &format!("package {package}@{version} {{ interface {name} {{ {function}: func() -> u64; }} }}");
    draft.component()
}

/// Of the contract's shape, but of another version, such as `0.3.0`.
pub fn speaks(version: &str) -> Vec<u8> {
    let package = format!("liner:extractor@{version}");
    let export = format!("liner:extractor/strategy@{version}");
    Draft::new().contract("liner:extractor@0.1.0", &package).code("liner:extractor/strategy@0.1.0", &export).component()
}

/// Describes itself by a text where the contract has a record.
pub fn describes_itself_by_a_text() -> Vec<u8> {
    Draft::new().contract("describe: func() -> description", "describe: func() -> string").component()
}

/// Plans a number where the contract has a context and tracks.
pub fn plans_a_number() -> Vec<u8> {
    Draft::new()
        .contract("plan: func(context: context, tracks: list<track>)", "plan: func(tracks: u32)")
        .code("(param i32 i32 i32 i32 i32 i32)", "(param i32)")
        .component()
}

/// Exports a strategy without `interpret`.
pub fn lacks_interpret() -> Vec<u8> {
    let (before, interpret) = WIT.split_once("    interpret: ").unwrap();
    let (_, after) = interpret.split_once(';').unwrap();
    let mut draft = Draft::new().code(" (export \"liner:extractor/strategy@0.1.0#interpret\")", "");
    draft.wit = format!("{before}{after}").replace("/// Maps the reply", "// Maps the reply");
    draft.component()
}

/// The core module of [`plain`] as a compiler leaves it: `wit-component` makes the component of it.
pub fn core_module() -> Vec<u8> {
    Draft::new().module()
}

/// A core module that does not say which contract it was built for: what `wit-component` makes of it exports nothing.
pub fn core_module_without_metadata() -> Vec<u8> {
    wat::parse_str(PLAIN).unwrap()
}

/// The first half of [`plain`], as a copy leaves it that was cut off.
pub fn truncated() -> Vec<u8> {
    let mut bytes = plain();
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// What is no WebAssembly at all, and what it is instead.
pub fn not_wasm() -> [(&'static str, Vec<u8>); 4] {
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    [
        ("empty", Vec::new()),
        ("text", b"not a component".to_vec()),
        ("random bytes", (0..4096).map(|_| random()).collect()),
        ("a header and random bytes", plain().into_iter().take(8).chain((0..4096).map(|_| random())).collect()),
    ]
}

/// [`plain`] with 200 MB of nothing.
pub fn heavy() -> Vec<u8> {
    with_section(&plain(), "ballast", &vec![0; 200_000_000])
}

/// The same behaviour under another digest: a custom section is added, which nothing reads.
pub fn with_section(component: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
    let content = [&length(name.len()), name.as_bytes(), data].concat();
    append(component.to_vec(), 0, &content)
}

/// 40 memories of 60 MiB in one module: each is below a bound of 64 MiB, together they are 2.4 GB.
pub fn many_memories() -> Vec<u8> {
    beside_plain(&wat::parse_str(format!("(module {})", "(memory 960)".repeat(40))).unwrap(), 1)
}

/// 40 instances of a module with a memory of 60 MiB, which is the same by other means.
pub fn many_instances() -> Vec<u8> {
    beside_plain(&wat::parse_str("(module (memory 960))").unwrap(), 40)
}

/// One memory of 1 GiB.
pub fn large_memory() -> Vec<u8> {
    beside_plain(&wat::parse_str("(module (memory 16384))").unwrap(), 1)
}

/// A table of 10 million elements, 80 MB that no memory shows.
pub fn large_table() -> Vec<u8> {
    beside_plain(&wat::parse_str("(module (table 10000000 funcref))").unwrap(), 1)
}

/// 25 MB of 300,000 small functions that nothing calls but a compiler has to compile.
pub fn many_functions() -> Vec<u8> {
    beside_plain(&module_of_functions(300_000, 10), 0)
}

/// As many functions as any strategy may have.
pub fn some_functions() -> Vec<u8> {
    beside_plain(&module_of_functions(300, 10), 0)
}

/// 7 MB of one function with four million instructions.
pub fn vast_function() -> Vec<u8> {
    beside_plain(&module_of_functions(1, 1_000_000), 0)
}

/// [`plain`] with a second core module, instantiated so many times.
fn beside_plain(module: &[u8], instances: usize) -> Vec<u8> {
    // `plain` imports nothing, so its own core module is the only one, and the second has index 1.
    let instance = [0, 1, 0];
    let component = append(plain(), 1, module);
    append(component, 2, &[length(instances), instance.repeat(instances)].concat())
}
