//! Does to a store and to the model what a scenario says, and compares what they answer.

use super::actions::{Action, HOSTS, Outcome, Settles, Share};
use super::journal::Journal;
use super::queue::{Queue, Rest, State, Status, TAKEN_DOWN};
use super::seen::{Disagreement, agree};
use crate::fixture::{Fixture, NOON, REUSE, answer, by, entry, intent, key, link};
use liner::music::Field;
use liner::store::{
    Admission, BatchId, CallAnswer, CallId, Claim, Correction, Enqueued, HostId, Limits, NewHost, NewLink, Priorities,
    Settlement, StoreError, Stray, Verdict, Want,
};
use liner_tests::Kind;
use std::collections::BTreeSet;

pub type Played = Result<(), Disagreement>;

/// A store and the model of it, to which the same is done.
pub struct Play<'a> {
    pub f: &'a Fixture,
    pub limits: Limits,
    pub queue: Queue,
    pub journal: Journal,
    pub hosts: Vec<HostId>,
    /// What each batch was handed out as, and which replies it has read.
    pub claims: Vec<(Claim, Vec<usize>)>,
    /// How many actions there were.
    steps: usize,
    /// What has happened that a run should have seen.
    pub reached: BTreeSet<&'static str>,
}

impl<'a> Play<'a> {
    /// Begins with an empty store.
    pub async fn begin(f: &'a Fixture, limits: Limits) -> Result<Self, Disagreement> {
        f.database.clear(NOON).await;
        let hosts = (0..HOSTS).map(|_| HostId::new()).collect();
        let queue = Queue { now: NOON, ..Queue::default() };
        let (journal, claims, reached) = (Journal::default(), Vec::new(), BTreeSet::new());
        Ok(Self { f, limits, queue, journal, hosts, claims, steps: 0, reached })
    }

    /// Does what an action says, and looks at all that can be seen.
    pub async fn step(&mut self, action: &Action) -> Played {
        self.steps += 1;
        let told = match self.act(action).await {
            Ok(()) => self.compare().await,
            told => told,
        };
        told.map_err(|told| told.at(self.steps, action, self))
    }

    async fn act(&mut self, action: &Action) -> Played {
        let (f, now) = (self.f, self.queue.now);
        match action {
            Action::Enqueue(shares) => self.enqueue(shares).await,
            Action::Claim { host, size, batches, aged, even_paused } => {
                let (size, batches, aged, even_paused) = (*size, *batches, *aged, *even_paused);
                let host = self.hosts[*host].clone();
                self.claim(Want { host, size, batches, aged, revision: 1, even_paused, priorities: Priorities::ALL })
                    .await
            }
            Action::ClaimThese { host, tracks } => self.claim_these(*host, tracks).await,
            Action::Recover { host, stray, forgotten } => self.recover(*host, *stray, *forgotten).await,
            Action::Renew { batch } => self.renew(*batch).await,
            Action::Settle { batch, settles, finish } => self.settle(*batch, settles, *finish).await,
            Action::Ask { batch, prompt, anew } => self.ask(*batch, *prompt, *anew).await,
            Action::Answer { call, cost, even_answered } => self.answer(*call, *cost, *even_answered).await,
            Action::Pass { ms } => {
                f.advance(*ms).await;
                self.queue.now += ms;
                Ok(())
            }
            Action::Pause => {
                self.queue.paused = true;
                Ok(f.store.pause("ada", None).await?)
            }
            Action::Resume => {
                self.queue.paused = false;
                Ok(f.store.resume().await?)
            }
            Action::Release(cause) => {
                agree("released", f.store.release_waiting(*cause).await?, self.queue.release(*cause))
            }
            Action::Retry(tracks) => {
                let keys = tracks.as_ref().map(|tracks| tracks.iter().copied().map(key).collect::<Vec<_>>());
                let retried = f.store.retry_failed(keys.as_deref()).await?;
                agree("retried", retried, self.queue.retry(tracks.as_deref()))
            }
            Action::Requeue(field) => {
                let requeued = f.store.requeue_missing(*field).await?;
                let lacking = self.queue.requeue(|entry| match field {
                    Field::Title | Field::Artist => false,
                    Field::Album => entry.album.is_none(),
                    Field::Genres | Field::ReleaseDate => true,
                });
                agree("requeued", requeued, lacking)
            }
            Action::Correct { track } => {
                let title = format!("Corrected at {}", self.steps);
                let correction = Correction { title: Some(title.clone()), ..Correction::default() };
                let corrected = f.store.correct(&key(*track), &correction).await?.is_some();
                agree("corrected", corrected, self.queue.correct(*track, &title))
            }
            Action::Crash { host, succeeded } => self.crash(*host, *succeeded).await,
            Action::Block { ms } => {
                self.journal.block(*ms, now);
                Ok(f.store.block_provider("anthropic", *ms, "429").await?)
            }
            Action::Unblock => {
                if let Some(books) = &mut self.journal.books {
                    books.blocked_until = 0;
                }
                Ok(f.store.unblock_provider("anthropic").await?)
            }
        }
    }

