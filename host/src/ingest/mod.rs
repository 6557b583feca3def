//! How links come in: a URL becomes a platform and an identifier there, rows of many forms become links.

mod platform;
mod rows;
pub mod sample;
mod splitter;

pub use platform::{Link, LinkError, identify};
pub use rows::{RowError, Unknown, parse, read_all};
pub use splitter::{MAX_ROW, RawRow, RowText, Splitter};
