//! The library as people read and correct it.

use super::{SqliteStore, from_json, json};
use crate::music::TrackKey;
use crate::store::{Correction, LibraryChange, LibraryEntry, LibraryQuery, StoreError};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

impl SqliteStore {
    pub(super) async fn read_library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError> {
        let pattern = query.search.as_deref().map(|search| format!("%{}%", escape_like(search)));
        let rows = sqlx::query(
            "select rowid as mark, * from music_library
             where ($1 is null or title like $1 escape '\\' or artist like $1 escape '\\' or og_title like $1 escape '\\')
                 and ($2 is null or processing_status = $2)
                 and ($3 is null or rowid < $3)
             order by rowid desc limit $4",
        )
        .bind(pattern)
        .bind(&query.status)
        .bind(query.before)
        .bind(query.limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(entry_from).collect()
    }

    pub(super) async fn read_entry(
        &self,
        key: &TrackKey,
    ) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError> {
        let row =
            sqlx::query("select rowid as mark, * from music_library where platform_name = $1 and platform_id = $2")
                .bind(&key.platform_name)
                .bind(&key.platform_id)
                .fetch_optional(&self.readers)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let changes = sqlx::query(
            "select field, old, new, by, at from library_change where platform_name = $1 and platform_id = $2 order by id",
        )
        .bind(&key.platform_name)
        .bind(&key.platform_id)
        .fetch_all(&self.readers)
        .await?;
        let changes = changes
            .iter()
            .map(|row| {
                Ok(LibraryChange {
                    field: row.try_get("field")?,
                    old: row.try_get("old")?,
                    new: row.try_get("new")?,
                    by: row.try_get("by")?,
                    at: row.try_get("at")?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Some((entry_from(&row)?, changes)))
    }

    pub(super) async fn write_correction(
        &self,
        key: &TrackKey,
        correction: &Correction,
    ) -> Result<Option<LibraryEntry>, StoreError> {
        let corrected = correction.fields();
        let genres = correction.genres.as_ref().map(json).transpose()?;
        let row = sqlx::query(
            "update music_library set
                 title = ifnull($1, title), artist = ifnull($2, artist), album = ifnull($3, album),
                 genres = ifnull($4, genres), release_date = ifnull($5, release_date), music_type = ifnull($6, music_type),
                 corrected_fields = (select json_group_array(distinct value) from
                     (select value from json_each(corrected_fields) union select value from json_each($7))),
                 updated_by = 'operator', updated_at = $8
             where platform_name = $9 and platform_id = $10
             returning rowid as mark, *",
        )
        .bind(&correction.title)
        .bind(&correction.artist)
        .bind(&correction.album)
        .bind(genres)
        .bind(&correction.release_date)
        .bind(correction.music_type.map(crate::music::MusicType::name))
        .bind(json(&corrected)?)
        .bind(self.now())
        .bind(&key.platform_name)
        .bind(&key.platform_id)
        .fetch_optional(&self.writer)
        .await?;
        row.as_ref().map(entry_from).transpose()
    }
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn entry_from(row: &SqliteRow) -> Result<LibraryEntry, StoreError> {
    let json_of = |column: &str| -> Result<String, StoreError> { Ok(row.try_get(column)?) };
    Ok(LibraryEntry {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        og_title: row.try_get("og_title")?,
        og_artist: row.try_get("og_artist")?,
        title: row.try_get("title")?,
        artist: row.try_get("artist")?,
        album: row.try_get("album")?,
        genres: from_json(&json_of("genres")?)?,
        release_date: row.try_get("release_date")?,
        music_type: row.try_get("music_type")?,
        confidence_score: row.try_get("confidence_score")?,
        origins: from_json(&json_of("origins")?)?,
        corrected_fields: from_json(&json_of("corrected_fields")?)?,
        processing_status: row.try_get("processing_status")?,
        strategy: row.try_get("strategy")?,
        strategy_digest: row.try_get("strategy_digest")?,
        model: row.try_get("model")?,
        share_count: row.try_get("share_count")?,
        ai_processed_at: row.try_get("ai_processed_at")?,
        updated_at: row.try_get("updated_at")?,
        mark: row.try_get("mark")?,
    })
}
