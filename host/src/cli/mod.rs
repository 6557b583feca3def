//! The command line: one file a subcommand. Exit codes: 0 done, 1 failed, 2 wrong usage or a wrong setting.

mod backup;
mod compile;
mod config;
mod cost;
mod enqueue;
mod eval;
mod extract;
mod failed;
mod home;
mod hosts;
mod library;
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

use crate::config::{Config, ConfigError, Sources};
use clap::{Parser, Subcommand};
use std::path::Path;
use std::process::ExitCode;

/// Turns shared music links into clean library entries.
#[derive(Debug, Parser)]
#[command(name = "liner", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    /// Print the API's description, an OpenAPI document
    Openapi(openapi::Openapi),
    /// Bring the database up to date
    Migrate(migrate::Migrate),
    /// Copy the database file, also while a worker uses it
    Backup(backup::Backup),
    /// Compile a component from standard input, within bounds: what a host runs beside itself
    #[command(hide = true)]
    Compile(compile::Compile),
}

/// Reads the command line and the settings, runs a subcommand and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to fail louder.
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * 2);
        }
    };
    // What a host starts beside itself knows no settings, and needs none.
    if let Command::Compile(command) = arguments.command {
        return command.run();
    }
    let config = match settings() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("liner: {error}");
            return ExitCode::from(2);
        }
    };
    match run(arguments.command, &config) {
        Ok(code) => code,
        Err(error) if error.downcast_ref::<ConfigError>().is_some() => {
            eprintln!("liner: {error}");
            ExitCode::from(2)
        }
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("liner: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Config, ConfigError> {
    Config::from_sources(&Sources::of_process(Path::new("."))?)
}

fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match command {
            Command::Serve(command) => command.run(config).await,
            Command::Enqueue(command) => command.run(config).await,
            Command::Process(command) => command.run(config).await,
            Command::Extract(command) => command.run(config).await,
            Command::Eval(command) => command.run(config).await,
            Command::Sync(command) => command.run(config).await,
            Command::Status(command) => command.run(config).await,
            Command::Pause(command) => command.run(config).await,
            Command::Resume(command) => command.run(config).await,
            Command::Hosts(command) => command.run(config).await,
            Command::Failed(command) => command.run(config).await,
            Command::Pages(command) => command.run(config).await,
            Command::Cost(command) => command.run(config).await,
            Command::Library(command) => command.run(config).await,
            Command::Requeue(command) => command.run(config).await,
            Command::Replay(command) => command.run(config).await,
            Command::Plugin(command) => command.run(config).await,
            Command::Config(command) => command.run(config),
            Command::Openapi(command) => command.run(),
            Command::Migrate(command) => command.run(config).await,
            Command::Backup(command) => command.run(config).await,
            Command::Compile(command) => Ok(command.run()),
        }
    });
    // A guest that still runs on a blocking thread must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// Whether the reader of our output went away, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
