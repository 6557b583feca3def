//! `liner migrate --from`: a SQLite database with everything in it that a host leaves behind, moved to PostgreSQL by the
//! real binary, and worked on there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::response::IntoResponse;
use liner_tests::accounts::Accounts;
use liner_tests::{
    Database, Finished, Host, Kind, StubModel, clear_row, components, eventually, liner, message, message_about,
    rows_of, vague_rows,
};
use serde_json::{Value, json};
use std::path::Path;

/// What texts hold that a copy may spoil, and numbers that a decimal text does not reach.
const HARD: &str = r#"
update music_library set og_description = 'tab' || char(9) || 'line' || char(10) || 'return' || char(13) || 'back\slash \N \. {"}',
    confidence_score = 0.1 + 0.2, genres = '["a\"b","c\\d","{e,f}","NULL","","g h","\u00e9\ud83c\udfb5"]', shared_text = '' where id = 1;
update music_library set artist = 'Sigur Rós 🎵', confidence_score = 1, album = '\N' where id = 2;
insert into provider_batch (id, provider, model, requests, state, provider_id, intended_at, submitted_at, host_id, held_until,
    look_at, estimate_micros) values ('b1', 'anthropic', 'claude-haiku-4-5', 7, 'ended', 'msgbatch_1', 1, 2, 'h', 0, 3, 4);
insert into page_fetch (track_id, site, priority, due_at, claim, attempts, postponed, etag, last_modified, tried_at, failure)
    values (1, 'example.org:8080', 3, 5, 'c', 2, 3, '"tag"', 'then', 4, 'the server answers 503');
insert into page_site (site, next_at, rests_until, away_since) values ('example.org:8080', 5, 6, 4);
insert into channel_sync (channel, last_sync_at, ok, error, last_cast_at, cursor, newest_at, posts, links)
    values ('music', 1, 0, 'no', 2, 'eyJ0\', 5, 3, 4);
insert into batch_minute values (29000000, 5, 80, 20, 12500, 4100, 310);
insert into channel_post (channel, post, at) values ('music', '0xé', 2);
insert into webhook_endpoint (id, url, events, secret, former_secret, former_until, created_at, disabled_at, disabled_reason,
    failing_since, gone_since, gave_up_at) values ('w', 'https://hooks.example/', '["track.failed"]', 's', 'f', 5, 1, 2, 'gone', 3, 4, 6);
insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, attempts, next_at, claim)
    values ('msg_1', 'w', 'track.failed', '{"url": "\\é"}', 1, 2, 3, 4, 'c');
insert into webhook_delivery (event_id, endpoint_id, type, data, event_at, attempt, at, outcome, status, error, duration_ms, next_at)
    values ('msg_1', 'w', 'track.failed', '{}', 1, 3, 2, 'failed', 503, 'no', 7, 4);
insert into budget_notice (budget, limit_micros, day) values ('daily', 5, 6);
update extraction_batch set track_ids = json_insert(track_ids, '$[#]', null) where id = (select min(id) from extraction_batch);
"#;

/// Who waits for a table of this database.
const WAITING: &str = "select count(*) from pg_locks where not granted and relation is not null
    and database = (select oid from pg_database where datname = current_database())";

/// Two databases, and a model that refuses to talk about one track.
struct Move {
    from: Accounts,
    to: Database,
}

impl Move {
    async fn prepare() -> Option<Self> {
        let script = |_: usize, request: &Value| {
            if request["messages"][0]["content"].as_str().unwrap().contains("untitled upload 1\"") {
                return Json(message("", "refusal")).into_response();
            }
            Json(message_about(request)).into_response()
        };
        let to = Database::new(Kind::Postgres).await?;
        let database = Database::new(Kind::Sqlite).await?;
        Some(Self { from: Accounts { database, model: StubModel::with_script(script).await }, to })
    }

