//! Every class of response as the tests' own model gives it, to both clients.

use crate::client::{Call, Came, Client, Wire, request};
use crate::expected::{
    Error, Expected, Reply, busy, failed, misconfigured, of_account, rejected, reply, state, too_large, unreachable,
};
use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use liner::music::Stop;
use liner_tests::{Behaviour, Refusal, StubModel, Visit, hang_up, message};
use serde_json::{Value, json};
use std::time::Duration;

type Answer = Box<dyn Fn() -> Response + Send + Sync>;

/// A response to a prompt, and what each client makes of it.
struct Class {
    name: &'static str,
    answer: Answer,
    expected: Vec<(Wire, Expected)>,
}

/// A response that both APIs give, each in its own words.
fn both<A: IntoResponse + Clone + Send + Sync + 'static>(
    name: &'static str,
    answer: A,
    expected: impl Fn(Wire) -> Expected,
) -> Class {
    let expected = Wire::BOTH.map(|wire| (wire, expected(wire))).into();
    Class { name, answer: Box::new(move || answer.clone().into_response()), expected }
}

/// A response of one API.
fn only<A: IntoResponse + Clone + Send + Sync + 'static>(
    wire: Wire,
    name: &'static str,
    answer: A,
    expected: impl Into<Expected>,
) -> Class {
    let expected = vec![(wire, expected.into())];
    Class { name, answer: Box::new(move || answer.clone().into_response()), expected }
}

