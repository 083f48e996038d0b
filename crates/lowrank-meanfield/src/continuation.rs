//! Continuation of a stationary branch along a parameter, through folds, with its events (docs/theory.md section 5).
//!
//! Pseudo-arclength: the unknowns are x = (kappa, delta_0_individual) and q, the part of the interval that the parameter
//! p has passed. A step of length s goes along the tangent t and Newton returns to the branch in the plane
//! t (y - y_predicted) = 0, with the exact Jacobian in x and central differences in q. Between two points of different
//! sign the root of a test function is found in s: a fold, dq/ds = 0 (a real eigenvalue 1 of (T10)); a branch point, the
//! determinant of the Jacobian bordered by t (it keeps its sign at a fold; `branch_point.rs`); rho - 1; the growth rate of the complex pair.
//! Two branch points between neighbouring points of the branch, or a double one, cancel and are not seen.

mod infinity;

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};
use lowrank_model::{Model, ModelError, OrderParameters};
use serde::Serialize;

use self::infinity::at_infinity;
use crate::averages::Averages;
use crate::neurons::{Neurons, dot};
use crate::newton::{Outcome, RESIDUAL_GOAL, RESIDUAL_LIMIT, residual};
use crate::root::bracketed_root;
use crate::stability::{HOPF_LIMIT, is_outlier, pair_growth};
use crate::stationary::{all_eigenvalues, describe, distance, evaluate, neurons_at_rest, solve, unknowns};
use crate::units::Units;
use crate::{MeanFieldError, Stationary};

/// First, smallest and largest step in y, the last relative to max(1, |x|): fifty points for a branch that crosses the
/// interval.
const FIRST_STEP: f64 = 0.01;
const SMALLEST_STEP: f64 = 1e-10;
const LARGEST_STEP: f64 = 0.02;
/// Smallest cosine between neighbouring tangents, about 18 degrees, and the one above which steps grow.
const SMALLEST_COSINE: f64 = 0.95;
const GROWING_COSINE: f64 = 0.99;
/// Points of one branch in one direction.
const MOST_POINTS: usize = 4000;
/// Newton iterations of one step; more mean that the step is too long.
const MOST_CORRECTIONS: usize = 12;
/// Step of the central difference in q: the cube root of rounding.
const DIFFERENCE_STEP: f64 = 5e-6;
/// A branch whose unknowns pass this has no end within reach.
const UNBOUNDED: f64 = 1e4;
/// A branch on which the variance has fallen to this and whose steps shrink ends in the quiet state.
const NEARLY_QUIET: f64 = 1e-6;

/// One solution of a branch.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct BranchPoint {
    /// The parameter.
    pub parameter: f64,
    /// The solution there.
    pub solution: Stationary,
}

/// What happens on a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The branch turns in the parameter; a real eigenvalue of (T10) is one.
    Fold,
    /// Another branch crosses (a pitchfork, where x -> -x is a symmetry); a real eigenvalue of (T10) is one.
    BranchPoint,
    /// rho = 1.
    BulkInstability,
    /// A complex pair of outliers becomes neutral, in the model's variant.
    Hopf,
    /// The activity diverges: the branch ends at infinity. The parameter is extrapolated, the solution the last that was followed.
    Infinity,
    /// The solutions are a continuous family there (a ring), at this one value of the parameter: the isotropic point of two overlaps.
    Continuum,
}

/// An event on a branch.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Event {
    /// What happens.
    pub kind: EventKind,
    /// The parameter at which it does.
    pub parameter: f64,
    /// The solution there.
    pub solution: Stationary,
    /// What should vanish there: dq/ds, the bordered determinant (in a continuum too, or zero where a solution of it was solved for), rho - 1,
    /// or the growth rate; at infinity how far the parameter lies beyond the last solution.
    pub residual: f64,
}

