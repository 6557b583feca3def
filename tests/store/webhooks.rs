//! Messages that webhooks are owed: written with what they tell of, claimed under a lease, settled by their claim.

use crate::fixture::{Fixture, completed, intent, settlement};
use liner::secret::Secret;
use liner::store::{
    Admission, Attempt, DELIVERIES_KEPT, DELIVERY_LEASE_MS, EventType, GONE_MS, HostId, Limits, NewWebhook, Next,
    OWED_COUNTED, Owed, Stray, Verdict, WebhookId,
};
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;

async fn endpoint(f: &Fixture, events: Option<Vec<EventType>>) -> WebhookId {
    let (id, url, secret) = (WebhookId::new(), "https://hooks.example/".to_owned(), Secret::new("whsec_x".into()));
    let new = NewWebhook { id: id.clone(), url, events, secret, former_secret: None };
    assert!(f.store.keep_webhook(&new).await.unwrap());
    id
}

/// The ids of what is owed of a type, in order.
async fn owed(f: &Fixture, kind: EventType) -> Vec<String> {
    let owed = format!("select event_id from webhook_outbox where type = '{}' order by id", kind.name());
    f.database.texts(&owed).await
}

fn attempt(owed: &Owed, status: u16, next: Next) -> Attempt {
    let error = (next != Next::Delivered).then(|| "no".to_owned());
    Attempt { owed: owed.clone(), status: Some(status), error, duration_ms: 3, next, rest_ms: None }
}

pub async fn a_settlement_owes_what_it_did_and_one_that_is_late_or_repeated_owes_nothing(f: Fixture) {
    f.enqueue(0..3).await;
    let unheard = f.claim(1).await.unwrap();
    f.settle_all(&unheard, &completed("Unheard")).await;
    assert!(owed(&f, EventType::BatchCompleted).await.is_empty(), "nobody heard of it");
    endpoint(&f, None).await;
    let claim = f.claim(2).await.unwrap();
    f.database.execute("update music_ai_queue set retry_count = 5 where status = 'processing'").await;
    let part = settlement(vec![(0, Verdict::Failed("no \"name\"".into()))]);
    f.store.settle(&claim.lease, &part, false).await.unwrap();
    let failed = owed(&f, EventType::TrackFailed).await;
    assert_eq!(failed, [format!("msg_{}_{}", claim.id(), claim.lease.rows[0])]);
    assert!(owed(&f, EventType::BatchCompleted).await.is_empty(), "it goes on");
    f.database.execute("delete from webhook_outbox").await;
    let rest = settlement(vec![(0, Verdict::Failed("again".into())), (1, completed("Harbour"))]);
    f.store.settle(&claim.lease, &rest, true).await.unwrap();
    assert!(owed(&f, EventType::TrackFailed).await.is_empty(), "that it failed was said");
    assert_eq!(owed(&f, EventType::BatchCompleted).await, [format!("msg_{}", claim.id())]);
    f.store.settle(&claim.lease, &rest, true).await.unwrap_err();
    assert_eq!(f.database.number("select count(*) from webhook_outbox").await, Some(1));
    let said = f.database.texts("select data from webhook_outbox").await;
    let said: serde_json::Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!((&said["tracks"], &said["host"]), (&2.into(), &f.host.to_string().into()));
}

pub async fn a_failed_attempt_that_is_not_the_last_one_owes_nothing(f: Fixture) {
    endpoint(&f, Some(vec![EventType::TrackFailed])).await;
    f.enqueue(0..1).await;
    for n in 1..=5 {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &Verdict::Failed("no".into())).await;
        assert_eq!(owed(&f, EventType::TrackFailed).await.len(), usize::from(n == 5));
        f.advance(DAY_MS / 12).await;
    }
    assert_eq!(f.database.number("select count(*) from webhook_outbox").await, Some(1), "nothing else was wanted");
}

pub async fn a_track_that_takes_its_hosts_down_is_told_when_it_fails(f: Fixture) {
    endpoint(&f, None).await;
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    f.database.execute("update music_ai_queue set retry_count = 5; update extraction_batch set lease_until = 0").await;
    assert!(f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().is_none());
    let failed = owed(&f, EventType::TrackFailed).await;
    assert_eq!(failed, [format!("msg_{}_{}", claim.id(), claim.lease.rows[0])]);
    let said = f.database.texts("select data from webhook_outbox").await;
    assert!(said[0].contains("the host stopped without a word"), "{said:?}");
}

