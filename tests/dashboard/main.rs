//! The dashboard: over plain HTTP, and as people use it, in Debian's Chromium. Where there is no `chromedriver` the tests in
//! the browser say so and pass, unless `LINER_TESTS_NEED_BROWSER=1`; `make e2e` installs it. Pictures go to `target/e2e`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod browser;
mod by_hand;
mod escaping;
mod live;
mod pictures;
mod reading;
mod sessions;
mod telling;

use liner_tests::Host;

/// The token of hosts that have one.
const TOKEN: &str = "a-token-of-some-length";

/// A host's file.
async fn file_in(folder: &std::path::Path) -> sqlx::SqlitePool {
    let file = format!("sqlite:{}", folder.join("liner-data/liner.db").display());
    sqlx::SqlitePool::connect(&file).await.unwrap()
}

/// Lets every track of a host's file be one that failed for good.
async fn fail_all(folder: &std::path::Path, reason: &str) {
    let pool = file_in(folder).await;
    sqlx::query("update music_ai_queue set status = 'failed', retry_count = 5, processed_at = 1, error_message = $1")
        .bind(reason)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("update music_library set processing_status = 'failed'").execute(&pool).await.unwrap();
    pool.close().await;
}

/// Queues rows.
async fn queue(host: &Host, rows: impl Into<String>) {
    let answer = host.send(host.request("POST", "/api/music-ai/queue").bearer_auth(TOKEN).body(rows.into())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
