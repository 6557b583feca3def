//! Keeping a database over the years: what is old is pruned, the file is backed up while it is used, and made smaller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::accounts::{Accounts, TRACKS};
use liner_tests::{Database, Host, Kind, StubModel, eventually, liner, vague_rows};
use std::path::Path;

/// Makes everything that was done so far a hundred days old.
async fn age(database: &Database) {
    let by = 100 * 86_400_000_i64;
    database
        .execute(&format!(
            "update model_call set sent_at = sent_at - {by}, answered_at = answered_at - {by};
             update extraction_batch set created_at = created_at - {by}, finished_at = finished_at - {by};
             update music_library set created_at = created_at - {by};
             update music_ai_queue set queued_at = queued_at - {by}, processed_at = processed_at - {by}"
        ))
        .await;
}

/// What of a database ages, and what does not.
async fn rows(database: &Database) -> [i64; 4] {
    let mut rows = [0; 4];
    for (n, table) in rows.iter_mut().zip(["music_library", "music_ai_queue", "model_call", "extraction_batch"]) {
        *n = database.number(&format!("select count(*) from {table}")).await.unwrap();
    }
    rows
}

async fn is_pruned_unless_it_is_kept_for_ever(kind: Kind) {
    let Some(accounts) = Accounts::open(kind, StubModel::willing().await).await else { return };
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    host.drained().await;
    assert_eq!(host.stop().await, Some(0));
    age(&accounts.database).await;

    let host = accounts.host(&[("LINER_RETENTION_DAYS", "0")]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS + 1)).await;
    assert_eq!(host.drained().await["completed"], TRACKS + 1);
    assert_eq!(host.stop().await, Some(0));
    assert_eq!(rows(&accounts.database).await, [61, 61, 13, 13]);

    let host = accounts.host(&[("RUST_LOG", "liner=info")]).await;
    host.queue_when("what is old is pruned", |queue| queue["completed"] == 1).await;
    eventually("the walk is told of", || async {
        host.log().contains("pruned what is older than 90 days").then_some(())
    })
    .await;
    assert_eq!(rows(&accounts.database).await, [61, 1, 1, 1]);
    let metrics = host.get("/metrics").await.text;
    assert!(metrics.contains("liner_pruned_rows_total{table=\"music_ai_queue\"} 60"), "{metrics}");
    let asked = accounts.model.exchanges().len();
    let again = host.post("/api/music-ai/queue", vague_rows(TRACKS + 1)).await.json;
    assert_eq!((&again["queued"], &again["known"]), (&0.into(), &(TRACKS + 1).into()), "{again}");
    host.drained().await;
    assert_eq!(accounts.model.exchanges().len(), asked, "nothing is asked again");
    assert_eq!(host.stop().await, Some(0));
}

#[tokio::test]
async fn what_is_old_is_pruned_from_a_file_unless_it_is_kept_for_ever() {
    is_pruned_unless_it_is_kept_for_ever(Kind::Sqlite).await;
}

#[tokio::test]
async fn what_is_old_is_pruned_from_a_server_unless_it_is_kept_for_ever() {
    is_pruned_unless_it_is_kept_for_ever(Kind::Postgres).await;
}

/// A database with nothing at its place yet.
async fn place_for_a_copy() -> Database {
    let database = Database::new(Kind::Sqlite).await.unwrap();
    std::fs::remove_file(database.folder.path().join("liner.db")).unwrap();
    database
}

async fn back_up(accounts: &Accounts, copy: &Path) -> liner_tests::Finished {
    let settings = [("DATABASE_URL", accounts.database.url.as_str())];
    liner(accounts.database.folder.path(), &["backup", copy.to_str().unwrap()], &settings, "").await
}

async fn is_sound(database: &Database) {
    assert_eq!(database.texts("pragma integrity_check").await, ["ok"]);
    assert_eq!(database.texts("select \"table\" from pragma_foreign_key_check").await, Vec::<String>::new());
    let counted = "select coalesce(sum(abs(n - (select count(*) from music_ai_queue q where q.status = c.status
            and ifnull(q.waiting_for, '') = c.waiting_for))), 0) from queue_count c";
    assert_eq!(database.number(counted).await, Some(0));
}

