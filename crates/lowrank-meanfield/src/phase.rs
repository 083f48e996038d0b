//! The phase diagram of docs/theory.md section 7: rank one, no input, odd phi; the plane (g, structure strength) with its
//! four phases, their boundaries as curves, and the fields |kappa|, sqrt(Delta_T), lambda_max on a grid.
//!
//! The rho = 1 boundary depends on how the overlap is made, so that the plane is a family of models the caller names.
//! Rows of the grid are independent of each other and shared among threads; the result does not depend on their number.

use lowrank_model::{Initial, Model, ModelError, Phase, Thresholds, Vector};
use rayon::prelude::*;
use serde::Serialize;

use crate::along::{Solutions, solutions_with};
use crate::averages::Averages;
use crate::chaotic::followed_chaos;
use crate::root::bracketed_root;
use crate::selection::{State, candidates, only_state};
use crate::stationary::{MERGE_DISTANCE, SMALLEST_KAPPA};
use crate::units::Units;
use crate::{MeanFieldError, chaotic_solutions, onset_of_chaos};

/// Searches along a row, besides those where a stationary branch changes: for odd phi every chaotic solution is born
/// there.
const SEARCHES: usize = 2;

/// What theory says at one point of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cell {
    /// Phase of the state that a network ends in which starts with structure, by the thresholds of the diagram; none of what is no
    /// number.
    pub phase: Option<Phase>,
    /// Structure |kappa|.
    pub structure: f64,
    /// Chaoticity sqrt(Delta_T).
    pub chaoticity: f64,
    /// Largest Lyapunov exponent: of chaos (T17, T18), or the growth rate of the stationary state (T11).
    pub lambda_max: f64,
}

/// Points (g, strength) of one boundary, and the largest residual of what vanishes along it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Boundary {
    /// (g, strength), in the order of the axis it was computed along.
    pub points: Vec<(f64, f64)>,
    /// Largest |residual|.
    pub residual: f64,
}

/// The boundaries of the four phases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Boundaries {
    /// Quiescent to structured stationary, g < 1: overlap = 1.
    pub onset_of_structure: Boundary,
    /// Quiescent to unstructured chaos, overlap < 1: g = 1.
    pub onset_of_chaos: Boundary,
    /// Structured stationary to structured chaos: rho = 1 on the structured branch.
    pub structured_onset_of_chaos: Boundary,
    /// Structured to unstructured chaos: overlap \<phi'> = 1 on the central chaotic solution.
    pub end_of_structure: Boundary,
    /// Points that could not be computed; empty where all were.
    pub unsolved: Vec<Unsolved>,
}

/// A point of a boundary that could not be computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unsolved {
    /// Name of the boundary, such as "end-of-structure".
    pub boundary: &'static str,
    /// Random strength g at which it was asked for, where that is what is given.
    pub g: Option<f64>,
    /// Structure strength at which it was asked for, where that is what is given.
    pub strength: Option<f64>,
    /// The reason, in one line.
    pub reason: String,
}

/// The fields on a grid: `cells[row][column]` at `strengths[row]`, `gs[column]`. `family(g, strength)` is the model; phases begin at
/// `thresholds`, as those of networks do ([`Phase::of`]).
///
/// # Errors
/// A model that is not of rank one, odd and without input; any error of the family or of a solver.
pub fn phase_diagram(
    family: impl Fn(f64, f64) -> Result<Model, ModelError> + Sync,
    gs: &[f64],
    strengths: &[f64],
    thresholds: &Thresholds,
) -> Result<Vec<Vec<Cell>>, MeanFieldError> {
    let Some(&any) = strengths.first() else { return Ok(Vec::new()) };
    // One unit of kappa for the whole plane.
    let middle = gs.get(gs.len() / 2).copied();
    let units = Units::of_family(|g| family(g, strengths[strengths.len() / 2]), middle.as_slice());
    let family = |g: f64, strength: f64| Ok(units.model(&family(g, strength)?).into_owned());
    // The central solution has no structure: its exponent is the same in every row, wherever it is the one shown.
    let central: Vec<Option<(f64, f64)>> =
        gs.par_iter().map(|g| central_exponent(&family(*g, any)?)).collect::<Result<_, _>>()?;
    let row = |strength: &f64| -> Result<Vec<Cell>, MeanFieldError> {
        if let Some(g) = gs.first() {
            check(&family(*g, *strength)?)?;
        }
        // Spectra are looked at in `cell`, of the solutions that are shown.
        let solutions = solutions_with(SEARCHES, followed_chaos, |g| family(g, *strength), gs)?;
        let of = |(s, central): (Solutions, &Option<(f64, f64)>)| -> Result<Cell, MeanFieldError> {
            let mut cell = cell(&family(s.parameter, *strength)?, s, *central)?;
            units.kappa_back(std::slice::from_mut(&mut cell.structure));
            Ok(Cell { phase: Phase::of(cell.structure, cell.chaoticity, thresholds), ..cell })
        };
        solutions.into_iter().zip(&central).map(of).collect()
    };
    strengths.par_iter().map(row).collect()
}

