//! Version 2 of a file, whose library and queue had no number, and whose batches kept what they were shown.

use super::{Became, Former, Table};
use liner_tests::Kind;

pub const VERSION_2: Former = Former {
    kind: Kind::Sqlite,
    version: 2,
    filled_in: 2,
    rows: include_str!("sqlite_2.sql"),
    tables: &[
        Table::kept("event", "id"),
        Table {
            changed: &[Became {
                column: "tracks",
                was: "json_array_length(tracks)",
                is: "json_array_length(track_ids)",
            }],
            ..Table::kept("extraction_batch", "id")
        },
        Table::kept("host", "id"),
        Table {
            is: "library_change c join music_library l on l.id = c.track_id",
            columns_are: "c",
            changed: &[
                Became { column: "platform_name", was: "platform_name", is: "l.platform_name" },
                Became { column: "platform_id", was: "platform_id", is: "l.platform_id" },
            ],
            order: ("id", "c.id"),
            ..Table::kept("library_change", "id")
        },
        Table::kept("model_call", "id"),
        Table {
            changed: &[Became {
                column: "batch_index",
                was: "batch_index",
                is: "(select t.key from extraction_batch b, json_each(b.track_ids) t
                      where b.id = batch_id and t.value = music_ai_queue.id)",
            }],
            ..Table::kept("music_ai_queue", "platform_name, platform_id")
        },
        Table {
            changed: &[Became {
                column: "processing_status",
                was: "case when processing_status <> 'ai_processing' then processing_status
                          when og_fetched_at is null then 'pending' else 'og_fetched' end",
                is: "processing_status",
            }],
            // What came first has the lower number.
            order: ("rowid", "id"),
            ..Table::kept("music_library", "")
        },
        Table::kept("pipeline", "revision"),
        Table::kept("plugin", "rowid"),
        Table::kept("plugin_file", "file"),
        Table::kept("queue_count", "status, waiting_for"),
        Table::kept("shadow_outcome", "id"),
        Table::kept("worker_control", "id"),
    ],
};
