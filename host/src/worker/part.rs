//! A batch's parts: the canary's share of its tracks goes through the canary, the rest through the active strategies.

use super::ledger::{Answered, Ledger, Question, Unanswered};
use crate::digest::Digest;
use crate::music::{Track, TrackKey};
use crate::store::{Claim, Settlement, StoreError};
use crate::strategy::{Pipeline, Strategy};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tracks of a batch that go the same way.
pub struct Part<'a> {
    /// The strategies they go through.
    pub strategies: &'a [Arc<Strategy>],
    /// Their positions in the batch.
    pub positions: Vec<u32>,
    /// The tracks.
    pub tracks: Vec<Track>,
    /// Which of them are to be settled.
    pub wanted: Vec<bool>,
}

/// The parts of a claim. The same tracks with the same pipeline make the same parts, so that a batch that is worked on
/// again finds its replies.
pub fn split<'a>(pipeline: &'a Pipeline, claim: &Claim) -> Vec<Part<'a>> {
    let Some((canary, percent)) = pipeline.canary() else {
        return vec![part(&pipeline.strategies, claim, |_| true)];
    };
    let parts = [
        part(&pipeline.strategies, claim, |key| !is_in_share(key, percent)),
        part(&canary.strategies, claim, |key| is_in_share(key, percent)),
    ];
    parts.into_iter().filter(|part| !part.tracks.is_empty()).collect()
}

fn part<'a>(strategies: &'a [Arc<Strategy>], claim: &Claim, takes: impl Fn(&TrackKey) -> bool) -> Part<'a> {
    let mut part = Part { strategies, positions: Vec::new(), tracks: Vec::new(), wanted: Vec::new() };
    for ((position, track), open) in (0u32..).zip(&claim.tracks).zip(&claim.open) {
        if takes(&track.key) {
            part.positions.push(position);
            part.tracks.push(track.clone());
            part.wanted.push(*open);
        }
    }
    part
}

/// Whether a track belongs to a share of a hundred: always the same tracks, and those of a smaller share to a larger one.
pub fn is_in_share(key: &TrackKey, percent: u8) -> bool {
    let digest = Digest::of(format!("{}\0{}", key.platform_name, key.platform_id).as_bytes());
    let number = digest.as_str().get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
    number % 100 < u32::from(percent)
}

/// A part's way to its batch's ledger. The batch ends with its last part.
pub struct PartLedger<'a, L> {
    /// The batch's.
    pub ledger: &'a L,
    /// The part's positions in the batch.
    pub positions: &'a [u32],
    /// Parts that have not ended.
    pub open: &'a AtomicUsize,
}

#[async_trait]
impl<L: Ledger> Ledger for PartLedger<'_, L> {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        self.ledger.ask(question).await
    }

    async fn settle(&self, mut settlement: Settlement, finish: bool) -> Result<(), StoreError> {
        let position = |index: u32| self.positions.get(usize::try_from(index).ok()?).copied();
        settlement.verdicts =
            settlement.verdicts.into_iter().filter_map(|(index, verdict)| Some((position(index)?, verdict))).collect();
        let is_last = finish && self.open.fetch_sub(1, Ordering::SeqCst) == 1;
        self.ledger.settle(settlement, is_last).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_stable_about_its_size_and_grows_with_its_percentage() {
        let keys: Vec<TrackKey> =
            (0..2_000).map(|n| TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") }).collect();
        let share = |percent| keys.iter().filter(|key| is_in_share(key, percent)).collect::<Vec<_>>();
        assert!((140..260).contains(&share(10).len()), "{}", share(10).len());
        assert_eq!(share(10), share(10));
        assert!(share(10).iter().all(|key| share(30).contains(key)));
    }
}
