//! Version 3 of a PostgreSQL database, in which nobody was told of anything. Its rows are those of version 1, brought up to
//! date.

use super::{Former, Table, postgres_1};
use liner_tests::Kind;

pub const VERSION_3: Former = Former {
    kind: Kind::Postgres,
    version: 3,
    filled_in: 1,
    rows: postgres_1::VERSION_1.rows,
    tables: &[
        Table::kept("channel_post", "channel, post"),
        Table::kept("channel_sync", "channel"),
        Table::kept("event", "id"),
        Table::kept("extraction_batch", "id"),
        Table::kept("former_page", "id"),
        Table::kept("host", "id"),
        Table::kept("library_change", "id"),
        Table::kept("model_call", "id"),
        Table::kept("model_use", "day, provider, model, strategy, shard"),
        Table::kept("music_ai_queue", "id"),
        Table::kept("music_library", "id"),
        Table::kept("page_fetch", "track_id"),
        Table::kept("page_site", "site"),
        Table::kept("pipeline", "revision"),
        Table::kept("plugin", "digest"),
        Table::kept("plugin_file", "folder, file"),
        Table::kept("prompt_frame", "digest"),
        Table::kept("provider_batch", "id"),
        Table::kept("provider_budget", "provider"),
        Table::kept("queue_count", "shard, status, waiting_for"),
        Table::kept("shadow_outcome", "id"),
        Table::kept("worker_control", "id"),
    ],
};
