//! `lowrank solve`: what mean-field theory says of a network, at every point of the axes if there are any.

mod autocovariance;
mod branches;
mod eigenvalues;
mod table;

use std::path::PathBuf;

use clap::Args;
use lowrank_meanfield::{
    Chaotic, Family, Linearisation, Loss, MeanFieldError, Onset, Regime, Stationary, StructureGrowth, Unbounded,
    linearisation, misses_solutions, onsets_of_chaos, readouts, stationary_branches, two_timescale_solutions,
    unbounded_states,
};
use lowrank_model::{Model, OrderParameters, Variant, decimals_of};
use lowrank_report::{Arrays, Origin, Provenance, data_json, write_csv, write_file, write_npz};
use lowrank_spec::{Draft, Grid, Spec, SpecError};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use self::autocovariance::Curve;
use self::branches::{BranchPoints, branch_points};
use self::table::{onsets, table};
use crate::common::{given_vectors, in_file};
use crate::{Common, Failure, on_interrupt, print};

/// Where the onset of chaos is looked for, in g.
const ONSET_BRACKET: (f64, f64) = (1e-3, 10.0);

/// The name of the axis of g.
const G: &str = "g";

/// Options of `lowrank solve`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank solve examples/specs/bistable.toml\n\n\
    With --out it writes solve.json, and solve.csv with solve.csv.json (what made it) beside it; with --autocovariance\n\
    autocovariance.csv and .npz, with --eigenvalues eigenvalues.csv, with --branches branches.csv. A spec with axes is\n\
    solved at every point of its grid; a point that cannot be solved has the reason in its row, and the exit code is 3.")]
pub struct Options {
    /// The spec, a TOML file
    spec: PathBuf,
    /// Delta(tau), C_r(tau) and the spectrum of every chaotic and fluctuating solution, in a second table
    #[arg(long)]
    autocovariance: bool,
    /// <phi'> and all eigenvalues of the order parameters' linear response (T10) of every stationary solution, in a table of their own
    #[arg(long)]
    eigenvalues: bool,
    /// Folds, branch points, onsets of chaos and Hopf points of all stationary branches along the one axis of the spec, in a table of their own
    #[arg(long)]
    branches: bool,
}

/// All solutions of one model.
#[derive(Serialize, JsonSchema)]
pub(super) struct Solved {
    /// Axes with their values.
    at: Vec<(String, f64)>,
    variant: Variant,
    stationary: Vec<State>,
    chaotic: Vec<Chaos>,
    /// The ways in which activity grows without bound, the fastest first.
    unbounded: Vec<Unbounded>,
    /// The branches that become chaotic along g, in increasing order of it.
    onsets_of_chaos: Vec<Onset>,
    /// Remarks: solutions that end on the way, states that there cannot be.
    remarks: Vec<String>,
    /// What could not be solved; empty where everything was.
    failures: Vec<Unsolved>,
}

impl Solved {
    /// A point of the grid without a network.
    fn without_model(at: Vec<(String, f64)>, variant: Variant, reason: &str) -> Self {
        let failures = vec![Unsolved { solution: "stationary", reason: reason.to_owned() }];
        let (stationary, chaotic, unbounded) = (Vec::new(), Vec::new(), Vec::new());
        let (onsets_of_chaos, remarks) = (Vec::new(), Vec::new());
        Self { at, variant, stationary, chaotic, unbounded, onsets_of_chaos, remarks, failures }
    }

    /// The reason why there is no solution of a kind: that it could not be solved for, or `none`.
    fn why_none(&self, kind: &str, none: &str) -> String {
        let failure = self.failures.iter().find(|failure| failure.solution == kind).or(self.failures.first());
        failure.map_or_else(|| none.to_owned(), |failure| failure.reason.clone())
    }
}

/// A kind of solution that could not be solved for.
#[derive(Serialize, JsonSchema)]
pub(super) struct Unsolved {
    /// "stationary", "chaotic" or "unbounded".
    solution: &'static str,
    /// The reason, in one line.
    reason: String,
}

impl Unsolved {
    fn stationary(error: &MeanFieldError) -> Self {
        Self { solution: "stationary", reason: error.to_string() }
    }

    fn chaotic(error: &MeanFieldError) -> Self {
        Self { solution: "chaotic", reason: error.to_string() }
    }
}

/// A stationary solution with its readouts.
#[derive(Serialize, JsonSchema)]
pub(super) struct State {
    #[serde(flatten)]
    solution: Stationary,
    /// z_p = <w^(p) r> (T38), one a readout vector.
    readouts: Vec<f64>,
    /// Only where it was asked for; none at a kink of phi, where no one matrix describes small changes (T29).
    #[serde(skip_serializing_if = "Option::is_none")]
    linearisation: Option<Linearisation>,
}

