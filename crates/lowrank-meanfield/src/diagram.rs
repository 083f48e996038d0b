//! Bifurcation diagrams: all stationary branches of a family of models over an interval of its parameter.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};
use lowrank_model::{Model, ModelError};

use crate::averages::Averages;
use crate::branches::{CONTINUUM, closest_to_one};
use crate::continuation::Curve;
use crate::neurons::Neurons;
use crate::root::bracketed_root;
use crate::stationary::{distance, evaluate, solve, stationary_branches, unknowns};
use crate::units::Units;
use crate::{Branch, BranchEnd, BranchPoint, Event, EventKind, MeanFieldError, Stationary};

/// Two solutions at one parameter closer than this are on the same branch: Newton's accuracy near a fold.
const SAME: f64 = 1e-5;
/// Steps off a branch at a branch point, tried in this order: short enough for the other branch to be near its tangent.
const STEPS_ASIDE: [f64; 3] = [0.02, 0.005, 0.08];
/// Solutions whose parameters differ by less than this part of the interval are at one.
const SAME_PARAMETER: f64 = 1e-9;
/// Branches of one diagram.
const MOST_BRANCHES: usize = 200;
/// Added to the diagonal of a singular matrix so that one step of inverse iteration finds its null vector.
const SHIFT: f64 = 1e-9;

/// All stationary branches over an interval: those through the solutions at `samples` parameters, evenly spaced from end
/// to end, and those that cross them at branch points. A branch that begins and ends between two samples (an isola) and crosses no other is missed.
///
/// # Errors
/// All those of [`stationary_branches`](crate::stationary_branches) and [`continue_branch`](crate::continue_branch);
/// more than 200 branches.
pub fn branches_along(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    interval: (f64, f64),
    samples: usize,
) -> Result<Vec<Branch>, MeanFieldError> {
    let (low, high) = interval;
    let part = |i: usize| if samples < 2 { 0.5 } else { i as f64 / (samples - 1) as f64 };
    let values: Vec<f64> = (0..samples.max(1)).map(|i| low + part(i) * (high - low)).collect();
    let BranchesThrough { branches, unsolved, .. } = branches_through(family, interval, &values)?;
    unsolved.into_iter().next().map_or(Ok(branches), |(_, error)| Err(error))
}

/// What [`branches_through`] gives.
#[derive(Debug)]
pub struct BranchesThrough {
    /// All branches that were followed.
    pub branches: Vec<Branch>,
    /// Solutions that stand for a continuous family at a value of the parameter. They are not followed.
    pub continua: Vec<Event>,
    /// Parameters from which a branch could not be found or followed, with the reason.
    pub unsolved: Vec<(f64, MeanFieldError)>,
}

/// All stationary branches over an interval: those through the solutions at these values of the parameter, and those that cross them
/// at branch points. A branch that begins and ends between two values and crosses no other is missed. A value at which nothing can
/// be solved, or from which a branch cannot be followed, takes nothing else with it.
///
/// # Errors
/// An interval that is none; more than 200 branches.
pub fn branches_through(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    interval: (f64, f64),
    values: &[f64],
) -> Result<BranchesThrough, MeanFieldError> {
    let units = Units::of_family(&family, values);
    let BranchesThrough { branches, mut continua, unsolved } =
        through_in_units(units.family(family), interval, values)?;
    let branches = branches.into_iter().map(|branch| units.branch_back(branch)).collect();
    continua.iter_mut().for_each(|event| units.kappa_back(&mut event.solution.order.kappa));
    Ok(BranchesThrough { branches, continua, unsolved })
}

/// The same for vectors m of about the size one.
fn through_in_units(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    interval: (f64, f64),
    values: &[f64],
) -> Result<BranchesThrough, MeanFieldError> {
    let curve = Curve::new(&family, interval)?;
    let (mut branches, mut continua, mut unsolved) = (Vec::<Branch>::new(), Vec::new(), Vec::new());
    let kinks: Vec<(f64, bool)> = values.iter().map(|value| (*value, rests_at_kink(&family, *value))).collect();
    for run in kinks.chunk_by(|a, b| a.1 == b.1).filter(|run| run.len() > 1 && run[0].1) {
        let run: Vec<f64> = run.iter().map(|(value, _)| *value).collect();
        branches.push(rest(&family, &run, &mut unsolved));
    }
    let mut checked = branches.len();
    for (value, _) in kinks.into_iter().filter(|(_, at_kink)| !at_kink) {
        let mut starts = Vec::new();
        match family(value).map_err(MeanFieldError::from).and_then(|model| stationary_branches(&model)) {
            Ok(solutions) => {
                let (families, single): (Vec<_>, Vec<_>) = solutions.into_iter().partition(|s| s.family.is_some());
                starts.extend(single.iter().map(|s| (value, unknowns(&s.order))));
                let event = |solution| Event { kind: EventKind::Continuum, parameter: value, solution, residual: 0.0 };
                continua.extend(families.into_iter().map(event));
            }
            Err(error) => unsolved.push((value, error)),
        }
        loop {
            for (parameter, x) in starts.drain(..) {
                match add(&curve, &mut branches, parameter, x) {
                    Err(error @ MeanFieldError::TooManyBranches { .. }) => return Err(error),
                    Err(error) => unsolved.push((parameter, error)),
                    Ok(()) => {}
                }
            }
            let Some(branch) = branches.get_mut(checked) else { break };
            checked += 1;
            match sideways(&curve, branch) {
                Ok(found) => starts = found,
                Err(error) => unsolved.push((value, error)),
            }
        }
    }
    Ok(BranchesThrough { branches, continua, unsolved })
}

