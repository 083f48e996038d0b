//! Transitions along g: where chaos sets in, and where structured chaos ends (docs/theory.md section 7).

use faer::Mat;
use lowrank_model::{Gaussian, Input, Model, Transfer};
use serde::Serialize;

use crate::averages::Averages;
use crate::chaotic::chaotic_solutions;
use crate::continuation::Curve;
use crate::diagram::known;
use crate::neurons::Neurons;
use crate::root::bracketed_root;
use crate::stationary::{SMALLEST_KAPPA, distance, unknowns};
use crate::units::Units;
use crate::{Branch, EventKind, MeanFieldError, Stationary, continue_branch, growth_rate, stationary_branches};

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
/// Drives that agree to this part are equal: mirror images are, but for rounding.
const SAME_DRIVE: f64 = 1e-9;

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

/// A branch that becomes chaotic along g.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Onset {
    /// Random strength g.
    pub g: f64,
    /// kappa of the branch there, `[R]`; of two mirror images under x -> -x the one whose first kappa above rounding is positive.
    pub kappa: Vec<f64>,
    /// rho - 1 there.
    pub residual: f64,
}

/// Samples of g from which branches are followed.
const ONSET_SAMPLES: usize = 9;
/// Two onsets whose g and kappa agree to this are one: the accuracy of events on two mirrored branches.
const SAME_ONSET: f64 = 1e-6;
/// A growth rate of the outliers beyond this makes a branch unstable before it becomes chaotic.
const UNSTABLE_BEFORE: f64 = 1e-6;

/// Every g of `bracket` at which a stationary branch becomes chaotic: rho = 1 (T9) on a branch that no outlier (T10) makes
/// unstable there, in increasing order of g. The result does not depend on how the outer products are numbered. Where a branch
/// ends in a fold before its rho is one, as the state jumps to chaos, it has no onset. A branch that lies between two of nine
/// evenly spaced values of g is missed.
///
/// # Errors
/// White noise; a bracket that is none; a branch that cannot be followed, even from one of these values to the next.
pub fn onsets_of_chaos(model: &Model, bracket: (f64, f64)) -> Result<Vec<Onset>, MeanFieldError> {
    let units = Units::with_drive(model);
    let mut found = onsets_in_units(&units.model(model), bracket).map_err(|error| units.error_back(error))?;
    found.iter_mut().for_each(|onset| units.kappa_back(&mut onset.kappa));
    Ok(found)
}

/// The same for vectors m of the size one.
fn onsets_in_units(model: &Model, bracket: (f64, f64)) -> Result<Vec<Onset>, MeanFieldError> {
    let family = |g: f64| model.with_g(g);
    let curve = Curve::new(&family, bracket)?;
    // Without input a homogeneous network rests or grows for ever (T29).
    let is_driven = model.noise() > 0.0 || model.input().last().iter().chain(model.input().noise()).any(|a| *a != 0.0);
    if model.transfer() == Transfer::ThresholdLinear && !is_driven {
        return Ok(Vec::new());
    }
    let value = |i: usize| curve.parameter((i.min(ONSET_SAMPLES - 1)) as f64 / (ONSET_SAMPLES - 1) as f64);
    let mut branches: Vec<Branch> = Vec::new();
    for i in 0..ONSET_SAMPLES {
        let g = value(i);
        let solutions = match stationary_branches(&family(g)?) {
            Ok(found) => found,
            Err(MeanFieldError::NoSolution { .. }) => continue,
            Err(error) => return Err(error),
        };
        for solution in solutions.iter().filter(|s| outliers_decay(s, model) && !runs_away(s, model)) {
            let x = unknowns(&solution.order);
            if !known(&curve, &branches, g, &x)? {
                // The far parts of a branch may be out of reach.
                let near = (value(i.saturating_sub(1)), value(i + 1));
                let whole = curve.branch_from(g, x);
                branches.push(whole.or_else(|_| continue_branch(family, near, (g, &solution.order)))?);
            }
        }
    }
    let mut found: Vec<Onset> = Vec::new();
    let events = branches.iter().flat_map(|b| &b.events).filter(|e| e.kind == EventKind::BulkInstability);
    for event in events.filter(|e| outliers_decay(&e.solution, model) && !runs_away(&e.solution, model)) {
        let mut kappa = event.solution.order.kappa.clone();
        let symmetric = Neurons::new(&family(event.parameter)?)?.is_symmetric();
        if symmetric && kappa.iter().find(|k| k.abs() > SMALLEST_KAPPA).is_some_and(|k| *k < 0.0) {
            kappa.iter_mut().for_each(|k| *k = -*k);
        }
        let same = |o: &Onset| (o.g - event.parameter).abs() < SAME_ONSET && distance(&o.kappa, &kappa) < SAME_ONSET;
        if !found.iter().any(same) {
            found.push(Onset { g: event.parameter, kappa, residual: event.residual });
        }
    }
    found.sort_by(|a, b| a.g.total_cmp(&b.g));
    Ok(found)
}

