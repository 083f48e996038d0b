//! `cargo xtask figures`: every figure of the study, both variants side by side, in one folder.

use std::path::PathBuf;

use clap::Args;
use lowrank::{Common, Failure};
use lowrank_report::{Origin, Provenance, check_folder, write_figure};
use lowrank_study::{Options as StudyOptions, Study};

/// Options of `cargo xtask figures`.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask figures --quick --out /tmp/figures\n\n\
    Each figure is written as .svg, .pdf and .png, with its numbers in .json. See docs/figures.md for what they show.")]
pub(crate) struct Options {
    /// Only these figures: transients, along-g, responses, time-scales, sizes, diagrams
    names: Vec<String>,
    /// Fewer and smaller networks: two minutes for all figures on two cores in place of a quarter of an hour
    #[arg(long)]
    quick: bool,
    /// Folder for the figures
    #[arg(long, value_name = "FOLDER", default_value = "target/figures")]
    out: PathBuf,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Draws the figures one after the other.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let input = |error: String| Failure::Input(error);
    let named = options.names.iter().map(|name| name.parse()).collect::<Result<Vec<Study>, _>>();
    let named = named.map_err(|error| input(error.to_string()))?;
    let studies = if named.is_empty() { Study::ALL.to_vec() } else { named };
    check_folder(&options.out).map_err(|error| input(error.to_string()))?;
    let sizes = StudyOptions { seed: options.seed, quick: options.quick };
    println!("seed {}", options.seed);
    for study in studies {
        let quick = if options.quick { " --quick" } else { "" };
        let command = format!("cargo xtask figures {study}{quick} --seed {}", options.seed);
        let origin = Origin { provenance: Provenance::here(), seed: options.seed, command };
        let bar = Common::default().bar(study.parts(sizes), &format!("parts of {study}"));
        let drawings = study.draw(sizes, &|parts| bar.inc(parts as u64));
        bar.finish_and_clear();
        for drawing in drawings.map_err(|error| Failure::Computation(error.to_string()))? {
            let stem = options.out.join(drawing.name);
            let written = write_figure(&stem, &drawing.figure, &drawing.data, &origin);
            for path in written.map_err(|error| Failure::Computation(error.to_string()))? {
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}
