//! The command line as clap sees it.

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    check, completions, diagram, figure, init, man, schema, simulate, solve, sweep, task, transient, validate,
};
use crate::{Common, Failure};

/// The exit codes, at the end of every help.
const EXIT_CODES: &str = "Exit codes: 0 fine, 1 a claim did not pass, 2 bad input, 3 something could not be computed \
                          or printed (everything else was), 130 interrupted (Ctrl-C; finished work stays valid).";

/// The command line of `lowrank`.
#[derive(Debug, Parser)]
#[command(
    name = "lowrank",
    version,
    about = "Large random recurrent rate networks with low-rank structure: theory, simulation, and one held against the other",
    after_help = format!(
        "Begin with: lowrank init network.toml, then lowrank solve network.toml\n\n{EXIT_CODES}"
    )
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented spec to begin with
    Init(init::Options),
    /// Print the JSON schema of spec files
    Schema(schema::Options),
    /// Theory: all stationary branches with their stability, and all chaotic solutions
    Solve(solve::Options),
    /// Theory of the time course from a start under any input, networks beside it if asked for
    Transient(transient::Options),
    /// Simulate networks: observables with standard errors, courses in time, trajectories
    Simulate(simulate::Options),
    /// Hold theory against simulated networks of a spec, claim by claim
    Check(check::Options),
    /// Sweep parameters over a grid of networks: plan, run, merge
    #[command(
        subcommand,
        after_help = "Example: lowrank sweep plan examples/sweeps/small.toml --out target/small\n\n\
            Then lowrank sweep run target/small, and lowrank sweep merge target/small."
    )]
    Sweep(sweep::Step),
    /// A phase diagram in one go: a sweep, theory beside it, and the boundaries
    Diagram(diagram::Options),
    /// The figures of the study, current and rate variant side by side
    Figure(figure::Options),
    /// Computations: four tasks, ring attractor, limit cycle; success of networks with theory's beside it
    Task(task::Options),
    /// Hold theory against simulation at the operating points that come with the program
    Validate(validate::Options),
    /// Print the completions of a shell
    Completions(completions::Options),
    /// Write the manual pages
    Man(man::Options),
}

/// The command line, for completions and manual pages.
pub fn command() -> clap::Command {
    // Every help ends with the exit codes, and -1 after an option is its value, not another option.
    fn with_codes(command: clap::Command) -> clap::Command {
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        let own = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let text = if own.contains("Exit codes") { own } else { format!("{own}\n\n{EXIT_CODES}") };
        let command = command.after_help(text.trim_start().to_owned());
        let command = command.mut_args(|arg| {
            let takes_values = arg.get_action().takes_values() && !arg.is_positional();
            arg.allow_negative_numbers(takes_values)
        });
        names.iter().fold(command, |command, name| command.mut_subcommand(name, with_codes))
    }
    with_codes(Cli::command())
}

/// Runs a command.
///
/// # Errors
/// Whatever the command could not do.
pub fn run(cli: &Cli) -> Result<(), Failure> {
    let common = &cli.common;
    common.spread()?;
    match &cli.command {
        Command::Init(options) => init::run(options, common),
        Command::Schema(options) => schema::run(options, common),
        Command::Solve(options) => solve::run(options, common),
        Command::Transient(options) => transient::run(options, common),
        Command::Simulate(options) => simulate::run(options, common),
        Command::Check(options) => check::run(options, common),
        Command::Sweep(step) => sweep::run(step, common, sweep::Caller::Lowrank),
        Command::Diagram(options) => diagram::run(options, common),
        Command::Figure(options) => figure::run(options, common),
        Command::Task(options) => task::run(options, common),
        Command::Validate(options) => validate::run(options, common),
        Command::Completions(options) => completions::run(options, common),
        Command::Man(options) => man::run(options, common),
    }
}