/// A chaotic or fluctuating solution and what follows from its autocovariance.
#[derive(Serialize, JsonSchema)]
pub(super) struct Chaos {
    /// Chaotic, or with white noise fluctuating where the exponent is not positive.
    regime: Regime,
    structure_growth: StructureGrowth,
    family: Option<Family>,
    order: OrderParameters,
    /// z_p = <w^(p) r> (T38), one a readout vector.
    readouts: Vec<f64>,
    rho: f64,
    correlation_time: f64,
    lambda_max: f64,
    residual: f64,
    iterations: usize,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    autocovariance: Option<Curve>,
}

/// What was solved.
#[derive(Serialize, JsonSchema)]
pub(super) struct Record<'a> {
    spec: &'a Spec,
    solutions: &'a [Solved],
    /// One a variant; only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_points: Option<&'a [BranchPoints]>,
}

/// Solves theory and prints the table.
///
/// # Errors
/// Bad input; points that could not be solved, when everything else is printed and written.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let spec = common.read(&options.spec)?;
    let here = |error| in_file(&options.spec, error);
    let given = given_vectors(&options.spec, &spec)?;
    let draft = Draft::new(&spec, given).map_err(here)?;
    let (grid, variants) = (Grid::new(&spec).map_err(here)?, spec.variants().map_err(here)?);
    let models = models(&draft, &grid, &variants).map_err(here)?;
    common.check_out()?;
    let points = options.branches.then(|| branch_points(&draft, &grid, &variants)).transpose()?;
    on_interrupt("nothing was written; run it again");
    let bar = common.bar(models.len(), "models");
    let at = |cell: usize| -> Vec<(String, f64)> {
        let axes = grid.axes().iter().map(|(parameter, _)| parameter.to_string());
        axes.zip(grid.values(cell)).collect()
    };
    let solutions: Vec<Solved> = models
        .par_iter()
        .map(|(cell, variant, model)| {
            let solved = match model {
                Ok(model) => solve(model, at(*cell), options),
                Err(reason) => Solved::without_model(at(*cell), *variant, reason),
            };
            bar.inc(1);
            solved
        })
        .collect();
    let solutions = with_onsets(solutions, &models);
    bar.finish_and_clear();
    let residuals = solutions.iter().flat_map(|solved| {
        let chaotic = solved.chaotic.iter().map(|c| c.residual);
        solved.stationary.iter().map(|s| s.solution.residual).chain(chaotic)
    });
    common.detail(&format!("largest residual {:.1e}", residuals.fold(0.0, f64::max)));
    for solved in &solutions {
        solved.remarks.iter().for_each(|remark| common.remark(&format!("{}: {remark}", solved.variant)));
    }
    let with_chaos = solutions.iter().filter(|solved| !solved.chaotic.is_empty()).count();
    if options.branches && with_chaos > 0 {
        common.remark(&format!(
            "--branches follows stationary solutions: the chaotic ones, here at {with_chaos} of {} points, are listed at the values of the axis alone",
            solutions.len()
        ));
    }
    constant_input(&spec).into_iter().for_each(|remark| common.remark(&remark));
    let table = table(&solutions, &grid, draft.layout());
    let failed = partial(&solutions, &grid);
    let onsets = onsets(&solutions);
    let record = Record { spec: &spec, solutions: &solutions, branch_points: points.as_deref() };
    let record = data_json(&record, spec.seed, &Provenance::here())?;
    let axes: Vec<String> = grid.axes().iter().map(|(parameter, _)| parameter.to_string()).collect();
    let responses = options.eigenvalues.then(|| eigenvalues::table(&solutions, axes.clone(), draft.layout().rank));
    let curves = options.autocovariance.then(|| autocovariance::table(&solutions, axes));
    let events = points.as_ref().map(|points| branches::table(points, draft.layout().rank));
    let unwritten = common.write(|out| {
        write_file(&out.join("solve.json"), record.as_bytes())?;
        let provenance = Provenance::here();
        let origin = Origin { provenance: &provenance, seed: Some(spec.seed), spec: &spec };
        write_csv(&out.join("solve.csv"), &table.columns(), &origin)?;
        let more = [("eigenvalues.csv", &responses), ("autocovariance.csv", &curves), ("branches.csv", &events)];
        for (name, table) in more {
            if let Some(table) = table {
                write_csv(&out.join(name), &table.columns(), &origin)?;
            }
        }
        let arrays = autocovariance::arrays(&solutions);
        if !arrays.is_empty() {
            write_npz(&out.join("autocovariance.npz"), &Arrays::new(arrays)?, &origin)?;
        }
        Ok(())
    });
    print(&if common.json { record } else { table.text() })?;
    if !common.json && !onsets.is_empty() {
        print(&format!("\n{onsets}"))?;
    }
    for table in [responses, curves, events].iter().flatten().filter(|_| !common.json) {
        print(&format!("\n{}", table.text()))?;
    }
    let failed = failed.into_iter().chain(branches::partial(points.as_deref().unwrap_or_default()));
    Failure::partial(failed.chain(unwritten).collect())
}

