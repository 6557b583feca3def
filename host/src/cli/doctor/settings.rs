//! The settings: each is allowed, none is misspelt, and nobody else reads the secrets in their files.

use super::finding::Finding;
use crate::config::{Config, ConfigError, Origin, SETTINGS, Sources, Stranger};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const CHECK: &str = "settings";

/// What was found in the settings, and the settings, if they are right.
pub struct Seen {
    /// What was found.
    pub findings: Vec<Finding>,
    /// None where one is wrong: what else there is depends on them.
    pub config: Option<Config>,
}

/// Reads the settings of this folder and environment. Whoever starts liner hears of the first that is wrong; here all are.
pub fn read() -> Seen {
    let sources = match Sources::of_process(Path::new(".")) {
        Ok(sources) => sources,
        Err(error) => return Seen { findings: vec![wrong(&error)], config: None },
    };
    let strangers: Vec<Finding> = sources.strangers().iter().map(stranger).collect();
    match Config::from_sources(&sources) {
        Ok(config) => {
            let mut findings = vec![Finding::ok(CHECK, set(&config))];
            findings.extend(strangers);
            findings.extend(
                [(Origin::DotEnv, ".env"), (Origin::Toml, "liner.toml")]
                    .into_iter()
                    .filter_map(|(origin, file)| secrets(&config, origin, Path::new(file))),
            );
            Seen { findings, config: Some(config) }
        }
        Err(first) => {
            let mut findings = all_wrong(sources, first);
            findings.extend(strangers);
            Seen { findings, config: None }
        }
    }
}

/// Every setting that is wrong: one after the other is taken for its default until the rest is right.
fn all_wrong(mut sources: Sources, first: ConfigError) -> Vec<Finding> {
    let (mut findings, mut next) = (Vec::new(), Some(first));
    for _ in SETTINGS {
        let Some(error) = next else { break };
        findings.push(wrong(&error));
        let ConfigError::Value { name, .. } = error else { break };
        sources.unset(&name);
        next = Config::from_sources(&sources).err();
    }
    findings
}

fn wrong(error: &ConfigError) -> Finding {
    Finding::fail(CHECK, error.to_string(), "no command starts before that is mended, and nothing else is looked at")
}

fn set(config: &Config) -> String {
    let of = |wanted: Origin| config.effective.iter().filter(|(_, _, origin)| *origin == wanted).count();
    let origins = [Origin::Environment, Origin::DotEnv, Origin::Toml].map(|origin| (of(origin), origin));
    let said: Vec<String> =
        origins.into_iter().filter(|(n, _)| *n > 0).map(|(n, origin)| format!("{n} by {origin}")).collect();
    if said.is_empty() {
        "all are as they come".to_owned()
    } else {
        format!("{}; the rest as they come", said.join(", "))
    }
}

fn stranger(stranger: &Stranger) -> Finding {
    let message = format!("{} ({}) is no setting, and does nothing", stranger.name, stranger.origin);
    let advice = stranger.meant.map_or_else(|| "remove it".to_owned(), |meant| format!("did you mean {meant}?"));
    Finding::warn(CHECK, message, advice)
}

/// Secrets in a file that every user of this machine may read.
fn secrets(config: &Config, origin: Origin, file: &Path) -> Option<Finding> {
    let is_secret = |name: &str| SETTINGS.iter().any(|setting| setting.secret && setting.name == name);
    let has_some = config.effective.iter().any(|(name, _, from)| *from == origin && is_secret(name));
    let mode = std::fs::metadata(file).ok().filter(|_| has_some)?.permissions().mode();
    (mode & 0o004 != 0).then(|| {
        let message = format!("{} holds a secret, and everyone on this machine may read it", file.display());
        Finding::warn(CHECK, message, format!("chmod 600 {}", file.display()))
    })
}
