//! What is done with an endpoint that is there.

use super::{add, path_of};
use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit, saying};
use crate::api::problem::Problem;
use crate::api::webhooks::{self, NewSecret};
use crate::store::WebhookId;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::Markup;
use serde::Deserialize;
use std::sync::Arc;

/// Gives it another secret, which the answer shows.
pub async fn renew(State(api): State<Arc<Api>>, visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let told = webhooks::renewed(&api, &WebhookId::from_text(id), NewSecret::default()).await?;
    let frame = Frame::of(&api, visit, Here::Webhooks).await;
    Ok(add::secret_told(&frame, "Secret renewed", &told))
}

/// Tests it, sends to it again, or forgets it.
pub async fn change(
    State(api): State<Arc<Api>>,
    Path((id, change)): Path<(String, String)>,
) -> Result<Redirect, Failure> {
    let (path, id) = (path_of(&id), WebhookId::from_text(id));
    let said = match change.as_str() {
        "test" if webhooks::tested(&api, &id).await?.success => "tested",
        "test" => "test-failed",
        "enable" => {
            webhooks::send_to(&api, &id).await?;
            "enabled"
        }
        "remove" => {
            webhooks::forget(&api, &id).await?;
            return Ok(Redirect::to(&saying("/webhooks", "forgotten", None)));
        }
        _ => return Err(Problem::not_found("there is no such change").into()),
    };
    Ok(Redirect::to(&saying(&path, said, None)))
}

#[derive(Deserialize)]
pub struct Resent {
    delivery: i64,
}

/// Sends the message of an attempt once more.
pub async fn resend(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    form: Result<Form<Resent>, FormRejection>,
) -> Result<Redirect, Failure> {
    let Form(Resent { delivery }) = form?;
    webhooks::send_again(&api, delivery).await?;
    Ok(Redirect::to(&saying(&path_of(&id), "resent", None)))
}
