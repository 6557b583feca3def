//! Every path with what answers it, in groups that are treated alike. Method, path and description of an operation stand
//! at its handler.

use super::{
    Api, docs, events, health, hosts, library, manners, metrics, model, openapi, pages, plugins, queue, sync,
    throughput, webhooks, worker,
};
use axum::middleware::from_fn;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Paths with what answers them, and its description.
pub type Routes = OpenApiRouter<Arc<Api>>;

/// All paths. Only `open` needs no token.
pub struct Groups {
    /// What is answered within seconds, and not sent again to who has it.
    pub kept: Routes,
    /// What is answered within seconds.
    pub quick: Routes,
    /// What may take as long as it takes.
    pub long: Routes,
    /// What takes bodies of any size.
    pub uploads: Routes,
    /// What everybody may read: it says nothing of what is kept here.
    pub open: Routes,
}

/// All paths in their groups.
pub fn groups() -> Groups {
    Groups { kept: kept(), quick: quick(), long: long(), uploads: uploads(), open: open() }
}

fn kept() -> Routes {
    let library = Routes::new().routes(routes!(library::list)).routes(routes!(library::entry, library::correct));
    library.layer(from_fn(manners::revalidate))
}

fn quick() -> Routes {
    Routes::new()
        .routes(routes!(queue::status))
        .routes(routes!(queue::failed))
        .routes(routes!(queue::retry))
        .routes(routes!(worker::status))
        .routes(routes!(worker::pause))
        .routes(routes!(worker::resume))
        .routes(routes!(throughput::throughput))
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
        .routes(routes!(plugins::shown::list))
        .routes(routes!(plugins::shown::one))
        .routes(routes!(plugins::shown::comparison))
        .routes(routes!(plugins::history::revisions))
        .routes(routes!(plugins::history::events))
        .routes(routes!(health::health))
        .routes(routes!(metrics::metrics))
}

fn long() -> Routes {
    Routes::new()
        .routes(routes!(worker::process))
        .routes(routes!(sync::trigger))
        .routes(routes!(events::stream))
        .routes(routes!(plugins::change::retire))
        .routes(routes!(plugins::change::rollback))
        .routes(routes!(plugins::change::activate))
        .routes(routes!(plugins::change::shadow))
        .routes(routes!(plugins::change::canary))
        .routes(routes!(plugins::change::promote))
        .routes(routes!(plugins::change::configure))
}

fn uploads() -> Routes {
    Routes::new().routes(routes!(queue::enqueue)).routes(routes!(plugins::change::upload))
}

fn open() -> Routes {
    let description = Routes::new()
        .routes(routes!(openapi::show))
        .routes(routes!(docs::show))
        .routes(routes!(docs::stylesheet))
        .layer(from_fn(manners::revalidate));
    Routes::new().routes(routes!(health::alive)).routes(routes!(health::ready)).merge(description)
}
