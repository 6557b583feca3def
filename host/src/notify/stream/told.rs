//! Messages of the stream, written once for all who read it: `text/event-stream`.

use crate::money::usd;
use crate::store::{Activity, EndedBatch, Event, EventKind, Failure, Pause, QueueCounts};
use crate::time::timestamp as time;
use bytes::Bytes;
use serde_json::{Value, json};

/// The names of all messages: who reads the stream has to listen for each.
pub const STREAM_EVENTS: [&str; 16] = [
    "batch",
    "failure",
    "swap",
    "rollback",
    "refusal",
    "kept",
    "bypassed",
    "recovered",
    "budget-reached",
    "webhook-disabled",
    "webhook-enabled",
    "webhook-gave-up",
    "pause",
    "resume",
    "queue",
    "reset",
];

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is, among all that ever happened.
    pub key: String,
    /// When, in Unix milliseconds of the store.
    pub at: i64,
    /// The message.
    pub text: Bytes,
}

impl Told {
    fn new(key: String, at: i64, name: &str, data: &Value) -> Self {
        let text = format!("id: {}\n{}", id(at, &key), message(name, data)).into();
        Self { key, at, text }
    }

    /// What a reader says that it has seen.
    pub fn id(&self) -> String {
        id(self.at, &self.key)
    }
}

fn id(at: i64, key: &str) -> String {
    format!("{at}-{key}")
}

/// The key in an id.
pub fn key_of(id: &str) -> Option<&str> {
    id.split_once('-').map(|(_, key)| key)
}

/// All that happened, in the order of time.
pub fn all(activity: &Activity) -> Vec<Told> {
    let events = activity.events.iter().filter_map(|(number, event)| of_event(*number, event));
    let batches = activity.batches.iter().map(of_batch);
    let mut told: Vec<Told> = events.chain(batches).chain(activity.failures.iter().map(of_failure)).collect();
    told.sort_by_key(|told| told.at);
    told
}

/// The oldest of each kind that there is as much of as was asked for: more may have happened before it.
pub fn oldest_of_full(activity: &Activity, limit: u32) -> Vec<Told> {
    let is_full = |n: usize| u32::try_from(n).is_ok_and(|n| n >= limit);
    let oldest = Activity {
        now: activity.now,
        events: activity.events.iter().take(usize::from(is_full(activity.events.len()))).cloned().collect(),
        batches: activity.batches.iter().take(usize::from(is_full(activity.batches.len()))).cloned().collect(),
        failures: activity.failures.iter().take(usize::from(is_full(activity.failures.len()))).cloned().collect(),
    };
    all(&oldest)
}

/// The name under which a kind is told; none for what the switch says.
const fn name(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Changed(cause) if cause.is_rollback() => Some("rollback"),
        EventKind::Changed(_) => Some("swap"),
        EventKind::Refused | EventKind::Rejected => Some("refusal"),
        EventKind::WorkerPaused | EventKind::WorkerResumed => None,
        EventKind::Kept
        | EventKind::Bypassed
        | EventKind::Recovered
        | EventKind::BudgetReached
        | EventKind::WebhookDisabled
        | EventKind::WebhookEnabled
        | EventKind::WebhookGaveUp => Some(kind.name()),
    }
}

fn of_event(number: i64, event: &Event) -> Option<Told> {
    let Event { at, kind, subject, text } = event;
    // Nobody listens for what only another version of the program knows; it is among the events of the store.
    let name = name(EventKind::from_name(kind)?)?;
    let data = json!({"at": time(*at), "kind": kind, "subject": subject, "text": text});
    Some(Told::new(format!("e{number}"), *at, name, &data))
}

fn of_batch(batch: &EndedBatch) -> Told {
    let data = json!({
        "id": batch.id.as_str(), "host": batch.host.to_string(), "at": time(batch.finished_at), "size": batch.size,
        "succeeded": batch.succeeded, "failed": batch.failed, "costUsd": usd(batch.cost_micros),
        "ms": batch.finished_at - batch.created_at,
    });
    Told::new(format!("b{}", batch.id.as_str()), batch.finished_at, "batch", &data)
}

