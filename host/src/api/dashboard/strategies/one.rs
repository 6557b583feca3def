//! One strategy, by its digest or its name.

use super::{card, comparison};
use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit};
use crate::api::plugins::{rollout, shown};
use crate::api::problem::Problem;
use axum::extract::{Path, State};
use maud::{Markup, html};
use std::sync::Arc;

/// The page.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit, Path(plugin): Path<String>) -> Result<Markup, Failure> {
    let digest = rollout(&api).find(&plugin).await?;
    let states = shown::states(&api).await?;
    let state = states.iter().find(|state| state.digest == digest.as_str());
    let state = state.ok_or_else(|| Problem::not_found(format!("there is no plugin {plugin}")))?;
    let compared = rollout(&api).comparison(&digest).await?;
    let frame = Frame::of(&api, visit, Here::Strategies).await;
    Ok(frame.page(
        &state.name,
        &html! {
            p.quiet { a href="/strategies" { "Strategies" } " / " code { (card::short(&state.digest)) } }
            h1 { (state.name) " " (state.version) }
            p.lead { (state.summary) }
            section.sheet #strategy data-live aria-label="What it is" {
                p { (card::place(state)) " " (card::standing(state)) }
                @if let Some(trouble) = &state.trouble { p.need.bad { (trouble) } }
                (card::facts(state))
                @if let Some(config) = state.config.as_deref().filter(|config| !config.is_empty()) {
                    h3 { "Configuration" }
                    pre tabindex="0" { (config) }
                }
            }
            (comparison::section(&compared))
        },
    ))
}
