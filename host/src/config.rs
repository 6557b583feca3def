//! Every setting: from the environment, `.env` or `liner.toml`, in this order, under one name; else its default.

use crate::music::Field;
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// A setting as it is documented.
#[derive(Debug)]
pub struct Setting {
    /// Its name, everywhere.
    pub name: &'static str,
    /// The value without it; empty when there is none, or when it follows from other settings.
    pub default: &'static str,
    /// What it may be.
    pub allowed: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
}

const fn setting(name: &'static str, default: &'static str, allowed: &'static str, about: &'static str) -> Setting {
    Setting { name, default, allowed, about, secret: false }
}

const fn secret(name: &'static str, allowed: &'static str, about: &'static str) -> Setting {
    Setting { name, default: "", allowed, about, secret: true }
}

/// All settings, in the order people read them.
pub const SETTINGS: &[Setting] = &[
    setting("HOST", "127.0.0.1", "an IP address; another than loopback needs LINER_ADMIN_TOKEN", "the address served"),
    setting("PORT", "4201", "0 to 65535 (0: any free port)", "the port served"),
    secret("LINER_ADMIN_TOKEN", "16 to 200 visible ASCII characters", "what callers must send as a bearer token"),
    setting("LINER_PUBLIC_READ", "false", "true or false", "with a token set: whether reading needs none"),
    setting("LINER_DATA_DIR", "liner-data", "a folder", "the database and compiled strategies"),
    setting("DATABASE_URL", "", "sqlite:PATH", "the database; liner.db in the data folder without it"),
    setting("AI_WORKER_ENABLED", "true", "true or false", "whether the worker runs by itself"),
    setting("AI_WORKER_INTERVAL_MS", "30000", "100 to 86400000", "milliseconds from one look at the queue to the next"),
    setting("AI_WORKER_BATCH_SIZE", "20", "1 to 100", "tracks a batch"),
    setting("AI_WORKER_CONCURRENCY", "4", "1 to 64", "batches in flight"),
    setting("AI_WORKER_DRAIN", "true", "true or false", "whether a full batch is followed by the next at once"),
    setting("AI_WORKER_RUN_ON_START", "true", "true or false", "whether the first look is at the start"),
    setting("AI_PROVIDER", "anthropic", "anthropic or none", "who is asked"),
    secret("ANTHROPIC_API_KEY", "up to 400 visible ASCII characters", "the key; without one no model is asked"),
    setting("ANTHROPIC_BASE_URL", "https://api.anthropic.com", "an http or https URL", "where the model is asked"),
    setting("AI_MODEL", "claude-haiku-5-5", "a model's name", "the model asked"),
    setting("AI_TIMEOUT_MS", "120000", "1000 to 600000", "milliseconds one request may take"),
    setting("AI_MAX_RETRIES", "2", "0 to 10", "how often one request is sent again"),
    setting(
        "LINER_REQUIRED_FIELDS",
        "",
        "a list of title, artist, album, genres, release_date",
        "what an entry must have before the next strategy is not asked; title,artist,genres with a model, title,artist without",
    ),
    setting(
        "LINER_ALLOW_WASI",
        "false",
        "true or false",
        "whether strategies may import WASI, of which they get an empty one",
    ),
    setting("RUST_LOG", "info", "a tracing filter, for example liner=debug", "what is logged"),
];

