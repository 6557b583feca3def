//! A store with tracks, and what goes into it.

use liner::music::{Estimate, Extraction, MusicType, Origin, Prompt, Reply, Stop, Track, TrackKey, Usage};
use liner::store::{
    Admission, Attribution, CallAnswer, CallId, CallIntent, Claim, HostId, Limits, NewLink, Settlement, Store, Verdict,
    Want,
};
use liner_tests::{Database, Kind};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// When the tests' clocks are stopped.
pub const NOON: i64 = 1_800_014_400_000;

/// A store on a database of its own.
pub struct Fixture {
    pub database: Database,
    pub store: Arc<dyn Store>,
    pub host: HostId,
}

impl Fixture {
    pub async fn new(kind: Kind) -> Option<Self> {
        let database = Database::new(kind).await?;
        database.stop_clock(NOON).await;
        let store = database.store().await;
        Some(Self { database, store, host: HostId::new() })
    }

    /// Queues tracks.
    pub async fn enqueue(&self, tracks: Range<usize>) {
        self.store.enqueue(&tracks.map(link).collect::<Vec<_>>()).await.unwrap();
    }

    /// One batch.
    pub async fn claim(&self, size: u32) -> Option<Claim> {
        self.store.claim(&Want::one(self.host.clone(), size, 1)).await.unwrap().pop()
    }

    /// Several.
    pub async fn claims(&self, size: u32, batches: u32) -> Vec<Claim> {
        let want = Want { batches, aged: 0, ..Want::one(self.host.clone(), size, 1) };
        self.store.claim(&want).await.unwrap()
    }

    pub async fn settle_all(&self, claim: &Claim, verdict: &Verdict) {
        let verdicts = (0u32..).zip(&claim.tracks).map(|(index, _)| (index, verdict.clone())).collect();
        self.store.settle(&claim.lease, &Settlement { verdicts, ..Settlement::default() }, true).await.unwrap();
    }

    /// Journals a question that nothing limits.
    pub async fn ask(&self, call: &CallIntent) {
        assert_eq!(self.store.journal_intent(call, &Limits::default()).await.unwrap(), Admission::Admitted);
    }

    pub async fn advance(&self, ms: i64) {
        self.database.advance(ms).await;
    }

    pub async fn pending(&self) -> i64 {
        self.store.counts().await.unwrap().pending
    }
}

pub fn key(n: usize) -> TrackKey {
    TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") }
}

pub fn link(n: usize) -> NewLink {
    let track = Track {
        key: key(n),
        url: Some(format!("https://youtu.be/id{n}")),
        og_title: Some(format!("Title {n}")),
        og_artist: None,
        og_description: None,
        og_metadata: "{}".into(),
        shared_text: None,
    };
    NewLink { track, og_image_url: None, priority: 0 }
}

pub fn entry(title: &str) -> Extraction {
    Extraction {
        title: title.into(),
        artist: Some("Ada Lane".into()),
        album: None,
        genres: vec![],
        release_date: None,
        music_type: MusicType::Song,
        confidence: 0.9,
        origins: vec![("title".into(), Origin::Rules)],
    }
}

pub fn by() -> Attribution {
    Attribution { strategy: "rules".into(), digest: "d1".into(), model: None }
}

pub fn completed(title: &str) -> Verdict {
    Verdict::Completed(entry(title), by())
}

pub fn halved() -> Verdict {
    Verdict::Halved { reason: "it trapped".into(), rest_ms: 0 }
}

/// Verdicts by position.
pub fn settlement(verdicts: Vec<(u32, Verdict)>) -> Settlement {
    Settlement { verdicts, ..Settlement::default() }
}

pub fn intent(claim: &Claim, digest: &str) -> CallIntent {
    CallIntent {
        id: CallId::new(),
        batch: claim.id().clone(),
        root: claim.root.clone(),
        strategy: "llm".into(),
        strategy_digest: "d2".into(),
        round: 1,
        prompt: Prompt {
            tag: "extract".into(),
            indexes: vec![0],
            system: "s".into(),
            user: "u".into(),
            response_schema: None,
            max_output_tokens: 100,
        },
        prompt_digest: digest.into(),
        provider: "anthropic".into(),
        model: "claude-haiku-5-5".into(),
        reserve: Estimate { tokens_in: 100, tokens_out: 50, cost_micros: Some(40) },
    }
}

/// How old a reply of another batch may be.
pub const REUSE: Option<Duration> = Some(Duration::from_secs(365 * 86_400));

pub fn answer(text: &str) -> CallAnswer {
    CallAnswer::Reply {
        reply: Reply { text: text.into(), stop: Stop::Complete, model: "claude-haiku-5-5".into() },
        request_id: None,
        usage: Usage { tokens_in: 10, tokens_cached: 2, tokens_out: 5, cost_micros: Some(7), ..Usage::default() },
        rate: None,
        retries: 0,
        latency_ms: 12,
    }
}

pub fn ids(claim: &Claim) -> Vec<&str> {
    claim.tracks.iter().map(|track| track.key.platform_id.as_str()).collect()
}
