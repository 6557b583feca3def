//! Webhooks: who hears of what happens here, what they are owed, and what came of sending it.

use super::openapi::refusals::NotFound;
use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params, Path};
use super::{Answer, Api, limit, time};
use crate::ingest::fetch::shown_url;
use crate::notify::{self, SigningSecret, event_types};
use crate::store::{Attempt, Delivery, EventType, MOST_WEBHOOKS, NewWebhook, Next, Webhook, WebhookId, WebhookState};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use url::Url;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    webhooks: Vec<Endpoint>,
}

/// An endpoint, and what it is owed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub struct Endpoint {
    /// What it is known by.
    pub id: String,
    /// Its scheme and host. By its path and query some receivers know their senders, and readers may read this.
    pub url: String,
    /// Null when it hears of everything.
    pub events: Option<Vec<String>>,
    /// When it was added.
    pub created_at: Option<Timestamp>,
    /// Whether it is sent to.
    pub is_enabled: bool,
    /// Since when nothing is sent to it.
    pub disabled_since: Option<Timestamp>,
    /// Why nothing is sent to it.
    pub disabled_reason: Option<String>,
    /// Until when it wants to be left alone.
    pub rests_until: Option<Timestamp>,
    /// Since when nothing could be delivered to it.
    pub failing_since: Option<Timestamp>,
    /// Messages that it is owed.
    pub owed: i64,
    /// Since when the oldest of them is owed.
    pub owed_since: Option<Timestamp>,
    /// What came of sending to it last.
    pub last_attempt: Option<LoggedAttempt>,
}

impl From<WebhookState> for Endpoint {
    fn from(WebhookState { webhook, owed, owed_since, last }: WebhookState) -> Self {
        let Webhook { id, url, events, created_at, disabled, rests_until, failing_since, .. } = webhook;
        let now = Timestamp::now();
        Self {
            id: id.to_string(),
            url: shown(&url),
            events,
            created_at: time(created_at),
            is_enabled: disabled.is_none(),
            disabled_since: disabled.as_ref().and_then(|(at, _)| time(*at)),
            disabled_reason: disabled.map(|(_, reason)| reason),
            rests_until: time(rests_until).filter(|until| *until > now),
            failing_since: failing_since.and_then(time),
            owed,
            owed_since: owed_since.and_then(time),
            last_attempt: last.map(LoggedAttempt::from),
        }
    }
}

/// Where a URL leads, as far as anybody may see it: many a receiver's secret is in its path.
pub fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return String::new() };
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none();
    url.set_path("");
    let place = shown_url(&url);
    let place = place.trim_end_matches('/');
    if is_bare { place.to_owned() } else { format!("{place}/…") }
}

/// What came of an attempt to send.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookAttempt)]
pub struct LoggedAttempt {
    /// Its number in the log.
    pub id: i64,
    /// What the receiver knows the message by: the same in each attempt.
    pub event_id: String,
    /// The message's type.
    pub r#type: String,
    /// Which attempt it was, counted from 1.
    pub attempt: i64,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// `delivered`, `failed` or `given_up`.
    pub outcome: String,
    /// What the receiver answered, if it did.
    pub status: Option<i64>,
    /// Why it was not delivered.
    pub error: Option<String>,
    /// How long the receiver took, in milliseconds.
    pub duration_ms: i64,
    /// When it is sent again.
    pub next_at: Option<Timestamp>,
}

impl From<Delivery> for LoggedAttempt {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, event_id, kind, attempt, at, outcome, status, error, duration_ms, next_at } = delivery;
        let (at, next_at) = (time(at), next_at.and_then(time));
        Self { id, event_id, r#type: kind, attempt, at, outcome, status, error, duration_ms, next_at }
    }
}

/// The endpoints, in the order they were added. No secret is among what is said of them.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    operation_id = "webhooks",
    tag = "Webhooks",
    responses((status = 200, description = "The endpoints, and what each is owed", body = Webhooks)),
)]
pub async fn list(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Webhooks> {
    Ok(Json(Webhooks { webhooks: endpoints(&api).await? }))
}

/// The endpoints, in the order they were added.
pub async fn endpoints(api: &Api) -> Result<Vec<Endpoint>, Problem> {
    Ok(api.store().webhooks().await?.into_iter().map(Endpoint::from).collect())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// Where messages are sent.
    pub url: String,
    /// `whsec_` and 24 to 64 bytes in base64; one is made without it.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$")]
    pub secret: Option<String>,
    /// What it hears of; everything without it.
    pub events: Option<Vec<String>>,
}

/// An endpoint that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAdded)]
pub struct Added {
    success: bool,
    /// What the endpoint is known by.
    pub id: String,
    /// What messages are signed with, where it was made here: it is told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
    message: String,
}

impl Added {
    /// What was added, and its secret, where that has to be told.
    #[must_use]
    pub fn of(id: &WebhookId, secret: Option<String>, message: String) -> Self {
        Self { success: true, id: id.to_string(), secret, message }
    }
}

/// Adds an endpoint.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    operation_id = "addWebhook",
    tag = "Webhooks",
    request_body = NewEndpoint,
    responses((status = 200, description = "It hears of what happens from now on", body = Added)),
)]
pub async fn add(State(api): State<Arc<Api>>, _: Params<Nothing>, Body(new): Body<NewEndpoint>) -> Answer<Added> {
    Ok(Json(added(&api, new).await?))
}

