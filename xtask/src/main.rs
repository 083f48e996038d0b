//! The commands of this workspace: `cargo xtask validate` and `cargo xtask sweep`, which are those of `lowrank`, `cargo xtask
//! figures`, `cargo xtask bench`.
//!
//! Exit codes: 0 every claim passed; 1 some claim did not; 2 bad input, said in one line; 3 it could not be computed.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use lowrank::commands::{figure, sweep, validate};
use lowrank::{Common, Failure, catch_interrupts, one_line, print, report};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of the lowrank workspace", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare mean-field theory with simulated networks, claim by claim
    Validate(With<validate::Options>),
    /// Draw the figures of the study, current and rate variant side by side
    Figures(With<figure::Options>),
    /// Sweep parameters over a grid of networks: plan, run, merge
    Sweep(Sweep),
    /// Time the library against plain baselines and the machine's peaks
    Bench(bench::Options),
}

/// Options of a command of `lowrank`, with those that all of its commands have.
#[derive(Args)]
struct With<O: Args> {
    #[command(flatten)]
    options: O,
    #[command(flatten)]
    common: Common,
}

/// The steps of a sweep, with the options of all of them.
#[derive(Args)]
struct Sweep {
    #[command(subcommand)]
    step: sweep::Step,
    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return report(&Failure::Input(one_line(&error))),
        Err(help) => return print(&help.to_string()).map_or_else(|failure| report(&failure), |()| ExitCode::SUCCESS),
    };
    catch_interrupts();
    let outcome = match arguments.command {
        Command::Validate(With { options, common }) => common.spread().and_then(|_| validate::run(&options, &common)),
        Command::Figures(With { options, common }) => common.spread().and_then(|_| figure::run(&options, &common)),
        Command::Sweep(Sweep { step, common }) => {
            common.spread().and_then(|_| sweep::run(&step, &common, sweep::Caller::Xtask))
        }
        Command::Bench(options) => bench::run(&options),
    };
    outcome.map_or_else(|failure| report(&failure), |()| ExitCode::SUCCESS)
}
