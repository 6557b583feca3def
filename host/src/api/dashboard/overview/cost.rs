//! What it costs: today, in all, and what is left of the budget.

use super::Seen;
use crate::api::dashboard::written;
use maud::{Markup, html};

pub fn section(seen: &Seen) -> Markup {
    let (spent, budget, limits) = (&seen.model.spent, &seen.model.budget, &seen.model.limits);
    let a_thousand = (seen.hour.cost_micros * 1_000).checked_div(seen.hour.succeeded);
    html! {
        section.sheet #spending data-live aria-labelledby="spending-title" {
            header { h2 #spending-title { "Cost" } a href="/model" { "What it went to" } }
            p { strong.large { (written::usd(spent.today_usd)) } " today" (left(budget.left_today_usd, limits.daily_usd)) }
            dl.facts {
                dt { "In all" } dd { (written::usd(spent.total_usd)) (left(budget.left_total_usd, limits.total_usd)) }
                dt { "The last hour" }
                dd {
                    (written::dollars(seen.hour.cost_micros))
                    @if let Some(micros) = a_thousand { ", " (written::dollars(micros)) " a 1,000 tracks" }
                }
            }
        }
    }
}

fn left(left: Option<f64>, of: Option<f64>) -> Markup {
    html! { @if let (Some(left), Some(of)) = (left, of) { ", " (written::usd(left)) " left of " (written::usd(of)) } }
}
