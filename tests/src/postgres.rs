//! A throw-away PostgreSQL server for the tests of a process, from the binaries that are installed, and databases on it.
//! Where there are none the tests say so and skip; where `LINER_TESTS_NEED_POSTGRES` is set they fail.

use sqlx::Connection;
use std::io::{BufRead, BufReader, Read};
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
bin=$1 folder=$2 port=$3 primary=$4; shift 4
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
mkdir -p "$folder"; if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
cd "$folder"
trap 'cat *.log log 2>/dev/null || true; rm -rf "$folder"' EXIT
if [ -n "$primary" ]; then
    as "$bin/pg_basebackup" -R -X stream -c fast -d "$primary" -D "$folder/data" >"$folder/copy.log" 2>&1
else
    as "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1
fi
as "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder $*" start >&2
echo ready
cat >/dev/null || true
as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >&2 || true
"#;

/// What a test server does without: a crash of the machine loses nothing that matters.
const QUICK: [&str; 7] = [
    "-c fsync=off",
    "-c full_page_writes=off",
    "-c max_connections=300",
    "-c shared_buffers=64MB",
    "-c wal_level=replica",
    // What a test asks for that looks at what was asked.
    "-c track_activity_query_size=8192",
    "-c autovacuum=on",
];

/// Where the server's programs are.
fn bin() -> Option<PathBuf> {
    let installed =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let programs =
        installed.chain(on_path).map(|bin| bin.join("initdb")).filter_map(|initdb| initdb.canonicalize().ok());
    programs.filter_map(|initdb| initdb.parent().map(Path::to_owned)).max()
}

impl Server {
    /// Starts a server that is thrown away; none where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&QUICK)
    }

    /// As [`Server::start`], with other settings.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        if bin().is_none() {
            assert!(
                std::env::var_os("LINER_TESTS_NEED_POSTGRES").is_none(),
                "PostgreSQL is not installed, and LINER_TESTS_NEED_POSTGRES is set"
            );
            eprintln!("skipped: PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql)");
            return None;
        }
        Some(Self::run(&fresh_folder(), settings, ""))
    }

    /// Runs a server in a folder: an empty one, or a copy of a primary that follows it.
    fn run(folder: &Path, settings: &[&str], primary: &str) -> Self {
        let (folder, port) = (folder.to_owned(), free_port());
        let mut script = Command::new("sh");
        script.args(["-c", SCRIPT, "sh"]).arg(bin().unwrap()).arg(&folder).arg(port.to_string()).arg(primary);
        script.args(settings).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut script = script.spawn().unwrap();
        let (mut ready, mut output) = (String::new(), BufReader::new(script.stdout.take().unwrap()));
        output.read_line(&mut ready).unwrap();
        if ready != "ready\n" {
            output.read_to_string(&mut ready).unwrap();
            panic!("the server did not start: {ready}");
        }
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

    /// Stops it as a power cut would.
    pub fn stop(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// Starts it again, as it was started first.
    pub fn start_again(&self) {
        let options = std::fs::read_to_string(self.folder.join("data/postmaster.opts")).unwrap();
        let options = options.split_once(' ').unwrap().1.replace('"', "'");
        self.control(&["start", "-o", options.trim()]);
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.control(&["promote"]);
    }

    /// Lets it speak TLS with a certificate for 127.0.0.1; returns the certificate of who signed it. None, aloud, where
    /// there is no openssl.
    pub async fn speak_tls(&self) -> Option<PathBuf> {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let signed = "-CA ca.crt -CAkey ca.key -subj /CN=server -addext subjectAltName=IP:127.0.0.1
            -addext basicConstraints=critical,CA:FALSE";
        for certificate in [
            format!("req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=authority"),
            format!("req -x509 {key} -keyout server.key -out server.crt {signed}"),
        ] {
            let mut openssl = as_its_user(Path::new("openssl"));
            let made = openssl.args(certificate.split_whitespace()).current_dir(&self.folder).status();
            if !made.is_ok_and(|status| status.success()) {
                eprintln!("skipped: no certificate could be made (openssl {certificate})");
                return None;
            }
        }
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        let file = |name: &str| self.folder.join(name).display().to_string();
        for statement in [
            format!("alter system set ssl_cert_file = '{}'", file("server.crt")),
            format!("alter system set ssl_key_file = '{}'", file("server.key")),
            "alter system set ssl = on".to_owned(),
            "select pg_reload_conf()".to_owned(),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        Some(self.folder.join("ca.crt"))
    }

    fn control(&self, arguments: &[&str]) {
        let (data, log) = (self.folder.join("data"), self.folder.join("log"));
        let mut command = program("pg_ctl");
        command.arg("-D").arg(data).arg("-l").arg(log).arg("-w").args(arguments);
        assert!(command.status().unwrap().success(), "pg_ctl {arguments:?}");
    }

    /// A server that follows this one. What is committed from now on is on both.
    #[must_use]
    pub async fn standby(&self) -> Self {
        let standby = Self::run(&fresh_folder(), &QUICK, &self.url("postgres"));
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        for statement in ["alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"] {
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        standby
    }
}

/// One of PostgreSQL's programs, run by a user that it accepts.
fn program(name: &str) -> Command {
    let mut command = as_its_user(&bin().unwrap().join(name));
    command.current_dir("/");
    command
}

/// A program run by the server's user.
fn as_its_user(program: &Path) -> Command {
    let mut command = match running_as_root() {
        true => Command::new("runuser"),
        false => Command::new(program),
    };
    if running_as_root() {
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
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

/// A folder that does not exist yet, near enough to the root for a socket's path in it.
fn fresh_folder() -> PathBuf {
    std::env::temp_dir().join(format!("liner-postgres-{}", liner::store::HostId::new()))
}
