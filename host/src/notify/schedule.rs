//! When a message is sent again that was not delivered.

use crate::store::Next;
use std::time::Duration;

/// What is owed for longer is given up.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(86_400);

/// The pauses after the first attempt, the second and so on, in seconds. The last attempt is made 23½ hours after the first
/// at the latest.
const PAUSES: [i64; 7] = [5, 300, 1_800, 7_200, 18_000, 28_800, 28_800];

/// What becomes of a message after its n-th attempt failed, counted from 1. A pause is up to a fifth shorter than it says, so
/// that what failed together does not come again together; `jitter` is from 0 to 1. A receiver that wants to be left alone
/// is left alone.
pub fn after_failure(attempt: i64, wait: Option<Duration>, jitter: f64) -> Next {
    let pause = usize::try_from(attempt - 1).ok().and_then(|attempt| PAUSES.get(attempt));
    let Some(pause) = pause else { return Next::GivenUp };
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let pause = (*pause as f64 * 1_000.0 * (1.0 - 0.2 * jitter)) as i64;
    let wait = wait.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    Next::Again(pause.max(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_sent_eight_times_within_a_day_at_growing_intervals() {
        let pauses: Vec<i64> = (1..=7)
            .map(|attempt| match after_failure(attempt, None, 0.0) {
                Next::Again(ms) => ms,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(pauses.is_sorted() && pauses[0] == 5_000);
        let in_all: i64 = pauses.iter().sum();
        assert!((23 * 3_600_000..24 * 3_600_000).contains(&in_all), "{in_all}");
        assert_eq!(after_failure(8, None, 0.0), Next::GivenUp);
        assert_eq!(after_failure(1, None, 1.0), Next::Again(4_000));
    }

    #[test]
    fn a_receiver_is_left_alone_for_as_long_as_it_wants() {
        assert_eq!(after_failure(1, Some(Duration::from_secs(120)), 0.5), Next::Again(120_000));
        assert_eq!(after_failure(2, Some(Duration::from_secs(120)), 0.0), Next::Again(300_000));
    }
}
