//! The settings about models.

use super::{ConfigError, DAY, Sources};
use crate::model::{
    Anthropic, Api, BatchSettings, MaxTokens, ModelSettings, OpenAiDialect, Prices, ResponseFormat, RouteSettings,
};
use crate::money::micros;
use crate::music::Limits;
use crate::secret::Secret;
use url::Url;

/// Where OpenAI itself is, which wants a key and is no other server that speaks its language.
const OPENAI: &str = "https://api.openai.com/v1";

/// The model that Anthropic is asked for when nobody says another.
const DEFAULT_MODEL: &str = "claude-haiku-5-5";

/// Who is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Anthropic,
    OpenAi,
}

pub fn read(sources: &Sources) -> Result<ModelSettings, ConfigError> {
    let wanted = |text: &str| if text == "none" { Some(None) } else { name(text).map(Some) };
    let named = sources.get("AI_MODEL", model_name)?;
    let mut settings = ModelSettings {
        routes: Vec::new(),
        absent: None,
        model: named.clone().unwrap_or_else(|| DEFAULT_MODEL.to_owned()),
        prices: sources.get("AI_PRICES", Prices::from_text)?.unwrap_or_default(),
        max_retries: sources.number("AI_MAX_RETRIES", 0, 10)?,
        concurrency: sources.number("AI_MAX_CONCURRENT_REQUESTS", 1, 10_000)?,
        limits: Limits {
            requests_per_minute: sources.number("AI_REQUESTS_PER_MINUTE", 0, 1_000_000)?,
            input_tokens_per_minute: sources.number("AI_INPUT_TOKENS_PER_MINUTE", 0, 1_000_000_000)?,
            output_tokens_per_minute: sources.number("AI_OUTPUT_TOKENS_PER_MINUTE", 0, 1_000_000_000)?,
            daily_micros: sources.want("AI_DAILY_BUDGET_USD", budget)?,
            total_micros: sources.want("AI_TOTAL_BUDGET_USD", budget)?,
        },
        reuse: match sources.number("AI_REUSE_DAYS", 0, 36_500)? {
            0 => None,
            days => Some(days * DAY),
        },
        batches: batches(sources)?,
    };
    let Some(first) = sources.want("AI_PROVIDER", wanted)? else {
        settings.absent = Some("AI_PROVIDER is none".to_owned());
        return Ok(settings);
    };
    let model = named.or_else(|| (first == Name::Anthropic).then(|| DEFAULT_MODEL.to_owned()));
    let Some(model) = model else {
        return Err(ConfigError::Value {
            name: "AI_MODEL".to_owned(),
            value: "empty".to_owned(),
            allowed: "a model's name, as AI_PROVIDER is openai".to_owned(),
        });
    };
    let fallbacks = sources.get("AI_FALLBACK", fallbacks)?.unwrap_or_default();
    let mut absent = None;
    for (name, model) in std::iter::once((first, model)).chain(fallbacks) {
        match route(sources, name, model, &settings.prices)? {
            Ok(route) => settings.routes.push(route),
            // Those who are asked instead are there for that.
            Err(lack) if settings.routes.is_empty() && absent.is_none() => absent = Some(lack.to_owned()),
            Err(lack) => return Err(unusable_fallback(lack)),
        }
    }
    settings.absent = absent.filter(|_| settings.routes.is_empty());
    Ok(settings)
}

fn unusable_fallback(absent: &str) -> ConfigError {
    ConfigError::Value {
        name: "AI_FALLBACK".to_owned(),
        value: "a provider that cannot be asked".to_owned(),
        allowed: format!("providers that have what they need, and {absent}"),
    }
}

