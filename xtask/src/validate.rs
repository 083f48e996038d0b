//! `cargo xtask validate`: the main job of the project.

use std::path::PathBuf;

use clap::Args;
use lowrank_report::{Provenance, check_folder, html, json, summary, table, write_file};
use lowrank_validate::{Config, Effort, Plant, ValidateError, run as run_validation, runs_of};

use crate::{Failure, progress_bar, threads};

/// Where the record goes unless told otherwise.
const DEFAULT_OUT: &str = "target/validate";

/// Options of `cargo xtask validate`.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask validate --quick --only structured-chaos/rate --out /tmp/run\n\n\
    Exit codes: 0 every claim passed, 1 some claim did not, 2 bad input, 3 could not compute.")]
pub(crate) struct Options {
    /// A quarter to half a minute on two cores: networks of 500 neurons, wider margins
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Many minutes: networks of 2000 neurons, narrower margins
    #[arg(long)]
    full: bool,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only claims whose name (point/variant/statistic) contains this
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Folder for the record, validate.json, the table, validate.md, and the report, validate.html
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_OUT)]
    out: PathBuf,
    /// Number of threads, one a core unless given; the output does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// Plant a fault that must be caught: gain, transpose, scaling, variant, step, kappa, onset,
    /// spectrum, window or populations
    #[arg(long, value_name = "NAME")]
    plant: Option<String>,
}

/// Runs the claims, prints the table, writes the record.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let plant = options.plant.as_deref().map(str::parse::<Plant>).transpose().map_err(failure)?;
    let effort = match (options.quick, options.full) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Full,
        _ => Effort::Standard,
    };
    let only = options.only.clone();
    let config = Config { effort, seed: options.seed, only, plant, threads: threads(options.threads) };
    let bar = progress_bar(runs_of(&config).map_err(failure)?, "runs");
    check_folder(&options.out).map_err(|e| Failure::Input(e.to_string()))?;
    let outcome = run_validation(&config, &|runs| bar.inc(runs as u64)).map_err(failure)?;
    bar.finish_and_clear();
    let provenance = Provenance::here();
    let text = format!("{}\n{}", table(&outcome), summary(&outcome, &provenance));
    let record = json(&outcome, &provenance).map_err(|e| Failure::Computation(e.to_string()))?;
    let report =
        html(&outcome, &provenance, "cargo xtask validate", &[]).map_err(|e| Failure::Computation(e.to_string()))?;
    for (name, content) in [("validate.json", &record), ("validate.md", &text), ("validate.html", &report)] {
        write_file(&options.out.join(name), content.as_bytes()).map_err(|e| Failure::Input(e.to_string()))?;
    }
    print!("{text}");
    if outcome.passed() { Ok(()) } else { Err(Failure::Claims) }
}

/// What the user can mend is bad input; the rest could not be computed.
fn failure(error: ValidateError) -> Failure {
    use ValidateError::{BadThreads, NoThreads, NothingMatches, UnknownPlant};
    match &error {
        NothingMatches { .. } => Failure::Input(format!("--only: {error}")),
        UnknownPlant { .. } => Failure::Input(format!("--plant: {error}")),
        BadThreads { .. } | NoThreads { .. } => Failure::Input(format!("--threads: {error}")),
        _ => Failure::Computation(error.to_string()),
    }
}
