//! Every path with what answers it. Method, path and description of an operation stand at its handler.

use super::{Api, REQUEST_TIMEOUT, health, hosts, library, metrics, model, openapi, pages, plugins, queue, sync, webhooks, worker};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use std::sync::Arc;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// Routes with their description.
pub type Routes = OpenApiRouter<Arc<Api>>;

/// What needs the token, or may need it.
pub fn guarded() -> Routes {
    let quick = Routes::new()
        .routes(routes!(queue::status))
        .routes(routes!(queue::failed))
        .routes(routes!(queue::retry))
        .routes(routes!(worker::status))
        .routes(routes!(worker::pause))
        .routes(routes!(worker::resume))
        .routes(routes!(library::list))
        .routes(routes!(library::entry, library::correct))
        .routes(routes!(pages::list))
        .routes(routes!(pages::retry))
        .routes(routes!(sync::status))
        .routes(routes!(model::state))
        .routes(routes!(model::used))
        .routes(routes!(hosts::list))
        .routes(routes!(hosts::drain))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::renew))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::retry))
        .routes(routes!(health::health))
        .routes(routes!(metrics::metrics))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT));
    let long = Routes::new()
        .routes(routes!(queue::enqueue).layer(DefaultBodyLimit::disable()))
        .routes(routes!(worker::process))
        .routes(routes!(sync::trigger));
    quick.merge(long).merge(plugins())
}

fn plugins() -> Routes {
    Routes::new()
        .routes(routes!(plugins::shown::list))
        .routes(routes!(plugins::change::upload).layer(DefaultBodyLimit::disable()))
        .routes(routes!(plugins::history::revisions))
        .routes(routes!(plugins::history::events))
        .routes(routes!(plugins::change::rollback))
        .routes(routes!(plugins::shown::one, plugins::change::retire))
        .routes(routes!(plugins::change::activate))
        .routes(routes!(plugins::change::shadow))
        .routes(routes!(plugins::change::canary))
        .routes(routes!(plugins::change::promote))
        .routes(routes!(plugins::change::configure))
        .routes(routes!(plugins::shown::comparison))
}

/// What nobody needs a token for: it says nothing of what is kept here.
pub fn open() -> Routes {
    Routes::new().routes(routes!(health::alive)).routes(routes!(health::ready)).routes(routes!(openapi::show))
}
