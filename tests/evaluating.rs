//! `liner eval`: what is right, where it goes wrong, and what changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::{Finished, Host, clear_row, liner, vague_row};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Two that the rules read right, one whose title they read otherwise than it is expected, one that says too little, and one that
/// is no music.
const GOLD: &str = r#"{"id":"clear","source":"one","url":"https://youtu.be/clear000001","og_title":"Ada Lane - Harbour (Official Video)","og_artist":"Ada Lane","expect":{"title":"Harbour (feat. Bo)","artist":"The Ada Lane","music_type":"song"},"tags":["script:latin","class:dash","sample:random"]}
{"id":"kana","source":"two","url":"https://youtu.be/clear000002","og_title":"Ada Lane - 夜のひかり (Official Video)","og_artist":"Ada Lane","expect":{"title":"夜 の ひかり","artist":"Ada Lane"},"tags":["class:dash"]}
{"id":"wrong","source":"one","url":"https://youtu.be/clear000003","og_title":"Ada Lane - Bridge (Official Video)","og_artist":"Ada Lane","expect":{"title":"Other","title_alts":["Another"],"artist":"Ada Lane"},"tags":["script:latin","class:dash","sample:random"]}
{"id":"vague","url":"https://youtu.be/clear000004","og_title":"untitled upload 3","expect":{"title":"Third","artist":"Bo"}}
{"id":"talk","url":"https://youtu.be/clear000005","og_title":"Ada Lane - Talk (Official Video)","og_artist":"Ada Lane","expect":{"abstain":true}}
"#;

fn folder(gold: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gold.ndjson"), gold).unwrap();
    folder
}

async fn eval(folder: &Path, arguments: &[&str]) -> Finished {
    liner(folder, &[&["eval", "gold.ndjson"], arguments].concat(), &[], "").await
}

async fn figures(folder: &Path, arguments: &[&str]) -> Value {
    let run = eval(folder, &[arguments, &["--json"]].concat()).await;
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
}

#[tokio::test]
async fn it_counts_what_is_right_by_source_script_and_class() {
    let folder = folder(GOLD);
    let found = figures(folder.path(), &[]).await;
    for (figure, expected) in [
        ("rows", 4),
        ("title_right", 2),
        ("artist_right", 3),
        ("both_right", 2),
        ("sure", 3),
        ("sure_and_right", 2),
        ("not_music_rows", 1),
        ("not_music_sure", 1),
    ] {
        assert_eq!(found[figure], expected, "{figure} of {found}");
    }
    assert_eq!((&found["shares"]["title"], &found["shares"]["right_when_sure"]), (&json!(0.5), &json!(0.5)));
    assert_eq!((&found["music_type"]["rows"], &found["music_type"]["right"]), (&json!(1), &json!(1)));
    let both = |kind: &str, name: &str| (found[kind][name]["both_right"].clone(), found[kind][name]["rows"].clone());
    assert_eq!(both("by_source", "one"), (json!(1), json!(2)));
    assert_eq!(both("by_script", "kana"), (json!(1), json!(1)), "told from the title");
    assert_eq!(both("by_class", "dash"), (json!(2), json!(3)));
    assert_eq!(found["by_source"].as_object().unwrap().len(), 2, "a row that names no source is in none");
}

#[tokio::test]
async fn it_shows_whether_confidence_can_be_believed_and_the_worst_answers() {
    let folder = folder(GOLD);
    let found = figures(folder.path(), &["--worst", "2"]).await;
    let bins = found["reliability"]["bins"].as_array().unwrap();
    let answers: i64 = bins.iter().map(|bin| bin["rows"].as_i64().unwrap()).sum();
    let last = bins.iter().filter(|bin| bin["from"].as_f64().unwrap() >= 0.9).map(|bin| bin["rows"].as_i64().unwrap());
    assert_eq!((bins.len(), last.sum::<i64>()), (7, 4), "{found}");
    assert!(answers >= 4 && found["reliability"]["expected_calibration_error"].as_f64().unwrap() > 0.1, "{found}");
    let worst = found["worst"].as_array().unwrap();
    assert_eq!(worst.len(), 2);
    assert_eq!((&worst[0]["id"], &worst[0]["field"]), (&json!("wrong"), &json!("title")));
    assert_eq!((&worst[0]["said"]["title"], &worst[0]["expected"]["title"]), (&json!("Bridge"), &json!("Other")));
    assert_eq!((&worst[1]["id"], &worst[1]["field"]), (&json!("talk"), &json!("no music")));
}

