//! Continua of solutions (rings, spheres), and the valleys that are left of them where a symmetry holds all but exactly.

use super::{NEAR_FOLD, NEUTRAL};
use crate::averages::Averages;
use crate::neurons::Neurons;
use crate::newton::{Evaluation, Outcome, newton_step, residual};
use crate::stability::eigenvalues;
use crate::stationary::{Family, MERGE_DISTANCE, admissible, all_eigenvalues, distance, evaluate};

/// An eigenvalue of (T10) this close to one is that of a direction along a continuum: it is one but for the error of a solution. Next to a
/// continuum, where overlaps differ by a millionth, it is not, and all but a few solutions of it are gone.
pub(crate) const CONTINUUM: f64 = 1e-9;
/// Newton's steps beside a neutral direction, and how far they may lead: a step along it leaves a curved valley, so that the residual rises
/// before it falls.
const VALLEY_STEPS: usize = 12;
const VALLEY: f64 = 0.3;

/// A solution, how many neutral directions it has, kappa of all that lie on its continuum (none without such a direction), and the
/// individual and the drive's variance.
type Met = (Outcome, usize, Vec<Vec<f64>>, [f64; 2]);

/// Of solutions with a neutral direction and the same variances only the first: they lie on one continuum, which is told with it.
pub(super) fn without_continua(neurons: &Neurons, found: Vec<Outcome>) -> Vec<(Outcome, Option<Family>)> {
    let rank = neurons.rank;
    if rank < 2 {
        return found.into_iter().map(|outcome| (outcome, None)).collect();
    }
    let near = |x: &[f64], within: f64| {
        all_eigenvalues(neurons, x).iter().filter(|l| (l.0 - 1.0).hypot(l.1) <= within).count()
    };
    let variances = |x: &[f64]| [x[rank], neurons.mean_and_drive_variance(&x[..rank]).1];
    let settled: Vec<bool> = found.iter().map(|o| is_settled(neurons, &o.x)).collect();
    let is_end = |x: &[f64]| near(x, NEUTRAL) > 0 && near(x, CONTINUUM) == 0;
    let ends = found.iter().zip(&settled).filter(|(o, settled)| **settled && is_end(&o.x));
    let ends: Vec<[f64; 2]> = ends.map(|(o, _)| variances(&o.x)).collect();
    let mut kept: Vec<Met> = Vec::new();
    for (outcome, settled) in found.into_iter().zip(settled) {
        let here = variances(&outcome.x);
        // In a valley whose end is known it is on its way there.
        if !settled && ends.iter().any(|end| distance(end, &here) <= MERGE_DISTANCE) {
            continue;
        }
        let neutral = near(&outcome.x, if settled { CONTINUUM } else { NEUTRAL });
        let kappa = outcome.x[..rank].to_vec();
        let is_same = |(_, _, members, there): &&mut Met| {
            neutral > 0 && !members.is_empty() && distance(there, &here) <= MERGE_DISTANCE
        };
        match kept.iter_mut().find(is_same) {
            Some((_, _, members, _)) => members.push(kappa),
            None => kept.push((outcome, neutral, if neutral > 0 { vec![kappa] } else { Vec::new() }, here)),
        }
    }
    // A neutral direction alone is a bifurcation; a second solution in it makes a continuum.
    let family = |dimension: usize, members: &[Vec<f64>]| {
        (members.len() > 1).then(|| Family::of(dimension, members.iter().map(Vec::as_slice)))
    };
    kept.into_iter().map(|(outcome, neutral, members, _)| (outcome, family(neutral, &members))).collect()
}

/// The solution at the end of the valley beside a continuum of which `outcome` is a point whose residual counts as solved: by full steps
/// of Newton. Unchanged where there is none, or the steps do not settle near.
pub(super) fn to_the_end(neurons: &Neurons, outcome: Outcome) -> Outcome {
    let exact = |x: &[f64]| evaluate(neurons, Averages::at, x);
    if neurons.rank < 2 || !outcome.is_solution() {
        return outcome;
    }
    let mut x = outcome.x.clone();
    for _ in 0..VALLEY_STEPS {
        let Some(at) = exact(&x) else { break };
        if !(CONTINUUM..NEAR_FOLD).contains(&closest_to_one(&at)) {
            break;
        }
        let Some(step) = newton_step(&x, &at) else { break };
        x.iter_mut().zip(&step).for_each(|(x, s)| *x += s);
        if !admissible(&x) || distance(&outcome.x, &x) > VALLEY {
            break;
        }
        if step.iter().all(|s| s.abs() <= 0.1 * MERGE_DISTANCE) {
            let residual = exact(&x).map_or(f64::INFINITY, |at| residual(&x, &at.image));
            let end = Outcome { x, residual, iterations: outcome.iterations };
            return if end.is_solution() { end } else { outcome };
        }
    }
    outcome
}

/// The distance from one of the eigenvalue of (T10) that is nearest to it.
pub(crate) fn closest_to_one(at: &Evaluation) -> f64 {
    eigenvalues(&at.jacobian, false).iter().map(|l| (l.0 - 1.0).hypot(l.1)).fold(f64::INFINITY, f64::min)
}

/// Whether Newton would move a solution by no more than what counts as one.
fn is_settled(neurons: &Neurons, x: &[f64]) -> bool {
    let step = evaluate(neurons, Averages::at, x).and_then(|at| newton_step(x, &at));
    step.is_some_and(|step| step.iter().all(|s| s.abs() <= MERGE_DISTANCE))
}
