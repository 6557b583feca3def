//! The strategies: which run, how they are doing, and every way to change them.

mod card;
pub mod change;
mod comparison;
mod history;
pub mod one;
pub mod upload;

use super::ask::Ask;
use super::failure::Failure;
use super::frame::{Frame, Here, Visit};
use super::written;
use crate::api::Api;
use crate::api::plugins::rollout;
use crate::api::plugins::shown::{PluginState, states};
use crate::store::Revision;
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// Revisions that are shown.
const REVISIONS: u32 = 20;

/// The page.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit) -> Result<Markup, Failure> {
    shown(&api, visit, None).await
}

/// The page, with why a component was not taken in.
async fn shown(api: &Api, visit: Visit, refused: Option<&str>) -> Result<Markup, Failure> {
    let mut states = states(api).await?;
    states.sort_by_key(|plugin| (rank(plugin), plugin.position));
    let revisions = api.store().pipelines(REVISIONS).await?;
    let frame = Frame::of(api, visit, Here::Strategies).await;
    let (used, aside): (Vec<_>, Vec<_>) = states.iter().partition(|plugin| plugin.state != "staged");
    Ok(frame.page(
        "Strategies",
        &html! {
            h1 { "Strategies" }
            @if let Some(reason) = refused { p #refused .need.bad role="alert" { "Nothing was changed: " (reason) "." } }
            (pipeline(api, &frame, &revisions))
            (frame.sign_in_instead())
            section #strategies data-live aria-label="Strategies in use" {
                ul.cards { @for plugin in &used { (card::card(&frame, plugin)) } }
            }
            (frame.control(&upload::form()))
            section #aside data-live hidden[aside.is_empty()] aria-labelledby="aside-title" {
                h2 #aside-title { "Known, and not in use" }
                ul.rows { @for plugin in &aside { (card::row(&frame, plugin)) } }
            }
            (history::section(&revisions))
        },
    ))
}

fn rank(plugin: &PluginState) -> u8 {
    match plugin.state {
        "active" => 0,
        "canary" => 1,
        "shadow" => 2,
        _ => 3,
    }
}

/// What runs since when, and the way back.
fn pipeline(api: &Api, frame: &Frame, revisions: &[Revision]) -> Markup {
    let active = rollout(api).active();
    let newest = revisions.first();
    let back = newest.and_then(|newest| newest.parent);
    let before = back.and_then(|parent| revisions.iter().find(|revision| revision.revision == parent));
    let question = before.map_or_else(
        || "The strategies become what they were before the last change.".to_owned(),
        |before| format!("The strategies become those of revision {}: {}.", before.revision, history::lineup(before)),
    );
    let roll_back = Ask {
        label: "Roll back",
        of: "",
        question: &question,
        action: "/strategies/rollback",
        does: "Roll back",
        is_grave: true,
    };
    html! {
        section.sheet #pipeline data-live aria-labelledby="pipeline-title" {
            header {
                h2 #pipeline-title { "Revision " (active.revision) }
                div.actions { @if back.is_some() { (roll_back.with(frame, &reason("rollback"))) } }
            }
            p { strong { (active.summary()) } }
            @if let Some(newest) = newest.filter(|newest| newest.revision == active.revision) {
                p.quiet {
                    (newest.cause) ", by " (newest.by) ", " (written::ago(newest.at))
                    @if let Some(reason) = &newest.reason { ": " q { (reason) } }
                    @if let Some(at) = newest.proven_at { ", proven " (written::ago(at)) }
                }
            }
        }
    }
}

/// A field for the reason of a change.
fn reason(of: &str) -> Markup {
    html! {
        label for={ "reason-" (of) } { "Why (optional)" }
        input id={ "reason-" (of) } name="reason" maxlength="200" autocomplete="off";
    }
}