/// Why a branch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BranchEnd {
    /// The interval of the parameter ends.
    Interval,
    /// The branch is closed: its last point is its first.
    Loop,
    /// The variance has fallen to zero: the branch runs into the quiet state.
    QuietState,
    /// The activity grows beyond 1e4.
    Unbounded,
}

/// A branch of stationary solutions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// Solutions in order along the branch.
    pub points: Vec<BranchPoint>,
    /// Events in order along the branch.
    pub events: Vec<Event>,
    /// Why it ends at its first and at its last point.
    pub ends: [BranchEnd; 2],
}

/// The stationary branch that passes through a start solution, given with its parameter, followed both ways to the ends
/// of `interval` or until it closes. Events are located to rounding.
///
/// # Errors
/// An interval that is none, or a start outside it; a model that `family` refuses within the interval; white noise; no
/// solution near the start; a branch that is not smooth; one that has not ended after 4000 points.
pub fn continue_branch(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    interval: (f64, f64),
    start: (f64, &OrderParameters),
) -> Result<Branch, MeanFieldError> {
    let units = Units::of_family(&family, &[start.0]);
    let family = units.family(family);
    let branch = Curve::new(&family, interval)?.branch_from(start.0, unknowns(&units.order(start.1)))?;
    Ok(units.branch_back(branch))
}

/// A point with its tangent and test functions.
#[derive(Clone)]
pub(crate) struct Node {
    /// (x, q).
    pub(crate) y: Vec<f64>,
    pub(crate) tangent: Vec<f64>,
    /// The bordered Jacobian, `[(R + 2) x (R + 2)]`.
    pub(crate) matrix: Mat<f64>,
    determinant: f64,
    pair: Option<(f64, (f64, f64))>,
    corrections: usize,
    pub(crate) solution: Stationary,
}

impl Node {
    /// The value of a test function, none where it is not defined.
    fn test(&self, kind: EventKind) -> Option<f64> {
        match kind {
            EventKind::Fold => self.tangent.last().copied(),
            EventKind::BranchPoint => Some(self.determinant),
            EventKind::BulkInstability => Some(self.solution.rho - 1.0),
            EventKind::Hopf => self.pair.map(|(growth, _)| growth),
            EventKind::Infinity | EventKind::Continuum => None,
        }
    }
}

/// A family of models over an interval.
pub(crate) struct Curve<'a> {
    family: &'a dyn Fn(f64) -> Result<Model, ModelError>,
    low: f64,
    high: f64,
}

impl<'a> Curve<'a> {
    pub(crate) fn new(
        family: &'a dyn Fn(f64) -> Result<Model, ModelError>,
        (low, high): (f64, f64),
    ) -> Result<Self, MeanFieldError> {
        if low.is_finite() && high.is_finite() && low < high {
            Ok(Self { family, low, high })
        } else {
            Err(MeanFieldError::BadInterval { low, high })
        }
    }

    pub(crate) fn parameter(&self, q: f64) -> f64 {
        // Exactly the ends at 0 and 1.
        (1.0 - q) * self.low + q * self.high
    }

    pub(crate) fn neurons(&self, q: f64) -> Result<Neurons, MeanFieldError> {
        neurons_at_rest(&(self.family)(self.parameter(q))?)
    }

    /// The branch through the solution near x at a parameter.
    pub(crate) fn branch_from(&self, parameter: f64, x: Vec<f64>) -> Result<Branch, MeanFieldError> {
        if !(self.low..=self.high).contains(&parameter) {
            return Err(MeanFieldError::StartOutside { parameter, low: self.low, high: self.high });
        }
        let q = (parameter - self.low) / (self.high - self.low);
        let start = self.start(q, x)?;
        let (mut forward, mut events, end) = self.follow(&start, 1.0)?;
        let (mut points, mut earlier, mut first) = (Vec::new(), Vec::new(), end);
        if end != BranchEnd::Loop {
            (points, earlier, first) = self.follow(&start, -1.0)?;
        }
        points.reverse();
        earlier.reverse();
        points.push(self.point(&start));
        points.append(&mut forward);
        earlier.append(&mut events);
        let (low, high) = (at_infinity(first, points.iter()), at_infinity(end, points.iter().rev()));
        let events = low.into_iter().chain(earlier).chain(high).collect();
        Ok(Branch { points, events, ends: [first, end] })
    }

