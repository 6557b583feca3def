//! Strategies, through the admission of a host.

use super::{doctor, folder};
use liner_tests::components;

#[tokio::test]
async fn what_is_bundled_and_what_lies_in_the_folder_is_admitted() {
    let folder = folder();
    let plugins = folder.path().join("liner-data/plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("own.wasm"), components::plain()).unwrap();
    let visit = doctor(folder.path(), &[]).await;
    visit.says("strategies", "ok", &["rules", "bundled"]).says("strategies", "ok", &["llm", "bundled"]);
    visit.says("strategies", "ok", &["own.wasm"]);
    assert!(!folder.path().join("liner-data/compiled").exists(), "what was compiled is not kept");
}

#[tokio::test]
async fn a_component_that_would_be_refused_is_named_with_the_step() {
    let folder = folder();
    let plugins = folder.path().join("liner-data/plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("cut.wasm"), components::truncated()).unwrap();
    std::fs::write(plugins.join("later.wasm"), components::speaks("0.9.0")).unwrap();
    std::fs::write(plugins.join("own.wasm"), components::plain()).unwrap();
    std::fs::write(plugins.join("own.toml"), "positoin = 1\n").unwrap();
    let visit = doctor(folder.path(), &[]).await;
    visit.says("strategies", "fail", &["cut.wasm", "format"]).says("strategies", "fail", &["later.wasm", "contract"]);
    visit.says("strategies", "fail", &["own.wasm", "positoin"]);
    assert_eq!(visit.code, Some(1));
}
