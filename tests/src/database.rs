//! Databases of a test's own, on either kind, whose clock the test moves.

use crate::{Proxy, postgres};
use liner::store::{Address, Store, Terms, open};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::OnceCell;

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The migrations up to one.
fn until(all: &Migrator, version: i64) -> Migrator {
    let known = all.iter().filter(|migration| migration.version <= version).cloned().collect::<Vec<_>>();
    Migrator::with_migrations(known)
}

/// Which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A database on the server of this process.
    Postgres,
}

impl Kind {
    /// Its name in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database with a connection of the test's own.
pub struct Database {
    /// Which kind.
    pub kind: Kind,
    /// The value of `DATABASE_URL`.
    pub url: String,
    /// A folder of the test's own; a file's database is in it.
    pub folder: TempDir,
    direct: Direct,
    /// A server of its own.
    server: Option<postgres::Server>,
}

enum Direct {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The database that others are copied from: its tables are up to date.
async fn template(server: &postgres::Server) {
    static MADE: OnceCell<()> = OnceCell::const_new();
    let make = || async {
        administer(server, "create database liner_template").await;
        let address = Address::from_url(&server.url("liner_template")).unwrap();
        open(&address, &Terms::default()).await.unwrap().close().await;
    };
    MADE.get_or_init(make).await;
}

async fn administer(server: &postgres::Server, statement: &str) {
    use sqlx::Connection;
    // Copying a template fails while something is connected to it, a connection that is just closing too.
    crate::eventually(statement, || async {
        let mut connection = sqlx::PgConnection::connect(&server.url("postgres")).await.ok()?;
        let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await;
        connection.close().await.ok()?;
        done.ok().map(|_| ())
    })
    .await;
}

impl Database {
    /// An empty database; none where its kind is not installed.
    pub async fn new(kind: Kind) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (url, direct) = match kind {
            Kind::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("liner.db").display());
                open(&Address::from_url(&url).unwrap(), &Terms::default()).await.unwrap().close().await;
                let direct = SqlitePool::connect_lazy(&url).unwrap();
                (url, Direct::Sqlite(direct))
            }
            Kind::Postgres => {
                let server = postgres::shared()?;
                template(server).await;
                let name = postgres::fresh_name();
                administer(server, &format!("create database {name} template liner_template")).await;
                let url = server.url(&name);
                let direct = PgPool::connect_lazy(&url).unwrap();
                (url, Direct::Postgres(direct))
            }
        };
        Some(Self { kind, url, folder, direct, server: None })
    }

    /// An empty database as a former version of the program left it: with the migrations up to one.
    pub async fn of_version(kind: Kind, version: i64) -> Option<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("liner.db");
                let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
                let pool = SqlitePool::connect_lazy_with(options.journal_mode(SqliteJournalMode::Wal));
                until(&SQLITE, version).run(&pool).await.unwrap();
                let url = format!("sqlite:{}", file.display());
                Some(Self { kind, url, folder, direct: Direct::Sqlite(pool), server: None })
            }
            Kind::Postgres => {
                let server = postgres::shared()?;
                let name = postgres::fresh_name();
                administer(server, &format!("create database {name}")).await;
                let url = server.url(&name);
                let pool = PgPool::connect_lazy(&url).unwrap();
                until(&POSTGRES, version).run(&pool).await.unwrap();
                let folder = tempfile::tempdir().unwrap();
                Some(Self { kind, url, folder, direct: Direct::Postgres(pool), server: None })
            }
        }
    }

    /// Brings it up to a later version.
    pub async fn bring_up_to(&self, version: i64) {
        match &self.direct {
            Direct::Sqlite(pool) => until(&SQLITE, version).run(pool).await.unwrap(),
            Direct::Postgres(pool) => until(&POSTGRES, version).run(pool).await.unwrap(),
        }
    }

    /// The newest migration.
    #[must_use]
    pub fn newest_version(kind: Kind) -> i64 {
        let all = match kind {
            Kind::Sqlite => &SQLITE,
            Kind::Postgres => &POSTGRES,
        };
        all.iter().map(|migration| migration.version).max().unwrap()
    }

    /// As [`Database::new`], but for measuring: what is committed is on the disk. A server is one of its own.
    pub async fn durable(kind: Kind) -> Option<Self> {
        if kind == Kind::Sqlite {
            return Self::new(kind).await;
        }
        let server = postgres::Server::start_with(&["-c max_connections=250"])?;
        administer(&server, "create database liner").await;
        let url = server.url("liner");
        Some(Self::on_server(server, url))
    }

    /// An empty database on a server of its own, behind a proxy.
    pub async fn behind_a_proxy() -> Option<(Self, Proxy)> {
        let server = postgres::Server::start()?;
        administer(&server, "create database liner").await;
        let proxy = Proxy::to(server.port()).await;
        let url = proxy.url(&server.url("liner"));
        let database = Self::on_server(server, url);
        database.store().await.close().await;
        Some((database, proxy))
    }

    fn on_server(server: postgres::Server, url: String) -> Self {
        let direct = Direct::Postgres(PgPool::connect_lazy(&url).unwrap());
        Self { kind: Kind::Postgres, url, folder: tempfile::tempdir().unwrap(), direct, server: Some(server) }
    }

    /// Its own server.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub const fn server(&self) -> &postgres::Server {
        self.server.as_ref().expect("a server of its own")
    }

    /// Processor seconds that its own server has taken.
    #[must_use]
    pub fn cpu(&self) -> f64 {
        self.server.as_ref().map_or(0.0, postgres::Server::cpu)
    }

    /// Brings statistics up to date, and what was written into the files.
    pub async fn checkpoint(&self) {
        match self.kind {
            Kind::Sqlite => self.execute("pragma wal_checkpoint(truncate)").await,
            Kind::Postgres => {
                self.execute("analyze").await;
                self.execute("checkpoint").await;
            }
        }
    }

    /// A store on it.
    pub async fn store(&self) -> Arc<dyn Store> {
        open(&Address::from_url(&self.url).unwrap(), &Terms::default()).await.unwrap()
    }

    /// Executes statements.
    pub async fn execute(&self, statements: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        match &self.direct {
            Direct::Sqlite(pool) => drop(statements.execute(pool).await.unwrap()),
            Direct::Postgres(pool) => drop(statements.execute(pool).await.unwrap()),
        }
    }

    /// The number that a query answers; none for no row, or null.
    pub async fn number(&self, query: &str) -> Option<i64> {
        match &self.direct {
            Direct::Sqlite(pool) => {
                sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_optional(pool).await.unwrap().flatten()
            }
            Direct::Postgres(pool) => {
                sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_optional(pool).await.unwrap().flatten()
            }
        }
    }

    /// The texts that a query answers.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        match &self.direct {
            Direct::Sqlite(pool) => sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(pool).await.unwrap(),
            Direct::Postgres(pool) => {
                sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(pool).await.unwrap()
            }
        }
    }

    /// Lets the library note in `write_log` every time that a track's title is written.
    pub async fn log_writes(&self) {
        self.execute("create table write_log (id bigint)").await;
        self.execute(match self.kind {
            Kind::Sqlite => {
                "create trigger log_write after update of title on music_library when new.title is not null begin
                     insert into write_log values (new.id); end"
            }
            Kind::Postgres => {
                "create function log_write() returns trigger language plpgsql as
                     'begin insert into write_log values (new.id); return null; end';
                 create trigger log_write after update of title on music_library
                 for each row when (new.title is not null) execute function log_write()"
            }
        })
        .await;
    }

    /// Lets its clock stand still until it is moved: a table takes the place of the view that every statement asks.
    pub async fn stop_clock(&self, at: i64) {
        self.execute(&format!(
            "drop view clock; create table clock (ms bigint not null); insert into clock values ({at})"
        ))
        .await;
    }

    /// Empties the queue, the library and the journal, and sets a clock that was stopped.
    pub async fn clear(&self, at: i64) {
        self.execute(&format!(
            "delete from music_ai_queue; delete from music_library; delete from extraction_batch; delete from model_call;
             delete from provider_budget; delete from model_use; delete from host; delete from page_site;
             update worker_control set paused_at = null; update clock set ms = {at}"
        ))
        .await;
    }

    /// Moves a clock that was stopped.
    pub async fn advance(&self, ms: i64) {
        self.execute(&format!("update clock set ms = ms + {ms}")).await;
    }
}
