//! Stationary solutions (T6-T8) for any rank: kappa and the individual variance, all branches.
//!
//! The unknowns are (kappa_1..R, delta_0_individual). Newton with the exact Jacobian (d\<f>/dmu = \<f'>,
//! d\<f>/dD = \<f''> / 2) runs from many starts that cover the region where solutions can lie; what it finds is merged.
//! Given vectors start from the branches of the Gaussian ensemble with the same moments besides.

use faer::Mat;
use lowrank_model::{Ensemble, Model, ModelError, OrderParameters};
use serde::Serialize;

use crate::MeanFieldError;
use crate::averages::{Averages, LARGEST_VARIANCE};
use crate::neurons::Neurons;
use crate::newton::{Evaluation, Outcome, RESIDUAL_GOAL, RESIDUAL_LIMIT, fixed_point};
use crate::stability::radius_at;

/// Quasi-random starts a dimension (rank + 1), besides the corners of the region.
const STARTS_PER_DIMENSION: usize = 48;
/// The same for given vectors, where an evaluation costs as much as there are neurons.
const FEWER_STARTS_PER_DIMENSION: usize = 8;
/// Two solutions closer than this (relative to max(1, |x|)) are one; folds split branches faster than this.
pub(crate) const MERGE_DISTANCE: f64 = 1e-6;
/// Smaller kappa are the zeros of the central branch but for rounding, where x -> -x is a symmetry.
pub(crate) const SMALLEST_KAPPA: f64 = 1e-9;
/// Intervals of the grid on which kappa is searched for sign changes.
const SIGN_GRID: usize = 64;
/// Iterations in which the variance follows kappa from one grid point to the next.
const FOLLOWING_ITERATIONS: usize = 3;
/// Plain iterations x <- F(x) before Newton, which lead to stable branches from afar.
const PLAIN_ITERATIONS: usize = 12;

/// One stationary solution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stationary {
    /// kappa, mu, variances, moments of r; `delta_inf` = `delta_0`.
    pub order: OrderParameters,
    /// Bulk radius rho (T9).
    pub rho: f64,
    /// Largest residual of T7, T8, relative to max(1, |unknown|).
    pub residual: f64,
    /// Newton iterations from the start that led here.
    pub iterations: usize,
}

/// All stationary solutions of a model, at the amplitudes its inputs have after their last change; in decreasing
/// order of kappa, then of variance. They do not depend on the variant.
///
/// # Errors
/// No solution with residual <= 1e-10; an input with white noise.
pub fn stationary_branches(model: &Model) -> Result<Vec<Stationary>, MeanFieldError> {
    let neurons = Neurons::new(model)?;
    let quasi_random = match model.ensemble() {
        Ensemble::Gaussian(_) | Ensemble::Mixture(_) => STARTS_PER_DIMENSION,
        Ensemble::Empirical(_) => FEWER_STARTS_PER_DIMENSION,
    };
    let mut starts = starting_points(&neurons, quasi_random);
    if let Ensemble::Empirical(given) = model.ensemble() {
        let alike = stationary_branches(&model.with_ensemble(given.moments()?)?);
        starts.extend(alike.iter().flatten().map(|s| unknowns(&s.order)));
    }
    let count = starts.len();
    let mut outcomes: Vec<Outcome> =
        starts.into_iter().map(|start| solve(&neurons, plain_iterations(&neurons, start))).collect();
    if neurons.rank == 1 {
        outcomes.extend(sign_changes(&neurons).into_iter().map(|start| solve(&neurons, start)));
    }
    let best = outcomes.iter().fold(f64::INFINITY, |best, o| best.min(o.residual));
    let mut found: Vec<Outcome> = Vec::new();
    for outcome in outcomes.into_iter().filter(Outcome::is_solution) {
        match found.iter_mut().find(|f| distance(&f.x, &outcome.x) < MERGE_DISTANCE) {
            Some(same) if same.residual > outcome.residual => *same = outcome,
            Some(_) => {}
            None => found.push(outcome),
        }
    }
    if found.is_empty() {
        let what = "stationary solution";
        return Err(MeanFieldError::NoSolution { what, starts: count, residual: best, limit: RESIDUAL_LIMIT });
    }
    found.sort_by(|a, b| compare(&b.x, &a.x));
    Ok(found.into_iter().map(|outcome| describe(&neurons, outcome)).collect())
}

