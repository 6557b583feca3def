//! What follows from a page that was read, or could not be: when it is tried again, how long its site is left alone, and
//! whether its track goes on without it.

use crate::ingest::fetch::Fault;
use crate::ingest::page::{Reading, Unread};
use crate::ingest::says_something;
use crate::store::{PageClaim, PageOutcome, SiteState};
use std::time::Duration;

/// How often a page is tried before its track goes on with what is known.
const ATTEMPTS: u32 = 5;
/// How often it is put off because its site wants to be left alone. It may say so for ever.
const POSTPONED: u32 = 20;
/// The first pause; each is four times as long as the one before: 1, 4, 16 and 64 minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// How long a site rests that cannot be had.
const AWAY_REST: Duration = Duration::from_secs(60);
/// How long a site may be away before its pages are no longer waited for: each would have its own five attempts otherwise,
/// one page a rest.
const AWAY: Duration = Duration::from_secs(86_400);

/// What is written down of a reading, and what it says of the site.
pub fn of(claim: &PageClaim, reading: Result<Reading, Unread>) -> (PageOutcome, SiteState) {
    match reading {
        Ok(Reading::Unchanged) => (PageOutcome::Unchanged, SiteState::Answers),
        Ok(Reading::Page { page, validators, .. }) => (PageOutcome::Read { page, validators }, SiteState::Answers),
        Err(unread) => (of_unread(claim, &unread), state(claim, &unread)),
    }
}

fn of_unread(claim: &PageClaim, unread: &Unread) -> PageOutcome {
    let (counts, again) = match unread.wait {
        Some(wait) => (false, (claim.postponed < POSTPONED).then_some(wait)),
        None => {
            let pause = FIRST_PAUSE * 4_u32.saturating_pow(claim.attempts.min(ATTEMPTS));
            (true, (unread.may_pass && claim.attempts + 1 < ATTEMPTS).then_some(pause))
        }
    };
    let again = again.filter(|_| !is_given_up(claim, unread));
    let goes_on = again.is_none() && says_something(&claim.url, claim.shared_text.as_deref());
    PageOutcome::Unread { failure: unread.to_string(), again, counts, goes_on }
}

fn state(claim: &PageClaim, unread: &Unread) -> SiteState {
    match unread.error.fault {
        // Who led to a server that fails need not rest for it.
        _ if unread.error.is_elsewhere(&claim.url) => SiteState::Unknown,
        // Its next page is not made to wait for the site either.
        _ if is_given_up(claim, unread) => SiteState::Unknown,
        Fault::Busy { wait, .. } => SiteState::Away(wait),
        Fault::Unreachable(_) | Fault::Timeout(_) | Fault::Status(500..=599) => SiteState::Away(AWAY_REST),
        _ => SiteState::Answers,
    }
}

/// Whether it is one of many pages of a site that is away for good.
fn is_given_up(claim: &PageClaim, unread: &Unread) -> bool {
    claim.site_away > AWAY && is_trouble(&unread.error.fault)
}

const fn is_trouble(fault: &Fault) -> bool {
    matches!(fault, Fault::Busy { .. } | Fault::Unreachable(_) | Fault::Timeout(_) | Fault::Status(500..=599))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::fetch::FetchError;
    use crate::music::{TrackKey, Validators};
    use crate::store::BatchId;

    const BARE: &str = "https://a.example/1";

    fn claim(url: &str) -> PageClaim {
        PageClaim {
            claim: BatchId::new(),
            row: 1,
            key: TrackKey { platform_name: "web".into(), platform_id: "x".into() },
            url: url.into(),
            shared_text: None,
            validators: Validators::default(),
            attempts: 0,
            postponed: 0,
            site_away: Duration::ZERO,
        }
    }

    fn unread(fault: Fault) -> Result<Reading, Unread> {
        Err(Unread::because(FetchError { url: BARE.into(), fault }))
    }

    /// In how many seconds it is tried again, whether that counts, whether its track goes on, and what the site is.
    fn outcome(claim: &PageClaim, fault: Fault) -> (Option<u64>, bool, bool, SiteState) {
        let (outcome, state) = of(claim, unread(fault));
        let PageOutcome::Unread { again, counts, goes_on, .. } = outcome else { panic!("{outcome:?}") };
        (again.map(|again| again.as_secs()), counts, goes_on, state)
    }

    fn away(seconds: u64) -> SiteState {
        SiteState::Away(Duration::from_secs(seconds))
    }

    fn busy() -> Fault {
        Fault::Busy { wait: Duration::from_secs(90), reason: "it said so".into() }
    }

    #[test]
    fn what_may_pass_is_tried_five_times_with_growing_pauses() {
        let pause = |attempts| outcome(&PageClaim { attempts, ..claim(BARE) }, Fault::Status(503)).0;
        assert_eq!((0..5).map(pause).collect::<Vec<_>>(), [Some(60), Some(240), Some(960), Some(3_840), None]);
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again_and_the_track_goes_on_if_its_link_says_something() {
        let missing = Fault::Status(404);
        assert_eq!(outcome(&claim(BARE), missing.clone()), (None, true, false, SiteState::Answers));
        let speaking = claim("https://a.example/ada-lane-harbour");
        assert_eq!(outcome(&speaking, missing), (None, true, true, SiteState::Answers));
    }

    #[test]
    fn a_site_that_wants_to_be_left_alone_or_is_away_rests_and_the_former_costs_no_attempt() {
        assert_eq!(outcome(&claim(BARE), busy()), (Some(90), false, false, away(90)));
        for fault in [Fault::Unreachable("no".into()), Fault::Status(502)] {
            assert_eq!(outcome(&claim(BARE), fault), (Some(60), true, false, away(60)));
        }
    }

    #[test]
    fn a_site_does_not_rest_for_the_fault_of_another_that_it_led_to() {
        assert_eq!(outcome(&claim("https://short.example/1"), busy()), (Some(90), false, false, SiteState::Unknown));
    }

    #[test]
    fn a_page_is_not_put_off_for_ever() {
        let often = PageClaim { postponed: POSTPONED, ..claim("https://a.example/ada-lane-harbour") };
        assert_eq!(outcome(&often, busy()), (None, false, true, away(90)));
    }

    #[test]
    fn the_pages_of_a_site_that_is_away_for_a_day_are_no_longer_waited_for() {
        let gone = PageClaim { site_away: 2 * AWAY, ..claim("https://a.example/ada-lane-harbour") };
        for fault in [busy(), Fault::Unreachable("no".into())] {
            let (again, _, goes_on, state) = outcome(&gone, fault);
            assert_eq!((again, goes_on, state), (None, true, SiteState::Unknown));
        }
        assert_eq!(outcome(&gone, Fault::Status(404)).3, SiteState::Answers, "it is back");
    }
}
