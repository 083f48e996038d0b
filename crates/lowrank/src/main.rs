//! The binary: options in, exit code out.

use std::process::ExitCode;

use clap::FromArgMatches;
use lowrank::{Cli, Failure, catch_interrupts, one_line, print, report, run};

fn main() -> ExitCode {
    let parsed = lowrank::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return report(&Failure::Input(one_line(&error))),
        Err(help) => return print(&help.to_string()).map_or_else(|failure| report(&failure), |()| ExitCode::SUCCESS),
    };
    catch_interrupts();
    run(&cli).map_or_else(|failure| report(&failure), |()| ExitCode::SUCCESS)
}
