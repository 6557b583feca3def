//! Every setting: from the environment, `.env` or `liner.toml`, in this order, under one name; else its default.

mod fetch;
mod model;
mod notify;
mod settings;
mod sources;
mod sync;
mod telemetry;

pub use settings::{SETTINGS, Setting};
pub use sources::{Origin, Sources, Stranger};
pub use sync::SyncSettings;

use crate::ingest::fetch::{FetchSettings, shown_url};
use crate::model::ModelSettings;
use crate::music::Field;
use crate::notify::NotifySettings;
use crate::secret::Secret;
use crate::store::{Address, Terms};
use crate::telemetry::{LogFormat, TraceSettings};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

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
    #[error("{file} sets {name}, which is no setting; {}", what_to_do(*meant))]
    Unknown {
        /// The file.
        file: String,
        /// The name.
        name: String,
        /// The setting that was meant, perhaps.
        meant: Option<&'static str>,
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

fn what_to_do(meant: Option<&str>) -> String {
    meant.map_or_else(|| "remove it".to_owned(), |meant| format!("did you mean {meant}?"))
}

const DAY: Duration = Duration::from_secs(86_400);

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
    /// How long what was done is kept; for ever without it.
    pub retention: Option<Duration>,
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
            retention: Some(90 * DAY),
        }
    }
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
    /// The database.
    pub database: Address,
    /// How it is talked to.
    pub database_terms: Terms,
    /// The worker.
    pub worker: WorkerSettings,
    /// The model.
    pub model: ModelSettings,
    /// Pages.
    pub fetch: FetchSettings,
    /// Channels.
    pub sync: SyncSettings,
    /// Webhooks.
    pub notify: NotifySettings,
    /// What an entry must have.
    pub required_fields: Vec<Field>,
    /// The same, when there is a model to ask.
    pub required_with_model: Vec<Field>,
    /// Failures in a row after which a strategy is left alone for a while.
    pub bypass_after: u32,
    /// What is logged.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
    /// What is traced, and where to.
    pub traces: TraceSettings,
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
        let file = || Address::Sqlite(data_dir.join("liner.db"));
        let database = sources.get("DATABASE_URL", Address::from_url)?.unwrap_or_else(file);
        let model = model::read(sources)?;
        let required = sources.get("LINER_REQUIRED_FIELDS", fields)?;
        let mut config = Self {
            address: address(sources)?,
            admin_token: sources.secret("LINER_ADMIN_TOKEN", 16, 200)?,
            public_read: sources.flag("LINER_PUBLIC_READ")?,
            database,
            database_terms: Terms {
                connections: sources.number("LINER_DATABASE_CONNECTIONS", 9, 100)?,
                connect_timeout: sources.millis("LINER_DATABASE_CONNECT_TIMEOUT_MS", 100, 60_000)?,
                statement_timeout: sources.millis("LINER_DATABASE_STATEMENT_TIMEOUT_MS", 100, 600_000)?,
            },
            data_dir,
            worker: worker(sources)?,
            fetch: fetch::read(sources)?,
            sync: sync::read(sources)?,
            notify: notify::read(sources)?,
            required_fields: required.clone().unwrap_or_else(|| default_fields(model.absent.is_none())),
            required_with_model: required.unwrap_or_else(|| default_fields(true)),
            model,
            bypass_after: sources.number("LINER_STRATEGY_BYPASS_AFTER", 1, 1_000)?,
            log: sources.want("RUST_LOG", log_filter)?,
            log_format: telemetry::log_format(sources)?,
            traces: telemetry::traces(sources)?,
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
                "DATABASE_URL" => self.database.to_string(),
                "LINER_REQUIRED_FIELDS" => {
                    self.required_fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(",")
                }
                // Some receivers know their senders by what their address holds.
                "WEBHOOK_URL" if !text.is_empty() => {
                    self.notify.webhook.as_ref().map(|webhook| shown_url(&webhook.url)).unwrap_or_default()
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
        retention: match sources.number("LINER_RETENTION_DAYS", 0, 36_500)? {
            0 => None,
            days => Some(days * DAY),
        },
    })
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
fn default_fields(has_model: bool) -> Vec<Field> {
    if has_model { vec![Field::Title, Field::Artist, Field::Genres] } else { vec![Field::Title, Field::Artist] }
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
        assert_eq!(config.model.absent.as_deref(), Some("ANTHROPIC_API_KEY is not set"));
        assert_eq!(config.required_fields, [Field::Title, Field::Artist]);
        assert_eq!(config.database.to_string(), "sqlite:liner-data/liner.db");
    }

    #[test]
    fn custom_configuration() {
        let config = config(&[
            ("AI_WORKER_ENABLED", "false"),
            ("AI_WORKER_INTERVAL_MS", "1500"),
            ("AI_WORKER_BATCH_SIZE", "7"),
            ("AI_WORKER_RUN_ON_START", "0"),
            ("LINER_RETENTION_DAYS", "0"),
            ("ANTHROPIC_API_KEY", "sk-key"),
            ("LINER_REQUIRED_FIELDS", "title, release_date"),
            ("DATABASE_URL", "sqlite:music/x.db"),
        ])
        .unwrap();
        assert!(!config.worker.enabled && !config.worker.run_on_start);
        assert_eq!(config.worker.retention, None);
        assert_eq!((config.worker.interval.as_millis(), config.worker.batch_size), (1500, 7));
        assert_eq!(config.required_fields, [Field::Title, Field::ReleaseDate]);
        assert_eq!(config.database.to_string(), "sqlite:music/x.db");
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
            ("LINER_REQUIRED_FIELDS", "title,colour"),
            ("DATABASE_URL", "mysql://x"),
            ("LINER_RETENTION_DAYS", "-1"),
            ("RUST_LOG", "liner=loud"),
            ("LINER_LOG_FORMAT", "xml"),
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
        for (name, url) in [
            ("ANTHROPIC_BASE_URL", "https://user:password@example.org"),
            ("DATABASE_URL", "postgres://liner:pass#word@db/liner"),
        ] {
            let error = config(&[(name, url)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is ***; allowed: ")) && !error.contains("word"), "{error}");
        }
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
        let example = include_str!("../../../.env.example");
        for setting in SETTINGS {
            assert!(example.contains(&format!("# {}=", setting.name)), "{} is not in .env.example", setting.name);
        }
    }
}