    /// Fills every table through the real binary; returns how often the model was asked.
    async fn fill(&self) -> usize {
        let host = self.from.host(&[("AI_WORKER_ENABLED", "false")]).await;
        let plugins = self.from.database.folder.path().join("liner-data/plugins");
        std::fs::write(plugins.join("mine.wasm"), components::plain()).unwrap();
        eventually("the file is taken up", || async {
            (self.from.database.number("select count(*) from plugin_file").await == Some(1)).then_some(())
        })
        .await;
        ok(&host, "POST", "/api/plugins?as=shadow", components::named("aside")).await;
        ok(&host, "POST", "/api/music-ai/queue", rows(1..2)).await;
        self.from.database.execute("update music_ai_queue set retry_count = 4").await;
        ok(&host, "POST", "/api/music-ai/process", "").await;
        ok(&host, "POST", "/api/music-ai/queue", rows(2..12)).await;
        ok(&host, "POST", "/api/music-ai/queue", clear_row()).await;
        let queue = eventually("all is processed", || async {
            ok(&host, "POST", "/api/music-ai/process", "").await;
            let queue = host.get("/api/music-ai/status").await.json["queue"].clone();
            (queue["pending"] == 0).then_some(queue)
        })
        .await;
        assert_eq!((&queue["completed"], &queue["failed"]), (&json!(11), &json!(1)), "{queue}");
        ok(&host, "DELETE", "/api/plugins/aside", "").await;
        ok(&host, "PATCH", "/api/music-ai/library/youtube/vague000002", r#"{"title": "Corrected"}"#).await;
        let again = r#"[{"url": "https://youtu.be/vague000003", "shared_text": "listen to this"}]"#;
        ok(&host, "POST", "/api/music-ai/queue", again).await;
        assert_eq!(host.stop().await, Some(0));
        self.die_with_a_reply_in_the_journal().await;
        self.liner(&["pause", "--reason", "a move"]).await;
        self.from.database.execute(HARD).await;
        self.from.model.exchanges().len()
    }

    /// Five tracks in one batch, whose reply is written down and not read.
    async fn die_with_a_reply_in_the_journal(&self) {
        let mut host = self.from.host(&[("LINER_FAILPOINT", "AfterJournal:0")]).await;
        let _ = host.request("POST", "/api/music-ai/queue").body(rows(20..25)).send().await;
        host.wait().await;
        let held = "select count(*) from music_ai_queue where status = 'processing'";
        assert_eq!(self.from.database.number(held).await, Some(5));
        let answered = "select count(*) from model_call where answered_at is not null and interpreted_at is null
            and batch_id = (select id from extraction_batch where state = 'leased')";
        assert_eq!(self.from.database.number(answered).await, Some(1));
    }

    /// A command on the database that is moved.
    async fn liner(&self, arguments: &[&str]) -> Finished {
        let folder = self.from.database.folder.path();
        liner(folder, arguments, &[("DATABASE_URL", &self.from.database.url)], "").await
    }

    async fn migrate(&self) -> Finished {
        let (folder, from) = (self.from.database.folder.path(), &self.from.database.url);
        // A test may hold the target for longer than statements wait by default.
        let patient = [("LINER_DATABASE_STATEMENT_TIMEOUT_MS", "60000")];
        liner(folder, &["migrate", "--from", from, "--to", &self.to.url], &patient, "").await
    }

    /// The move is refused or fails, says so, and leaves nothing.
    async fn fails(&self, said: &[&str]) {
        let run = self.migrate().await;
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.lines().count()), (Some(1), "", 1), "{}", run.stderr);
        for part in said {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
        for table in ["music_library", "music_ai_queue", "extraction_batch", "model_call", "plugin", "pipeline"] {
            assert_eq!(self.to.number(&format!("select count(*) from {table}")).await, Some(0), "{table}");
        }
        assert_eq!(self.to.number("select count(*) from worker_control where paused_at is null").await, Some(1));
    }

    async fn succeeds(&self) -> String {
        let run = self.migrate().await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        run.stdout
    }

    /// A host on the copy.
    async fn host_in(&self, folder: &Path) -> Host {
        let settings = [
            ("DATABASE_URL", self.to.url.as_str()),
            ("AI_WORKER_BATCH_SIZE", "5"),
            ("AI_MODEL", "claude-haiku-4-5"),
            ("RUST_LOG", "liner=warn"),
        ];
        Host::asking(folder, &self.from.model, &settings).await
    }
}

/// Some of the rows that no rule can decide.
fn rows(range: std::ops::Range<usize>) -> String {
    let rows: Vec<Value> = serde_json::from_str(&vague_rows(range.end)).unwrap();
    Value::from(&rows[range]).to_string()
}

async fn ok(host: &Host, method: &str, path: &str, body: impl Into<reqwest::Body>) {
    let answer = host.send(host.request(method, path).body(body)).await;
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
}

