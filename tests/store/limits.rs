//! What the hosts together may ask of a provider.

use crate::fixture::{Fixture, answer, intent};
use liner::store::{Admission, Claim, HostId, Limits, Stray};

/// A claim to ask for.
async fn claim(f: &Fixture) -> Claim {
    f.enqueue(0..1).await;
    f.claim(1).await.unwrap()
}

pub async fn the_rate_is_one_for_all_hosts(f: Fixture) {
    let (claim, other) = (claim(&f).await, f.database.store().await);
    let limits = Limits { requests_per_minute: 60, ..Limits::default() };
    let mut admitted = 0;
    for n in 0..12 {
        let store = if n % 2 == 0 { &f.store } else { &other };
        if store.journal_intent(&intent(&claim, &n.to_string()), &limits).await.unwrap() == Admission::Admitted {
            admitted += 1;
        }
    }
    assert_eq!(admitted, 5, "five seconds of the rate are saved up");
    assert_eq!(
        f.database.number("select count(*) from model_call").await,
        Some(5),
        "what may not be sent is not journalled"
    );
    let refused = other.journal_intent(&intent(&claim, "x"), &limits).await.unwrap();
    assert!(matches!(refused, Admission::Rest { ms: 1_000, .. }), "{refused:?}");
    f.advance(1_000).await;
    let again = intent(&claim, "x");
    assert_eq!(other.journal_intent(&again, &limits).await.unwrap(), Admission::Admitted);
    assert_eq!(
        f.store.journal_intent(&again, &limits).await.unwrap(),
        Admission::Admitted,
        "once admitted it is admitted"
    );
    assert_ne!(f.store.journal_intent(&intent(&claim, "y"), &limits).await.unwrap(), Admission::Admitted);
}

pub async fn a_provider_that_wants_to_be_left_alone_is_left_alone_by_all(f: Fixture) {
    let (claim, other) = (claim(&f).await, f.database.store().await);
    f.store.block_provider("anthropic", 20_000, "429").await.unwrap();
    let used = other.provider_use("anthropic").await.unwrap();
    assert_eq!((used.blocked_ms, used.blocked_reason.as_deref()), (20_000, Some("429")));
    let limits = Limits { requests_per_minute: 600, ..Limits::default() };
    let refused = other.journal_intent(&intent(&claim, "p"), &limits).await.unwrap();
    assert_eq!(refused, Admission::Rest { ms: 20_000, reason: "429".into() });
    f.advance(20_000).await;
    assert_eq!(other.provider_use("anthropic").await.unwrap().blocked_until, None);
    assert_eq!(other.journal_intent(&intent(&claim, "p"), &limits).await.unwrap(), Admission::Admitted);
    f.store.block_provider("anthropic", 20_000, "529").await.unwrap();
    other.unblock_provider("anthropic").await.unwrap();
    assert_eq!(f.store.provider_use("anthropic").await.unwrap().blocked_until, None);
}

pub async fn the_longer_of_two_wishes_to_be_left_alone_counts(f: Fixture) {
    f.store.block_provider("anthropic", 60_000, "long").await.unwrap();
    f.store.block_provider("anthropic", 1_000, "short").await.unwrap();
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.blocked_ms, used.blocked_reason.as_deref()), (60_000, Some("long")));
}

pub async fn a_budget_is_set_aside_before_a_call_and_corrected_after(f: Fixture) {
    let claim = claim(&f).await;
    let limits = Limits { daily_micros: 100, ..Limits::default() };
    let calls = ["a", "b", "c"].map(|digest| intent(&claim, digest));
    for call in &calls[..2] {
        assert_eq!(f.store.journal_intent(call, &limits).await.unwrap(), Admission::Admitted);
    }
    let refused = f.store.journal_intent(&calls[2], &limits).await.unwrap();
    assert!(matches!(refused, Admission::Spent { ms: Some(_), .. }), "40 + 40 + 40 is more than 100: {refused:?}");
    for call in &calls[..2] {
        f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    }
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.reserved_micros, used.today_micros, used.total_micros), (0, 14, 14));
    assert_eq!(f.store.journal_intent(&calls[2], &limits).await.unwrap(), Admission::Admitted, "they cost but 7 each");
    f.store.journal_answer(&calls[2].id, &answer("[]")).await.unwrap();
    f.advance(24 * 3_600_000).await;
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.today_micros, used.total_micros), (0, 21), "another day");
}

pub async fn a_total_budget_counts_what_was_spent_before_it_was_set(f: Fixture) {
    let claim = claim(&f).await;
    let before = intent(&claim, "a");
    f.ask(&before).await;
    f.store.journal_answer(&before.id, &answer("[]")).await.unwrap();
    let limits = Limits { total_micros: 46, ..Limits::default() };
    let refused = f.store.journal_intent(&intent(&claim, "b"), &limits).await.unwrap();
    assert!(matches!(refused, Admission::Spent { ms: None, .. }), "7 were spent, and 40 may be: {refused:?}");
    let limits = Limits { total_micros: 47, ..Limits::default() };
    assert_eq!(f.store.journal_intent(&intent(&claim, "b"), &limits).await.unwrap(), Admission::Admitted);
}

pub async fn what_a_lost_host_had_set_aside_is_taken_for_spent(f: Fixture) {
    let claim = claim(&f).await;
    let limits = Limits { daily_micros: 1_000, ..Limits::default() };
    let lost = intent(&claim, "a");
    f.store.journal_intent(&lost, &limits).await.unwrap();
    f.advance(45_001).await;
    f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.reserved_micros, used.today_micros), (0, 40), "it may have been paid");
    f.store.journal_answer(&lost.id, &answer("[]")).await.unwrap();
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.reserved_micros, used.today_micros), (0, 7), "it was, and now it is known what");
}