/// A setting that is wrong, in one line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A value that is not allowed.
    #[error("{name} is {value}; allowed: {allowed}")]
    Value {
        /// The setting.
        name: String,
        /// Its value; `***` when it is a secret.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// A name in `liner.toml` that is no setting.
    #[error("{file} sets {name}, which is no setting; `liner config` lists them")]
    Unknown {
        /// The file.
        file: String,
        /// The name.
        name: String,
    },
    /// A file that cannot be read.
    #[error("{file} cannot be read: {reason}")]
    File {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
}

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

/// The values that were set, before they are understood.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<String, (String, Origin)>);

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
        Ok(sources)
    }

    /// Sets one value. An empty one counts as not set.
    pub fn set(&mut self, name: &str, value: String, origin: Origin) {
        let value = value.trim().to_owned();
        if !value.is_empty() {
            self.0.insert(name.to_owned(), (value, origin));
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
                return Err(ConfigError::Unknown { file: path.display().to_string(), name });
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
            }
        }
        Ok(())
    }

    /// A setting's value, or its default.
    fn text(&self, setting: &'static Setting) -> (&str, Origin) {
        self.0.get(setting.name).map_or((setting.default, Origin::Default), |(value, origin)| (value, *origin))
    }

    /// A setting's value as `read` understands it; `None` when it has none.
    fn get<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else { return Ok(None) };
        let (text, _) = self.text(setting);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || ConfigError::Value {
            name: name.to_owned(),
            value: if setting.secret { "***".to_owned() } else { format!("{text:?}") },
            allowed: setting.allowed.to_owned(),
        };
        read(text).map(Some).ok_or_else(wrong)
    }

    /// As [`Sources::get`], for a setting that has a default.
    fn want<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        let empty =
            || ConfigError::Value { name: name.to_owned(), value: "empty".to_owned(), allowed: "a value".to_owned() };
        self.get(name, read)?.ok_or_else(empty)
    }

    fn flag(&self, name: &str) -> Result<bool, ConfigError> {
        let flag = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        };
        self.want(name, flag)
    }

    fn number<T: FromStr + PartialOrd>(&self, name: &str, least: T, most: T) -> Result<T, ConfigError> {
        let number = |text: &str| text.parse().ok().filter(|number| (&least..=&most).contains(&number));
        self.want(name, number)
    }

    fn millis(&self, name: &str, least: u64, most: u64) -> Result<Duration, ConfigError> {
        self.number(name, least, most).map(Duration::from_millis)
    }

    fn secret(&self, name: &str, least: usize, most: usize) -> Result<Option<Secret>, ConfigError> {
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

/// How the worker goes about its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Whether it runs by itself.
    pub enabled: bool,
    /// From one look at the queue to the next.
    pub interval: Duration,
    /// Tracks a batch.
    pub batch_size: u32,
    /// Batches in flight.
    pub concurrency: usize,
    /// Whether a full batch is followed by the next at once.
    pub drain: bool,
    /// Whether the first look is at the start.
    pub run_on_start: bool,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_secs(30),
            batch_size: 20,
            concurrency: 4,
            drain: true,
            run_on_start: true,
        }
    }
}

/// Whom to ask, and how.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// The key, unless none is set or `AI_PROVIDER` is `none`.
    pub key: Option<Secret>,
    /// Why no model is asked, when none is.
    pub absent: Option<&'static str>,
    /// Where.
    pub base_url: Url,
    /// Which model.
    pub model: String,
    /// How long one request may take.
    pub timeout: Duration,
    /// How often one request is sent again.
    pub max_retries: u32,
}

/// Everything that can be set, understood.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address served.
    pub address: SocketAddr,
    /// What callers must send.
    pub admin_token: Option<Secret>,
    /// Whether reading needs no token.
    pub public_read: bool,
    /// The host's folder.
    pub data_dir: PathBuf,
    /// The database file.
    pub database: PathBuf,
    /// The worker.
    pub worker: WorkerSettings,
    /// The model.
    pub model: ModelSettings,
    /// What an entry must have.
    pub required_fields: Vec<Field>,
    /// Whether strategies may import WASI.
    pub allow_wasi: bool,
    /// What is logged.
    pub log: String,
    /// Every setting's name, value as shown, and origin.
    pub effective: Vec<(&'static str, String, Origin)>,
}

impl Config {
    /// Understands what was set.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let data_dir = PathBuf::from(sources.want("LINER_DATA_DIR", |text| Some(text.to_owned()))?);
        let database = sources.get("DATABASE_URL", crate::store::path_of)?.unwrap_or_else(|| data_dir.join("liner.db"));
        let model = model(sources)?;
        let required_fields = sources.get("LINER_REQUIRED_FIELDS", fields)?.unwrap_or_else(|| default_fields(&model));
        let mut config = Self {
            address: address(sources)?,
            admin_token: sources.secret("LINER_ADMIN_TOKEN", 16, 200)?,
            public_read: sources.flag("LINER_PUBLIC_READ")?,
            data_dir,
            database,
            worker: worker(sources)?,
            model,
            required_fields,
            allow_wasi: sources.flag("LINER_ALLOW_WASI")?,
            log: sources.want("RUST_LOG", log_filter)?,
            effective: Vec::new(),
        };
        config.effective = config.describe(sources);
        Ok(config)
    }

    /// Refuses to serve the world without a token.
    ///
    /// # Errors
    /// [`ConfigError::Value`] naming `HOST`.
    pub fn check_served_address(&self) -> Result<(), ConfigError> {
        if self.address.ip().is_loopback() || self.admin_token.is_some() {
            return Ok(());
        }
        Err(ConfigError::Value {
            name: "HOST".to_owned(),
            value: self.address.ip().to_string(),
            allowed: "a loopback address while LINER_ADMIN_TOKEN is not set".to_owned(),
        })
    }

    fn describe(&self, sources: &Sources) -> Vec<(&'static str, String, Origin)> {
        let shown = |setting: &'static Setting| {
            let (text, origin) = sources.text(setting);
            let value = match setting.name {
                "DATABASE_URL" => format!("sqlite:{}", self.database.display()),
                "LINER_REQUIRED_FIELDS" => {
                    self.required_fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(",")
                }
                _ if setting.secret && !text.is_empty() => "***".to_owned(),
                _ => text.to_owned(),
            };
            (setting.name, value, origin)
        };
        SETTINGS.iter().map(shown).collect()
    }
}