#[tokio::test]
async fn everything_is_on_the_server_afterwards_as_it_was_in_the_file() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    let before = rows_of(&moved.from.database, &moved.to).await;
    for (table, rows) in &before {
        assert!(!rows.is_empty() || table == "provider_budget", "there is nothing in {table} to lose");
    }
    let said = moved.succeeds().await;
    let after = rows_of(&moved.from.database, &moved.to).await;
    assert_eq!(before, after, "the file is as it was");
    // What is freed is the only difference.
    moved.from.database.execute("update extraction_batch set lease_until = 0 where state = 'leased'").await;
    moved.from.database.execute("update host set in_flight = 0, stopped_at = ifnull(stopped_at, 7)").await;
    let stopped = "update host set stopped_at = 7 where stopped_at > (select max(created_at) from extraction_batch)";
    moved.to.execute(stopped).await;
    let (file, server) = (rows_of(&moved.from.database, &moved.to).await, rows_of(&moved.to, &moved.to).await);
    for (table, rows) in &file {
        assert_eq!(rows, &server[table], "{table}");
        let line = said.lines().find(|line| line.starts_with(table)).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((cells.len(), cells[1], cells[2].len()), (3, rows.len().to_string().as_str(), 64), "{line}");
    }
    assert!(said.contains("free to be taken over: 1"), "{said}");
    let exact = "select count(*) from music_library where confidence_score = 0.30000000000000004";
    assert_eq!(moved.to.number(exact).await, Some(1));
}

