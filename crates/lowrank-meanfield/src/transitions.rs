//! Transitions along g: where chaos sets in, and where structured chaos ends (docs/theory.md section 7).

use faer::Mat;
use lowrank_model::Model;
use serde::Serialize;

use crate::averages::Averages;
use crate::chaotic::chaotic_solutions;
use crate::root::bracketed_root;
use crate::stationary::SMALLEST_KAPPA;
use crate::{MeanFieldError, Stationary, stationary_branches};

/// Where a transition lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Transition {
    /// Random strength g.
    pub g: f64,
    /// What should vanish there, at this g.
    pub residual: f64,
    /// Steps of the root finder.
    pub iterations: u64,
}

/// A residual that counts as a transition; a jump across zero leaves more.
const TRANSITION_LIMIT: f64 = 1e-9;

/// The root of `f` in g, if `f` passes through zero there.
fn transition(
    what: &'static str,
    bracket: (f64, f64),
    f: impl Fn(f64) -> Result<f64, MeanFieldError>,
) -> Result<Transition, MeanFieldError> {
    let root = bracketed_root(what, bracket, 0.0, &f)?;
    let residual = f(root.x)?;
    if residual.abs() <= TRANSITION_LIMIT {
        Ok(Transition { g: root.x, residual, iterations: root.iterations })
    } else {
        Err(MeanFieldError::Jump { what, g: root.x, value: residual })
    }
}

/// The g in `bracket` at which rho = 1 (T9) on the stationary branch of largest kappa_1.
///
/// # Errors
/// rho - 1 has the same sign at both ends of the bracket, or jumps across zero (at a fold); a stationary problem without solution.
pub fn onset_of_chaos(model: &Model, bracket: (f64, f64)) -> Result<Transition, MeanFieldError> {
    transition("rho - 1", bracket, |g| {
        let branches = stationary_branches(&model.with_g(g)?)?;
        // Of several with that kappa (the quiet state and what bifurcates from it) the least stable one counts.
        let kappa = |b: &Stationary| b.order.kappa.first().copied().unwrap_or(0.0);
        let top = branches.iter().map(kappa).fold(f64::NEG_INFINITY, f64::max);
        let highest = branches.iter().filter(|b| top - kappa(b) < SMALLEST_KAPPA);
        Ok(highest.map(|b| b.rho - 1.0).fold(f64::NEG_INFINITY, f64::max))
    })
}

/// The g in `bracket` at which the central chaotic solution loses its zero mean: the largest real eigenvalue of
/// (M_n M_m + S_nm) \<phi'> is one there.
///
/// # Errors
/// An input or an even transfer function, which leave no central solution; no central chaotic solution at some g of
/// the bracket; no sign change over it.
pub fn end_of_structured_chaos(model: &Model, bracket: (f64, f64)) -> Result<Transition, MeanFieldError> {
    const WHAT: &str = "the end of structured chaos";
    if !model.transfer().is_odd() || model.rank() == 0 || model.input().last().iter().any(|a| *a != 0.0) {
        let found = format!("{}, rank {}, inputs {:?}", model.transfer(), model.rank(), model.input().last());
        let needs = "an odd transfer function, no input, and rank >= 1";
        return Err(MeanFieldError::WrongModel { what: WHAT, found, needs });
    }
    let rank = model.rank();
    // At kappa = 0 all neurons are alike, so that of any ensemble only the overlaps count.
    let moments = model.ensemble().moments()?;
    let overlaps =
        Mat::from_fn(rank, rank, |k, l| moments.mean()[rank + k] * moments.mean()[l] + moments.covariance(rank + k, l));
    let eigenvalues = overlaps.eigenvalues().unwrap_or_default();
    let overlap = eigenvalues.iter().filter(|l| l.im == 0.0).fold(f64::NEG_INFINITY, |a, l| a.max(l.re));
    transition("overlap <phi'> - 1", bracket, |g| {
        let solutions = chaotic_solutions(&model.with_g(g)?)?;
        let central = solutions.iter().find(|c| c.order.kappa.iter().all(|k| k.abs() < 1e-9));
        let Some(central) = central else {
            let found = format!("g = {g}, where there is no central chaotic solution");
            return Err(MeanFieldError::WrongModel { what: WHAT, found, needs: "a bracket inside the chaotic phase" });
        };
        Ok(overlap * Averages::at(model.transfer(), 0.0, central.order.delta_0).d1 - 1.0)
    })
}
