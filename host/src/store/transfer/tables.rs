//! What is copied: every table with its columns, in an order in which rows find those that they refer to.

use super::column::{Column, Kind, boolean, bytes, integer, numbers, real, text, texts};

/// Statements that read what a table was made from, and the table.
#[derive(Debug, Clone, Copy)]
struct Derived {
    source: &'static str,
    target: &'static str,
}

/// A table of both databases.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of its key first.
    pub columns: &'static [Column],
    /// How many columns its key has.
    pub keys: usize,
    /// The column that the database numbers by itself.
    pub numbered: Option<&'static str>,
    /// Which rows a new database has.
    pub begins_with: Option<&'static str>,
    /// How it is compared when triggers make it out of another table, and nothing is written.
    derived: Option<Derived>,
}

impl Table {
    const fn new(name: &'static str, columns: &'static [Column]) -> Self {
        Self { name, columns, keys: 1, numbered: None, begins_with: None, derived: None }
    }

    const fn keys(self, keys: usize) -> Self {
        Self { keys, ..self }
    }

    const fn numbered(self, column: &'static str) -> Self {
        Self { numbered: Some(column), ..self }
    }

    const fn begins_with(self, rows: &'static str) -> Self {
        Self { begins_with: Some(rows), ..self }
    }

    const fn derived(self, source: &'static str, target: &'static str) -> Self {
        Self { derived: Some(Derived { source, target }), ..self }
    }

    /// Whether its rows are written, and not made by triggers.
    pub const fn is_written(&self) -> bool {
        self.derived.is_none()
    }

    /// Reads it out of SQLite, in the order of its key.
    pub fn read_from_source(&self) -> String {
        if let Some(derived) = &self.derived {
            return derived.source.to_owned();
        }
        let columns = self.columns.iter().map(|column| column.source.unwrap_or(column.name).to_owned());
        let keys = self.columns.iter().take(self.keys).map(|key| key.name.to_owned());
        format!("select {} from {} order by {}", list(columns), self.name, list(keys))
    }

    /// Reads it out of PostgreSQL, in the same order: texts by their bytes.
    pub fn read_from_target(&self) -> String {
        if let Some(derived) = &self.derived {
            return derived.target.to_owned();
        }
        let columns = self.columns.iter().map(|column| match column.kind {
            Kind::Integer => format!("{}::bigint", column.name),
            _ => column.name.to_owned(),
        });
        let keys = self.columns.iter().take(self.keys).map(|key| match key.kind {
            Kind::Text => format!("{} collate \"C\"", key.name),
            _ => key.name.to_owned(),
        });
        format!("select {} from {} order by {}", list(columns), self.name, list(keys))
    }

