//! What is true of a file.

use crate::fixture::{Fixture, link};
use liner::store::{HostId, NewHost, SqliteStore, StoreError, Stray};
use liner_tests::Kind;

fn host() -> NewHost {
    NewHost { id: HostId::new(), name: "a test".into(), predecessor: None }
}

#[tokio::test]
async fn a_host_that_starts_ends_its_dead_predecessors_leases_at_once() {
    let f = Fixture::new(Kind::Sqlite).await.unwrap();
    f.enqueue(0..1).await;
    f.claim(1).await.unwrap();
    let heir = host();
    assert_eq!(f.store.enlist(&heir).await.unwrap(), 1);
    assert!(f.store.recover(&heir.id, &[], Stray::Any).await.unwrap().is_some());
}

#[tokio::test]
async fn a_second_worker_on_the_same_file_is_refused_until_the_first_is_gone_and_commands_work_beside_it() {
    let f = Fixture::new(Kind::Sqlite).await.unwrap();
    f.store.enlist(&host()).await.unwrap();
    let second = f.database.store().await;
    let refused = second.enlist(&host()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Occupied { .. }) && refused.to_string().contains("in use"), "{refused}");
    second.enqueue(&[link(0)]).await.unwrap();
    second.pause("ada", None).await.unwrap();
    assert_eq!(second.counts().await.unwrap().pending, 1);
    drop(f.store);
    second.enlist(&host()).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_binary_is_refused_and_not_touched() {
    let f = Fixture::new(Kind::Sqlite).await.unwrap();
    let path = f.database.folder.path().join("liner.db");
    f.store.close().await;
    let sql = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
               values (9999, 'later', 1, x'00', 0); pragma wal_checkpoint(truncate)";
    f.database.execute(sql).await;
    let before = std::fs::read(&path).unwrap();
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("liner.db");
    std::fs::write(&path, "this is a diary, not a database, and it is longer than a header").unwrap();
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable { .. }), "{refused}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is a diary"));
}
