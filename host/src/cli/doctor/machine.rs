//! What the machine has to give: room on the disk, and files that may be open at once.

use super::finding::Finding;
use super::folders::nearest;
use crate::config::Config;
use crate::store::Address;
use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};
use std::path::Path;

const DISK: &str = "disk";
const FILES: &str = "files";

/// Bytes below which the disk is as good as full, and below which it soon will be.
const NO_ROOM: u64 = 64 << 20;
const LITTLE_ROOM: u64 = 1 << 30;
/// Open files below which a host cannot serve anybody beside its own connections, and below which not many.
const NO_FILES: u64 = 256;
const FEW_FILES: u64 = 1_024;

/// Looks how much room there is where the database and the data folder are.
pub fn disk(config: &Config) -> Vec<Finding> {
    let data = config.data_dir.as_path();
    let file = match &config.database {
        Address::Sqlite(file) => file.parent(),
        Address::Postgres(_) => None,
    };
    let elsewhere = file.filter(|folder| *folder != data && !folder.as_os_str().is_empty());
    [Some(data), elsewhere].into_iter().flatten().map(room).collect()
}

fn room(folder: &Path) -> Finding {
    let (there, _) = nearest(folder);
    match statvfs(there) {
        Ok(disk) => judged(there, disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks > 0),
        Err(error) => {
            let message = format!("how much room there is in {} cannot be told: {error}", there.display());
            Finding::warn(DISK, message, "see whether its file system is mounted")
        }
    }
}

fn judged(folder: &Path, free: u64, has_size: bool) -> Finding {
    let message = format!("{} free in {}", size(free), folder.display());
    let advice = "make room: the library grows, and so does the journal (LINER_RETENTION_DAYS)";
    match free {
        _ if !has_size => Finding::ok(DISK, format!("{} does not say how much room it has", folder.display())),
        ..NO_ROOM => Finding::fail(DISK, message, advice),
        NO_ROOM..LITTLE_ROOM => Finding::warn(DISK, message, advice),
        _ => Finding::ok(DISK, message),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        ..LITTLE_ROOM => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

/// Looks how many files may be open at once.
pub fn files(_: &Config) -> Vec<Finding> {
    let advice = "raise it: `ulimit -n 4096`, or LimitNOFILE=4096 in a systemd unit";
    vec![match getrlimit(Resource::Nofile).current {
        Some(most @ ..NO_FILES) => Finding::fail(FILES, format!("only {most} files may be open at once"), advice),
        Some(most @ ..FEW_FILES) => Finding::warn(FILES, format!("only {most} files may be open at once"), advice),
        Some(most) => Finding::ok(FILES, format!("{most} may be open at once")),
        None => Finding::ok(FILES, "any number may be open at once"),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_said_before_it_is() {
        let level = |free| judged(Path::new("/data"), free, true).level;
        assert_eq!((level(63 << 20), level(64 << 20), level(2 << 30)), (Level::Fail, Level::Warn, Level::Ok));
        assert_eq!(judged(Path::new("/proc"), 0, false).level, Level::Ok);
        assert_eq!(judged(Path::new("/data"), 512 << 20, true).message, "512 MiB free in /data");
    }
}
