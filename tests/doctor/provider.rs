//! Providers, their models, their prices and their clock. Nothing that is paid for is asked.

use super::{Visit, doctor, doctor_under, folder};
use axum::response::IntoResponse;
use liner_tests::{Behaviour, KEY, Refusal, StubModel, raw};
use reqwest::header::{DATE, HeaderMap, HeaderValue};
use std::time::{Duration, Instant};

async fn asking(url: &str, settings: &[(&str, &str)]) -> Visit {
    let mut all = vec![("AI_PROVIDER", "anthropic"), ("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", url)];
    all.extend(settings);
    let visit = doctor(folder().path(), &all).await;
    assert!(!visit.text.contains(KEY), "{}", visit.text);
    visit
}

#[tokio::test]
async fn a_provider_that_answers_is_well_and_is_asked_nothing_that_costs() {
    let model = StubModel::behaving(Behaviour::default().key(KEY)).await;
    let visit = asking(&model.url, &[]).await;
    visit.says("provider", "ok", &["anthropic", "answers"]).says("model", "ok", &["claude-haiku-5-5", "offered"]);
    visit.says("prices", "ok", &["claude-haiku-5-5"]).says("clock", "ok", &["the provider"]);
    assert_eq!((visit.code, model.exchanges().len()), (Some(0), 0));
    assert_eq!((model.visits("GET /v1/models/{id}"), model.visits("POST /v1/messages")), (1, 0));
}

#[tokio::test]
async fn none_to_ask_is_a_warning_unless_it_is_meant() {
    let visit = doctor(folder().path(), &[("AI_PROVIDER", "anthropic")]).await;
    visit.says("provider", "warn", &["ANTHROPIC_API_KEY is not set"]);
    doctor(folder().path(), &[]).await.says("provider", "ok", &["AI_PROVIDER is none"]);
}

#[tokio::test]
async fn a_wrong_key_is_said_and_not_shown_though_the_provider_repeats_it() {
    let model = StubModel::behaving(Behaviour::default().key("another")).await;
    let visit = asking(&model.url, &[]).await;
    visit.says("provider", "fail", &["401", "ANTHROPIC_API_KEY"]);
    assert_eq!(visit.code, Some(1));
    let echo = Behaviour::default()
        .instead(|_| Some(Refusal::new(404, "not_found_error", &format!("no model for {KEY}")).into_response()));
    asking(&StubModel::behaving(echo).await.url, &[]).await.says("provider", "fail", &["***"]);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_or_says_nothing_is_said_in_time() {
    let nobody = format!("http://127.0.0.1:{}", liner_tests::postgres::free_port());
    asking(&nobody, &[]).await.says("provider", "fail", &["cannot be reached"]);
    let silent = raw::Server::doing(async |mut visitor: raw::Visitor| visitor.stay().await).await;
    let began = Instant::now();
    let settings = [("AI_PROVIDER", "anthropic"), ("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &silent.url(""))];
    let visit = doctor_under(folder().path(), &[], &["--timeout", "2"], &settings).await;
    visit.says("provider", "fail", &["no answer within 2 s"]);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_model_that_goes_is_a_warning_and_one_that_is_gone_fails() {
    let stub = StubModel::willing().await;
    let gone = asking(&stub.url, &[("AI_MODEL", "claude-3-5-haiku-20241022")]).await;
    gone.says("model", "fail", &["retired on 2026-02-19", "claude-haiku-5-5"]);
    assert_eq!(gone.code, Some(1));
    let later = Behaviour::default().instead(|_| {
        let model = serde_json::json!({"type": "model", "id": "m", "lifecycle": "deprecated",
            "retires_at": "2999-01-31T00:00:00Z"});
        Some(axum::Json(model).into_response())
    });
    let goes = asking(&StubModel::behaving(later).await.url, &[]).await;
    goes.says("model", "warn", &["retires on 2999-01-31"]);
    assert_eq!(goes.code, Some(0));
    let unknown = asking(&stub.url, &[("AI_MODEL", "claude-nobody-1")]).await;
    unknown.says("provider", "fail", &["404", "claude-nobody-1", "AI_MODEL"]);
}

#[tokio::test]
async fn a_retirement_that_is_announced_is_known_though_nobody_can_be_asked() {
    let nobody = format!("http://127.0.0.1:{}", liner_tests::postgres::free_port());
    let visit = asking(&nobody, &[("AI_MODEL", "claude-3-5-haiku-latest")]).await;
    visit.says("provider", "fail", &["cannot be reached"]).says("model", "fail", &["retired on 2026-02-19"]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_by_the_providers_answers() {
    let stub = StubModel::willing().await;
    let told = |date| stub.set_headers(HeaderMap::from_iter([(DATE, HeaderValue::from_static(date))]));
    told("Mon, 01 Jan 2001 00:00:00 GMT");
    let visit = asking(&stub.url, &[]).await;
    visit.says("clock", "fail", &["ahead of that of the provider", "NTP"]);
    assert_eq!(visit.code, Some(1));
    told("Fri, 01 Jan 2999 00:00:00 GMT");
    asking(&stub.url, &[]).await.says("clock", "fail", &["behind that of the provider"]);
}

#[tokio::test]
async fn prices_that_are_not_known_are_a_warning_and_a_failure_where_there_is_a_budget() {
    let stub = StubModel::willing().await;
    let dated = [("AI_MODEL", "claude-sonnet-4-5")];
    asking(&stub.url, &dated).await.says("prices", "warn", &["AI_PRICES=claude-sonnet-4-5="]);
    let budget = [dated[0], ("AI_DAILY_BUDGET_USD", "2")];
    asking(&stub.url, &budget).await.says("prices", "fail", &["AI_PRICES"]);
    let priced = [dated[0], ("AI_PRICES", "claude-sonnet-4-5=3/15")];
    asking(&stub.url, &priced).await.says("prices", "ok", &["claude-sonnet-4-5"]);
}

#[tokio::test]
async fn who_answers_in_its_place_is_looked_at_too() {
    let stub = StubModel::willing().await;
    let base = format!("{}/v1", stub.url);
    let fallback = |model: &str| format!("openai:{model}");
    let with = async |model: &str| {
        let settings = [("OPENAI_BASE_URL", base.as_str()), ("AI_FALLBACK", &fallback(model))];
        asking(&stub.url, &settings).await
    };
    let listed = with("gpt-4o-mini").await;
    listed.says("provider", "ok", &["openai"]).says("model", "ok", &["gpt-4o-mini"]);
    with("acme-1").await.says("model", "warn", &["acme-1", "not in the provider's list"]);
    assert_eq!(stub.exchanges().len(), 0);
}
