//! Tables in the terminal's width, whatever titles are made of.

use super::folder;
use liner_tests::liner;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Titles that are wide, joined, marked, empty-looking, long, or steer a terminal.
const TITLES: [&str; 6] = [
    "夜に駆ける ライブ映像 – とても長い題名がここに続きますのでどこかで切れます",
    "👩‍👩‍👧‍👦 👍🏽 🇯🇵 family and flags",
    "\u{1b}[2J\u{1b}]0;owned\u{7}red\u{9b}31m\r\n\u{202e}evil\u{2028}end",
    "Zoe\u{308} e\u{301}e\u{301}",
    "\u{200b}",
    "An unreasonably long title that goes on and on, with a subtitle, a remix, a year and a label (Official Video) [4K]",
];

/// A folder whose library has all of them.
async fn library() -> tempfile::TempDir {
    let folder = folder();
    let rows: Vec<String> = TITLES
        .iter()
        .enumerate()
        .map(|(n, title)| serde_json::json!({"platform": "youtube", "platform_id": format!("clear00000{n}"), "og_title": title}))
        .map(|row| row.to_string())
        .collect();
    let run = liner(folder.path(), &["enqueue", "-"], &[], &rows.join("\n")).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    folder
}

async fn shown(folder: &Path, command: &[&str], columns: &str) -> Vec<String> {
    let run = liner(folder, command, &[("COLUMNS", columns)], "").await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn no_table_is_wider_than_its_terminal_and_no_title_steers_it() {
    let library = library().await;
    let commands: [&[&str]; 6] = [&["library"], &["status"], &["config"], &["plugin", "list"], &["hosts"], &["failed"]];
    for columns in [60, 80, 200] {
        for command in commands {
            for line in shown(library.path(), command, &columns.to_string()).await {
                assert!(line.width() <= columns, "{command:?} at {columns} takes {}: {line}", line.width());
                assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}' || c == '\u{2028}'), "{line:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_row_is_one_line_whose_cells_stand_below_their_headings() {
    let library = library().await;
    for columns in ["60", "80", "200"] {
        let lines = shown(library.path(), &["library"], columns).await;
        let start = |line: &str, word: &str| line.split_once(word).map(|(before, _)| before.width());
        let heading = start(&lines[0], "TRACK").unwrap();
        let rows: Vec<usize> = lines.iter().filter_map(|line| start(line, "youtube/")).collect();
        assert_eq!(rows, [heading; TITLES.len()], "{columns}: {lines:#?}");
        let has_ellipsis = lines.iter().any(|line| line.contains('…'));
        assert_eq!(has_ellipsis, columns != "200", "{columns}: {lines:#?}");
    }
}

#[tokio::test]
async fn numbers_end_below_one_another() {
    let library = library().await;
    let lines = shown(library.path(), &["status"], "80").await;
    let end = |line: &str| {
        line.trim_end()
            .split("  ")
            .filter(|cell| !cell.is_empty())
            .nth(1)
            .map(str::trim)
            .map(|cell| line.find(cell).unwrap() + cell.len())
    };
    assert!(lines.iter().all(|line| end(line) == end(&lines[0])), "{lines:#?}");
}

#[tokio::test]
async fn a_pipe_gets_every_title_whole_and_still_nothing_that_steers() {
    let library = library().await;
    let run = liner(library.path(), &["library"], &[], "").await;
    assert!(run.stdout.contains(TITLES[0]) && run.stdout.contains(TITLES[5]), "{}", run.stdout);
    assert!(run.stdout.lines().count() == TITLES.len() + 1 && !run.stdout.contains('\u{1b}'), "{:?}", run.stdout);
    let run = liner(library.path(), &["library", "--json"], &[], "").await;
    assert!(!run.stdout.lines().any(|line| line.chars().any(char::is_control)), "{:?}", run.stdout);
    let titles: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(titles.iter().any(|entry| entry["og_title"].as_str().unwrap().contains("31m")), "{titles:?}");
}

#[tokio::test]
async fn what_there_is_no_room_for_is_named() {
    let library = library().await;
    let lines = shown(library.path(), &["library"], "60").await;
    assert!(lines.last().unwrap().contains("no room for"), "{lines:#?}");
    assert!(!shown(library.path(), &["library"], "200").await.last().unwrap().contains("no room for"));
}
