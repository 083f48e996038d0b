//! `lowrank figure`: the figures of the study, both variants side by side.

use std::path::{Path, PathBuf};

use clap::Args;
use lowrank_report::{FigureOrigin, Provenance, check_folder, write_figure};
use lowrank_study::{Options as Sizes, Study};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Common, Failure, on_interrupt, print};

/// Where figures go unless told otherwise.
const DEFAULT_OUT: &str = "target/figures";

/// Options of `lowrank figure`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank figure transients --quick --out target/figures\n\n\
    Figures: transients, along-g, responses, time-scales, sizes, diagrams; all of them if none is named. Each is written as\n\
    .svg, .pdf and .png with its numbers in .json, to target/figures unless --out says otherwise; docs/figures.md says what\n\
    they show.")]
pub struct Options {
    /// Which figures
    names: Vec<String>,
    /// Fewer and smaller networks: two minutes for all figures on two cores in place of a quarter of an hour
    #[arg(long)]
    quick: bool,
}

/// What was drawn.
#[derive(Serialize, JsonSchema)]
pub(super) struct Drawn {
    /// Seed of all random numbers.
    seed: u64,
    /// Every file that was written.
    files: Vec<PathBuf>,
}

/// Draws the figures one after the other; each is written as soon as it is drawn.
///
/// # Errors
/// Bad input; figures that could not be drawn, when all others are.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let named = options.names.iter().map(|name| name.parse()).collect::<Result<Vec<Study>, _>>();
    let named = named.map_err(|error| Failure::Input(error.to_string()))?;
    let studies = if named.is_empty() { Study::ALL.to_vec() } else { named };
    let out = common.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    check_folder(&out)?;
    let sizes = Sizes { seed: common.seed.unwrap_or(1), quick: options.quick };
    common.detail(&format!("seed {}", sizes.seed));
    on_interrupt("figures that were finished are there");
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    for study in studies {
        let files = match draw(study, sizes, &out, common) {
            Err(Failure::Computation(reason)) => {
                failures.push(format!("{study} could not be drawn: {reason}"));
                continue;
            }
            drawn => drawn?,
        };
        if !common.json {
            print(&files.iter().map(|path| format!("{}\n", path.display())).collect::<String>())?;
        }
        written.extend(files);
    }
    if common.json {
        common.print_either("", &Drawn { seed: sizes.seed, files: written })?;
    }
    Failure::partial(failures)
}

fn draw(study: Study, sizes: Sizes, out: &Path, common: &Common) -> Result<Vec<PathBuf>, Failure> {
    let quick = if sizes.quick { " --quick" } else { "" };
    let command = format!("lowrank figure {study}{quick} --seed {}", sizes.seed);
    let origin = FigureOrigin { provenance: Provenance::here(), seed: sizes.seed, command };
    let bar = common.bar(study.parts(sizes), &format!("parts of {study}"));
    let drawings = study.draw(sizes, &|parts| bar.inc(parts as u64)).map_err(Failure::could_not)?;
    bar.finish_and_clear();
    let mut written = Vec::new();
    for drawing in drawings {
        written.extend(
            write_figure(&out.join(drawing.name), &drawing.figure, &drawing.data, &origin)
                .map_err(Failure::could_not)?,
        );
    }
    Ok(written)
}
