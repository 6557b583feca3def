//! Traces: one a batch, from its claim to its end, sent to whoever listens at `OTEL_EXPORTER_OTLP_ENDPOINT`.
//!
//! Spans carry counts, names of strategies and models, and nothing of what tracks say. A collector that is away or hangs
//! holds up nothing: what does not fit in the queue to it is dropped, and counted. Where none is configured a span is
//! nothing, and costs a look whether it is.

mod client;
mod export;
mod settings;

pub use settings::{Sampling, TraceSettings};

use export::Export;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// Where traces begin.
pub struct Traces(Option<(SdkTracer, Export)>);

impl Traces {
    /// Nobody listens.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Traces of a host, within a runtime; off where no endpoint is set.
    ///
    /// # Errors
    /// When the client to the collector cannot start.
    pub fn start(settings: &TraceSettings, host: &str) -> anyhow::Result<Self> {
        if settings.endpoint.is_none() {
            return Ok(Self::off());
        }
        let export = Export::start(settings, host)?;
        Ok(Self(Some((export.tracer(), export))))
    }

    /// The root of a trace that began at a time.
    #[must_use]
    pub fn begin(&self, name: &'static str, began: SystemTime) -> Span {
        let Some((tracer, _)) = &self.0 else { return Span::NONE };
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_start_time(began);
        let span = tracer.build_with_context(builder, &Context::new());
        if !span.is_recording() {
            return Span::NONE;
        }
        Span(Some(Box::new(Recording { tracer: tracer.clone(), context: Context::new().with_span(span) })))
    }

    /// Sends what is left, for so long at most, and ends.
    pub async fn shut_down(&self, grace: Duration) {
        if let Some((_, export)) = &self.0 {
            export.shut_down(grace).await;
        }
    }
}

/// A stretch of a batch's way, which ends when it is dropped; or nothing, where nobody listens.
pub struct Span(Option<Box<Recording>>);

struct Recording {
    tracer: SdkTracer,
    /// Holds the span.
    context: Context,
}

impl Span {
    /// Nothing.
    pub const NONE: Self = Self(None);

    /// Whether it is something, so that what it is told is worth making.
    #[must_use]
    pub const fn is_recording(&self) -> bool {
        self.0.is_some()
    }

    /// A stretch of it.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        self.build(|| SpanBuilder::from_name(name).with_kind(SpanKind::Internal))
    }

    /// A stretch of it that began and ended already.
    pub fn past(&self, name: &'static str, began: SystemTime, ended: SystemTime) {
        let past = self.build(|| SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_start_time(began));
        if let Some(recording) = &past.0 {
            recording.context.span().end_with_timestamp(ended);
        }
    }

    /// A stretch of it in which another service is asked.
    #[must_use]
    pub fn call(&self, name: impl FnOnce() -> String) -> Self {
        self.build(|| SpanBuilder::from_name(name()).with_kind(SpanKind::Client))
    }

    fn build(&self, builder: impl FnOnce() -> SpanBuilder) -> Self {
        let Some(parent) = &self.0 else { return Self::NONE };
        let span = parent.tracer.build_with_context(builder(), &parent.context);
        Self(Some(Box::new(Recording { tracer: parent.tracer.clone(), context: Context::new().with_span(span) })))
    }

    /// Notes something about it.
    pub fn set(&self, key: &'static str, value: impl Into<Value>) {
        if let Some(recording) = &self.0 {
            recording.context.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// Notes how many there are of something.
    pub fn count(&self, key: &'static str, n: usize) {
        self.set(key, i64::try_from(n).unwrap_or(i64::MAX));
    }

    /// Notes that it failed, and in which way; not in which words, which may be somebody else's.
    pub fn fail(&self, kind: impl Into<Cow<'static, str>>) {
        if let Some(recording) = &self.0 {
            let kind = kind.into();
            recording.context.span().set_attribute(KeyValue::new("error.type", kind.clone().into_owned()));
            recording.context.span().set_status(Status::error(kind));
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(recording) = &self.0 {
            recording.context.span().end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_a_span_where_nobody_listens() {
        let root = Traces::off().begin("batch", SystemTime::UNIX_EPOCH);
        let child = root.child("plan");
        child.set("tracks", 1);
        assert!(matches!((&root.0, &child.0), (None, None)));
    }
}