/// The one stationary solution that Newton reaches from given order parameters: what an ensemble predicts, refined for
/// one network's own vectors.
///
/// # Errors
/// No solution with residual <= 1e-10 from there; an input with white noise; not one kappa an outer product.
pub fn stationary_from(model: &Model, start: &OrderParameters) -> Result<Stationary, MeanFieldError> {
    let neurons = Neurons::new(model)?;
    check_rank(start, neurons.rank)?;
    let outcome = solve(&neurons, unknowns(start));
    if outcome.is_solution() {
        Ok(describe(&neurons, outcome))
    } else {
        let (what, residual) = ("stationary solution", outcome.residual);
        Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT })
    }
}

/// Refuses a start with another number of kappa than there are outer products.
pub(crate) fn check_rank(start: &OrderParameters, rank: usize) -> Result<(), MeanFieldError> {
    let (found, expected) = (start.kappa.len(), rank);
    if found == expected {
        return Ok(());
    }
    let (field, mend) = ("kappa of the start".to_owned(), "give one an outer product");
    Err(ModelError::Length { field, found, expected, mend }.into())
}

/// kappa and delta_0_individual as the solver's unknowns.
fn unknowns(order: &OrderParameters) -> Vec<f64> {
    order.kappa.iter().copied().chain([order.delta_0_individual]).collect()
}

fn solve(neurons: &Neurons, start: Vec<f64>) -> Outcome {
    let rank = neurons.rank;
    let admissible = |x: &[f64]| x.iter().all(|v| v.is_finite()) && x[rank] >= 0.0;
    fixed_point(start, RESIDUAL_GOAL, admissible, |x| evaluate(neurons, x))
}

/// x <- F(x) a few times, towards a stable branch; the quiet state stays where it is.
fn plain_iterations(neurons: &Neurons, mut x: Vec<f64>) -> Vec<f64> {
    for _ in 0..PLAIN_ITERATIONS {
        match evaluate(neurons, &x) {
            Some(at) if x[neurons.rank] != 0.0 => x = at.image,
            _ => break,
        }
    }
    x
}

/// Rank one: starts where kappa - F(kappa) changes sign on a grid, the variance following kappa. They find the
/// unstable branches between stable ones, however steep.
fn sign_changes(neurons: &Neurons) -> Vec<Vec<f64>> {
    let widest = neurons.kappa_bound(0, neurons.bound());
    let mut starts = Vec::new();
    let (mut before, mut individual) = (None, (0.5 * neurons.g).powi(2));
    for i in 0..=SIGN_GRID {
        let kappa = widest * (2.0 * i as f64 / SIGN_GRID as f64 - 1.0);
        for _ in 0..FOLLOWING_ITERATIONS {
            individual = evaluate(neurons, &[kappa, individual]).map_or(individual, |at| at.image[1]);
        }
        let Some(at) = evaluate(neurons, &[kappa, individual]) else { continue };
        let rest = kappa - at.image[0];
        if let Some((last_kappa, last_rest)) = before
            && (last_rest > 0.0) != (rest > 0.0)
        {
            starts.push(vec![last_kappa + last_rest / (last_rest - rest) * (kappa - last_kappa), individual]);
        }
        before = Some((kappa, rest));
    }
    starts
}

