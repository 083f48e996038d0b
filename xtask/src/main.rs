//! The commands of this workspace: `cargo xtask validate`, `cargo xtask figures`, `cargo xtask sweep`,
//! `cargo xtask bench`.
//!
//! Exit codes: 0 every claim passed; 1 some claim did not; 2 bad input, said in one line; 3 it could not be computed.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod figures;
mod sweep;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

/// What a command came to, other than success.
enum Failure {
    /// Some claim did not pass; the table says which.
    Claims,
    /// One line about the input.
    Input(String),
    /// One line about what could not be done.
    Computation(String),
}

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of the lowrank workspace", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare mean-field theory with simulated networks, claim by claim
    Validate(validate::Options),
    /// Draw the figure of the README: theory and simulated networks along g
    Figures(figures::Options),
    /// Sweep parameters over a grid of networks: plan, run, merge
    #[command(subcommand)]
    Sweep(sweep::Step),
    /// Time the library against plain baselines and the machine's peaks
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return report(Failure::Input(one_line(&error))),
        Err(help) => {
            print!("{help}");
            return ExitCode::SUCCESS;
        }
    };
    let outcome = match arguments.command {
        Command::Validate(options) => validate::run(&options),
        Command::Figures(options) => figures::run(&options),
        Command::Sweep(step) => sweep::run(&step),
        Command::Bench(options) => bench::run(&options),
    };
    outcome.map_or_else(report, |()| ExitCode::SUCCESS)
}

fn report(failure: Failure) -> ExitCode {
    let (code, line) = match failure {
        Failure::Claims => return ExitCode::from(1),
        Failure::Input(line) => (2, line),
        Failure::Computation(line) => (3, line),
    };
    eprintln!("error: {line}");
    ExitCode::from(code)
}

/// clap's message without its usage text, and where to find that.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first: Vec<&str> = text.lines().take_while(|l| !l.trim().is_empty()).map(str::trim).collect();
    let message = first.join(" ");
    format!("{}; see --help", message.trim_start_matches("error: "))
}

/// The number of threads asked for, or one a core.
fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A bar over so many `units` on the terminal's standard error, nothing elsewhere.
fn progress_bar(count: usize, units: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {units}, {{eta}} left"));
    ProgressBar::new(count as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
