//! Prometheus' own checker, where it is installed (Debian: `prometheus`).

use std::io::Write;
use std::process::{Command, Stdio};

/// What promtool said, and whether it was content; nothing where there is none and nobody demands it
/// (`LINER_TESTS_NEED_PROMTOOL`).
pub fn promtool(arguments: &[&str], stdin: &str) -> Option<(bool, String)> {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os("LINER_TESTS_NEED_PROMTOOL").is_none(), "promtool is needed: {error}");
            eprintln!("SKIPPED: promtool is not installed (Debian: prometheus); `promtool {}`", arguments.join(" "));
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some((output.status.success(), said))
}
