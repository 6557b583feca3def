//! Rows whose answer an operator gave: entries that were corrected, with what their pages say.

use super::gold::Gold;
use super::verdict::Expected;
use crate::cli::extract::Row;
use crate::cli::open;
use crate::config::Config;
use crate::store::Corrected;
use serde_json::Map;

/// Entries that are read at once.
const PAGE: u32 = 1_000;

/// Every entry of the database that was corrected, in the order they came.
pub async fn rows(config: &Config) -> anyhow::Result<Vec<Gold>> {
    let store = open::store(config).await?;
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let corrected = store.corrected(after, PAGE).await?;
        let Some(last) = corrected.last() else { break };
        after = last.mark;
        rows.extend(corrected.into_iter().filter_map(gold));
    }
    store.close().await;
    anyhow::ensure!(
        !rows.is_empty(),
        "no entry of {} was corrected yet: PATCH /api/music-ai/library/{{platform}}/{{id}} corrects one",
        store.description()
    );
    Ok(rows)
}

/// One of which neither a title nor an artist is known says nothing of what is expected.
fn gold(corrected: Corrected) -> Option<Gold> {
    let id = corrected.track.key.to_string();
    let expected = Expected {
        title: corrected.title,
        artist: corrected.artist,
        album: corrected.album,
        release_date: corrected.release_date,
        music_type: corrected.music_type,
        ..Expected::default()
    };
    let tags = corrected.fields.iter().map(|field| format!("corrected:{field}")).collect();
    let row = Row { track: corrected.track, others: Map::new() };
    Gold::of(row, id, Some("corrections".to_owned()), tags, expected).ok()
}
