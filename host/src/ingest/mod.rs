//! How links come in: a URL becomes a platform and an identifier there, rows of many forms become links, and pages say what
//! they are about.

pub mod channels;
pub mod fetch;
pub mod page;
mod platform;
mod row;
mod rows;
pub mod sample;
mod speaking;
mod splitter;

pub use platform::{Link, LinkError, identify};
pub use row::{MAX_ROW, RawRow, RowError, RowText};
pub use rows::{Unknown, parse, read_all};
pub use speaking::says_something;
pub use splitter::Splitter;