    async fn enqueue(&mut self, shares: &[Share]) -> Played {
        let of = |share: &Share| NewLink { track: share.page(), priority: share.priority, ..link(share.track) };
        let queued = self.f.store.enqueue(&shares.iter().map(of).collect::<Vec<_>>()).await?;
        let new = self.queue.enqueue(shares);
        agree("new links", queued.iter().map(|queued| *queued == Enqueued::Queued).collect(), new)
    }

    async fn claim(&mut self, want: Want) -> Played {
        let claims = self.f.store.claim(&want).await?;
        let (batches, is_full) = self.queue.due(want.size, want.batches, want.aged, want.even_paused);
        if batches.len() > 1 {
            self.reached.insert("several batches of one claim");
        }
        agree("claimed", claims.iter().map(keys).collect(), named(&batches))?;
        for (claim, tracks) in claims.into_iter().zip(batches) {
            agree("more may be due", claim.full, is_full)?;
            self.taken(claim, &want.host, tracks)?;
        }
        Ok(())
    }

    async fn claim_these(&mut self, host: usize, tracks: &[usize]) -> Played {
        let (host, free) = (self.hosts[host].clone(), self.queue.free(tracks));
        let keys_of = tracks.iter().copied().map(key).collect::<Vec<_>>();
        let claim = self.f.store.claim_these(&host, &keys_of, 1).await?;
        agree("claimed by name", claim.as_ref().map(keys).unwrap_or_default(), names(&free))?;
        claim.map_or(Ok(()), |claim| self.taken(claim, &host, free))
    }

    fn taken(&mut self, claim: Claim, host: &HostId, tracks: Vec<usize>) -> Played {
        self.queue.take(claim.id(), host, tracks);
        agree("all are open", claim.open.iter().all(|open| *open), true)?;
        agree("it is no takeover", (claim.recovered, &claim.root), (false, claim.id()))?;
        self.shown(claim)
    }

    fn shown(&mut self, claim: Claim) -> Played {
        agree("shown", &claim.tracks, &self.queue.batches.last().unwrap().pages)?;
        self.claims.push((claim, Vec::new()));
        Ok(())
    }

    /// Whose lease ended first is taken over first, but of those that ended together any.
    async fn recover(&mut self, host: usize, stray: Stray, forgotten: bool) -> Played {
        let host = self.hosts[host].clone();
        let has = self.queue.batches.iter().filter(|batch| batch.host == host && !forgotten);
        let held: Vec<BatchId> = has.map(|batch| batch.id.clone()).collect();
        let claim = self.f.store.recover(&host, &held, stray).await?;
        let lost = self.f.database.texts("select id from extraction_batch where state = 'lost'").await;
        let strays = if self.queue.paused { vec![] } else { self.queue.strays(&host, &held, stray == Stray::Any) };
        let batches = &self.queue.batches;
        let known = |at: &usize| batches[*at].state == State::Lost;
        let is_lost = |at: &usize| lost.iter().any(|id| id == batches[*at].id.as_str());
        let losing: Vec<usize> = (0..batches.len()).filter(|at| is_lost(at) && !known(at)).collect();
        agree("only strays are lost", losing.iter().all(|at| strays.contains(at)), true)?;
        let last = losing.iter().map(|at| batches[*at].lease_until).max().unwrap_or(i64::MIN);
        let before = |at: &usize| claim.is_none() || batches[*at].lease_until < last;
        agree("all before are lost", strays.iter().filter(|at| before(at)).all(|at| losing.contains(at)), true)?;
        let mut adopted = None;
        for at in losing {
            self.journal.lose(&self.queue.batches[at].id, self.queue.now);
            let left = self.queue.lose(at, &host);
            if self.queue.tracks.values().any(|track| track.error.as_deref() == Some(TAKEN_DOWN)) {
                self.reached.insert("a host that took a track down for the last time");
            }
            if !left.is_empty() {
                agree("it is the last that is lost", self.queue.batches[at].lease_until, last)?;
                agree("one batch is taken over", adopted.replace((at, left)), None)?;
            }
        }
        match (claim, adopted) {
            (None, None) => Ok(()),
            (Some(claim), Some((at, left))) => self.adopted(claim, &host, at, &left),
            (claim, adopted) => {
                agree("taken over", claim.map(|claim| claim.root.to_string()), adopted.map(|_| "one".into()))
            }
        }
    }

