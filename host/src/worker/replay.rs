//! Replay: a candidate over the tracks, prompts and replies of the journal. Nobody is asked, and nothing is written until
//! the improvements are applied.
//!
//! A batch's strategies are shown the tracks that they were shown then. What needed no model is decided again; a prompt that
//! is worded as one was before gets the reply that was given then; one that is worded differently is unanswered.

use super::batch::{Job, work};
use super::ledger::{Answered, Ledger, Question, Unanswered, said};
use crate::music::{Extraction, Field, MusicType, TrackKey};
use crate::store::{
    BatchId, CallId, Compared, HostId, LibraryEntry, Said, SettledBatch, Settlement, Store, StoreError, Verdict,
};
use crate::strategy::Strategy;
use crate::strategy::runtime::Runtime;
use crate::telemetry::Span;
use async_trait::async_trait;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Batches that are read at a time.
const PAGE: u32 = 50;
/// Tracks of a batch that applies improvements.
const APPLIED: usize = 100;

/// What is replayed, and over what.
pub struct Replay<'a> {
    /// The journal and the library.
    pub store: &'a dyn Store,
    /// Where the strategies run.
    pub runtime: &'a Runtime,
    /// The strategies, the candidate in its place.
    pub strategies: &'a [Arc<Strategy>],
    /// What an entry must have.
    pub required: &'a [Field],
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Batches that were replayed.
    pub batches: usize,
    /// What the candidate says now, beside what the library says.
    pub compared: Vec<Compared>,
    /// Verdicts that are better than what the library says.
    pub improvements: Vec<(TrackKey, Verdict)>,
}

impl Replay<'_> {
    /// Replays the newest batches since a time, in Unix milliseconds, until so many tracks were seen. A track that was
    /// worked on more than once counts once, as it was shown last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run(&self, since: i64, limit: usize) -> Result<Replayed, StoreError> {
        let models = self.store.models_asked().await?;
        let (mut replayed, mut seen, mut mark) = (Replayed::default(), HashSet::new(), None);
        loop {
            let batches = self.store.settled_batches(since, mark.as_ref(), PAGE).await?;
            let Some(last) = batches.last() else { break };
            mark = Some(last.id.clone());
            for batch in &batches {
                if seen.len() >= limit {
                    return Ok(replayed);
                }
                self.replay(batch, &models, &mut seen, &mut replayed).await?;
            }
        }
        Ok(replayed)
    }

    async fn replay(
        &self,
        batch: &SettledBatch,
        models: &[String],
        seen: &mut HashSet<TrackKey>,
        replayed: &mut Replayed,
    ) -> Result<(), StoreError> {
        let wanted: Vec<bool> = batch.tracks.iter().map(|track| seen.insert(track.key.clone())).collect();
        if !wanted.contains(&true) {
            return Ok(());
        }
        let ledger = Journal {
            store: self.store,
            root: &batch.root,
            models,
            read: Mutex::default(),
            verdicts: Mutex::default(),
        };
        let job = Job {
            tracks: &batch.tracks,
            wanted: &wanted,
            strategies: self.strategies,
            runtime: self.runtime,
            required: self.required,
            trace: &Span::NONE,
        };
        let started = std::time::Instant::now();
        work(&job, &ledger).await?;
        let time = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
        let mut verdicts: HashMap<u32, Verdict> =
            ledger.verdicts.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect();
        let tracks = i64::try_from(batch.tracks.len().max(1)).unwrap_or(i64::MAX);
        for ((index, track), _) in (0u32..).zip(&batch.tracks).zip(&wanted).filter(|(_, wanted)| **wanted) {
            let Some((entry, _)) = self.store.library_entry(&track.key).await? else { continue };
            let (active, verdict) = (said_by(&entry), verdicts.remove(&index));
            let candidate = verdict.as_ref().map_or(Said::Unanswered, said);
            if let Some(verdict) = verdict
                && is_better(&candidate, &active)
            {
                replayed.improvements.push((track.key.clone(), verdict));
            }
            let key = track.key.clone();
            replayed.compared.push(Compared { key, candidate, active, cost_micros: 0, time_us: time / tracks });
        }
        replayed.batches += 1;
        Ok(())
    }
}

