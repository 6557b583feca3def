//! What a database costs, without a worker: links in, claims and settlements out, at a depth of the queue.

use crate::print;
use liner::music::{Extraction, MusicType, Origin, Track, TrackKey};
use liner::store::{Attribution, Claim, HostId, NewLink, Settlement, Verdict, Want};
use liner_tests::{Database, Kind};
use std::time::{Duration, Instant};

/// Tracks of a page as they come: some 800 bytes each.
pub fn link(n: usize) -> NewLink {
    let id = format!("{:016x}", (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let description =
        format!("Harbour {n} by Ada Lane, from Tides. {}", "Recorded over two weeks in a converted barn. ".repeat(8));
    let track = Track {
        url: Some(format!("https://www.youtube.com/watch?v={id}")),
        key: TrackKey { platform_name: "youtube".into(), platform_id: id },
        og_title: Some(format!("Ada Lane - Harbour {n} (Official Video)")),
        og_artist: Some("Ada Lane".into()),
        og_description: Some(description),
        og_metadata: r#"{"siteName":"youtube","ogType":"music.song","duration":213,"locale":"en_US"}"#.into(),
        shared_text: None,
    };
    NewLink { track, og_image_url: None, priority: 0 }
}

/// Every track decided well.
pub fn settlement(claim: &Claim) -> Settlement {
    let entry = |n: usize| Extraction {
        title: format!("Harbour {n}"),
        artist: Some("Ada Lane".into()),
        album: Some("Tides".into()),
        genres: vec!["folk".into(), "indie".into()],
        release_date: Some("2020-05-01".into()),
        music_type: MusicType::Song,
        confidence: 0.93,
        origins: ["title", "artist", "album", "genres", "release-date", "music-type"]
            .map(|field| (field.into(), Origin::Model))
            .into(),
    };
    let by = Attribution { strategy: "llm".into(), digest: "d".repeat(64), model: Some("claude-haiku-5-5".into()) };
    let verdicts = (0u32..).zip(0..claim.tracks.len()).map(|(at, n)| (at, Verdict::Completed(entry(n), by.clone())));
    Settlement { verdicts: verdicts.collect(), ..Settlement::default() }
}

/// Both databases, with one batch a statement and many.
pub async fn figures() {
    for batches in [1, 16] {
        for kind in [Kind::Postgres, Kind::Sqlite] {
            work_off(kind, 40_000, batches).await;
        }
    }
}

/// Links a second into an empty queue, then what claiming and settling of them costs by the thousand.
async fn work_off(kind: Kind, tracks: usize, batches: u32) {
    let Some(database) = Database::durable(kind).await else { return };
    let (store, name) = (database.store().await, kind.name());
    let links: Vec<NewLink> = (0..tracks).map(link).collect();
    let started = Instant::now();
    store.enqueue(&links).await.unwrap();
    print(&format!("stores.{name}.enqueue"), tracks as f64 / started.elapsed().as_secs_f64(), "tracks/s");
    database.checkpoint().await;
    let (cpu, started) = (database.cpu(), Instant::now());
    let (mut claiming, mut settling) = (Duration::ZERO, Duration::ZERO);
    let host = HostId::new();
    loop {
        let want = Want { batches, aged: 2 * batches, ..Want::one(host.clone(), 20, 1) };
        let at = Instant::now();
        let claims = store.claim(&want).await.unwrap();
        claiming += at.elapsed();
        if claims.is_empty() {
            break;
        }
        let settlements: Vec<Settlement> = claims.iter().map(settlement).collect();
        let at = Instant::now();
        let settle =
            claims.iter().zip(&settlements).map(|(claim, settlement)| store.settle(&claim.lease, settlement, true));
        for settled in futures_util::future::join_all(settle).await {
            settled.unwrap();
        }
        settling += at.elapsed();
    }
    let thousands = tracks as f64 / 1_000.0;
    print(&format!("stores.{name}.{batches}"), tracks as f64 / started.elapsed().as_secs_f64(), "tracks/s");
    print(&format!("stores.{name}.{batches}.claim"), claiming.as_secs_f64() * 1e3 / thousands, "ms/1000");
    print(&format!("stores.{name}.{batches}.settle"), settling.as_secs_f64() * 1e3 / thousands, "ms/1000");
    print(&format!("stores.{name}.{batches}.server_cpu"), (database.cpu() - cpu) * 1e3 / thousands, "ms/1000");
}
