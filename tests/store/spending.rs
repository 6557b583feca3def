//! What models were used for, and what all of it cost.

use crate::fixture::{Fixture, NOON, answer, completed, intent};
use crate::retention::prune;
use liner::music::{Stop, Usage};
use liner::store::{CallAnswer, CallIntent, Claim, Cost, Limits, ModelUse, Used};

const DAY_MS: i64 = 86_400_000;
const TODAY: i64 = NOON / DAY_MS;

async fn claim(f: &Fixture) -> Claim {
    f.enqueue(0..1).await;
    f.claim(1).await.unwrap()
}

/// A reply that stopped for a reason and used so much; its question was sent again twice.
fn reply(stop: Stop, usage: Usage) -> CallAnswer {
    let CallAnswer::Reply { mut reply, request_id, rate, latency_ms, .. } = answer("[]") else { unreachable!() };
    reply.stop = stop;
    CallAnswer::Reply { reply, request_id, usage, rate, retries: 2, latency_ms }
}

/// Asks, and is answered.
async fn ask(f: &Fixture, call: &CallIntent, answer: &CallAnswer) {
    f.ask(call).await;
    f.store.journal_answer(&call.id, answer).await.unwrap();
}

async fn all(f: &Fixture) -> Vec<ModelUse> {
    f.store.model_use(None).await.unwrap()
}

pub async fn calls_are_summed_by_day_model_and_strategy_whatever_came_of_them(f: Fixture) {
    let claim = claim(&f).await;
    let usage =
        Usage { tokens_in: 1_000, tokens_cached: 600, tokens_written: 300, tokens_out: 80, cost_micros: Some(9) };
    let unpriced = Usage { cost_micros: None, ..usage };
    let batched = ["batched", "rejected in its batch"].map(|digest| intent(&claim, digest));
    for call in &batched {
        f.ask(call).await;
    }
    f.database.execute("update model_call set provider_batch = 'b'").await;
    f.store.journal_answer(&batched[0].id, &reply(Stop::Complete, usage)).await.unwrap();
    f.store.journal_answer(&batched[1].id, &CallAnswer::error("400")).await.unwrap();
    ask(&f, &intent(&claim, "cut"), &reply(Stop::Truncated, usage)).await;
    ask(&f, &intent(&claim, "declined"), &reply(Stop::Refused, usage)).await;
    ask(&f, &intent(&claim, "unpriced"), &reply(Stop::Complete, unpriced)).await;
    ask(&f, &intent(&claim, "failed"), &CallAnswer::error("529")).await;
    f.ask(&intent(&claim, "under way")).await;
    let others = CallIntent { strategy: "genres".into(), ..intent(&claim, "another strategy") };
    ask(&f, &others, &answer("[]")).await;
    let others = CallIntent { model: "acme-1".into(), ..intent(&claim, "another model") };
    ask(&f, &others, &reply(Stop::Complete, unpriced)).await;
    f.advance(DAY_MS).await;
    ask(&f, &intent(&claim, "another day"), &answer("[]")).await;

    let found = all(&f).await;
    let names = found.iter().map(|row| (row.day - TODAY, row.model.as_str(), row.strategy.as_str()));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            (1, "claude-haiku-5-5", "llm"),
            (0, "acme-1", "llm"),
            (0, "claude-haiku-5-5", "genres"),
            (0, "claude-haiku-5-5", "llm")
        ]
    );
    let sums = Used {
        calls: 6,
        failed: 2,
        batched: 1,
        refused: 1,
        truncated: 1,
        unpriced: 1,
        retries: 8,
        tokens_in: 4_000,
        tokens_cached: 2_400,
        tokens_written: 1_200,
        tokens_out: 320,
        cost_micros: 27,
        latency_ms: 48,
    };
    assert_eq!((found[3].used, found[3].used.cost()), (sums, Cost::AtLeast(27)));
    assert_eq!((found[1].used.cost(), found[2].used.cost()), (Cost::Unknown, Cost::Known(7)));
    assert_eq!(f.store.model_use(Some(TODAY + 1)).await.unwrap(), &found[..1]);
}

pub async fn an_answer_that_is_journalled_twice_counts_once(f: Fixture) {
    let claim = claim(&f).await;
    let call = intent(&claim, "a");
    ask(&f, &call, &answer("[]")).await;
    let once = all(&f).await;
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    f.store.journal_answer(&call.id, &CallAnswer::error("late")).await.unwrap();
    assert_eq!((once[0].used.calls, all(&f).await), (1, once));
}

pub async fn what_models_were_used_for_outlives_the_journal_and_counts_for_a_budget(f: Fixture) {
    let claim = claim(&f).await;
    ask(&f, &intent(&claim, "a"), &answer("[]")).await;
    let used = all(&f).await;
    f.settle_all(&claim, &completed("Harbour")).await;
    f.advance(91 * DAY_MS).await;
    assert_eq!(prune(&f).await.remove("model_call"), Some(1));
    assert_eq!((used[0].used.cost_micros, all(&f).await), (7, used));

    f.enqueue(1..2).await;
    let claim = f.claim(1).await.unwrap();
    let limits = Limits { total_micros: 100, daily_micros: 50, ..Limits::default() };
    f.store.journal_intent(&intent(&claim, "b"), &limits).await.unwrap();
    let spending = f.store.spending().await.unwrap();
    assert_eq!((spending.reserved_micros, spending.today_micros, spending.total_micros), (40, 0, 7));
    assert_eq!((spending.day, spending.day_left_ms), (TODAY + 91, DAY_MS - NOON % DAY_MS));
    let left = spending.left_of(&limits);
    assert_eq!((left.today, left.total), (Some(10), Some(53)));
}

pub async fn spending_is_of_all_providers(f: Fixture) {
    let claim = claim(&f).await;
    let limits = Limits { daily_micros: 100, ..Limits::default() };
    for provider in ["anthropic", "openai"] {
        let call = CallIntent { provider: provider.into(), ..intent(&claim, provider) };
        f.store.journal_intent(&call, &limits).await.unwrap();
        f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    }
    assert_eq!(f.store.spending().await.unwrap().today_micros, 14);
}