    fn point(&self, node: &Node) -> BranchPoint {
        BranchPoint { parameter: self.parameter(node.y[node.y.len() - 1]), solution: node.solution.clone() }
    }

    fn start(&self, q: f64, x: Vec<f64>) -> Result<Node, MeanFieldError> {
        let neurons = self.neurons(q)?;
        let (found, expected) = (x.len(), neurons.rank + 1);
        if found != expected {
            let (field, mend) = ("kappa of the start".to_owned(), "give one an outer product");
            return Err(ModelError::Length { field, found: found - 1, expected: expected - 1, mend }.into());
        }
        let outcome = solve(&neurons, x);
        if !outcome.is_solution() {
            let (what, residual) = ("start of the branch", outcome.residual);
            return Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT });
        }
        // Any direction that is not across the branch will do for a border; at a fold the parameter's will not.
        let d = outcome.x.len();
        for axis in (0..=d).rev() {
            let unit: Vec<f64> = (0..=d).map(|i| f64::from(u8::from(i == axis))).collect();
            if let Some(node) = self.node(&neurons, outcome.clone(), q, &unit)? {
                return Ok(node);
            }
        }
        Err(self.stalled(q, 0, 0.0))
    }

    fn stalled(&self, q: f64, points: usize, step: f64) -> MeanFieldError {
        MeanFieldError::Stalled { parameter: self.parameter(q), points, step, limit: SMALLEST_STEP }
    }

    /// Points and events from a start (not among them) in one direction.
    fn follow(&self, start: &Node, sign: f64) -> Result<(Vec<BranchPoint>, Vec<Event>, BranchEnd), MeanFieldError> {
        let mut here = start.clone();
        here.tangent.iter_mut().for_each(|t| *t *= sign);
        here.matrix.row_mut(here.y.len() - 1).iter_mut().for_each(|t| *t *= sign);
        here.determinant *= sign;
        let first = here.clone();
        let last = here.y.len() - 1;
        let (mut points, mut events) = (Vec::new(), Vec::new());
        let (mut step, mut away) = (FIRST_STEP, false);
        while points.len() < MOST_POINTS {
            let largest = here.y.iter().fold(1.0_f64, |a, y| a.max(y.abs()));
            if largest > UNBOUNDED && self.neurons(here.y[last])?.transfer.bound().is_none() {
                return Ok((points, events, BranchEnd::Unbounded));
            }
            let q = here.y[last];
            if (q <= 0.0 && here.tangent[last] < 0.0) || (q >= 1.0 && here.tangent[last] > 0.0) {
                return Ok((points, events, BranchEnd::Interval));
            }
            let mut between = Vec::new();
            let next = match self.step(&here, step)?.filter(|n| dot(&here.tangent, &n.tangent) > SMALLEST_COSINE) {
                Some(next) if self.events_between(&here, &next, &mut between)? => Some(next),
                _ => None,
            };
            let Some(next) = next else {
                step *= 0.5;
                if step < SMALLEST_STEP || (step < NEARLY_QUIET && here.y[last - 1] < NEARLY_QUIET) {
                    let quiet = here.y[last - 1] < NEARLY_QUIET && here.tangent[last - 1] < 0.0;
                    let end = Ok((points.clone(), events, BranchEnd::QuietState));
                    return if quiet { end } else { Err(self.stalled(q, points.len(), step)) };
                }
                continue;
            };
            events.append(&mut between);
            let length = distance(&next.y, &first.y);
            away |= length > 4.0 * LARGEST_STEP;
            if away && length < step && dot(&next.tangent, &first.tangent) > SMALLEST_COSINE {
                points.push(self.point(&next));
                if !self.events_between(&next, &first, &mut events)? {
                    return Err(self.stalled(q, points.len(), step));
                }
                points.push(self.point(&first));
                return Ok((points, events, BranchEnd::Loop));
            }
            if next.corrections <= 4 && dot(&here.tangent, &next.tangent) > GROWING_COSINE {
                step = (1.5 * step).min(LARGEST_STEP * largest);
            }
            points.push(self.point(&next));
            here = next;
        }
        Err(MeanFieldError::TooManyPoints { parameter: self.parameter(here.y[last]), limit: MOST_POINTS })
    }

    /// One step; onto an end of the interval if it would lead beyond. None if it fails.
    fn step(&self, here: &Node, length: f64) -> Result<Option<Node>, MeanFieldError> {
        let last = here.y.len() - 1;
        let predicted: Vec<f64> = here.y.iter().zip(&here.tangent).map(|(y, t)| y + length * t).collect();
        if (0.0..=1.0).contains(&predicted[last])
            && let Some(node) = self.correct(&predicted, &here.tangent)?
            && (0.0..=1.0).contains(&node.y[last])
        {
            return Ok(Some(node));
        }
        if here.tangent[last] == 0.0 {
            return Ok(None);
        }
        let end = if here.tangent[last] > 0.0 { 1.0 } else { 0.0 };
        let part = (end - here.y[last]) / here.tangent[last];
        if part > 2.0 * length {
            return Ok(None);
        }
        let mut x: Vec<f64> = here.y.iter().zip(&here.tangent).take(last).map(|(y, t)| y + part * t).collect();
        x[last - 1] = x[last - 1].max(0.0);
        let neurons = self.neurons(end)?;
        let outcome = solve(&neurons, x.clone());
        // Another branch is farther away than the step is long.
        if !outcome.is_solution() || distance(&outcome.x, &x) > length {
            return Ok(None);
        }
        self.node(&neurons, outcome, end, &here.tangent)
    }

    /// Newton from a predicted point in the plane across `border`; none if it does not converge.
    pub(crate) fn correct(&self, predicted: &[f64], border: &[f64]) -> Result<Option<Node>, MeanFieldError> {
        let d = predicted.len() - 1;
        let mut y = predicted.to_vec();
        let mut best: Option<Outcome> = None;
        let mut by_q: Option<Vec<f64>> = None;
        for corrections in 0..MOST_CORRECTIONS {
            y[d - 1] = y[d - 1].max(0.0);
            if y.iter().any(|v| !v.is_finite()) || !(-0.1..=1.1).contains(&y[d]) {
                break;
            }
            // Beyond the ends the family may not be defined: the last point within serves.
            let q = y[d].clamp(0.0, 1.0);
            let neurons = self.neurons(q)?;
            let Some(at) = evaluate(&neurons, Averages::at, &y[..d]) else { break };
            let now = residual(&y[..d], &at.image).max((q - y[d]).abs());
            if best.as_ref().is_some_and(|b| b.residual <= RESIDUAL_LIMIT && now > 0.5 * b.residual) {
                break;
            }
            best = Some(Outcome { x: y.clone(), residual: now, iterations: corrections });
            if now <= RESIDUAL_GOAL {
                break;
            }
            if by_q.is_none() {
                by_q = self.derivative(&y[..d], q)?;
            }
            let Some(by_q) = &by_q else { break };
            let matrix = bordered(&at.jacobian, by_q, border);
            let across: f64 = y.iter().zip(predicted).zip(border).map(|((y, p), b)| (y - p) * b).sum();
            let right = Mat::from_fn(d + 1, 1, |i, _| if i < d { at.image[i] - y[i] } else { -across });
            let change = PartialPivLu::new(matrix.as_ref()).solve(&right);
            y.iter_mut().enumerate().for_each(|(i, y)| *y += change[(i, 0)]);
        }
        let Some(mut best) = best.filter(Outcome::is_solution) else { return Ok(None) };
        let Some(q) = best.x.pop() else { return Ok(None) };
        let neurons = self.neurons(q)?;
        self.node(&neurons, best, q, border)
    }

    /// dF/dq at x, central where the interval allows; none where F cannot be evaluated.
    pub(crate) fn derivative(&self, x: &[f64], q: f64) -> Result<Option<Vec<f64>>, MeanFieldError> {
        let (low, high) = ((q - DIFFERENCE_STEP).max(0.0), (q + DIFFERENCE_STEP).min(1.0));
        let at = |q| Ok::<_, MeanFieldError>(evaluate(&self.neurons(q)?, Averages::at, x).map(|at| at.image));
        let (Some(below), Some(above)) = (at(low)?, at(high)?) else { return Ok(None) };
        Ok(Some(below.iter().zip(&above).map(|(b, a)| (a - b) / (high - low)).collect()))
    }

    /// The point at a solution, its tangent on the side of `border`; none where that is across the branch.
    fn node(
        &self,
        neurons: &Neurons,
        outcome: Outcome,
        q: f64,
        border: &[f64],
    ) -> Result<Option<Node>, MeanFieldError> {
        let d = outcome.x.len();
        let Some(at) = evaluate(neurons, Averages::at, &outcome.x) else { return Ok(None) };
        let Some(by_q) = self.derivative(&outcome.x, q)? else { return Ok(None) };
        let right = Mat::from_fn(d + 1, 1, |i, _| f64::from(u8::from(i == d)));
        let mut tangent = border.to_vec();
        // The second time the border is the tangent itself, which is as well conditioned as the branch allows.
        for _ in 0..2 {
            let solved = PartialPivLu::new(bordered(&at.jacobian, &by_q, &tangent).as_ref()).solve(&right);
            let norm = (0..=d).map(|i| solved[(i, 0)].powi(2)).sum::<f64>().sqrt();
            if !norm.is_finite() || norm == 0.0 {
                // On a branch point to rounding: the border is as good as it gets.
                break;
            }
            tangent = (0..=d).map(|i| solved[(i, 0)] / norm).collect();
        }
        let matrix = bordered(&at.jacobian, &by_q, &tangent);
        let determinant = matrix.determinant();
        let pair = pair_growth(&all_eigenvalues(neurons, &outcome.x), neurons.variant);
        let y: Vec<f64> = outcome.x.iter().copied().chain([q]).collect();
        let corrections = outcome.iterations;
        let solution = describe(neurons, outcome);
        Ok(Some(Node { y, tangent, matrix, determinant, pair, corrections, solution }))
    }

    /// The branch point between two neighbouring points whose determinants differ in sign, with its distance along the
    /// tangent of the first; none if there is none so near. The chord leads closer to it than a step is long.
    fn crossing(&self, from: &Node, to: &Node) -> Result<Option<(f64, Event)>, MeanFieldError> {
        let d = from.y.len() - 1;
        let determinant = |x: &[f64], q: f64| {
            let at = evaluate(&self.neurons(q)?, Averages::at, x).zip(self.derivative(x, q)?);
            Ok(at.map_or(f64::NAN, |(at, by_q)| bordered(&at.jacobian, &by_q, &from.tangent).determinant()))
        };
        let point = if from.y[..d] == to.y[..d] {
            // A branch that stays where it is, as the quiet state does: phi may have a kink there, but q is all that moves.
            let bracket = (from.y[d].min(to.y[d]), from.y[d].max(to.y[d]));
            let q = bracketed_root("the determinant", bracket, 0.0, |q| determinant(&from.y[..d], q))?.x;
            let residual = from.solution.residual.max(to.solution.residual);
            Some(Outcome { x: from.y[..d].iter().copied().chain([q]).collect(), residual, iterations: 0 })
        } else {
            let part = from.determinant / (from.determinant - to.determinant);
            let near: Vec<f64> = from.y.iter().zip(&to.y).map(|(a, b)| a + part * (b - a)).collect();
            let length = gap(&from.y, &to.y);
            self.branch_point(&near)?.filter(|point| gap(&near, &point.x) <= length)
        };
        let Some(mut point) = point else { return Ok(None) };
        let s = point.x.iter().zip(&from.y).zip(&from.tangent).map(|((b, a), t)| (b - a) * t).sum();
        let Some(q) = point.x.pop() else { return Ok(None) };
        let residual = determinant(&point.x, q)?;
        let solution = describe(&self.neurons(q)?, point);
        Ok(Some((s, Event { kind: EventKind::BranchPoint, parameter: self.parameter(q), solution, residual })))
    }

    /// Adds the events between two neighbouring points, in their order; false if the two are not on one branch, or too far
    /// apart to tell.
    fn events_between(&self, from: &Node, to: &Node, events: &mut Vec<Event>) -> Result<bool, MeanFieldError> {
        let length: f64 = to.y.iter().zip(&from.y).zip(&from.tangent).map(|((b, a), t)| (b - a) * t).sum();
        let mut found: Vec<(f64, Event)> = Vec::new();
        let all = [EventKind::BranchPoint, EventKind::Fold, EventKind::BulkInstability, EventKind::Hopf];
        for kind in all {
            let (Some(before), Some(after)) = (from.test(kind), to.test(kind)) else { continue };
            // The point that an event hits belongs to the step that reaches it.
            if before == 0.0 || (before > 0.0) == (after > 0.0) && after != 0.0 {
                continue;
            }
            // A branch that turns where another crosses is a pitchfork's: one event.
            if kind == EventKind::Fold && found.iter().any(|(_, e)| e.kind == EventKind::BranchPoint) {
                continue;
            }
            let at = |s: f64| -> Result<Node, MeanFieldError> {
                if s == length {
                    return Ok(to.clone());
                }
                let predicted: Vec<f64> = from.y.iter().zip(&from.tangent).map(|(y, t)| y + s * t).collect();
                self.correct(&predicted, &from.tangent)?.ok_or_else(|| self.stalled(from.y[from.y.len() - 1], 0, s))
            };
            let value = |s: f64| Ok(at(s)?.test(kind).unwrap_or(f64::NAN));
            if kind == EventKind::BranchPoint {
                let Some((s, event)) = self.crossing(from, to)? else { return Ok(false) };
                found.push((s, event));
                continue;
            }
            let root = bracketed_root("a test function", (0.0, length), 0.0, value)?;
            let node = at(root.x)?;
            // A pair that turns real, or gives way to another, changes the sign without a crossing.
            let crosses = |(growth, lambda): (f64, (f64, f64))| {
                growth.abs() <= HOPF_LIMIT && is_outlier(lambda, node.solution.rho)
            };
            if kind == EventKind::Hopf && !node.pair.is_some_and(crosses) {
                continue;
            }
            let point = self.point(&node);
            let residual = node.test(kind).unwrap_or(f64::INFINITY);
            found.push((root.x, Event { kind, parameter: point.parameter, solution: point.solution, residual }));
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        events.extend(found.into_iter().map(|(_, event)| event));
        Ok(true)
    }
}

fn gap(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// (1 - F_x, -F_q) with the border as last row.
pub(crate) fn bordered(jacobian: &Mat<f64>, by_q: &[f64], border: &[f64]) -> Mat<f64> {
    let d = by_q.len();
    Mat::from_fn(d + 1, d + 1, |i, j| match (i < d, j < d) {
        (false, _) => border[j],
        (true, false) => -by_q[i],
        (true, true) => f64::from(u8::from(i == j)) - jacobian[(i, j)],
    })
}

#[cfg(test)]
mod tests;
