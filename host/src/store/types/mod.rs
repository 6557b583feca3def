//! What goes into a store and what comes out. Times are Unix milliseconds.

mod channels;
mod events;
mod fleet;
mod ids;
mod journal;
mod library;
mod load;
mod pages;
mod queue;
mod retention;
mod spending;
mod submission;
mod throughput;
mod webhooks;

pub use channels::*;
pub use events::*;
pub use fleet::*;
pub use ids::*;
pub use journal::*;
pub use library::*;
pub use load::*;
pub use pages::*;
pub use queue::*;
pub use retention::*;
pub use spending::*;
pub use submission::*;
pub use throughput::*;
pub use webhooks::*;