    fn adopted(&mut self, claim: Claim, host: &HostId, at: usize, left: &[usize]) -> Played {
        let lost = self.queue.batches[at].clone();
        self.reached.insert(if lost.host == *host { "its own stray" } else { "a takeover" });
        agree("taken over", (&claim.root, keys(&claim)), (&lost.root, names(&lost.tracks)))?;
        self.queue.adopt(at, claim.id(), host, left);
        let open = lost.tracks.iter().map(|track| left.contains(track)).collect::<Vec<_>>();
        agree("open", &claim.open, &open)?;
        self.shown(claim)
    }

    async fn renew(&mut self, back: usize) -> Played {
        let Some(at) = latest(self.claims.len(), back) else { return Ok(()) };
        let batch = &mut self.queue.batches[at];
        let renewed = self.f.store.renew(&batch.id).await;
        if batch.state == State::Leased {
            batch.lease_until = self.queue.now + liner::store::LEASE_MS;
            return Ok(renewed?);
        }
        agree("renewing is fenced", matches!(renewed, Err(StoreError::Fenced(_))), true)
    }

    async fn settle(&mut self, back: usize, settles: &Settles, finish: bool) -> Played {
        let Some(at) = latest(self.claims.len(), back) else { return Ok(()) };
        let title = format!("Settled at {}", self.steps);
        let (claim, read) = &self.claims[at];
        let positions = settles.some.iter().map(|(at, outcome)| (*at, *outcome));
        let rest = (0u32..).zip(&claim.tracks).filter_map(|(at, _)| Some((at, settles.rest?)));
        let verdicts = positions.chain(rest).map(|(at, outcome)| (at, outcome.verdict(&title))).collect();
        let calls = settles.interpreted.into_iter().flat_map(|all| read.iter().map(move |call| (*call, all)));
        let interpreted = calls.map(|(call, all)| (self.call(call), all)).collect();
        let settlement = Settlement { verdicts, interpreted, ..Settlement::default() };
        let settled = self.f.store.settle(&claim.lease, &settlement, finish).await;
        let is_settled = self.f.store.is_settled(claim.id()).await?;
        if self.queue.batches[at].state != State::Leased {
            self.reached.insert("a late settlement");
            return agree("settling is fenced", matches!(settled, Err(StoreError::Fenced(_))), true);
        }
        settled?;
        agree("settled to its end", is_settled, finish)?;
        for call in settles.interpreted.iter().flat_map(|_| read) {
            self.journal.calls[*call].decided_all = settles.interpreted;
        }
        self.queue.settle(at, settles, finish, &title);
        self.ask_for_backoffs().await
    }

    /// A backoff's jitter is the store's; that it keeps within its bounds is checked.
    async fn ask_for_backoffs(&mut self) -> Played {
        for (at, track) in &mut self.queue.tracks {
            if track.status == Status::Failed {
                self.reached.insert("a last attempt");
            }
            if let Rest::Between(from, to) = track.rest {
                let until = format!("select not_before from music_ai_queue where platform_id = 'id{at}'");
                let until = self.f.database.number(&until).await.unwrap_or_default();
                agree("a backoff within 0.8 to 1.2 of its length", (from..=to).contains(&until), true)?;
                track.rest = Rest::Until(until);
                self.reached.insert("a backoff");
            }
        }
        Ok(())
    }

    async fn ask(&mut self, back: usize, prompt: usize, anew: bool) -> Played {
        let Some(at) = latest(self.claims.len(), back) else { return Ok(()) };
        let (claim, read) = &self.claims[at];
        let digest = format!("prompt {prompt}");
        let read = if anew { read.clone() } else { Vec::new() };
        let ids: Vec<CallId> = read.iter().map(|call| self.call(*call)).collect();
        let found = self.f.store.journalled_reply(&digest, &claim.root, &ids, REUSE).await?;
        let usable = self.journal.replies(&digest, &claim.root, &read);
        if let Some(found) = found {
            let known = usable.iter().copied().find(|call| self.call(*call) == found.id);
            let Some(call) = known else { return agree("a reply", format!("{found:?}"), "none".into()) };
            agree("the reply", Some(&found.reply.text), self.journal.calls[call].reply.as_ref())?;
            self.reached.insert("a reply that is found again");
            self.claims[at].1.push(call);
            return Ok(());
        }
        agree("replies that may be found", 0, usable.len())?;
        let is_open = |call: &&super::journal::Call| {
            call.intent.batch == *claim.id() && call.intent.prompt_digest == digest && call.answered_at.is_none()
        };
        if let Some(call) = self.journal.calls.iter().find(is_open) {
            let again = self.f.store.journal_intent(&call.intent, &self.limits).await?;
            return agree("what was admitted is", again, Admission::Admitted);
        }
        let call = intent(claim, &digest);
        let admission = self.f.store.journal_intent(&call, &self.limits).await?;
        let expected = self.journal.ask(&call, &self.limits, self.queue.now);
        self.reached.insert(match expected {
            Admission::Admitted => "a question",
            Admission::Rest { .. } => "a question that has to wait",
            Admission::Spent { .. } => "a question too dear",
        });
        agree("admission", without_reason(admission), without_reason(expected))
    }

