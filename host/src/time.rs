//! Times: counted in Unix milliseconds, read and written as RFC 3339 in UTC.

use jiff::Timestamp;

/// A time of the store; none where the number is no time.
#[must_use]
pub fn timestamp(unix_ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(unix_ms).ok()
}
