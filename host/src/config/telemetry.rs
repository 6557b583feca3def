//! The settings about logs and traces. Those of OpenTelemetry have the names that its specification gives them.

use super::model::{base_url, check_key_is_safe};
use super::{ConfigError, Sources};
use crate::secret::Secret;
use crate::telemetry::{LogFormat, Sampling, TraceSettings};
use percent_encoding::percent_decode_str;
use url::Url;

/// Where a collector takes traces, below its address.
const TRACES: &str = "v1/traces";

pub fn log_format(sources: &Sources) -> Result<LogFormat, ConfigError> {
    sources.want("LINER_LOG_FORMAT", LogFormat::from_name)
}

pub fn traces(sources: &Sources) -> Result<TraceSettings, ConfigError> {
    let endpoint = sources.get("OTEL_EXPORTER_OTLP_ENDPOINT", base_url)?;
    let headers = sources.get("OTEL_EXPORTER_OTLP_HEADERS", headers)?.unwrap_or_default();
    if let Some(endpoint) = &endpoint {
        let secret = headers.first().map(|(_, value)| value);
        check_key_is_safe(sources, secret, endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT")?;
    }
    sources.want("OTEL_EXPORTER_OTLP_PROTOCOL", |text| (text == "http/protobuf").then_some(()))?;
    Ok(TraceSettings {
        endpoint: endpoint.map(below),
        headers,
        timeout: sources.millis("OTEL_EXPORTER_OTLP_TIMEOUT", 100, 60_000)?,
        service: sources.want("OTEL_SERVICE_NAME", |text| Some(text.to_owned()))?,
        resource: sources.get("OTEL_RESOURCE_ATTRIBUTES", pairs)?.unwrap_or_default(),
        sampling: sampling(sources)?,
    })
}

fn below(mut endpoint: Url) -> Url {
    endpoint.set_path(&format!("{}/{TRACES}", endpoint.path().trim_end_matches('/')));
    endpoint
}

/// A batch's trace has no parent, so that those that follow one do as the others.
fn sampling(sources: &Sources) -> Result<Sampling, ConfigError> {
    let share = sources
        .want("OTEL_TRACES_SAMPLER_ARG", |text| text.parse().ok().filter(|share| (0.0..=1.0).contains(share)))?;
    sources.want("OTEL_TRACES_SAMPLER", |text| match text.strip_prefix("parentbased_").unwrap_or(text) {
        "always_on" => Some(Sampling::All),
        "always_off" => Some(Sampling::None),
        "traceidratio" => Some(Sampling::Share(share)),
        _ => None,
    })
}

fn headers(text: &str) -> Option<Vec<(String, Secret)>> {
    let header = |(name, value): (String, String)| {
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let is_value = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        (is_name && is_value).then(|| (name.to_ascii_lowercase(), Secret::new(value)))
    };
    pairs(text)?.into_iter().map(header).collect()
}

/// `name=value`, several with commas; values may be encoded as in URLs.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((name.trim().to_owned(), value.into_owned()))
    };
    text.split(',').filter(|text| !text.trim().is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(pairs: &[(&str, &str)]) -> Result<TraceSettings, String> {
        let mut sources = Sources::default();
        for (name, value) in pairs {
            sources.set(name, (*value).to_owned(), Origin::Environment);
        }
        traces(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_traced_unless_an_endpoint_is_set_and_then_everything_is() {
        assert_eq!(settings(&[]).unwrap().endpoint, None);
        let found = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/")]).unwrap();
        assert_eq!(found.endpoint.unwrap().as_str(), "http://collector:4318/v1/traces");
        assert_eq!((found.service.as_str(), found.sampling), ("liner", Sampling::All));
    }

    #[test]
    fn headers_are_decoded_and_never_shown() {
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20hidden-word, x-tenant=a=b");
        let found = settings(&[headers, ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp")]).unwrap();
        assert_eq!(found.endpoint.as_ref().unwrap().as_str(), "https://collector.example/otlp/v1/traces");
        assert_eq!(found.headers[0].1.expose(), "Bearer hidden-word");
        assert_eq!((found.headers[1].0.as_str(), found.headers[1].1.expose()), ("x-tenant", "a=b"));
        assert!(!format!("{found:?}").contains("hidden-word"));
        let open = settings(&[headers, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]).unwrap_err();
        assert!(open.contains("an https URL") && !open.contains("hidden-word"), "{open}");
        let wrong = settings(&[("OTEL_EXPORTER_OTLP_HEADERS", "hidden-word")]).unwrap_err();
        assert!(wrong.starts_with("OTEL_EXPORTER_OTLP_HEADERS is ***"), "{wrong}");
    }

    #[test]
    fn a_share_of_the_batches_may_be_traced() {
        let share = |name, arg| {
            settings(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", arg)]).map(|found| found.sampling)
        };
        assert_eq!(share("parentbased_traceidratio", "0.25"), Ok(Sampling::Share(0.25)));
        assert_eq!(share("always_off", "1"), Ok(Sampling::None));
        assert!(share("xray", "1").is_err() && share("traceidratio", "2").is_err());
    }

    #[test]
    fn a_service_is_named_and_described() {
        let found = settings(&[
            ("OTEL_SERVICE_NAME", "liner-eu"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,team=a%2Cb"),
        ])
        .unwrap();
        assert_eq!(found.service, "liner-eu");
        assert_eq!(found.resource[1], ("team".to_owned(), "a,b".to_owned()));
        assert!(settings(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err().contains("http/protobuf"));
    }
}
