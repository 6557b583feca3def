//! `liner-plugins build` compiles the bundled strategies, and those of the tests, to components; `liner-plugins check` builds
//! them aside and compares; `liner-plugins compile FOLDER` compiles a crate of its own. Run the first two through
//! `make plugins` and `make plugins-check`.

mod compile;
mod manifest;

use anyhow::{Context, Result, bail};
use manifest::Manifest;
use std::path::{Path, PathBuf};

/// The guests, shipped ones first and in the pipeline's order: package, and the component's file.
const GUESTS: [(&str, &str); 3] = [
    ("liner-rules", "plugins/bundled/rules.wasm"),
    ("liner-llm", "plugins/bundled/llm.wasm"),
    ("liner-hostile", "tests/guests/hostile.wasm"),
];

/// Where the manifest lies.
const MANIFEST: &str = "plugins/bundled/manifest.json";

fn main() -> Result<()> {
    let root = workspace_root()?;
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "build" => build(&root, &root).map(|_| ()),
        "check" => check(&root),
        "compile" => {
            let folder = std::env::args().nth(2).context("say which folder: `compile FOLDER`")?;
            compile::crate_of_its_own(Path::new(&folder))
        }
        other => bail!("unknown command {other:?}; use `build`, `check` or `compile FOLDER`"),
    }
}

fn workspace_root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_path_buf).context("the crate does not lie in the workspace")
}

/// Compiles the guests of a workspace and writes the components and their manifest below a folder.
fn build(root: &Path, into: &Path) -> Result<Manifest> {
    let mut manifest = Manifest::new(compile::compiler()?, manifest::source_digest(root)?);
    for (package, file) in GUESTS {
        let component = compile::component(root, package)?;
        manifest.add(file, &component);
        write(&into.join(file), &component)?;
        println!("{file} {} bytes {}", component.len(), manifest::sha256(&component));
    }
    write(&into.join(MANIFEST), manifest.to_json()?.as_bytes())?;
    Ok(manifest)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// Fails when the sources are not those of the shipped components, or when the same compiler makes other bytes of them.
fn check(root: &Path) -> Result<()> {
    let shipped = Manifest::read(&root.join(MANIFEST))?;
    if shipped.sources != manifest::source_digest(root)? {
        bail!("the components were built from other sources; run `make plugins` and commit the result");
    }
    let aside = root.join("target/plugins-check");
    let built = build(root, &aside)?;
    if built.compiler != shipped.compiler {
        println!("not compared: shipped by\n{}\nhere is\n{}", shipped.compiler, built.compiler);
        return Ok(());
    }
    if built.components != shipped.components {
        bail!("the same compiler makes other bytes of these sources; run `make plugins` and commit the result");
    }
    println!("the components are what their sources make, to the byte");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_components_were_built_from_these_sources() {
        let root = workspace_root().unwrap();
        let shipped = Manifest::read(&root.join(MANIFEST)).unwrap();
        let sources = manifest::source_digest(&root).unwrap();
        assert_eq!(shipped.sources, sources, "run `make plugins` and commit the result");
        for component in &shipped.components {
            let bytes = std::fs::read(root.join(&component.file)).unwrap();
            assert_eq!(component.sha256, manifest::sha256(&bytes), "{}", component.file);
        }
    }
}
