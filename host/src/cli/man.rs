//! `liner man`: the manual, a page for liner and one for each command.

use anyhow::Context;
use clap::{Args, CommandFactory};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liner man | man -l -
  liner man --into ~/.local/share/man/man1")]
pub struct Man {
    /// Write all pages into this folder; without it, liner's own is printed
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Man {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let command = super::Arguments::command();
        if let Some(folder) = &self.into {
            let unwritten = || format!("the manual cannot be written into {}", folder.display());
            std::fs::create_dir_all(folder).with_context(unwritten)?;
            clap_mangen::generate_to(command, folder).with_context(unwritten)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        std::io::stdout().lock().write_all(&page)?;
        Ok(ExitCode::SUCCESS)
    }
}
