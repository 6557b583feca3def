//! Three hosts, each behind a wire of its own, and what befalls them.

use crate::books::Books;
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use liner_tests::accounts::Accounts;
use liner_tests::{Database, HOSTILE, Host, Kind, Proxy, StubModel, message_about, vague_row};
use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A host is killed and started again.
    Kill,
    /// A host dies at a step of a batch's way, where little time is to be killed in, and is started again.
    DieAt,
    /// A host is frozen past its leases, and wakes.
    Freeze,
    /// A host's wire to the database carries nothing for a while.
    Silence,
    /// Connections are cut by the server.
    Cut,
    /// The server is stopped as by a power cut, and started again.
    PowerCut,
    /// The model refuses for a while.
    Refusal,
    /// A strategy is uploaded, and rolled back.
    Swap,
    /// The fleet is paused for a while.
    Pause,
    /// A host takes nothing more for a while.
    Drain,
    /// A host is stopped in good order and started again.
    Restart,
    /// Nothing.
    Peace,
}

/// All of them, the worst twice.
pub const FAULTS: [Fault; 14] = [
    Fault::Kill,
    Fault::Kill,
    Fault::DieAt,
    Fault::DieAt,
    Fault::Freeze,
    Fault::Silence,
    Fault::Cut,
    Fault::PowerCut,
    Fault::Refusal,
    Fault::Swap,
    Fault::Pause,
    Fault::Drain,
    Fault::Restart,
    Fault::Peace,
];

/// Where a host may die.
const STEPS: [&str; 5] = ["AfterClaim:1", "AfterReply:2", "AfterJournal:2", "BeforeCommit:1", "AfterCommit:1"];
/// Links that are queued at a time.
const LINKS: usize = 400;
/// Sees soon that a server is silent, and looks often.
const SETTINGS: [(&str, &str); 3] = [
    ("LINER_DATABASE_CONNECT_TIMEOUT_MS", "500"),
    ("LINER_DATABASE_STATEMENT_TIMEOUT_MS", "1000"),
    ("AI_MAX_RETRIES", "0"),
];
/// How long a caller waits for an answer of a host that may be frozen.
const PATIENCE: Duration = Duration::from_secs(5);

struct Member {
    folder: TempDir,
    proxy: Proxy,
    host: Option<Host>,
}

/// The hosts, and all that they need.
pub struct Fleet {
    accounts: Accounts,
    members: Vec<Member>,
    refusals: Arc<AtomicUsize>,
    offered: usize,
}

impl Fleet {
    /// Starts three hosts on a server of their own; none where it is not installed.
    pub async fn set_out(books: &Books) -> Option<Self> {
        let database = Database::durable(Kind::Postgres).await?;
        database.store().await.close().await;
        database.log_writes().await;
        let refusals = Arc::new(AtomicUsize::new(0));
        let model = model(books.clone(), refusals.clone()).await;
        let mut members = Vec::new();
        for _ in 0..3 {
            let proxy = Proxy::to(database.server().port()).await;
            members.push(Member { folder: tempfile::tempdir().unwrap(), proxy, host: None });
        }
        let mut fleet = Self { accounts: Accounts { database, model }, members, refusals, offered: 0 };
        for n in 0..fleet.members.len() {
            fleet.start(n, &[]).await;
        }
        Some(fleet)
    }

    /// The database, without a wire between.
    pub const fn database(&self) -> &Database {
        &self.accounts.database
    }

    async fn start(&mut self, n: usize, more: &[(&str, &str)]) {
        let member = &self.members[n];
        let url = member.proxy.url(&self.accounts.database.url);
        let settings = SETTINGS.into_iter().chain([("DATABASE_URL", url.as_str())]).chain(more.iter().copied());
        let settings: Vec<_> = settings.collect();
        let host = self.accounts.host_in(member.folder.path(), &settings).await;
        self.members[n].host = Some(host);
    }

    fn host(&self, n: usize) -> &Host {
        self.members[n].host.as_ref().unwrap()
    }

    /// Queues links at some host, new ones and some that were queued before.
    pub async fn queue(&mut self, books: &Books, dice: &mut StdRng) {
        let again = dice.random_range(0..=self.offered);
        let new = self.offered..self.offered + LINKS;
        self.offered = new.end;
        let links: Vec<usize> = new.chain(again..(again + LINKS / 5).min(self.offered)).collect();
        self.offer(dice.random_range(0..self.members.len()), &links, books).await;
    }

    /// Queues what no host confirmed: the caller could not know whether it was taken.
    pub async fn queue_the_rest(&mut self, books: &Books) {
        for first in (0..self.offered).step_by(LINKS) {
            let links: Vec<usize> = (first..first + LINKS).collect();
            let is_queued = |link: &usize| books.queued.lock().unwrap().contains(link);
            while !links.iter().all(is_queued) {
                self.offer(0, &links, books).await;
            }
        }
    }

