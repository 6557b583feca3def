//! What is true of a server.

use crate::fixture::{Fixture, intent, link};
use liner::store::{
    Address, Admission, FailedMark, FailedQuery, HostId, LibraryQuery, Limits, NewHost, Store, StoreError, Stray,
    Terms, Verdict, Want, open,
};
use liner_tests::{Database, Kind};
use std::collections::HashSet;
use std::sync::Arc;

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
async fn who_finds_nothing_to_do_keeps_no_transaction_open() {
    let Some(f) = Fixture::new(Kind::Postgres).await else { return };
    let open = "select count(*) from pg_stat_activity
                where datname = current_database() and state like 'idle in transaction%'";
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let (call, limits) = (intent(&claim, "p"), Limits { daily_micros: 100, ..Limits::default() });
    for _ in 0..2 {
        assert_eq!(f.store.journal_intent(&call, &limits).await.unwrap(), Admission::Admitted);
    }
    assert_eq!(f.database.number(open).await, Some(0), "a question that was journalled already");
    f.settle_all(&claim, &Verdict::Refunded { reason: "busy".into(), rest_ms: 5_000 }).await;
    f.advance(5_000).await;
    f.store.pause("ada", None).await.unwrap();
    assert!(f.claim(1).await.is_none());
    assert_eq!(f.database.number(open).await, Some(0), "a pause: the row that is due again is nobody's");
    f.store.enqueue(&[link(0)]).await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_hosts_that_claim_at_once_find_all_that_is_due_and_nothing_twice() {
    const TRACKS: usize = 5_000;
    let Some(database) = Database::new(Kind::Postgres).await else { return };
    let mut stores = Vec::new();
    for _ in 0..5 {
        stores.push(database.store().await);
    }
    stores[0].enqueue(&(0..TRACKS).map(link).collect::<Vec<_>>()).await.unwrap();
    let work = async |store: Arc<dyn Store>| {
        let (host, mut claimed) = (HostId::new(), Vec::new());
        while let Some(claim) = store.claim(&Want::one(host.clone(), 20, 1)).await.unwrap().pop() {
            claimed.extend(claim.tracks.into_iter().map(|track| track.key));
        }
        claimed
    };
    let claimed = futures_util::future::join_all(stores.into_iter().map(work)).await.concat();
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), TRACKS);
    assert_eq!(claimed.len(), TRACKS);
}

/// How the server would read what a store asked last with some words, for arguments of some types.
async fn plan(f: &Fixture, words: &str, types: &str, arguments: &str) -> String {
    let asked = format!(
        "select query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
             and query like '{words}%' limit 1"
    );
    let query = f.database.texts(&asked).await.pop().unwrap();
    // Prepared and explained by one connection: what is executed together is.
    let noted = format!(
        "create table planned (step text);
         prepare page ({types}) as {query};
         do $$ declare step text; begin
             for step in execute 'explain execute page({arguments})' loop insert into planned values (step); end loop;
         end $$;
         deallocate page"
    );
    f.database.execute(&noted).await;
    let plan = f.database.texts("select step from planned").await.join("\n");
    f.database.execute("drop table planned").await;
    plan
}

#[tokio::test]
async fn a_page_is_sought_where_it_begins_however_deep_it_is() {
    let Some(f) = Fixture::new(Kind::Postgres).await else { return };
    f.enqueue(0..4_000).await;
    f.database.execute("update music_ai_queue set status = 'failed', processed_at = 1000 + id; analyze").await;
    let before = Some(FailedMark { at: 3_000, row: 2_000 });
    let failed = FailedQuery { before, search: None, platform: None, limit: 10 };
    let page = f.store.failed(&failed).await.unwrap();
    assert_eq!((page.len(), page[0].mark), (10, FailedMark { at: 2_999, row: 1_999 }));
    let sought =
        plan(&f, "select q.id, q.failed_at", "text, text, bigint, bigint, bigint", "null, null, 3000, 2000, 10");
    let sought = sought.await;
    assert!(sought.contains("music_ai_queue_failed") && sought.contains("failed_at <= "), "{sought}");

    let library = LibraryQuery { before: Some(2_000), limit: 10, ..LibraryQuery::default() };
    assert_eq!(f.store.library(&library).await.unwrap()[0].mark, 1_999);
    let sought = plan(&f, "select l.id as mark", "text, text, bigint, bigint", "null, null, 2000, 10").await;
    let lines: Vec<&str> = sought.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.contains("Index Scan Backward using music_library_pkey")).unwrap();
    assert!(lines[at + 1].starts_with("Index Cond: (id < "), "{sought}");
}
