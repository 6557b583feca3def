//! A guest crate to a component: `wasm32-unknown-unknown`, then encoded by `wit-component`. No WASI, so no imports but
//! the contract's.
//!
//! Where the toolchain has no such target and rustup cannot fetch it, Debian's `rustc-web` builds the standard library
//! from its own sources. Paths are remapped, so that the bytes do not depend on the folder.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust";

/// Which compiler guests are built with.
enum Toolchain {
    /// The one in use has the target.
    Rustup,
    /// Debian's, which builds the standard library too; its linker comes from the toolchain in use.
    Debian,
}

impl Toolchain {
    fn find() -> Result<Self> {
        let libdir = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
        if Path::new(libdir.trim()).is_dir() {
            return Ok(Self::Rustup);
        }
        if Path::new(DEBIAN_RUSTC).exists() && Path::new(DEBIAN_STD).is_dir() {
            return Ok(Self::Debian);
        }
        bail!(
            "no compiler for {TARGET}: run `rustup target add {TARGET}`, or on Debian \
             `apt-get install --no-install-recommends rustc-web rust-web-src`"
        )
    }
}

/// `rustc -vV` of the compiler guests are built with.
pub fn compiler() -> Result<String> {
    let rustc = match Toolchain::find()? {
        Toolchain::Rustup => "rustc",
        Toolchain::Debian => DEBIAN_RUSTC,
    };
    Ok(output(Command::new(rustc).arg("-vV"))?.trim().to_owned())
}

/// The component of a package of this workspace.
pub fn component(root: &Path, package: &str) -> Result<Vec<u8>> {
    let target_dir = root.join("target/plugins");
    let cargo_home = cargo_home()?;
    let remap = format!(
        "--remap-path-prefix={}=/cargo --remap-path-prefix={}=/src --remap-path-prefix={DEBIAN_STD}=/rust",
        cargo_home.display(),
        root.display()
    );
    let mut cargo = cargo_build(root, &target_dir)?;
    cargo
        .args(["--locked", "--profile", "plugin", "--package", package])
        .env("CARGO_HOME", &cargo_home)
        .env("RUSTFLAGS", remap)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    let status = cargo.status().context("cargo does not start")?;
    if !status.success() {
        bail!("compiling {package} for {TARGET} failed");
    }
    let file = target_dir.join(TARGET).join("plugin").join(format!("{}.wasm", package.replace('-', "_")));
    let module = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    wit_component::ComponentEncoder::default()
        .module(&module)?
        .validate(true)
        .encode()
        .with_context(|| format!("{package} is not a strategy: does it call export_strategy!?"))
}

/// What `cargo build --release --target wasm32-unknown-unknown` does in a crate of its own, also where only Debian's
/// compiler has the target. The core modules lie where cargo leaves them; liner encodes them on the way in.
pub fn crate_of_its_own(folder: &Path) -> Result<()> {
    let target_dir = folder.join("target");
    let status = cargo_build(folder, &target_dir)?.arg("--release").status().context("cargo does not start")?;
    if !status.success() {
        bail!("compiling {} for {TARGET} failed", folder.display());
    }
    Ok(())
}

fn cargo_build(folder: &Path, target_dir: &Path) -> Result<Command> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).args(["build", "--lib", "--target", TARGET]).arg("--target-dir").arg(target_dir);
    if let Toolchain::Debian = Toolchain::find()? {
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let host = host_triple()?;
        let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin/rust-lld");
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", DEBIAN_RUSTC)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    Ok(cargo)
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(PathBuf::from(std::env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?).join(".cargo"))
}

fn host_triple() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} does not start"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