/// Delta_0 and lambda_max of the central chaotic solution, where there is one.
fn central_exponent(model: &Model) -> Result<Option<(f64, f64)>, MeanFieldError> {
    check(model)?;
    let unstructured = model.with_ensemble(lowrank_model::Gaussian::unstructured())?;
    let Some(central) = chaotic_solutions(&unstructured)?.into_iter().next() else { return Ok(None) };
    Ok(Some((central.order.delta_0, central.lyapunov()?.exponent)))
}

/// The cell of the state that a network with structure at its start ends in, its phase to be told: of chaotic solutions only those
/// that are covariances.
fn cell(model: &Model, mut solutions: Solutions, central: Option<(f64, f64)>) -> Result<Cell, MeanFieldError> {
    let start = Initial { along: vec![(Vector::M(0), 1.0)], deviation: 1.0 };
    loop {
        // Both signs are one cell, which needs no choice between them.
        let alone = only_state(&candidates(&solutions.stationary, &solutions.chaotic));
        let state = match alone {
            Some(state) => state,
            None => solutions.selected(model, &start)?.state,
        };
        if let Some(cell) = described(state, central)? {
            return Ok(cell);
        }
        let refused = state.order().clone();
        solutions.chaotic.retain(|c| c.order != refused);
    }
}

/// The cell of a solution; none if its spectrum is negative somewhere.
fn described(state: State<'_>, central: Option<(f64, f64)>) -> Result<Option<Cell>, MeanFieldError> {
    let order = state.order();
    let structure = order.kappa.first().map_or(0.0, |k| k.abs());
    let structured = structure > SMALLEST_KAPPA;
    let lambda_max = match state {
        State::Stationary(s) => s.growth_rate,
        State::Fluctuating(c) => {
            // The spectrum of the central solution was looked at when its exponent was computed.
            let is_central =
                |(delta_0, _): &(f64, f64)| (delta_0 - order.delta_0).abs() <= MERGE_DISTANCE * order.delta_0;
            match central.filter(is_central).filter(|_| !structured) {
                Some((_, exponent)) => exponent,
                None => {
                    let delta = c.autocovariance()?;
                    if !delta.is_covariance() {
                        return Ok(None);
                    }
                    c.lyapunov_of(&delta)?.exponent
                }
            }
        }
    };
    let chaoticity = order.delta_t.max(0.0).sqrt();
    Ok(Some(Cell { phase: None, structure, chaoticity, lambda_max }))
}

