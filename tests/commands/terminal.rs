//! What only a terminal sees: colour, progress, and its own width. And what becomes of a pipe that nobody reads.

use super::{ROWS, folder};
use liner_tests::{binary, liner};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use unicode_width::UnicodeWidthStr;

/// What a command shows on a terminal of 70 columns; none where there is no program that makes one.
fn on_a_terminal(folder: &Path, command: &str, settings: &[(&str, &str)]) -> Option<String> {
    let typed = format!("stty cols 70 rows 20; exec {} {command}", binary().display());
    let path = std::env::var("PATH").unwrap();
    let run = Command::new("script")
        .args(["-qec", &typed, "/dev/null"])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("TERM", "xterm"), ("LINER_FETCH", "false"), ("AI_PROVIDER", "none")])
        .env("PORT", "0")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output();
    match run {
        Ok(run) => Some(String::from_utf8_lossy(&run.stdout).replace('\r', "")),
        Err(_) => {
            eprintln!("skipped: no program `script`");
            None
        }
    }
}

#[tokio::test]
async fn a_terminal_gets_colour_unless_no_color_is_set() {
    let folder = folder();
    let Some(coloured) = on_a_terminal(folder.path(), "doctor --timeout 60", &[]) else { return };
    assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m"), "{coloured:?}");
    for plain in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let shown = on_a_terminal(folder.path(), "doctor --timeout 60", &plain).unwrap();
        assert!(!shown.contains('\u{1b}') && shown.contains("ok    settings"), "{shown:?}");
    }
}

#[tokio::test]
async fn a_table_is_as_wide_as_its_terminal() {
    let folder = folder();
    let Some(shown) = on_a_terminal(folder.path(), "config", &[]) else { return };
    assert!(shown.lines().all(|line| line.width() <= 70), "{shown}");
    assert!(shown.contains("LINER_DANGEROUSLY_SEND_KEYS_UNENCRYPTED"), "a name is not cut: {shown}");
}

#[tokio::test]
async fn progress_is_shown_on_a_terminal_only() {
    let folder = folder();
    liner(folder.path(), &["enqueue", "-"], &[], ROWS).await;
    let piped = liner(folder.path(), &["process"], &[("AI_PROVIDER", "none")], "").await;
    assert_eq!(piped.stderr, "");
    liner(folder.path(), &["enqueue", "-"], &[], "{\"url\":\"https://youtu.be/clear000009\",\"og_title\":\"A - B\"}\n")
        .await;
    if let Some(shown) = on_a_terminal(folder.path(), "process", &[]) {
        assert!(shown.contains("tracks, ") && shown.contains("completed"), "{shown:?}");
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    let rows: String = (0..3_000).map(|n| format!("https://youtu.be/x{n:010}\n")).collect();
    assert_eq!(liner(folder.path(), &["enqueue", "-"], &[], &rows).await.code, Some(0));
    for command in
        [&["library", "--limit", "3000"][..], &["library", "--limit", "3000", "--json"], &["completions", "bash"]]
    {
        let mut child = Command::new(binary())
            .args(command)
            .current_dir(folder.path())
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // As `head -1` does.
        let mut first = [0; 10];
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut first).unwrap();
        drop(output);
        let ended = child.wait_with_output().unwrap();
        assert_eq!(
            (ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()),
            (Some(0), ""),
            "{command:?}"
        );
    }
}
