//! What was shipped, from which sources, by which compiler.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// `plugins/bundled/manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `rustc -vV` of the compiler.
    pub compiler: String,
    /// SHA-256 over the guests' sources, the WIT and the lockfile.
    pub sources: String,
    /// The components.
    pub components: Vec<Component>,
}

/// One shipped component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its file in the workspace.
    pub file: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
}

impl Manifest {
    pub fn new(compiler: String, sources: String) -> Self {
        Self { compiler, sources, components: Vec::new() }
    }

    pub fn add(&mut self, file: &str, bytes: &[u8]) {
        self.components.push(Component { file: file.to_owned(), sha256: sha256(bytes) });
    }

    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))
    }

    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// SHA-256 as lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A digest of everything a bundled component is made of.
pub fn source_digest(root: &Path) -> Result<String> {
    let mut files = vec![root.join("Cargo.lock"), root.join("Cargo.toml")];
    for folder in ["wit", "plugins/sdk", "plugins/rules", "plugins/llm", "tests/guests"] {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(Sha256::digest(&bytes));
    }
    Ok(hex(&digest.finalize()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ["rs", "toml", "wit"].iter().any(|known| ending == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