/// Settles improvements as any batch is settled: fenced, attributed, with the former values in the history, and without
/// what an operator corrected. Tracks that are being worked on are left alone. Returns how many were settled.
///
/// # Errors
/// When the store fails; what was settled stays.
pub async fn apply(
    store: &dyn Store,
    host: &HostId,
    revision: i64,
    improvements: &[(TrackKey, Verdict)],
) -> Result<u64, StoreError> {
    let mut settled = 0;
    for improvements in improvements.chunks(APPLIED) {
        let keys: Vec<TrackKey> = improvements.iter().map(|(key, _)| key.clone()).collect();
        let Some(claim) = store.claim_these(host, &keys, revision).await? else { continue };
        let verdict = |key: &TrackKey| improvements.iter().find(|(known, _)| known == key).map(|(_, verdict)| verdict);
        let verdicts = (0u32..)
            .zip(&claim.tracks)
            .filter_map(|(index, track)| Some((index, verdict(&track.key)?.clone())))
            .collect();
        let settlement = Settlement { verdicts, ..Settlement::default() };
        settled += store.settle(&claim.lease, &settlement, true).await?.succeeded;
    }
    Ok(settled)
}

/// What the library says of a track.
fn said_by(entry: &LibraryEntry) -> Said {
    match entry.processing_status.as_str() {
        "ai_completed" => Said::Extracted {
            entry: Extraction {
                title: entry.title.clone().unwrap_or_default(),
                artist: entry.artist.clone(),
                album: entry.album.clone(),
                genres: entry.genres.clone(),
                release_date: entry.release_date.clone(),
                music_type: entry.music_type.as_deref().and_then(MusicType::from_name).unwrap_or(MusicType::Song),
                confidence: entry.confidence_score.unwrap_or(0.0),
                origins: Vec::new(),
            },
        },
        "no_music" => Said::NoMusic,
        other => Said::Undecided { reason: other.to_owned() },
    }
}

/// Whether a candidate's word is worth more than the library's: an entry where there was none, or another one that is no
/// less sure and loses no field.
fn is_better(candidate: &Said, active: &Said) -> bool {
    match (candidate, active) {
        (Said::Extracted { .. }, Said::Undecided { .. } | Said::Unanswered) => true,
        (Said::Extracted { entry: new }, Said::Extracted { entry: old }) => {
            let same = Extraction { confidence: old.confidence, origins: old.origins.clone(), ..new.clone() } == *old;
            let loses = (new.artist.is_none() && old.artist.is_some())
                || (new.album.is_none() && old.album.is_some())
                || (new.genres.is_empty() && !old.genres.is_empty())
                || (new.release_date.is_none() && old.release_date.is_some());
            !same && !loses && new.confidence >= old.confidence
        }
        _ => false,
    }
}

/// Answers out of the journal, and settles nothing.
struct Journal<'a> {
    store: &'a dyn Store,
    root: &'a BatchId,
    /// Whom a prompt may have been put to.
    models: &'a [String],
    read: Mutex<Vec<CallId>>,
    verdicts: Mutex<Vec<(u32, Verdict)>>,
}

#[async_trait]
impl Ledger for Journal<'_> {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        for model in self.models {
            let digest = question.prompt.digest(model);
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let found = self
                .store
                .journalled_reply(&digest, self.root, &read, Some(Duration::MAX))
                .await
                .map_err(Unanswered::Store)?;
            if let Some(found) = found {
                self.read.lock().unwrap_or_else(PoisonError::into_inner).push(found.id.clone());
                return Ok(Answered { call: found.id, reply: found.reply, cost_micros: 0 });
            }
        }
        Err(Unanswered::Absent("nobody was asked this before".to_owned()))
    }

    async fn settle(&self, settlement: Settlement, _finish: bool) -> Result<(), StoreError> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).extend(settlement.verdicts);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extracted(title: &str, album: Option<&str>, confidence: f64) -> Said {
        let entry = Extraction {
            title: title.into(),
            artist: Some("Ada Lane".into()),
            album: album.map(str::to_owned),
            genres: vec![],
            release_date: None,
            music_type: MusicType::Song,
            confidence,
            origins: vec![],
        };
        Said::Extracted { entry }
    }

    #[test]
    fn better_is_what_is_new_or_different_without_being_less_sure_or_losing_a_field() {
        let old = extracted("Harbour", Some("Tides"), 0.8);
        assert!(is_better(&old, &Said::Undecided { reason: "failed".into() }));
        assert!(is_better(&extracted("Harbor", Some("Tides"), 0.8), &old));
        assert!(!is_better(&extracted("Harbour", Some("Tides"), 0.9), &old), "nothing would change");
        assert!(!is_better(&extracted("Harbor", Some("Tides"), 0.7), &old), "it is less sure");
        assert!(!is_better(&extracted("Harbor", None, 0.9), &old), "it loses the album");
        assert!(!is_better(&old, &Said::NoMusic) && !is_better(&Said::Unanswered, &old));
    }
}
