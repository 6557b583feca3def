//! Connecting to a server, and bringing its tables up to date where this role may.

use super::PostgresStore;
use super::change::Watch;
use super::journal::{Answers, Intents, Lookups};
use super::line::{Breaks, Line};
use super::settle::Settlements;
use crate::store::address::{PostgresAddress, Terms};
use crate::store::gather::Gather;
use crate::store::{NewHost, StoreError};
use crate::tls;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Connections that are not the pool's: claims, two for new links, lookups, questions, answers, settlements.
const LINES: u32 = 7;
/// For statements that find rows by key: they are planned once, whatever their lists hold, and a small table is not better
/// read as a whole.
const BY_KEY: &str = "set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off;
    set enable_seqscan = off";
/// For statements whose lists are long: they are planned for the lengths that they have.
const BY_SIZE: &str = "set plan_cache_mode = force_custom_plan";
/// How long a connection that is given back may take to answer before it is closed.
const PING: Duration = Duration::from_secs(2);
/// How long a connection may idle in the pool.
const IDLE: Duration = Duration::from_secs(300);

impl PostgresStore {
    /// Connects, making the tables and bringing them up to date when needed.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] and [`StoreError::Unusable`]; the database is as it was then.
    pub async fn open(address: &PostgresAddress, terms: Terms) -> Result<Self, StoreError> {
        tls::ready();
        let options = Arc::new(address.options());
        let breaks = Breaks::default();
        let trusted = breaks.clone();
        let pool = PgPoolOptions::new()
            .max_connections(terms.connections.saturating_sub(LINES).max(2))
            .acquire_timeout(terms.connect_timeout)
            .idle_timeout(IDLE)
            .test_before_acquire(false)
            .before_acquire(move |_, of| {
                let is_trusted = trusted.spared(of.age);
                Box::pin(async move { Ok(is_trusted) })
            })
            .after_connect(move |connection, _| Box::pin(async move { settle_in(connection, &terms).await }))
            .after_release(|connection, _| {
                Box::pin(async move {
                    timeout(PING, connection.ping())
                        .await
                        .map_or(Err(sqlx::Error::PoolTimedOut), |pong| pong.map(|()| true))
                })
            })
            .connect_lazy_with((*options).clone());
        let prepare = async { bring_up_to_date(&mut *pool.acquire().await?, &terms).await };
        prepare.await.map_err(|error| named(address, error))?;
        let name: Arc<str> = address.to_string().into();
        let line = |settings| Line::new(name.clone(), options.clone(), terms, breaks.clone(), settings);
        Ok(Self {
            claims: Arc::new(line(BY_KEY)),
            enqueues: Arc::new([line(BY_SIZE), line(BY_SIZE)]),
            lookups: Gather::start(Lookups(line(BY_KEY))),
            intents: Gather::start(Intents::new(line(BY_KEY))),
            answers: Gather::start(Answers(line(BY_KEY))),
            settlements: Gather::start(Settlements::new(line(BY_KEY))),
            watch: Arc::new(tokio::sync::Mutex::new(Watch::default())),
            name,
            pool,
            breaks,
            terms,
        })
    }

    /// What a host that ran in the same folder was working on is free at once: it is certainly gone.
    pub(super) async fn enlist_host(&self, host: &NewHost) -> Result<u64, StoreError> {
        self.register(host).await?;
        let Some(predecessor) = &host.predecessor else { return Ok(0) };
        sqlx::query(
            "update host set stopped_at = (select ms from clock), in_flight = 0 where id = $1 and stopped_at is null",
        )
        .bind(predecessor.as_str())
        .execute(&self.pool)
        .await?;
        let ended = sqlx::query("update extraction_batch set lease_until = 0 where state = 'leased' and host_id = $1")
            .bind(predecessor.as_str())
            .execute(&self.pool)
            .await?;
        Ok(ended.rows_affected())
    }

    pub(super) async fn let_go(&self) {
        self.watch.lock().await.stop();
        self.pool.close().await;
    }
}

/// What holds for every connection.
pub async fn settle_in(connection: &mut PgConnection, terms: &Terms) -> Result<(), sqlx::Error> {
    let ms = terms.statement_timeout.as_millis();
    let settings = format!(
        "set application_name = 'liner'; set statement_timeout = {ms}; set lock_timeout = {ms};
         set idle_in_transaction_session_timeout = {ms}; set jit = off"
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await?;
    Ok(())
}

/// One connection, with what holds for all of them.
///
/// # Errors
/// [`StoreError::Unreachable`] and [`StoreError::Unusable`].
pub async fn connect(address: &PostgresAddress, terms: &Terms) -> Result<PgConnection, StoreError> {
    tls::ready();
    let options = address.options();
    let connecting = async {
        let mut connection = options.connect().await?;
        settle_in(&mut connection, terms).await?;
        Ok(connection)
    };
    let connected = timeout(terms.connect_timeout, connecting).await;
    let silent = |_| Err(StoreError::silent(&address.to_string(), terms.connect_timeout));
    connected.unwrap_or_else(silent).map_err(|error| named(address, error))
}

/// What opening a database failed of, with its name. That TLS fails does not pass: certificates and settings are wrong
/// until somebody changes them.
fn named(address: &PostgresAddress, error: StoreError) -> StoreError {
    let path = address.to_string();
    match error {
        StoreError::Database(cause) if is_of_tls(&cause) => {
            StoreError::Unusable { path, reason: format!("TLS fails, see sslmode and sslrootcert in its URL: {cause}") }
        }
        StoreError::Database(ref cause) if error.may_pass() => {
            StoreError::Unreachable { address: path, reason: cause.to_string() }
        }
        StoreError::Database(cause) => StoreError::Unusable { path, reason: cause.to_string() },
        other => other,
    }
}

fn is_of_tls(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => error.get_ref().is_some_and(|error| error.is::<rustls::Error>()),
        _ => false,
    }
}

/// Makes or changes tables only when there is something to do: a role that may not is no worse off while there is nothing.
///
/// # Errors
/// [`StoreError::TooNew`], and [`StoreError::Unusable`] when this role may not.
pub async fn bring_up_to_date(connection: &mut PgConnection, terms: &Terms) -> Result<(), StoreError> {
    let known = known_migration();
    let found = newest_migration(connection).await?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    // A change of full tables takes its time, also that of another host that makes it just now.
    sqlx::raw_sql("set statement_timeout = 0; set lock_timeout = 0").execute(&mut *connection).await?;
    let run = MIGRATIONS.run(&mut *connection).await;
    let bounded = format!("set statement_timeout = {0}; set lock_timeout = {0}", terms.statement_timeout.as_millis());
    sqlx::raw_sql(AssertSqlSafe(bounded)).execute(connection).await?;
    run.map_err(|error| match error {
        MigrateError::Execute(error) if is_forbidden(&error) => StoreError::Unusable {
            path: "its tables".to_owned(),
            reason: "they have to be made or changed, and this role may not; run `liner migrate` with one that may"
                .to_owned(),
        },
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Corrupt(other.to_string()),
    })
}

/// The newest migration that this version knows.
pub(super) fn known_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A database's newest migration, or 0.
pub(super) async fn newest_migration(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let has_table: bool =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut *connection).await?;
    if !has_table {
        return Ok(0);
    }
    let newest = "select coalesce(max(version), 0) from _sqlx_migrations where success";
    Ok(sqlx::query_scalar(newest).fetch_one(connection).await?)
}

/// SQLSTATE 42501, insufficient privilege.
fn is_forbidden(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "42501")
}