fn of_failure(failure: &Failure) -> Told {
    let data = json!({
        "platform_name": failure.key.platform_name, "platform_id": failure.key.platform_id, "at": time(failure.at),
        "error_message": failure.reason, "retry_count": failure.attempts,
    });
    Told::new(format!("f{}.{}", failure.row, failure.at), failure.at, "failure", &data)
}

/// The queue's counts, which are a state and have no id.
pub fn queue(counts: &QueueCounts) -> String {
    let data = json!({
        "pending": counts.pending, "processing": counts.processing, "completed": counts.completed,
        "failed": counts.failed, "total": counts.total(), "waiting": counts.waiting,
    });
    message("queue", &data)
}

/// The operator's switch, which is a state too.
pub fn switch(pause: Option<&Pause>) -> String {
    match pause {
        Some(pause) => message("pause", &json!({"at": time(pause.at), "by": pause.by, "reason": pause.reason})),
        None => message("resume", &json!({})),
    }
}

/// That something may be missing: who shows what was told begins anew.
pub fn reset() -> String {
    message("reset", &json!({}))
}

/// JSON is one line, whatever is in it: control characters in texts are escaped.
fn message(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::TrackKey;
    use crate::store::{BatchId, HostId};
    use std::collections::BTreeSet;

    fn event(kind: &str) -> Event {
        Event { at: 7, kind: kind.into(), subject: "revision 2".into(), text: "rules\n\ndata: forged".into() }
    }

    fn batch() -> EndedBatch {
        EndedBatch {
            id: BatchId::from_text("x".into()),
            host: HostId::from_text("h".into()),
            size: 20,
            succeeded: 19,
            failed: 1,
            cost_micros: 1_500_000,
            created_at: 1_000,
            finished_at: 1_250,
        }
    }

    fn failure() -> Failure {
        let key = TrackKey { platform_name: "youtube".into(), platform_id: "x".into() };
        Failure { row: 1, key, reason: None, attempts: 5, at: 7 }
    }

    fn pause() -> Pause {
        Pause { at: 7, by: Some("ada".into()), reason: None }
    }

    /// The name that a message begins with, or has after its id.
    fn name_in(message: &[u8]) -> String {
        let text = std::str::from_utf8(message).unwrap();
        text.lines().find_map(|line| line.strip_prefix("event: ")).unwrap().to_owned()
    }

    #[test]
    fn a_batch_says_whose_it_was_what_came_of_it_and_what_it_cost() {
        let told = of_batch(&batch());
        let data = r#"{"id":"x","host":"h","at":"1970-01-01T00:00:01.25Z","size":20,"succeeded":19,"failed":1,"costUsd":1.5,"ms":250}"#;
        assert_eq!(told.text, format!("id: 1250-bx\nevent: batch\ndata: {data}\n\n"));
        assert_eq!(key_of(&told.id()), Some(told.key.as_str()));
    }

    #[test]
    fn kinds_of_events_are_told_under_their_names_and_the_switch_speaks_for_itself() {
        for (kind, name) in [
            ("install", Some("swap")),
            ("start", Some("swap")),
            ("automatic retirement", Some("swap")),
            ("rollback", Some("rollback")),
            ("automatic rollback", Some("rollback")),
            ("refused", Some("refusal")),
            ("bypassed", Some("bypassed")),
            ("budget-reached", Some("budget-reached")),
            ("worker-paused", None),
            ("of-tomorrow", None),
        ] {
            assert_eq!(of_event(1, &event(kind)).map(|told| name_in(&told.text)).as_deref(), name, "{kind}");
        }
    }

    #[test]
    fn the_list_of_names_is_what_is_told_and_nothing_else() {
        let events = EventKind::ALL.iter().filter_map(|kind| of_event(1, &event(kind.name())));
        let told = events.chain([of_batch(&batch()), of_failure(&failure())]).map(|told| told.text);
        let states = [queue(&QueueCounts::default()), switch(Some(&pause())), switch(None), reset()].map(Bytes::from);
        let names: BTreeSet<String> = told.chain(states).map(|text| name_in(&text)).collect();
        assert_eq!(names, STREAM_EVENTS.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(names.len(), STREAM_EVENTS.len());
    }

    #[test]
    fn a_text_with_line_ends_cannot_begin_a_message() {
        let told = of_event(1, &event("kept")).unwrap();
        let text = std::str::from_utf8(&told.text).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 3);
    }
}
