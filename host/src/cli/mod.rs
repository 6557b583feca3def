//! The command line: one file a subcommand. Exit codes: 0 done, 1 failed, 2 wrong usage or a wrong setting.

mod backup;
mod compile;
mod completions;
mod config;
mod cost;
mod doctor;
mod enqueue;
mod eval;
mod extract;
mod failed;
mod home;
mod healthcheck;
mod hosts;
mod library;
mod man;
mod migrate;
mod open;
mod openapi;
mod output;
mod pages;
mod plugin;
mod process;
mod replay;
mod requeue;
mod serve;
mod signals;
mod status;
mod switch;
mod sync;
mod systemd;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod webhooks;

use crate::config::{Config, ConfigError, Sources};
use clap::{Parser, Subcommand};
use std::path::Path;
use std::process::ExitCode;

/// Wrong usage, or a wrong setting.
const WRONG: u8 = 2;

/// Turns shared music links into clean library entries.
#[derive(Debug, Parser)]
#[command(
    name = "liner",
    version,
    about,
    disable_help_subcommand = true,
    after_help = "Examples:
  liner serve --sample
  liner enqueue https://www.youtube.com/watch?v=dQw4w9WgXcQ
  liner doctor

Settings come from the environment, .env or liner.toml; `liner config` shows them.
Exit codes: 0 done, 1 failed, 2 wrong usage or a wrong setting."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Set(SetCommand),
    /// Look at everything that liner needs, and say what to do where something is wrong
    Doctor(doctor::Doctor),
    /// Print what a shell needs to complete liner's commands
    Completions(completions::Completions),
    /// Print the manual
    Man(man::Man),
    /// Print the API's description, an OpenAPI document
    Openapi(openapi::Openapi),
    /// Compile a component from standard input, within bounds: what a host runs beside itself
    #[command(hide = true)]
    Compile(compile::Compile),
}

/// The commands that need right settings.
#[derive(Debug, Subcommand)]
enum SetCommand {
    /// Run the service: the worker and the control API
    Serve(serve::Serve),
    /// Queue links: a file (JSON array, NDJSON, CSV or a link a line), a link, or - for standard input
    Enqueue(enqueue::Enqueue),
    /// Work off the queue once, then end
    Process(process::Process),
    /// Extract from rows without a database: a file, or - for standard input
    Extract(extract::Extract),
    /// Extract from rows with known answers and say how many are right
    Eval(eval::Eval),
    /// Read a channel's new posts and queue the music in them
    Sync(sync::Sync),
    /// Show the queue and the operator's switch
    Status(status::Status),
    /// Pause the workers on this database, until resume
    Pause(switch::Pause),
    /// Lift the pause
    Resume(switch::Resume),
    /// Show the hosts on this database, or drain one
    Hosts(hosts::Hosts),
    /// Show who is told what happens here; add, remove, test or enable one, or look at its log
    Webhooks(webhooks::Webhooks),
    /// Show what failed, or queue it again
    Failed(failed::Failed),
    /// Show which pages cannot be had, or try them again
    Pages(pages::Pages),
    /// Show what models were used for and what it cost
    Cost(cost::Cost),
    /// Show the library's newest entries
    Library(library::Library),
    /// Queue completed entries again that lack a field
    Requeue(requeue::Requeue),
    /// Run a strategy over what was worked on before, without asking anybody, and say what would change
    Replay(replay::Replay),
    /// List, check, try, install, compare, promote and roll back strategies
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Show the effective settings
    Config(config::Show),
    /// Ask the host of these settings whether it lives: what a container's health check runs
    Healthcheck(healthcheck::Healthcheck),
    /// Bring the database up to date
    Migrate(migrate::Migrate),
    /// Copy the database file, also while a worker uses it
    Backup(backup::Backup),
}

/// Reads the command line and the settings, runs a subcommand and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let ended = match Arguments::try_parse() {
        Ok(arguments) => run(arguments.command),
        Err(error) => return usage(&error),
    };
    match ended {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&format!("{error:#}"));
            if error.is::<ConfigError>() { ExitCode::from(WRONG) } else { ExitCode::FAILURE }
        }
    }
}

/// Says what is wrong with the command line, or what was asked for: help or the version.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is no reason to fail.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if output::is_for_programs() {
        let said = error.render().to_string();
        output::error(said.trim_start_matches("error: ").trim_end());
    } else {
        let _ = error.print();
    }
    ExitCode::from(WRONG)
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Set(command) => {
            let sources = Sources::of_process(Path::new("."))?;
            let config = Config::from_sources(&sources)?;
            for stranger in sources.strangers() {
                if let Some(meant) = stranger.meant {
                    let (name, origin) = (&stranger.name, stranger.origin);
                    output::warning(&format!("{name} ({origin}) is no setting; did you mean {meant}?"));
                }
            }
            in_runtime(run_set(command, &config))
        }
        Command::Doctor(command) => in_runtime(command.run()),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Openapi(command) => command.run(),
        Command::Compile(command) => Ok(command.run()),
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work);
    // A guest that still runs on a blocking thread must not hold up the end.
    runtime.shutdown_background();
    ended
}

async fn run_set(command: SetCommand, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        SetCommand::Serve(command) => command.run(config).await,
        SetCommand::Enqueue(command) => command.run(config).await,
        SetCommand::Process(command) => command.run(config).await,
        SetCommand::Extract(command) => command.run(config).await,
        SetCommand::Eval(command) => command.run(config).await,
        SetCommand::Sync(command) => command.run(config).await,
        SetCommand::Status(command) => command.run(config).await,
        SetCommand::Pause(command) => command.run(config).await,
        SetCommand::Resume(command) => command.run(config).await,
        SetCommand::Hosts(command) => command.run(config).await,
        SetCommand::Webhooks(command) => command.run(config).await,
        SetCommand::Failed(command) => command.run(config).await,
        SetCommand::Pages(command) => command.run(config).await,
        SetCommand::Cost(command) => command.run(config).await,
        SetCommand::Library(command) => command.run(config).await,
        SetCommand::Requeue(command) => command.run(config).await,
        SetCommand::Replay(command) => command.run(config).await,
        SetCommand::Plugin(command) => command.run(config).await,
        SetCommand::Config(command) => command.run(config),
        SetCommand::Healthcheck(command) => command.run(config).await,
        SetCommand::Migrate(command) => command.run(config).await,
        SetCommand::Backup(command) => command.run(config).await,
    }
}

/// Whether the reader of our output went away, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