/// Adds an endpoint, and says by what it is known.
pub async fn added(api: &Api, new: NewEndpoint) -> Result<Added, Problem> {
    let url = Url::parse(&new.url).map_err(|error| Problem::bad_request(format!("url: {error}")))?;
    api.notifier.check(&url).map_err(|fault| {
        Problem::bad_request(format!("url: {fault}; WEBHOOK_ALLOW lists what may be sent to though it is not public"))
    })?;
    let events = new.events.as_deref().map(types).transpose()?;
    let (secret, told) = secret(new.secret.as_deref())?;
    let id = WebhookId::new();
    let endpoint =
        NewWebhook { id: id.clone(), url: url.to_string(), events, secret: secret.text().clone(), former_secret: None };
    if !api.store().keep_webhook(&endpoint).await? {
        return Err(Problem::bad_request(format!("there are {MOST_WEBHOOKS} webhooks; remove one before")));
    }
    let message = format!("POST /api/webhooks/{id}/test sends a test");
    Ok(Added::of(&id, told, message))
}

/// Types by their names.
fn types(names: &[String]) -> Result<Vec<EventType>, Problem> {
    event_types(names.iter().map(String::as_str)).map_err(|error| Problem::bad_request(error.to_string()))
}

/// The secret that was given, or a new one that has to be told.
fn secret(given: Option<&str>) -> Result<(SigningSecret, Option<String>), Problem> {
    notify::secret(given).map_err(|error| Problem::bad_request(error.to_string()))
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookChanged)]
pub struct Done {
    success: bool,
    message: String,
}

fn done(message: String) -> Json<Done> {
    Json(Done { success: true, message })
}

fn unknown(id: &WebhookId) -> Problem {
    Problem::not_found(format!("there is no webhook {id}; GET /api/webhooks lists them"))
}

/// The one of the settings would come back with the next start.
fn not_of_settings(id: &WebhookId) -> Result<(), Problem> {
    if *id == WebhookId::of_settings() {
        return Err(Problem::bad_request("it is the one of WEBHOOK_URL and WEBHOOK_SECRET; change it there"));
    }
    Ok(())
}

/// Forgets an endpoint with all that it is owed.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    operation_id = "removeWebhook",
    tag = "Webhooks",
    params(("id" = String, Path, description = "Its id, which the list has")),
    responses((status = 200, description = "It is forgotten", body = Done), NotFound),
)]
pub async fn remove(State(api): State<Arc<Api>>, Path(id): Path<String>, _: Params<Nothing>) -> Answer<Done> {
    let id = WebhookId::from_text(id);
    forget(&api, &id).await?;
    Ok(done(format!("{id} hears of nothing more")))
}

/// Forgets an endpoint with all that it is owed.
pub async fn forget(api: &Api, id: &WebhookId) -> Result<(), Problem> {
    not_of_settings(id)?;
    if !api.store().remove_webhook(id).await? {
        return Err(unknown(id));
    }
    Ok(())
}

/// Sends to an endpoint again that was disabled or wanted to be left alone.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/enable",
    operation_id = "enableWebhook",
    tag = "Webhooks",
    params(("id" = String, Path, description = "Its id, which the list has")),
    request_body = Nothing,
    responses((status = 200, description = "It is sent to", body = Done), NotFound),
)]
pub async fn enable(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    _: Params<Nothing>,
    _: Body<Nothing>,
) -> Answer<Done> {
    let id = WebhookId::from_text(id);
    send_to(&api, &id).await?;
    Ok(done(format!("messages are sent to {id}")))
}

