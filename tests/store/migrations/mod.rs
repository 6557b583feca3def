//! A database of the former version, full of rows, is brought up to date by opening it: every row is still there, every
//! column says what it said, and the work goes on where it was. The next version is one more [`Former`].

mod postgres_1;
mod postgres_2;
mod postgres_3;
mod sqlite_2;
mod sqlite_3;
mod sqlite_4;
mod sqlite_5;

use liner::digest::Digest;
use liner::music::Track;
use liner::store::{HostId, NewHost, Settlement, Store, Stray, Want};
use liner_tests::{Database, Kind};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Every former version that databases may be of.
const FORMERS: &[&Former] = &[
    &sqlite_2::VERSION_2,
    &sqlite_3::VERSION_3,
    &sqlite_4::VERSION_4,
    &sqlite_5::VERSION_5,
    &postgres_1::VERSION_1,
    &postgres_2::VERSION_2,
    &postgres_3::VERSION_3,
];

/// A former version.
pub struct Former {
    pub kind: Kind,
    /// Its newest migration.
    pub version: i64,
    /// The version that its rows are written for: they are brought up from there.
    pub filled_in: i64,
    /// Statements that fill a database of that version.
    pub rows: &'static str,
    /// What becomes of its tables: of all of them.
    pub tables: &'static [Table],
}

/// What becomes of a table.
pub struct Table {
    pub name: &'static str,
    /// What is read in its place now.
    pub is: &'static str,
    /// Which of that its columns are of.
    pub columns_are: &'static str,
    /// By what its rows are put in order, then and now.
    pub order: (&'static str, &'static str),
    /// Columns that say the same in another way.
    pub changed: &'static [Became],
}

/// What becomes of a column.
pub struct Became {
    pub column: &'static str,
    /// What it is compared as, in the former version.
    pub was: &'static str,
    /// And now.
    pub is: &'static str,
}

impl Table {
    /// One that keeps its name.
    pub const fn kept(name: &'static str, order: &'static str) -> Self {
        Self { name, is: name, columns_are: name, order: (order, order), changed: &[] }
    }
}

/// A digest of every column of every table, by `table.column`, and of how many rows there are.
type Digests = BTreeMap<String, String>;

impl Former {
    /// What the former version says of its own tables.
    async fn before(&self, database: &Database) -> Digests {
        let mut known: Vec<&str> = self.tables.iter().map(|table| table.name).collect();
        known.sort_unstable();
        assert_eq!(tables(database).await, known, "say what becomes of every table");
        let mut digests = Digests::new();
        for table in self.tables {
            let changed = |column: &str| table.changed.iter().find(|became| became.column == column);
            for column in columns(database, table.name).await {
                let expression = changed(&column).map_or(column.as_str(), |became| became.was);
                let digest = digest(database, expression, table.name, table.order.0).await;
                digests.insert(format!("{}.{column}", table.name), digest);
            }
        }
        digests
    }

    /// What the present one says of the same columns.
    async fn after(&self, database: &Database, before: &Digests) -> Digests {
        let mut digests = Digests::new();
        for name in before.keys() {
            let (table, column) = name.split_once('.').unwrap();
            let table = self.tables.iter().find(|known| known.name == table).unwrap();
            let same = format!("{}.{column}", table.columns_are);
            let expression =
                table.changed.iter().find(|became| became.column == column).map_or(same.as_str(), |it| it.is);
            digests.insert(name.clone(), digest(database, expression, table.is, table.order.1).await);
        }
        digests
    }
}

async fn tables(database: &Database) -> Vec<String> {
    database
        .texts(match database.kind {
            Kind::Sqlite => {
                "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'
                     and name <> '_sqlx_migrations' order by name"
            }
            Kind::Postgres => {
                "select table_name::text from information_schema.tables where table_schema = 'public'
                     and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations' order by table_name collate \"C\""
            }
        })
        .await
}

async fn columns(database: &Database, table: &str) -> Vec<String> {
    let columns = match database.kind {
        Kind::Sqlite => format!("select name from pragma_table_info('{table}')"),
        Kind::Postgres => format!(
            "select column_name::text from information_schema.columns where table_schema = 'public' and table_name = '{table}'"
        ),
    };
    database.texts(&columns).await
}