pub async fn that_a_budget_is_spent_is_owed_once_a_day_and_limit(f: Fixture) {
    endpoint(&f, None).await;
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let ask = async |daily_micros, total_micros| {
        let limits = Limits { daily_micros, total_micros, ..Limits::default() };
        let admission = f.store.journal_intent(&intent(&claim, "prompt"), &limits).await.unwrap();
        assert!(matches!(admission, Admission::Spent { .. }), "{admission:?}");
        owed(&f, EventType::BudgetReached).await.len()
    };
    assert_eq!((ask(10, 0).await, ask(10, 0).await), (1, 1));
    assert_eq!((ask(11, 0).await, ask(10, 0).await), (2, 2), "another limit is reached for itself");
    f.advance(DAY_MS).await;
    assert_eq!((ask(10, 0).await, ask(10, 0).await), (3, 3), "and each day");
    assert_eq!((ask(0, 20).await, ask(0, 20).await), (4, 4));
    f.advance(DAY_MS).await;
    assert_eq!(ask(0, 20).await, 4, "the total one is spent for good");
    let noted = "select count(*) from event where kind = 'budget-reached'";
    assert_eq!(f.database.number(noted).await, Some(4));
}

pub async fn a_message_is_claimed_by_one_at_a_time_and_settled_by_that_claim(f: Fixture) {
    let id = endpoint(&f, None).await;
    f.store.pause("ada", None).await.unwrap();
    assert_eq!(f.store.due_webhooks().await.unwrap().len(), 1);
    let first = f.store.claim_owed(&id, 10).await.unwrap();
    assert_eq!((first.len(), first[0].attempt), (1, 1));
    assert!(f.store.claim_owed(&id, 10).await.unwrap().is_empty() && f.store.due_webhooks().await.unwrap().is_empty());
    f.advance(DELIVERY_LEASE_MS).await;
    let second = f.store.claim_owed(&id, 10).await.unwrap();
    assert_eq!((second[0].attempt, &second[0].event_id), (2, &first[0].event_id));
    f.store.settle_attempts(&[attempt(&first[0], 500, Next::GivenUp)]).await.unwrap();
    f.store.return_owed(&first).await.unwrap();
    assert_eq!(f.database.number("select attempts from webhook_outbox where claim is not null").await, Some(2));
    f.store.return_owed(&second).await.unwrap();
    let third = f.store.claim_owed(&id, 10).await.unwrap();
    assert_eq!(third[0].attempt, 2, "what was given back does not count");
    f.store.settle_attempts(&[attempt(&third[0], 500, Next::Again(5_000))]).await.unwrap();
    f.advance(4_999).await;
    assert!(f.store.claim_owed(&id, 10).await.unwrap().is_empty());
    f.advance(1).await;
    let last = f.store.claim_owed(&id, 10).await.unwrap();
    f.store.settle_attempts(&[attempt(&last[0], 200, Next::Delivered)]).await.unwrap();
    assert_eq!(f.store.outbox().await.unwrap().rows, 0);
    let log = f.store.deliveries(&id, None, 10).await.unwrap();
    let said: Vec<_> = log.iter().map(|one| (one.attempt, one.outcome.as_str(), one.next_at.is_some())).collect();
    assert_eq!(said, [(3, "delivered", false), (2, "failed", true), (1, "given_up", false)]);
    assert_eq!(f.store.deliveries(&id, Some(log[0].id), 1).await.unwrap(), log[1..2]);
}

