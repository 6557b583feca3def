//! `liner compile`: the process that a host compiles components in.

use crate::strategy::compiler;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Compile {
    /// Processor time it may take
    #[arg(long)]
    seconds: u64,
    /// Where the compiled code goes
    into: PathBuf,
}

impl Compile {
    pub fn run(self) -> ExitCode {
        match compiler::compile_from_stdin(&self.into, self.seconds) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        }
    }
}
