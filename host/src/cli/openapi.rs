//! `liner openapi`: the API's description.

use super::output;
use crate::api;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Openapi {}

impl Openapi {
    #[expect(clippy::unused_self, reason = "as the other commands")]
    pub fn run(self) -> anyhow::Result<ExitCode> {
        output::json(&api::document())?;
        Ok(ExitCode::SUCCESS)
    }
}