#[tokio::test]
async fn a_host_goes_on_with_the_copy_and_asks_nothing_that_was_answered() {
    let Some(moved) = Move::prepare().await else { return };
    let asked = moved.fill().await;
    moved.succeeds().await;
    // Another machine's folder: nothing there says who worked before.
    let elsewhere = tempfile::tempdir().unwrap();
    let host = moved.host_in(elsewhere.path()).await;
    let status = host.get("/api/music-ai/worker/status").await.json;
    assert_eq!(status["worker"]["pauseReason"], "a move");
    ok(&host, "POST", "/api/music-ai/worker/resume", "").await;
    let queue = host.drained().await;
    assert_eq!(
        (&queue["completed"], &queue["failed"], &queue["total"]),
        (&json!(16), &json!(1), &json!(17)),
        "{queue}"
    );
    assert_eq!(moved.from.model.exchanges().len(), asked, "the journalled reply was found");
    let newest = "select max(id) from music_library";
    let before = moved.to.number(newest).await.unwrap();
    ok(&host, "POST", "/api/music-ai/queue", rows(30..40)).await;
    assert_eq!(host.drained().await["completed"], 26);
    assert!(moved.to.number(newest).await.unwrap() > before);
    ok(&host, "PATCH", "/api/music-ai/library/youtube/vague000004", r#"{"title": "Corrected too"}"#).await;
    ok(&host, "POST", "/api/plugins?as=staged", components::named("another")).await;
}

#[tokio::test]
async fn a_strategy_of_the_plugins_folder_is_there_after_the_move_and_gives_its_place_back_when_its_file_goes() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    moved.succeeds().await;
    let folder = moved.from.database.folder.path();
    let host = moved.host_in(folder).await;
    let active = async || {
        let status = host.get("/api/music-ai/worker/status").await.json;
        status["pipeline"]["strategies"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(active().await, ["plain", "rules", "llm"]);
    eventually("the file is this folder's now", || async {
        (moved.to.number("select count(*) from plugin_file where folder <> ''").await == Some(1)).then_some(())
    })
    .await;
    assert_eq!(
        moved.to.number("select count(*) from pipeline where cause = 'install' and by = 'folder'").await,
        Some(1)
    );
    std::fs::remove_file(folder.join("liner-data/plugins/mine.wasm")).unwrap();
    eventually("it steps back", || async { (active().await == ["rules", "llm"]).then_some(()) }).await;
}

#[tokio::test]
async fn a_file_that_a_host_works_on_is_not_moved() {
    let Some(moved) = Move::prepare().await else { return };
    let host = moved.from.host(&[]).await;
    moved.fails(&["a liner host works on", "stop it"]).await;
    host.stop().await;
    moved.succeeds().await;
}

#[tokio::test]
async fn nobody_writes_to_a_file_while_it_is_moved_and_no_host_starts_on_it() {
    let Some(moved) = Move::prepare().await else { return };
    let pool = sqlx::PgPool::connect(&moved.to.url).await.unwrap();
    let mut held = pool.begin().await.unwrap();
    sqlx::query("insert into event (at, kind, subject, text) values (0, '', '', '')")
        .execute(&mut *held)
        .await
        .unwrap();
    let migrating = async { moved.succeeds().await };
    let meanwhile = async {
        eventually("the copy waits for the target", || async {
            (moved.to.number(WAITING).await == Some(1)).then_some(())
        })
        .await;
        for command in [["enqueue", "https://youtu.be/x"], ["process", "--json"]] {
            let run = moved.liner(&command).await;
            assert!(run.code == Some(1) && run.stderr.contains("locked"), "{command:?}: {}", run.stderr);
        }
        held.rollback().await.unwrap();
    };
    tokio::join!(migrating, meanwhile);
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_refused_and_stays_as_it_is() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    moved.to.execute("insert into event (at, kind, subject, text) values (1, 'a', 'b', 'c')").await;
    moved.fails(&["is not empty", "there are rows in event"]).await;
    assert_eq!(moved.to.number("select count(*) from event").await, Some(1));
    moved.to.execute("delete from event; update worker_control set paused_at = 1, paused_by = 'me'").await;
    let run = moved.migrate().await;
    assert!(run.code == Some(1) && run.stderr.contains("rows in worker_control"), "{}", run.stderr);
    moved.to.execute("update worker_control set paused_at = null, paused_by = null").await;
    moved.succeeds().await;
    let again = moved.migrate().await;
    assert!(again.code == Some(1) && again.stderr.contains("rows in music_library"), "{}", again.stderr);
}

#[tokio::test]
async fn a_copy_that_differs_from_what_was_read_is_noticed_and_nothing_of_it_is_kept() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    let spoil = |table: &str, what: &str| {
        format!(
            "create or replace function spoil() returns trigger language plpgsql as $$ begin {what} end $$;
             create trigger spoil before insert on {table} for each row execute function spoil()"
        )
    };
    for (table, what, said) in [
        ("music_library", "if new.id = 2 then new.artist = new.artist || ' '; end if; return new;", "id = 1"),
        ("model_call", "return null;", "0 are there"),
        ("extraction_batch", "new.track_ids = new.track_ids || 1::bigint; return new;", "id = '"),
        ("plugin", "new.bytes = overlay(new.bytes placing '\\x00'::bytea from 9); return new;", "digest = '"),
    ] {
        moved.to.execute(&spoil(table, what)).await;
        moved.fails(&[&format!("the copy of {table} is not what was read"), said]).await;
        moved.to.execute(&format!("drop trigger spoil on {table}")).await;
    }
    let recount = "create function spoil_count() returns trigger language plpgsql as
            $$ begin update queue_count set n = n + 1; return null; end $$;
        create trigger zz_spoil after insert on music_ai_queue for each statement execute function spoil_count()";
    moved.to.execute(recount).await;
    moved.fails(&["the copy of queue_count is not what was read"]).await;
    moved.to.execute("drop trigger zz_spoil on music_ai_queue").await;
    moved.succeeds().await;
}

#[tokio::test]
async fn a_copy_that_is_killed_on_its_way_leaves_nothing_and_is_made_again() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    // The last table waits for the test.
    let hold = "create function hold() returns trigger language plpgsql as
            $$ begin perform pg_advisory_xact_lock(1); return new; end $$;
        create trigger hold before insert on event for each row execute function hold()";
    moved.to.execute(hold).await;
    let pool = sqlx::PgPool::connect(&moved.to.url).await.unwrap();
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(1)").execute(&mut *held).await.unwrap();
    let waiting = "select count(*) from pg_locks where not granted and locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";
    let all_but_one = eventually("all but one table is copied", || async {
        (moved.to.number(waiting).await == Some(1)).then_some(())
    });
    // What is dropped is killed.
    tokio::select! {
        run = moved.migrate() => panic!("{}", run.stderr),
        () = all_but_one => {}
    }
    held.rollback().await.unwrap();
    let sessions =
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'liner'";
    eventually("the server has noticed", || async { (moved.to.number(sessions).await == Some(0)).then_some(()) }).await;
    assert_eq!(moved.to.number("select count(*) from music_library").await, Some(0));
    moved.to.execute("drop trigger hold on event").await;
    moved.succeeds().await;
}

