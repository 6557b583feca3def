//! The strategies: those that came with liner, and those in the plugins folder, through the same admission as in a host. They
//! are compiled aside, in a process that is bounded, and nothing is kept of it.

use super::bounded;
use super::finding::Finding;
use crate::cli::open;
use crate::config::Config;
use crate::rollout::{Upload, dropped};
use crate::strategy::admission::{Terms, admit};
use crate::strategy::bundled::COMPONENTS;
use crate::strategy::cache::Cache;
use crate::strategy::compiler::Compiler;
use crate::strategy::limits::Limits;
use futures_util::future::join_all;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "strategies";

/// A component to be looked at.
enum Component {
    /// It came with liner.
    Bundled(&'static str, &'static [u8]),
    /// A file of the plugins folder, or why it would not be taken up.
    Dropped(String, Result<Upload, String>),
}

/// Looks whether each component is admitted, all at once.
pub async fn look(config: Arc<Config>, patience: Duration) -> Vec<Finding> {
    let listed = config.clone();
    let listing = tokio::task::spawn_blocking(move || components(&listed));
    let Ok(listed) = tokio::time::timeout(patience, listing).await else {
        return vec![Finding::unending(CHECK, patience)];
    };
    let Ok(components) = listed else { return vec![Finding::broken(CHECK)] };
    let looks = components.into_iter().map(|component| bounded(CHECK, patience, look_at(config.clone(), component)));
    let looked = join_all(looks.collect::<Vec<_>>()).await.into_iter();
    looked.flat_map(|found| found.unwrap_or_else(|_| vec![Finding::broken(CHECK)])).collect()
}

fn components(config: &Config) -> Vec<Component> {
    let allowed = Limits::default().component_bytes;
    let bundled = COMPONENTS.into_iter().map(|(name, bytes)| Component::Bundled(name, bytes));
    let folder = dropped(&config.data_dir.join("plugins"), allowed).into_iter();
    bundled.chain(folder.map(|(file, upload)| Component::Dropped(file, upload))).collect()
}

/// Looks at one. The folder it is compiled in goes with this, also when its time is over.
async fn look_at(config: Arc<Config>, component: Component) -> Vec<Finding> {
    let aside = match tempfile::tempdir() {
        Ok(aside) => aside,
        Err(error) => {
            let message = format!("no folder can be made to compile a strategy in: {error}");
            return vec![Finding::warn(CHECK, message, "set TMPDIR to a folder that may be written to")];
        }
    };
    let folder = aside.path().to_owned();
    let looking = tokio::task::spawn_blocking(move || judged(&config, &component, folder));
    looking.await.map_or_else(|_| vec![Finding::broken(CHECK)], |finding| vec![finding])
}

fn judged(config: &Config, component: &Component, folder: PathBuf) -> Finding {
    match component {
        Component::Bundled(name, bytes) => match admitted(config, bytes, Terms::default(), folder) {
            Ok(said) => Finding::ok(CHECK, format!("{said} is admitted (bundled)")),
            Err(error) => {
                let message = format!("the bundled strategy {name} is not admitted: {error:#}");
                Finding::fail(CHECK, message, "this machine cannot run it: memory, seccomp or SELinux may forbid it")
            }
        },
        Component::Dropped(_, Err(reason)) => {
            Finding::fail(CHECK, reason, "mend the file, or take it out of the plugins folder")
        }
        Component::Dropped(file, Ok(upload)) => {
            let terms = Terms { config: upload.config.as_deref(), allow_wasi: upload.allow_wasi };
            match admitted(config, &upload.bytes, terms, folder) {
                Ok(said) => Finding::ok(CHECK, format!("{said} is admitted ({file})")),
                Err(error) => {
                    let message = format!("{file} in the plugins folder is not admitted, at step {error:#}");
                    Finding::fail(CHECK, message, "build it anew, or take it out; `liner plugin check` says more")
                }
            }
        }
    }
}

fn admitted(config: &Config, bytes: &[u8], terms: Terms<'_>, folder: PathBuf) -> anyhow::Result<String> {
    let cache = Cache::open(folder).compiling_with(Compiler::this_program());
    let strategy = admit(&open::runtime(config)?, &cache, bytes, terms)?;
    let description = strategy.description();
    Ok(format!("{} {}", description.name, description.version))
}