pub async fn an_endpoint_is_disabled_that_says_for_long_enough_that_it_is_gone(f: Fixture) {
    let (id, other) = (endpoint(&f, None).await, endpoint(&f, None).await);
    f.store.pause("ada", None).await.unwrap();
    f.store.resume().await.unwrap();
    let say = async |status| {
        let owed = f.store.claim_owed(&id, 1).await.unwrap();
        let disabled = f.store.settle_attempts(&[attempt(&owed[0], status, Next::Again(0))]).await.unwrap();
        !disabled.is_empty()
    };
    assert!(!say(410).await);
    f.advance(GONE_MS).await;
    assert!(!say(500).await, "it is there after all");
    assert!(!say(410).await);
    f.advance(GONE_MS - 1).await;
    assert!(!say(410).await);
    f.advance(1).await;
    assert!(say(410).await);
    let due: Vec<WebhookId> = f.store.due_webhooks().await.unwrap().into_iter().map(|due| due.id).collect();
    assert_eq!(due, [other]);
    f.store.pause("ada", None).await.unwrap();
    let states = f.store.webhooks().await.unwrap();
    assert_eq!((states[0].owed, states[1].owed), (2, 3), "it hears of nothing new");
    assert!(f.store.enable_webhook(&id).await.unwrap());
    assert!(f.store.webhook(&id).await.unwrap().unwrap().disabled.is_none());
    assert_eq!(f.store.claim_owed(&id, 10).await.unwrap().len(), 2, "what it is still owed is sent");
}

pub async fn a_dead_receivers_messages_and_every_log_are_bounded(f: Fixture) {
    let id = endpoint(&f, None).await;
    f.store.pause("ada", None).await.unwrap();
    f.advance(DAY_MS).await;
    f.store.resume().await.unwrap();
    let age = Duration::from_secs(86_400);
    assert_eq!(f.store.give_up_owed(age).await.unwrap(), 0, "a day is not over");
    f.advance(1).await;
    assert_eq!((f.store.give_up_owed(age).await.unwrap(), f.store.outbox().await.unwrap().rows), (1, 1));
    assert_eq!(f.store.deliveries(&id, None, 10).await.unwrap()[0].outcome, "given_up");
    let log = format!(
        "insert into webhook_delivery (event_id, endpoint_id, type, data, event_at, attempt, at, outcome, duration_ms)
         with recursive n(n) as (select 1 union all select n + 1 from n where n < {DELIVERIES_KEPT} + 7)
         select 'm', '{id}', 't', '{{}}', 1, 1, 1, 'failed', 1 from n"
    );
    f.database.execute(&log).await;
    f.store.give_up_owed(age).await.unwrap();
    assert_eq!(f.database.number("select count(*) from webhook_delivery").await, Some(DELIVERIES_KEPT));
    f.advance(91 * DAY_MS).await;
    let pruned = crate::retention::prune(&f).await;
    assert_eq!(pruned["webhook_delivery"], u64::try_from(DELIVERIES_KEPT).unwrap());
}

pub async fn what_a_lost_claim_says_of_its_endpoint_does_not_count(f: Fixture) {
    let id = endpoint(&f, None).await;
    let claimed = async || f.store.claim_owed(&id, 1).await.unwrap().remove(0);
    let failing = async || f.store.webhook(&id).await.unwrap().unwrap().failing_since;
    f.store.pause("ada", None).await.unwrap();
    let lost = claimed().await;
    f.advance(DELIVERY_LEASE_MS).await;
    f.store.settle_attempts(&[attempt(&claimed().await, 200, Next::Delivered)]).await.unwrap();
    let late = Attempt { rest_ms: Some(60_000), ..attempt(&lost, 410, Next::GivenUp) };
    f.store.settle_attempts(&[late]).await.unwrap();
    assert_eq!(failing().await, None, "another host delivered it");
    assert_eq!(f.store.webhook(&id).await.unwrap().unwrap().rests_until, 0);
    assert_eq!(f.database.number("select count(*) from event where kind = 'webhook-gave-up'").await, Some(0));
    assert_eq!(f.store.deliveries(&id, None, 10).await.unwrap().len(), 2, "the log says what was sent");

    f.store.resume().await.unwrap();
    let lost = claimed().await;
    f.advance(DELIVERY_LEASE_MS).await;
    let failed = attempt(&claimed().await, 500, Next::Again(5_000));
    f.store.settle_attempts(&[failed]).await.unwrap();
    f.store.settle_attempts(&[attempt(&lost, 200, Next::Delivered)]).await.unwrap();
    assert!(failing().await.is_some() && f.store.outbox().await.unwrap().rows == 1, "it is still owed");
}

