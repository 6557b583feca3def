//! Slips of the keys: what was meant is asked for.

use super::folder;
use liner_tests::liner;

#[tokio::test]
async fn a_misspelt_command_flag_or_word_asks_for_the_right_one() {
    let folder = folder();
    for (arguments, meant) in [
        (&["staus"][..], "'status'"),
        (&["plugin", "isntall", "x"], "'install'"),
        (&["status", "--jsno"], "'--json'"),
        (&["requeue", "--missing", "gernes"], "'genres'"),
        (&["library", "--status", "no_muisc"], "'no_music'"),
        (&["cost", "--by", "strateg"], "'strategy'"),
    ] {
        let run = liner(folder.path(), arguments, &[], "").await;
        assert!(run.code == Some(2) && run.stderr.contains("similar") && run.stderr.contains(meant), "{}", run.stderr);
    }
    assert!(!folder.path().join("liner-data").exists());
}

#[tokio::test]
async fn a_misspelt_setting_is_an_error_in_the_file_and_a_question_in_the_environment() {
    let folder = folder();
    let run = liner(folder.path(), &["config"], &[("LINER_DATA_DRI", "elsewhere"), ("AI_GATEWAY_URL", "x")], "").await;
    let [line] = run.stderr.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(run.code == Some(0) && line.contains("LINER_DATA_DRI (environment)"), "{line}");
    assert!(line.ends_with("did you mean LINER_DATA_DIR?"), "{line}");
    std::fs::write(folder.path().join(".env"), "AI_MODLE=claude-haiku-5-5\n").unwrap();
    let run = liner(folder.path(), &["config"], &[], "").await;
    assert!(run.stderr.contains("AI_MODLE (.env)") && run.stderr.contains("AI_MODEL?"), "{}", run.stderr);
    std::fs::write(folder.path().join("liner.toml"), "prot = 80\n").unwrap();
    let run = liner(folder.path(), &["config"], &[], "").await;
    assert!(run.code == Some(2) && run.stderr.contains("did you mean PORT?"), "{}", run.stderr);
}

#[tokio::test]
async fn a_misspelt_strategy_platform_or_field_asks_for_the_right_one() {
    let folder = folder();
    let run = liner(folder.path(), &["plugin", "activate", "rulse"], &[], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("did you mean rules?"), "{}", run.stderr);
    let row = r#"{"platform": "yotube", "platform_id": "1", "og_title": "Ada Lane - Harbour"}"#;
    let run = liner(folder.path(), &["enqueue", "-"], &[], &format!("{row}\n{row}\n")).await;
    assert!(run.code == Some(0) && run.stderr.lines().count() == 1, "{}", run.stderr);
    assert!(run.stderr.contains("did you mean youtube?"), "{}", run.stderr);
    let host = liner_tests::Host::start(folder.path(), &[]).await;
    let answer = host.get("/api/music-ai/library/yotub/1").await;
    assert!(answer.status == 404 && answer.json["error"].as_str().unwrap().contains("did you mean youtube?"));
    let answer =
        host.post("/api/music-ai/queue", r#"[{"url": "https://youtu.be/aaaaaaaaaaa", "og_titel": "x"}]"#).await;
    assert!(answer.text.contains("did you mean og_title?"), "{}", answer.text);
}
