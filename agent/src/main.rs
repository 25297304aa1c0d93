//! The `sotto` command.

fn main() -> std::process::ExitCode {
    sotto_agent::cli::main().into()
}
