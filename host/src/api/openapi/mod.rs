//! The API's description: paths, parameters and schemas come from the handlers, who may do what from where a route hangs.

mod completed;
pub mod refusals;
pub mod rows;

use super::auth;
use super::problem::Problem;
use super::routes::{self, Groups};
use axum::http::{Method, header};
use axum::response::IntoResponse;
use refusals::{BadRequest, Failed, Forbidden, RequestTimeout, TooLarge, TooMany, Unauthorized, Unavailable};
use serde_json::Value;
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::{IntoResponses, Modify, OpenApi as _};

/// Who may: `anyone`; with `read` who has the token, and everybody where `LINER_PUBLIC_READ` says so; with `operator` who has
/// the token.
const ACCESS: &str = "x-liner-access";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "liner",
        description = "Turns shared music links into clean library entries.\n\nTimes are RFC 3339 in UTC. Errors are \
                       `application/problem+json` with a sentence in `error`. Unknown query parameters and body fields are \
                       refused with 400; an empty JSON body stands for `{}`. A field of an answer that has no value is null.\n\n\
                       With `LINER_ADMIN_TOKEN` set, every operation but the probes and this description needs it; with \
                       `LINER_PUBLIC_READ=true`, only those that change something. Without a token the host listens on \
                       loopback, and serves this machine alone.",
        license(name = "MIT or Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Queue", description = "Links in, and what became of them"),
        (name = "Worker", description = "What works off the queue, and the operator's switch"),
        (name = "Library", description = "The entries that came out, and their correction"),
        (name = "Pages", description = "Pages that could not be read"),
        (name = "Channels", description = "Channels and feeds whose links are queued"),
        (name = "Strategies", description = "The components that decide: their state, and every change of them"),
        (name = "Model", description = "Who is asked, how much, and what it cost"),
        (name = "Hosts", description = "The hosts on the database"),
        (name = "Webhooks", description = "Who hears of what happens here, and what came of sending it"),
        (name = "Health", description = "Probes and figures"),
        (name = "Description", description = "This description"),
    ),
    components(schemas(Problem)),
    modifiers(&Shared),
)]
struct Description;

/// The ways to say who one is, and the problems that many operations answer with.
struct Shared;

impl Modify for Shared {
    fn modify(&self, openapi: &mut OpenApi) {
        openapi.info.contact = None;
        let token = "The value of LINER_ADMIN_TOKEN";
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(token)).build();
        let session = ApiKeyValue::with_description("liner_session", "What the dashboard's sign-in sets");
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        components.responses.extend(refusals::all().map(|(name, response)| (name.to_owned(), response.into())));
    }
}

/// The description, as JSON.
#[must_use]
pub fn document() -> Value {
    let mut openapi = Description::openapi();
    let Groups { kept, quick, long, uploads, open } = routes::groups();
    let mut guarded = kept.merge(quick).merge(long).merge(uploads).into_openapi();
    each(&mut guarded.paths, describe_guarded);
    let mut open = open.into_openapi();
    each(&mut open.paths, describe_open);
    openapi.merge(guarded);
    openapi.merge(open);
    let paths = std::mem::take(&mut openapi.paths.paths);
    openapi.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    let mut document = serde_json::to_value(openapi).unwrap_or_default();
    completed::complete(&mut document);
    document
}

/// The description as it is served, made once.
pub fn described() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    &DOCUMENT
}

/// What holds for every operation that everybody may call.
fn describe_open(_: &Method, operation: &mut Operation) {
    operation.extensions = Some(ExtensionsBuilder::new().add(ACCESS, "anyone").build());
    operation.security = Some(Vec::new());
    may_answer::<Failed>(operation);
}

/// What holds for every operation that wants to know who asks.
fn describe_guarded(method: &Method, operation: &mut Operation) {
    let access = if auth::reads(method) { "read" } else { "operator" };
    operation.extensions = Some(ExtensionsBuilder::new().add(ACCESS, access).build());
    let schemes = ["bearer", "session"].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()));
    operation.security = Some(schemes.into());
    may_answer::<BadRequest>(operation);
    may_answer::<Unauthorized>(operation);
    may_answer::<Forbidden>(operation);
    may_answer::<TooMany>(operation);
    may_answer::<Failed>(operation);
    may_answer::<Unavailable>(operation);
    if operation.request_body.is_some() {
        may_answer::<RequestTimeout>(operation);
        may_answer::<TooLarge>(operation);
    }
}

/// Adds an answer, unless the operation describes it itself.
fn may_answer<R: IntoResponses>(operation: &mut Operation) {
    for (status, response) in R::responses() {
        operation.responses.responses.entry(status).or_insert(response);
    }
}

fn each(paths: &mut Paths, change: impl Fn(&Method, &mut Operation)) {
    for item in paths.paths.values_mut() {
        let PathItem { get, put, post, delete, patch, .. } = item;
        let methods = [
            (Method::GET, get),
            (Method::PUT, put),
            (Method::POST, post),
            (Method::DELETE, delete),
            (Method::PATCH, patch),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                change(&method, operation);
            }
        }
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "Description",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object)),
)]
pub async fn show() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| described().to_string());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