/// Whether a solution lies at rest at a kink of phi: what grows from there grows for ever, and becomes no chaos (T29).
fn runs_away(solution: &Stationary, model: &Model) -> bool {
    model.transfer().bound().is_none() && solution.order.delta_0 == 0.0
}

/// Whether no outlier makes a solution unstable.
fn outliers_decay(solution: &Stationary, model: &Model) -> bool {
    solution.outliers.iter().all(|lambda| growth_rate(*lambda, model.variant()) <= UNSTABLE_BEFORE)
}

/// The g in `bracket` at which rho = 1 (T9) on the stationary branch with the strongest drive, \<u^2>: neither the numbers of
/// the outer products nor their scales change which one that is.
///
/// # Errors
/// rho - 1 has the same sign at both ends of the bracket, or jumps across zero (at a fold); a stationary problem without solution.
pub fn onset_of_chaos(model: &Model, bracket: (f64, f64)) -> Result<Transition, MeanFieldError> {
    transition("rho - 1", bracket, |g| {
        let branches = stationary_branches(&model.with_g(g)?)?;
        // Of several with that drive (the quiet state and what bifurcates from it) the least stable one counts.
        let drive = |b: &Stationary| b.order.delta_0 - b.order.delta_0_individual + b.order.mu.powi(2);
        let top = branches.iter().map(drive).fold(f64::NEG_INFINITY, f64::max);
        let highest = branches.iter().filter(|b| top - drive(b) <= SAME_DRIVE * top.max(SMALLEST_KAPPA));
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
    let overlap = largest_overlap(model)?;
    transition("overlap <phi'> - 1", bracket, |g| {
        let Some(delta_0) = central_delta_0(&model.with_g(g)?)? else {
            let found = format!("g = {g}, where there is no central chaotic solution");
            return Err(MeanFieldError::WrongModel { what: WHAT, found, needs: "a bracket inside the chaotic phase" });
        };
        Ok(overlap * Averages::at(model.transfer(), 0.0, delta_0).d1 - 1.0)
    })
}

/// The largest real eigenvalue of M_n M_m + S_nm. At kappa = 0 all neurons are alike, so that of any ensemble only the overlaps
/// count.
fn largest_overlap(model: &Model) -> Result<f64, MeanFieldError> {
    let rank = model.rank();
    let moments = Units::of(model).model(model).ensemble().moments()?;
    let overlaps =
        Mat::from_fn(rank, rank, |k, l| moments.mean()[rank + k] * moments.mean()[l] + moments.covariance(rank + k, l));
    let eigenvalues = overlaps.eigenvalues().unwrap_or_default();
    Ok(eigenvalues.iter().filter(|l| l.im == 0.0).fold(f64::NEG_INFINITY, |a, l| a.max(l.re)))
}

/// Delta_0 of the central chaotic solution of an odd model without input, where there is one: at kappa = 0 it is that of the
/// network without structure, whose solution is found by itself, however close a branch with structure is.
fn central_delta_0(model: &Model) -> Result<Option<f64>, MeanFieldError> {
    let alone = Model::new(model.g(), model.transfer(), model.variant(), Gaussian::unstructured(), Input::none())?;
    Ok(chaotic_solutions(&alone.with_noise(model.noise())?)?.first().map(|c| c.order.delta_0))
}
