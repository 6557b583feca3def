//! A collector of traces on a local port, which reads what is sent by OTLP over HTTP.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A span that was sent.
#[derive(Debug, Clone)]
pub struct Collected {
    /// Its trace.
    pub trace: Vec<u8>,
    /// Itself.
    pub id: Vec<u8>,
    /// What it is a stretch of; nothing for the root.
    pub parent: Vec<u8>,
    /// Its name.
    pub name: String,
    /// Internal (1) or of a client (3).
    pub kind: i32,
    /// From and to, in nanoseconds since 1970.
    pub time: (u64, u64),
    /// What is noted of it.
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// Whether it failed.
    pub has_failed: bool,
    /// What is said of the service.
    pub resource: BTreeMap<String, serde_json::Value>,
}

#[derive(Default)]
struct Shared {
    spans: Mutex<Vec<Collected>>,
    headers: Mutex<Vec<HeaderMap>>,
    hangs: bool,
}

/// A collector.
pub struct Collector {
    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub url: String,
    shared: Arc<Shared>,
}

impl Collector {
    /// One that takes everything.
    pub async fn willing() -> Self {
        Self::start(Shared::default()).await
    }

    /// One that takes connections and answers nobody.
    pub async fn hanging() -> Self {
        Self::start(Shared { hangs: true, ..Shared::default() }).await
    }

    async fn start(shared: Shared) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(shared);
        #[expect(clippy::disallowed_methods, reason = "nobody describes a stub")]
        let app = Router::new().route("/v1/traces", post(take)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// What was sent so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Collected> {
        self.shared.spans.lock().unwrap().clone()
    }

    /// The headers of every request.
    #[must_use]
    pub fn headers(&self) -> Vec<HeaderMap> {
        self.shared.headers.lock().unwrap().clone()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    shared.headers.lock().unwrap().push(headers);
    if shared.hangs {
        std::future::pending::<()>().await;
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    for of_resource in request.resource_spans {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        shared.spans.lock().unwrap().extend(spans.map(|span| collected(span, resource.clone())));
    }
    StatusCode::OK
}

fn collected(span: Span, resource: BTreeMap<String, serde_json::Value>) -> Collected {
    Collected {
        trace: span.trace_id,
        id: span.span_id,
        parent: span.parent_span_id,
        name: span.name,
        kind: span.kind,
        time: (span.start_time_unix_nano, span.end_time_unix_nano),
        attributes: attributes(span.attributes),
        has_failed: span.status.is_some_and(|status| status.code == 2),
        resource,
    }
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, serde_json::Value> {
    pairs.into_iter().map(|pair| (pair.key, value(pair.value))).collect()
}

fn value(value: Option<AnyValue>) -> serde_json::Value {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => json!(text),
        Some(Value::BoolValue(flag)) => json!(flag),
        Some(Value::IntValue(n)) => json!(n),
        Some(Value::DoubleValue(n)) => json!(n),
        Some(Value::ArrayValue(array)) => array.values.into_iter().map(|one| self::value(Some(one))).collect(),
        _ => serde_json::Value::Null,
    }
}
