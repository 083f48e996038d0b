//! Whether stationary solutions are missing, and a dearer search where they are.
//!
//! Where phi is bounded, (T7) and (T8) map the box |kappa_k| <= bound \<n_k^2>^(1/2), 0 <= Delta <= (g bound)^2 into itself. So the signs of
//! det(1 - F') at all their solutions, an even or an odd number of real eigenvalues of (T10) beyond one, sum to one (L. E. J. Brouwer,
//! Math. Ann. 71:97 (1911)). Rest at the edge Delta = 0 counts only where it attracts, g < 1.

use lowrank_model::Model;

use super::{Leads, sign_grid};
use crate::neurons::Neurons;
use crate::newton::Outcome;
use crate::stationary::{Stationary, all_eigenvalues, is_quiet, neurons_at_rest, unknowns};
use crate::units::Units;

/// An eigenvalue this close to one, or to this part of the largest, has no sign that counts.
const NO_SIGN: f64 = 1e-6;
const NO_SIGN_PART: f64 = 1e-14;
/// Halvings of Delta from its bound at which kappa is looked for: down to where a logistic function of -18 is squared.
const LEVELS: i32 = 90;
/// Halvings of an interval of kappa.
const BISECTIONS: usize = 48;

/// Whether stationary solutions are known to be missing among those that [`stationary_branches`](crate::stationary_branches) found: those found
/// lack what the topological index asks for. False where that cannot be told (phi without a bound, a solution at a bifurcation or on a
/// continuum), so that some may be missing nevertheless.
pub fn misses_solutions(model: &Model, found: &[Stationary]) -> bool {
    let units = Units::with_drive(model);
    let Ok(neurons) = neurons_at_rest(&units.model(model)) else { return false };
    let all: Vec<Vec<f64>> = found.iter().map(|s| unknowns(&units.order(&s.order))).collect();
    found.iter().all(|s| s.family.is_none()) && is_incomplete(&neurons, all.iter().map(Vec::as_slice))
}

/// The same of the solver's own.
pub(super) fn missing(neurons: &Neurons, found: &[Outcome]) -> bool {
    is_incomplete(neurons, found.iter().map(|o| o.x.as_slice()))
}

fn is_incomplete<'a>(neurons: &Neurons, all: impl Iterator<Item = &'a [f64]>) -> bool {
    let mut sum = Some(0);
    for x in all {
        sum = sum.zip(index(neurons, x)).map(|(sum, index)| sum + index);
    }
    neurons.transfer.bound().is_some() && sum.is_some_and(|sum| sum != 1)
}

/// The index of one solution; none at a bifurcation.
fn index(neurons: &Neurons, x: &[f64]) -> Option<i32> {
    let is_quiet = is_quiet(neurons, x);
    if is_quiet && neurons.g >= 1.0 {
        return (neurons.g > 1.0).then_some(0);
    }
    let all = all_eigenvalues(neurons, x);
    let largest = all.iter().fold(0.0_f64, |largest, l| largest.max(l.0.hypot(l.1)));
    let real = || all.iter().filter(|l| l.1 == 0.0);
    let is_clear = real().all(|l| (l.0 - 1.0).abs() > NO_SIGN + NO_SIGN_PART * largest);
    let beyond = real().filter(|l| l.0 > 1.0).count();
    (is_clear && all.len() + usize::from(is_quiet) == x.len()).then_some(if beyond % 2 == 0 { 1 } else { -1 })
}

/// Rank one: starts on the curves kappa = F(kappa, Delta), for Delta from its bound down by halves. They pass through every solution,
/// those too that the variance leaves when it follows kappa.
pub(super) fn on_the_curve(leads: &Leads<'_>) -> Vec<Vec<f64>> {
    let neurons = leads.neurons;
    let widest = neurons.kappa_bound(0, neurons.bound());
    let top = (neurons.g * neurons.bound()).powi(2).min(neurons.largest_variance());
    let mut starts = Vec::new();
    for level in 0..=LEVELS {
        let individual = top * 0.5_f64.powi(level);
        let rest = |kappa: f64| leads.evaluate(&[kappa, individual]).map(|at| kappa - at.image[0]);
        let mut before: Option<(f64, f64)> = None;
        for kappa in sign_grid(widest) {
            let Some(here) = rest(kappa) else { continue };
            if let Some((last, left)) = before
                && (left > 0.0) != (here > 0.0)
            {
                let (mut low, mut high) = (last, kappa);
                for _ in 0..BISECTIONS {
                    let middle = 0.5 * (low + high);
                    let Some(there) = rest(middle) else { break };
                    if (there > 0.0) == (left > 0.0) { low = middle } else { high = middle }
                }
                starts.push(vec![low, individual]);
            }
            before = Some((kappa, here));
        }
    }
    starts
}
