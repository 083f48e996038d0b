//! `cargo xtask figures`: theory as lines, simulated networks as dots.

use std::path::PathBuf;

use clap::Args;
use lowrank_model::{Model, Variant};
use lowrank_report::{
    Axis, Colour, Figure, Legend, Line, Mark, Origin, Panel, Points, Provenance, ReportError, Shape, TWO_COLUMNS,
    check_folder, write_figure,
};
use lowrank_validate::{Predicted, Simulated, predict_along, scan_model, simulate_along};
use serde::Serialize;

use crate::Failure;

/// Options of `cargo xtask figures`.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask figures --out docs/figures")]
pub(crate) struct Options {
    /// Folder for along_g.svg, .png, .pdf and their data, along_g.json
    #[arg(long, value_name = "FOLDER", default_value = "docs/figures")]
    out: PathBuf,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const PANELS: [&str; 3] = ["structure |*κ*|", "population variance Δ₀", "temporal variance in the window"];

/// Draws |kappa|, Delta_0 and Delta_T against g.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    check_folder(&options.out).map_err(|e| Failure::Input(e.to_string()))?;
    let fine: Vec<f64> = (2..=120).map(|i| 0.025 * f64::from(i)).collect();
    let coarse: Vec<f64> = (1..=12).map(|i| 0.25 * f64::from(i)).collect();
    let failed = |e: lowrank_validate::ValidateError| Failure::Computation(e.to_string());
    let theory = predict_along(&fine).map_err(failed)?;
    let current = simulate_along(&coarse, Variant::Current, options.seed).map_err(failed)?;
    let rate = simulate_along(&coarse, Variant::Rate, options.seed).map_err(failed)?;
    let panels = (0..PANELS.len()).map(|k| panel(k, &theory, &current, &rate)).collect();
    let title = "Theory (lines) and networks of 1000 neurons (dots), overlap 2.2".to_owned();
    let figure = Figure { title, panels, columns: PANELS.len(), width: TWO_COLUMNS, panel_height: 42.0 };
    let model = scan_model().map_err(failed)?;
    let data = Data { quantities: ["kappa", "delta_0", "delta_t_in_window"], model, theory, current, rate };
    let command = format!("cargo xtask figures --seed {}", options.seed);
    let origin = Origin { provenance: Provenance::here(), seed: options.seed, command };
    let stem = options.out.join("along_g");
    let written = write_figure(&stem, &figure, &data, &origin).map_err(|e| match e {
        ReportError::Write { .. } => Failure::Input(e.to_string()),
        _ => Failure::Computation(e.to_string()),
    })?;
    written.iter().for_each(|path| println!("{}", path.display()));
    Ok(())
}

/// What the figure shows, for along_g.json.
#[derive(Serialize)]
struct Data {
    quantities: [&'static str; 3],
    /// Its g and variant stand for all.
    model: Model,
    theory: Vec<Predicted>,
    current: Vec<Simulated>,
    rate: Vec<Simulated>,
}

fn panel(k: usize, theory: &[Predicted], current: &[Simulated], rate: &[Simulated]) -> Panel {
    let line = Line {
        points: theory.iter().map(|p| (p.g, p.values[k])).collect(),
        label: "theory".to_owned(),
        ..Line::default()
    };
    // Both variants often agree to less than a dot: the open shape is seen around the filled one.
    let points = |label: &str, colour, shape, simulated: &[Simulated]| {
        Mark::Points(Points {
            points: simulated.iter().map(|s| (s.g, s.values[k].0)).collect(),
            errors: simulated.iter().map(|s| s.values[k].1).collect(),
            label: label.to_owned(),
            colour,
            shape,
        })
    };
    Panel {
        x: Axis { label: "random strength *g*".to_owned(), ..Axis::default() },
        y: Axis { label: PANELS[k].to_owned(), ..Axis::default() },
        marks: vec![
            Mark::Line(line),
            points("current", Colour::Blue, Shape::Circle, current),
            points("rate", Colour::Vermillion, Shape::OpenSquare, rate),
        ],
        legend: Legend::Below,
        ..Panel::default()
    }
}
