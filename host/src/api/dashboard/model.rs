//! The model: whom the hosts ask and whether they can, how much they may, and what it cost.

use super::failure::Failure;
use super::frame::{Frame, Here, Tone, Visit, tag};
use super::written;
use crate::api::Api;
use crate::api::batches::Batch;
use crate::api::model::{self, LimitsState, Model, RouteState};
use crate::spending::{By, Sums};
use crate::store::{Cost, Used};
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// Days whose use is shown.
const DAYS: i64 = 14;

/// The page.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit) -> Result<Markup, Failure> {
    let model = model::current(&api).await?;
    let today = api.store().spending().await?.day;
    let uses = api.store().model_use(Some(today - DAYS + 1)).await?;
    let frame = Frame::of(&api, visit, Here::Model).await;
    Ok(frame.page(
        "Model",
        &html! {
            h1 { "Model" }
            section #model data-live aria-label="Whom the hosts ask" {
                @if let Some(reason) = &model.reason {
                    div.need.bad { p { "No model can be asked: " (reason) ". Rules decide what they can; the rest waits, and no attempt is burnt." } div.actions { (frame.button("/model/retry", "Try again now", true)) } }
                }
                ul.cards { @for (place, route) in model.routes.iter().enumerate() { (card(place, route)) } }
            }
            (frame.sign_in_instead())
            div.pair { (spent(&model)) (limits(&model)) }
            (batches(&model))
            section #use data-live aria-labelledby="use-title" {
                h2 #use-title { "What it was used for, in " (DAYS) " days" }
                (sums("By model", &Sums::of(&uses, By::Model), false))
                (sums("By strategy", &Sums::of(&uses, By::Strategy), false))
                (sums("By day", &Sums::of(&uses, By::Day), true))
            }
        },
    ))
}

fn card(place: usize, route: &RouteState) -> Markup {
    let standing = &route.standing;
    let tone = match standing.state {
        "ready" => Tone::Good,
        "resting" | "half-open" => Tone::Wary,
        _ => Tone::Bad,
    };
    html! {
        li.sheet {
            header {
                h2 { (route.model) }
                p { (tag(tone, standing.state)) @if place > 0 { " " span.quiet { "asked when those before cannot answer" } } }
            }
            @if let Some(reason) = &standing.reason {
                p { (reason) "." @if let Some(until) = standing.until { " It is asked again " (written::since(until)) "." } }
            }
            dl.facts {
                dt { "Provider" } dd { (route.provider) " at " code { (route.origin) } }
                dt { "Breaker" } dd { (route.breaker) }
                dt { "Prices" }
                dd {
                    @match &route.prices {
                        Some(prices) => {
                            (written::usd(prices.input)) " in, " (written::usd(prices.output)) " out, "
                            (written::usd(prices.cache_read)) " from the cache, a million tokens (as of " (route.prices_as_of) ")"
                        }
                        None => { "not known; " code { "AI_PRICES" } " sets them" }
                    }
                }
                dt { "Today" } dd { (written::counted(route.today.calls, "call", "calls")) ", " (cost(route.today.cost_usd)) }
                dt { "In all" }
                dd {
                    (written::counted(route.total.calls, "call", "calls")) ", " (cost(route.total.cost_usd))
                    @if let Some(ms) = route.total.average_latency_ms { ", " (written::duration(ms)) " on average" }
                }
            }
        }
    }
}

fn cost(usd: Option<f64>) -> String {
    usd.map_or_else(|| "cost not known".to_owned(), written::usd)
}

fn spent(model: &Model) -> Markup {
    html! {
        section.sheet #spent data-live aria-labelledby="spent-title" {
            h2 #spent-title { "Spent" }
            dl.facts {
                dt { "Today" } dd { strong.large { (written::usd(model.spent.today_usd)) } @if let Some(left) = model.budget.left_today_usd { " " span.quiet { (written::usd(left)) " left" } } }
                dt { "In all" } dd { strong.large { (written::usd(model.spent.total_usd)) } @if let Some(left) = model.budget.left_total_usd { " " span.quiet { (written::usd(left)) " left" } } }
            }
            dl.facts {
                dt { "Set aside for calls under way" } dd { (written::usd(model.spent.reserved_usd)) }
                dt { "Calls under way" } dd { (model.calls_in_flight) " of this host" }
                dt { "Possibly paid twice" } dd { (written::counted(model.lost_calls, "call", "calls")) ", as a host was gone before their answers were written down" }
            }
            @if model.budget.is_spent {
                p.need.wary { "The budget is spent." @if let Some(until) = model.budget.spent_until { " There is more " (written::since(until)) "." } }
            }
        }
    }
}

