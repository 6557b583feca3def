//! Folders, the disk, and open files.

use super::{doctor, doctor_under, folder};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_folder_that_can_be_made_is_well_and_a_file_in_its_place_is_not() {
    let folder = folder();
    doctor(folder.path(), &[]).await.says("folders", "ok", &["is made by whoever needs it first"]);
    std::fs::create_dir(folder.path().join("liner-data")).unwrap();
    doctor(folder.path(), &[]).await.says("folders", "ok", &["may be used"]);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let visit = doctor(folder.path(), &[("LINER_DATA_DIR", file.to_str().unwrap())]).await;
    visit.says("folders", "fail", &["LINER_DATA_DIR", "is no folder"]);
}

#[tokio::test]
async fn a_folder_that_this_user_may_not_write_to_is_said() {
    let folder = folder();
    let data = folder.path().join("liner-data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Rights do not bind root.
    let is_root = std::fs::write(data.join("probe"), "").is_ok();
    let nobody: &[&str] = if is_root { &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] } else { &[] };
    let visit = doctor_under(folder.path(), nobody, &["--timeout", "60"], &[]).await;
    visit.says("folders", "fail", &["LINER_DATA_DIR", "Permission denied", "let this user write"]);
    assert_eq!(visit.code, Some(1));
}

#[tokio::test]
async fn a_database_that_is_read_only_and_compiled_code_that_others_may_change_are_said() {
    let folder = folder();
    let data = folder.path().join("liner-data");
    std::fs::create_dir_all(data.join("compiled")).unwrap();
    std::fs::write(data.join("liner.db"), "").unwrap();
    std::fs::set_permissions(data.join("liner.db"), std::fs::Permissions::from_mode(0o444)).unwrap();
    std::fs::set_permissions(data.join("compiled"), std::fs::Permissions::from_mode(0o777)).unwrap();
    let visit = doctor(folder.path(), &[]).await;
    visit.says("folders", "fail", &["liner.db"]).says("folders", "warn", &["compiled", "chmod 700"]);
}

#[tokio::test]
async fn the_room_on_the_disk_is_told() {
    let visit = doctor(folder().path(), &[]).await;
    let [(level, said)] = visit.of("disk").try_into().unwrap();
    // That little room is a warning, and none a failure, is tested beside the code: a disk is not filled for it.
    assert!(matches!(level, "ok" | "warn") && said.contains("iB free in "), "{said}");
}

#[tokio::test]
async fn too_few_open_files_are_said() {
    let folder = folder();
    let limited = async |most: &str| {
        let limit = format!("ulimit -n {most}; exec \"$@\"");
        doctor_under(folder.path(), &["sh", "-c", &limit, "sh"], &["--timeout", "60"], &[]).await
    };
    limited("1024").await.says("files", "ok", &["1024"]);
    limited("500").await.says("files", "warn", &["500", "ulimit -n"]);
    let visit = limited("100").await;
    visit.says("files", "fail", &["100"]);
    assert_eq!(visit.code, Some(1));
}
