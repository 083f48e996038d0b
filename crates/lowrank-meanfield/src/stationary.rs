//! Stationary solutions (T6-T8) for any rank: kappa and the individual variance, with their stability (T9-T11).
//!
//! The unknowns are (kappa_1..R, delta_0_individual), solved by Newton with the exact Jacobian (d\<f>/dmu = \<f'>,
//! d\<f>/dD = \<f''> / 2), which is the matrix of (T10) besides. `branches.rs` finds all solutions.

use faer::Mat;
use lowrank_model::{Model, ModelError, OrderParameters, Transfer};
use serde::Serialize;

use crate::MeanFieldError;
use crate::averages::{Averages, check};
pub(crate) use crate::branches::{halton, stationary_branches};
use crate::cone::spectrum_at_kink;
use crate::neurons::{Drive, Neurons};
use crate::newton::{Evaluation, Outcome, RESIDUAL_GOAL, RESIDUAL_LIMIT, fixed_point, settled, sharpened};
use crate::stability::{Spectrum, Stability, bulk_radius, eigenvalues, spectrum};
use crate::units::Units;

/// Two solutions closer than this (relative to max(1, |x|)) are one; folds split branches faster than this. Here and wherever
/// kappa is compared with a number, it is in units in which m has the size one (`units.rs`).
pub(crate) const MERGE_DISTANCE: f64 = 1e-6;
/// A step of Newton, relative to max(1, |x|), that shows a root to rounding.
const STEEP_LIMIT: f64 = 1e-13;
/// Smaller kappa are the zeros of the central branch but for rounding, where x -> -x is a symmetry.
pub(crate) const SMALLEST_KAPPA: f64 = 1e-9;

/// A continuous family of solutions, of which one is listed: a ring where rank two is isotropic, a sphere where rank three is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Family {
    /// Number of directions along which nothing changes but kappa (eigenvalues one of T10, or of T32's matrix): 1 on a ring, 2 on a sphere.
    pub dimension: usize,
    /// The smallest root of sum_k kappa_k^2 among the solutions of the family that were met. On a circle it is the radius; where
    /// the sizes of the m differ, half the shorter axis of an ellipse.
    pub smallest_radius: f64,
    /// The largest one.
    pub largest_radius: f64,
}

impl Family {
    /// The family of which these kappa were met.
    pub(crate) fn of<'a>(dimension: usize, kappas: impl Iterator<Item = &'a [f64]>) -> Self {
        let radii = kappas.map(|kappa| kappa.iter().map(|k| k * k).sum::<f64>().sqrt());
        let none = Self { dimension, smallest_radius: f64::INFINITY, largest_radius: 0.0 };
        radii.fold(none, |family, radius| Self {
            dimension,
            smallest_radius: family.smallest_radius.min(radius),
            largest_radius: family.largest_radius.max(radius),
        })
    }
}

/// One stationary solution.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Stationary {
    /// kappa, mu, variances, moments of r; `delta_inf` = `delta_0`.
    pub order: OrderParameters,
    /// Bulk radius rho (T9).
    pub rho: f64,
    /// Outliers (re, im) of the stability matrix (T10), those of modulus > rho alone, in decreasing real part.
    pub outliers: Vec<(f64, f64)>,
    /// Largest real part of the Jacobian's eigenvalues (T11) in the model's variant, in inverse units of time.
    pub growth_rate: f64,
    /// Whether that is positive, and what it comes from.
    pub stability: Stability,
    /// Largest residual of T7, T8, relative to max(1, |unknown|), kappa in units in which m has the size one. Where overlaps are so
    /// large that the rounding of kappa leaves more than 1e-10, the distance to the root in the same measure.
    pub residual: f64,
    /// Newton iterations from the start that led here.
    pub iterations: usize,
    /// The continuous family that the solution stands for, if it is one of a continuum.
    pub family: Option<Family>,
}

/// The one stationary solution that Newton reaches from given order parameters: what an ensemble predicts, refined for
/// one network's own vectors.
///
/// # Errors
/// No solution with residual <= 1e-10 from there; white noise; not one kappa an outer product.
pub fn stationary_from(model: &Model, start: &OrderParameters) -> Result<Stationary, MeanFieldError> {
    let units = Units::with_drive(model);
    let neurons = neurons_at_rest(&units.model(model)).map_err(|error| units.error_back(error))?;
    check_rank(start, neurons.rank)?;
    let outcome = solve(&neurons, unknowns(&units.order(start)));
    if outcome.is_solution() {
        Ok(units.stationary_back(describe(&neurons, outcome)))
    } else {
        let (what, residual) = ("stationary solution", outcome.residual);
        Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT })
    }
}

/// Refuses a start with another number of kappa than there are outer products.
pub(crate) fn check_rank(start: &OrderParameters, rank: usize) -> Result<(), MeanFieldError> {
    check_kappa(&start.kappa, rank)
}

