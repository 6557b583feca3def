//! The problems that operations answer with, by name, for their descriptions.

use crate::api::problem::Problem;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

macro_rules! refusals {
    ($($name:ident $status:literal $when:literal;)*) => {$(
        #[doc = $when]
        pub enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([(stringify!($status).to_owned(), Ref::from_response_name(stringify!($name)).into())])
            }
        }
    )*

        /// All of them, by their names.
        pub fn all() -> impl Iterator<Item = (&'static str, Response)> {
            [$((stringify!($name), problem($status, $when))),*].into_iter()
        }
    };
}

refusals! {
    BadRequest 400 "The request has what is not known or not allowed; the sentence names it";
    Unauthorized 401 "The token of LINER_ADMIN_TOKEN is missing or another one";
    Forbidden 403 "Without LINER_ADMIN_TOKEN: the request names another host than this machine, or comes from a web page of another origin";
    NotFound 404 "There is no such thing";
    RequestTimeout 408 "It took too long";
    Conflict 409 "It cannot be done as things stand; the sentence says why";
    TooLarge 413 "The body, or a row of it, is larger than is taken";
    Unprocessable 422 "The component was refused, or the change came to no end; the sentence names the step";
    Failed 500 "It failed inside; the log says more";
    BadGateway 502 "What was asked for it answered wrongly";
    Unavailable 503 "The database, or whom it depends on, does not answer now";
}

fn problem(status: u16, when: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let response = ResponseBuilder::new().description(when).content("application/problem+json", body);
    match status {
        401 => {
            let challenge = HeaderBuilder::new().schema(String::schema()).description(Some("`Bearer`"));
            response.header("WWW-Authenticate", challenge.build()).build()
        }
        _ => response.build(),
    }
}