/// A provider with a model, or what it lacks.
fn route(
    sources: &Sources,
    name: Name,
    model: String,
    prices: &Prices,
) -> Result<Result<RouteSettings, &'static str>, ConfigError> {
    let (key_name, url_name) = match name {
        Name::Anthropic => ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        Name::OpenAi => ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    };
    let key = sources.secret(key_name, 1, 400)?;
    let base_url = sources.want(url_name, base_url)?;
    if key.is_none() && name == Name::Anthropic {
        return Ok(Err("ANTHROPIC_API_KEY is not set"));
    }
    if key.is_none() && base_url.as_str() == OPENAI {
        return Ok(Err("OPENAI_API_KEY is not set"));
    }
    check_key_is_safe(sources, key.as_ref(), &base_url, url_name)?;
    let api = match name {
        Name::Anthropic => Api::Anthropic { version: sources.want("ANTHROPIC_VERSION", version)? },
        Name::OpenAi => Api::OpenAi(dialect(sources)?),
    };
    Ok(Ok(RouteSettings {
        api,
        key,
        base_url,
        model,
        timeout: sources.millis("AI_TIMEOUT_MS", 1_000, 600_000)?,
        prices: prices.clone(),
        logs_bodies: sources.flag("LINER_LOG_MODEL_BODIES")?,
    }))
}

/// A key in plain text is read by everyone on the way.
pub(super) fn check_key_is_safe(
    sources: &Sources,
    key: Option<&Secret>,
    base_url: &Url,
    url_name: &str,
) -> Result<(), ConfigError> {
    let is_loopback = match base_url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if key.is_none() || base_url.scheme() == "https" || is_loopback {
        return Ok(());
    }
    if sources.flag("LINER_DANGEROUSLY_SEND_KEYS_UNENCRYPTED")? {
        return Ok(());
    }
    Err(ConfigError::Value {
        name: url_name.to_owned(),
        value: format!("{:?}", base_url.as_str()),
        allowed: "an https URL or one of this machine, as a key is sent there".to_owned(),
    })
}

fn dialect(sources: &Sources) -> Result<OpenAiDialect, ConfigError> {
    let max_tokens = |text: &str| match text {
        "auto" => Some(None),
        "max_tokens" => Some(Some(MaxTokens::MaxTokens)),
        "max_completion_tokens" => Some(Some(MaxTokens::MaxCompletionTokens)),
        _ => None,
    };
    let format = |text: &str| match text {
        "auto" => Some(None),
        "json_schema" => Some(Some(ResponseFormat::JsonSchema)),
        "json_object" => Some(Some(ResponseFormat::JsonObject)),
        "prompt" => Some(Some(ResponseFormat::Prompt)),
        _ => None,
    };
    let effort = |text: &str| {
        let is_plain = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_lowercase());
        is_plain.then(|| text.to_owned())
    };
    Ok(OpenAiDialect {
        max_tokens: sources.want("OPENAI_MAX_TOKENS_FIELD", max_tokens)?,
        format: sources.want("OPENAI_RESPONSE_FORMAT", format)?,
        reasoning_effort: sources.get("OPENAI_REASONING_EFFORT", effort)?,
    })
}

fn batches(sources: &Sources) -> Result<BatchSettings, ConfigError> {
    let is_auto = |text: &str| match text {
        "auto" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    let from: u64 = sources.number("AI_BATCH_MIN_TRACKS", 1, 1_000_000_000)?;
    Ok(BatchSettings {
        from_tracks: sources.want("AI_BATCH_API", is_auto)?.then_some(from),
        cancel_on_shutdown: sources.flag("AI_BATCH_CANCEL_ON_SHUTDOWN")?,
    })
}

fn name(text: &str) -> Option<Name> {
    match text {
        "anthropic" => Some(Name::Anthropic),
        "openai" => Some(Name::OpenAi),
        _ => None,
    }
}

fn version(text: &str) -> Option<&'static str> {
    Anthropic::VERSIONS.into_iter().find(|version| *version == text)
}

/// `provider:model`, several with commas.
fn fallbacks(text: &str) -> Option<Vec<(Name, String)>> {
    let fallback = |text: &str| {
        let (provider, model) = text.trim().split_once(':')?;
        Some((name(provider)?, model_name(model).filter(|model| !model.is_empty())?))
    };
    text.split(',').map(fallback).collect()
}

