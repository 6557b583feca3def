//! The bundled strategies' machine code, lent to hosts. Each host of a test has a folder of its own, in which it would compile
//! them once more: two seconds of a processor in a build without optimisation, some five hundred times.

use crate::host::binary;
use liner::digest::Digest;
use liner::strategy::bundled::COMPONENTS;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Whether it is lent: benches, which are optimised, measure a start as it is.
const IS_LENT: bool = cfg!(debug_assertions);

/// Puts what another host compiled where a host looks for it, unless the host has been there. The file's name says of which
/// component and for which engine it is, so that code of another build is not taken.
pub fn lend(folder: &Path, settings: &[(&str, &str)]) {
    let Some(into) = place(folder, settings).filter(|into| IS_LENT && !into.exists()) else { return };
    let lent = files(&shelf());
    if lent.is_empty() || std::fs::create_dir_all(into.parent().unwrap()).is_err() {
        return;
    }
    // A host that may not write there says so itself.
    if std::fs::DirBuilder::new().mode(0o700).create(&into).is_ok() {
        for file in lent {
            let _ = std::fs::copy(&file, into.join(file.file_name().unwrap()));
        }
    }
}

/// Keeps what a host compiled for those that come after it.
pub fn keep(folder: &Path, settings: &[(&str, &str)]) {
    let Some(from) = place(folder, settings).filter(|_| IS_LENT) else { return };
    let bundled: Vec<String> = COMPONENTS.iter().map(|(_, bytes)| Digest::of(bytes).to_string()).collect();
    for file in files(&from) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let kept = shelf().join(name);
        if kept.exists() || !bundled.iter().any(|digest| name.starts_with(digest)) {
            continue;
        }
        std::fs::create_dir_all(shelf()).unwrap();
        // Whole or not at all: other tests look there meanwhile.
        let part = shelf().join(format!("{name}.{}", std::process::id()));
        if std::fs::copy(&file, &part).is_ok() {
            std::fs::rename(&part, &kept).unwrap();
        }
    }
}

/// Where a host has it.
fn place(folder: &Path, settings: &[(&str, &str)]) -> Option<PathBuf> {
    let named = settings.iter().rev().find(|(name, _)| *name == "LINER_DATA_DIR");
    let data = folder.join(named.map_or("liner-data", |(_, data)| *data));
    folder.exists().then(|| data.join("compiled"))
}

fn shelf() -> PathBuf {
    binary().parent().unwrap().join("compiled-for-tests")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    found.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm")).collect()
}
