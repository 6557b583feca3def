//! `/docs`: the API's description as a page for people. It is made here, needs no script and nothing from elsewhere.

mod example;
mod operation;
mod page;
mod schema;
mod text;

use super::openapi::described;
use super::openapi::refusals::BadRequest;
use super::problem::Problem;
use super::request::Params;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

/// What the page may load: its stylesheet.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindParams {
    /// Words that path, tag or text of an operation contain, all of them.
    #[param(example = "retry")]
    find: Option<String>,
}

/// This description, for people.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "Description",
    params(FindParams),
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), BadRequest),
)]
pub async fn show(Params(params): Params<FindParams>) -> Result<impl IntoResponse, Problem> {
    let find = params.find.as_deref().unwrap_or_default().trim();
    let page = page::page(described(), find);
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], page))
}

/// The page's stylesheet.
#[utoipa::path(
    get,
    path = "/docs/docs.css",
    operation_id = "docsStylesheet",
    tag = "Description",
    responses((status = 200, description = "A stylesheet", body = String, content_type = "text/css")),
)]
pub async fn stylesheet() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("docs.css"))
}
