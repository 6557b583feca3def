//! The plugins folder: a component that is dropped there becomes active, one that is removed gives its place back.
//!
//! `NAME.toml` beside `NAME.wasm` may hold `position`, `allow_wasi` and `config`. The folder is looked at, not listened to:
//! a listing of a small folder costs microseconds, works on every file system, and needs no debouncing of its own, as a
//! file is taken up once two looks in a row found it the same.
//!
//! Hosts on one database have a folder each, and usually the same files in them: a file that was handled in one folder is
//! not handled again in another, and gives its place back when it is gone from the last.

use super::{Place, Rollout, RolloutError, Upload, Why};
use crate::digest::Digest;
use crate::store::{Cause, EventKind, HostId, PluginFile};
use crate::strategy::lineup::{Entry, Lineup, LineupError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long it is left alone when the store failed.
const REST: Duration = Duration::from_secs(5);

/// What `NAME.toml` may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    /// Counted from 0.
    position: Option<usize>,
    #[serde(default)]
    allow_wasi: bool,
    /// A table, which becomes JSON, or the text as it is.
    config: Option<toml::Value>,
}

/// What tells one state of a file from another without reading it.
type Signature = (u64, Option<SystemTime>);

/// The component and the file beside it.
type Seen = BTreeMap<String, (Signature, Option<Signature>)>;

impl Rollout {
    /// Watches a folder until it is dropped. The folder is made.
    pub async fn watch(&self, folder: PathBuf) {
        if let Err(error) = std::fs::create_dir_all(&folder) {
            return tracing::warn!(folder = %folder.display(), %error, "the plugins folder cannot be made");
        }
        let name = match self.name_of(&folder) {
            Ok(name) => name,
            Err(error) => {
                return tracing::warn!(folder = %folder.display(), %error, "the plugins folder cannot be written");
            }
        };
        let (mut before, mut handled) = (None, None);
        loop {
            let now = list(&folder);
            if before.as_ref() == Some(&now) && handled.as_ref() != Some(&now) {
                match self.take_up(&folder, &name, &now).await {
                    Ok(()) => handled = Some(now.clone()),
                    Err(error) => {
                        tracing::warn!("the plugins folder is looked at again in {} s: {error}", REST.as_secs());
                        tokio::time::sleep(REST).await;
                    }
                }
            }
            before = Some(now);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Handles what is new, changed or gone since it was last handled, which may have been before a restart.
    async fn take_up(&self, folder: &Path, name: &str, now: &Seen) -> Result<(), RolloutError> {
        let known = self.store().plugin_files().await?;
        let (known, elsewhere): (Vec<PluginFile>, Vec<PluginFile>) =
            known.into_iter().partition(|known| known.folder == name);
        for gone in known.iter().filter(|known| !now.contains_key(&known.file)) {
            let is_elsewhere = elsewhere.iter().any(|other| other.file == gone.file && other.digest == gone.digest);
            if !is_elsewhere {
                self.give_back(gone).await?;
            }
            self.store().forget_plugin_file(name, &gone.file).await?;
        }
        for file in now.keys() {
            let known = known.iter().find(|known| known.file == *file);
            self.take_up_file(folder, (name, file), known, &elsewhere).await?;
        }
        Ok(())
    }

    /// The folder's name among those of other hosts, which it keeps; none where there are no others.
    fn name_of(&self, folder: &Path) -> std::io::Result<String> {
        if !self.store().is_shared() {
            return Ok(String::new());
        }
        let path = folder.join(".name");
        match std::fs::read_to_string(&path) {
            Ok(name) if !name.is_empty() => Ok(name),
            _ => {
                let name = HostId::new().to_string();
                std::fs::write(&path, &name)?;
                Ok(name)
            }
        }
    }

    async fn take_up_file(
        &self,
        folder: &Path,
        (name, file): (&str, &str),
        known: Option<&PluginFile>,
        elsewhere: &[PluginFile],
    ) -> Result<(), RolloutError> {
        let (path, allowed) = (folder.join(file), self.runtime().limits().component_bytes);
        // Reading and digesting what may be large would hold up other tasks.
        let read = tokio::task::spawn_blocking(move || read_with_beside(&path, allowed)).await;
        let Ok(Ok((bytes, beside, digest))) = read else { return Ok(()) };
        if known.is_some_and(|known| known.digest == digest) {
            return Ok(());
        }
        if let Some(other) = elsewhere.iter().find(|other| other.file == file && other.digest == digest) {
            let handled = PluginFile { folder: name.to_owned(), ..other.clone() };
            self.store().keep_plugin_file(&handled).await?;
            if other.folder.is_empty() {
                // From before the database was moved here from a file, whose one folder has no name: it is this one now.
                self.store().forget_plugin_file("", file).await?;
            }
            return Ok(());
        }
        let why =
            Why { cause: Cause::Install, by: "folder".to_owned(), reason: Some(format!("{file} was dropped there")) };
        let folder = name.to_owned();
        let installed = match upload(file, bytes, &beside) {
            Ok(upload) => self.install(upload, &why).await,
            Err(reason) => {
                tracing::warn!("{reason}");
                self.tell(EventKind::Refused, file, &reason).await;
                Err(RolloutError::Unknown(reason))
            }
        };
        let handled = match installed {
            Ok(installed) => {
                let (name, component) = (installed.plugin.name, Some(installed.plugin.digest));
                // What was there before the file first came is what its removal brings back.
                let former = match known {
                    Some(known) if known.name.as_ref() == Some(&name) => known.former.clone(),
                    _ => {
                        let former = installed.former.filter(|former| Some(&former.digest) != component.as_ref());
                        former.and_then(|entry| serde_json::to_string(&entry).ok())
                    }
                };
                PluginFile { folder, file: file.to_owned(), digest, component, name: Some(name), former }
            }
            Err(RolloutError::Store(error)) => return Err(error.into()),
            Err(_) => {
                // What the file was before still runs, and gives its place back when the file goes.
                let (component, name, former) = known
                    .map(|known| (known.component.clone(), known.name.clone(), known.former.clone()))
                    .unwrap_or_default();
                PluginFile { folder, file: file.to_owned(), digest, component, name, former }
            }
        };
        Ok(self.store().keep_plugin_file(&handled).await?)
    }

    /// A file is gone: what was active under its name before is active again.
    async fn give_back(&self, gone: &PluginFile) -> Result<(), RolloutError> {
        if let (Some(name), Some(component)) = (&gone.name, &gone.component) {
            let former: Option<Entry> = gone.former.as_deref().and_then(|former| serde_json::from_str(former).ok());
            let former = Lineup { active: former.into_iter().collect(), candidates: Vec::new() };
            let reason = Some(format!("{} was removed", gone.file));
            let why = Why { cause: Cause::Removal, by: "folder".to_owned(), reason };
            match self.change(&why, |lineup| step_back(lineup, name, component, &former)).await {
                Ok(_) => {}
                Err(RolloutError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!("{} was removed, and its strategy stays: {error}", gone.file);
                    self.tell(EventKind::Kept, name, &error.to_string()).await;
                }
            }
        }
        Ok(())
    }
}

/// A lineup without a component. What was put in its place since, by other ways, stays.
fn step_back(lineup: &Lineup, name: &str, component: &Digest, former: &Lineup) -> Result<Lineup, LineupError> {
    let is_active = lineup.active.iter().any(|entry| entry.name == name && entry.digest == *component);
    if is_active { lineup.restore(name, former) } else { Ok(lineup.clone()) }
}

fn upload(file: &str, bytes: Vec<u8>, beside: &str) -> Result<Upload, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!("{file} was not taken up: the .toml beside it is wrong: {}", error.to_string().trim())
    };
    let Beside { position, allow_wasi, config } = toml::from_str(beside).map_err(|error| wrong(&error))?;
    let config = match config {
        None => None,
        Some(toml::Value::String(text)) => Some(text),
        Some(table) => Some(serde_json::to_string(&table).map_err(|error| wrong(&error))?),
    };
    Ok(Upload { bytes, source: file.to_owned(), config, allow_wasi, place: Place::Active(position) })
}

