//! The binary `liner`.

fn main() -> std::process::ExitCode {
    liner::cli::main()
}