/// Sends to an endpoint again that was disabled or wanted to be left alone.
pub async fn send_to(api: &Api, id: &WebhookId) -> Result<(), Problem> {
    if !api.store().enable_webhook(id).await? {
        return Err(unknown(id));
    }
    api.notifier.wake();
    Ok(())
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewSecret {
    /// As with a new one.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$")]
    pub secret: Option<String>,
}

/// Gives an endpoint another secret. For a day, messages are signed with the one before too.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/secret",
    operation_id = "renewWebhookSecret",
    tag = "Webhooks",
    params(("id" = String, Path, description = "Its id, which the list has")),
    request_body = NewSecret,
    responses((status = 200, description = "It has another secret", body = Added), NotFound),
)]
pub async fn renew(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    _: Params<Nothing>,
    Body(new): Body<NewSecret>,
) -> Answer<Added> {
    Ok(Json(renewed(&api, &WebhookId::from_text(id), new).await?))
}

/// Gives an endpoint another secret, and tells it where it was made here.
pub async fn renewed(api: &Api, id: &WebhookId, new: NewSecret) -> Result<Added, Problem> {
    not_of_settings(id)?;
    let (secret, told) = secret(new.secret.as_deref())?;
    if !api.store().renew_secret(id, secret.text()).await? {
        return Err(unknown(id));
    }
    let message = "for a day, messages are signed with the former secret too".to_owned();
    Ok(Added::of(id, told, message))
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookTested)]
pub struct Tested {
    /// Whether it was delivered.
    pub success: bool,
    event_id: String,
    status: Option<u16>,
    error: Option<String>,
    duration_ms: i64,
}

impl From<Attempt> for Tested {
    fn from(tried: Attempt) -> Self {
        Self {
            success: tried.next == Next::Delivered,
            event_id: tried.owed.event_id,
            status: tried.status,
            error: tried.error,
            duration_ms: tried.duration_ms,
        }
    }
}

/// Sends a test to an endpoint, though it be disabled, and says what came of it.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    operation_id = "testWebhook",
    tag = "Webhooks",
    params(("id" = String, Path, description = "Its id, which the list has")),
    request_body = Nothing,
    responses((status = 200, description = "What came of it", body = Tested), NotFound),
)]
pub async fn test(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    _: Params<Nothing>,
    _: Body<Nothing>,
) -> Answer<Tested> {
    Ok(Json(tested(&api, &WebhookId::from_text(id)).await?))
}

/// Sends a test to an endpoint, and says what came of it.
pub async fn tested(api: &Api, id: &WebhookId) -> Result<Tested, Problem> {
    let webhook = known(api, id).await?;
    Ok(api.notifier.test(webhook).await?.into())
}

/// An endpoint.
pub async fn known(api: &Api, id: &WebhookId) -> Result<Webhook, Problem> {
    api.store().webhook(id).await?.ok_or_else(|| unknown(id))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogParams {
    /// The most attempts; 50 without it.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Only attempts before that number.
    before: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookLog)]
pub struct Log {
    count: usize,
    items: Vec<LoggedAttempt>,
}

/// An endpoint's attempts, newest first.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    operation_id = "webhookDeliveries",
    tag = "Webhooks",
    params(("id" = String, Path, description = "Its id, which the list has"), LogParams),
    responses((status = 200, description = "The attempts", body = Log), NotFound),
)]
pub async fn deliveries(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    Params(params): Params<LogParams>,
) -> Answer<Log> {
    let (id, limit) = (WebhookId::from_text(id), limit(params.limit)?);
    known(&api, &id).await?;
    let log = api.store().deliveries(&id, params.before, limit).await?;
    let items: Vec<LoggedAttempt> = log.into_iter().map(LoggedAttempt::from).collect();
    Ok(Json(Log { count: items.len(), items }))
}

/// Sends the message of an attempt once more, under the same id.
#[utoipa::path(
    post,
    path = "/api/webhooks/deliveries/{id}/retry",
    operation_id = "retryDelivery",
    tag = "Webhooks",
    params(("id" = i64, Path, description = "Its number, which the log has", minimum = 1, example = 1)),
    request_body = Nothing,
    responses((status = 200, description = "It is sent again", body = Done), NotFound),
)]
pub async fn retry(
    State(api): State<Arc<Api>>,
    Path(id): Path<i64>,
    _: Params<Nothing>,
    _: Body<Nothing>,
) -> Answer<Done> {
    send_again(&api, id).await?;
    Ok(done(format!("the message of delivery {id} is sent again")))
}

/// Sends the message of an attempt once more.
pub async fn send_again(api: &Api, delivery: i64) -> Result<(), Problem> {
    if !api.store().owe_again(delivery).await? {
        return Err(Problem::not_found(format!("there is no delivery {delivery}")));
    }
    api.notifier.wake();
    Ok(())
}