/// A point of the grid in one variant: its cell, and its model, or the reason why there is none.
type Point = (usize, Variant, Result<Model, String>);

/// The models of a grid. Values that do not go together cost their point only.
///
/// # Errors
/// A value that can never be had; no point that has a model.
fn models(draft: &Draft, grid: &Grid, variants: &[Variant]) -> Result<Vec<Point>, SpecError> {
    let (mut models, mut refused) = (Vec::new(), None);
    for (cell, variant) in (0..grid.cells()).flat_map(|cell| variants.iter().map(move |variant| (cell, *variant))) {
        let model = match grid.model(draft, cell, variant) {
            Err(error) if error.is_of_cell() => {
                let reason = error.to_string();
                refused.get_or_insert(error);
                Err(reason)
            }
            model => Ok(model?),
        };
        models.push((cell, variant, model));
    }
    let none = models.iter().all(|(_, _, model)| model.is_err());
    refused.filter(|_| none).map_or(Ok(models), Err)
}

/// The points that could not be solved, as a line that counts them and names the first.
fn partial(solutions: &[Solved], grid: &Grid) -> Option<String> {
    let mut failed = solutions.iter().filter_map(|solved| Some((solved, solved.failures.first()?)));
    let (first, Unsolved { solution, reason }) = failed.next()?;
    let values: Vec<f64> = first.at.iter().map(|(_, value)| *value).collect();
    let place = if values.is_empty() { String::new() } else { format!(" at {}", grid.name(&values)) };
    let (count, all, variant) = (1 + failed.count(), solutions.len(), first.variant);
    Some(format!(
        "{count} of {all} models could not be solved, the first of them {variant}{place}, {solution} solutions: {reason}"
    ))
}

/// A remark on every input that changes in time: what is solved is the network under the amplitude that it ends with.
fn constant_input(spec: &Spec) -> Vec<String> {
    let changing = spec.inputs.iter().enumerate().filter_map(|(q, input)| {
        // Of a sine there is no last amplitude: theory refuses it by name.
        let ends = [input.changes.last(), input.table.last()].map(|end| end.copied());
        let time =
            ends.iter().flatten().map(|(time, _)| *time).max_by(f64::total_cmp).filter(|_| input.sine.is_none())?;
        Some((q, (time, ends[0].map_or(input.amplitude, |(_, a)| a) + ends[1].map_or(0.0, |(_, a)| a))))
    });
    let follows = if spec.is_noisy() {
        "lowrank simulate shows the time course of networks, as its theory takes no noise"
    } else {
        "lowrank transient follows the time course"
    };
    let remark = |(q, (time, amplitude)): (usize, (f64, f64))| {
        format!(
            "input {q} changes in time: solved is the network under its last amplitude, {amplitude}, from time {time} on; \
             {follows}"
        )
    };
    changing.map(remark).collect()
}

