//! Damped Newton in several dimensions (`argmin` has no such solver), linear systems by faer's pivoted LU.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};

/// A residual that counts as solved: every equation to this, relative to max(1, |unknown|).
pub(crate) const RESIDUAL_LIMIT: f64 = 1e-10;
/// A residual at which no further step is worth taking.
pub(crate) const RESIDUAL_GOAL: f64 = 1e-14;
/// Newton near a simple solution gains more than this a step until rounding.
const STALLED: f64 = 0.25;
const MOST_STEPS: usize = 80;
/// Halvings of a step before a start is given up.
const MOST_HALVINGS: usize = 12;

/// F(x) and its Jacobian, \[d\] and \[d x d\]: what is to be solved is x = F(x).
pub(crate) struct Evaluation {
    pub(crate) image: Vec<f64>,
    pub(crate) jacobian: Mat<f64>,
}

/// A solution, or the best that was reached.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) x: Vec<f64>,
    pub(crate) residual: f64,
    pub(crate) iterations: usize,
}

impl Outcome {
    pub(crate) fn is_solution(&self) -> bool {
        self.residual <= RESIDUAL_LIMIT
    }
}

/// Solves x = F(x) from `start` to a residual of `goal`. `admissible` says whether x may be evaluated; steps are halved until it may and the
/// residual falls. The best point is returned whether or not it is a solution.
pub(crate) fn fixed_point(
    start: Vec<f64>,
    goal: f64,
    admissible: impl Fn(&[f64]) -> bool,
    evaluate: impl Fn(&[f64]) -> Option<Evaluation>,
) -> Outcome {
    fixed_point_within((MOST_STEPS, MOST_HALVINGS), start, goal, admissible, evaluate)
}

/// The same with at most so many steps, and halvings of each.
pub(crate) fn fixed_point_within(
    (most_steps, most_halvings): (usize, usize),
    start: Vec<f64>,
    goal: f64,
    admissible: impl Fn(&[f64]) -> bool,
    evaluate: impl Fn(&[f64]) -> Option<Evaluation>,
) -> Outcome {
    let mut best = Outcome { x: start, residual: f64::INFINITY, iterations: 0 };
    let Some(mut at) = evaluate(&best.x) else { return best };
    best.residual = residual(&best.x, &at.image);
    while best.residual > goal && best.iterations < most_steps {
        best.iterations += 1;
        let Some(step) = newton_step(&best.x, &at) else { return best };
        let mut length = 1.0;
        let (mut improved, mut settled) = (false, false);
        // A solution needs no search along a step.
        let halvings = if best.is_solution() { 1 } else { most_halvings };
        for _ in 0..halvings {
            let trial: Vec<f64> = best.x.iter().zip(&step).map(|(x, s)| x + length * s).collect();
            length *= 0.5;
            if !admissible(&trial) {
                continue;
            }
            let Some(there) = evaluate(&trial) else { continue };
            let trial_residual = residual(&trial, &there.image);
            if trial_residual < best.residual {
                // Solved, and no longer converging: rounding is reached.
                settled = best.residual <= RESIDUAL_LIMIT && trial_residual > STALLED * best.residual;
                best.x = trial;
                best.residual = trial_residual;
                at = there;
                improved = true;
                break;
            }
        }
        if !improved || settled {
            return best;
        }
    }
    best
}

/// Full steps that are taken where equations are steep.
const STEEP_STEPS: usize = 4;

/// Where equations are steep the rounding of an unknown leaves more of them than a residual may have: how far it is from the root is
/// Newton's step, as averages bend on scales of order one. What is not solved is, with this step for its residual, if full steps
/// bring it to `limit`, relative to max(1, |unknown|); else it stays.
pub(crate) fn settled(
    outcome: Outcome,
    limit: f64,
    admissible: impl Fn(&[f64]) -> bool,
    evaluate: impl Fn(&[f64]) -> Option<Evaluation>,
) -> Outcome {
    if outcome.is_solution() {
        return outcome;
    }
    let mut x = outcome.x.clone();
    for _ in 0..STEEP_STEPS {
        let Some(step) = evaluate(&x).and_then(|at| newton_step(&x, &at)) else { return outcome };
        let residual = step.iter().zip(&x).map(|(s, x)| s.abs() / x.abs().max(1.0)).fold(0.0, f64::max);
        if residual <= limit {
            return Outcome { x, residual, ..outcome };
        }
        x.iter_mut().zip(&step).for_each(|(x, s)| *x += s);
        if !admissible(&x) {
            return outcome;
        }
    }
    outcome
}

/// States whose x has a smaller mean square than this are sharpened: in larger ones an absolute residual of [`RESIDUAL_GOAL`] leaves ten digits.
pub(crate) const WEAK: f64 = 1e-4;
/// A last step of Newton, relative to the state's size, that is rounding, and that still counts as solved.
const WEAK_GOAL: f64 = 4.0 * f64::EPSILON;
const WEAK_LIMIT: f64 = 1e-9;
/// Most steps: next to a degenerate root each of them halves what is left.
const MOST_WEAK_STEPS: usize = 80;

