//! Logs on standard error: for people on a terminal, for programs elsewhere. What a line has, and may say above
//! `debug`, is in `docs/monitoring/README.md`: counts, names of strategies and models, batches; nothing of what a track, a
//! page or a prompt says.

use std::io::{IsTerminal, Stderr};
use std::panic::PanicHookInfo;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Json, JsonFields};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, else for programs.
    Auto,
    /// For people.
    Human,
    /// For programs: a JSON object a line.
    Json,
}

impl LogFormat {
    /// The format of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "human" => Some(Self::Human),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn is_json(self) -> bool {
        match self {
            Self::Auto => !std::io::stderr().is_terminal(),
            Self::Human => false,
            Self::Json => true,
        }
    }
}

/// Starts logging to standard error; for people in colour on a terminal, unless `NO_COLOR` is set. From then on a panic is
/// a line of the log.
///
/// # Errors
/// When the filter is wrong, or something logs already.
pub fn log_to_stderr(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let lines = lines(EnvFilter::try_new(filter)?);
    let started = if format.is_json() {
        json(lines).try_init()
    } else {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        lines.with_ansi(colour).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

type Lines = SubscriberBuilder<DefaultFields, Format, EnvFilter, fn() -> Stderr>;

fn lines(filter: EnvFilter) -> Lines {
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr as fn() -> Stderr)
}

/// A JSON object a line. A request's line says in `span` which request it is of.
fn json(lines: Lines) -> SubscriberBuilder<JsonFields, Format<Json>, EnvFilter, fn() -> Stderr> {
    lines.json().flatten_event(true).with_current_span(true).with_span_list(false)
}

/// A panic's words may quote what was being read, unless they were written beforehand.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let said = panic.payload().downcast_ref::<&'static str>().copied();
    tracing::error!(place, thread, said, "a panic");
    if said.is_none() {
        tracing::debug!(place, thread, "a panic said: {}", panic.payload_as_str().unwrap_or("nothing"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Page {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_line_of_a_request_says_which_one() {
        let page = Page::default();
        let subscriber = json(lines(EnvFilter::new("info"))).with_writer(page.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let _request = tracing::info_span!("request", request_id = "7f3a").entered();
            tracing::warn!(tracks = 3, "something");
        });
        let line: serde_json::Value = serde_json::from_slice(&page.0.lock().unwrap()).unwrap();
        assert_eq!((&line["span"]["request_id"], &line["tracks"]), (&"7f3a".into(), &3.into()), "{line}");
        assert_eq!((&line["level"], &line["message"]), (&"WARN".into(), &"something".into()));
    }

    /// What is logged at `info` of a panic.
    fn logged(panic: impl FnOnce() + Send + 'static) -> String {
        let page = Page::default();
        let subscriber = json(lines(EnvFilter::new("info"))).with_writer(page.clone()).finish();
        let panicking = std::thread::Builder::new().name("a-thread".into()).spawn(move || {
            tracing::subscriber::with_default(subscriber, || {
                let former = std::panic::take_hook();
                std::panic::set_hook(Box::new(log_panic));
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic));
                std::panic::set_hook(former);
                assert!(caught.is_err());
            });
        });
        panicking.unwrap().join().unwrap();
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_panic_is_a_line_with_its_place_and_with_its_words_if_they_quote_nothing() {
        let fixed: serde_json::Value = serde_json::from_str(&logged(|| panic!("it went wrong"))).unwrap();
        assert_eq!((&fixed["level"], &fixed["message"]), (&"ERROR".into(), &"a panic".into()));
        assert_eq!((&fixed["said"], &fixed["thread"]), (&"it went wrong".into(), &"a-thread".into()));
        assert!(fixed["place"].as_str().unwrap().contains("logs.rs:"), "{fixed}");
        let title = String::from("a title");
        let quoting = logged(move || panic!("it went wrong: {title}"));
        assert!(quoting.contains("\"a panic\"") && !quoting.contains("a title"), "{quoting}");
    }
}
