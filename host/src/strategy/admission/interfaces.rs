//! What a component imports and exports, read before anything of it is compiled.

use super::{CONTRACT, Refusal};
use wasmparser::{Parser, Payload};

const WASI_HINT: &str = "a strategy may import liner:extractor's host and types only; one whose toolchain imports WASI \
    needs `allow_wasi`, and gets an empty one";
const OTHER_HINT: &str = "a strategy may import liner:extractor's host and types only";

/// Names of interfaces with their versions, as `liner:extractor/host@0.1.0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// What it needs.
    pub imports: Vec<String>,
    /// What it gives.
    pub exports: Vec<String>,
}

impl Interfaces {
    /// Reads a component's outermost imports and exports, and that it is whole.
    pub fn of(component: &[u8]) -> Result<Self, Refusal> {
        let broken =
            |error: wasmparser::BinaryReaderError| Refusal::Format(format!("the component is broken: {error}"));
        let mut interfaces = Self::default();
        let mut depth = 0u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(broken)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        interfaces.imports.push(import.map_err(broken)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        interfaces.exports.push(export.map_err(broken)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(interfaces)
    }

    /// The contract's version it was built for.
    pub fn contract(&self) -> Option<&str> {
        let strategy = self.exports.iter().find_map(|name| name.strip_prefix("liner:extractor/strategy"))?;
        Some(strategy.strip_prefix('@').unwrap_or("without a version"))
    }

    /// Refuses another contract and other imports, in this order: what was built for another contract imports other
    /// things for that reason.
    pub fn check(&self, allow_wasi: bool) -> Result<(), Refusal> {
        let Some(version) = self.contract() else {
            let exports = match self.exports.as_slice() {
                [] => "it exports nothing".to_owned(),
                exports => format!("its exports: {}", exports.join(", ")),
            };
            return Err(Refusal::Contract { found: format!("no contract ({exports})") });
        };
        check_version(version)?;
        self.imports.iter().try_for_each(|import| check_import(import, allow_wasi))
    }
}

fn check_import(import: &str, allow_wasi: bool) -> Result<(), Refusal> {
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    match interface {
        "liner:extractor/host" | "liner:extractor/types" => check_version(version),
        _ if interface.starts_with("wasi:") && allow_wasi => Ok(()),
        _ => {
            let hint = if interface.starts_with("wasi:") { WASI_HINT } else { OTHER_HINT };
            Err(Refusal::Import { import: import.to_owned(), hint })
        }
    }
}

/// 0.1.x links with 0.1.y, as semantic versions below 1.0 do.
fn check_version(version: &str) -> Result<(), Refusal> {
    let spoken = CONTRACT.split_once('@').map_or("", |(_, spoken)| spoken);
    let fits = version.strip_prefix(spoken).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if fits { Ok(()) } else { Err(Refusal::Contract { found: format!("liner:extractor@{version}") }) }
}