/// A solution whose unknowns are so small that an absolute residual says little of them: full steps of Newton until they are rounding
/// relative to the sizes that the unknowns have at a place. Where they do not settle it is no solution, and the last step, relative, is its
/// residual: no state is there. So is what rounding of the equations makes of the unknowns, where that hides the state. `scales` are those
/// of the unknowns and of what is rounded in the equations; `project` moves what a step has led out of the region of the unknowns.
pub(crate) fn sharpened(
    outcome: Outcome,
    scales: impl Fn(&[f64]) -> [Vec<f64>; 2],
    project: impl Fn(&mut [f64]),
    admissible: impl Fn(&[f64]) -> bool,
    evaluate: impl Fn(&[f64]) -> Option<Evaluation>,
) -> Outcome {
    let relative = |step: &[f64], sizes: &[f64]| {
        let parts = step.iter().zip(sizes).map(|(s, size)| if *s == 0.0 { 0.0 } else { s.abs() / size });
        parts.fold(0.0, f64::max)
    };
    let (mut x, mut iterations, mut last) = (outcome.x.clone(), outcome.iterations, f64::INFINITY);
    for _ in 0..MOST_WEAK_STEPS {
        let Some(step) = evaluate(&x).and_then(|at| newton_step(&x, &at)) else { break };
        let part = relative(&step, &scales(&x)[0]);
        if last <= WEAK_LIMIT && part > STALLED * last {
            break;
        }
        let lengths = (0..MOST_HALVINGS).map(|k| 0.5_f64.powi(k as i32));
        let trials = lengths.map(|length| {
            let mut trial: Vec<f64> = x.iter().zip(&step).map(|(x, s)| x + length * s).collect();
            project(&mut trial);
            trial
        });
        let Some(next) = trials.into_iter().find(|trial| admissible(trial)) else { break };
        (x, last) = (next, part);
        iterations += 1;
        if part <= WEAK_GOAL {
            break;
        }
    }
    if last > WEAK_LIMIT {
        return Outcome { residual: last, ..outcome };
    }
    let Some(at) = evaluate(&x) else { return Outcome { residual: f64::INFINITY, ..outcome } };
    let residual = residual(&x, &at.image);
    let [sizes, rounded] = scales(&x);
    let image = rounded.iter().map(|size| f64::EPSILON * size).collect();
    let moved = newton_step(&vec![0.0; x.len()], &Evaluation { image, jacobian: at.jacobian });
    let hidden = moved.map_or(f64::INFINITY, |moved| relative(&moved, &sizes));
    // Where equations are steep, the distance to the root (see `settled`).
    let distance = last * sizes.iter().copied().fold(0.0, f64::max);
    Outcome { x, residual: if hidden > WEAK_LIMIT { hidden } else { residual.min(distance) }, iterations }
}

/// Parts of the way between two solutions at which the residual is looked at.
const BETWEEN: [f64; 3] = [0.25, 0.5, 0.75];

/// Whether two solutions cannot be told apart: all that lies between them solves the equations as well as a solution has to.
/// Next to a degenerate root (a pitchfork, a fold) the residual is flat, and Newton ends anywhere on it.
pub(crate) fn is_one_solution(a: &[f64], b: &[f64], evaluate: impl Fn(&[f64]) -> Option<Evaluation>) -> bool {
    BETWEEN.iter().all(|part| {
        let between: Vec<f64> = a.iter().zip(b).map(|(a, b)| a + part * (b - a)).collect();
        evaluate(&between).is_some_and(|at| residual(&between, &at.image) <= RESIDUAL_LIMIT)
    })
}

/// Largest |x - F(x)| / max(1, |x|); infinite if not a number.
pub(crate) fn residual(x: &[f64], image: &[f64]) -> f64 {
    let each = x.iter().zip(image).map(|(x, f)| (x - f).abs() / x.abs().max(1.0));
    each.fold(0.0, |worst, r| if r.is_nan() { f64::INFINITY } else { f64::max(worst, r) })
}

/// The solution s of (1 - F') s = F(x) - x, if it is finite.
pub(crate) fn newton_step(x: &[f64], at: &Evaluation) -> Option<Vec<f64>> {
    let d = x.len();
    let matrix = Mat::from_fn(d, d, |i, j| f64::from(u8::from(i == j)) - at.jacobian[(i, j)]);
    let right = Mat::from_fn(d, 1, |i, _| at.image[i] - x[i]);
    let step = PartialPivLu::new(matrix.as_ref()).solve(&right);
    let step: Vec<f64> = (0..d).map(|i| step[(i, 0)]).collect();
    step.iter().all(|s| s.is_finite()).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newton_finds_a_two_dimensional_fixed_point() {
        // x = cos y, y = sin x / 2.
        let evaluate = |x: &[f64]| {
            let image = vec![x[1].cos(), 0.5 * x[0].sin()];
            let jacobian = Mat::from_fn(2, 2, |i, j| match (i, j) {
                (0, 1) => -x[1].sin(),
                (1, 0) => 0.5 * x[0].cos(),
                _ => 0.0,
            });
            Some(Evaluation { image, jacobian })
        };
        let outcome = fixed_point(vec![3.0, -2.0], RESIDUAL_GOAL, |_| true, evaluate);
        assert!(outcome.is_solution() && outcome.residual < 1e-13, "{outcome:?}");
        assert!((outcome.x[0] - outcome.x[1].cos()).abs() < 1e-13);
    }

    #[test]
    fn what_cannot_be_solved_is_returned_unsolved_and_finite() {
        // x = x + 1 has no solution and a singular matrix.
        let evaluate =
            |x: &[f64]| Some(Evaluation { image: vec![x[0] + 1.0], jacobian: Mat::from_fn(1, 1, |_, _| 1.0) });
        let outcome = fixed_point(vec![0.0], RESIDUAL_GOAL, |_| true, evaluate);
        assert!(!outcome.is_solution() && outcome.x[0].is_finite());
    }
}
