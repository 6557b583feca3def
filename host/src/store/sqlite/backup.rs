//! A copy of a database file that is in use: what was committed when it began, without free pages.

use super::open::unusable;
use crate::store::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it waits for another program that has the file to itself.
const BUSY: Duration = Duration::from_secs(5);

/// Copies a database into a file that is not there yet. Whoever writes meanwhile is not held up. The copy has its name when
/// it is whole and on the disk. Returns its bytes.
///
/// # Errors
/// [`StoreError::Unusable`] for the database and [`StoreError::NotCopied`] for the copy, of which nothing is left then.
pub async fn back_up(path: &Path, copy: &Path) -> Result<u64, StoreError> {
    let mut source = open(path).await?;
    let reserved = Reserved::new(copy)?;
    let part = reserved.part.to_str().ok_or_else(|| not_copied(copy, &"its name is not UTF-8; name another one"))?;
    let copied = sqlx::query("vacuum into $1").bind(part).execute(&mut source).await;
    copied.map_err(|error| not_copied(copy, &error))?;
    source.close().await?;
    reserved.keep()
}

fn not_copied(copy: &Path, reason: &dyn std::fmt::Display) -> StoreError {
    StoreError::NotCopied { path: copy.display().to_string(), reason: reason.to_string() }
}

/// The file as it is: a copy that is made before an update must not be updated by whoever makes it.
async fn open(path: &Path) -> Result<SqliteConnection, StoreError> {
    if !path.is_file() {
        return Err(unusable(path, &"there is no such file, so there is nothing to back up"));
    }
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging();
    SqliteConnection::connect_with(&options).await.map_err(|error| unusable(path, &error))
}

/// A name that is taken for a copy, which grows beside it.
struct Reserved<'a> {
    copy: &'a Path,
    part: PathBuf,
    is_kept: bool,
}

impl<'a> Reserved<'a> {
    fn new(copy: &'a Path) -> Result<Self, StoreError> {
        File::create_new(copy).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => not_copied(copy, &"there is a file of this name; name another one"),
            _ => not_copied(copy, &error),
        })?;
        let mut part = copy.as_os_str().to_owned();
        part.push(".part");
        let reserved = Self { copy, part: part.into(), is_kept: false };
        // What a copy left that was cut short.
        let _ = fs::remove_file(&reserved.part);
        Ok(reserved)
    }

    fn keep(mut self) -> Result<u64, StoreError> {
        let bytes = self.name_part().map_err(|error| not_copied(self.copy, &error))?;
        self.is_kept = true;
        let folder = self.copy.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Where a folder cannot be synced, its name is as safe as it gets.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(bytes)
    }

    fn name_part(&self) -> std::io::Result<u64> {
        let part = File::open(&self.part)?;
        part.sync_all()?;
        fs::rename(&self.part, self.copy)?;
        Ok(part.metadata()?.len())
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // Both are ours, and worth nothing.
            let _ = fs::remove_file(&self.part);
            let _ = fs::remove_file(self.copy);
        }
    }
}
