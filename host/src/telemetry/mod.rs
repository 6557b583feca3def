//! What the service says of itself: figures for Prometheus, logs on standard error, traces for OpenTelemetry.
//!
//! This room knows how to say something, and nothing of what is said: who counts calls or settles batches counts them where
//! that happens, through [`metrics`] and under a name of the [table](FIGURES).

mod dollars;
mod figures;
mod labels;
mod logs;
mod process;
mod sheet;
mod table;
mod traces;

pub use dollars::spend;
pub use figures::Figures;
pub use labels::{Names, model, strategy};
pub use logs::{LogFormat, log_to_stderr};
pub use sheet::Sheet;
pub use table::{FIGURES, Figure, Kind};
pub use traces::{Sampling, Span, TraceSettings, Traces};