/// How many values there are, and a digest of them all in their order.
async fn digest(database: &Database, expression: &str, from: &str, order: &str) -> String {
    let values = match database.kind {
        Kind::Sqlite => format!(
            "select count(*) || ' ' || ifnull(group_concat(value, char(10)), '')
             from (select quote({expression}) as value from {from} order by {order})"
        ),
        Kind::Postgres => format!(
            "select count(*) || ' ' || coalesce(string_agg(value, chr(10) order by at), '')
             from (select quote_nullable(({expression})::text) as value, row_number() over (order by {order}) as at
                   from {from}) as listed"
        ),
    };
    let values = database.texts(&values).await.concat();
    let (count, values) = values.split_once(' ').unwrap();
    format!("{count} values: {}", Digest::of(values.as_bytes()).short())
}

/// A database of a former version, brought up to date, and what it said before.
async fn brought_up_to_date(former: &Former) -> Option<(Database, Arc<dyn Store>, Digests)> {
    let database = Database::of_version(former.kind, former.filled_in).await?;
    database.execute(former.rows).await;
    database.bring_up_to(former.version).await;
    let before = former.before(&database).await;
    let started = Instant::now();
    let store = database.store().await;
    let took = started.elapsed();
    let tracks = database.number("select count(*) from music_library").await.unwrap();
    eprintln!(
        "{}: version {} with {tracks} tracks was brought up to date in {took:?}",
        former.kind.name(),
        former.version
    );
    Some((database, store, before))
}

#[tokio::test]
async fn every_row_and_every_column_of_the_former_version_is_still_there() {
    for former in FORMERS {
        let Some((database, _, before)) = brought_up_to_date(former).await else { continue };
        let after = former.after(&database, &before).await;
        for (name, digest) in &before {
            assert_eq!((name, digest), (name, &after[name]));
        }
    }
}

/// What a batch was shown, out of a former version.
type Shown = BTreeMap<String, Vec<Track>>;

fn shown(rows: Vec<String>) -> Shown {
    rows.iter()
        .map(|row| {
            let (id, tracks) = row.split_once(' ').unwrap();
            (id.to_owned(), serde_json::from_str(tracks).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn work_that_was_under_way_in_version_2_of_a_file_goes_on_with_its_tracks_and_its_paid_replies() {
    let former = &sqlite_2::VERSION_2;
    let database = Database::of_version(former.kind, former.version).await.unwrap();
    database.execute(former.rows).await;
    let of = |state| format!("select root_id || ' ' || tracks from extraction_batch where state = '{state}'");
    let (leased, settled) = (shown(database.texts(&of("leased")).await), shown(database.texts(&of("settled")).await));
    let store = database.store().await;
    assert_eq!(store.paused().await.unwrap().unwrap().reason.as_deref(), Some("an update"));
    store.resume().await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.failed, counts.completed), (15_000, 2_500, 2_500, 10_000));
    assert_eq!(counts.waiting.values().collect::<Vec<_>>(), [&2_500; 4]);
    assert_eq!(store.lost_calls().await.unwrap(), 42, "of those that were lost before");

    let host = NewHost { id: HostId::new(), name: "heir".into(), predecessor: None };
    assert_eq!(store.enlist(&host).await.unwrap(), 125);
    let mut taken = Shown::new();
    while let Some(claim) = store.recover(&host.id, &[], Stray::Any).await.unwrap() {
        assert!(claim.open.iter().all(|open| *open));
        let reply = store
            .journalled_reply(&format!("prompt {} 0", claim.root), &claim.root, &[], crate::fixture::REUSE)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(reply.reply.text, format!("reply of {}", claim.root));
        let verdicts = (0u32..).zip(&claim.tracks).map(|(n, _)| (n, crate::fixture::completed("Recovered"))).collect();
        let settlement = Settlement { verdicts, ..Settlement::default() };
        store.settle(&claim.lease, &settlement, true).await.unwrap();
        taken.insert(claim.root.to_string(), claim.tracks);
    }
    assert_eq!(taken, leased, "each is shown what it was shown before");
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.processing, counts.completed), (0, 12_500));
    let replayed = store.settled_batches(1_000, None, 1_000).await.unwrap();
    let replayed: Shown = replayed.into_iter().map(|batch| (batch.root.to_string(), batch.tracks)).collect();
    assert!(settled.iter().all(|(root, tracks)| replayed[root] == *tracks), "and so is a replay");
    let claims = store.claim(&Want { batches: 4, ..Want::one(host.id.clone(), 20, 3) }).await.unwrap();
    assert_eq!(claims.len(), 4, "what is due is claimed");
}

#[test]
fn the_version_before_the_newest_is_tested_on_each_database() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let tested = FORMERS.iter().filter(|former| former.kind == kind).map(|former| former.version).max();
        assert_eq!(tested.unwrap(), Database::newest_version(kind) - 1, "{}", kind.name());
    }
}
