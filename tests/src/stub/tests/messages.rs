//! The Messages API.

use super::{Caller, question};
use crate::stub::{Behaviour, StubModel};
use serde_json::json;

#[tokio::test]
async fn the_system_text_is_billed_once_and_then_read_from_the_cache() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let asked = question(&"Songs. ".repeat(400));
    let counted = caller.post("/v1/messages/count_tokens", &asked).await.json()["input_tokens"].clone();
    let first = caller.post("/v1/messages", &asked).await.json()["usage"].clone();
    let second = caller.post("/v1/messages", &asked).await.json()["usage"].clone();
    assert_eq!((&first["cache_creation_input_tokens"], &first["cache_read_input_tokens"]), (&json!(700), &json!(0)));
    assert_eq!((&second["cache_creation_input_tokens"], &second["cache_read_input_tokens"]), (&json!(0), &json!(700)));
    assert_eq!(first["input_tokens"].as_u64().unwrap() + 700, counted.as_u64().unwrap());
    let short = caller.post("/v1/messages", &question("Too short to be cached")).await.json()["usage"].clone();
    assert_eq!(short["cache_creation_input_tokens"], 0);
}

#[tokio::test]
async fn an_answer_is_cut_at_max_tokens() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let mut asked = question("Tracks");
    asked["max_tokens"] = 10.into();
    let cut = Caller::of(&stub).post("/v1/messages", &asked).await.json();
    assert_eq!((&cut["stop_reason"], &cut["usage"]["output_tokens"]), (&json!("max_tokens"), &json!(10)));
}

#[tokio::test]
async fn a_key_is_asked_for_when_it_is_told_to() {
    let stub = StubModel::behaving(Behaviour::default().key("right")).await;
    let caller = Caller::of(&stub);
    let refused = caller.post("/v1/messages", &question("Tracks")).await;
    assert_eq!((refused.status, &refused.json()["error"]["type"]), (401, &json!("authentication_error")));
    for (name, value) in [("x-api-key", "right"), ("authorization", "Bearer right")] {
        let request = caller.client.post(format!("{}/v1/messages", stub.url)).json(&question("Tracks"));
        assert_eq!(Caller::sent(request.header(name, value)).await.unwrap().status, 200, "{name}");
    }
    assert_eq!(stub.exchanges().len(), 2);
}

#[tokio::test]
async fn a_model_tells_what_it_can_and_until_when() {
    let stub = StubModel::behaving(Behaviour::default().checking()).await;
    let caller = Caller::of(&stub);
    let model = async |id: &str| caller.get(&format!("/v1/models/{id}")).await.json();
    let newest = model("claude-haiku-5-5").await;
    assert_eq!((&newest["lifecycle"], &newest["max_tokens"]), (&json!("active"), &json!(128_000)));
    assert_eq!(newest["capabilities"]["thinking"]["types"]["enabled"]["supported"], false);
    let older = model("claude-haiku-4-5").await;
    assert_eq!(
        (&older["id"], &older["capabilities"]["effort"]["supported"]),
        (&json!("claude-haiku-4-5-20251001"), &json!(false))
    );
    assert_eq!(model("claude-3-5-haiku-20241022").await["lifecycle"], "retired");
    assert_eq!(caller.get("/v1/models/claude-0").await.status, 404);

    let mut asked = question("Tracks");
    asked["model"] = "claude-3-5-haiku-20241022".into();
    let refused = caller.post("/v1/messages", &asked).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["message"]),
        (404, &json!("model: claude-3-5-haiku-20241022"))
    );
}
