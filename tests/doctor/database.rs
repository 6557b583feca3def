//! The database, on both kinds.

use super::{Visit, doctor, doctor_under, folder};
use liner_tests::{Database, Kind, postgres, raw};
use sqlx::{AssertSqlSafe, Connection};
use std::path::Path;
use std::time::{Duration, Instant};

async fn with(database: &Database) -> Visit {
    doctor(database.folder.path(), &[("DATABASE_URL", &database.url)]).await
}

#[tokio::test]
async fn a_database_of_this_version_is_well_and_one_that_is_not_there_yet_too() {
    doctor(folder().path(), &[]).await.says("database", "ok", &["is not there yet"]);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::new(kind).await else { continue };
        let visit = with(&database).await;
        let newest = format!("at migration {}", Database::newest_version(kind));
        visit.says("database", "ok", &["answers", &newest]);
        if kind == Kind::Postgres {
            visit.says("clock", "ok", &["the database"]);
        }
    }
}

#[tokio::test]
async fn an_older_database_is_a_warning_and_is_left_as_it_is_and_a_newer_one_fails() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::of_version(kind, 1).await else { continue };
        with(&database).await.says("database", "warn", &["older", "migration 1 of", "copy"]);
        with(&database).await.says("database", "warn", &["migration 1 of"]);
        database
            .execute(
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'later', true, '', 0)",
            )
            .await;
        let visit = with(&database).await;
        visit.says("database", "fail", &["newer", "9999"]);
        assert_eq!(visit.code, Some(1));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said() {
    let folder = folder();
    let file = folder.path().join("x.db");
    std::fs::write(&file, "this is a text, and longer than the head of a database would be ".repeat(20)).unwrap();
    let url = format!("sqlite:{}", file.display());
    let visit = doctor(folder.path(), &[("DATABASE_URL", &url)]).await;
    visit.says("database", "fail", &["x.db", "not a database", "docs/operations.md"]);
}

#[tokio::test]
async fn nothing_is_written_where_everything_is_looked_at() {
    let empty = folder();
    doctor(empty.path(), &[]).await;
    assert_eq!(contents(empty.path()), [], "not even a folder");

    let database = Database::new(Kind::Sqlite).await.unwrap();
    let before = contents(database.folder.path());
    let settings =
        [("DATABASE_URL", database.url.as_str()), ("LINER_DATA_DIR", database.folder.path().to_str().unwrap())];
    doctor(database.folder.path(), &settings).await.says("database", "ok", &["answers"]);
    assert_eq!(contents(database.folder.path()), before);
}

/// All files below a folder, with their bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_server_that_is_away_is_said_without_its_password() {
    let port = postgres::free_port();
    let url = format!("postgres://liner:s3cret-word@127.0.0.1:{port}/liner");
    let visit = doctor(folder().path(), &[("DATABASE_URL", &url)]).await;
    visit.says("database", "fail", &["cannot reach", "see whether the server runs"]);
    assert!(visit.code == Some(1) && !visit.text.contains("s3cret-word"), "{}", visit.text);
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nobody_up() {
    let silent = raw::Server::doing(async |mut visitor: raw::Visitor| visitor.stay().await).await;
    let url = format!("postgres://liner@{}/liner", silent.address());
    let began = Instant::now();
    let visit = doctor_under(folder().path(), &[], &["--timeout", "2"], &[("DATABASE_URL", &url)]).await;
    visit.says("database", "fail", &["no answer within 2 s", "--timeout"]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_a_role_may_not_do_is_named_and_what_only_reads_too() {
    let Some(database) = Database::new(Kind::Postgres).await else { return };
    let role = format!("role_{}", std::process::id());
    let name = database.url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let mut owner = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let grants = format!(
        "create role {role} login;
         grant select, insert, update, delete on all tables in schema public to {role};
         revoke update, delete on model_call from {role};"
    );
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(&mut owner).await.unwrap();
    let url = database.url.replace("postgres@", &format!("{role}@"));
    let visit = doctor(database.folder.path(), &[("DATABASE_URL", &url)]).await;
    visit.says("database", "fail", &["delete on model_call, update on model_call", "docs/postgres.md"]);
    let reading = format!(
        "grant all on model_call to {role}; alter role {role} in database {name} set default_transaction_read_only = on"
    );
    sqlx::raw_sql(AssertSqlSafe(reading)).execute(&mut owner).await.unwrap();
    let visit = doctor(database.folder.path(), &[("DATABASE_URL", &url)]).await;
    visit.says("database", "fail", &["only reads"]);
    let few = doctor(database.folder.path(), &[("DATABASE_URL", &database.url)]).await;
    assert_eq!(few.levels("database"), ["ok"]);
}
