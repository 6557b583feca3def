//! The documents: what stands in their shell blocks works as it stands, and what they name is there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod blocks;

use blocks::{Block, shell_blocks};
use liner_tests::{Host, binary};
use regex::Regex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What a reader of the documents has at hand: files of the names that are used there.
const AT_HAND: [(&str, &str); 3] = [
    (
        "links.ndjson",
        "{\"url\": \"https://youtu.be/documents01\", \"og_title\": \"Ada Lane - Harbour (Official Video)\"}\n",
    ),
    (
        "rows.ndjson",
        "{\"id\": \"a\", \"url\": \"https://youtu.be/documents01\", \"og_title\": \"Ada Lane - Harbour\"}\n",
    ),
    (
        "gold.ndjson",
        "{\"id\": \"a\", \"platform\": \"youtube\", \"og_title\": \"Ada Lane - Harbour\", \"expect\": {\"title\": \"Harbour\", \"artist\": \"Ada Lane\"}}\n",
    ),
];

/// A call that is answered with an error fails, unless the document looks at the status itself.
const PRELUDE: &str = r#"set -euo pipefail
curl() { case " $* " in *" -w "*) command curl "$@" ;; *) command curl --fail-with-body --silent --show-error "$@" ;; esac; }
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

/// Every document: those at the top, and all below `docs`.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.extend(std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()));
    found.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    found.sort();
    found
}

fn named(document: &Path) -> String {
    document.strip_prefix(root()).unwrap().display().to_string()
}

#[tokio::test]
async fn every_command_of_the_documents_works_from_top_to_bottom() {
    let mut failed = Vec::new();
    let (mut ran, mut excused) = (0, 0);
    for document in documents() {
        let all = shell_blocks(&std::fs::read_to_string(&document).unwrap());
        let (not_run, blocks): (Vec<Block>, Vec<Block>) = all.into_iter().partition(|block| block.excuse.is_some());
        excused += not_run.len();
        let excuses = not_run.iter().filter_map(|block| block.excuse.as_deref());
        failed
            .extend(excuses.filter(|excuse| !is_fair(excuse)).map(|excuse| format!("{}: {excuse}", named(&document))));
        ran += blocks.len();
        if let Err(said) = run(&blocks).await {
            failed.push(format!("{}: {said}", named(&document)));
        }
    }
    println!("{ran} blocks were run, {excused} say why not");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(ran > 20, "only {ran} blocks were run");
}

/// Whether a block may stay unrun: something else runs it and is there, or it needs what a plain machine has not.
fn is_fair(excuse: &str) -> bool {
    let test = Regex::new(r"tests/[a-z_/]+\.(?:rs|sh)").unwrap();
    let target = Regex::new(r"`make ([a-z0-9-]+)`").unwrap();
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    excuse.starts_with("it needs ")
        || test.find(excuse).is_some_and(|test| root().join(test.as_str()).is_file())
        || target.captures(excuse).is_some_and(|target| makefile.contains(&format!("\n{}:", &target[1])))
}

#[test]
fn an_excuse_names_what_runs_the_commands_instead_or_what_they_need() {
    assert!(is_fair("it needs a cluster") && is_fair("tests/service.rs does") && is_fair("`make e2e` does"));
    assert!(!is_fair("it takes too long") && !is_fair("tests/nothing.rs does") && !is_fair("`make nothing` does"));
}

#[test]
fn what_the_questions_by_symptom_quote_is_what_is_said() {
    let quote = Regex::new(r"`([^`]+)`").unwrap();
    let text = std::fs::read_to_string(root().join("docs/faq.md")).unwrap();
    let sources = [sources(&root().join("host/src")), sources(&root().join("plugins"))].concat();
    let (mut quoted, mut says) = (0, false);
    for line in text.lines() {
        says = if line.starts_with("| it says |") { true } else { says && line.starts_with('|') };
        let Some(cell) = line.split('|').nth(1).filter(|_| says) else { continue };
        for part in quote.captures_iter(cell).flat_map(|hit| hit[1].split('…').map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(sources.contains(part.trim()), "nothing says {part:?}");
            quoted += 1;
        }
    }
    assert!(quoted >= 8, "only {quoted} sentences are quoted");
}

/// All that is written in Rust below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// Runs the blocks of a document one after another in one shell, beside a host of their own.
async fn run(blocks: &[Block]) -> Result<(), String> {
    if blocks.is_empty() {
        return Ok(());
    }
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    let here = folder.path().join("here");
    std::fs::create_dir(&here).unwrap();
    for (name, text) in AT_HAND {
        std::fs::write(here.join(name), text).unwrap();
    }
    std::fs::write(here.join("dashes.wasm"), liner_tests::components::named("dashes")).unwrap();
    let address = host.url.strip_prefix("http://").unwrap();
    let mut script = PRELUDE.to_owned();
    for block in blocks {
        script += &format!("echo '== line {}' >&2\n{}\n", block.line, block.text.replace("localhost:4201", address));
    }
    let path = format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(&here)
        .env_clear()
        .envs([("PATH", path.as_str()), ("LINER_FETCH", "false"), ("HOME", here.to_str().unwrap())])
        .env("LINER_DATA_DIR", folder.path().join("liner-data"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    drop(host);
    let said = String::from_utf8_lossy(&shell.stderr);
    let reached = said.rfind("== line").and_then(|at| said.get(at..)).unwrap_or(&said);
    if shell.status.success() { Ok(()) } else { Err(format!("{}\n{reached}", shell.status)) }
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let name = Regex::new(r"`([a-z_/]+\.rs)::([a-z_0-9]+)`").unwrap();
    let mut missing = Vec::new();
    let mut found = 0;
    for document in documents() {
        for [file, test] in name.captures_iter(&std::fs::read_to_string(&document).unwrap()).map(|hit| hit.extract().1)
        {
            let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            if text.contains(&format!("fn {test}(")) {
                found += 1;
            } else {
                missing.push(format!("{}: {file}::{test}", named(&document)));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(found > 20, "only {found} tests are named");
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for [target] in link.captures_iter(&text).map(|hit| hit.extract().1) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let there = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let heading =
                anchor.is_empty() || std::fs::read_to_string(&there).is_ok_and(|text| has_heading(&text, anchor));
            if !there.exists() || !heading {
                broken.push(format!("{}: {target}", named(&document)));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Whether a document has a heading under the anchor that it is given where Markdown is shown.
fn has_heading(text: &str, anchor: &str) -> bool {
    let anchor_of = |heading: &str| -> String {
        let plain = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).any(|heading| anchor_of(heading) == anchor)
}

#[test]
fn every_decision_has_a_number_of_its_own_and_none_is_left_out() {
    let mut numbers: BTreeMap<u32, String> = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("docs/decisions")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(Ok(number)) = name.split_once('-').map(|(number, _)| number.parse()) else { continue };
        assert_eq!(numbers.insert(number, name.clone()), None, "{name} has the number of another");
    }
    let last = *numbers.keys().last().unwrap();
    assert_eq!(numbers.into_keys().collect::<Vec<_>>(), (1..=last).collect::<Vec<_>>());
}
