//! `liner-plugins build` compiles the bundled strategies and writes `plugins/bundled`; `liner-plugins check` builds them
//! aside and compares. Run it through `make plugins`.

mod compile;
mod manifest;

use anyhow::{Context, Result, bail};
use manifest::Manifest;
use std::path::{Path, PathBuf};

/// The strategies that are shipped, in the pipeline's order: package and the component's name.
const BUNDLED: [(&str, &str); 2] = [("liner-rules", "rules"), ("liner-llm", "llm")];

fn main() -> Result<()> {
    let root = workspace_root()?;
    let command = std::env::args().nth(1).unwrap_or_default();
    match command.as_str() {
        "build" => build(&root, &root.join("plugins/bundled")).map(|_| ()),
        "check" => check(&root),
        other => bail!("unknown command {other:?}; use `build` or `check`"),
    }
}

fn workspace_root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_path_buf).context("the crate does not lie in the workspace")
}

fn build(root: &Path, into: &Path) -> Result<Manifest> {
    std::fs::create_dir_all(into)?;
    let mut manifest = Manifest::new(compile::compiler()?, manifest::source_digest(root)?);
    for (package, name) in BUNDLED {
        let component = compile::component(root, package)?;
        manifest.add(name, &component);
        std::fs::write(into.join(format!("{name}.wasm")), &component)?;
        println!("{name} {} bytes {}", component.len(), manifest::sha256(&component));
    }
    std::fs::write(into.join("manifest.json"), manifest.to_json()?)?;
    Ok(manifest)
}

/// Fails when the sources are not those of the shipped components, or when the same compiler makes other bytes of them.
fn check(root: &Path) -> Result<()> {
    let shipped = Manifest::read(&root.join("plugins/bundled/manifest.json"))?;
    if shipped.sources != manifest::source_digest(root)? {
        bail!("plugins/bundled was built from other sources; run `make plugins` and commit the result");
    }
    let aside = root.join("target/plugins-check");
    let built = build(root, &aside)?;
    if built.compiler != shipped.compiler {
        println!("not compared: shipped by\n{}\nhere is\n{}", shipped.compiler, built.compiler);
        return Ok(());
    }
    if built.components != shipped.components {
        bail!("the same compiler makes other bytes than plugins/bundled; run `make plugins` and commit the result");
    }
    println!("plugins/bundled is what its sources make, to the byte");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_components_were_built_from_these_sources() {
        let root = workspace_root().unwrap();
        let shipped = Manifest::read(&root.join("plugins/bundled/manifest.json")).unwrap();
        let sources = manifest::source_digest(&root).unwrap();
        assert_eq!(shipped.sources, sources, "run `make plugins` and commit the result");
        for component in &shipped.components {
            let bytes = std::fs::read(root.join(format!("plugins/bundled/{}.wasm", component.name))).unwrap();
            assert_eq!(component.sha256, manifest::sha256(&bytes), "{}", component.name);
        }
    }
}