#[tokio::test]
async fn a_copy_that_is_made_while_a_host_works_is_whole_and_a_host_on_it_finishes_the_work() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::gated(3).await).await.unwrap();
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    eventually("three batches are settled, and four more asked about", || async {
        let settled = "select count(*) from extraction_batch where state = 'settled'";
        (accounts.unanswered().await == 4 && accounts.database.number(settled).await == Some(3)).then_some(())
    })
    .await;
    let copied = place_for_a_copy().await;
    let copy = copied.folder.path().join("liner.db");
    let finished = back_up(&accounts, &copy).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("is a copy of sqlite:") && !copy.with_extension("db.part").exists());
    accounts.model.allow(1_000);
    accounts.balance(&host, 0).await;

    is_sound(&copied).await;
    for (status, n) in [("completed", 15), ("processing", 20), ("pending", 25)] {
        let queued = format!("select count(*) from music_ai_queue where status = '{status}'");
        assert_eq!(copied.number(&queued).await, Some(n), "{status}");
    }
    let restored = Accounts { database: copied, model: StubModel::willing().await };
    let host = restored.host(&[]).await;
    restored.balance(&host, 4).await;
    assert_eq!(restored.model.exchanges().len(), 9, "what was answered before the copy is not asked again");
    is_sound(&restored.database).await;
}

#[tokio::test]
async fn a_backup_refuses_what_it_would_overwrite_and_what_is_no_file_in_a_sentence() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let folder = accounts.database.folder.path();
    std::fs::write(folder.join("diary"), "dear diary").unwrap();
    let refused = back_up(&accounts, &folder.join("diary")).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("there is a file of this name"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(folder.join("diary")).unwrap(), "dear diary");
    let nowhere = back_up(&accounts, &folder.join("none/copy")).await;
    assert!(nowhere.code == Some(1) && nowhere.stderr.contains("cannot write the copy"), "{}", nowhere.stderr);
    let nothing = liner(folder, &["backup", "copy"], &[("DATABASE_URL", "sqlite:elsewhere.db")], "").await;
    assert!(nothing.code == Some(1) && nothing.stderr.contains("nothing to back up"), "{}", nothing.stderr);
    assert!(!folder.join("copy").exists() && !folder.join("elsewhere.db").exists());
    let server = [("DATABASE_URL", "postgres://ada:secret@127.0.0.1:1/liner")];
    let server = liner(folder, &["backup", "copy"], &server, "").await;
    assert!(server.code == Some(2) && server.stderr.contains("pg_dump"), "{}", server.stderr);
    assert!(server.stderr.lines().count() == 1 && !server.stderr.contains("secret"), "{}", server.stderr);
}

#[tokio::test]
async fn a_copy_is_of_the_version_that_the_database_is_and_not_of_the_binarys() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'later', 1, x'00', 0)";
    accounts.database.execute(later).await;
    let copied = place_for_a_copy().await;
    let finished = back_up(&accounts, &copied.folder.path().join("liner.db")).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(copied.number("select max(version) from _sqlx_migrations").await, Some(9999));
}

#[tokio::test]
async fn a_file_is_made_smaller_beside_a_host_and_a_copy_is_as_small_from_the_start() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let database = &accounts.database;
    let old = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
               insert into event (at, kind, subject, text) select 0, 'refused', 'a file', hex(randomblob(1000)) from n";
    database.execute(old).await;
    let file = database.folder.path().join("liner.db");
    let size = |path: &Path| std::fs::metadata(path).unwrap().len();
    let host: Host = accounts.host(&[]).await;
    eventually("events are pruned", || async {
        (database.number("select count(*) from event where at = 0").await == Some(0)).then_some(())
    })
    .await;
    database.checkpoint().await;
    let copied = place_for_a_copy().await;
    let copy = copied.folder.path().join("liner.db");
    back_up(&accounts, &copy).await;
    assert!(size(&file) > 4_000_000, "pages that are free stay in the file: {}", size(&file));
    database.execute("vacuum").await;
    database.checkpoint().await;
    assert!(size(&file) < 2_000_000 && size(&copy) < 2_000_000, "{} {}", size(&file), size(&copy));
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    accounts.balance(&host, 0).await;
    is_sound(database).await;
}
