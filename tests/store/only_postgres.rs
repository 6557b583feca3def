//! What is true of a server.

use crate::fixture::{Fixture, link};
use liner::store::{Address, HostId, NewHost, StoreError, Stray, Terms, open};
use liner_tests::Kind;

#[tokio::test]
async fn a_host_that_comes_after_another_in_its_folder_takes_over_at_once() {
    let Some(f) = Fixture::new(Kind::Postgres).await else { return };
    let first = NewHost { id: f.host.clone(), name: "a test".into(), predecessor: None };
    f.store.enlist(&first).await.unwrap();
    f.store.enqueue(&[link(0)]).await.unwrap();
    f.claim(1).await.unwrap();
    let beside = NewHost { id: HostId::new(), ..first.clone() };
    assert_eq!(f.store.enlist(&beside).await.unwrap(), 0, "who starts elsewhere ends nothing");
    assert!(f.store.recover(&beside.id, &[], Stray::Any).await.unwrap().is_none());
    let heir = NewHost { id: HostId::new(), predecessor: Some(f.host.clone()), ..first };
    assert_eq!(f.store.enlist(&heir).await.unwrap(), 1);
    assert!(f.store.recover(&heir.id, &[], Stray::Any).await.unwrap().is_some());
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_binary_is_refused() {
    let Some(f) = Fixture::new(Kind::Postgres).await else { return };
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'later', true, '', 0)";
    f.database.execute(later).await;
    let refused = open(&Address::from_url(&f.database.url).unwrap(), &Terms::default()).await.map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }), "{refused}");
}
