//! The library as people read and correct it.

use super::super::{Backend, Row, track_from};
use crate::music::{MusicType, TrackKey};
use crate::store::json::{from_json, json};
use crate::store::{Corrected, Correction, LibraryChange, LibraryEntry, LibraryQuery, StoreError};
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};

/// The columns of [`LibraryEntry`]. What is being worked on is known to the queue alone.
macro_rules! entries {
    () => {
        concat!(
            "select l.id as mark, l.platform_name, l.platform_id, l.url, l.og_title, l.og_artist, l.og_image_url, l.title,
                 l.artist, l.album, ",
            genres!("l.genres"),
            " as genres, l.release_date, l.music_type, l.confidence_score, l.origins, l.corrected_fields, l.strategy,
                 l.strategy_digest, l.model, l.share_count, l.ai_processed_at, l.updated_at, q.waiting_for, q.error_message,
                 coalesce(q.retry_count, 0) as retry_count,
                 case when q.status = 'processing' then 'ai_processing' else l.processing_status end as state
             from music_library l left join music_ai_queue q on q.id = l.id "
        )
    };
}

/// A page of the library, newest first, sought by its bound.
pub(in super::super) const LIBRARY: &str = concat!(
    entries!(),
    "where ($1 is null or lower(l.title) like lower($1) escape '\\' or lower(l.artist) like lower($1) escape '\\'
         or lower(l.og_title) like lower($1) escape '\\')
         and ($2 is null or $2 = case when q.status = 'processing' then 'ai_processing' else l.processing_status end)
         and l.id < $3
     order by l.id desc limit $4"
);

impl Backend {
    pub(super) async fn read_library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError> {
        let pattern = query.search.as_deref().map(containing);
        let rows = sqlx::query(LIBRARY)
            .bind(pattern)
            .bind(&query.status)
            .bind(query.before.unwrap_or(i64::MAX))
            .bind(i64::from(query.limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(entry_from).collect()
    }

    pub(super) async fn read_entry(
        &self,
        key: &TrackKey,
    ) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError> {
        let row = sqlx::query(concat!(entries!(), "where l.platform_name = $1 and l.platform_id = $2"))
            .bind(&key.platform_name)
            .bind(&key.platform_id)
            .fetch_optional(self.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let entry = entry_from(&row)?;
        let changes = sqlx::query("select field, old, new, by, at from library_change where track_id = $1 order by id")
            .bind(entry.mark)
            .fetch_all(self.readers())
            .await?;
        let changes = changes.iter().map(change_from).collect::<Result<_, _>>()?;
        Ok(Some((entry, changes)))
    }

    pub(super) async fn read_corrected(&self, after: i64, limit: u32) -> Result<Vec<Corrected>, StoreError> {
        let rows = sqlx::query(
            "select id, platform_name, platform_id, url, og_title, og_artist, og_description, og_metadata, shared_text,
                 title, artist, album, release_date, music_type, corrected_fields
             from music_library where corrected_fields <> '[]' and id > $1 order by id limit $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(corrected_from).collect()
    }

    pub(super) async fn write_correction(
        &self,
        key: &TrackKey,
        correction: &Correction,
    ) -> Result<Option<LibraryEntry>, StoreError> {
        let mut tx = self.begin().await?;
        let known: Option<(i64, String)> = sqlx::query_as(concat!(
            "select id, corrected_fields from music_library where platform_name = $1 and platform_id = $2",
            for_update!()
        ))
        .bind(&key.platform_name)
        .bind(&key.platform_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((id, corrected)) = known else { return Ok(None) };
        let mut corrected: BTreeSet<String> = from_json(&corrected)?;
        corrected.extend(correction.fields().into_iter().map(str::to_owned));
        sqlx::query(concat!(
            "update music_library set
                 title = coalesce($1, title), artist = coalesce($2, artist), album = coalesce($3, album),
                 genres = case when $4 is null then genres else ",
            genres_of!("$4"),
            " end, release_date = coalesce($5, release_date), music_type = coalesce($6, music_type),
                 corrected_fields = $7, updated_by = 'operator', updated_at = (select ms from clock)
             where id = $8"
        ))
        .bind(&correction.title)
        .bind(&correction.artist)
        .bind(&correction.album)
        .bind(correction.genres.as_ref().map(json).transpose()?)
        .bind(&correction.release_date)
        .bind(correction.music_type.map(MusicType::name))
        .bind(json(&corrected)?)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(self.read_entry(key).await?.map(|(entry, _)| entry))
    }
}

/// A pattern of whatever contains a text.
pub(super) fn containing(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn entry_from(row: &Row) -> Result<LibraryEntry, StoreError> {
    let text = |column: &str| -> Result<String, StoreError> { Ok(row.try_get(column)?) };
    let corrected: Vec<String> = from_json(&text("corrected_fields")?)?;
    Ok(LibraryEntry {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        og_title: row.try_get("og_title")?,
        og_artist: row.try_get("og_artist")?,
        og_image_url: row.try_get("og_image_url")?,
        title: row.try_get("title")?,
        artist: row.try_get("artist")?,
        album: row.try_get("album")?,
        genres: from_json(&text("genres")?)?,
        release_date: row.try_get("release_date")?,
        music_type: row.try_get("music_type")?,
        confidence_score: row.try_get("confidence_score")?,
        origins: origins_of(&text("origins")?, &corrected)?,
        corrected_fields: corrected,
        processing_status: row.try_get("state")?,
        strategy: row.try_get("strategy")?,
        strategy_digest: row.try_get("strategy_digest")?,
        model: row.try_get("model")?,
        share_count: row.try_get("share_count")?,
        waiting_for: row.try_get("waiting_for")?,
        error_message: row.try_get("error_message")?,
        retry_count: row.try_get("retry_count")?,
        ai_processed_at: row.try_get("ai_processed_at")?,
        updated_at: row.try_get("updated_at")?,
        mark: row.try_get("mark")?,
    })
}

/// Where each field came from; what an operator corrected came from there, whatever a strategy said since.
fn origins_of(text: &str, corrected: &[String]) -> Result<BTreeMap<String, String>, StoreError> {
    let said: BTreeMap<String, String> = from_json(text)?;
    // Origins of the first versions are under the contract's names, which have dashes.
    let said = said.into_iter().map(|(field, origin)| (field.replace('-', "_"), origin));
    Ok(said.chain(corrected.iter().map(|field| (field.clone(), "operator".to_owned()))).collect())
}

fn corrected_from(row: &Row) -> Result<Corrected, StoreError> {
    let fields: String = row.try_get("corrected_fields")?;
    Ok(Corrected {
        mark: row.try_get("id")?,
        track: track_from(row)?,
        title: row.try_get("title")?,
        artist: row.try_get("artist")?,
        album: row.try_get("album")?,
        release_date: row.try_get("release_date")?,
        music_type: row.try_get("music_type")?,
        fields: from_json(&fields)?,
    })
}

fn change_from(row: &Row) -> Result<LibraryChange, StoreError> {
    Ok(LibraryChange {
        field: row.try_get("field")?,
        old: row.try_get("old")?,
        new: row.try_get("new")?,
        by: row.try_get("by")?,
        at: row.try_get("at")?,
    })
}
