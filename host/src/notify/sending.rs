//! Sending what is owed: a few messages at once to each endpoint, so that one that hangs holds up no other.

use super::message::{Message, TEST};
use super::schedule::{GIVEN_UP_AFTER, after_failure};
use super::{NotifySettings, TIMEOUT};
use crate::ingest::fetch::{ClientError, Fault, Posted, Poster};
use crate::store::{Attempt, Next, Owed, Store, StoreError, Webhook, WebhookId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use url::Url;

/// How often it is looked what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How often messages are looked for that are too old, and a log that is too long.
const SWEEP: Duration = Duration::from_secs(60);
/// Messages on their way to an endpoint.
const AT_ONCE: usize = 4;
/// How long what is on its way may take at a stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long the last words to the database may take.
const LAST_WORD: Duration = Duration::from_secs(3);

/// Tells others. Cheap to share.
pub struct Notifier {
    store: Arc<dyn Store>,
    poster: Arc<Poster>,
    wake: Notify,
}

/// What is on its way, and what came of the rest.
#[derive(Default)]
struct Sending {
    under_way: JoinSet<Attempt>,
    owed: HashMap<task::Id, Owed>,
    /// Attempts that ended, until they are written down.
    ended: Vec<Attempt>,
}

impl Sending {
    /// How many more may be sent to an endpoint.
    fn room(&self, endpoint: &WebhookId) -> usize {
        let ended = self.ended.iter().map(|attempt| &attempt.owed);
        let taken = self.owed.values().chain(ended).filter(|owed| owed.endpoint == *endpoint).count();
        AT_ONCE.saturating_sub(taken)
    }

    fn send(&mut self, owed: Owed, attempt: impl Future<Output = Attempt> + Send + 'static) {
        let task = self.under_way.spawn(attempt);
        self.owed.insert(task.id(), owed);
    }

    fn ended(&mut self, joined: Result<(task::Id, Attempt), task::JoinError>) {
        match joined {
            Ok((task, attempt)) => {
                self.owed.remove(&task);
                self.ended.push(attempt);
            }
            // It is sent again when its lease ends.
            Err(error) => {
                self.owed.remove(&error.id());
                tracing::error!("sending a message panicked");
                tracing::debug!("sending a message panicked: {error}");
            }
        }
    }

    /// Takes in all that ended.
    fn gather(&mut self) {
        while let Some(joined) = self.under_way.try_join_next_with_id() {
            self.ended(joined);
        }
    }
}

impl Notifier {
    /// One that sends within the rules that the settings say.
    ///
    /// # Errors
    /// When TLS cannot start.
    pub fn new(store: Arc<dyn Store>, settings: &NotifySettings) -> Result<Self, ClientError> {
        let poster = Poster::new(settings.allowed.clone(), settings.contact.as_ref(), TIMEOUT)?;
        Ok(Self { store, poster: Arc::new(poster), wake: Notify::new() })
    }

    /// Whether messages may be sent to a URL, as far as it can be said before anybody is asked where it leads.
    ///
    /// # Errors
    /// [`Fault::Forbidden`].
    pub fn check(&self, url: &Url) -> Result<(), Fault> {
        self.poster.check(url)
    }

    /// Looks at once what is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends until `stopping` completes. A drained host does too: what it settles until it is done is to be told, and nobody
    /// else may be there who does.
    pub async fn run(&self, stopping: impl Future<Output = ()>) {
        let mut stopping = std::pin::pin!(stopping);
        let (mut sending, mut sweep_at) = (Sending::default(), Instant::now());
        loop {
            if sweep_at <= Instant::now() {
                self.sweep().await;
                sweep_at = Instant::now() + SWEEP;
            }
            self.write_down(&mut sending).await;
            self.send_due(&mut sending).await;
            tokio::select! {
                () = &mut stopping => break,
                Some(joined) = sending.under_way.join_next_with_id() => sending.ended(joined),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            sending.gather();
        }
        self.end(sending).await;
    }

    /// Sends what is due to those that there is room for.
    async fn send_due(&self, sending: &mut Sending) {
        let due = match self.store.due_webhooks().await {
            Ok(due) => due,
            Err(error) => return report(&error, "it is not known which messages are due"),
        };
        for webhook in due {
            let room = u32::try_from(sending.room(&webhook.id)).unwrap_or(0);
            if room == 0 {
                continue;
            }
            match self.store.claim_owed(&webhook.id, room).await {
                Ok(claimed) => {
                    let webhook = Arc::new(webhook);
                    for owed in claimed {
                        sending.send(owed.clone(), attempt(self.poster.clone(), webhook.clone(), owed));
                    }
                }
                Err(error) => report(&error, "no message was claimed"),
            }
        }
    }

    /// Writes down what ended. While the database is away it is kept, and takes the room of others.
    async fn write_down(&self, sending: &mut Sending) {
        if sending.ended.is_empty() {
            return;
        }
        sending.ended.sort_by(|one, other| one.owed.endpoint.as_str().cmp(other.owed.endpoint.as_str()));
        match self.store.settle_attempts(&sending.ended).await {
            Ok(disabled) => {
                sending.ended.clear();
                for id in disabled {
                    tracing::warn!(webhook = %id, "it answers 410 Gone, and nothing is sent to it until it is enabled again");
                }
            }
            Err(error) => report(&error, "what became of messages was not written down yet"),
        }
    }

    /// Gives up what is too old.
    async fn sweep(&self) {
        loop {
            match self.store.give_up_owed(GIVEN_UP_AFTER).await {
                Ok(0) => return,
                Ok(messages) => {
                    metrics::counter!("liner_webhook_deliveries_total", "outcome" => "given_up").increment(messages);
                    tracing::warn!(messages, "not delivered to webhooks within a day, and given up");
                }
                Err(error) => return report(&error, "messages that are too old were not given up"),
            }
        }
    }

    /// Lets what is on its way come to its end, and gives the rest back.
    async fn end(&self, mut sending: Sending) {
        let ending = async {
            while let Some(joined) = sending.under_way.join_next_with_id().await {
                sending.ended(joined);
            }
        };
        // What is late is sent again by whoever comes next.
        let _ = tokio::time::timeout(GRACE, ending).await;
        sending.under_way.abort_all();
        let last_words = async {
            self.write_down(&mut sending).await;
            let left: Vec<Owed> = sending.owed.into_values().collect();
            if !left.is_empty()
                && let Err(error) = self.store.return_owed(&left).await
            {
                report(&error, "messages were not given back, and are due when their leases end");
            }
        };
        if tokio::time::timeout(LAST_WORD, last_words).await.is_err() {
            tracing::warn!("what became of messages was not written down in time; they are sent again");
        }
    }

    /// Sends a test to an endpoint, now and never again, and notes it in its log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn test(&self, webhook: Webhook) -> Result<Attempt, StoreError> {
        let owed = Owed {
            row: 0,
            claim: String::new(),
            endpoint: webhook.id.clone(),
            event_id: format!("msg_{}", uuid::Uuid::now_v7()),
            kind: TEST.to_owned(),
            data: r#"{"message":"a test, sent by hand"}"#.to_owned(),
            at: jiff::Timestamp::now().as_millisecond(),
            attempt: 1,
        };
        let mut tried = attempt(self.poster.clone(), Arc::new(webhook), owed).await;
        if tried.next != Next::Delivered {
            tried.next = Next::Never;
        }
        self.store.note_delivery(&tried).await?;
        Ok(tried)
    }
}

/// One attempt to deliver a message.
async fn attempt(poster: Arc<Poster>, webhook: Arc<Webhook>, owed: Owed) -> Attempt {
    let started = Instant::now();
    let posted = post(&poster, &webhook, &Message::of(&owed)).await;
    let took = started.elapsed();
    let (status, wait, error) = match &posted {
        Ok(Posted { status, .. }) if (200..300).contains(status) => (Some(*status), None, None),
        Ok(Posted { status, wait }) => (Some(*status), *wait, Some(said(*status))),
        Err(Fault::Forbidden(reason)) => (None, None, Some(format!("not sent: {reason}"))),
        Err(fault) => (None, None, Some(fault.to_string())),
    };
    let next = match error {
        None => Next::Delivered,
        Some(_) => after_failure(owed.attempt, wait, rand::random_range(0.0..1.0)),
    };
    let outcome = next.outcome();
    metrics::counter!("liner_webhook_deliveries_total", "outcome" => outcome).increment(1);
    metrics::histogram!("liner_webhook_delivery_seconds").record(took.as_secs_f64());
    let error_text = error.as_deref().unwrap_or_default();
    tracing::debug!(webhook = %webhook.id, message = owed.event_id, outcome, "{} {error_text}", owed.kind);
    let duration_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    let rest_ms = wait.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    Attempt { owed, status, error, duration_ms, next, rest_ms }
}

async fn post(poster: &Poster, webhook: &Webhook, message: &Message) -> Result<Posted, Fault> {
    let url = Url::parse(&webhook.url).map_err(|_| Fault::Forbidden("its address is none".to_owned()))?;
    let now = jiff::Timestamp::now().as_second();
    let headers = message.headers(&webhook.secrets, now).map_err(|error| Fault::Forbidden(error.to_string()))?;
    poster.post(&url, headers, message.body.clone()).await
}

fn said(status: u16) -> String {
    match status {
        300..400 => format!("the receiver answers {status}, and redirects are not followed"),
        _ => format!("the receiver answers {status}"),
    }
}

/// That the database is away is said elsewhere.
fn report(error: &StoreError, what: &str) {
    if error.may_pass() {
        tracing::debug!("{what}: {error}");
    } else {
        tracing::error!("{what}: {error}");
    }
}