fn limits(model: &Model) -> Markup {
    let LimitsState { requests_per_minute, input_tokens_per_minute, output_tokens_per_minute, daily_usd, total_usd } =
        &model.limits;
    let rate = |limit: &Option<u32>| {
        limit.map_or_else(|| "no limit".to_owned(), |n| format!("{} a minute", written::count(n)))
    };
    let money = |limit: &Option<f64>| limit.map_or_else(|| "no limit".to_owned(), written::usd);
    html! {
        section.sheet #limits aria-labelledby="limits-title" {
            h2 #limits-title { "Limits, of all hosts together" }
            dl.facts {
                dt { "Requests" } dd { (rate(requests_per_minute)) }
                dt { "Input tokens" } dd { (rate(input_tokens_per_minute)) }
                dt { "Output tokens" } dd { (rate(output_tokens_per_minute)) }
                dt { "Budget of a day" } dd { (money(daily_usd)) }
                dt { "Budget in all" } dd { (money(total_usd)) }
            }
        }
    }
}

fn batches(model: &Model) -> Markup {
    let is_nothing = model.batches.is_empty() && model.batches_waiting.is_empty();
    html! {
        section #batches data-live hidden[is_nothing] aria-labelledby="batches-title" {
            h2 #batches-title { "Providers' batches" }
            @for waiting in &model.batches_waiting {
                p {
                    (written::counted(waiting.questions, "question waits", "questions wait")) " for " (waiting.model) " of " (waiting.provider)
                    @if let Some(reason) = &waiting.reason { ": " (reason) }
                    "."
                }
            }
            ul.rows { @for batch in &model.batches { (batch_row(batch)) } }
        }
    }
}

fn batch_row(batch: &Batch) -> Markup {
    let tone = if batch.state == "ended" { Tone::Plain } else { Tone::Good };
    html! {
        li { div.what {
            p { (tag(tone, &batch.state)) " " strong { (written::counted(batch.requests, "question", "questions")) } " to " (batch.model) " of " (batch.provider) }
            p.quiet {
                (written::count(batch.answered)) " answered, " (written::count(batch.unanswered)) " not"
                @if let Some(at) = batch.submitted_at { ", submitted " (written::since(at)) }
                @if let Some(at) = batch.ended_at { ", ended " (written::since(at)) }
                @if let Some(saving) = batch.expected_saving_usd { ", saves up to " (written::usd(saving)) }
            }
        } }
    }
}

fn sums(caption: &str, sums: &Sums, newest_first: bool) -> Markup {
    let mut groups: Vec<(&str, &Used)> = sums.groups.iter().map(|(name, used)| (name.as_str(), used)).collect();
    if newest_first {
        groups.reverse();
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.figures {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "" span.unseen { "Of" } }
                    th.n scope="col" { "Calls" }
                    th.n scope="col" { "Failed" }
                    th.n scope="col" { "Tokens in" }
                    th.n scope="col" { "Cached" }
                    th.n scope="col" { "Tokens out" }
                    th.n scope="col" { "Latency" }
                    th.n scope="col" { "Cost" }
                } }
                tbody {
                    @for (name, used) in groups { (sum(name, used)) }
                    @if sums.groups.len() != 1 { (sum("All", &sums.total)) }
                }
            }
        }
    }
}

fn sum(name: &str, used: &Used) -> Markup {
    let cached = used.cache_hit_share().map_or_else(String::new, |share| written::percent(share * 100.0));
    let cost = match used.cost() {
        Cost::Known(micros) => written::dollars(micros),
        Cost::AtLeast(micros) => format!("at least {}", written::dollars(micros)),
        Cost::Unknown => "not known".to_owned(),
    };
    html! {
        tr {
            th scope="row" { (name) }
            td.n { (written::count(used.calls)) }
            td.n { (written::count(used.failed)) }
            td.n { (written::count(used.tokens_in)) }
            td.n { (cached) }
            td.n { (written::count(used.tokens_out)) }
            td.n { @if let Some(ms) = used.average_latency_ms() { (written::duration(ms)) } }
            td.n { (cost) }
        }
    }
}