/// All solutions of one model. What cannot be solved takes nothing else with it.
fn solve(model: &Model, at: Vec<(String, f64)>, options: &Options) -> Solved {
    let (mut remarks, mut failures) = (Vec::new(), Vec::new());
    let stationary = stationary_branches(model).unwrap_or_else(|error| {
        // White noise leaves nothing at rest: that is a result.
        if matches!(error, MeanFieldError::NoStationaryState { .. }) {
            remarks.push(error.to_string());
        } else {
            failures.push(Unsolved::stationary(&error));
        }
        Vec::new()
    });
    if misses_solutions(model, &stationary) && failures.is_empty() {
        remarks.push(
            "stationary solutions are missing: those listed lack one of the opposite index; change g or the overlaps a little"
                .to_owned(),
        );
    }
    let mut states = Vec::new();
    for solution in stationary {
        match state(model, solution, options.eigenvalues) {
            Ok(state) => states.push(state),
            Err(error) => failures.push(Unsolved::stationary(&error)),
        }
    }
    let stationary = states;
    let mut chaotic = Vec::new();
    match two_timescale_solutions(model) {
        // Chaos is searched from the stationary solutions: where these fail, the same reason stands once.
        Err(error) if failures.iter().any(|failure| failure.reason == error.to_string()) => {}
        Err(error) => failures.push(Unsolved::chaotic(&error)),
        Ok(followed) => {
            for lost in &followed.lost {
                let how = match lost.end {
                    Loss::Fold => "where its branch turns back",
                    Loss::Merged => "where its branch runs into another",
                    Loss::NotCovariance => "where its spectrum becomes negative",
                    Loss::Unresolved => {
                        failures.push(Unsolved::chaotic(&lost.not_followed(model.variant())));
                        continue;
                    }
                };
                remarks.push(format!(
                    "the chaotic solution with kappa {} of one time scale ends at tau_s = {:.3}, tau_r = {:.3}, {how}",
                    decimals_of(&lost.order.kappa, 4),
                    lost.tau_s,
                    lost.tau_r
                ));
            }
            for solution in &followed.found {
                match described(model, solution, options.autocovariance) {
                    Ok(solution) => chaotic.push(solution),
                    Err(error) => failures.push(Unsolved::chaotic(&error)),
                }
            }
        }
    }
    let unbounded = unbounded_states(model).unwrap_or_else(|error| {
        let reason = error.to_string();
        if !failures.iter().any(|failure: &Unsolved| failure.reason == reason) {
            failures.push(Unsolved { solution: "unbounded", reason });
        }
        Vec::new()
    });
    if stationary.is_empty() && chaotic.is_empty() && unbounded.is_empty() && failures.is_empty() {
        let reason =
            remarks.first().map_or("no solution was found, and nothing shows that there is none", String::as_str);
        failures.push(Unsolved { solution: "stationary", reason: reason.to_owned() });
    }
    let onsets_of_chaos = Vec::new();
    Solved { at, variant: model.variant(), stationary, chaotic, unbounded, onsets_of_chaos, remarks, failures }
}

/// The solutions with the onsets of chaos at each point. They are those of all g: points that differ in g alone share them.
fn with_onsets(mut solutions: Vec<Solved>, models: &[Point]) -> Vec<Solved> {
    let place = |solved: &Solved| {
        let others = solved.at.iter().filter(|(parameter, _)| parameter != G).map(|(_, value)| value.to_bits());
        (others.collect::<Vec<u64>>(), solved.variant.to_string())
    };
    let places: Vec<_> = solutions.iter().map(place).collect();
    let mut first: Vec<usize> = Vec::new();
    for index in 0..places.len() {
        if !first.iter().any(|&known| places[known] == places[index]) {
            first.push(index);
        }
    }
    let onsets: Vec<Vec<Onset>> = first
        .par_iter()
        .map(|&index| {
            let model = models[index].2.as_ref().ok();
            // Where branches cannot be followed there is none to tell.
            let found = model
                .and_then(|model| (model.noise() == 0.0).then(|| onsets_of_chaos(model, ONSET_BRACKET).ok()).flatten());
            found.unwrap_or_default()
        })
        .collect();
    for (index, solved) in solutions.iter_mut().enumerate() {
        let shared = first.iter().position(|&known| places[known] == places[index]);
        solved.onsets_of_chaos = shared.map(|shared| onsets[shared].clone()).unwrap_or_default();
    }
    solutions
}

/// A stationary solution with its readouts and, where asked for, its linear response.
fn state(model: &Model, solution: Stationary, with_eigenvalues: bool) -> Result<State, MeanFieldError> {
    let readouts = readouts(model, &solution.order)?;
    let linearisation = if with_eigenvalues { linearisation(model, &solution)? } else { None };
    Ok(State { solution, readouts, linearisation })
}

/// A chaotic solution with its correlation time and its exponent.
fn described(model: &Model, chaos: &Chaotic, with_curve: bool) -> Result<Chaos, MeanFieldError> {
    let lambda_max = chaos.lyapunov()?.exponent;
    Ok(Chaos {
        regime: chaos.regime(lambda_max),
        structure_growth: chaos.structure_growth.clone(),
        family: chaos.family,
        order: chaos.order.clone(),
        readouts: readouts(model, &chaos.order)?,
        rho: chaos.rho,
        correlation_time: chaos.autocovariance()?.correlation_time(),
        lambda_max,
        residual: chaos.residual,
        iterations: chaos.iterations,
        autocovariance: with_curve.then(|| Curve::of(chaos)).transpose()?,
    })
}
