//! The dashboard: pages that are made here, whole, and need no script. Every control is a form whose answer is another page;
//! the one script only keeps what is seen up to date, asks in a dialog, and takes files that are dropped.
//!
//! Nothing is written into a page but through [`maud`], which escapes it.

mod ask;
mod assets;
mod charts;
mod events;
mod failed;
mod failure;
mod frame;
mod gate;
mod library;
mod link;
mod model;
mod overview;
mod pages;
mod sign_in;
mod strategies;
mod webhooks;
mod worker;
mod written;

use super::{Api, manners};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use std::sync::Arc;

/// Its paths.
#[expect(clippy::disallowed_methods, reason = "pages are for people, and no part of the API's description")]
pub fn router(api: &Arc<Api>) -> Router<Arc<Api>> {
    let quick = Router::new()
        .route("/", get(overview::page))
        .route("/worker/pause", post(worker::pause))
        .route("/worker/resume", post(worker::resume))
        .route("/hosts/{id}/drain", post(worker::drain))
        .route("/failed", get(failed::page))
        .route("/failed/retry", post(failed::retry))
        .route("/pages", get(pages::page))
        .route("/pages/retry", post(pages::retry))
        .route("/library", get(library::list::page))
        .route("/library/{platform}/{*id}", get(library::entry::page).post(library::correction::correct))
        .route("/strategies", get(strategies::page))
        .route("/strategies/{plugin}", get(strategies::one::page))
        .route("/model", get(model::page))
        .route("/model/retry", post(worker::ask_model_again))
        .route("/webhooks", get(webhooks::page).post(webhooks::add::add))
        .route("/webhooks/{id}", get(webhooks::one::page).post(webhooks::change::renew))
        .route("/webhooks/{id}/deliveries", post(webhooks::change::resend))
        .route("/webhooks/{id}/{change}", post(webhooks::change::change))
        .route("/events", get(events::page))
        .layer(from_fn_with_state(api.clone(), manners::in_turn))
        .layer(from_fn(manners::in_time));
    let upload = post(strategies::upload::take_in)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(api.clone(), manners::upload_in_turn));
    let long = Router::new()
        .route("/worker/run", post(worker::run))
        .route("/strategies", upload)
        .route("/strategies/rollback", post(strategies::change::rollback))
        .route("/strategies/{plugin}/{change}", post(strategies::change::change));
    let open = Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/assets/{file}", get(assets::file).layer(from_fn(manners::revalidate)));
    quick.merge(long).layer(from_fn_with_state(api.clone(), gate::admit)).merge(open).layer(map_response(gate::guarded))
}