fn address(sources: &Sources) -> Result<SocketAddr, ConfigError> {
    let host = |text: &str| if text == "localhost" { Some(IpAddr::from([127, 0, 0, 1])) } else { text.parse().ok() };
    Ok(SocketAddr::new(sources.want("HOST", host)?, sources.number("PORT", 0, u16::MAX)?))
}

fn worker(sources: &Sources) -> Result<WorkerSettings, ConfigError> {
    Ok(WorkerSettings {
        enabled: sources.flag("AI_WORKER_ENABLED")?,
        interval: sources.millis("AI_WORKER_INTERVAL_MS", 100, 86_400_000)?,
        batch_size: sources.number("AI_WORKER_BATCH_SIZE", 1, 100)?,
        concurrency: sources.number("AI_WORKER_CONCURRENCY", 1, 64)?,
        drain: sources.flag("AI_WORKER_DRAIN")?,
        run_on_start: sources.flag("AI_WORKER_RUN_ON_START")?,
    })
}

fn model(sources: &Sources) -> Result<ModelSettings, ConfigError> {
    let wanted = |text: &str| match text {
        "anthropic" => Some(true),
        "none" => Some(false),
        _ => None,
    };
    let wanted = sources.want("AI_PROVIDER", wanted)?;
    let key = sources.secret("ANTHROPIC_API_KEY", 1, 400)?.filter(|_| wanted);
    let absent = match (&key, wanted) {
        (Some(_), _) => None,
        (None, true) => Some("ANTHROPIC_API_KEY is not set"),
        (None, false) => Some("AI_PROVIDER is none"),
    };
    Ok(ModelSettings {
        key,
        absent,
        base_url: sources.want("ANTHROPIC_BASE_URL", base_url)?,
        model: sources.want("AI_MODEL", model_name)?,
        timeout: sources.millis("AI_TIMEOUT_MS", 1_000, 600_000)?,
        max_retries: sources.number("AI_MAX_RETRIES", 0, 10)?,
    })
}

/// An origin with a path at most: credentials and queries have no place in it.
fn base_url(text: &str) -> Option<Url> {
    let url: Url = text.trim_end_matches('/').parse().ok()?;
    let plain = url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && plain).then_some(url)
}

fn model_name(text: &str) -> Option<String> {
    let plain = text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| text.to_owned())
}

fn log_filter(text: &str) -> Option<String> {
    tracing_subscriber::EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}

fn fields(text: &str) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let field = Field::from_name(name)?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Some(fields)
}

