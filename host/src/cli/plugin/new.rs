//! `liner plugin new`: a crate for a strategy, with all it needs but the registry's crates: the SDK's sources and the
//! contract are written beside it, so that it builds against the contract that this host speaks.

use crate::cli::output;
use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The strategy, which is compiled and tested as a member of liner's own workspace.
const TEMPLATE: &str = include_str!("../../../../plugins/template/src/lib.rs");

/// The SDK and the contract, below `sdk/`.
const SDK: [(&str, &str); 11] = [
    ("src/lib.rs", include_str!("../../../../plugins/sdk/src/lib.rs")),
    ("src/date.rs", include_str!("../../../../plugins/sdk/src/date.rs")),
    ("src/export.rs", include_str!("../../../../plugins/sdk/src/export.rs")),
    ("src/generated.rs", include_str!("../../../../plugins/sdk/src/generated.rs")),
    ("src/genres.rs", include_str!("../../../../plugins/sdk/src/genres.rs")),
    ("src/json.rs", include_str!("../../../../plugins/sdk/src/json.rs")),
    ("src/step.rs", include_str!("../../../../plugins/sdk/src/step.rs")),
    ("src/testing.rs", include_str!("../../../../plugins/sdk/src/testing.rs")),
    ("src/text.rs", include_str!("../../../../plugins/sdk/src/text.rs")),
    ("src/work.rs", include_str!("../../../../plugins/sdk/src/work.rs")),
    ("wit/extractor.wit", include_str!("../../../../wit/extractor.wit")),
];

/// What the SDK is built with.
const SDK_MANIFEST: &str = r#"[package]
name = "liner-strategy"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"
wit-bindgen = { version = "0.61", default-features = false, features = ["macros", "realloc"] }
"#;

const MANIFEST: &str = r#"[package]
name = "template"
version = "0.1.0"
edition = "2024"
publish = false

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
liner-strategy = { path = "sdk" }

[workspace]
members = ["sdk"]

# A small component, whose traps still name their functions.
[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
panic = "abort"
strip = "debuginfo"
"#;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin new dashes\n  liner plugin new dashes --into strategies/dashes")]
pub struct New {
    /// The strategy's name: lower-case letters, digits and dashes
    name: String,
    /// The folder to make; one of that name here without it
    #[arg(long)]
    into: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl New {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let plain = self.name.len() <= 40
            && self.name.starts_with(|first: char| first.is_ascii_lowercase())
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        ensure!(
            plain,
            "the name is {:?}; allowed: up to 40 lower-case letters, digits and dashes, a letter first",
            self.name
        );
        let folder = self.into.unwrap_or_else(|| PathBuf::from(&self.name));
        ensure!(!folder.exists(), "{} is there already; choose another name, or --into", folder.display());
        write(&folder, "Cargo.toml", &MANIFEST.replace("template", &self.name))?;
        write(&folder, "src/lib.rs", &strategy(&self.name))?;
        write(&folder, ".gitignore", "/target\n")?;
        write(&folder.join("sdk"), "Cargo.toml", SDK_MANIFEST)?;
        for (file, text) in SDK {
            write(&folder.join("sdk"), file, &vendored(text))?;
        }
        if self.json {
            let folder = folder.display().to_string();
            output::json(&json!({"success": true, "name": self.name, "folder": folder}))?;
            return Ok(ExitCode::SUCCESS);
        }
        let module = format!("target/wasm32-unknown-unknown/release/{}.wasm", self.name.replace('-', "_"));
        output::line(&format!(
            "wrote {folder}: the strategy is {folder}/src/lib.rs\n\n\
             cd {folder}\n\
             cargo test\n\
             cargo build --release --target wasm32-unknown-unknown\n\
             liner plugin check {module}\n\
             liner plugin install {module}     # or copy it to the plugins folder of a running host",
            folder = folder.display(),
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The template under another name.
fn strategy(name: &str) -> String {
    let ty: String = name.split('-').map(capitalised).collect();
    TEMPLATE.replace("Template", &ty).replace("\"template\"", &format!("\"{name}\""))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// A file of the SDK as it stands apart from liner's workspace.
fn vendored(text: &str) -> String {
    let end = text.find("\n/// The README's strategy compiles.").unwrap_or(text.len());
    text.get(..end).unwrap_or(text).replace("path: \"../../wit\"", "path: \"wit\"")
}

fn write(folder: &Path, file: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(file);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_sdk_goes_with_a_new_strategy() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/sdk/src");
        let there: BTreeSet<String> = std::fs::read_dir(sources)
            .unwrap()
            .map(|file| format!("src/{}", file.unwrap().file_name().display()))
            .collect();
        let written: BTreeSet<String> =
            SDK.iter().map(|(file, _)| (*file).to_owned()).filter(|file| file.starts_with("src/")).collect();
        assert_eq!(written, there);
    }
}
