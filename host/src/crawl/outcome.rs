//! What follows from a page that was read, or could not be: when it is tried again, how long its server is left alone, and
//! whether its track goes on without it.

use crate::ingest::fetch::Fault;
use crate::ingest::page::{Reading, Unread};
use crate::ingest::says_something;
use crate::store::{PageClaim, PageOutcome};
use std::time::Duration;

/// How often a page is tried before its track goes on with what is known.
const ATTEMPTS: u32 = 5;
/// The first pause; each is four times as long as the one before: 1, 4, 16 and 64 minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// How long a server rests that cannot be reached.
const UNREACHABLE_REST: Duration = Duration::from_secs(60);

/// What is written down of a reading, and how long its server rests besides.
pub fn of(claim: &PageClaim, reading: Result<Reading, Unread>) -> (PageOutcome, Option<Duration>) {
    match reading {
        Ok(Reading::Unchanged) => (PageOutcome::Unchanged, None),
        Ok(Reading::Page { page, validators, .. }) => (PageOutcome::Read { page, validators }, None),
        Err(unread) => of_unread(claim, &unread),
    }
}

fn of_unread(claim: &PageClaim, unread: &Unread) -> (PageOutcome, Option<Duration>) {
    let failure = unread.to_string();
    if let Some(wait) = unread.wait {
        let outcome = PageOutcome::Unread { failure, again: Some(wait), counts: false, goes_on: false };
        return (outcome, Some(wait));
    }
    let pause = FIRST_PAUSE * 4_u32.saturating_pow(claim.attempts.min(ATTEMPTS));
    let again = (unread.may_pass && claim.attempts + 1 < ATTEMPTS).then_some(pause);
    let goes_on = again.is_none() && says_something(&claim.url, claim.shared_text.as_deref());
    let is_away = matches!(unread.error.fault, Fault::Unreachable(_) | Fault::Timeout(_));
    (PageOutcome::Unread { failure, again, counts: true, goes_on }, is_away.then_some(UNREACHABLE_REST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::fetch::{FetchError, Validators};
    use crate::music::TrackKey;
    use crate::store::BatchId;

    fn claim(attempts: u32, url: &str) -> PageClaim {
        PageClaim {
            claim: BatchId::new(),
            row: 1,
            key: TrackKey { platform_name: "web".into(), platform_id: "x".into() },
            url: url.into(),
            shared_text: None,
            validators: Validators::default(),
            attempts,
        }
    }

    fn unread(fault: Fault) -> Result<Reading, Unread> {
        Err(Unread::because(FetchError { url: "https://a.example/1".into(), fault }))
    }

    fn outcome(attempts: u32, url: &str, fault: Fault) -> (Option<u64>, bool, bool, Option<u64>) {
        let (outcome, rest) = of(&claim(attempts, url), unread(fault));
        let PageOutcome::Unread { again, counts, goes_on, .. } = outcome else { panic!("{outcome:?}") };
        (again.map(|again| again.as_secs()), counts, goes_on, rest.map(|rest| rest.as_secs()))
    }

    #[test]
    fn what_may_pass_is_tried_five_times_with_growing_pauses() {
        let pauses: Vec<_> = (0..5).map(|n| outcome(n, "https://a.example/1", Fault::Status(503)).0).collect();
        assert_eq!(pauses, [Some(60), Some(240), Some(960), Some(3_840), None]);
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again_and_the_track_goes_on_if_its_link_says_something() {
        assert_eq!(outcome(0, "https://a.example/1", Fault::Status(404)), (None, true, false, None));
        assert_eq!(outcome(0, "https://a.example/ada-lane-harbour", Fault::Status(404)), (None, true, true, None));
    }

    #[test]
    fn a_server_that_wants_to_be_left_alone_or_is_away_rests_and_the_former_costs_no_attempt() {
        let busy = Fault::Busy { wait: Duration::from_secs(90), reason: "it said so".into() };
        assert_eq!(outcome(0, "https://a.example/1", busy), (Some(90), false, false, Some(90)));
        assert_eq!(
            outcome(0, "https://a.example/1", Fault::Unreachable("no".into())),
            (Some(60), true, false, Some(60))
        );
    }
}