/// An origin with a path at most: credentials and queries have no place in it.
pub(super) fn base_url(text: &str) -> Option<Url> {
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

/// Dollars as millionths of a dollar.
fn budget(text: &str) -> Option<i64> {
    let dollars: f64 = text.parse().ok()?;
    (0.0..=1e9).contains(&dollars).then(|| micros(dollars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(pairs: &[(&str, &str)]) -> Result<ModelSettings, String> {
        let mut sources = Sources::default();
        for (name, value) in pairs {
            sources.set(name, (*value).to_owned(), Origin::Environment);
        }
        read(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_all_that_is_needed() {
        let settings = settings(&[("ANTHROPIC_API_KEY", "sk-key")]).unwrap();
        let [route] = settings.routes.as_slice() else { panic!("{settings:?}") };
        assert_eq!((route.model.as_str(), settings.absent), ("claude-haiku-5-5", None));
        assert_eq!(route.api, Api::Anthropic { version: "2026-10-21" });
        assert_eq!(settings.batches.from_tracks, None, "a batch may take a day, which nobody expects");
    }

    #[test]
    fn a_local_server_needs_no_key_and_openai_does() {
        let local =
            [("AI_PROVIDER", "openai"), ("OPENAI_BASE_URL", "http://localhost:11434/v1"), ("AI_MODEL", "qwen3")];
        let found = settings(&local).unwrap();
        assert!(found.absent.is_none() && found.routes.len() == 1);
        let absent = settings(&[("AI_PROVIDER", "openai"), ("AI_MODEL", "m")]).unwrap().absent;
        assert_eq!(absent.as_deref(), Some("OPENAI_API_KEY is not set"));
        let error = settings(&[("AI_PROVIDER", "openai"), ("OPENAI_API_KEY", "k")]).unwrap_err();
        assert!(error.starts_with("AI_MODEL is empty; allowed: "), "{error}");
    }

    #[test]
    fn a_key_is_not_sent_in_plain_text_over_a_network() {
        let with = |url| settings(&[("ANTHROPIC_API_KEY", "sk-hidden"), ("ANTHROPIC_BASE_URL", url)]);
        for url in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9/x", "https://proxy.internal"] {
            assert!(with(url).is_ok(), "{url}");
        }
        for url in ["http://proxy.internal", "http://localhost.evil.example", "http://10.0.0.1"] {
            let error = with(url).unwrap_err();
            assert!(error.starts_with("ANTHROPIC_BASE_URL is ") && !error.contains("sk-hidden"), "{error}");
        }
        let sure = ("LINER_DANGEROUSLY_SEND_KEYS_UNENCRYPTED", "true");
        let url = ("ANTHROPIC_BASE_URL", "http://proxy.internal");
        assert!(settings(&[("ANTHROPIC_API_KEY", "k"), url, sure]).is_ok());
    }

    #[test]
    fn who_is_asked_instead_is_an_ordered_list() {
        let fallback = "anthropic:claude-haiku-4-5, openai:gpt:latest";
        let pairs =
            [("ANTHROPIC_API_KEY", "k"), ("AI_FALLBACK", fallback), ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")];
        let models: Vec<_> = settings(&pairs).unwrap().routes.into_iter().map(|route| route.model).collect();
        assert_eq!(models, ["claude-haiku-5-5", "claude-haiku-4-5", "gpt:latest"]);
        let without = settings(&[("AI_FALLBACK", "openai:m"), ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")]).unwrap();
        assert_eq!(
            (without.routes.len(), without.absent),
            (1, None),
            "a key that is not set is no reason to ask nobody"
        );
        let error = settings(&[("ANTHROPIC_API_KEY", "k"), ("AI_FALLBACK", "openai:m")]).unwrap_err();
        assert!(error.contains("OPENAI_API_KEY is not set"), "{error}");
        assert!(settings(&[("AI_FALLBACK", "acme:m")]).is_err());
    }
}
