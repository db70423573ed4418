//! Parse, run, exit code. Nothing else.

fn main() -> std::process::ExitCode {
    checkride::cli::main()
}
