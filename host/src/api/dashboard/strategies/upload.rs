//! A component that comes by a form, chosen or dropped.

use super::change::why;
use super::{reason, shown};
use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Visit, saying};
use crate::api::plugins::change::{PlaceName, PlaceTerms, carried_out, read_component};
use crate::api::plugins::rollout;
use crate::api::problem::Problem;
use crate::rollout::Upload;
use crate::store::Cause;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// What the form holds.
#[derive(Default)]
struct Sent {
    bytes: Vec<u8>,
    file: String,
    place: PlaceName,
    percent: Option<u8>,
    allow_wasi: bool,
    reason: Option<String>,
}

/// The form.
pub fn form() -> Markup {
    html! {
        section.sheet #upload aria-labelledby="upload-title" {
            h2 #upload-title { "Upload a strategy" }
            form.fields method="post" action="/strategies" enctype="multipart/form-data" data-drop {
                label for="component" { "Component or core module (" code { ".wasm" } ")" }
                input #component type="file" name="component" accept=".wasm,application/wasm" required aria-describedby="component-hint";
                p #component-hint .quiet { "It is admitted before anything changes: bounds, contract, imports, types, and a few built-in tracks. You can drop a file here." }
                fieldset {
                    legend { "What it becomes" }
                    @for (name, says) in [
                        ("staged", "Staged: it is only kept, and can be activated later"),
                        ("shadow", "Shadow: it sees every batch and settles nothing"),
                        ("canary", "Canary: it settles a share of the tracks"),
                        ("active", "Active: it decides from the next batch on, on probation"),
                    ] {
                        label.choice { input type="radio" name="as" value=(name) checked[name == "staged"]; (says) }
                    }
                }
                label for="upload-percent" { "Share of the tracks, for a canary, in per cent" }
                input #upload-percent type="number" name="percent" min="1" max="99" value="10";
                label.choice { input type="checkbox" name="allow_wasi" value="true"; "It may import WASI, and gets an empty one" }
                (reason("upload"))
                div.actions { button.main { "Upload" } }
            }
        }
    }
}

/// Takes a component in. One that is refused changes nothing, and the page says at which step and why.
pub async fn take_in(
    State(api): State<Arc<Api>>,
    visit: Visit,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let form = form.map_err(|rejection| Failure::new(rejection.status(), rejection.body_text()))?;
    match install(&api, form).await {
        Ok(()) => Ok(Redirect::to(&saying("/strategies", "installed", None)).into_response()),
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => Err(problem.into()),
        Err(problem) => Ok((problem.status(), shown(&api, visit, Some(problem.sentence())).await?).into_response()),
    }
}

async fn install(api: &Api, form: Multipart) -> Result<(), Problem> {
    let sent = read(form, rollout(api).runtime().limits().component_bytes).await?;
    if sent.bytes.is_empty() {
        return Err(Problem::bad_request("no file was chosen"));
    }
    let percent = sent.percent.filter(|_| matches!(sent.place, PlaceName::Canary));
    let place = sent.place.place(&PlaceTerms { position: None, percent, budget_usd: None })?;
    let source = if sent.file.is_empty() { "the upload".to_owned() } else { sent.file };
    let upload = Upload { bytes: sent.bytes, source, config: None, allow_wasi: sent.allow_wasi, place };
    let why = why(Cause::Install, sent.reason);
    carried_out(api, |rollout| async move { rollout.install(upload, &why).await }).await?;
    Ok(())
}

async fn read(mut form: Multipart, allowed: usize) -> Result<Sent, Problem> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(unread)? {
        match field.name().unwrap_or_default() {
            "component" => {
                sent.file = field.file_name().map(crate::music::name).unwrap_or_default();
                sent.bytes = read_component(field, allowed).await?;
            }
            "as" => sent.place = PlaceName::from_name(&text(field).await?)?,
            "percent" => sent.percent = text(field).await?.parse().ok(),
            "allow_wasi" => sent.allow_wasi = text(field).await? == "true",
            "reason" => sent.reason = Some(text(field).await?),
            other => return Err(Problem::bad_request(format!("the form has a field {other:?}, which is not known"))),
        }
    }
    Ok(sent)
}

async fn text(field: axum::extract::multipart::Field<'_>) -> Result<String, Problem> {
    let text = read_component(field, crate::api::MAX_BODY).await?;
    String::from_utf8(text).map_err(|_| Problem::bad_request("a field of the form is no text"))
}

fn unread(error: MultipartError) -> Problem {
    Problem::new(error.status(), "the form could not be read to its end")
}
