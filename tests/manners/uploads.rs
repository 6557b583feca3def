//! Uploads of any size take as much memory as small ones.

use super::{folder, idle};
use liner_tests::upload::upload;
use serde_json::json;

/// A row of some 32 KiB; the same link each time, so that what is measured is not the database.
fn row() -> String {
    let description = "x".repeat(32 << 10);
    let row = json!({"platform": "youtube", "platform_id": "same", "og_title": "Song", "og_description": description});
    format!("{row}\n")
}

#[tokio::test]
async fn sixty_four_megabytes_of_long_rows_are_taken_in_little_memory() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    assert_eq!(host.post("/api/music-ai/queue", row()).await.status, 200);
    let row = row();
    let uploaded = upload(&host, 64 << 20, |_| row.clone()).await;
    assert_eq!(uploaded.answer["known"].as_u64(), Some(uploaded.rows), "{}", uploaded.answer);
    assert!(uploaded.grown_kib < 40 << 10, "{} KiB more than before", uploaded.grown_kib);
}
