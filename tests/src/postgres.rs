//! A throw-away PostgreSQL server for the tests of a process, from the binaries that are installed, and databases on it.
//! Where there are none the tests say so and skip; where `LINER_TESTS_NEED_POSTGRES` is set they fail.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server of a test's own. It is stopped, and its folder removed, when its process ends, however that ends.
pub struct Server {
    /// The script that runs it, until its standard input is closed.
    script: Child,
    folder: PathBuf,
    port: u16,
}

/// Starts the server in `$1` and waits for the end of its standard input. The server refuses to run as root.
const SCRIPT: &str = r#"
set -eu
bin=$1 folder=$2 port=$3; shift 3
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
mkdir -p "$folder"; if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
cd "$folder"
if [ ! -e "$folder/data/PG_VERSION" ]; then
    as "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1
fi
as "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder $*" start >&2
echo ready
cat >/dev/null || true
as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >&2 || true
[ -n "${KEEP:-}" ] && cp "$folder/log" "$KEEP"; rm -rf "$folder"
"#;

/// What a test server does without: a crash of the machine loses nothing that matters.
const QUICK: [&str; 6] = [
    "-c fsync=off",
    "-c full_page_writes=off",
    "-c max_connections=300",
    "-c shared_buffers=64MB",
    "-c wal_level=replica",
    "-c autovacuum=on",
];

/// Where the server's programs are.
fn bin() -> Option<PathBuf> {
    let installed =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut found: Vec<PathBuf> = installed.chain(on_path).filter(|bin| bin.join("initdb").exists()).collect();
    found.sort();
    found.pop()
}

impl Server {
    /// Starts a server that is thrown away; none where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("liner-postgres-{}", uuid()));
        Self::start_in(folder, &QUICK)
    }

    /// As [`Server::start`], in a folder that may hold a server already, with other settings.
    pub fn start_in(folder: PathBuf, settings: &[&str]) -> Option<Self> {
        let Some(bin) = bin() else {
            assert!(
                std::env::var_os("LINER_TESTS_NEED_POSTGRES").is_none(),
                "PostgreSQL is not installed, and LINER_TESTS_NEED_POSTGRES is set"
            );
            eprintln!("skipped: PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql)");
            return None;
        };
        let port = free_port();
        Some(Self::run(&bin, folder, port, settings))
    }

    fn run(bin: &Path, folder: PathBuf, port: u16, settings: &[&str]) -> Self {
        let mut script = Command::new("sh");
        script.args(["-c", SCRIPT, "sh"]).arg(bin).arg(&folder).arg(port.to_string()).args(settings);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut script = script.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(ready, "ready\n", "the server did not start: {}", log());
        Self { script, folder, port }
    }

    /// The URL of a database on it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Processor seconds of all its processes, in user and kernel mode.
    #[must_use]
    pub fn cpu(&self) -> f64 {
        let postmaster = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let postmaster = postmaster.lines().next().unwrap().to_owned();
        let processes = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
            let pid =
                entry.file_name().into_string().ok().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))?;
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
            match () {
                // Those that ended are counted with the postmaster.
                () if pid == postmaster => Some((ticks(11) + ticks(12) + ticks(13) + ticks(14)) / 100.0),
                () if fields[1] == postmaster => {
                    let running = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
                    Some(running.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
                }
                () => None,
            }
        });
        processes.sum()
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops or starts it, or whatever else `pg_ctl` does.
    pub fn control(&self, arguments: &[&str]) {
        let (bin, data) = (bin().unwrap(), self.folder.join("data"));
        let mut command = match running_as_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(bin.join("pg_ctl"));
                command
            }
            false => Command::new(bin.join("pg_ctl")),
        };
        let log = self.folder.join("log");
        command.arg("-D").arg(data).arg("-l").arg(log).arg("-w").args(arguments).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().unwrap().success(), "pg_ctl {arguments:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// The server that the tests of this process share.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(Server::start).as_ref()
}

/// A name that no other database of this process has.
#[must_use]
pub fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("liner_{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A port that nobody listens on now.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn running_as_root() -> bool {
    String::from_utf8_lossy(&Command::new("id").arg("-u").output().unwrap().stdout).trim() == "0"
}

fn uuid() -> String {
    liner::store::HostId::new().to_string()
}
