//! The strategies: those that came with liner, and those in the plugins folder, through the same admission as in a host. They
//! are compiled aside, in a process that is bounded, and nothing is kept of it.

use super::finding::Finding;
use crate::cli::open;
use crate::config::Config;
use crate::rollout::{Upload, dropped};
use crate::strategy::admission::{Terms, admit};
use crate::strategy::bundled::COMPONENTS;
use crate::strategy::cache::Cache;
use crate::strategy::compiler::Compiler;
use crate::strategy::limits::Limits;
use anyhow::Context;
use std::sync::Arc;

const CHECK: &str = "strategies";

/// Seconds of processor time that compiling one may take here.
const COMPILING: u64 = 60;

/// A component to be looked at.
pub enum Component {
    /// It came with liner.
    Bundled(&'static str, &'static [u8]),
    /// A file of the plugins folder, or why it would not be taken up.
    Dropped(String, Result<Upload, String>),
}

/// What there is to look at.
pub fn components(config: &Config) -> Vec<Component> {
    let allowed = Limits::default().component_bytes;
    let bundled = COMPONENTS.into_iter().map(|(name, bytes)| Component::Bundled(name, bytes));
    let folder = dropped(&config.data_dir.join("plugins"), allowed).into_iter();
    bundled.chain(folder.map(|(file, upload)| Component::Dropped(file, upload))).collect()
}

/// Looks whether a component is admitted.
pub async fn look(config: Arc<Config>, component: Component) -> Vec<Finding> {
    let looking = tokio::task::spawn_blocking(move || match component {
        Component::Bundled(name, bytes) => match admitted(&config, bytes, Terms::default()) {
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
            match admitted(&config, &upload.bytes, terms) {
                Ok(said) => Finding::ok(CHECK, format!("{said} is admitted ({file})")),
                Err(error) => {
                    let message = format!("{file} in the plugins folder is not admitted, at step {error:#}");
                    Finding::fail(CHECK, message, "build it anew, or take it out; `liner plugin check` says more")
                }
            }
        }
    });
    looking.await.map_or_else(|_| vec![Finding::broken(CHECK)], |finding| vec![finding])
}

fn admitted(config: &Config, bytes: &[u8], terms: Terms<'_>) -> anyhow::Result<String> {
    let runtime = open::runtime(config)?;
    let aside = tempfile::tempdir().context("no folder can be made for what is compiled aside")?;
    let compiler = Compiler::this_program().map(|compiler| compiler.within(COMPILING));
    let cache = Cache::open(aside.path().to_owned()).compiling_with(compiler);
    let strategy = admit(&runtime, &cache, bytes, terms)?;
    let description = strategy.description();
    Ok(format!("{} {}", description.name, description.version))
}
