//! Compiling in a process of its own: a component can be made to take minutes and gigabytes to compile, and a compiler
//! cannot be interrupted. The child bounds itself, runs at the lowest priority so that no batch waits for it, knows none of
//! the host's environment, and writes the compiled code aside.

use super::runtime;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Processor time of the child, in seconds, all its threads together. A JavaScript runtime of 12 MB takes 15 where the
/// compiler itself is a debug build.
const CPU_SECONDS: u64 = 60;
/// Address space of the child, in bytes.
const ADDRESS_SPACE: u64 = 4 << 30;
/// How far the child stands back for the host: as far as it can. At 10, batches noticed a JavaScript runtime that was being
/// compiled (p99 1.26 times that without); at 19 they do not (1.03). On a machine that is busy throughout, a swap takes longer.
const PRIORITY: i32 = 19;
/// Signals by which the kernel ends what uses up its processor time.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// It is not valid WebAssembly.
    #[error("{0}")]
    Invalid(String),
    /// It is too much work.
    #[error("it takes more than {0} s of processor time")]
    Time(u64),
    /// It is too large in memory.
    #[error("it takes more than {} GiB of memory", ADDRESS_SPACE >> 30)]
    Memory,
    /// The compiler could not be run.
    #[error("the compiler cannot be run: {0}")]
    Unavailable(String),
}

/// The program that compiles: liner itself, with a subcommand that people do not need.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    cpu_seconds: u64,
}

impl Compiler {
    /// The running program. On Linux it is found even after an upgrade has replaced its file.
    #[must_use]
    pub fn this_program() -> Option<Self> {
        let itself = PathBuf::from("/proc/self/exe");
        if itself.exists() { Some(Self::at(itself)) } else { std::env::current_exe().ok().map(Self::at) }
    }

    /// A given liner.
    #[must_use]
    pub const fn at(program: PathBuf) -> Self {
        Self { program, cpu_seconds: CPU_SECONDS }
    }

    /// The same with another bound on processor time.
    #[must_use]
    pub fn within(self, cpu_seconds: u64) -> Self {
        Self { cpu_seconds, ..self }
    }

    /// Compiles a component into a file, which must not exist.
    ///
    /// # Errors
    /// [`CompileError`]; there is no file then, or one that nobody reads.
    pub fn compile(&self, bytes: &[u8], into: &Path) -> Result<(), CompileError> {
        let unavailable = |error: std::io::Error| CompileError::Unavailable(error.to_string());
        let mut child = Command::new(&self.program)
            .args(["compile", "--seconds", &self.cpu_seconds.to_string()])
            .arg(into)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(unavailable)?;
        if let Some(mut input) = child.stdin.take() {
            // A child that refuses before it has read closes the pipe; its own words follow.
            let _ = input.write_all(bytes);
        }
        let output = child.wait_with_output().map_err(unavailable)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(match (output.status.signal(), output.status.code()) {
            (Some(SIGXCPU | SIGKILL), _) => CompileError::Time(self.cpu_seconds),
            (Some(_), _) => CompileError::Memory,
            (None, Some(1)) => CompileError::Invalid(said.trim().to_owned()),
            (None, _) => CompileError::Unavailable(said.trim().to_owned()),
        })
    }
}

/// What the child does: standard input to a file of compiled code.
///
/// # Errors
/// When the bytes are no component, or the file cannot be written.
pub fn compile_from_stdin(into: &Path, cpu_seconds: u64) -> anyhow::Result<()> {
    bound_this_process(cpu_seconds)?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let compiled = runtime::engine(false)?.precompile_component(&bytes)?;
    std::fs::write(into, compiled)?;
    Ok(())
}

fn bound_this_process(cpu_seconds: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let at_most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Cpu, at_most(cpu_seconds))?;
    setrlimit(Resource::As, at_most(ADDRESS_SPACE))?;
    // A crash is an answer here, not something to look into.
    setrlimit(Resource::Core, at_most(0))?;
    nice(PRIORITY)?;
    Ok(())
}