    async fn answer(&mut self, back: usize, cost: Option<i64>, even_answered: bool) -> Played {
        let open = |at: &usize| even_answered || self.journal.calls[*at].answered_at.is_none();
        let calls: Vec<usize> = (0..self.journal.calls.len()).filter(open).collect();
        let Some(at) = latest(calls.len(), back).map(|at| calls[at]) else { return Ok(()) };
        let text = format!("Answered at {}", self.steps);
        let given = match (answer(&text), cost) {
            (CallAnswer::Reply { reply, request_id, usage, rate, retries, latency_ms }, Some(_)) => {
                let usage = liner::music::Usage { cost_micros: cost, ..usage };
                CallAnswer::Reply { reply, request_id, usage, rate, retries, latency_ms }
            }
            _ => CallAnswer::error("529"),
        };
        if self.journal.calls[at].lost {
            self.reached.insert("an answer to a call that was given up");
        }
        self.f.store.journal_answer(&self.call(at), &given).await?;
        self.journal.answer(at, cost.map(|cost| (text, cost)), self.queue.now);
        Ok(())
    }

    /// A file has one worker, so whoever comes ends all leases but its own; on a server, its predecessor's.
    async fn crash(&mut self, host: usize, succeeded: bool) -> Played {
        let dead = std::mem::replace(&mut self.hosts[host], HostId::new());
        if !succeeded {
            return Ok(());
        }
        let heir = NewHost { id: self.hosts[host].clone(), name: "heir".into(), predecessor: Some(dead.clone()) };
        let ended = self.f.store.enlist(&heir).await?;
        let is_alone = self.f.database.kind == Kind::Sqlite;
        let leased = self.queue.batches.iter_mut().filter(|batch| batch.state == State::Leased);
        let ends = leased.filter(|batch| if is_alone { batch.host != heir.id } else { batch.host == dead });
        agree("leases that end", ended, ends.map(|batch| batch.lease_until = 0).count().try_into().unwrap())
    }

    fn call(&self, at: usize) -> CallId {
        self.journal.calls[at].intent.id.clone()
    }
}

impl Outcome {
    fn verdict(self, title: &str) -> Verdict {
        match self {
            Self::Completed { album } => {
                let album = album.then(|| "Tides".into());
                Verdict::Completed(liner::music::Extraction { album, ..entry(title) }, by())
            }
            Self::NoMusic => Verdict::NoMusic("not music".into(), by()),
            Self::Failed => Verdict::Failed("failed".into()),
            Self::Refunded { rest_ms } => Verdict::Refunded { reason: "refunded".into(), rest_ms },
            Self::Halved { rest_ms } => Verdict::Halved { reason: "halved".into(), rest_ms },
            Self::Waits(cause) => Verdict::Waits(cause, "waits".into()),
        }
    }
}

/// The one that so many came after; the first, if there are fewer.
fn latest(count: usize, back: usize) -> Option<usize> {
    count.checked_sub(1).map(|last| last.saturating_sub(back))
}

fn names(tracks: &[usize]) -> Vec<String> {
    tracks.iter().map(|track| key(*track).platform_id).collect()
}

fn named(batches: &[Vec<usize>]) -> Vec<Vec<String>> {
    batches.iter().map(|tracks| names(tracks)).collect()
}

fn keys(claim: &Claim) -> Vec<String> {
    crate::fixture::ids(claim).into_iter().map(str::to_owned).collect()
}

fn without_reason(admission: Admission) -> Admission {
    match admission {
        Admission::Admitted => Admission::Admitted,
        Admission::Rest { ms, .. } => Admission::Rest { ms, reason: String::new() },
        Admission::Spent { ms, .. } => Admission::Spent { ms, reason: String::new() },
    }
}
