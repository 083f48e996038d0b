//! `lowrank solve`: what mean-field theory says of a network, at every point of the axes if there are any.

use std::path::PathBuf;

use clap::Args;
use lowrank_meanfield::{
    Instability, MeanFieldError, Onset, Regime, Ring, Stability, Stationary, StructureGrowth, onsets_of_chaos,
    stationary_branches, two_timescale_solutions,
};
use lowrank_model::{Model, OrderParameters, Variant};
use lowrank_report::{Origin, Provenance, data_json, write_csv, write_file};
use lowrank_spec::{Draft, Grid, Spec};
use rayon::prelude::*;
use serde::Serialize;

use crate::common::{given_vectors, in_file};
use crate::table::{Table, Value};
use crate::{Common, Failure, on_interrupt, print};

/// Where the onset of chaos is looked for, in g.
const ONSET_BRACKET: (f64, f64) = (1e-3, 10.0);

/// Radii of a family that differ by less than this part are one but for rounding along the neutral direction.
const RING_WIDTH: f64 = 1e-4;

/// Options of `lowrank solve`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank solve examples/specs/bistable.toml\n\n\
    With --out it writes solve.json and solve.csv. A spec with axes is solved at every point of its grid.")]
pub struct Options {
    /// The spec, a TOML file
    spec: PathBuf,
}

/// All solutions of one model.
#[derive(Serialize)]
struct Solved {
    /// Axes with their values.
    at: Vec<(String, f64)>,
    variant: Variant,
    stationary: Vec<Stationary>,
    chaotic: Vec<Chaos>,
    /// The branches that become chaotic along g, in increasing order of it.
    onsets_of_chaos: Vec<Onset>,
    /// What has no solution, and why.
    remarks: Vec<String>,
}

/// A chaotic or fluctuating solution and what follows from its autocovariance.
#[derive(Serialize)]
struct Chaos {
    /// Chaotic, or with white noise fluctuating where the exponent is not positive.
    regime: Regime,
    structure_growth: StructureGrowth,
    ring: Option<Ring>,
    order: OrderParameters,
    rho: f64,
    correlation_time: f64,
    lambda_max: f64,
    residual: f64,
    iterations: usize,
}

/// What was solved.
#[derive(Serialize)]
struct Record<'a> {
    spec: &'a Spec,
    solutions: Vec<Solved>,
}

/// Solves theory and prints the table.
///
/// # Errors
/// Bad input; a solver that fails.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let spec = common.read(&options.spec)?;
    let here = |error| in_file(&options.spec, error);
    let given = given_vectors(&options.spec, &spec)?;
    let draft = Draft::new(&spec, given).map_err(here)?;
    let (grid, variants) = (Grid::new(&spec).map_err(here)?, spec.variants().map_err(here)?);
    let models: Vec<(usize, Model)> = (0..grid.cells())
        .flat_map(|cell| variants.iter().map(move |variant| (cell, *variant)))
        .map(|(cell, variant)| Ok((cell, grid.model(&draft, cell, variant).map_err(here)?)))
        .collect::<Result<_, Failure>>()?;
    common.check_out()?;
    on_interrupt("nothing was written; run it again");
    let bar = common.bar(models.len(), "models");
    let at = |cell: usize| -> Vec<(String, f64)> {
        let axes = grid.axes().iter().map(|(parameter, _)| parameter.to_string());
        axes.zip(grid.values(cell)).collect()
    };
    let solutions: Vec<Solved> = models
        .par_iter()
        .map(|(cell, model)| {
            let solved = solve(model, at(*cell), grid.axes().is_empty());
            bar.inc(1);
            solved.map_err(|error| Failure::Computation(format!("at {}: {error}", grid.name(&grid.values(*cell)))))
        })
        .collect::<Vec<_>>()
        .into_iter()
        // The first failure in the order of the grid, whichever came first in time.
        .collect::<Result<_, Failure>>()?;
    bar.finish_and_clear();
    let residuals = solutions.iter().flat_map(|solved| {
        let chaotic = solved.chaotic.iter().map(|c| c.residual);
        solved.stationary.iter().map(|s| s.residual).chain(chaotic)
    });
    common.detail(&format!("largest residual {:.1e}", residuals.fold(0.0, f64::max)));
    for solved in &solutions {
        solved.remarks.iter().for_each(|remark| common.remark(&format!("{}: {remark}", solved.variant)));
    }
    let table = table(&solutions, &grid, draft.layout().rank);
    let onsets = onsets(&solutions);
    let record = data_json(&Record { spec: &spec, solutions }, spec.seed, &Provenance::here())?;
    if let Some(out) = &common.out {
        write_file(&out.join("solve.json"), record.as_bytes())?;
        let provenance = Provenance::here();
        let origin = Origin { provenance: &provenance, seed: Some(spec.seed), spec: &spec };
        write_csv(&out.join("solve.csv"), &table.columns(), &origin)?;
    }
    print(&if common.json { record } else { table.text() })?;
    if !common.json && !onsets.is_empty() {
        print(&format!("\n{onsets}"))?;
    }
    Ok(())
}

