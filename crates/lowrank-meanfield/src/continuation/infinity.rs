//! The value of the parameter at which a branch runs to infinity.
//!
//! A branch of threshold-linear networks whose activity has no bound ends where the largest eigenvalue of (T29) reaches one: there the size A of
//! its activity diverges like a power of the distance, p = p_0 - c A^(-1/b). Three points at evenly spaced log A are a geometric
//! sequence in p, whose limit Aitken's formula gives exactly.

use super::{BranchEnd, BranchPoint, Event, EventKind};

/// Ratio of the sizes of two of the points.
const RATIO: f64 = 2.0;
/// Ratio of two differences of the parameter up to which they are taken for those of a sequence that has a limit: it is one or more on a
/// branch that grows for as long as the parameter does, and below 0.8 for powers down to one third.
const CONVERGES: f64 = 0.9;

/// The event at an end of a branch that grows beyond what is followed, if it does so towards a finite value of the parameter. `outwards`
/// are its points, the last one first.
pub(super) fn at_infinity<'a>(
    end: BranchEnd,
    outwards: impl Iterator<Item = &'a BranchPoint> + Clone,
) -> Option<Event> {
    if end != BranchEnd::Unbounded {
        return None;
    }
    let size = |point: &BranchPoint| 0.5 * (point.solution.order.mu.powi(2) + point.solution.order.delta_0).ln();
    let last = outwards.clone().next()?;
    let log_size = size(last);
    // The parameter where the size is smaller by this factor.
    let at = |log_ratio: f64| {
        let target = log_size - log_ratio;
        let pair = outwards.clone().zip(outwards.clone().skip(1)).find(|(_, inner)| size(inner) <= target)?;
        let (outer, inner) = (size(pair.0), size(pair.1));
        let part = if outer == inner { 0.0 } else { (target - inner) / (outer - inner) };
        Some(pair.1.parameter + part * (pair.0.parameter - pair.1.parameter))
    };
    let (middle, first) = (at(RATIO.ln())?, at(2.0 * RATIO.ln())?);
    let (before, after) = (middle - first, last.parameter - middle);
    let ratio = after / before;
    if !(ratio > 0.0 && ratio < CONVERGES) {
        return None;
    }
    let beyond = after * ratio / (1.0 - ratio);
    let (parameter, solution) = (last.parameter + beyond, last.solution.clone());
    Some(Event { kind: EventKind::Infinity, parameter, solution, residual: beyond })
}