/// A component, what stands beside it, and the digest of both.
fn read_with_beside(path: &Path, allowed: usize) -> std::io::Result<(Vec<u8>, String, Digest)> {
    let bytes = read_at_most(path, allowed)?;
    // There need not be one.
    let beside = std::fs::read_to_string(path.with_extension("toml")).unwrap_or_default();
    let digest = Digest::of(&[bytes.as_slice(), b"\0", beside.as_bytes()].concat());
    Ok((bytes, beside, digest))
}

/// What lies in a plugins folder, by the names of its files, as it would be taken up; or why it would not.
#[must_use]
pub fn dropped(folder: &Path, allowed: usize) -> Vec<(String, Result<Upload, String>)> {
    let read = |file: &str| {
        let (bytes, beside, _) =
            read_with_beside(&folder.join(file), allowed).map_err(|error| format!("{file} cannot be read: {error}"))?;
        upload(file, bytes, &beside)
    };
    let files = list(folder).into_keys();
    files.map(|file| (file.clone(), read(&file))).collect()
}

/// A file's bytes; of one that is too large, one byte more than is allowed, which admission refuses.
fn read_at_most(path: &Path, allowed: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(allowed).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The components of a folder. What cannot be looked at is not there.
fn list(folder: &Path) -> Seen {
    let signature = |path: &Path| {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some((metadata.len(), metadata.modified().ok()))
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return Seen::new() };
    let component = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let name = entry.file_name().into_string().ok()?;
        if path.extension()? != "wasm" || name.starts_with('.') {
            return None;
        }
        Some((name, (signature(&path)?, signature(&path.with_extension("toml")))))
    };
    entries.filter_map(Result::ok).filter_map(component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_beside_a_component_holds_its_terms() {
        let text = "position = 1\nallow_wasi = true\n[config]\ngenres = 2";
        let upload = upload("a.wasm", vec![], text).unwrap();
        assert_eq!((upload.place, upload.allow_wasi), (Place::Active(Some(1)), true));
        assert_eq!(upload.config.as_deref(), Some(r#"{"genres":2}"#));
        let text = super::upload("a.wasm", vec![], "config = \"mark a\"").unwrap();
        assert_eq!(text.config.as_deref(), Some("mark a"));
        let wrong = super::upload("a.wasm", vec![], "positoin = 1").unwrap_err();
        assert!(wrong.contains("a.wasm") && wrong.contains("positoin"), "{wrong}");
    }
}
