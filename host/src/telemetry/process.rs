//! The process: the standard figures, out of `/proc` where there is one.

use super::Sheet;
use rustix::process::{Resource, getrlimit};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// When figures began to be collected, which is when the process started.
static STARTED: OnceLock<SystemTime> = OnceLock::new();

/// Notes that the process starts.
pub fn starts() {
    STARTED.get_or_init(SystemTime::now);
}

pub fn show(sheet: &mut Sheet) {
    let started = STARTED.get().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    if let Some(started) = started {
        sheet.line("process_start_time_seconds", &[], started.as_secs_f64());
    }
    if let Some(used) = std::fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Used::from_stat) {
        sheet.line("process_cpu_seconds_total", &[], used.cpu_seconds);
        sheet.line("process_resident_memory_bytes", &[], used.resident);
        sheet.line("process_virtual_memory_bytes", &[], used.reserved);
        sheet.line("process_threads", &[], used.threads);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // The folder itself is open meanwhile.
        sheet.count("process_open_fds", &[], i64::try_from(open.count()).unwrap_or(i64::MAX) - 1);
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        sheet.count("process_max_fds", &[], i64::try_from(most).unwrap_or(i64::MAX));
    }
}

/// What of the machine is being used.
struct Used {
    cpu_seconds: f64,
    resident: f64,
    reserved: f64,
    threads: f64,
}

impl Used {
    /// Out of `/proc/self/stat`, see proc(5). The second field is the program's name, which may hold anything; those after
    /// it are numbers.
    #[allow(clippy::cast_precision_loss)]
    fn from_stat(stat: &str) -> Option<Self> {
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        // The first of these is field 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / rustix::param::clock_ticks_per_second() as f64,
            threads: field(20)?,
            reserved: field(23)?,
            resident: field(24)? * rustix::param::page_size() as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 100 4096000 11 12 13";
        let used = Used::from_stat(stat).unwrap();
        let page = rustix::param::page_size() as f64;
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!((used.cpu_seconds, used.threads), (300.0 / ticks, 9.0));
        assert_eq!((used.reserved, used.resident), (4_096_000.0, 11.0 * page));
    }
}
