//! What `docs/postgres.md` promises of roles, grants and TLS, with the SQL that stands there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::postgres::Server;
use liner_tests::{Answer, Host, StubModel, clear_row, components, eventually, liner, vague_rows};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::Path;
use std::time::{Duration, Instant};

const DOCUMENT: &str = include_str!("../docs/postgres.md");

/// The statements of the page, block by block.
fn blocks() -> Vec<Vec<&'static str>> {
    let blocks = DOCUMENT.split("```sql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let statements = |block: &'static str| block.split(';').map(str::trim).filter(|one| !one.is_empty()).collect();
    blocks.map(statements).collect()
}

/// The URL of a database for a role.
fn url(server: &Server, role: &str, database: &str) -> String {
    server.url(database).replace("postgres@", &format!("{role}@"))
}

async fn run(url: &str, statements: &[&'static str]) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        let done = sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    connection.close().await.unwrap();
}

/// What the server says to a statement that it refuses.
async fn refused(url: &str, statement: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let done = sqlx::raw_sql(statement).execute(&mut connection).await;
    done.map(drop).expect_err(statement).to_string()
}

async fn command(folder: &Path, url: &str, arguments: &[&str]) -> liner_tests::Finished {
    liner(folder, arguments, &[("DATABASE_URL", url)], "").await
}

/// Two roles on a server of their own, as the page makes them.
async fn prepare(folder: &Path) -> Option<(Server, String, String)> {
    let server = Server::start()?;
    let [roles, grants, afterwards] = blocks().try_into().expect("three blocks of SQL");
    run(&server.url("postgres"), &roles).await;
    let (owner, user) = (url(&server, "liner_owner", "liner"), url(&server, "liner", "liner"));
    run(&owner, &grants).await;
    let early = command(folder, &user, &["status"]).await;
    assert!(
        early.code == Some(1) && early.stderr.contains("run `liner migrate` with one that may"),
        "{}",
        early.stderr
    );
    let migrated = command(folder, &owner, &["migrate"]).await;
    assert!(migrated.stdout.contains("is up to date"), "{}", migrated.stderr);
    run(&owner, &afterwards).await;
    Some((server, owner, user))
}

async fn send(host: &Host, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let answer = host.send(host.request(method, path).body(body)).await;
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
    answer
}

#[tokio::test]
async fn a_role_that_may_only_read_and_write_rows_runs_everything_but_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, _, user)) = prepare(folder.path()).await else { return };
    let model = StubModel::willing().await;
    let settings = [("DATABASE_URL", user.as_str()), ("AI_DAILY_BUDGET_USD", "1")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    send(&host, "POST", "/api/plugins?as=shadow", components::named("aside")).await;
    send(&host, "POST", "/api/music-ai/queue", vague_rows(30)).await;
    send(&host, "POST", "/api/music-ai/queue", clear_row()).await;
    assert_eq!(host.drained().await["completed"], 31);
    eventually("the candidate is compared", || async {
        (host.get("/api/plugins/aside/comparison").await.json["tracks"].as_u64() > Some(0)).then_some(())
    })
    .await;
    send(&host, "POST", "/api/plugins/aside/promote", "{}").await;
    send(&host, "POST", "/api/plugins/rollback", "").await;
    send(&host, "PATCH", "/api/music-ai/library/youtube/vague000002", r#"{"title": "Corrected"}"#).await;
    send(&host, "POST", "/api/music-ai/queue", vague_rows(3)).await;
    send(&host, "POST", "/api/music-ai/failed/retry", "{}").await;
    send(&host, "POST", "/api/music-ai/worker/pause", "{}").await;
    send(&host, "POST", "/api/music-ai/worker/resume", "").await;
    std::fs::write(folder.path().join("mine.wasm"), components::plain()).unwrap();
    let hosts = host.get("/api/hosts").await.json;
    let id = hosts["hosts"][0]["id"].as_str().unwrap_or_else(|| panic!("{hosts}")).to_owned();
    send(&host, "POST", &format!("/api/hosts/{id}/drain"), r#"{"drain": true}"#).await;
    for arguments in [
        &["migrate"][..],
        &["status"],
        &["enqueue", "https://youtu.be/anotherone1"],
        &["requeue", "--missing", "album"],
        &["hosts", "--undrain", &id],
        &["replay", "--strategy", "mine.wasm"],
    ] {
        let finished = command(folder.path(), &user, arguments).await;
        assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.stderr);
    }
    assert!(!host.log().contains("permission denied"), "{}", host.log());
    let mut connection = PgConnection::connect(&server.url("liner")).await.unwrap();
    for table in
        ["host", "plugin", "pipeline", "model_call", "provider_budget", "shadow_outcome", "event", "library_change"]
    {
        let has_rows = format!("select exists (select from {table})");
        let has_rows: bool = sqlx::query_scalar(AssertSqlSafe(has_rows)).fetch_one(&mut connection).await.unwrap();
        assert!(has_rows, "nothing was written to {table}");
    }
    assert_eq!(host.stop().await, Some(0));
}

#[tokio::test]
async fn that_role_can_make_and_change_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, _, user)) = prepare(folder.path()).await else { return };
    for statement in [
        "create table mine (id bigint)",
        "create temporary table mine (id bigint)",
        "create schema mine",
        "create function mine() returns bigint language sql as 'select 1::bigint'",
        "alter table music_library add column mine bigint",
        "drop table event",
        "truncate event",
        "create or replace view clock as select 7::bigint as ms",
        "update _sqlx_migrations set version = 9999",
        "delete from _sqlx_migrations",
        "select setval('music_library_id_seq', 1)",
    ] {
        let said = refused(&user, statement).await;
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{statement}: {said}");
    }
    run(&server.url("postgres"), &["create role stranger login"]).await;
    let stranger = PgConnection::connect(&url(&server, "stranger", "liner")).await.unwrap_err().to_string();
    assert!(stranger.contains("permission denied for database"), "{stranger}");
}