/// The right sides of T8 and of delta_0_individual = g^2 \<phi^2>, with their derivatives; none where an average cannot be
/// taken or is no number.
pub(crate) fn evaluate(neurons: &Neurons, x: &[f64]) -> Option<Evaluation> {
    let rank = neurons.rank;
    let (kappa, individual) = (&x[..rank], x[rank]);
    let g_squared = neurons.g * neurons.g;
    let mut image = vec![0.0; rank + 1];
    let mut jacobian = Mat::zeros(rank + 1, rank + 1);
    for d in neurons.drives(kappa) {
        let a = Averages::new(neurons.transfer, d.mu, individual + d.s_squared).ok()?;
        let square_slope = a.d1_sq + a.phi_d2;
        for k in 0..rank {
            image[k] += d.weight * (d.n[k] * a.phi + d.n_u[k] * a.d1);
            for l in 0..rank {
                let overlap = d.n_m.get(k * rank + l).copied().unwrap_or(0.0);
                let by_kappa = d.n[k] * (d.m[l] * a.d1 + d.m_u[l] * a.d2)
                    + d.n_u[k] * (d.m[l] * a.d2 + d.m_u[l] * a.d3)
                    + overlap * a.d1;
                jacobian[(k, l)] += d.weight * by_kappa;
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
    image.iter().all(|v| v.is_finite()).then_some(Evaluation { image, jacobian })
}

/// Starts that cover |kappa_k| <= bound sqrt(\<n_k^2>), 0 <= delta <= g^2 bound^2: the quiet state, a grid on the
/// axes of kappa, and Halton points. Where phi is unbounded, variances rise by steps of sqrt(10) and kappa with them.
fn starting_points(neurons: &Neurons, quasi_random: usize) -> Vec<Vec<f64>> {
    let rank = neurons.rank;
    let bound = neurons.bound();
    let widest: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, bound)).collect();
    let top = (neurons.g * bound).powi(2).min(LARGEST_VARIANCE);
    let mut starts = vec![vec![0.0; rank + 1]];
    for level in [1e-4, 0.02, 0.1, 0.3, 0.6, 1.0] {
        let mut quiet = vec![0.0; rank + 1];
        quiet[rank] = level * top;
        starts.push(quiet.clone());
        for k in 0..rank {
            for part in [-0.9, -0.5, -0.2, -0.05, 0.05, 0.2, 0.5, 0.9] {
                let mut start = quiet.clone();
                start[k] = part * widest[k];
                starts.push(start);
            }
        }
    }
    if neurons.transfer.bound().is_none() {
        let levels =
            std::iter::successors(Some(1e-2), |l| Some(l * 10.0_f64.sqrt())).take_while(|l| *l <= LARGEST_VARIANCE);
        for level in levels {
            let mut quiet = vec![0.0; rank + 1];
            quiet[rank] = level;
            starts.push(quiet.clone());
            for k in 0..rank {
                for part in [-0.7, -0.2, 0.2, 0.7] {
                    let mut start = quiet.clone();
                    start[k] = part * neurons.kappa_bound(k, level.sqrt());
                    starts.push(start);
                }
            }
        }
    }
    for i in 1..=quasi_random * (rank + 1) {
        let mut start: Vec<f64> = (0..rank).map(|k| widest[k] * (2.0 * halton(i, k + 1) - 1.0)).collect();
        start.push(top * halton(i, 0).powi(2));
        starts.push(start);
    }
    starts
}

/// The i-th Halton number in the base of the given dimension.
pub(crate) fn halton(mut i: usize, dimension: usize) -> f64 {
    const PRIMES: [usize; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let base = PRIMES[dimension % PRIMES.len()];
    let (mut value, mut scale) = (0.0, 1.0);
    while i > 0 {
        scale /= base as f64;
        value += scale * (i % base) as f64;
        i /= base;
    }
    value
}

pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs() / x.abs().max(1.0)).fold(0.0, f64::max)
}

/// Lexicographic, values closer than the merge distance counting as equal.
pub(crate) fn compare(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    let differing = a.iter().zip(b).find(|(x, y)| (*x - *y).abs() > MERGE_DISTANCE);
    differing.map_or(std::cmp::Ordering::Equal, |(x, y)| x.total_cmp(y))
}

fn describe(neurons: &Neurons, outcome: Outcome) -> Stationary {
    let rank = neurons.rank;
    let (mut kappa, individual) = (outcome.x[..rank].to_vec(), outcome.x[rank]);
    if neurons.is_symmetric() && kappa.iter().all(|k| k.abs() < SMALLEST_KAPPA) {
        kappa.fill(0.0);
    }
    let (mu, from_drive) = neurons.mean_and_drive_variance(&kappa);
    let (mut r_mean, mut r_second_moment) = (0.0, 0.0);
    for d in neurons.drives(&kappa) {
        let a = Averages::at(neurons.transfer, d.mu, individual + d.s_squared);
        r_mean += d.weight * a.phi;
        r_second_moment += d.weight * a.phi_sq;
    }
    let rho = radius_at(neurons, &kappa, individual);
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
    Stationary { order, rho, residual: outcome.residual, iterations: outcome.iterations }
}