    async fn offer(&self, n: usize, links: &[usize], books: &Books) {
        let rows: Vec<_> = links.iter().map(|link| vague_row(*link)).collect();
        let request = self.host(n).request("POST", "/api/music-ai/queue").json(&rows).timeout(PATIENCE);
        if request.send().await.is_ok_and(|answer| answer.status() == 200) {
            books.queued.lock().unwrap().extend(links);
        }
    }

    /// Time in which nothing new happens.
    pub async fn breathe(&self, dice: &mut StdRng) {
        tokio::time::sleep(Duration::from_millis(dice.random_range(100..1_500))).await;
    }

    /// Lets a fault strike, and mends it.
    pub async fn suffer(&mut self, fault: Fault, books: &Books, dice: &mut StdRng) {
        let n = dice.random_range(0..self.members.len());
        let id = || format!("{{\"reason\": \"{fault:?}\"}}");
        match fault {
            Fault::Kill => {
                self.members[n].host.take().unwrap().kill().await;
                self.start(n, &[]).await;
            }
            Fault::Restart => {
                self.members[n].host.take().unwrap().stop().await;
                self.start(n, &[]).await;
            }
            Fault::DieAt => self.die_at(n, books, dice).await,
            Fault::Freeze => self.freeze(n, dice).await,
            Fault::Silence => {
                self.members[n].proxy.hush(true);
                self.breathe(dice).await;
                self.breathe(dice).await;
                self.members[n].proxy.hush(false);
            }
            Fault::Cut => {
                let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                           where datname = current_database() and application_name = 'liner' and random() < 0.5";
                self.database().number(cut).await;
            }
            Fault::PowerCut => {
                self.database().server().stop();
                self.breathe(dice).await;
                self.database().server().start_again();
            }
            Fault::Refusal => self.refusals.store(dice.random_range(1..8), Ordering::SeqCst),
            Fault::Swap => {
                let request = self.host(n).request("POST", "/api/plugins?position=0").body(HOSTILE);
                let _ = request.timeout(PATIENCE).send().await;
                self.breathe(dice).await;
                self.tell((n + 1) % 3, "/api/plugins/rollback", String::new()).await;
            }
            Fault::Pause => {
                self.tell(n, "/api/music-ai/worker/pause", id()).await;
                self.breathe(dice).await;
                self.resume().await;
            }
            Fault::Drain => {
                let hosts = "select id from host where stopped_at is null order by seen_at desc limit 3";
                let draining = self.database().texts(hosts).await.swap_remove(dice.random_range(0..3));
                let path = format!("/api/hosts/{draining}/drain");
                self.tell(n, &path, String::new()).await;
                self.breathe(dice).await;
                let back = format!("update host set draining_at = null where id = '{draining}'");
                self.database().execute(&back).await;
            }
            Fault::Peace => {}
        }
    }

    /// One that has nothing to do does not come to that step, and is killed after a while.
    async fn die_at(&mut self, n: usize, books: &Books, dice: &mut StdRng) {
        self.members[n].host.take().unwrap().stop().await;
        let step = STEPS[dice.random_range(0..STEPS.len())];
        self.start(n, &[("LINER_FAILPOINT", step)]).await;
        self.queue(books, dice).await;
        let mut host = self.members[n].host.take().unwrap();
        if tokio::time::timeout(PATIENCE, host.wait()).await.is_err() {
            host.kill().await;
        }
        self.start(n, &[]).await;
    }

    /// As long as its leases last and longer, which the database is told so that the test need not wait.
    async fn freeze(&self, n: usize, dice: &mut StdRng) {
        self.host(n).signal("STOP");
        let expire = "update extraction_batch set lease_until = 0 where state = 'leased' and host_id in
                      (select id from host order by started_at desc limit 3) and random() < 0.7";
        self.database().execute(expire).await;
        tokio::time::sleep(Duration::from_millis(dice.random_range(2_000..8_000))).await;
        self.host(n).signal("CONT");
    }

    async fn tell(&self, n: usize, path: &str, body: String) {
        // A host that is busy with another fault may refuse.
        let _ = self.host(n).request("POST", path).body(body).timeout(PATIENCE).send().await;
    }

    async fn resume(&self) {
        self.database().execute("update worker_control set paused_at = null, paused_by = null, reason = null").await;
    }

    /// How many tracks are not done so long after the last fault.
    pub async fn stuck_after(&self, patience: Duration) -> i64 {
        let end = Instant::now() + patience;
        loop {
            let open = "select count(*) from music_ai_queue where status in ('pending', 'processing')";
            let open = self.database().number(open).await.unwrap();
            if open == 0 || Instant::now() > end {
                return open;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A model that takes some milliseconds, refuses when it is told to, and notes what it was paid for.
async fn model(books: Books, refusals: Arc<AtomicUsize>) -> StubModel {
    let refuse = move || refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    let script = move |_: usize, request: &serde_json::Value| {
        if refuse() {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")], "slow down").into_response();
        }
        let question = request["messages"][0]["content"].to_string();
        *books.paid.lock().unwrap().entry(question).or_default() += 1;
        Json(message_about(request)).into_response()
    };
    StubModel::slow_with_script(Duration::from_millis(150), script).await
}