/// The boundaries between the smallest and the largest of `gs` and of `strengths`, at these values of the one or the
/// other; the overlap must rise with strength.
///
/// # Errors
/// A model that is not of rank one, odd and without input; any error of the family. A point that a solver cannot find costs that
/// point only, and is listed with its reason.
pub fn phase_boundaries(
    family: impl Fn(f64, f64) -> Result<Model, ModelError> + Sync,
    gs: &[f64],
    strengths: &[f64],
) -> Result<Boundaries, MeanFieldError> {
    let largest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, top, end) = (strengths.iter().copied().fold(f64::INFINITY, f64::min), largest(strengths), largest(gs));
    let overlap = |strength: f64| -> Result<f64, MeanFieldError> {
        let model = family(1.0, strength)?;
        check(&model)?;
        let moments = model.ensemble().moments()?;
        Ok(moments.mean()[0] * moments.mean()[1] + moments.covariance(0, 1))
    };
    // The strength at which overlap * slope = 1, if the plane reaches it.
    let strength_at = |slope: f64| -> Result<Option<(f64, f64)>, MeanFieldError> {
        let rest = |s: f64| Ok(overlap(s)? * slope - 1.0);
        if (rest(low)? > 0.0) == (rest(top)? > 0.0) {
            return Ok(None);
        }
        let root = bracketed_root("overlap <phi'> - 1", (low, top), 0.0, rest)?.x;
        Ok(Some((root, rest(root)?)))
    };
    let gather = |points: Vec<Option<((f64, f64), f64)>>| {
        let points: Vec<_> = points.into_iter().flatten().collect();
        let residual = points.iter().map(|(_, r)| r.abs()).fold(0.0, f64::max);
        Boundary { points: points.into_iter().map(|(p, _)| p).collect(), residual }
    };
    let at_one = strength_at(1.0)?;
    let calm = gs.iter().filter(|g| **g < 1.0).chain(&[1.0]);
    let onset_of_structure = gather(calm.map(|g| at_one.map(|(s, r)| ((*g, s), r))).collect());
    let weak =
        strengths.iter().copied().filter(|s| at_one.is_none_or(|(one, _)| *s < one)).chain(at_one.map(|(s, _)| s));
    let onset_of_chaos_curve = gather(weak.map(|s| Some(((1.0, s), 0.0))).collect());
    let strong: Vec<f64> = strengths.iter().copied().filter(|s| at_one.is_some_and(|(one, _)| *s > one)).collect();
    let structured = |strength: &f64| {
        let found = family(1.0, *strength).map_err(MeanFieldError::from).and_then(|m| onset_of_chaos(&m, (1.0, end)));
        match found {
            Ok(found) => Ok(Some(((found.g, *strength), found.residual))),
            // Beyond the plane.
            Err(MeanFieldError::NoSignChange { .. }) => Ok(None),
            Err(error) => Err(Unsolved {
                boundary: "structured-onset-of-chaos",
                g: None,
                strength: Some(*strength),
                reason: error.to_string(),
            }),
        }
    };
    // Both curves beyond g = 1 start where the other two meet.
    let corner = at_one.map(|(s, r)| ((1.0, s), r));
    let from_corner = |rest: Vec<Option<((f64, f64), f64)>>| gather(std::iter::once(corner).chain(rest).collect());
    // Solved points, one an element of the axis, and those that are not.
    type Solved = Vec<Option<((f64, f64), f64)>>;
    let (points, mut unsolved): (Vec<_>, Vec<_>) =
        strong.par_iter().map(structured).collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    let structured_onset_of_chaos = from_corner(points.into_iter().flatten().collect::<Solved>());
    let chaotic: Vec<f64> = gs.iter().copied().filter(|g| *g > 1.0).collect();
    let end = |g: &f64| -> Result<_, MeanFieldError> {
        let model = family(*g, low)?.with_ensemble(lowrank_model::Gaussian::unstructured())?;
        let Some(central) = chaotic_solutions(&model)?.into_iter().next() else { return Ok(None) };
        let slope = Averages::at(model.transfer(), 0.0, central.order.delta_0).d1;
        Ok(strength_at(slope)?.map(|(s, r)| ((*g, s), r)))
    };
    let ends = |g: &f64| {
        let boundary = "end-of-structure";
        end(g).map_err(|error| Unsolved { boundary, g: Some(*g), strength: None, reason: error.to_string() })
    };
    let (points, more): (Vec<_>, Vec<_>) =
        chaotic.par_iter().map(ends).collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    let end_of_structure = from_corner(points.into_iter().flatten().collect::<Solved>());
    unsolved.extend(more);
    Ok(Boundaries {
        unsolved: unsolved.into_iter().filter_map(Result::err).collect(),
        onset_of_structure,
        onset_of_chaos: onset_of_chaos_curve,
        structured_onset_of_chaos,
        end_of_structure,
    })
}

/// Rank one, odd phi, no input, no noise.
fn check(model: &Model) -> Result<(), MeanFieldError> {
    let no_input = model.input().last().iter().all(|a| *a == 0.0) && model.noise() == 0.0;
    if model.rank() == 1 && model.transfer().is_odd() && no_input {
        return Ok(());
    }
    let found = format!("{}, rank {}, inputs {:?}", model.transfer(), model.rank(), model.input().last());
    let needs = "rank one, an odd transfer function, no input and no noise";
    Err(MeanFieldError::WrongModel { what: "the phase diagram", found, needs })
}
