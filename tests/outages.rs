//! The database goes away, in every way that databases do, while the real binary works and somebody looks at its status:
//! what it says is true, no attempt is burnt, nothing is asked twice, and it goes on by itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner::worker::GRACE;
use liner_tests::accounts::{Accounts, TRACKS};
use liner_tests::{Database, Host, Kind, Proxy, StubModel, Watch, eventually, liner_under, vague_rows};
use sqlx::Connection;
use std::path::Path;
use std::time::{Duration, Instant};

/// Sees soon that a server is silent.
const IMPATIENT: [(&str, &str); 2] =
    [("LINER_DATABASE_CONNECT_TIMEOUT_MS", "500"), ("LINER_DATABASE_STATEMENT_TIMEOUT_MS", "1000")];

/// A database on a server of its own behind a proxy, a host with four questions under way, and somebody who watches it.
struct Scene {
    accounts: Accounts,
    proxy: Proxy,
    host: Host,
    watch: Watch,
}

impl Scene {
    async fn set() -> Option<Self> {
        let (database, proxy) = Database::behind_a_proxy().await?;
        database.log_writes().await;
        let accounts = Accounts { database, model: StubModel::gated(0).await };
        let host = accounts.host(&IMPATIENT).await;
        host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
        questions(&accounts, 4).await;
        let watch = Watch::over(&host);
        let scene = Self { accounts, proxy, host, watch };
        scene.database_is(true).await;
        Some(scene)
    }

    async fn database_is(&self, usable: bool) {
        let what = format!("the status says that the database can be used: {usable}");
        eventually(&what, || async { (self.watch.sees_database() == Some(usable)).then_some(()) }).await;
    }

    /// What is true when the database was away once.
    async fn balance(self) {
        self.database_is(true).await;
        self.accounts.balance(&self.host, 0).await;
        no_attempt_was_burnt(&self.accounts).await;
        assert_eq!(self.watch.end(), [true, false, true]);
    }
}

async fn questions(accounts: &Accounts, n: usize) {
    let received = || async { (accounts.model.exchanges().len() == n).then_some(()) };
    eventually(&format!("{n} questions"), received).await;
}

async fn no_attempt_was_burnt(accounts: &Accounts) {
    let burnt = "select count(*) from music_ai_queue where retry_count > 1";
    assert_eq!(accounts.database.number(burnt).await, Some(0));
}

