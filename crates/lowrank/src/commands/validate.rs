//! `lowrank validate`: the operating points that come with the program.

use std::path::{Path, PathBuf};

use clap::Args;
use lowrank_report::{Provenance, check_folder, evidence, html, json, summary, table, write_file};
use lowrank_validate::{Config, Effort, Outcome, Plant, ValidateError, run as run_validation, runs_of};

use crate::common::unwritten;
use crate::{Common, Failure, on_interrupt, print, say};

/// Where the record goes unless told otherwise.
const DEFAULT_OUT: &str = "target/validate";

/// Options of `lowrank validate`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank validate --quick --only structured-chaos/rate --out /tmp/run\n\n\
    The record, validate.json, the table, validate.md, and the report, validate.html, go to --out,\n\
    target/validate unless given.\n\n\
    Exit codes: 0 every claim passed, 1 some claim did not, 2 bad input, 3 could not be computed,\n\
    130 interrupted.")]
pub struct Options {
    /// A quarter to half a minute on two cores: networks of 500 neurons, wider margins
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Many minutes: networks of 2000 neurons, narrower margins
    #[arg(long)]
    full: bool,
    /// Only claims whose name (point/variant/statistic) contains this
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Plant a fault that must be caught: gain, transpose, scaling, variant, step, kappa, onset,
    /// spectrum, window or populations
    #[arg(long, value_name = "NAME")]
    plant: Option<String>,
}

/// Runs the claims, prints the table, writes the record.
///
/// # Errors
/// A claim that does not pass; bad input; what could not be computed.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let plant = options.plant.as_deref().map(str::parse::<Plant>).transpose().map_err(failure)?;
    let effort = match (options.quick, options.full) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Full,
        _ => Effort::Standard,
    };
    let (only, seed) = (options.only.clone(), common.seed.unwrap_or(1));
    let config = Config { effort, seed, only, plant, threads: common.threads()? };
    let bar = common.bar(runs_of(&config).map_err(failure)?, "runs");
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    check_folder(&out)?;
    on_interrupt("no claim was judged, nothing was written; run it again");
    let outcome = run_validation(&config, &|runs| bar.inc(runs as u64)).map_err(failure)?;
    bar.finish_and_clear();
    write_verdicts(&outcome, "validate", "lowrank validate", Some(&out), common)
}

/// Prints the table of an outcome, or its record as JSON, and writes both and the report under a name; `command` makes them.
///
/// # Errors
/// A claim that does not pass; what is missing from the outcome; files that cannot be written.
pub(super) fn write_verdicts(
    outcome: &Outcome,
    name: &str,
    command: &str,
    out: Option<&PathBuf>,
    common: &Common,
) -> Result<(), Failure> {
    let provenance = Provenance::here();
    let text = format!("{}\n{}", table(outcome), summary(outcome, &provenance));
    let record = json(outcome, &provenance)?;
    let figures = evidence(outcome)?;
    let figures: Vec<(&str, &str)> = figures.iter().map(|(caption, svg)| (caption.as_str(), svg.as_str())).collect();
    let report = html(outcome, &provenance, command, &figures)?;
    let files = |out: &Path| {
        for (ending, content) in [("json", &record), ("md", &text), ("html", &report)] {
            write_file(&out.join(format!("{name}.{ending}")), content.as_bytes())?;
        }
        Ok(())
    };
    let unwritten = out.and_then(|out| unwritten(out, files));
    print(if common.json { &record } else { &text })?;
    let missing: Vec<String> = outcome.missing().into_iter().chain(unwritten).collect();
    if outcome.passed() {
        return Failure::partial(missing);
    }
    missing.iter().for_each(|line| say(&format!("error: {line}")));
    Err(Failure::Claims)
}

/// What the user can mend is bad input; the rest could not be computed.
pub(super) fn failure(error: ValidateError) -> Failure {
    use ValidateError::{BadThreads, NoThreads, NothingMatches, UnknownPlant};
    match &error {
        NothingMatches { .. } => Failure::Input(format!("--only: {error}")),
        UnknownPlant { .. } => Failure::Input(format!("--plant: {error}")),
        BadThreads { .. } | NoThreads { .. } => Failure::Input(format!("--threads: {error}")),
        _ => Failure::could_not(error),
    }
}