async fn all(classes: Vec<Class>) {
    let mut wrong = Vec::new();
    for Class { name, answer, expected } in classes {
        let stub = StubModel::with_script(move |_, _| answer()).await;
        for (wire, expected) in expected {
            let came = client(wire, &stub).make(Call::Send).await;
            wrong.extend(expected.differs(&came).map(|wrong| format!("{name}, {wire:?}: {wrong}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn client(wire: Wire, stub: &StubModel) -> Client {
    Client::of(wire, &base(wire, stub), "claude-haiku-5-5")
}

fn base(wire: Wire, stub: &StubModel) -> String {
    match wire {
        Wire::Anthropic => stub.url.clone(),
        Wire::OpenAi => format!("{}/v1", stub.url),
    }
}

/// What the stub's messages cost: 100 tokens, 700 of the cache and 60 of output.
fn usual(stop: Stop, text: &str) -> Reply {
    reply(stop, text).billed(800, 60, 470).cached(700, 0)
}

fn completion(choice: &Value) -> Json<Value> {
    Json(json!({"id": "chatcmpl-1", "model": "gpt-4o-mini", "choices": [choice]}))
}

#[tokio::test]
async fn replies_say_why_they_end_and_what_they_cost() {
    use Stop::{Complete, Other, Refused, Truncated};
    let thinking = json!({"type": "thinking", "thinking": "", "signature": "x"});
    let tool = json!({"type": "tool_use", "id": "toolu_1", "name": "json", "input": {}});
    let with = |content: Value, stop_reason: &str| {
        let mut message = message("", stop_reason);
        message["content"] = content;
        Json(message)
    };
    let read_and_written = json!({
        "input_tokens": 10, "cache_creation_input_tokens": 1_000, "cache_read_input_tokens": 2_000, "output_tokens": 4
    });
    let mut cached = message("[]", "end_turn");
    cached["usage"] = read_and_written;
    all(vec![
        both("complete", Json(message("[]", "end_turn")), |_| usual(Complete, "[]").into()),
        both("truncated", Json(message("[", "max_tokens")), |_| usual(Truncated, "[").into()),
        both("refused", Json(message("", "refusal")), |_| usual(Refused, "").into()),
        only(
            Wire::Anthropic,
            "thinking first",
            with(json!([thinking, {"type": "text", "text": "[]"}]), "end_turn"),
            usual(Complete, "[]"),
        ),
        only(
            Wire::Anthropic,
            "out of context",
            Json(message("[", "model_context_window_exceeded")),
            usual(Truncated, "["),
        ),
        only(Wire::Anthropic, "a tool", with(json!([tool]), "tool_use"), usual(Other, "")),
        only(Wire::Anthropic, "a pause", Json(message("", "pause_turn")), usual(Other, "")),
        only(
            Wire::Anthropic,
            "cached",
            Json(cached),
            reply(Complete, "[]").billed(3_010, 4, 10 + 1_250 + 200 + 20).cached(2_000, 1_000),
        ),
        only(
            Wire::OpenAi,
            "thinking first",
            completion(&json!({"message": {"content": "<think>Ada?</think>\n[]"}, "finish_reason": "stop"})),
            reply(Complete, "[]"),
        ),
        only(
            Wire::OpenAi,
            "filtered",
            completion(&json!({"message": {"content": null}, "finish_reason": "content_filter"})),
            reply(Refused, ""),
        ),
        only(
            Wire::OpenAi,
            "a tool",
            completion(&json!({"message": {"content": null, "tool_calls": [{}]}, "finish_reason": "tool_calls"})),
            reply(Other, ""),
        ),
    ])
    .await;
}

#[tokio::test]
async fn refusals_say_whose_fault_it_is() {
    use Wire::{Anthropic, OpenAi};
    let of = Refusal::of_status;
    let invalid = |message| Refusal::new(400, "invalid_request_error", message);
    let key = |wire| if wire == Anthropic { "ANTHROPIC_API_KEY" } else { "OPENAI_API_KEY" };
    all(vec![
        both("invalid", invalid("messages: no"), |_| rejected("messages: no").into()),
        only(Anthropic, "too long", invalid("prompt is too long: 1200000 tokens > 1000000"), too_large("too long")),
        only(OpenAi, "too long", invalid("This model's maximum context length is 4096 tokens"), too_large("4096")),
        only(
            Anthropic,
            "own spend limit",
            invalid("You have reached your specified API usage limits."),
            of_account("raise the limit", 3_600),
        ),
        both("key", of(401), |wire| misconfigured("401").and(key(wire)).into()),
        both("billing", of(402), |_| of_account("check the account's billing", 600).into()),
        both("permission", of(403), |wire| misconfigured("403").and(key(wire)).into()),
        both("model", Refusal::new(404, "not_found_error", "model: claude-haiku-5-5"), |_| {
            misconfigured("there is no model \"claude-haiku-5-5\" there").and("AI_MODEL").into()
        }),
        only(OpenAi, "path", of(404), misconfigured("OPENAI_BASE_URL").and("AI_MODEL")),
        both("conflict", of(409), |_| failed("409").repeatable().into()),
        both("size", of(413), |_| too_large("413").into()),
    ])
    .await;
}

#[tokio::test]
async fn a_provider_that_wants_rest_gets_as_much_as_it_asks_for() {
    use Wire::{Anthropic, OpenAi};
    let limited = || Refusal::of_status(429);
    let in_90_s = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC) + jiff::SignedDuration::from_secs(90);
    let in_90_s = in_90_s.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let spent = |code: &str| {
        let error = json!({"type": "rate_limit_error", "message": "no", "code": code, "details": {"error_code": code}});
        (StatusCode::TOO_MANY_REQUESTS, Json(json!({"type": "other", "error": error})))
    };
    all(vec![
        both("in seconds", limited().retry_after(7), |_| busy("429", 7..=7).into()),
        both("in milliseconds", limited().header("retry-after-ms", "2500"), |_| busy("429", 2..=2).into()),
        both("by a date", limited().header("retry-after", &in_90_s), |_| busy("429", 60..=90).into()),
        both("without a word", limited(), |_| busy("429", 10..=10).into()),
        only(OpenAi, "by its limits", limited().header("x-ratelimit-reset-tokens", "1m5s"), busy("429", 65..=65)),
        only(Anthropic, "tier's spend limit", spent("enforced_spend_limit_reached"), of_account("raise", 3_600)),
        only(OpenAi, "quota", spent("insufficient_quota"), of_account("add credit", 3_600)),
        only(Anthropic, "overloaded", Refusal::of_status(529), busy("529", 5..=5)),
        only(OpenAi, "overloaded", Refusal::of_status(503), busy("503", 10..=10)),
        both("overloaded for so long", Refusal::of_status(529).retry_after(3), |_| busy("529", 3..=3).into()),
    ])
    .await;
}

#[tokio::test]
async fn what_failed_is_repeated_where_it_may_be() {
    let broken = (StatusCode::INTERNAL_SERVER_ERROR, "sorry");
    let page = (StatusCode::BAD_GATEWAY, Html("<html>\n<h1>Bad gateway</h1>".repeat(90)));
    let wire_name = |wire| match wire {
        Wire::Anthropic => "not a message of the Messages API",
        Wire::OpenAi => "not a chat completion",
    };
    let no_answer = |wire| Expected::from(failed(wire_name(wire)));
    all(vec![
        both("500", broken, |_| failed("500").and("sorry").repeatable().into()),
        both("final 500", (StatusCode::INTERNAL_SERVER_ERROR, [("x-should-retry", "false")]), |_| failed("500").into()),
        both("504", Refusal::of_status(504), |_| failed("504").repeatable().into()),
        both("a page", page, |_| failed("502").and("Bad gateway").repeatable().into()),
        both("a page that is well", Html("<html>Welcome</html>"), no_answer),
        both("nothing", StatusCode::OK, no_answer),
        both("no JSON", "{\"content", no_answer),
        both("other JSON", Json(json!({"content": 1, "choices": []})), no_answer),
    ])
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_or_silent_is_not_used_again_and_one_that_was_not_made_may_be() {
    let cut = StubModel::with_script(|_, _| hang_up()).await;
    let silent = StubModel::gated(0).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for wire in Wire::BOTH {
        let came = client(wire, &cut).make(Call::Send).await;
        assert_eq!(Expected::from(failed("the exchange with the provider broke off")).differs(&came), None);
        let hasty = Client::within(Duration::from_millis(300), wire, &base(wire, &silent), "claude-haiku-5-5");
        let expected: Error = failed("did not answer in time").and("AI_TIMEOUT_MS");
        assert_eq!(Expected::from(expected).differs(&hasty.make(Call::Send).await), None);
        let nobody = Client::of(wire, &format!("http://{closed}/v1"), "claude-haiku-5-5");
        let expected = Expected::from(unreachable("cannot be reached"));
        assert_eq!(expected.differs(&nobody.make(Call::Send).await), None);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = StubModel::willing().await;
    for wire in Wire::BOTH {
        let (_, path) = wire.route().split_once(' ').unwrap();
        let target = format!("{}{path}", elsewhere.url);
        let stub = StubModel::with_script(move |_, _| Redirect::temporary(&target).into_response()).await;
        let came = client(wire, &stub).make(Call::Send).await;
        assert_eq!(Expected::from(misconfigured("307").and("it redirects")).differs(&came), None);
        assert_eq!((stub.visits(wire.route()), elsewhere.visits(wire.route())), (1, 0));
    }
}

#[tokio::test]
async fn a_rate_that_an_answer_uses_up_is_known_with_it() {
    let stub = StubModel::willing().await;
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(90)).to_string();
    let said = [
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", &soon),
        ("anthropic-ratelimit-input-tokens-remaining", "5000"),
        ("anthropic-ratelimit-output-tokens-remaining", "40"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1m30s"),
        ("x-ratelimit-remaining-tokens", "5000"),
    ];
    let header =
        |(name, value): (&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    stub.set_headers(said.map(header).into_iter().collect::<HeaderMap>());
    for wire in Wire::BOTH {
        let tokens_out = (wire == Wire::Anthropic).then_some(40);
        let expected =
            usual(Stop::Complete, r#"{"items":[]}"#).leaving(Some(0), Some(5_000), tokens_out).used_up(60..=90);
        assert_eq!(Expected::from(expected).differs(&client(wire, &stub).make(Call::Send).await), None, "{wire:?}");
    }
}

#[tokio::test]
async fn a_batch_is_submitted_listed_looked_at_and_read() {
    let stub = StubModel::behaving(Behaviour::with_fixed_usage().ending_at_poll(3)).await;
    for wire in Wire::BOTH {
        let client = client(wire, &stub);
        let began = jiff::Timestamp::now().as_millisecond();
        let made = client.batches().submit(&[request("a"), request("b")]).await.unwrap();
        let day = made.expires_at.unwrap() - began - 86_400_000;
        assert!((-1_000..60_000).contains(&day), "it expires in a day and {day} ms");
        let listed = client.batches().made_since(began - 1_000).await.unwrap();
        let [listed] = listed.as_slice() else { panic!("{listed:?}") };
        // OpenAI counts them only when it has read the file.
        let requests = (wire == Wire::Anthropic).then_some(2);
        assert_eq!((&listed.id, listed.requests, listed.has_ended), (&made.id, requests, false));
        assert!(client.batches().made_since(began + 60_000).await.unwrap().is_empty());

        let look = || async { client.batches().state(&made.id).await.map(Came::State) };
        assert_eq!(state(false, 0, 0, None).differs(&look().await), None, "{wire:?}");
        let early = client.batches().results(&made.id).await.map(drop).unwrap_err();
        let expected = Expected::from(failed("has no results"));
        assert_eq!(expected.differs(&Err(early)), None, "{wire:?}");
        look().await.unwrap();
        assert_eq!(state(true, 2, 0, None).differs(&look().await), None, "{wire:?}");
        let unknown = client.batches().state("batch_of_nobody").await.map(Came::State);
        assert_eq!(Expected::Unknown.differs(&unknown), None, "{wire:?}");
    }
}

#[tokio::test]
async fn a_provider_without_batches_is_not_taken_for_one_without_the_model() {
    let without = |visit: &Visit| visit.route.ends_with("/batches").then(|| Refusal::of_status(404).into_response());
    let stub = StubModel::behaving(Behaviour::with_fixed_usage().instead(without)).await;
    let names = [(Wire::Anthropic, "has no Message Batches API"), (Wire::OpenAi, "has no Batch API")];
    for (wire, says) in names {
        let came = client(wire, &stub).make(Call::Submit).await;
        assert_eq!(Expected::from(rejected(says)).differs(&came), None, "{wire:?}");
    }
}