#[tokio::test]
async fn a_character_that_postgresql_cannot_keep_is_named_with_its_row_or_replaced_where_that_is_asked_for() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    let file = &moved.from.database;
    file.execute("update music_library set title = 'a' || char(0) || 'b' where id = 4").await;
    file.execute(r#"update music_library set genres = '["a\u0000b"]' where id = 3"#).await;
    moved.fails(&["genres of music_library where id = 3", "U+0000", "--replace-nul"]).await;
    file.execute("update music_library set genres = '[]' where id = 3").await;
    moved.fails(&["title of music_library where id = 4", "U+0000", "--replace-nul"]).await;
    let run = moved.liner(&["migrate", "--from", &file.url, "--to", &moved.to.url, "--replace-nul"]).await;
    // The title, and its history.
    assert!(run.stdout.contains("in the place of U+0000: 2\n"), "{} {}", run.stdout, run.stderr);
    assert_eq!(moved.to.texts("select title from music_library where id = 4").await, ["a\u{fffd}b"]);
}

#[tokio::test]
async fn a_value_that_is_not_what_its_column_holds_is_named_with_its_row() {
    let Some(moved) = Move::prepare().await else { return };
    moved.fill().await;
    for (table, column, value) in [
        ("model_call", "round", "'many'"),
        ("model_call", "decided_all", "2"),
        ("music_library", "genres", "'folk'"),
        ("extraction_batch", "track_ids", "'{}'"),
        ("music_library", "strategy", "x'ff'"),
        ("event", "text", "cast(x'ff' as text)"),
    ] {
        moved
            .from
            .database
            .execute(&format!("create table kept as select rowid as at, {column} as value from {table}"))
            .await;
        moved.from.database.execute(&format!("update {table} set {column} = {value} where rowid = 1")).await;
        moved.fails(&[&format!("{column} of {table} where "), "cannot be read"]).await;
        let restore = format!(
            "update {table} set {column} = (select value from kept where at = 1) where rowid = 1; drop table kept"
        );
        moved.from.database.execute(&restore).await;
    }
    moved.succeeds().await;
}

#[tokio::test]
async fn a_file_of_an_older_version_is_brought_up_to_date_first_which_is_said() {
    let Some(to) = Database::new(Kind::Postgres).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("old.db").display());
    let old = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sqlite");
    let mut migrator = sqlx::migrate::Migrator::new(migrations).await.unwrap();
    migrator.migrations.to_mut().retain(|migration| migration.version <= 2);
    migrator.run(&old).await.unwrap();
    let call = "insert into music_library (platform_name, platform_id, created_at, updated_at) values ('youtube', 'a', 1, 2);
        insert into music_ai_queue (platform_name, platform_id, queued_at) values ('youtube', 'a', 1);
        insert into model_call (id, batch_id, root_id, strategy, strategy_digest, round, tag, prompt, prompt_digest, provider, model,
        sent_at) values ('c', 'b', 'b', 's', 'd', 0, 't', 'all of it', 'e', 'p', 'm', 1)";
    sqlx::raw_sql(call).execute(&old).await.unwrap();
    old.close().await;
    let run = liner(folder.path(), &["migrate", "--from", &url], &[("DATABASE_URL", &to.url)], "").await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.contains("old.db was brought up to date first, from migration 2 to"), "{}", run.stdout);
    assert_eq!(to.texts("select frame || prompt from model_call").await, ["all of it"]);
    assert_eq!(
        to.number("select count(*) from music_library l join music_ai_queue q using (id) where due").await,
        Some(1)
    );
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |arguments: &[&str]| liner(folder.path(), &[&["migrate"], arguments].concat(), &[], "").await;
    for (arguments, said) in [
        (&["--from", "sqlite:x.db"][..], "DATABASE_URL"),
        (&["--to", "postgres://me@localhost/liner"], "--from"),
        (&["--from", "postgres://me@localhost/liner", "--to", "postgres://me@localhost/liner"], "sqlite:PATH"),
        (&["--from", "sqlite:x.db", "--to", "sqlite:y.db"], "postgres://USER@HOST/NAME"),
    ] {
        let run = run(arguments).await;
        assert!(run.code == Some(2) && run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
    }
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    for (from, said) in [("sqlite:x.db", "no database at x.db"), ("sqlite:empty.db", "is no database of liner")] {
        let run = run(&["--from", from, "--to", "postgres://me@127.0.0.1:1/liner"]).await;
        assert!(run.code == Some(1) && run.stderr.contains(said), "{from}: {}", run.stderr);
    }
    assert!(!folder.path().join("x.db").exists());
    assert_eq!(std::fs::metadata(folder.path().join("empty.db")).unwrap().len(), 0);
}
