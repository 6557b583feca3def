//! The table of settings: what parsing, error messages, `liner config` and `.env.example` are made of.

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
    setting("LINER_HTTP_CONNECTIONS", "2048", "8 to 100000", "connections at once; further ones wait until one ends"),
    setting(
        "LINER_HTTP_TIMEOUT_MS",
        "30000",
        "100 to 600000",
        "milliseconds that a caller may keep a connection without a request, be silent within one, or not read its answer",
    ),
    setting("LINER_HTTP_STREAMS", "1000", "0 to 100000", "readers of /api/events at once"),
    setting(
        "LINER_TRUSTED_PROXIES",
        "",
        "a list of addresses and networks",
        "the proxies in front of this host: what they say in X-Forwarded-For is a caller's address",
    ),
    setting(
        "LINER_CORS_ORIGINS",
        "",
        "a list of origins as browsers send them, for example https://music.example",
        "other origins whose pages may read answers, and with the token change something",
    ),
    setting(
        "LINER_SHUTDOWN_DELAY_MS",
        "0",
        "0 to 60000",
        "milliseconds that requests are still served after /readyz began to say that this host is stopping",
    ),
    setting("LINER_DATA_DIR", "liner-data", "a folder", "the database and compiled strategies"),
    setting(
        "DATABASE_URL",
        "",
        "sqlite:PATH or postgres://USER@HOST/NAME",
        "the database; liner.db in the data folder without it",
    ),
    setting("LINER_DATABASE_CONNECTIONS", "12", "9 to 100", "connections to a PostgreSQL server"),
    setting(
        "LINER_DATABASE_CONNECT_TIMEOUT_MS",
        "5000",
        "100 to 60000",
        "milliseconds to wait for a connection to a PostgreSQL server",
    ),
    setting(
        "LINER_DATABASE_STATEMENT_TIMEOUT_MS",
        "10000",
        "100 to 600000",
        "milliseconds one statement on a PostgreSQL server may take",
    ),
    setting("AI_WORKER_ENABLED", "true", "true or false", "whether the worker runs by itself"),
    setting("AI_WORKER_INTERVAL_MS", "30000", "100 to 86400000", "milliseconds from one look at the queue to the next"),
    setting("AI_WORKER_BATCH_SIZE", "20", "1 to 100", "tracks a batch"),
    setting("AI_WORKER_CONCURRENCY", "4", "1 to 64", "batches in flight"),
    setting("AI_WORKER_DRAIN", "true", "true or false", "whether a full batch is followed by the next at once"),
    setting("AI_WORKER_RUN_ON_START", "true", "true or false", "whether the first look is at the start"),
    setting(
        "AI_PROVIDER",
        "anthropic",
        "anthropic, openai or none",
        "who is asked; openai: whoever speaks its language",
    ),
    setting(
        "AI_MODEL",
        "",
        "a model's name",
        "the model asked; claude-haiku-5-5 without it, where AI_PROVIDER is anthropic",
    ),
    setting(
        "AI_FALLBACK",
        "",
        "a list of PROVIDER:MODEL, for example openai:llama3,anthropic:claude-haiku-4-5",
        "who is asked, in this order, when AI_PROVIDER cannot answer",
    ),
    secret("ANTHROPIC_API_KEY", "up to 400 visible ASCII characters", "the key; without one Anthropic is not asked"),
    setting(
        "ANTHROPIC_BASE_URL",
        "https://api.anthropic.com",
        "an https URL, or an http URL of this machine",
        "where Anthropic's API is",
    ),
    setting("ANTHROPIC_VERSION", "2026-10-21", "2026-10-21 or 2023-06-01", "the version of Anthropic's API"),
    secret("OPENAI_API_KEY", "up to 400 visible ASCII characters", "the key; local servers need none"),
    setting(
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
        "an https URL, or an http URL of this machine or without a key",
        "where an OpenAI-compatible API is: OpenAI, Ollama, vLLM, llama.cpp, LM Studio, LiteLLM",
    ),
    setting(
        "OPENAI_MAX_TOKENS_FIELD",
        "auto",
        "auto, max_tokens or max_completion_tokens",
        "how that API names the most output tokens",
    ),
    setting(
        "OPENAI_RESPONSE_FORMAT",
        "auto",
        "auto, json_schema, json_object or prompt",
        "how that API binds a reply to a schema",
    ),
    setting("OPENAI_REASONING_EFFORT", "", "a word, for example minimal", "how much a reasoning model reasons"),
    setting("AI_TIMEOUT_MS", "120000", "1000 to 600000", "milliseconds one request may take"),
    setting("AI_MAX_RETRIES", "2", "0 to 10", "how often one request is sent again"),
    setting("AI_MAX_CONCURRENT_REQUESTS", "32", "1 to 10000", "requests at once, of one host"),
    setting(
        "AI_REQUESTS_PER_MINUTE",
        "0",
        "0 to 1000000 (0: no limit)",
        "requests a minute, of all hosts together, to each provider",
    ),
    setting(
        "AI_INPUT_TOKENS_PER_MINUTE",
        "0",
        "0 to 1000000000 (0: no limit)",
        "input tokens a minute, of all hosts together, to each provider",
    ),
    setting(
        "AI_OUTPUT_TOKENS_PER_MINUTE",
        "0",
        "0 to 1000000000 (0: no limit)",
        "output tokens a minute, of all hosts together, to each provider",
    ),
    setting("AI_DAILY_BUDGET_USD", "0", "0 to 1000000000 (0: no limit)", "dollars a UTC day, of all hosts together"),
    setting("AI_TOTAL_BUDGET_USD", "0", "0 to 1000000000 (0: no limit)", "dollars in all, of all hosts together"),
    setting(
        "AI_PRICES",
        "",
        "a list of MODEL=IN/OUT[/CACHE READ[/CACHE WRITE]], in dollars per million tokens",
        "what models cost, where the built-in list does not say or is out of date",
    ),
    setting(
        "AI_REUSE_DAYS",
        "30",
        "0 to 36500 (0: never)",
        "days that a journalled reply answers the same prompt of other batches",
    ),
    setting(
        "AI_BATCH_API",
        "off",
        "off or auto",
        "auto: a backlog goes out as provider's batches, at half the price and within a day",
    ),
    setting("AI_BATCH_MIN_TRACKS", "1000", "1 to 1000000000", "the due tracks that are a backlog"),
    setting(
        "AI_BATCH_CANCEL_ON_SHUTDOWN",
        "false",
        "true or false",
        "whether all hosts' such batches are cancelled when one stops",
    ),
    setting("LINER_FETCH", "true", "true or false", "whether the pages of links that come without a title are read"),
    setting(
        "LINER_FETCH_ALLOW",
        "",
        "a list of hosts, *.suffixes, addresses or networks, each with :PORT or without",
        "what may be read from though it is not public, for tests and intranets",
    ),
    setting(
        "LINER_FETCH_CONTACT",
        "",
        "an address of mail or of a page, without spaces and ; ( ) < > \" \\",
        "whom the owner of a server that is read from may turn to; sent with every request",
    ),
    setting(
        "LINER_FETCH_TIMEOUT_MS",
        "10000",
        "100 to 60000",
        "milliseconds one request may take, redirects included; a page's oEmbed and Odesli are requests of their own",
    ),
    setting(
        "LINER_FETCH_INTERVAL_MS",
        "1000",
        "0 to 30000",
        "milliseconds from one page of a site to the next, of all hosts together",
    ),
    setting("LINER_FETCH_CONCURRENCY", "8", "1 to 256", "pages at once, each from another site"),
    setting(
        "LINER_SYNC_CHANNELS",
        "",
        "a list of Farcaster channels' ids and URLs of RSS, Atom or JSON feeds",
        "the channels whose posts' links are queued, every now and then, while the worker runs",
    ),
    setting(
        "LINER_SYNC_INTERVAL_MS",
        "900000",
        "0 (never by itself) or 1000 to 86400000",
        "milliseconds from one sync of a channel to the next, of all hosts together",
    ),
    setting(
        "LINER_SYNC_MAX_POSTS",
        "1000",
        "1 to 100000",
        "posts that one sync reads before it leaves the rest to the next; the first one of a channel leaves it for good",
    ),
    secret("NEYNAR_API_KEY", "up to 400 visible ASCII characters", "the key; without one no Farcaster channel is read"),
    setting(
        "NEYNAR_BASE_URL",
        "https://api.neynar.com",
        "an https URL, or an http URL of this machine",
        "where Neynar's API is",
    ),
    setting(
        "WEBHOOK_URL",
        "",
        "an https or http URL",
        "who is told what happens here; more are added by `liner webhooks add`",
    ),
    secret(
        "WEBHOOK_SECRET",
        "whsec_ and 24 to 64 random bytes in base64; while it is replaced, the new one and the former one with a comma",
        "what messages to WEBHOOK_URL are signed with",
    ),
    setting(
        "WEBHOOK_EVENTS",
        "",
        "a list of batch.completed, track.failed, strategy.swapped, strategy.rolled_back, budget.reached, \
         worker.paused, worker.resumed",
        "what WEBHOOK_URL is told; everything without it",
    ),
    setting(
        "WEBHOOK_ALLOW",
        "",
        "a list of hosts, *.suffixes, addresses or networks, each with :PORT or without",
        "what messages may be sent to though it is not public",
    ),
    setting(
        "LINER_DANGEROUSLY_SEND_KEYS_UNENCRYPTED",
        "false",
        "true or false",
        "whether a key is sent over a network without TLS, where everyone on the way can read it",
    ),
    setting(
        "LINER_LOG_MODEL_BODIES",
        "false",
        "true or false",
        "whether requests to models and their responses are logged, with RUST_LOG=liner=trace",
    ),
    setting(
        "LINER_REQUIRED_FIELDS",
        "",
        "a list of title, artist, album, genres, release_date",
        "what an entry must have before the next strategy is not asked; title,artist,genres with a model, title,artist without",
    ),
    setting(
        "LINER_STRATEGY_BYPASS_AFTER",
        "10",
        "1 to 1000",
        "failures in a row after which a strategy is left alone for a while, and tracks wait",
    ),
    setting(
        "LINER_RETENTION_DAYS",
        "90",
        "0 to 36500 (0: for ever)",
        "days that the journal, completed places in the queue and events are kept; the library is kept for ever",
    ),
    setting("RUST_LOG", "info", "a tracing filter, for example liner=debug", "what is logged"),
    setting(
        "LINER_LOG_FORMAT",
        "auto",
        "auto, human or json",
        "how it is logged; auto: for people on a terminal, a JSON object a line elsewhere",
    ),
    setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "an https URL, or an http URL of this machine or without OTEL_EXPORTER_OTLP_HEADERS",
        "the OpenTelemetry collector that traces are sent to; nothing is traced without one",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "a list of NAME=VALUE, values encoded as in URLs",
        "what is sent to the collector besides, for example authorization=Bearer%20TOKEN",
    ),
    setting("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "http/protobuf", "how traces are sent"),
    setting(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "10000",
        "100 to 60000",
        "milliseconds that the collector may take; what it did not take by then is lost",
    ),
    setting("OTEL_SERVICE_NAME", "liner", "a name", "what the service is called in traces"),
    setting(
        "OTEL_RESOURCE_ATTRIBUTES",
        "",
        "a list of NAME=VALUE, values encoded as in URLs",
        "what else traces say of the service",
    ),
    setting(
        "OTEL_TRACES_SAMPLER",
        "always_on",
        "always_on, always_off or traceidratio, with or without parentbased_ before it",
        "which batches are traced",
    ),
    setting("OTEL_TRACES_SAMPLER_ARG", "1", "0 to 1", "the share of the batches that traceidratio traces"),
];
