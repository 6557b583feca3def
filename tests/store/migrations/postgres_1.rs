//! Version 1 of a PostgreSQL database, in which no provider's batches and no token rates were known.

use super::{Former, Table};
use liner_tests::Kind;

pub const VERSION_1: Former = Former {
    kind: Kind::Postgres,
    version: 1,
    filled_in: 1,
    rows: include_str!("postgres_1.sql"),
    tables: &[
        Table::kept("event", "id"),
        Table::kept("extraction_batch", "id"),
        Table::kept("former_page", "id"),
        Table::kept("host", "id"),
        Table::kept("library_change", "id"),
        Table::kept("model_call", "id"),
        Table::kept("music_ai_queue", "id"),
        Table::kept("music_library", "id"),
        Table::kept("pipeline", "revision"),
        Table::kept("plugin", "digest"),
        Table::kept("plugin_file", "folder, file"),
        Table::kept("prompt_frame", "digest"),
        Table::kept("provider_budget", "provider"),
        Table::kept("queue_count", "shard, status, waiting_for"),
        Table::kept("shadow_outcome", "id"),
        Table::kept("worker_control", "id"),
    ],
};