pub async fn settings_without_the_endpoint_disable_it_and_those_with_it_bring_it_back(f: Fixture) {
    let named = NewWebhook {
        id: WebhookId::of_settings(),
        url: "https://hooks.example/".into(),
        events: None,
        secret: Secret::new("whsec_x".into()),
        former_secret: None,
    };
    let disabled = async || f.store.webhook(&named.id).await.unwrap().unwrap().disabled.map(|(_, reason)| reason);
    let noted = async || f.database.texts("select kind from event where subject = 'settings' order by id").await;
    assert!(!f.store.unset_webhook().await.unwrap(), "there is none");
    f.store.set_webhook(&named).await.unwrap();
    f.store.pause("ada", None).await.unwrap();
    assert!(f.store.unset_webhook().await.unwrap());
    assert!(!f.store.unset_webhook().await.unwrap(), "it is told once");
    assert_eq!(disabled().await.as_deref(), Some("a host was started without WEBHOOK_URL"));
    assert!(f.store.due_webhooks().await.unwrap().is_empty() && f.store.outbox().await.unwrap().rows == 1);
    f.store.set_webhook(&named).await.unwrap();
    assert_eq!((disabled().await, f.store.due_webhooks().await.unwrap().len()), (None, 1), "what it is owed is sent");
    assert_eq!(noted().await, ["webhook-disabled", "webhook-enabled"]);
    // Settings say nothing about one that was disabled for another reason.
    f.database.execute("update webhook_endpoint set disabled_at = 1, disabled_reason = 'it answers 410 Gone'").await;
    assert!(!f.store.unset_webhook().await.unwrap());
    f.store.set_webhook(&named).await.unwrap();
    assert_eq!((disabled().await.as_deref(), noted().await.len()), (Some("it answers 410 Gone"), 2));
}

pub async fn what_is_sent_once_more_is_owed_from_then_on_and_the_oldest_stays_the_first(f: Fixture) {
    let id = endpoint(&f, None).await;
    f.store.pause("ada", None).await.unwrap();
    let first = f.store.claim_owed(&id, 1).await.unwrap();
    f.store.settle_attempts(&[attempt(&first[0], 500, Next::Again(60_000))]).await.unwrap();
    f.advance(1_000).await;
    f.store.resume().await.unwrap();
    f.advance(5_000).await;
    let log = f.store.deliveries(&id, None, 1).await.unwrap();
    assert!(f.store.owe_again(log[0].id).await.unwrap());
    assert!(!f.store.owe_again(log[0].id + 1).await.unwrap(), "there is no such attempt");
    let outbox = f.store.outbox().await.unwrap();
    assert_eq!((outbox.rows, outbox.oldest_ms), (2, 5_000), "the other one is owed for longest now");
    let due = f.store.claim_owed(&id, 10).await.unwrap();
    let again = due.iter().find(|owed| owed.event_id == first[0].event_id).unwrap();
    assert_eq!((due.len(), again.attempt), (2, 1), "at once, with all its attempts");
    // While it is being sent it is owed a second time, and what comes of the first does not take that away.
    assert!(f.store.owe_again(log[0].id).await.unwrap());
    f.store.settle_attempts(&[attempt(again, 200, Next::Delivered)]).await.unwrap();
    assert_eq!(f.store.claim_owed(&id, 10).await.unwrap().len(), 1);
}

pub async fn what_is_owed_is_counted_so_far_and_since_when_is_known(f: Fixture) {
    let id = endpoint(&f, None).await;
    // The oldest is to be sent last.
    let owe = format!(
        "insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, next_at)
         with recursive n(n) as (select 1 union all select n + 1 from n where n < {OWED_COUNTED} + 7)
         select 'm' || n, '{id}', 't', '{{}}', 1, n, {OWED_COUNTED} * 2 - n from n order by n"
    );
    f.database.execute(&owe).await;
    let states = f.store.webhooks().await.unwrap();
    assert_eq!((states[0].owed, states[0].owed_since), (OWED_COUNTED, Some(1)));
    let outbox = f.store.outbox().await.unwrap();
    assert_eq!((outbox.rows, outbox.oldest_ms), (OWED_COUNTED, crate::fixture::NOON - 1));
}