/// Refuses another number of kappa than there are outer products.
pub(crate) fn check_kappa(kappa: &[f64], rank: usize) -> Result<(), MeanFieldError> {
    let (found, expected) = (kappa.len(), rank);
    if found == expected {
        return Ok(());
    }
    let (field, mend) = ("kappa of the start".to_owned(), "give one an outer product");
    Err(ModelError::Length { field, found, expected, mend }.into())
}

/// The neurons of a model that can have a stationary solution: without white noise of any kind.
pub(crate) fn neurons_at_rest(model: &Model) -> Result<Neurons, MeanFieldError> {
    let sigma = model.noise();
    if sigma > 0.0 { Err(MeanFieldError::NoStationaryState { sigma }) } else { Neurons::new(model) }
}

/// kappa and delta_0_individual as the solver's unknowns.
pub(crate) fn unknowns(order: &OrderParameters) -> Vec<f64> {
    order.kappa.iter().copied().chain([order.delta_0_individual]).collect()
}

/// Whether an iterate may be evaluated.
pub(crate) fn admissible(x: &[f64]) -> bool {
    x.iter().all(|v| v.is_finite()) && x.last().is_some_and(|delta| *delta >= 0.0)
}

pub(crate) fn solve(neurons: &Neurons, start: Vec<f64>) -> Outcome {
    let exact = |x: &[f64]| evaluate(neurons, Averages::at, x);
    let mut outcome = fixed_point(start, RESIDUAL_GOAL, admissible, exact);
    if neurons.transfer.bound().is_some() {
        outcome = settled(outcome, STEEP_LIMIT, admissible, exact);
    }
    let rank = neurons.rank;
    if outcome.is_solution() && neurons.is_weak(&outcome.x[..rank], outcome.x[rank]) {
        let scales = |x: &[f64]| {
            let square = neurons.square_size(&x[..rank], x[rank]);
            let sizes: Vec<f64> = (0..=rank).map(|k| if k < rank { square.sqrt() } else { square }).collect();
            [sizes.clone(), sizes]
        };
        // Where inhibition cancels most of a drive, linear steps lead to variances below zero.
        return sharpened(outcome, scales, |x| x[rank] = x[rank].max(0.0), admissible, exact);
    }
    outcome
}

/// The right sides of T8 and of delta_0_individual = g^2 \<phi^2>, with their derivatives, by exact or rough averages; none
/// where an average cannot be taken or is no number.
pub(crate) fn evaluate(
    neurons: &Neurons,
    averages: fn(Transfer, f64, f64) -> Averages,
    x: &[f64],
) -> Option<Evaluation> {
    let rank = neurons.rank;
    let (kappa, individual) = (&x[..rank], x[rank]);
    let g_squared = neurons.g * neurons.g;
    let mut image = vec![0.0; rank + 1];
    let mut jacobian = Mat::zeros(rank + 1, rank + 1);
    for d in neurons.drives(kappa) {
        check(neurons.transfer, d.mu, individual + d.s_squared).ok()?;
        let a = averages(neurons.transfer, d.mu, individual + d.s_squared);
        let square_slope = a.d1_sq + a.phi_d2;
        for k in 0..rank {
            image[k] += d.weight * (d.n[k] * a.phi + d.n_u[k] * a.d1);
            for l in 0..rank {
                jacobian[(k, l)] += d.weight * by_kappa(&d, &a, k, l);
            }
            jacobian[(k, rank)] += 0.5 * d.weight * (d.n[k] * a.d2 + d.n_u[k] * a.d3);
        }
        image[rank] += d.weight * g_squared * a.phi_sq;
        for l in 0..rank {
            let by_kappa = 2.0 * (d.m[l] * a.phi_d1 + d.m_u[l] * square_slope);
            jacobian[(rank, l)] += d.weight * g_squared * by_kappa;
        }
        jacobian[(rank, rank)] += d.weight * g_squared * square_slope;
    }
    if neurons.is_symmetric() && kappa.iter().all(|k| *k == 0.0) {
        // By symmetry, where large overlaps multiply what rounding leaves of it.
        image[..rank].fill(0.0);
        (0..rank).for_each(|k| jacobian[(k, rank)] = 0.0);
    }
    image.iter().all(|v| v.is_finite()).then_some(Evaluation { image, jacobian })
}

/// What \<n_k phi(x)> of one class gains with kappa_l.
pub(crate) fn by_kappa(d: &Drive<'_>, a: &Averages, k: usize, l: usize) -> f64 {
    let overlap = d.n_m.get(k * d.m.len() + l).copied().unwrap_or(0.0);
    d.n[k] * (d.m[l] * a.d1 + d.m_u[l] * a.d2) + d.n_u[k] * (d.m[l] * a.d2 + d.m_u[l] * a.d3) + overlap * a.d1
}

pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs() / x.abs().max(1.0)).fold(0.0, f64::max)
}

