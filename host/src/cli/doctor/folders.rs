//! The folders: what is there may be used, and what is not can be made. Rights are asked for, not tried out: nothing is
//! written.

use super::finding::Finding;
use crate::config::Config;
use crate::store::Address;
use rustix::fs::{Access, access};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const CHECK: &str = "folders";

/// Looks at the data folder, what lies in it, and where the database's file is.
pub fn look(config: &Config) -> Vec<Finding> {
    let data = &config.data_dir;
    let mut folders = vec![("LINER_DATA_DIR", data.clone()), ("the plugins folder", data.join("plugins"))];
    if let Address::Sqlite(file) = &config.database {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if folder != data {
            folders.push(("the database's folder", folder.to_owned()));
        }
    }
    let mut findings: Vec<Finding> = folders.iter().filter_map(|(what, folder)| unusable(what, folder)).collect();
    findings.extend(files(config).iter().filter_map(|file| unwritable(file)));
    findings.extend(shared(&data.join("compiled")));
    if findings.is_empty() {
        let is_there = if data.is_dir() { "may be used" } else { "is made by whoever needs it first" };
        findings.push(Finding::ok(CHECK, format!("{} {is_there}", data.display())));
    }
    findings
}

/// Files that a host writes, where they are there.
fn files(config: &Config) -> Vec<PathBuf> {
    let mut files = vec![config.data_dir.join("host")];
    if let Address::Sqlite(file) = &config.database {
        files.extend([file.clone(), file.with_extension("worker-lock")]);
    }
    files
}

fn unusable(what: &str, folder: &Path) -> Option<Finding> {
    let (there, is_itself) = nearest(folder);
    let shown = there.display();
    let verb = if is_itself { "be written to" } else { "hold it" };
    let advice = format!("let this user write to {shown}, or set LINER_DATA_DIR to where it may");
    if !there.is_dir() {
        let message = format!("{what} is {}, and {shown} is no folder", folder.display());
        return Some(Finding::fail(CHECK, message, "move what is there away, or set LINER_DATA_DIR to another folder"));
    }
    let rights = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    let error = access(there, rights).err()?;
    let message = format!("{what} is {}, and {shown} cannot {verb}: {error}", folder.display());
    Some(Finding::fail(CHECK, message, advice))
}

/// A folder, or the nearest above it that is there; and whether it is the folder itself.
pub fn nearest(folder: &Path) -> (&Path, bool) {
    let above = folder.ancestors().find(|above| above.exists()).filter(|above| !above.as_os_str().is_empty());
    let there = above.unwrap_or(Path::new("."));
    (there, there == folder)
}

fn unwritable(file: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(file).ok()?.permissions();
    let rights = access(file, Access::READ_OK | Access::WRITE_OK);
    let reason = match rights {
        Ok(()) if mode.readonly() => "it is read-only".to_owned(),
        Ok(()) => return None,
        Err(error) => error.to_string(),
    };
    let message = format!("{} cannot be written: {reason}", file.display());
    Some(Finding::fail(
        CHECK,
        message,
        format!("chown it to the user that liner runs as, and chmod u+rw {}", file.display()),
    ))
}

/// Compiled code is run as it lies there: a folder that others may write to is not used.
fn shared(compiled: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(compiled).ok()?.permissions().mode();
    (mode & 0o022 != 0).then(|| {
        let message =
            format!("others may write to {}, so that every start compiles the strategies anew", compiled.display());
        Finding::warn(CHECK, message, format!("chmod 700 {}", compiled.display()))
    })
}