/// Whether a model has one state, rest at the kink of its phi: without input threshold-linear networks rest or grow for ever (T29).
fn rests_at_kink(family: &impl Fn(f64) -> Result<Model, ModelError>, value: f64) -> bool {
    family(value).is_ok_and(|model| Neurons::new(&model).is_ok_and(|neurons| neurons.only_rest()))
}

/// That state at neighbouring values. Where its growth rate (T29) changes its sign states of every size lie along a ray, as a branch
/// that crosses it upright.
fn rest(
    family: &impl Fn(f64) -> Result<Model, ModelError>,
    values: &[f64],
    unsolved: &mut Vec<(f64, MeanFieldError)>,
) -> Branch {
    let none = || MeanFieldError::NoSolution { what: "state of rest", starts: 1, residual: f64::NAN, limit: 0.0 };
    let size = |s: &Stationary| s.order.delta_0;
    let at = |value: f64| {
        let solutions = stationary_branches(&family(value)?)?;
        solutions.into_iter().min_by(|a, b| size(a).total_cmp(&size(b))).ok_or_else(none)
    };
    let mut points: Vec<BranchPoint> = Vec::new();
    let mut events = Vec::new();
    for &parameter in values {
        match at(parameter) {
            Ok(solution) => points.push(BranchPoint { parameter, solution }),
            Err(error) => unsolved.push((parameter, error)),
        }
    }
    for pair in points.windows(2) {
        let (before, after) = (pair[0].solution.growth_rate, pair[1].solution.growth_rate);
        if before == 0.0 || (before > 0.0) == (after > 0.0) && after != 0.0 {
            continue;
        }
        let bracket = (pair[0].parameter, pair[1].parameter);
        let crossing = bracketed_root("the growth rate of rest", bracket, 0.0, |value| Ok(at(value)?.growth_rate));
        match crossing.and_then(|root| Ok((root.x, at(root.x)?))) {
            Ok((parameter, solution)) => {
                let residual = solution.growth_rate;
                events.push(Event { kind: EventKind::BranchPoint, parameter, solution, residual });
            }
            Err(error) => unsolved.push((bracket.0, error)),
        }
    }
    Branch { points, events, ends: [BranchEnd::Interval; 2] }
}

/// Continues the branch through a solution, unless it is there.
fn add(curve: &Curve<'_>, branches: &mut Vec<Branch>, parameter: f64, x: Vec<f64>) -> Result<(), MeanFieldError> {
    if known(curve, branches, parameter, &x)? {
        return Ok(());
    }
    if branches.len() >= MOST_BRANCHES {
        return Err(MeanFieldError::TooManyBranches { parameter, limit: MOST_BRANCHES });
    }
    branches.push(curve.branch_from(parameter, x)?);
    Ok(())
}

