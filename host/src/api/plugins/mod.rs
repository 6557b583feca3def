//! Plugins: which strategies there are, how they are doing, and every way to change them.

pub mod change;
pub mod history;
pub mod shown;

use super::Api;
use super::problem::{Problem, Single};
use crate::rollout::{Rollout, RolloutError};
use crate::strategy::lineup::LineupError;
use axum::http::StatusCode;

/// What a path calls a plugin.
const PLUGIN: &str = "Its name, or its digest or the beginning of it";

pub(super) fn rollout(api: &Api) -> &Rollout {
    &api.worker.context().rollout
}

impl From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Self {
        let status = match error {
            RolloutError::Store(error) => return error.into(),
            RolloutError::Refused { .. } | RolloutError::Unfinished { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            RolloutError::Unknown(_) => StatusCode::NOT_FOUND,
            RolloutError::Lineup(LineupError::Percent(_)) => StatusCode::BAD_REQUEST,
            RolloutError::Lineup(_) | RolloutError::NothingBefore(_) => StatusCode::CONFLICT,
        };
        let problem = Self::new(status, error.to_string());
        match error {
            RolloutError::Refused { refusal, .. } => problem.with_errors(vec![Single::Step { step: refusal.step() }]),
            _ => problem,
        }
    }
}
