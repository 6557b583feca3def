//! Changes of the strategies.

use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::saying;
use crate::api::dashboard::link::given;
use crate::api::plugins::change::{PlaceName, PlaceTerms, carried_out};
use crate::api::plugins::rollout;
use crate::api::problem::Problem;
use crate::rollout::Why;
use crate::store::Cause;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Terms {
    percent: Option<u8>,
    reason: Option<String>,
}

/// Who changes something here, and why.
pub fn why(cause: Cause, reason: Option<String>) -> Why {
    Why { cause, by: "dashboard".to_owned(), reason: given(reason) }
}

/// Puts a component somewhere else, or takes it out.
pub async fn change(
    State(api): State<Arc<Api>>,
    Path((plugin, change)): Path<(String, String)>,
    form: Result<Form<Terms>, FormRejection>,
) -> Result<Redirect, Failure> {
    let Form(Terms { percent, reason }) = form?;
    let digest = rollout(&api).find(&plugin).await?;
    let terms = PlaceTerms { position: None, percent, budget_usd: None };
    let (cause, place) = match change.as_str() {
        "activate" => (Cause::Activate, PlaceName::Active),
        "shadow" => (Cause::Shadow, PlaceName::Shadow),
        "canary" => (Cause::Canary, PlaceName::Canary),
        "promote" => {
            let why = why(Cause::Promote, reason);
            carried_out(&api, |rollout| async move { rollout.promote(&digest, &why).await }).await?;
            return Ok(Redirect::to(&saying("/strategies", "changed", None)));
        }
        "retire" => {
            let why = why(Cause::Retire, reason);
            carried_out(&api, |rollout| async move { rollout.retire(&digest, &why).await }).await?;
            return Ok(Redirect::to(&saying("/strategies", "changed", None)));
        }
        _ => return Err(Problem::not_found("there is no such change").into()),
    };
    let (place, why) = (place.place(&terms)?, why(cause, reason));
    carried_out(&api, |rollout| async move { rollout.place(&digest, place, &why).await }).await?;
    Ok(Redirect::to(&saying("/strategies", "changed", None)))
}

/// Goes back to what was before the last change.
pub async fn rollback(
    State(api): State<Arc<Api>>,
    form: Result<Form<Terms>, FormRejection>,
) -> Result<Redirect, Failure> {
    let Form(Terms { reason, .. }) = form?;
    let why = why(Cause::Rollback, reason);
    carried_out(&api, |rollout| async move { rollout.rollback(None, &why).await }).await?;
    Ok(Redirect::to(&saying("/strategies", "rolled-back", None)))
}
