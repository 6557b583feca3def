//! Version 4 of a file, in which no pages were read and no channels followed. Its rows are those of version 2, brought up to
//! date.

use super::{Former, Table, sqlite_2};
use liner_tests::Kind;

pub const VERSION_4: Former = Former {
    kind: Kind::Sqlite,
    version: 4,
    filled_in: 2,
    rows: sqlite_2::VERSION_2.rows,
    tables: &[
        Table::kept("event", "id"),
        Table::kept("extraction_batch", "id"),
        Table::kept("former_page", "id"),
        Table::kept("host", "id"),
        Table::kept("library_change", "id"),
        Table::kept("model_call", "id"),
        Table::kept("model_use", "day, provider, model, strategy, shard"),
        Table::kept("music_ai_queue", "id"),
        Table::kept("music_library", "id"),
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
