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
    let (mut rows, mut found, mut after) = (Vec::new(), 0, 0);
    loop {
        let corrected = store.corrected(after, PAGE).await?;
        let Some(last) = corrected.last() else { break };
        (found, after) = (found + corrected.len(), last.mark);
        rows.extend(corrected.into_iter().filter_map(gold));
    }
    store.close().await;
    let database = store.description();
    anyhow::ensure!(
        found > 0,
        "no entry of {database} was corrected yet: PATCH /api/music-ai/library/{{platform}}/{{id}} corrects one"
    );
    anyhow::ensure!(
        !rows.is_empty(),
        "none of the {found} corrected entries of {database} has a title or an artist to expect: correct one of those"
    );
    Ok(rows)
}

/// What an operator saw and left counts as confirmed, but only of title and artist: the rest is not what one looks at. An entry of
/// which neither is known says nothing of what is expected.
fn gold(corrected: Corrected) -> Option<Gold> {
    let id = corrected.track.key.to_string();
    let given =
        |field: &str, value: Option<String>| value.filter(|_| corrected.fields.iter().any(|name| name == field));
    let expected = Expected {
        album: given("album", corrected.album),
        release_date: given("release_date", corrected.release_date),
        music_type: given("music_type", corrected.music_type),
        title: corrected.title,
        artist: corrected.artist,
        ..Expected::default()
    };
    let tags = corrected.fields.iter().map(|field| format!("corrected:{field}")).collect();
    let row = Row { track: corrected.track, others: Map::new() };
    Gold::of(row, id, Some("corrections".to_owned()), tags, expected).ok()
}
