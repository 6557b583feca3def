//! Rows to queue.

use serde_json::{Value, json};

/// Rows that no rule can decide.
#[must_use]
pub fn vague_rows(n: usize) -> String {
    Value::Array((0..n).map(vague_row).collect()).to_string()
}

/// One of them.
#[must_use]
pub fn vague_row(n: usize) -> Value {
    let url = format!("https://www.youtube.com/watch?v=vague{n:06}");
    json!({"url": url, "og_title": format!("untitled upload {n}")})
}

/// A row that rules decide: `youtube/clear000001`.
#[must_use]
pub fn clear_row() -> String {
    let title = "Ada Lane - Harbour (Official Video)";
    json!([{"url": "https://youtu.be/clear000001", "og_title": title, "og_artist": "Ada Lane"}]).to_string()
}
