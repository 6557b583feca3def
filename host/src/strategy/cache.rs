//! Compiled components on disk, so that a start takes microseconds a component instead of a tenth of a second.
//!
//! Loading compiled code runs whatever the file says, so the folder belongs to this host alone (0700), and a file's name
//! is the component's digest and the engine's own hash of everything that makes compiled code fit.

use crate::digest::Digest;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The folder of compiled components, or none.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// A cache in a folder of this host's own, which is made. Without it, every start compiles.
    #[must_use]
    pub fn open(folder: PathBuf) -> Self {
        match make_private(&folder) {
            Ok(()) => Self { folder: Some(folder) },
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "no cache of compiled strategies");
                Self { folder: None }
            }
        }
    }

    /// A cache that keeps nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { folder: None }
    }

    /// The compiled form of a component: from the folder, or compiled now and kept.
    ///
    /// # Errors
    /// When the bytes are no component.
    pub fn load(&self, engine: &Engine, digest: &Digest, bytes: &[u8]) -> wasmtime::Result<Component> {
        let file = self.folder.as_ref().map(|folder| folder.join(file_name(engine, digest)));
        if let Some(compiled) = file.as_deref().and_then(|file| read(engine, file)) {
            return Ok(compiled);
        }
        let component = Component::new(engine, bytes)?;
        if let Some(file) = file
            && let Err(error) = keep(&component, &file)
        {
            tracing::warn!(file = %file.display(), %error, "a compiled strategy was not kept");
        }
        Ok(component)
    }
}

fn file_name(engine: &Engine, digest: &Digest) -> String {
    let mut hash = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hash);
    format!("{digest}-{:016x}.cwasm", hash.finish())
}

#[allow(unsafe_code)]
fn read(engine: &Engine, file: &Path) -> Option<Component> {
    let compiled = std::fs::read(file).ok()?;
    // SAFETY: the file lies in a folder that only this host's user can write (0700, made and checked by
    // `make_private`), was written there by `keep` under a name that is the component's digest and this engine's
    // compatibility hash, and was renamed into place whole. wasmtime checks version and settings besides.
    unsafe { Component::deserialize(engine, compiled) }.ok()
}

fn keep(component: &Component, file: &Path) -> wasmtime::Result<()> {
    let aside = file.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&aside, component.serialize()?)?;
    std::fs::rename(&aside, file)?;
    Ok(())
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