#[tokio::test]
async fn a_server_that_is_stopped_for_half_a_minute_under_load_is_waited_for() {
    let Some(scene) = Scene::set().await else { return };
    let server = scene.accounts.database.server();
    let stopped = Instant::now();
    server.stop();
    // The replies come while there is nowhere to write them.
    scene.accounts.model.allow(1_000);
    scene.database_is(false).await;
    while stopped.elapsed() < Duration::from_secs(30) {
        assert_eq!(scene.watch.sees_database(), Some(false));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(scene.accounts.model.exchanges().len(), 4, "nothing is asked that cannot be written down");
    server.start_again();
    scene.balance().await;
}

#[tokio::test]
async fn a_host_that_is_told_to_stop_while_its_server_is_away_does_not_wait_for_it_for_ever() {
    let Some(mut scene) = Scene::set().await else { return };
    scene.accounts.database.server().stop();
    scene.accounts.model.allow(1_000);
    scene.database_is(false).await;
    scene.host.signal("TERM");
    // What is in flight has its time to finish, and the database some more to come back.
    let stopped = tokio::time::timeout(GRACE + Duration::from_secs(20), scene.host.wait()).await;
    assert_eq!(stopped.expect("it stops").code(), Some(0));
}

#[tokio::test]
async fn a_server_that_falls_silent_without_closing_its_connections_is_noticed_and_waited_for() {
    let Some(scene) = Scene::set().await else { return };
    scene.proxy.hush(true);
    scene.accounts.model.allow(1_000);
    scene.database_is(false).await;
    let status = scene.host.get("/api/music-ai/worker/status").await.json;
    assert!(status["database"]["reason"].as_str().unwrap().contains("did not answer within"), "{status}");
    // Anybody may probe: where the database is, a probe does not say.
    let ready = scene.host.get("/readyz").await;
    let said = "the database does not answer; the log of this host says why";
    assert_eq!((ready.status, ready.json["error"].as_str()), (503, Some(said)));
    // What was sent before arrives now too: settlements that their host took for lost.
    scene.proxy.hush(false);
    scene.balance().await;
}

#[tokio::test]
async fn a_primary_that_dies_is_left_for_the_standby_that_is_promoted() {
    let Some(scene) = Scene::set().await else { return };
    let primary = scene.accounts.database.server();
    let standby = primary.standby().await;
    scene.accounts.model.allow(2);
    let settled = "select count(*) from extraction_batch where state = 'settled'";
    eventually("two batches are settled on both", || async {
        (scene.accounts.database.number(settled).await == Some(2)).then_some(())
    })
    .await;
    primary.stop();
    scene.accounts.model.allow(1_000);
    scene.database_is(false).await;
    standby.promote();
    scene.proxy.lead_to(standby.port());
    scene.balance().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_of_a_settlement_is_made_again() {
    let Some(accounts) = Accounts::open(Kind::Postgres, StubModel::gated(0).await).await else { return };
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    questions(&accounts, 4).await;
    // Somebody else holds what the settlement needs.
    let mut other = sqlx::PgConnection::connect(&accounts.database.url).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::raw_sql("select 1 from extraction_batch for update").execute(&mut *held).await.unwrap();
    accounts.model.allow(1_000);
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and application_name = 'liner' and wait_event_type = 'Lock'";
    eventually("a settlement that waits is cut", || async {
        (accounts.database.number(cut).await > Some(0)).then_some(())
    })
    .await;
    held.rollback().await.unwrap();
    accounts.balance(&host, 0).await;
    no_attempt_was_burnt(&accounts).await;
}

#[tokio::test]
async fn connections_that_are_cut_again_and_again_cost_nothing() {
    let model = StubModel::slow(Duration::from_millis(30)).await;
    let Some(accounts) = Accounts::open(Kind::Postgres, model).await else { return };
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = current_database() and application_name = 'liner'";
    let left = "select count(*) from music_ai_queue where status <> 'completed'";
    let (mut before, mut cuts) = (TRACKS as i64, 0);
    while before > 0 {
        before = eventually("a batch more is settled, cut or not", || async {
            accounts.database.number(left).await.filter(|left| *left < before)
        })
        .await;
        cuts += accounts.database.number(cut).await.unwrap();
    }
    assert!(cuts >= 10, "{cuts} connections were cut");
    accounts.balance(&host, 0).await;
    no_attempt_was_burnt(&accounts).await;
}

/// Sets a database's clock ahead of the machine's.
fn ahead(kind: Kind, ms: i64) -> String {
    match kind {
        Kind::Sqlite => format!(
            "drop view clock; create view clock as
            select cast(unixepoch('subsec') * 1000 as integer) + {ms} as ms"
        ),
        Kind::Postgres => format!(
            "create or replace view clock as
            select (extract(epoch from clock_timestamp()) * 1000)::bigint + {ms} as ms"
        ),
    }
}

/// What happens to the leases of one host when the database's clock jumps.
async fn jump(kind: Kind, hours: i64) {
    let Some(accounts) = Accounts::open(kind, StubModel::gated(0).await).await else { return };
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    questions(&accounts, 4).await;
    accounts.database.execute(&ahead(kind, hours * 3_600_000)).await;
    accounts.model.allow(2);
    host.queue_when("two batches are settled", |queue| queue["completed"] == 10).await;
    accounts.database.execute(&ahead(kind, 0)).await;
    accounts.model.allow(1_000);
    accounts.balance(&host, 0).await;
    no_attempt_was_burnt(&accounts).await;
}

#[tokio::test]
async fn a_files_clock_that_jumps_by_an_hour_and_back_takes_its_host_no_work() {
    jump(Kind::Sqlite, 1).await;
    jump(Kind::Sqlite, -1).await;
}

#[tokio::test]
async fn a_servers_clock_that_jumps_by_an_hour_and_back_takes_its_one_host_no_work() {
    jump(Kind::Postgres, 1).await;
    jump(Kind::Postgres, -1).await;
}

#[tokio::test]
async fn a_servers_clock_that_jumps_under_two_hosts_fences_one_and_what_that_costs_is_counted() {
    let Some(accounts) = Accounts::open(Kind::Postgres, StubModel::gated(0).await).await else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let host = accounts.host(&[]).await;
    // One that has room for what the other one holds.
    let _other = accounts.host_in(elsewhere.path(), &[("AI_WORKER_CONCURRENCY", "12")]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    questions(&accounts, TRACKS / 5).await;
    let of_this = format!("select count(*) from extraction_batch where host_id = '{}'", host.id().await);
    let held = accounts.database.number(&of_this).await.unwrap();
    // Every lease has ended, and who has room takes over what is not its own.
    accounts.database.execute(&ahead(Kind::Postgres, 3_600_000)).await;
    questions(&accounts, TRACKS / 5 + usize::try_from(held).unwrap()).await;
    accounts.model.allow(1_000);
    accounts.balance(&host, held).await;
}

/// A host whose data folder is a file system of a few megabytes of its own. None where a test may not mount one.
async fn on_a_small_disk(accounts: &Accounts, folder: &Path) -> Option<Host> {
    let script = "mkdir -p small && mount -t tmpfs -o size=6m tmpfs small && exec \"$@\"";
    if !may_mount() {
        return None;
    }
    let url = format!("sqlite:{}", folder.join("small/liner.db").display());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("AI_WORKER_BATCH_SIZE", "5"),
        ("AI_MODEL", "claude-haiku-4-5"),
        ("RUST_LOG", "liner=warn"),
    ];
    let mut all = vec![("ANTHROPIC_API_KEY", liner_tests::KEY), ("ANTHROPIC_BASE_URL", accounts.model.url.as_str())];
    all.extend(settings);
    Some(Host::start_under(folder, &["unshare", "-rm", "sh", "-c", script, "sh"], &all).await)
}

#[tokio::test]
async fn a_disk_that_is_full_is_waited_for_and_what_was_answered_is_kept() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::gated(0).await).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let Some(host) = on_a_small_disk(&accounts, folder.path()).await else { return };
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    questions(&accounts, 4).await;
    let watch = Watch::over(&host);
    // The file system is the host's own: it is seen through the host.
    let small = format!("/proc/{}/root{}", host.pid(), folder.path().join("small").display());
    let ballast = Path::new(&small).join("ballast");
    fill(&ballast);
    accounts.model.allow(1_000);
    eventually("the status says why", || async {
        let status = host.get("/api/music-ai/worker/status").await.json;
        status["database"]["reason"].as_str().unwrap_or_default().contains("full").then_some(())
    })
    .await;
    let refused = host.post("/api/music-ai/queue", vague_rows(TRACKS + 5_000)).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    std::fs::remove_file(&ballast).unwrap();
    let queue = host.drained().await;
    assert_eq!((&queue["completed"], &queue["failed"]), (&TRACKS.into(), &0.into()));
    assert_eq!(accounts.model.exchanges().len(), TRACKS / 5, "nothing was asked twice");
    let _ = watch.end();
}

