//! Somebody who looks at a host's status all the time, whatever happens to it, and notes what cannot be true.

use crate::Host;
use crate::accounts::TRACKS;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a status may take: it does not hang on a database that does.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was seen of the status.
#[derive(Debug, Default)]
struct Seen {
    /// Whether the database was usable, each time that it changed.
    usable: Vec<bool>,
    untrue: Vec<String>,
    processed: u64,
}

/// Looks until it is dropped.
pub struct Watch {
    seen: Arc<Mutex<Seen>>,
    looking: JoinHandle<()>,
}

impl Watch {
    /// Looks at a host that has [`TRACKS`] tracks.
    #[must_use]
    pub fn over(host: &Host) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let worker = host.request("GET", "/api/music-ai/worker/status").timeout(PATIENCE);
        let queue = host.request("GET", "/api/music-ai/status").timeout(PATIENCE * 10);
        let noted = seen.clone();
        let looking = tokio::spawn(async move {
            loop {
                tokio::join!(look_at_worker(&worker, &noted), look_at_queue(&queue, &noted));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        Self { seen, looking }
    }

    /// Whether the status says now that the database is usable.
    #[must_use]
    pub fn sees_database(&self) -> Option<bool> {
        self.seen.lock().unwrap().usable.last().copied()
    }

    /// Ends it: how often the database came and went, as the status had it.
    ///
    /// # Panics
    /// When the status said what cannot be true.
    #[must_use]
    pub fn end(self) -> Vec<bool> {
        self.looking.abort();
        let seen = self.seen.lock().unwrap();
        assert!(seen.untrue.is_empty(), "{:#?}", seen.untrue);
        seen.usable.clone()
    }
}

async fn look_at_worker(request: &reqwest::RequestBuilder, seen: &Mutex<Seen>) {
    let answer = request.try_clone().unwrap().send().await;
    let status: Result<Value, _> = match answer {
        Ok(answer) => answer.json().await,
        Err(error) => Err(error),
    };
    let mut seen = seen.lock().unwrap();
    let status = match status {
        Ok(status) => status,
        Err(error) => return seen.untrue.push(format!("no status: {error:?}")),
    };
    let (worker, database) = (&status["worker"], &status["database"]);
    let usable = database["isUsable"].as_bool().unwrap();
    if seen.usable.last() != Some(&usable) {
        seen.usable.push(usable);
    }
    let processed = status["stats"]["totalProcessed"].as_u64().unwrap();
    let in_flight = worker["batchesInFlight"].as_u64().unwrap();
    let is_true = usable == database["unusableSince"].is_null()
        && usable == database["reason"].is_null()
        && in_flight <= status["config"]["concurrency"].as_u64().unwrap()
        && (in_flight == 0 || worker["isProcessing"] == true)
        && worker["isRunning"] == true
        && processed >= seen.processed;
    if !is_true {
        seen.untrue.push(status.to_string());
    }
    seen.processed = processed;
}

/// Counts that add up, or that there are none.
async fn look_at_queue(request: &reqwest::RequestBuilder, seen: &Mutex<Seen>) {
    let answer = match request.try_clone().unwrap().send().await {
        Ok(answer) => answer,
        Err(error) => return seen.lock().unwrap().untrue.push(format!("no counts: {error:?}")),
    };
    let code = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let queue = &body["queue"];
    let n = |name: &str| queue[name].as_u64().unwrap_or_default();
    let adds_up = n("total") == n("pending") + n("processing") + n("completed") + n("failed");
    let is_true = match code {
        200 => adds_up && n("total") == TRACKS as u64,
        503 => !body["detail"].as_str().unwrap_or_default().is_empty(),
        _ => false,
    };
    if !is_true {
        seen.lock().unwrap().untrue.push(format!("{code} {text}"));
    }
}