#[tokio::test]
async fn the_owner_moves_a_file_to_it_and_the_role_of_the_hosts_is_told_that_it_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_server, owner, user)) = prepare(folder.path()).await else { return };
    let file = "sqlite:old.db";
    command(folder.path(), file, &["enqueue", "https://youtu.be/clear000001"]).await;
    let run = command(folder.path(), &user, &["migrate", "--from", file]).await;
    assert!(run.code == Some(1) && run.stderr.contains("the role that owns the tables"), "{}", run.stderr);
    let run = command(folder.path(), &owner, &["migrate", "--from", file]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let run = command(folder.path(), &user, &["enqueue", "https://youtu.be/clear000002"]).await;
    assert_eq!(run.stdout.trim(), "1 queued, 0 known before, 0 rejected", "{}", run.stderr);
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required_and_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start() else { return };
    let url = format!("{}?sslmode=require", server.url("postgres"));
    let started = Instant::now();
    for arguments in [&["status"][..], &["serve"]] {
        let run = liner(folder.path(), arguments, &[("DATABASE_URL", &url), ("PORT", "0")], "").await;
        assert!(run.code == Some(1) && run.stderr.contains("server does not support TLS"), "{}", run.stderr);
        assert!(run.stderr.contains("sslmode"), "{}", run.stderr);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "it was not waited for");
}

#[tokio::test]
async fn a_servers_certificate_is_checked_as_sslmode_says() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start() else { return };
    let Some(authority) = server.speak_tls().await else { return };
    run(&server.url("postgres"), &["create database liner"]).await;
    let address = server.url("liner");
    let status = async |url: &str| command(folder.path(), url, &["status"]).await;
    eventually("it speaks TLS", || async {
        (status(&format!("{address}?sslmode=require")).await.code == Some(0)).then_some(())
    })
    .await;
    let trusted = format!("sslrootcert={}", authority.display());
    let by_name = address.replace("127.0.0.1", "localhost");
    for (url, said) in [
        (format!("{address}?sslmode=verify-full&{trusted}"), None),
        (format!("{by_name}?sslmode=verify-ca&{trusted}"), None),
        (format!("{address}?sslmode=verify-full"), Some("UnknownIssuer")),
        (format!("{address}?sslmode=verify-ca"), Some("UnknownIssuer")),
        (format!("{by_name}?sslmode=verify-full&{trusted}"), Some("not valid for name")),
    ] {
        let run = status(&url).await;
        assert_eq!(run.code, Some(i32::from(said.is_some())), "{url}: {}", run.stderr);
        assert!(run.stderr.contains(said.unwrap_or_default()), "{url}: {}", run.stderr);
    }
    let url = format!("{address}?sslmode=verify-full&{trusted}");
    let host = Host::start(folder.path(), &[("DATABASE_URL", &url)]).await;
    send(&host, "POST", "/api/music-ai/queue", clear_row()).await;
    assert_eq!(host.drained().await["completed"], 1);
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let plain = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid)
                 where application_name = 'liner' and not ssl";
    assert_eq!(sqlx::query_scalar::<_, i64>(plain).fetch_one(&mut connection).await.unwrap(), 0);
}
