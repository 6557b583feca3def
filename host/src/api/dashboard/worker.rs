//! What the operator tells the worker and the hosts.

use super::failure::Failure;
use super::frame::saying;
use super::link::given;
use crate::api::{Api, hosts, worker};
use crate::store::HostId;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// How long the answer to a run by hand is waited for; the run goes on after that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where one is after a form.
type Done = Result<Redirect, Failure>;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Pause {
    reason: Option<String>,
}

/// Pauses every host.
pub async fn pause(State(api): State<Arc<Api>>, form: Result<Form<Pause>, FormRejection>) -> Done {
    let Form(pause) = form?;
    api.worker.pause("dashboard", given(pause.reason).as_deref()).await?;
    Ok(Redirect::to(&saying("/", "paused", None)))
}

/// Lifts the pause, and asks a provider again that had been given up.
pub async fn resume(State(api): State<Arc<Api>>) -> Done {
    api.worker.resume().await?;
    Ok(Redirect::to(&saying("/", "resumed", None)))
}

/// Asks a provider again that had been given up. A pause stays.
pub async fn ask_model_again(State(api): State<Arc<Api>>) -> Done {
    api.worker.ask_model_again().await?;
    Ok(Redirect::to(&saying("/model", "asked-again", None)))
}

/// One run by hand, of as many tracks as a batch has.
pub async fn run(State(api): State<Arc<Api>>) -> Done {
    let limit = api.worker.context().settings.batch_size;
    let run = worker::run_by_hand(&api, limit, None);
    match tokio::time::timeout(PATIENCE, run).await {
        Ok(run) => Ok(Redirect::to(&saying("/", "run", Some(run?.processed)))),
        Err(_) => Ok(Redirect::to(&saying("/", "running", None))),
    }
}

#[derive(Deserialize)]
pub struct Drain {
    drain: bool,
}

/// Lets a host take nothing more, or again.
pub async fn drain(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    form: Result<Form<Drain>, FormRejection>,
) -> Done {
    let Form(Drain { drain }) = form?;
    hosts::let_drain(&api, &HostId::from_text(id), drain).await?;
    Ok(Redirect::to(&saying("/", if drain { "draining" } else { "undrained" }, None)))
}
