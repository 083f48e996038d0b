//! `cargo xtask figures`: theory as lines, simulated networks as dots.

use std::path::PathBuf;

use clap::Args;
use lowrank_model::{Model, Variant};
use lowrank_report::{Curve, Figure, Panel, Points, Provenance, check_folder, data_json, draw, write_file};
use lowrank_validate::{Predicted, Simulated, predict_along, scan_model, simulate_along};
use serde::Serialize;

use crate::Failure;

/// Options of `cargo xtask figures`.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask figures --out docs/figures")]
pub(crate) struct Options {
    /// Folder for along_g.svg, along_g.png and their data, along_g.json
    #[arg(long, value_name = "FOLDER", default_value = "docs/figures")]
    out: PathBuf,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const PANELS: [&str; 3] = ["structure |κ|", "population variance Δ₀", "temporal variance in the window"];

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
    let (svg, png) = draw(&Figure { title, panels }).map_err(|e| Failure::Computation(e.to_string()))?;
    let provenance = Provenance::here();
    let Provenance { program, version, commit, .. } = &provenance;
    let note = format!("<!-- {program} {version}, commit {commit}, seed {}, cargo xtask figures -->\n", options.seed);
    let svg = [svg.as_bytes(), note.as_bytes()].concat();
    let model = scan_model().map_err(failed)?;
    let data = Data { quantities: ["kappa", "delta_0", "delta_t_in_window"], model, theory, current, rate };
    let data = data_json(&data, options.seed, &provenance).map_err(|e| Failure::Computation(e.to_string()))?;
    for (name, content) in [("along_g.svg", svg), ("along_g.png", png), ("along_g.json", data.into_bytes())] {
        let path = options.out.join(name);
        write_file(&path, &content).map_err(|e| Failure::Input(e.to_string()))?;
        println!("{}", path.display());
    }
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
    let curve = Curve {
        points: theory.iter().map(|p| (p.g, p.values[k])).collect(),
        label: "theory".to_owned(),
        colour: 4,
        dashed: false,
    };
    let points = |label: &str, colour, square, simulated: &[Simulated]| Points {
        points: simulated.iter().map(|s| (s.g, s.values[k].0)).collect(),
        errors: simulated.iter().map(|s| s.values[k].1).collect(),
        label: label.to_owned(),
        colour,
        square,
    };
    Panel {
        x_label: "random strength g".to_owned(),
        y_label: PANELS[k].to_owned(),
        curves: vec![curve],
        points: vec![points("current", 0, false, current), points("rate", 1, true, rate)],
    }
}
