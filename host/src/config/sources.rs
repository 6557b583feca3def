//! Where values come from, and how a text becomes one.

use super::ConfigError;
use super::settings::{SETTINGS, Setting};
use crate::nearest::nearest;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nothing set it.
    Default,
    /// `liner.toml`.
    Toml,
    /// `.env`.
    DotEnv,
    /// The environment.
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Toml => "liner.toml",
            Self::DotEnv => ".env",
            Self::Environment => "environment",
        })
    }
}

/// A name that looks like a setting's and is none. It may be another program's, so that it is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The name.
    pub name: String,
    /// Where it was set.
    pub origin: Origin,
    /// The setting that was meant, perhaps.
    pub meant: Option<&'static str>,
}

/// What the names of settings begin with that other programs do not share.
const PREFIXES: [&str; 2] = ["AI_", "LINER_"];
/// What tests let a process die by.
const FAILPOINT: &str = "LINER_FAILPOINT";

/// The values that were set, before they are understood.
#[derive(Debug, Default)]
pub struct Sources {
    values: BTreeMap<String, (String, Origin)>,
    strangers: Vec<Stranger>,
}

impl Sources {
    /// Reads `liner.toml` and `.env` of a folder, and the environment over both.
    ///
    /// # Errors
    /// A file that is there and cannot be read, or sets what is no setting.
    pub fn of_process(folder: &Path) -> Result<Self, ConfigError> {
        let mut sources = Self::default();
        sources.read_toml(&folder.join("liner.toml"))?;
        sources.read_dotenv(&folder.join(".env"))?;
        for setting in SETTINGS {
            if let Ok(value) = std::env::var(setting.name) {
                sources.set(setting.name, value, Origin::Environment);
            }
        }
        for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
            sources.note_stranger(&name, Origin::Environment);
        }
        Ok(sources)
    }

    /// Names that look like a setting's and are none.
    #[must_use]
    pub fn strangers(&self) -> &[Stranger] {
        &self.strangers
    }

    /// Forgets a value, so that its setting has its default.
    pub fn unset(&mut self, name: &str) {
        self.values.remove(name);
    }

    fn note_stranger(&mut self, name: &str, origin: Origin) {
        let is_ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !name.starts_with(FAILPOINT);
        if is_ours && !SETTINGS.iter().any(|setting| setting.name == name) {
            let meant = nearest(name, SETTINGS.iter().map(|setting| setting.name));
            self.strangers.push(Stranger { name: name.to_owned(), origin, meant });
        }
    }

    /// Sets one value. An empty one counts as not set.
    pub fn set(&mut self, name: &str, value: String, origin: Origin) {
        let value = value.trim().to_owned();
        if !value.is_empty() {
            self.values.insert(name.to_owned(), (value, origin));
        }
    }

    fn read_toml(&mut self, path: &Path) -> Result<(), ConfigError> {
        let Some(text) = read(path)? else { return Ok(()) };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::File {
            file: path.display().to_string(),
            reason: error.to_string().replace('\n', " "),
        })?;
        for (name, value) in table {
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name.eq_ignore_ascii_case(&name)) else {
                let meant = nearest(&name, SETTINGS.iter().map(|setting| setting.name));
                return Err(ConfigError::Unknown { file: path.display().to_string(), name, meant });
            };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.set(setting.name, value, Origin::Toml);
        }
        Ok(())
    }

    fn read_dotenv(&mut self, path: &Path) -> Result<(), ConfigError> {
        if !path.exists() {
            return Ok(());
        }
        // The parser's own error would quote the line, which may hold a key.
        let unreadable =
            |reason: &str| ConfigError::File { file: path.display().to_string(), reason: reason.to_owned() };
        let lines = dotenvy::from_path_iter(path).map_err(|_| unreadable("it is no readable text file"))?;
        for (number, line) in lines.enumerate() {
            let (name, value) =
                line.map_err(|_| unreadable(&format!("setting {} is not of the form NAME=value", number + 1)))?;
            if SETTINGS.iter().any(|setting| setting.name == name) {
                self.set(&name, value, Origin::DotEnv);
            } else {
                self.note_stranger(&name, Origin::DotEnv);
            }
        }
        Ok(())
    }

    /// A setting's value, or its default.
    pub(super) fn text(&self, setting: &'static Setting) -> (&str, Origin) {
        self.values.get(setting.name).map_or((setting.default, Origin::Default), |(value, origin)| (value, *origin))
    }

    /// A setting's value as `read` understands it; `None` when it has none.
    pub(super) fn get<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else { return Ok(None) };
        let (text, _) = self.text(setting);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || ConfigError::Value {
            name: name.to_owned(),
            // A URL may hold a password, above all one that cannot be read.
            value: if setting.secret || text.contains('@') { "***".to_owned() } else { format!("{text:?}") },
            allowed: setting.allowed.to_owned(),
        };
        read(text).map(Some).ok_or_else(wrong)
    }

    /// As [`Sources::get`], for a setting that has a default.
    pub(super) fn want<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        let empty =
            || ConfigError::Value { name: name.to_owned(), value: "empty".to_owned(), allowed: "a value".to_owned() };
        self.get(name, read)?.ok_or_else(empty)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ConfigError> {
        let flag = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        };
        self.want(name, flag)
    }

    pub(super) fn number<T: FromStr + PartialOrd>(&self, name: &str, least: T, most: T) -> Result<T, ConfigError> {
        let number = |text: &str| text.parse().ok().filter(|number| (&least..=&most).contains(&number));
        self.want(name, number)
    }

    pub(super) fn millis(&self, name: &str, least: u64, most: u64) -> Result<Duration, ConfigError> {
        self.number(name, least, most).map(Duration::from_millis)
    }

    pub(super) fn secret(&self, name: &str, least: usize, most: usize) -> Result<Option<Secret>, ConfigError> {
        let secret = |text: &str| {
            let fits = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            fits.then(|| Secret::new(text.to_owned()))
        };
        self.get(name, secret)
    }
}

fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::File { file: path.display().to_string(), reason: error.to_string() }),
    }
}
