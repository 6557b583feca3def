//! Compiled components on disk, so that a start takes microseconds a component instead of a tenth of a second.
//!
//! Loading compiled code runs whatever the file says, so the folder belongs to this host alone (0700), and a file's name
//! is the component's digest and the engine's own hash of everything that makes compiled code fit.

pub use super::compiler::CompileError;
use super::compiler::Compiler;
use crate::digest::Digest;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Compiled components that are kept; the oldest go first.
const KEPT: usize = 64;

/// The folder of compiled components, or none.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<PathBuf>,
    compiler: Option<Compiler>,
}

impl Cache {
    /// A cache in a folder of this host's own, which is made. Without it, every start compiles.
    #[must_use]
    pub fn open(folder: PathBuf) -> Self {
        match make_private(&folder) {
            Ok(()) => Self { folder: Some(folder), compiler: None },
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "no cache of compiled strategies");
                Self::none()
            }
        }
    }

    /// The same, compiling in a process of its own, which is bounded.
    #[must_use]
    pub fn compiling_with(self, compiler: Option<Compiler>) -> Self {
        Self { compiler, ..self }
    }

    /// A cache that keeps nothing, and compiles in this process.
    #[must_use]
    pub const fn none() -> Self {
        Self { folder: None, compiler: None }
    }

    /// The compiled form of a component: from the folder, or compiled now and kept.
    ///
    /// # Errors
    /// [`CompileError`].
    pub fn load(&self, engine: &Engine, digest: &Digest, bytes: &[u8]) -> Result<Component, CompileError> {
        let invalid = |error: wasmtime::Error| CompileError::Invalid(format!("{error:#}"));
        let Some(folder) = &self.folder else { return Component::new(engine, bytes).map_err(invalid) };
        let file = folder.join(file_name(engine, digest));
        if let Some(compiled) = read(engine, &file) {
            return Ok(compiled);
        }
        let aside = file.with_extension(format!("{}.part", uuid::Uuid::new_v4().simple()));
        match &self.compiler {
            Some(compiler) => compiler.compile(bytes, &aside).inspect_err(|_| discard(&aside))?,
            None => {
                let compiled = engine.precompile_component(bytes).map_err(invalid)?;
                std::fs::write(&aside, compiled).map_err(|error| CompileError::Unavailable(error.to_string()))?;
            }
        }
        let kept = std::fs::rename(&aside, &file);
        make_room(folder);
        let unread = || CompileError::Unavailable(format!("{} was not kept; is the disk full?", file.display()));
        kept.map_err(|_| unread())?;
        read(engine, &file).ok_or_else(unread)
    }
}

fn file_name(engine: &Engine, digest: &Digest) -> String {
    let mut hash = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hash);
    format!("{digest}-{:016x}.cwasm", hash.finish())
}

#[allow(unsafe_code)]
fn read(engine: &Engine, file: &Path) -> Option<Component> {
    if !file.exists() {
        return None;
    }
    // SAFETY: the file lies in a folder that only this host's user can write (0700, made and checked by
    // `make_private`), was written there by this program under a name that is the component's digest and this engine's
    // compatibility hash, and was renamed into place whole; it is replaced or removed, never changed, so that the mapping
    // stays what it was. wasmtime checks version and settings besides.
    unsafe { Component::deserialize_file(engine, file) }.ok()
}

fn discard(file: &Path) {
    // There may be none.
    let _ = std::fs::remove_file(file);
}

/// Removes the oldest compiled components, and what compilers left that were killed. What is in use stays mapped.
fn make_room(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let modified = |entry: std::fs::DirEntry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()));
    let mut files: Vec<_> = entries.filter_map(Result::ok).filter_map(modified).collect();
    files.sort_by(|a, b| b.cmp(a));
    files.iter().skip(KEPT).for_each(|(_, file)| discard(file));
}

/// Makes a folder that only its owner may enter, and refuses one that others may write to.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(std::io::Error::other("others may write to it"));
    }
    Ok(())
}