/// Whether one of these branches passes through x at a parameter.
pub(crate) fn known(curve: &Curve<'_>, branches: &[Branch], parameter: f64, x: &[f64]) -> Result<bool, MeanFieldError> {
    for branch in branches {
        if passes(curve, branch, parameter, x)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a branch passes through x at a parameter.
fn passes(curve: &Curve<'_>, branch: &Branch, parameter: f64, x: &[f64]) -> Result<bool, MeanFieldError> {
    let q = (parameter - curve.parameter(0.0)) / (curve.parameter(1.0) - curve.parameter(0.0));
    for pair in branch.points.windows(2) {
        let (p0, p1) = (pair[0].parameter, pair[1].parameter);
        if (p0 - parameter) * (p1 - parameter) > 0.0 {
            continue;
        }
        let (x0, x1) = (unknowns(&pair[0].solution.order), unknowns(&pair[1].solution.order));
        // Far from both ends of a short piece x cannot be on it.
        let reach = 2.0 * distance(&x0, &x1) + SAME;
        if distance(&x0, x) > reach {
            continue;
        }
        let part = if p0 == p1 { 0.5 } else { (parameter - p0) / (p1 - p0) };
        let guess: Vec<f64> = x0.iter().zip(&x1).map(|(a, b)| a + part * (b - a)).collect();
        if distance(&guess, x) < SAME || distance(&solve(&curve.neurons(q)?, guess).x, x) < SAME {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Solutions on the branches that cross a branch at its branch points, on either side, with their parameters. A branch point beside
/// which solutions lie at the same parameter becomes that of a continuum.
fn sideways(curve: &Curve<'_>, branch: &mut Branch) -> Result<Vec<(f64, Vec<f64>)>, MeanFieldError> {
    let mut found = Vec::new();
    let mut continua = Vec::new();
    let width = curve.parameter(1.0) - curve.parameter(0.0);
    for (index, event) in branch.events.iter().enumerate().filter(|(_, e)| e.kind == EventKind::BranchPoint) {
        let mut y = unknowns(&event.solution.order);
        y.push((event.parameter - curve.parameter(0.0)) / width);
        let d = y.len();
        let Some(along) = direction(branch, event.parameter, &y, width) else { continue };
        let Some(node) = curve.correct(&y, &along)? else { continue };
        // The null vector of the bordered Jacobian: the other branch's tangent, but for a part along this one.
        let matrix = Mat::from_fn(d, d, |i, j| node.matrix[(i, j)] + if i == j { SHIFT } else { 0.0 });
        let factors = PartialPivLu::new(matrix.as_ref());
        let mut across = Mat::from_fn(d, 1, |i, _| 1.0 / (1.0 + i as f64));
        for _ in 0..2 {
            across = factors.solve(&across);
            let norm = across.norm_l2();
            if !(norm.is_finite() && norm > 0.0) {
                break;
            }
            across = Mat::from_fn(d, 1, |i, _| across[(i, 0)] / norm);
        }
        let across: Vec<f64> = (0..d).map(|i| across[(i, 0)]).collect();
        for sign in [1.0, -1.0] {
            for step in STEPS_ASIDE {
                let predicted: Vec<f64> = y.iter().zip(&across).map(|(y, a)| y + sign * step * a).collect();
                if !(0.0..=1.0).contains(&predicted[d - 1]) {
                    continue;
                }
                let corrected = curve.correct(&predicted, &across)?;
                let Some(aside) = corrected.filter(|node| (0.0..=1.0).contains(&node.y[d - 1])) else { continue };
                let x = aside.y[..d - 1].to_vec();
                // Where the other branch does not exist on this side Newton falls back on the branch point.
                if distance(&x, &y[..d - 1]) < SAME {
                    continue;
                }
                if (aside.y[d - 1] - y[d - 1]).abs() <= SAME_PARAMETER && is_of_continuum(curve, &x, y[d - 1])? {
                    continua.push(index);
                } else {
                    found.push((curve.parameter(aside.y[d - 1]), x));
                }
                break;
            }
        }
    }
    continua.into_iter().for_each(|index| branch.events[index].kind = EventKind::Continuum);
    Ok(found)
}

/// Whether a solution has a neutral direction, as all do that lie on a continuum.
fn is_of_continuum(curve: &Curve<'_>, x: &[f64], q: f64) -> Result<bool, MeanFieldError> {
    let at = evaluate(&curve.neurons(q)?, Averages::at, x);
    Ok(at.is_some_and(|at| closest_to_one(&at) <= CONTINUUM))
}

/// The direction of a branch near an event, from the points around it.
fn direction(branch: &Branch, parameter: f64, y: &[f64], width: f64) -> Option<Vec<f64>> {
    let x = &y[..y.len() - 1];
    let nearest = branch.points.windows(2).min_by(|a, b| {
        let off = |pair: &[crate::BranchPoint]| {
            let to = |k: usize| {
                let p = &pair[k];
                distance(&unknowns(&p.solution.order), x) + (p.parameter - parameter).abs() / width
            };
            to(0) + to(1)
        };
        off(a).total_cmp(&off(b))
    })?;
    let ends = [0, 1].map(|k| unknowns(&nearest[k].solution.order));
    let mut along: Vec<f64> = ends[0].iter().zip(&ends[1]).map(|(a, b)| b - a).collect();
    along.push((nearest[1].parameter - nearest[0].parameter) / width);
    let norm = along.iter().map(|a| a * a).sum::<f64>().sqrt();
    (norm > 0.0).then(|| along.iter().map(|a| a / norm).collect())
}