/// Whether a test may have file systems of its own; says so where it may not.
fn may_mount() -> bool {
    let mount = std::process::Command::new("unshare").args(["-rm", "sh", "-c", "mount -t tmpfs none /mnt"]).status();
    let may = mount.is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: a file system of a test's own cannot be mounted here (unshare -rm)");
    }
    may
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_refused_at_once_with_what_to_do() {
    if !may_mount() {
        return;
    }
    let database = Database::new(Kind::Sqlite).await.unwrap();
    let settings = [("DATABASE_URL", database.url.as_str()), ("PORT", "0")];
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"";
    let file = database.folder.path().join("liner.db").display().to_string();
    for read_only in [database.folder.path().to_str().unwrap(), file.as_str()] {
        let elsewhere = tempfile::tempdir().unwrap();
        let programs = ["unshare", "-rm", "sh", "-c", script, read_only];
        let refused = liner_under(elsewhere.path(), &programs, &["serve"], &settings, "").await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        let sentence = format!("cannot open the database {file}: Read-only file system");
        assert!(refused.stderr.contains(&sentence) && refused.stderr.contains("DATABASE_URL"), "{}", refused.stderr);
    }
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    use std::io::Write;
    let mut ballast = std::fs::File::create(path).unwrap();
    while ballast.write_all(&[0; 4_096]).is_ok() {}
}
