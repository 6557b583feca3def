//! What could not be done, as a page.

use super::frame;
use crate::api::problem::Problem;
use crate::rollout::RolloutError;
use crate::store::StoreError;
use crate::worker::WorkerError;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

/// Why there is no such page, or why something was not done.
pub struct Failure {
    status: StatusCode,
    sentence: String,
}

impl Failure {
    /// A failure of a status, in a sentence.
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("It failed");
        let page = frame::bare(
            title,
            &html! {
                h1 { (title) }
                p.need.bad role="alert" { (self.sentence) }
                p { a.button href="/" { "Back to the overview" } }
            },
        );
        (self.status, page).into_response()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status(), problem.sentence())
    }
}

macro_rules! as_a_problem {
    ($($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Problem::from(error).into()
            }
        })+
    };
}

as_a_problem!(StoreError, RolloutError, WorkerError);

impl From<FormRejection> for Failure {
    fn from(rejection: FormRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}