/// Lexicographic by values in steps of the merge distance, and then by the values: a total order, in which rounding alone seldom tells.
pub(crate) fn compare(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    let steps = |v: f64| (v / MERGE_DISTANCE).round() + 0.0;
    let by = |key: &dyn Fn(f64) -> f64| {
        let each = a.iter().zip(b).map(|(x, y)| key(*x).total_cmp(&key(*y)));
        each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    by(&steps).then(by(&|v| v))
}

/// Whether nothing is active: odd phi, no input, all unknowns zero.
pub(crate) fn is_quiet(neurons: &Neurons, x: &[f64]) -> bool {
    neurons.is_symmetric() && x.iter().all(|v| v.abs() < SMALLEST_KAPPA)
}

/// All eigenvalues of (T10) at a solution, with those inside the disc.
pub(crate) fn all_eigenvalues(neurons: &Neurons, x: &[f64]) -> Vec<(f64, f64)> {
    let at = evaluate(neurons, Averages::at, x);
    at.map(|at| eigenvalues(&at.jacobian, is_quiet(neurons, x))).unwrap_or_default()
}

pub(crate) fn describe(neurons: &Neurons, outcome: Outcome) -> Stationary {
    describe_with(neurons, outcome, None)
}

/// The same with a spectrum that is known.
pub(crate) fn describe_with(neurons: &Neurons, outcome: Outcome, known: Option<Spectrum>) -> Stationary {
    let rank = neurons.rank;
    let (mut kappa, individual) = (outcome.x[..rank].to_vec(), outcome.x[rank]);
    if neurons.is_symmetric() && kappa.iter().all(|k| k.abs() < SMALLEST_KAPPA) {
        kappa.fill(0.0);
    }
    let (mu, from_drive) = neurons.mean_and_drive_variance(&kappa);
    let (mut r_mean, mut r_second_moment, mut d1_sq) = (0.0, 0.0, 0.0);
    for d in neurons.drives(&kappa) {
        let a = Averages::at(neurons.transfer, d.mu, individual + d.s_squared);
        r_mean += d.weight * a.phi;
        r_second_moment += d.weight * a.phi_sq;
        d1_sq += d.weight * a.d1_sq;
    }
    let spectrum = known.or_else(|| spectrum_at_kink(neurons, &kappa, individual)).unwrap_or_else(|| {
        let all = all_eigenvalues(neurons, &outcome.x);
        spectrum(bulk_radius(neurons.g, d1_sq), all, neurons.variant)
    });
    let delta_0 = individual + from_drive;
    let order = OrderParameters {
        kappa,
        mu,
        delta_0,
        delta_0_individual: individual,
        delta_inf: delta_0,
        delta_t: 0.0,
        r_mean,
        r_second_moment,
        r_temporal_variance: 0.0,
    };
    Stationary {
        order,
        rho: spectrum.rho,
        outliers: spectrum.outliers,
        growth_rate: spectrum.growth_rate,
        stability: spectrum.stability,
        residual: outcome.residual,
        iterations: outcome.iterations,
        family: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowrank_model::Vector::{I, M, N};
    use lowrank_model::{Input, Layout, Moments, Variant};

    /// The matrix of (T10) against differences of (T7), (T8), at points that are no solutions.
    #[test]
    fn the_jacobian_is_that_of_the_equations() {
        let mut moments = Moments::new(Layout::rank(2).with_inputs(1)).mean(I(0), 0.4).variance(I(0), 0.7);
        for k in 0..2 {
            let sign = 1.0 - 2.0 * k as f64;
            moments = moments.mean(M(k), 0.6 * sign).mean(N(k), 0.8).variance(M(k), 1.2).variance(N(k), 1.5);
            moments =
                moments.covariance(M(k), N(k), 0.5).covariance(N(k), I(0), 0.3 * sign).covariance(M(k), I(0), 0.2);
        }
        let ensemble = moments.covariance(M(0), N(1), 0.4).covariance(M(1), N(0), -0.4).build().unwrap();
        for transfer in Transfer::ALL {
            let input = Input::constant(&[1.1]).unwrap();
            let model = Model::new(1.3, transfer, Variant::Current, ensemble.clone(), input).unwrap();
            let neurons = neurons_at_rest(&model).unwrap();
            let (x, step) = (vec![0.4, -0.7, 1.9], 1e-4);
            let exact = evaluate(&neurons, Averages::at, &x).unwrap().jacobian;
            for l in 0..3 {
                let moved = |by: f64| {
                    let mut x = x.clone();
                    x[l] += by;
                    evaluate(&neurons, Averages::at, &x).unwrap().image
                };
                let (up, down) = (moved(step), moved(-step));
                for k in 0..3 {
                    let slope = (up[k] - down[k]) / (2.0 * step);
                    assert!((slope - exact[(k, l)]).abs() < 1e-7, "{transfer} {k} {l}: {slope} {}", exact[(k, l)]);
                }
            }
        }
    }
}
