//! All that can be seen of a store, compared with the model after every action.

use super::actions::Action;
use super::play::{Play, Played};
use super::queue::{Rest, State, Status, Track};
use crate::fixture::{NOON, REUSE, key};
use liner::store::{BatchId, FailedQuery, LibraryQuery, NextDue, QueueCounts, StoreError};
use std::fmt::Debug;

/// What a store does otherwise than the model.
#[derive(Debug)]
pub struct Disagreement(pub String);

impl From<StoreError> for Disagreement {
    fn from(error: StoreError) -> Self {
        Self(format!("the store failed: {error}"))
    }
}

impl Disagreement {
    /// Says where it was, and calls batches and hosts by their numbers.
    pub fn at(self, step: usize, action: &Action, play: &Play<'_>) -> Self {
        let mut told = format!("after action {step}, {action:?}:\n{}", self.0);
        for (n, batch) in play.queue.batches.iter().enumerate() {
            told = told.replace(batch.id.as_str(), &format!("batch {}", n + 1));
        }
        for (n, host) in play.hosts.iter().enumerate() {
            told = told.replace(host.as_str(), &format!("host {n}"));
        }
        Self(told)
    }
}

/// # Errors
/// When they say different things.
pub fn agree<T: PartialEq + Debug>(what: &str, store: T, model: T) -> Played {
    match store == model {
        true => Ok(()),
        false => Err(Disagreement(format!("{what}\n  the store: {store:?}\n  the model: {model:?}"))),
    }
}

/// As [`agree`], showing only the lines that differ.
fn agree_by_lines(what: &str, mut store: Vec<String>, mut model: Vec<String>) -> Played {
    store.sort();
    model.sort();
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>()
    };
    agree(what, only(&store, &model), only(&model, &store))?;
    agree(what, store.len(), model.len())
}

