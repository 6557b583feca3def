//! Uploads of any size take as much memory as small ones.

use super::{folder, idle};
use liner_tests::upload::upload;
use serde_json::json;

/// A row of some 45 KiB; the same link each time, so that what is measured is not the database.
fn row() -> String {
    let (description, metadata) = ("x".repeat(15 << 10), json!({"x": "x".repeat(30 << 10)}));
    let track = json!({"platform": "youtube", "platform_id": "same", "og_title": "Song"});
    let row = json!({"og_description": description, "og_metadata": metadata});
    let row: serde_json::Map<_, _> =
        [track, row].into_iter().flat_map(|part| part.as_object().unwrap().clone()).collect();
    format!("{}\n", serde_json::Value::from(row))
}

#[tokio::test]
async fn sixty_four_megabytes_of_long_rows_are_taken_in_little_memory() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    let row = row();
    assert_eq!(host.post("/api/music-ai/queue", row.clone()).await.json["queued"], 1);
    let uploaded = upload(&host, 64 << 20, |_| row.clone()).await;
    assert_eq!(uploaded.answer["known"].as_u64(), Some(uploaded.rows), "{}", uploaded.answer);
    assert!(uploaded.grown_kib < 40 << 10, "{} KiB more than before", uploaded.grown_kib);
}
