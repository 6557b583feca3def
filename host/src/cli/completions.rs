//! `liner completions`: what a shell needs to complete liner's commands.

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liner completions bash > ~/.local/share/bash-completion/completions/liner
  liner completions zsh > ~/.zfunc/_liner
  liner completions fish > ~/.config/fish/completions/liner.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "liner", &mut script);
        std::io::stdout().lock().write_all(&script).context("the script cannot be written")?;
        Ok(ExitCode::SUCCESS)
    }
}
