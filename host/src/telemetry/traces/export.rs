//! Spans on their way to the collector: a bounded queue, and a task that empties it. Whoever ends a span waits for nothing.

use super::client::Client;
use super::{Sampling, TraceSettings};
use anyhow::Context as _;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Spans that wait for the collector: some hundred batches.
const QUEUE: usize = 2_048;
/// Spans that are sent together.
const TOGETHER: usize = 512;
/// How long the first of them waits for others.
const GATHER: Duration = Duration::from_secs(1);

/// The way to the collector.
pub struct Export {
    provider: SdkTracerProvider,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Export {
    /// Opens it.
    ///
    /// # Errors
    /// When the client cannot start.
    pub fn start(settings: &TraceSettings, host: &str) -> anyhow::Result<Self> {
        let resource = resource(settings, host);
        let mut exporter = exporter(settings)?;
        exporter.set_resource(&resource);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(false);
        for outcome in ["exported", "failed", "dropped"] {
            count(outcome, 0);
        }
        let task = tokio::spawn(send_all(exporter, waiting, stopped));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Queue(queue))
            .with_sampler(sampler(settings.sampling))
            .with_resource(resource)
            .build();
        Ok(Self { provider, stop, task: Mutex::new(Some(task)) })
    }

    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer("liner")
    }

    /// Sends what is left, for so long at most.
    pub async fn shut_down(&self, grace: Duration) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return };
        self.stop.send_replace(true);
        if tokio::time::timeout(grace, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("the collector of traces did not take the last ones within {} s", grace.as_secs());
        }
    }
}

/// Batches are roots; what belongs to one follows it.
fn sampler(sampling: Sampling) -> Sampler {
    Sampler::ParentBased(Box::new(match sampling {
        Sampling::All => Sampler::AlwaysOn,
        Sampling::None => Sampler::AlwaysOff,
        Sampling::Share(share) => Sampler::TraceIdRatioBased(share),
    }))
}

fn resource(settings: &TraceSettings, host: &str) -> Resource {
    let own = [
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", host.to_owned()),
    ];
    let others = settings.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let service = KeyValue::new("service.name", settings.service.clone());
    Resource::builder_empty().with_attributes(own.into_iter().chain(others).chain([service])).build()
}

fn exporter(settings: &TraceSettings) -> anyhow::Result<OtlpExporter> {
    let client = Client::new(settings).context("the client that sends traces cannot start")?;
    let endpoint = settings.endpoint.as_ref().map(ToString::to_string).unwrap_or_default();
    let headers: HashMap<String, String> =
        settings.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
    OtlpExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .with_timeout(settings.timeout)
        .with_headers(headers)
        .build()
        .context("traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT")
}

/// Where spans go when they end.
#[derive(Debug)]
struct Queue(mpsc::Sender<SpanData>);

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            count("dropped", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Sends what comes, and at the end what is left.
async fn send_all(exporter: OtlpExporter, mut waiting: mpsc::Receiver<SpanData>, mut stopped: watch::Receiver<bool>) {
    let mut told = false;
    let mut spans = Vec::with_capacity(TOGETHER);
    loop {
        let came = tokio::select! {
            came = waiting.recv_many(&mut spans, TOGETHER) => came,
            () = stop(&mut stopped) => {
                // What comes from here on is dropped; what is there is sent.
                waiting.close();
                waiting.recv_many(&mut spans, TOGETHER).await
            }
        };
        if came == 0 {
            return;
        }
        gather(&mut waiting, &mut spans, &mut stopped).await;
        let n = spans.len();
        match exporter.export(std::mem::take(&mut spans)).await {
            Ok(()) => {
                count("exported", n);
                if std::mem::take(&mut told) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                count("failed", n);
                // Once, and not for every batch while it is away.
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("traces were not taken by OTEL_EXPORTER_OTLP_ENDPOINT, and are lost: {error}");
                }
            }
        }
    }
}

/// Waits a moment for more, so that a trace is sent whole.
async fn gather(
    waiting: &mut mpsc::Receiver<SpanData>,
    spans: &mut Vec<SpanData>,
    stopped: &mut watch::Receiver<bool>,
) {
    let pause = tokio::time::sleep(GATHER);
    tokio::pin!(pause);
    while spans.len() < TOGETHER && !*stopped.borrow() {
        let left = TOGETHER - spans.len();
        tokio::select! {
            () = &mut pause => return,
            () = stop(stopped) => return,
            came = waiting.recv_many(spans, left) => {
                if came == 0 {
                    return;
                }
            }
        }
    }
}

/// Completes when the end is said, or nobody is left to say it.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn count(outcome: &'static str, n: usize) {
    metrics::counter!("liner_trace_spans_total", "outcome" => outcome).increment(u64::try_from(n).unwrap_or(u64::MAX));
}