/// Genres are rarely on a page: without a model nobody could give them, and nothing would ever be complete.
fn default_fields(model: &ModelSettings) -> Vec<Field> {
    match model.key {
        Some(_) => vec![Field::Title, Field::Artist, Field::Genres],
        None => vec![Field::Title, Field::Artist],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut sources = Sources::default();
        for (name, value) in pairs {
            sources.set(name, (*value).to_owned(), Origin::Environment);
        }
        Config::from_sources(&sources)
    }

    #[test]
    fn default_configuration() {
        let config = config(&[]).unwrap();
        assert_eq!(config.worker, WorkerSettings::default());
        assert_eq!(config.address.to_string(), "127.0.0.1:4201");
        assert_eq!(config.model.model, "claude-haiku-5-5");
        assert_eq!(config.model.absent, Some("ANTHROPIC_API_KEY is not set"));
        assert_eq!(config.required_fields, [Field::Title, Field::Artist]);
        assert_eq!(config.database, PathBuf::from("liner-data/liner.db"));
    }

    #[test]
    fn custom_configuration() {
        let config = config(&[
            ("AI_WORKER_ENABLED", "false"),
            ("AI_WORKER_INTERVAL_MS", "1500"),
            ("AI_WORKER_BATCH_SIZE", "7"),
            ("AI_WORKER_RUN_ON_START", "0"),
            ("ANTHROPIC_API_KEY", "sk-key"),
            ("LINER_REQUIRED_FIELDS", "title, release_date"),
            ("DATABASE_URL", "sqlite:/tmp/x.db"),
        ])
        .unwrap();
        assert!(!config.worker.enabled && !config.worker.run_on_start);
        assert_eq!((config.worker.interval.as_millis(), config.worker.batch_size), (1500, 7));
        assert_eq!(config.required_fields, [Field::Title, Field::ReleaseDate]);
        assert_eq!(config.database, PathBuf::from("/tmp/x.db"));
        assert_eq!(config.model.absent, None);
    }

    #[test]
    fn with_a_key_genres_are_required_too() {
        let config = config(&[("ANTHROPIC_API_KEY", "sk-key")]).unwrap();
        assert_eq!(config.required_fields, [Field::Title, Field::Artist, Field::Genres]);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed_in_one_line() {
        for (name, value) in [
            ("AI_WORKER_BATCH_SIZE", "0"),
            ("AI_WORKER_BATCH_SIZE", "101"),
            ("AI_WORKER_INTERVAL_MS", "soon"),
            ("AI_WORKER_ENABLED", "maybe"),
            ("PORT", "70000"),
            ("HOST", "example.org"),
            ("AI_PROVIDER", "acme"),
            ("ANTHROPIC_BASE_URL", "ftp://example.org"),
            ("ANTHROPIC_BASE_URL", "https://user:password@example.org"),
            ("LINER_REQUIRED_FIELDS", "title,colour"),
            ("DATABASE_URL", "mysql://x"),
            ("RUST_LOG", "liner=loud"),
        ] {
            let error = config(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is \"{value}\"; allowed: ")), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn a_wrong_secret_is_not_shown() {
        let error = config(&[("LINER_ADMIN_TOKEN", "short-secret")]).unwrap_err().to_string();
        assert!(error.starts_with("LINER_ADMIN_TOKEN is ***") && !error.contains("short-secret"), "{error}");
        let error = config(&[("ANTHROPIC_API_KEY", "sk key\nwith lines")]).unwrap_err().to_string();
        assert!(!error.contains("sk key"), "{error}");
    }

    #[test]
    fn the_effective_settings_hide_secrets() {
        let config = config(&[("ANTHROPIC_API_KEY", "sk-hidden"), ("LINER_ADMIN_TOKEN", "0123456789abcdef")]).unwrap();
        let shown = format!("{:?} {config:?}", config.effective);
        assert!(!shown.contains("sk-hidden") && !shown.contains("0123456789abcdef"));
        assert_eq!(config.effective.len(), SETTINGS.len());
    }

    #[test]
    fn the_world_is_not_served_without_a_token() {
        assert!(config(&[("HOST", "0.0.0.0")]).unwrap().check_served_address().is_err());
        let token = ("LINER_ADMIN_TOKEN", "0123456789abcdef");
        assert!(config(&[("HOST", "0.0.0.0"), token]).unwrap().check_served_address().is_ok());
        assert!(config(&[("HOST", "::1")]).unwrap().check_served_address().is_ok());
    }

    #[test]
    fn the_environment_wins_over_dotenv_and_dotenv_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("liner.toml"), "PORT = 1\nai_worker_batch_size = 9\n").unwrap();
        std::fs::write(folder.path().join(".env"), "PORT=2\nOTHER_PROGRAM=x\n").unwrap();
        let mut sources = Sources::of_process(folder.path()).unwrap();
        let config = Config::from_sources(&sources).unwrap();
        assert_eq!((config.address.port(), config.worker.batch_size), (2, 9));
        sources.set("PORT", "3".to_owned(), Origin::Environment);
        assert_eq!(Config::from_sources(&sources).unwrap().address.port(), 3);
    }

    #[test]
    fn a_name_in_the_file_that_is_no_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("liner.toml"), "AI_WORKER_BATCHSIZE = 9\n").unwrap();
        let error = Sources::of_process(folder.path()).unwrap_err().to_string();
        assert!(error.contains("AI_WORKER_BATCHSIZE"), "{error}");
    }

    #[test]
    fn the_example_file_lists_every_setting() {
        let example = include_str!("../../.env.example");
        for setting in SETTINGS {
            assert!(example.contains(&format!("# {}=", setting.name)), "{} is not in .env.example", setting.name);
        }
    }
}