    /// Writes rows that are sent as text.
    pub fn write(&self) -> String {
        let columns = self.columns.iter().map(|column| column.name.to_owned());
        format!("copy {} ({}) from stdin", self.name, list(columns))
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// All tables.
pub const TABLES: &[Table] = &[
    Table::new(
        "music_library",
        &[
            integer("id"),
            text("platform_name"),
            text("platform_id"),
            text("url"),
            text("og_title"),
            text("og_artist"),
            text("og_description"),
            text("og_image_url"),
            text("og_metadata"),
            integer("og_fetched_at"),
            text("shared_text"),
            integer("share_count"),
            text("title"),
            text("artist"),
            text("album"),
            texts("genres"),
            text("release_date"),
            text("music_type"),
            real("confidence_score"),
            text("origins"),
            text("corrected_fields"),
            text("processing_status"),
            text("strategy"),
            text("strategy_digest"),
            text("model"),
            integer("ai_processed_at"),
            text("updated_by"),
            integer("created_at"),
            integer("updated_at"),
        ],
    )
    .numbered("id"),
    Table::new(
        "library_change",
        &[integer("id"), integer("track_id"), text("field"), text("old"), text("new"), text("by"), integer("at")],
    )
    .numbered("id"),
    Table::new(
        "former_page",
        &[
            integer("id"),
            integer("track_id"),
            text("url"),
            text("og_title"),
            text("og_artist"),
            text("og_description"),
            text("og_metadata"),
            text("shared_text"),
            integer("until"),
        ],
    )
    .numbered("id"),
    Table::new(
        "music_ai_queue",
        &[
            integer("id"),
            text("platform_name"),
            text("platform_id"),
            text("status"),
            integer("priority"),
            integer("queued_at"),
            integer("not_before"),
            text("waiting_for"),
            integer("processing_started_at"),
            integer("processed_at"),
            integer("retry_count"),
            integer("max_batch"),
            text("batch_id"),
            text("error_message"),
        ],
    ),
    Table::new("queue_count", &[text("status"), text("waiting_for"), integer("n")])
        .keys(2)
        // What is left where rows of a state came and went.
        .begins_with("n = 0")
        .derived(
            "select status, ifnull(waiting_for, ''), count(*) from music_ai_queue group by 1, 2 order by 1, 2",
            "select status, waiting_for, sum(n)::bigint from queue_count group by 1, 2 having sum(n) <> 0
             order by status collate \"C\", waiting_for collate \"C\"",
        ),
    Table::new(
        "extraction_batch",
        &[
            text("id"),
            text("root_id"),
            text("host_id"),
            text("state"),
            integer("lease_until"),
            integer("size"),
            integer("pipeline_revision"),
            numbers("track_ids"),
            integer("former_page"),
            integer("succeeded"),
            integer("failed"),
            integer("cost_micros"),
            integer("created_at"),
            integer("finished_at"),
        ],
    ),
    Table::new(
        "batch_minute",
        &[
            integer("id"),
            integer("batches"),
            integer("succeeded"),
            integer("failed"),
            integer("duration_ms"),
            integer("longest_ms"),
            integer("cost_micros"),
        ],
    ),
    Table::new("prompt_frame", &[text("digest"), text("system"), text("response_schema")]),
    Table::new(
        "model_call",
        &[
            text("id"),
            text("batch_id"),
            text("root_id"),
            text("strategy"),
            text("strategy_digest"),
            integer("round"),
            text("tag"),
            // A call from before there were frames has none, and all of its prompt in `prompt`.
            text("frame").from("ifnull(frame, '')"),
            text("prompt"),
            text("prompt_digest"),
            text("provider"),
            text("model"),
            integer("sent_at"),
            integer("answered_at"),
            text("reply"),
            text("stop"),
            text("answered_by"),
            text("request_id"),
            integer("tokens_in"),
            integer("tokens_cached"),
            integer("tokens_out"),
            integer("cost_micros"),
            integer("latency_ms"),
            text("error"),
            integer("interpreted_at"),
            boolean("decided_all"),
            integer("reserved_micros"),
            integer("lost_at"),
            integer("tokens_written"),
            integer("retries"),
            text("provider_batch"),
            integer("left_over"),
        ],
    ),
    Table::new(
        "provider_batch",
        &[
            text("id"),
            text("provider"),
            text("model"),
            integer("requests"),
            text("state"),
            text("provider_id"),
            integer("intended_at"),
            integer("attempted_at"),
            integer("submitted_at"),
            integer("expires_at"),
            integer("ended_at"),
            text("host_id"),
            integer("held_until"),
            integer("look_at"),
            integer("looks"),
            integer("answered"),
            integer("unanswered"),
            integer("estimate_micros"),
        ],
    ),
    Table::new(
        "model_use",
        &[
            integer("day"),
            text("provider"),
            text("model"),
            text("strategy"),
            integer("shard"),
            integer("calls"),
            integer("failed"),
            integer("batched"),
            integer("refused"),
            integer("truncated"),
            integer("unpriced"),
            integer("retries"),
            integer("tokens_in"),
            integer("tokens_cached"),
            integer("tokens_written"),
            integer("tokens_out"),
            integer("cost_micros"),
            integer("latency_ms"),
        ],
    )
    .keys(5),
    Table::new("worker_control", &[integer("id"), integer("paused_at"), text("paused_by"), text("reason")])
        .begins_with("paused_at is null and paused_by is null and reason is null"),
    Table::new(
        "host",
        &[
            text("id"),
            text("name"),
            text("version"),
            integer("started_at"),
            integer("seen_at"),
            integer("in_flight"),
            integer("draining_at"),
            integer("stopped_at"),
        ],
    ),
    Table::new(
        "provider_budget",
        &[
            text("provider"),
            integer("blocked_until"),
            text("blocked_reason"),
            real("requests"),
            real("tokens_in"),
            real("tokens_out"),
            integer("requests_at"),
            integer("reserved_micros"),
            integer("today_micros"),
            integer("total_micros"),
            integer("day"),
        ],
    ),
    Table::new(
        "plugin",
        &[
            text("digest"),
            text("name"),
            text("version"),
            text("contract"),
            text("summary"),
            boolean("asks_model"),
            integer("size"),
            bytes("bytes"),
            integer("first_seen_at"),
            integer("place").from("rowid"),
        ],
    )
    .numbered("place"),
    Table::new(
        "pipeline",
        &[
            integer("revision"),
            text("entries"),
            text("cause"),
            text("by"),
            integer("at"),
            integer("parent"),
            text("reason"),
            integer("proven_at"),
        ],
    ),
    Table::new(
        "plugin_file",
        &[text("folder"), text("file"), text("digest"), text("component"), text("name"), text("former")],
    )
    .keys(2),
    Table::new(
        "shadow_outcome",
        &[
            integer("id"),
            text("digest"),
            text("batch_id"),
            text("platform_name"),
            text("platform_id"),
            text("candidate"),
            text("active"),
            integer("cost_micros"),
            integer("time_us"),
            integer("at"),
        ],
    )
    .numbered("id"),
    Table::new(
        "page_fetch",
        &[
            integer("track_id"),
            text("site"),
            integer("priority"),
            integer("due_at"),
            text("claim"),
            integer("attempts"),
            integer("postponed"),
            text("etag"),
            text("last_modified"),
            integer("tried_at"),
            text("failure"),
        ],
    ),
    Table::new("page_site", &[text("site"), integer("next_at"), integer("rests_until"), integer("away_since")]),
    Table::new(
        "channel_sync",
        &[
            text("channel"),
            integer("last_sync_at"),
            boolean("ok"),
            text("error"),
            integer("last_cast_at"),
            text("cursor"),
            integer("newest_at"),
            integer("posts"),
            integer("links"),
            integer("busy_until"),
        ],
    ),
    Table::new("channel_post", &[text("channel"), text("post"), integer("at")]).keys(2),
    Table::new(
        "webhook_endpoint",
        &[
            text("id"),
            text("url"),
            text("events"),
            text("secret"),
            text("former_secret"),
            integer("former_until"),
            integer("created_at"),
            integer("disabled_at"),
            text("disabled_reason"),
            integer("rests_until"),
            integer("failing_since"),
            integer("gone_since"),
            integer("gave_up_at"),
        ],
    ),
    Table::new(
        "webhook_outbox",
        &[
            integer("id"),
            text("event_id"),
            text("endpoint_id"),
            text("type"),
            text("data"),
            integer("at"),
            integer("owed_at"),
            integer("attempts"),
            integer("next_at"),
            text("claim"),
        ],
    )
    .numbered("id"),
    Table::new(
        "webhook_delivery",
        &[
            integer("id"),
            text("event_id"),
            text("endpoint_id"),
            text("type"),
            text("data"),
            integer("event_at"),
            integer("attempt"),
            integer("at"),
            text("outcome"),
            integer("status"),
            text("error"),
            integer("duration_ms"),
            integer("next_at"),
        ],
    )
    .numbered("id"),
    Table::new("budget_notice", &[text("budget"), integer("limit_micros"), integer("day")]).keys(2),
    Table::new("event", &[integer("id"), integer("at"), text("kind"), text("subject"), text("text")]).numbered("id"),
];
