//! Version 5 of a file, in which nobody was told of anything. Its rows are those of version 2, brought up to date.

use super::{Former, Table, sqlite_2};
use liner_tests::Kind;

pub const VERSION_5: Former = Former {
    kind: Kind::Sqlite,
    version: 5,
    filled_in: 2,
    rows: sqlite_2::VERSION_2.rows,
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
        Table::kept("plugin", "rowid"),
        Table::kept("plugin_file", "folder, file"),
        Table::kept("prompt_frame", "digest"),
        Table::kept("provider_batch", "id"),
        Table::kept("provider_budget", "provider"),
        Table::kept("queue_count", "status, waiting_for"),
        Table::kept("shadow_outcome", "id"),
        Table::kept("worker_control", "id"),
    ],
};