fn solve(model: &Model, at: Vec<(String, f64)>, alone: bool) -> Result<Solved, MeanFieldError> {
    let mut remarks = Vec::new();
    let stationary = match stationary_branches(model) {
        Ok(found) => found,
        Err(error @ (MeanFieldError::NoStationaryState { .. } | MeanFieldError::NoSolution { .. })) => {
            remarks.push(error.to_string());
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let followed = two_timescale_solutions(model)?;
    for lost in &followed.lost {
        remarks.push(format!(
            "the chaotic solution with kappa {:?} of one time scale ends at tau_s = {:.3}, tau_r = {:.3} ({:?})",
            lost.order.kappa, lost.tau_s, lost.tau_r, lost.end
        ));
    }
    let chaotic = followed.found.iter().map(|chaos| {
        let delta = chaos.autocovariance()?;
        let lambda_max = chaos.lyapunov()?.exponent;
        Ok(Chaos {
            regime: chaos.regime(lambda_max),
            structure_growth: chaos.structure_growth.clone(),
            ring: chaos.ring,
            order: chaos.order.clone(),
            rho: chaos.rho,
            correlation_time: delta.correlation_time(),
            lambda_max,
            residual: chaos.residual,
            iterations: chaos.iterations,
        })
    });
    let chaotic = chaotic.collect::<Result<_, MeanFieldError>>()?;
    // Where branches cannot be followed there is none to tell.
    let onsets = (alone && model.noise() == 0.0).then(|| onsets_of_chaos(model, ONSET_BRACKET).ok()).flatten();
    let onsets_of_chaos = onsets.unwrap_or_default();
    Ok(Solved { at, variant: model.variant(), stationary, chaotic, onsets_of_chaos, remarks })
}

/// One row a solution.
fn table(solutions: &[Solved], grid: &Grid, rank: usize) -> Table {
    let axes = grid.axes().iter().map(|(parameter, _)| parameter.to_string());
    let kappa = (1..=rank).map(|k| format!("kappa_{k}"));
    let rest = [
        "mu",
        "delta_0",
        "delta_0_individual",
        "delta_inf",
        "delta_t",
        "r_mean",
        "r_second_moment",
        "rho",
        "lambda_max",
        "correlation_time",
        "growth_rate",
        "ring_radius",
    ];
    let head = axes.chain(["variant", "solution", "stability"].map(str::to_owned)).chain(kappa);
    let head = head.chain(rest.map(str::to_owned)).chain(["outliers".to_owned()]);
    let mut table = Table::new(head.collect());
    for solved in solutions {
        let mut push = |kind: &str, stability: &str, order: &OrderParameters, numbers: [f64; 5], outliers: String| {
            let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
            row.extend([solved.variant.name(), kind, stability].map(Value::from));
            row.extend(order.kappa.iter().map(|kappa| Value::from(*kappa)));
            let OrderParameters {
                mu, delta_0, delta_0_individual, delta_inf, delta_t, r_mean, r_second_moment, ..
            } = order;
            let order = [mu, delta_0, delta_0_individual, delta_inf, delta_t, r_mean, r_second_moment];
            row.extend(order.map(|value| Value::from(*value)));
            row.extend(numbers.map(Value::from));
            row.push(outliers.into());
            table.push(row);
        };
        let radius = |ring: Option<Ring>| ring.map_or(f64::NAN, |ring| ring.largest_radius);
        for s in &solved.stationary {
            let numbers = [s.rho, s.growth_rate, f64::NAN, s.growth_rate, radius(s.ring)];
            push(Regime::Stationary.name(), stability(s.stability), &s.order, numbers, outliers(&s.outliers));
        }
        for c in &solved.chaotic {
            let growth = &c.structure_growth;
            let rate = growth.growth_rate.unwrap_or(f64::NAN);
            let numbers = [c.rho, c.lambda_max, c.correlation_time, rate, radius(c.ring)];
            push(c.regime.name(), stability(growth.stability), &c.order, numbers, String::new());
        }
    }
    table
}

fn stability(stability: Stability) -> &'static str {
    match stability {
        Stability::Stable => "stable",
        Stability::Unstable(Instability::Bulk) => "unstable: bulk",
        Stability::Unstable(Instability::RealOutlier) => "unstable: real outlier",
        Stability::Unstable(Instability::ComplexPair) => "unstable: complex pair",
    }
}

/// "0.64", "0.33+0.66i 0.33-0.66i".
fn outliers(outliers: &[(f64, f64)]) -> String {
    let one = |(re, im): &(f64, f64)| if *im == 0.0 { format!("{re:.4}") } else { format!("{re:.4}{im:+.4}i") };
    outliers.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// One line a branch that becomes chaotic, and one a continuous family.
fn onsets(solutions: &[Solved]) -> String {
    let kappa = |kappa: &[f64]| kappa.iter().map(|k| format!("{k:.4}")).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for solved in solutions {
        let stationary = solved.stationary.iter().map(|s| (Regime::Stationary, s.ring));
        let rings = stationary.chain(solved.chaotic.iter().map(|c| (c.regime, c.ring)));
        for (regime, ring) in rings.filter_map(|(regime, ring)| Some((regime, ring?))) {
            let radii = if ring.largest_radius - ring.smallest_radius <= RING_WIDTH * ring.largest_radius {
                format!("a ring of radius {:.4}", ring.largest_radius)
            } else {
                format!("of |kappa| from {:.4} to {:.4}", ring.smallest_radius, ring.largest_radius)
            };
            text += &format!(
                "{}: the {} solutions are a continuous family, {radii}; one is listed\n",
                solved.variant,
                regime.name()
            );
        }
        for onset in &solved.onsets_of_chaos {
            let g = onset.g;
            text += &if onset.kappa.iter().all(|k| *k == 0.0) {
                format!("{}: the state without structure becomes chaotic at g = {g:.4}\n", solved.variant)
            } else {
                format!(
                    "{}: the branch with kappa ({}) there becomes chaotic at g = {g:.4}\n",
                    solved.variant,
                    kappa(&onset.kappa)
                )
            };
        }
    }
    text
}
