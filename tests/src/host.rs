//! The real binary as a process, with a folder of its own and nothing of the caller's environment.

use crate::compiled;
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::Child;

/// The binary, which cargo builds with the tests of its package: theirs lie in `target/PROFILE/deps`.
pub fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().unwrap().parent().unwrap().join("liner");
    assert!(binary.exists(), "no binary at {}", binary.display());
    binary
}

/// The key of hosts that ask a stub.
pub const KEY: &str = "sk-test-not-a-real-key";

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Finished {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: Option<i32>,
}

/// The binary as a process; the last of the programs that run one another, if there are others.
fn command(folder: &Path, under: &[&str], arguments: &[&str], settings: &[(&str, &str)]) -> tokio::process::Command {
    let programs: Vec<OsString> = under.iter().map(OsString::from).chain([binary().into_os_string()]).collect();
    let mut command = tokio::process::Command::new(&programs[0]);
    command.args(&programs[1..]).args(arguments).current_dir(folder);
    // A test reads no pages of the world outside, unless it says which; and its log as people do.
    command.env_clear().env("LINER_FETCH", "false").env("LINER_LOG_FORMAT", "human").envs(settings.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs a subcommand in a folder to its end.
pub async fn liner(folder: &Path, arguments: &[&str], settings: &[(&str, &str)], stdin: &str) -> Finished {
    liner_under(folder, &[], arguments, settings, stdin).await
}

/// As [`liner`], run by other programs.
pub async fn liner_under(
    folder: &Path,
    programs: &[&str],
    arguments: &[&str],
    settings: &[(&str, &str)],
    stdin: &str,
) -> Finished {
    let mut child = command(folder, programs, arguments, settings).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that refuses before it reads closes the pipe.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    Finished {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its content type.
    pub content_type: String,
    /// Its body, null when it is no JSON.
    pub json: Value,
    /// Its body.
    pub text: String,
}

/// `liner serve` in a folder of its own.
pub struct Host {
    child: Child,
    client: reqwest::Client,
    /// Where it listens.
    pub url: String,
    /// What it printed before it served.
    pub banner: String,
    log: Arc<Mutex<String>>,
}

impl Host {
    /// Starts it in a folder; `PORT` is any free one.
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_with(folder, &["serve"], settings).await
    }

    /// As [`Host::start`], run by other programs.
    pub async fn start_under(folder: &Path, programs: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::spawn(folder, programs, &["serve"], settings).await
    }

    /// As [`Host::start`], with a stub to ask.
    pub async fn asking(folder: &Path, model: &crate::StubModel, settings: &[(&str, &str)]) -> Self {
        let mut all = vec![("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", model.url.as_str())];
        all.extend(settings);
        Self::start(folder, &all).await
    }

    /// As [`Host::start`], with other arguments.
    pub async fn start_with(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::spawn(folder, &[], arguments, settings).await
    }

    async fn spawn(folder: &Path, under: &[&str], arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut all = vec![("PORT", "0")];
        all.extend(settings);
        compiled::lend(folder, &all);
        let mut child = command(folder, under, arguments, &all).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        keep(child.stderr.take().unwrap(), log.clone());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            banner.push_str(&line);
            banner.push('\n');
            if line.starts_with("required") {
                break;
            }
        }
        let address = banner.lines().find_map(|line| line.strip_prefix("address"));
        let Some(address) = address else { panic!("it did not start: {}", log.lock().unwrap()) };
        let url = address.trim().to_owned();
        compiled::keep(folder, &all);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, client, url, banner, log }
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its id in the fleet.
    pub async fn id(&self) -> String {
        let status = self.get("/api/music-ai/worker/status").await.json;
        status["worker"]["hostId"].as_str().unwrap().to_owned()
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// A request.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// Sends a request.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, content_type: content_type.unwrap_or_default(), json, text }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// POST of a text.
    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        self.send(self.request("POST", path).body(body.into())).await
    }

    /// The queue's counts once a condition holds.
    pub async fn queue_when(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        crate::eventually(what, || async {
            let queue = self.get("/api/music-ai/status").await.json["queue"].clone();
            holds(&queue).then_some(queue)
        })
        .await
    }

    /// Waits until nothing is pending or processing any more.
    pub async fn drained(&self) -> Value {
        self.queue_when("the queue is worked off", |queue| queue["pending"] == 0 && queue["processing"] == 0).await
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Kills it, as a power cut would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Stops it in good order; returns the exit code.
    pub async fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        self.wait().await.code()
    }
}

/// A failing test shows what its host logged.
impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the host's log\n{}", self.log());
        }
    }
}

fn keep(stream: impl AsyncRead + Unpin + Send + 'static, log: Arc<Mutex<String>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
