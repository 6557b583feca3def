//! The data folder, as long as this process is the one that works there: whoever worked there before is certainly gone.

use crate::store::HostId;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// A folder that is taken until this is dropped.
pub struct Home {
    _lock: Option<File>,
    /// Who worked there before, if anybody did.
    pub predecessor: Option<HostId>,
}

impl Home {
    /// Takes a folder if nobody has it. That it cannot be taken costs no more than a lease's length after a crash.
    pub fn open(folder: &Path, host: &HostId) -> Self {
        Self::take(&folder.join("host"), host).unwrap_or_else(|reason| {
            tracing::debug!("what was in flight when a host here ended is taken over when its leases end: {reason}");
            Self { _lock: None, predecessor: None }
        })
    }

    /// Whether a process works in a folder. It is found out by taking a share of the lock for a moment, which who starts at
    /// that very moment would take for a neighbour: it waits for leases to end then, and loses nothing.
    pub fn is_taken(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join("host")) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    fn take(path: &Path, host: &HostId) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        file.try_lock()?;
        let mut predecessor = String::new();
        file.read_to_string(&mut predecessor)?;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(host.as_str().as_bytes())?;
        file.sync_all()?;
        let predecessor = (!predecessor.is_empty()).then(|| HostId::from_text(predecessor));
        Ok(Self { _lock: Some(file), predecessor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_after_a_host_that_ended_knows_it_and_who_comes_beside_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (first, beside, heir) = (HostId::new(), HostId::new(), HostId::new());
        let home = Home::open(folder.path(), &first);
        assert_eq!(home.predecessor, None);
        assert_eq!(Home::open(folder.path(), &beside).predecessor, None);
        assert!(Home::is_taken(folder.path()));
        drop(home);
        assert!(!Home::is_taken(folder.path()));
        assert_eq!(Home::open(folder.path(), &heir).predecessor, Some(first));
    }
}