impl Play<'_> {
    pub async fn compare(&self) -> Played {
        self.compare_rows().await?;
        self.compare_batches().await?;
        self.compare_counts().await?;
        self.compare_failed().await?;
        self.compare_library().await?;
        self.compare_provider().await?;
        let store = &self.f.store;
        agree("lost calls", store.lost_calls().await?, self.journal.lost())?;
        agree("paused", store.paused().await?.is_some(), self.queue.paused)?;
        agree("due next", store.next_due().await?, self.next_due())
    }

    async fn compare_rows(&self) -> Played {
        let rows = format!(
            "select platform_id || ' ' || status || ', priority ' || priority || ', queued at ' || (queued_at - {NOON})
                 || ', rests until ' || coalesce(cast(not_before - {NOON} as text), '-')
                 || ', waits for ' || coalesce(waiting_for, '-') || ', attempts ' || retry_count
                 || ', together ' || max_batch || ', in ' || coalesce(batch_id, '-')
                 || ', because ' || coalesce(error_message, '-')
             from music_ai_queue"
        );
        let model = self.queue.tracks.iter().map(|(at, track)| row(*at, track)).collect();
        agree_by_lines("the queue", self.f.database.texts(&rows).await, model)
    }

    async fn compare_batches(&self) -> Played {
        let rows = format!(
            "select id || ' of ' || root_id || ' by ' || host_id || ', ' || size || ' tracks, ' || state
                 || case when state = 'leased' and lease_until > 0 then ' until ' || (lease_until - {NOON}) else '' end
             from extraction_batch"
        );
        let model = self.queue.batches.iter().map(|batch| {
            let (id, root, host, size) = (&batch.id, &batch.root, &batch.host, batch.tracks.len());
            let state = match batch.state {
                State::Leased if batch.lease_until > 0 => format!("leased until {}", batch.lease_until - NOON),
                State::Leased => "leased".into(),
                State::Settled => "settled".into(),
                State::Lost => "lost".into(),
            };
            format!("{id} of {root} by {host}, {size} tracks, {state}")
        });
        agree_by_lines("the batches", self.f.database.texts(&rows).await, model.collect())
    }

    async fn compare_counts(&self) -> Played {
        let mut counts = QueueCounts::default();
        for track in self.queue.tracks.values() {
            *match track.status {
                Status::Pending => &mut counts.pending,
                Status::Processing => &mut counts.processing,
                Status::Completed => &mut counts.completed,
                Status::Failed => &mut counts.failed,
            } += 1;
            if let Some(cause) = track.waiting {
                *counts.waiting.entry(cause.name().into()).or_default() += 1;
            }
        }
        agree("counts", self.f.store.counts().await?, counts)
    }

    async fn compare_failed(&self) -> Played {
        let failed = self.f.store.failed(&FailedQuery { limit: 100, ..FailedQuery::default() }).await?;
        agree("failed, newest first", failed.is_sorted_by_key(|track| std::cmp::Reverse(track.processed_at)), true)?;
        let line = |id: &str, attempts: i64, at: Option<i64>, error: Option<&str>| {
            format!("{id} after {attempts} attempts at {at:?}: {error:?}")
        };
        let store = failed
            .iter()
            .map(|track| {
                line(&track.key.platform_id, track.retry_count, track.processed_at, track.error_message.as_deref())
            })
            .collect();
        let is_failed = |(_, track): &(&usize, &Track)| track.status == Status::Failed;
        let model =
            self.queue.tracks.iter().filter(is_failed).map(|(at, track)| {
                line(&key(*at).platform_id, track.attempts, track.failed_at, track.error.as_deref())
            });
        agree_by_lines("failed tracks", store, model.collect())
    }

    async fn compare_library(&self) -> Played {
        let query = LibraryQuery { limit: 100, ..LibraryQuery::default() };
        let store = self.f.store.library(&query).await?.into_iter().map(|entry| {
            let (id, title, album) = (entry.key.platform_id, entry.title, entry.album);
            let (status, shares, at) = (entry.processing_status, entry.share_count, entry.updated_at - NOON);
            let is_corrected = !entry.corrected_fields.is_empty();
            format!("{id} {status} {title:?} on {album:?}, shared {shares}, at {at}, corrected {is_corrected}")
        });
        let model = self.queue.tracks.iter().map(|(at, track)| {
            let (id, entry) = (key(*at).platform_id, &track.entry);
            let status = if track.status == Status::Processing { "ai_processing" } else { entry.status };
            let (title, album, shares, is_corrected) = (&entry.title, &entry.album, track.shares, entry.corrected);
            let at = entry.updated_at - NOON;
            format!("{id} {status} {title:?} on {album:?}, shared {shares}, at {at}, corrected {is_corrected}")
        });
        agree_by_lines("the library", store.collect(), model.collect())
    }

    async fn compare_provider(&self) -> Played {
        let used = self.f.store.provider_use("anthropic").await?;
        let now = self.queue.now;
        let books = self.journal.books.as_ref();
        let model = books.map(|books| {
            let blocked = Some(books.blocked_until).filter(|until| *until > now);
            (blocked, books.reserved, books.today(now), books.total)
        });
        let store = (used.blocked_until, used.reserved_micros, used.today_micros, used.total_micros);
        agree("blocked, set aside, spent today and in all", store, model.unwrap_or_default())
    }

    fn next_due(&self) -> NextDue {
        let rests = self.queue.tracks.values().filter_map(|track| match track.rest {
            Rest::Until(end) => Some(end),
            _ => None,
        });
        let backoff_at = rests.min();
        let leased = self.queue.batches.iter().filter(|batch| batch.state == State::Leased);
        let next = leased.map(|batch| batch.lease_until).chain(backoff_at).min();
        NextDue { backoff_at, in_ms: next.map(|next| next - self.queue.now) }
    }

    /// Of the end: what every entry said before.
    pub async fn compare_histories(&self) -> Played {
        for (at, track) in &self.queue.tracks {
            let (_, changes) = self.f.store.library_entry(&key(*at)).await?.unwrap();
            let titles = changes.into_iter().filter(|change| change.field == "title");
            let former = titles.filter_map(|change| change.old).collect::<Vec<_>>();
            agree(&format!("former titles of id{at}"), &former, &track.entry.former)?;
        }
        Ok(())
    }

    /// Of the end: what was asked, and that no answer is out of reach of those that asked.
    pub async fn compare_journal(&self) -> Played {
        let calls = &self.journal.calls;
        let asked = self.f.database.number("select count(*) from model_call").await;
        agree("questions", asked, i64::try_from(calls.len()).ok())?;
        for call in calls.iter().filter(|call| call.reply.is_some()) {
            let (digest, root) = (&call.intent.prompt_digest, &call.intent.root);
            let found = self.f.store.journalled_reply(digest, root, &[], REUSE).await?.map(|found| found.id);
            let usable = self.journal.replies(digest, root, &[]);
            let is_known = usable.iter().any(|at| Some(&calls[*at].intent.id) == found.as_ref());
            agree(&format!("{digest} is answered again, by {found:?}"), is_known, true)?;
        }
        Ok(())
    }
}

fn row(at: usize, track: &Track) -> String {
    let rests = match track.rest {
        Rest::None => "-".into(),
        Rest::Until(end) => (end - NOON).to_string(),
        Rest::Between(from, to) => format!("{} to {}", from - NOON, to - NOON),
    };
    format!(
        "id{at} {}, priority {}, queued at {}, rests until {rests}, waits for {}, attempts {}, together {}, in {}, because {}",
        track.status.name(),
        track.priority,
        track.queued_at - NOON,
        track.waiting.map_or("-", liner::store::Waiting::name),
        track.attempts,
        track.max_batch,
        track.batch.as_ref().map_or("-", BatchId::as_str),
        track.error.as_deref().unwrap_or("-"),
    )
}
