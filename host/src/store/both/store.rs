//! The trait: which method is where.

use super::super::Backend;
use crate::music::{Field, Track, TrackKey};
use crate::store::settling::Settling;
use crate::store::timing::{Operation, timed};
use crate::store::{
    Admission, BatchId, CallAnswer, CallId, CallIntent, Claim, Corrected, Correction, Enqueued, FailedQuery,
    FailedTrack, Host, HostId, JournalledReply, Lease, LibraryChange, LibraryEntry, LibraryQuery, Limits, Load,
    ModelUse, NewHost, NewLink, NextDue, Pause, Place, ProviderUse, Pruned, QueueCounts, Settled, Settlement, Spending,
    Store, StoreError, Stray, Waiting, Want,
};
use async_trait::async_trait;
use std::time::Duration;

/// How old a reply may be, in milliseconds; less than nothing when none is used.
fn reuse_ms(reuse: Option<Duration>) -> i64 {
    reuse.map_or(-1, |reuse| i64::try_from(reuse.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Store for Backend {
    fn description(&self) -> String {
        self.name().to_owned()
    }
    fn is_shared(&self) -> bool {
        Self::IS_SHARED
    }
    async fn enqueue(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
        timed(Operation::Enqueue, self.enqueue_links(links)).await
    }
    async fn claim(&self, want: &Want) -> Result<Vec<Claim>, StoreError> {
        timed(Operation::Claim, self.claim_due(want)).await
    }
    async fn claim_these(&self, host: &HostId, keys: &[TrackKey], revision: i64) -> Result<Option<Claim>, StoreError> {
        timed(Operation::Claim, self.within(self.claim_named(host, keys, revision))).await
    }
    async fn recover(&self, host: &HostId, held: &[BatchId], stray: Stray) -> Result<Option<Claim>, StoreError> {
        timed(Operation::Claim, self.within(self.take_over(host, held, stray))).await
    }
    async fn renew(&self, batch: &BatchId) -> Result<(), StoreError> {
        timed(Operation::Renew, self.within(self.renew_lease(batch))).await
    }
    async fn settle(&self, lease: &Lease, settlement: &Settlement, finish: bool) -> Result<Settled, StoreError> {
        let settling = Settling { lease: lease.clone(), settlement: settlement.clone(), finish };
        timed(Operation::Settle, self.settle_fenced(settling)).await?;
        Ok(settlement.settled())
    }
    async fn is_settled(&self, batch: &BatchId) -> Result<bool, StoreError> {
        timed(Operation::Read, self.within(self.was_settled(batch))).await
    }
    async fn journal_intent(&self, call: &CallIntent, limits: &Limits) -> Result<Admission, StoreError> {
        timed(Operation::Question, self.write_intent(call, limits)).await
    }
    async fn journal_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
        timed(Operation::Answer, self.write_answer(call, answer)).await
    }
    async fn journalled_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
        reuse: Option<Duration>,
    ) -> Result<Option<JournalledReply>, StoreError> {
        timed(Operation::Recall, self.find_reply(prompt_digest, root, read, reuse_ms(reuse))).await
    }
    async fn give_up_calls(&self, batch: &BatchId) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.end_calls(batch))).await
    }
    async fn lost_calls(&self) -> Result<i64, StoreError> {
        timed(Operation::Read, self.within(self.count_lost_calls())).await
    }
    async fn block_provider(&self, provider: &str, ms: i64, reason: &str) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.write_block(provider, ms, reason))).await
    }
    async fn unblock_provider(&self, provider: &str) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.lift_block(provider))).await
    }
    async fn provider_use(&self, provider: &str) -> Result<ProviderUse, StoreError> {
        timed(Operation::Read, self.within(self.read_use(provider))).await
    }
    async fn spending(&self) -> Result<Spending, StoreError> {
        timed(Operation::Read, self.within(self.read_spending())).await
    }
    async fn model_use(&self, since_day: Option<i64>) -> Result<Vec<ModelUse>, StoreError> {
        timed(Operation::Read, self.within(self.read_model_use(since_day))).await
    }
    async fn release_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        timed(Operation::Write, self.end_waiting(cause)).await
    }
    async fn retry_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        timed(Operation::Write, self.requeue_failed(keys)).await
    }
    async fn requeue_missing(&self, field: Field) -> Result<u64, StoreError> {
        timed(Operation::Write, self.requeue_incomplete(field)).await
    }
    async fn counts(&self) -> Result<QueueCounts, StoreError> {
        timed(Operation::Read, self.within(self.read_counts())).await
    }
    async fn oldest_due_ms(&self) -> Result<Option<i64>, StoreError> {
        timed(Operation::Read, self.within(self.read_oldest_due())).await
    }
    async fn failed(&self, query: &FailedQuery) -> Result<Vec<FailedTrack>, StoreError> {
        timed(Operation::Read, self.within(self.read_failed(query))).await
    }
    async fn library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError> {
        timed(Operation::Read, self.within(self.read_library(query))).await
    }
    async fn library_entry(&self, key: &TrackKey) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError> {
        timed(Operation::Read, self.within(self.read_entry(key))).await
    }
    async fn correct(&self, key: &TrackKey, correction: &Correction) -> Result<Option<LibraryEntry>, StoreError> {
        timed(Operation::Write, self.within(self.write_correction(key, correction))).await
    }
    async fn corrected(&self, after: i64, limit: u32) -> Result<Vec<Corrected>, StoreError> {
        timed(Operation::Read, self.within(self.read_corrected(after, limit))).await
    }
    async fn tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError> {
        timed(Operation::Read, self.within(self.read_tracks(keys))).await
    }
    async fn paused(&self) -> Result<Option<Pause>, StoreError> {
        timed(Operation::Read, self.within(self.read_pause())).await
    }
    async fn pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.write_pause(by, reason))).await
    }
    async fn resume(&self) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.lift_pause())).await
    }
    async fn next_due(&self) -> Result<NextDue, StoreError> {
        timed(Operation::Read, self.within(self.read_next_due())).await
    }
    async fn changed(&self) -> Result<(), StoreError> {
        self.wait_for_change().await
    }
    async fn enlist(&self, host: &NewHost) -> Result<u64, StoreError> {
        timed(Operation::Write, self.within(self.enlist_host(host))).await
    }
    async fn beat(&self, host: &HostId, in_flight: usize) -> Result<bool, StoreError> {
        timed(Operation::Write, self.within(self.write_beat(host, in_flight))).await
    }
    async fn leave(&self, host: &HostId) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(self.write_leave(host))).await
    }
    async fn hosts(&self) -> Result<Vec<Host>, StoreError> {
        timed(Operation::Read, self.within(self.read_hosts())).await
    }
    async fn drain(&self, host: &HostId, is_to: bool) -> Result<bool, StoreError> {
        timed(Operation::Write, self.within(self.write_drain(host, is_to))).await
    }
    async fn prune(&self, age: Duration, place: &Place) -> Result<Pruned, StoreError> {
        timed(Operation::Prune, self.within(self.prune_page(age, place))).await
    }
    async fn size(&self) -> Result<u64, StoreError> {
        timed(Operation::Read, self.within(self.read_size())).await
    }
    fn load(&self) -> Load {
        self.present_load()
    }
    async fn ping(&self) -> Result<(), StoreError> {
        self.within(async {
            sqlx::query("select 1").execute(self.readers()).await?;
            Ok(())
        })
        .await
    }
    async fn close(&self) {
        self.let_go().await;
    }
}