#[tokio::test]
async fn its_tables_fit_the_terminal() {
    let long = "Ada Lane and the Very Long Orchestra of the Harbour ".repeat(4);
    let row = json!({"id": "x".repeat(60), "source": "s".repeat(60), "url": "https://youtu.be/clear000001", "og_title": format!("{long} - {long}"), "expect": {"title": "夜".repeat(60), "artist": long.to_uppercase()}, "tags": ["class:dash"]});
    let folder = folder(&format!("{GOLD}{row}\n"));
    std::fs::write(folder.path().join("base"), format!("{}\n", json!({"id": "x".repeat(60), "artist": long}))).unwrap();
    let command = ["eval", "gold.ndjson", "--baseline", "base"];
    let run = liner(folder.path(), &command, &[("COLUMNS", "100")], "").await;
    for heading in ["FIGURE", "SOURCE", "SCRIPT", "CLASS", "CONFIDENCE", "WRONG", "BEFORE"] {
        assert!(run.stdout.contains(heading), "{heading} in {}{}", run.stdout, run.stderr);
    }
    let columns = |line: &str| line.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum::<usize>();
    let wide: Vec<&str> = run.stdout.lines().filter(|line| columns(line) > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[tokio::test]
async fn a_tag_leaves_only_the_rows_that_carry_it() {
    let folder = folder(GOLD);
    assert_eq!(figures(folder.path(), &["--tag", "class:dash"]).await["rows"], 3);
    assert_eq!(figures(folder.path(), &["--tag", "class:dash", "--tag", "sample:random"]).await["rows"], 2);
    let run = eval(folder.path(), &["--tag", "class:none"]).await;
    assert!(run.code == Some(1) && run.stderr.contains("class:none"), "{run:?}");
}

#[tokio::test]
async fn a_saved_run_is_the_baseline_of_the_next_and_nothing_changed() {
    let folder = folder(GOLD);
    assert_eq!(eval(folder.path(), &["--save", "run"]).await.code, Some(0));
    let saved = std::fs::read_to_string(folder.path().join("run")).unwrap();
    let lines: Vec<Value> = saved.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["title"], &lines[0]["verdict"]["title"]), (5, &json!("Harbour"), &json!(true)));
    let run = eval(folder.path(), &["--baseline", "run", "--fail-if-worse"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("every figure is as it was"), "{run:?}");

    let extracted = liner(folder.path(), &["extract", "gold.ndjson", "--json"], &[], "").await;
    std::fs::write(folder.path().join("extracted"), extracted.stdout).unwrap();
    let changes = &figures(folder.path(), &["--baseline", "extracted"]).await["changes"];
    assert_eq!((&changes["rows"], &changes["better"], &changes["worse"]), (&json!(5), &json!([]), &json!([])));
}

#[tokio::test]
async fn a_baseline_shows_what_is_better_and_what_is_worse() {
    let folder = folder(GOLD);
    let earlier = [
        json!({"id": "clear", "title": "Harbour", "artist": "Bo", "confidence": 0.95}),
        json!({"id": "kana", "title": "夜のひかり", "artist": "Ada Lane", "confidence": 0.5}),
        json!({"id": "wrong", "title": "Another", "artist": "Ada Lane", "confidence": 0.95}),
        json!({"id": "talk", "title": null, "artist": null, "music_type": null}),
    ];
    std::fs::write(folder.path().join("base"), earlier.map(|line| line.to_string()).join("\n")).unwrap();
    let changes = &figures(folder.path(), &["--baseline", "base"]).await["changes"];
    let side = |name: &str| -> Vec<Value> {
        let rows = changes[name].as_array().unwrap().iter();
        rows.map(|row| json!([row["id"], row["field"], row["before"], row["expected"]])).collect()
    };
    assert_eq!(
        side("better"),
        [
            json!(["clear", "artist", "Bo", "The Ada Lane"]),
            json!(["clear", "type", "nothing", "song"]),
            json!(["kana", "sure", "0.50, right", "Ada Lane – 夜 の ひかり"]),
        ]
    );
    assert_eq!(
        side("worse"),
        [json!(["wrong", "title", "Another", "Other"]), json!(["talk", "no music", "nothing", "nothing"])]
    );
    let figure = |name: &str| {
        let figure = changes["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == name).unwrap();
        (figure["before"] == 1.0, figure["is_worse"].clone())
    };
    assert_eq!((figure("title"), figure("artist")), ((true, json!(true)), (false, json!(false))));
    assert_eq!(figure("no music, answered").1, json!(true), "more of a fault is worse");
    assert_eq!((&changes["rows"], &changes["new_rows"]), (&json!(4), &json!(1)));

    let run = eval(folder.path(), &["--baseline", "base", "--worst", "1"]).await;
    assert!(run.code == Some(0) && run.stdout.contains("better: 3") && run.stdout.contains("and 2 more"), "{run:?}");
    assert_eq!(eval(folder.path(), &["--baseline", "base", "--fail-if-worse"]).await.code, Some(1));
    assert_eq!(eval(folder.path(), &["--fail-if-worse"]).await.code, Some(2), "worse than what?");
}

#[tokio::test]
async fn what_cannot_be_used_is_said_in_a_sentence() {
    let row = |expect: &str| format!("{{\"id\":\"a\",\"url\":\"https://youtu.be/clear000001\"{expect}}}\n");
    let good = row(",\"expect\":{\"title\":\"A\",\"artist\":\"B\"}");
    for (gold, said) in [
        (row(""), "a of gold.ndjson has no `expect`"),
        (row(",\"expect\":{}"), "neither a title nor an artist"),
        (row(",\"expect\":{\"title\":7}"), "`expect` of a in gold.ndjson cannot be read"),
        ("{\"id\":\"a\"}\n".to_owned(), "line 1"),
        (String::new(), "gold.ndjson has no rows"),
    ] {
        let run = eval(folder(&gold).path(), &[]).await;
        assert!(run.code == Some(1) && run.stderr.contains(said), "{said}: {run:?}");
    }
    for (baseline, said) in [
        ("{\"id\":\"other\",\"title\":\"A\"}", "answers none of these"),
        ("title,artist\n", "line 1 of the baseline base is not a JSON object"),
        ("{\"title\":\"A\"}", "line 1 of the baseline base has no `id`"),
        ("{\"id\":\"a\"}\n\n{\"id\":\"a\"}", "line 3 of the baseline base answers a for the second time"),
        ("{\"id\":\"a\",\"confidence\":\"high\"}", "line 1 of the baseline base is not an answer"),
    ] {
        let folder = folder(&good);
        std::fs::write(folder.path().join("base"), baseline).unwrap();
        let run = eval(folder.path(), &["--baseline", "base"]).await;
        assert!(run.code == Some(1) && run.stderr.contains(said), "{said}: {run:?}");
    }
    let run = eval(folder(&good).path(), &["--baseline", "nowhere"]).await;
    assert!(run.code == Some(1) && run.stderr.contains("cannot read the baseline nowhere"), "{run:?}");
    let run = eval(folder(&good.repeat(2)).path(), &["--save", "run"]).await;
    assert!(run.code == Some(1) && run.stderr.contains("two rows are called a"), "{run:?}");
    let run = liner(folder(&good).path(), &["eval", "missing.ndjson"], &[], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("cannot read missing.ndjson"), "{run:?}");
}

#[tokio::test]
async fn an_operators_corrections_are_examples() {
    let folder = tempfile::tempdir().unwrap();
    let none = liner(folder.path(), &["eval", "--corrections"], &[], "").await;
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("no entry of") && none.stderr.contains("was corrected yet"), "{}", none.stderr);

    let host = Host::start(folder.path(), &[]).await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.drained().await;
    let path = "/api/music-ai/library/youtube/clear000001";
    let corrected =
        host.request("PATCH", path).body(r#"{"title": "Harbour\u0000  Lights\u202e"}"#).send().await.unwrap();
    assert_eq!(corrected.status(), 200);
    let entry = host.get(path).await.json;
    assert_eq!((&entry["title"], &entry["origins"]["title"]), (&json!("Harbour Lights"), &json!("operator")));
    let run = liner(folder.path(), &["eval", "--corrections", "--json"], &[], "").await;
    let found: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let figures = ["rows", "title_right", "artist_right"].map(|name| found[name].as_i64().unwrap());
    assert_eq!(
        figures,
        [1, 0, 1],
        "the rules read the title otherwise, and the artist as the operator left it: {found}"
    );
    assert_eq!(found["worst"][0]["id"], "youtube/clear000001");
    let of = |figures: &Value, figure: &str| figures[figure]["rows"].as_i64();
    assert_eq!(of(&found, "music_type"), Some(0), "nobody said that it is a song: {found}");
    host.request("PATCH", path).body(r#"{"music_type": "song", "release_date": "2018"}"#).send().await.unwrap();
    let run = liner(folder.path(), &["eval", "--corrections", "--json"], &[], "").await;
    let found: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    assert_eq!((of(&found, "music_type"), of(&found, "release_date")), (Some(1), Some(1)), "{found}");
    assert_eq!(host.stop().await, Some(0));
}

#[tokio::test]
async fn corrections_that_name_no_work_are_not_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    host.post("/api/music-ai/queue", json!([vague_row(1)]).to_string()).await;
    let path = "/api/music-ai/library/youtube/vague000001";
    let corrected = host.request("PATCH", path).body(r#"{"genres": ["folk"]}"#).send().await.unwrap();
    assert_eq!(corrected.status(), 200);
    let run = liner(folder.path(), &["eval", "--corrections"], &[], "").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("none of the 1 corrected entries of"), "{}", run.stderr);
    assert_eq!(host.stop().await, Some(0));
}
