//! Pages that cannot be had: which and why, and another try.

use super::problem::Problem;
use super::queue::{Retried, RetryRequest};
use super::request::{Json as Body, Nothing, Params};
use super::{Answer, Api, limit, time};
use crate::music::TrackKey;
use crate::store::UnreadPage;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// The most items; 50 without it.
    #[param(minimum = 1, maximum = 100, example = 10)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnreadPages)]
pub struct Unread {
    count: usize,
    items: Vec<Item>,
}

/// A page that cannot be had.
#[derive(Serialize, ToSchema)]
#[schema(as = UnreadPage)]
pub struct Item {
    #[serde(flatten)]
    page: UnreadPage,
    tried_at: Option<Timestamp>,
    /// When it is tried again, if it is.
    next_try_at: Option<Timestamp>,
}

impl From<UnreadPage> for Item {
    fn from(page: UnreadPage) -> Self {
        Self { tried_at: time(page.tried_at), next_try_at: page.due_at.and_then(time), page }
    }
}

/// Pages that could not be had and why, those that were tried last first.
#[utoipa::path(
    get,
    path = "/api/music-ai/pages",
    operation_id = "unreadPages",
    tag = "Pages",
    params(ListParams),
    responses((status = 200, description = "The pages", body = Unread)),
)]
pub async fn list(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<Unread> {
    let unread = api.store().unread_pages(limit(params.limit)?).await?;
    let items: Vec<Item> = unread.into_iter().map(Item::from).collect();
    Ok(Json(Unread { count: items.len(), items }))
}

/// Lets pages be read again that could not be had: all, or those named.
#[utoipa::path(
    post,
    path = "/api/music-ai/pages/retry",
    operation_id = "retryPages",
    tag = "Pages",
    request_body = RetryRequest,
    responses((status = 200, description = "They are read again", body = Retried)),
)]
pub async fn retry(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Body(request): Body<RetryRequest>,
) -> Result<Json<Retried>, Problem> {
    Ok(Json(Retried::of(read_again(&api, request.items.as_deref()).await?)))
}

pub(super) async fn read_again(api: &Api, keys: Option<&[TrackKey]>) -> Result<u64, Problem> {
    let retried = api.store().retry_pages(keys).await?;
    api.worker.wake();
    Ok(retried)
}
