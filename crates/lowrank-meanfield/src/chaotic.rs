//! Chaotic solutions (T13, T14) with kappa (T8), for the current and the rate variant (T15).
//!
//! With delta = Delta_0 - Delta_inf, T13 minus delta times T14 is divisible by delta^2 and leaves
//!
//! ```text
//! g^2 int_{Delta_inf}^{Delta_0} (C_phi(c) - C_phi(Delta_inf)) dc / delta^2 = 1/2,
//! ```
//!
//! which no longer has the stationary solution delta = 0 as a root and loses no digits near onset, where it becomes
//! rho = 1 (T9). The unknowns are kappa and the individual variances (Delta_0 - s_u^2, Delta_inf - s_u^2). For given
//! kappa and Delta_0 this equation is monotone in Delta_inf; T14 is then scanned over Delta_0 for starts, and Newton
//! solves all equations together.

use faer::Mat;
use lowrank_model::{Ensemble, Model, OrderParameters, Variant};

use crate::averages::{Averages, LARGEST_VARIANCE};
use crate::neurons::{Drive, Neurons};
use crate::newton::{Evaluation, Outcome, RESIDUAL_GOAL, RESIDUAL_LIMIT, fixed_point};
use crate::root::bracketed_root;
use crate::stability::radius_at;
use crate::stationary::{MERGE_DISTANCE, SMALLEST_KAPPA, compare, distance, halton, stationary_branches};
use crate::{Autocovariance, MeanFieldError, PairAverage};

/// Grid of Delta_0 on which T14 is scanned for sign changes.
const SCAN: usize = 48;
/// Parts of each stationary kappa at which a scan is made.
const STATIONARY_PARTS: [f64; 2] = [1.0, 0.6];
/// Parts of the largest possible kappa_k at which a scan is made: a chaotic branch may outlive the stationary one it
/// came from (\[MO18\]'s ensemble: 2.136 against 2.06).
const BOUND_PARTS: [f64; 7] = [0.01, 0.03, 0.08, 0.16, 0.3, 0.5, 0.8];
/// Iterations that lower the bound of Delta_0.
const BOUND_ITERATIONS: usize = 20;
/// Quasi-random kappa a rank above one.
const QUASI_RANDOM: usize = 24;
/// Step of the forward differences, relative to max(1, |unknown|): the root of rounding.
const DIFFERENCE_STEP: f64 = 1e-7;
/// Residual to which rough solutions are brought, and with which they still count as leads: five digits less one.
const ROUGH_GOAL: f64 = 1e-6;
const ROUGH_LIMIT: f64 = 1e-4;
/// Leads closer than this are one; Newton tells apart what is left.
const ROUGH_DISTANCE: f64 = 1e-4;
/// Smaller temporal variances, relative to Delta_0, cannot be told from a stationary solution.
const SMALLEST_TEMPORAL_PART: f64 = 1e-9;

#[derive(Clone, Copy, PartialEq)]
enum Precision {
    Full,
    Rough,
}

/// One chaotic solution.
#[derive(Debug, Clone)]
pub struct Chaotic {
    /// All order parameters; moments of r are those of the model's variant.
    pub order: OrderParameters,
    /// g sqrt(\<phi'^2>) at this solution, above one.
    pub rho: f64,
    /// Largest residual of T8, T13, T14, relative to max(1, |unknown|).
    pub residual: f64,
    /// Newton iterations from the start that led here.
    pub iterations: usize,
    /// Delta(tau) (T12).
    pub autocovariance: Autocovariance,
}

/// All chaotic solutions of a model, in decreasing order of kappa; empty where there is none (rho <= 1 everywhere).
/// Inputs count at the amplitudes they have after their last change. Given vectors: only the solutions that continue one
/// of the Gaussian ensemble with the same moments are found, each evaluation being as dear as N pair averages.
///
/// # Errors
/// The two-timescale variant; an input with white noise; a stationary problem without solution; a variance so large
/// that the Hermite series does not end.
pub fn chaotic_solutions(model: &Model) -> Result<Vec<Chaotic>, MeanFieldError> {
    if let Variant::TwoTimescale { tau_s, tau_r } = model.variant() {
        return Err(MeanFieldError::TwoTimescaleChaos { tau_s, tau_r });
    }
    let neurons = Neurons::new(model)?;
    let starts = match model.ensemble() {
        Ensemble::Gaussian(_) | Ensemble::Mixture(_) => starting_points(model, &neurons)?,
        Ensemble::Empirical(given) => {
            let alike = chaotic_solutions(&model.with_ensemble(given.moments()?)?)?;
            alike.iter().map(|c| individual_unknowns(&c.order)).collect()
        }
    };
    // With few digits from every start, with all of them from every different result.
    let mut rough: Vec<Outcome> = Vec::new();
    for start in starts {
        let outcome = solve(&neurons, Precision::Rough, start);
        if outcome.residual < ROUGH_LIMIT && rough.iter().all(|r| distance(&r.x, &outcome.x) > ROUGH_DISTANCE) {
            rough.push(outcome);
        }
    }
    let mut found: Vec<Outcome> = Vec::new();
    for start in rough {
        let mut outcome = solve(&neurons, Precision::Full, start.x);
        outcome.iterations += start.iterations;
        let new = outcome.is_solution()
            && is_chaotic(&neurons, &outcome.x)
            && found.iter().all(|f| distance(&f.x, &outcome.x) > MERGE_DISTANCE);
        if new {
            if neurons.is_symmetric() && outcome.x[..neurons.rank].iter().any(|k| k.abs() > SMALLEST_KAPPA) {
                found.push(mirrored(&outcome, neurons.rank));
            }
            found.push(outcome);
        }
    }
    found.sort_by(|a, b| compare(&b.x, &a.x));
    found.into_iter().map(|outcome| describe(&neurons, model.variant(), outcome)).collect()
}

fn individual_unknowns(order: &OrderParameters) -> Vec<f64> {
    let inf = order.delta_0_individual - order.delta_t;
    order.kappa.iter().copied().chain([order.delta_0_individual, inf]).collect()
}

/// The solution with x -> -x.
fn mirrored(outcome: &Outcome, rank: usize) -> Outcome {
    let mut mirror = outcome.clone();
    mirror.x[..rank].iter_mut().for_each(|kappa| *kappa = -*kappa);
    mirror
}

/// Delta_0 > Delta_inf >= 0 by more than rounding.
fn is_chaotic(neurons: &Neurons, x: &[f64]) -> bool {
    let (zero, inf) = (x[neurons.rank], x[neurons.rank + 1]);
    inf >= 0.0 && zero - inf > SMALLEST_TEMPORAL_PART * zero
}

/// The pair averages of every class at (kappa, individual variance), with class weight and s^2.
fn pairs(
    neurons: &Neurons,
    _precision: Precision,
    kappa: &[f64],
    individual: f64,
) -> Result<Vec<(f64, f64, PairAverage)>, MeanFieldError> {
    neurons
        .drives(kappa)
        .map(|d| {
            let pair = PairAverage::new(neurons.transfer, d.mu, individual + d.s_squared)?;
            Ok((d.weight, d.s_squared, pair))
        })
        .collect()
}

/// Starts by scanning T14 over Delta_0 at zero kappa, at those of every stationary branch, and at kappa that cover the
/// region where solutions can lie. Mirror images are left out where x -> -x is a symmetry.
fn starting_points(model: &Model, neurons: &Neurons) -> Result<Vec<Vec<f64>>, MeanFieldError> {
    let rank = neurons.rank;
    let bound = neurons.bound();
    let widest: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, bound)).collect();
    let mut kappas = vec![vec![0.0; rank]];
    for branch in stationary_branches(model)?.iter().filter(|b| b.order.kappa.iter().any(|k| k.abs() > SMALLEST_KAPPA))
    {
        kappas.extend(STATIONARY_PARTS.map(|part| branch.order.kappa.iter().map(|k| part * k).collect::<Vec<_>>()));
    }
    for axis in 0..rank {
        for part in BOUND_PARTS.into_iter().flat_map(|part| [part, -part]) {
            let mut kappa = vec![0.0; rank];
            kappa[axis] = part * widest[axis];
            kappas.push(kappa);
        }
    }
    for i in 1..=QUASI_RANDOM * rank.saturating_sub(1) {
        kappas.push((0..rank).map(|k| widest[k] * (2.0 * halton(i, k) - 1.0)).collect());
    }
    if neurons.is_symmetric() {
        kappas.retain(|kappa| kappa.iter().find(|k| **k != 0.0).is_none_or(|k| *k > 0.0));
    }
    let mut starts = Vec::new();
    let mut failure = None;
    for kappa in kappas {
        match variances_at(neurons, &kappa) {
            Ok(found) => starts.extend(found.iter().map(|(z, i)| kappa.iter().copied().chain([*z, *i]).collect())),
            // Far out, where the series is too long, there may be nothing to find; it counts if nothing is found at all.
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if starts.is_empty() => Err(error),
        _ => Ok(starts),
    }
}

/// All (Delta_0, Delta_inf), individual, that solve T13 and T14 at fixed kappa.
fn variances_at(neurons: &Neurons, kappa: &[f64]) -> Result<Vec<(f64, f64)>, MeanFieldError> {
    let top = largest_variance(neurons, kappa);
    if neurons.is_symmetric() && kappa.iter().all(|k| *k == 0.0) {
        // The central solution: Delta_inf = 0 solves T14 for every Delta_0.
        let rest =
            |zero: f64| Ok(half_minus_excess(neurons, &pairs(neurons, Precision::Full, kappa, zero)?, 0.0, zero));
        let low = top * 1e-9;
        if rest(low)? >= 0.0 || rest(top)? <= 0.0 {
            return Ok(Vec::new());
        }
        return Ok(vec![(bracketed_root("T13 at the central solution", (low, top), 0.0, rest)?.x, 0.0)]);
    }
    // Delta_inf by T13 and the residual of T14, none where T13 has no root below Delta_0.
    let at = |zero: f64| -> Result<Option<(f64, f64)>, MeanFieldError> {
        let pairs = pairs(neurons, Precision::Rough, kappa, zero)?;
        let rest = |inf: f64| half_minus_excess(neurons, &pairs, inf, zero);
        if rest(0.0) <= 0.0 || rest(zero) >= 0.0 {
            return Ok(None);
        }
        let inf = bracketed_root("T13 in Delta_inf", (0.0, zero), 0.0, |inf| Ok(rest(inf)))?.x;
        Ok(Some((inf, inf - far_covariance(neurons, &pairs, inf))))
    };
    let mut found = Vec::new();
    let mut before: Option<(f64, f64, f64)> = None;
    for i in 1..=SCAN {
        let zero = top * (i as f64 / SCAN as f64).powi(2);
        let here = at(zero)?.map(|(inf, residual)| (zero, inf, residual));
        if let (Some((z0, i0, r0)), Some((z1, i1, r1))) = (before, here)
            && (r0 > 0.0) != (r1 > 0.0)
        {
            let part = r0 / (r0 - r1);
            found.push((z0 + part * (z1 - z0), i0 + part * (i1 - i0)));
        }
        // The interval in which T13 gains or loses its root may hide one of T14: both ends are starts.
        match (before, here) {
            (None, Some((z, i, _))) | (Some((z, i, _)), None) => found.push((z, i)),
            _ => {}
        }
        before = here;
    }
    Ok(found)
}

/// An upper bound of the individual Delta_0 at fixed kappa: Delta_0 = g^2 C_r(0) <= g^2 \<phi^2>, since r is at most phi(x)
/// in mean square; iterated from the bound of phi it falls towards the largest Delta_0 for which that holds.
fn largest_variance(neurons: &Neurons, kappa: &[f64]) -> f64 {
    let bound = neurons.bound();
    let mut top = (neurons.g * bound).powi(2).min(LARGEST_VARIANCE);
    for _ in 0..BOUND_ITERATIONS {
        let square = |d: Drive<'_>| d.weight * Averages::at(neurons.transfer, d.mu, top + d.s_squared).phi_sq;
        let next = neurons.g * neurons.g * neurons.drives(kappa).map(square).sum::<f64>();
        if next > 0.99 * top {
            break;
        }
        top = next;
    }
    1.01 * top
}

/// 1/2 - g^2 sum_p w_p int (C_phi(c) - C_phi(Delta_inf)) dc / delta^2: falls as `inf` rises.
fn half_minus_excess(neurons: &Neurons, pairs: &[(f64, f64, PairAverage)], inf: f64, zero: f64) -> f64 {
    let excess: f64 = pairs.iter().map(|(w, s, pair)| w * pair.mean_excess_at(inf + s, zero + s)).sum();
    0.5 - neurons.g * neurons.g * excess
}

/// g^2 sum_p w_p C_phi(Delta_inf): the right side of T14.
fn far_covariance(neurons: &Neurons, pairs: &[(f64, f64, PairAverage)], inf: f64) -> f64 {
    let sum: f64 = pairs.iter().map(|(w, s, pair)| w * pair.covariance_at(inf + s)).sum();
    neurons.g * neurons.g * sum
}

/// The right sides of T8, T13 and T14 in the form x = F(x), given the pair averages at x; T13 is added to Delta_0.
fn image(neurons: &Neurons, x: &[f64], pairs: &[(f64, f64, PairAverage)]) -> Vec<f64> {
    let rank = neurons.rank;
    let (kappa, zero, inf) = (&x[..rank], x[rank], x[rank + 1]);
    let mut image = vec![0.0; rank + 2];
    for d in neurons.drives(kappa) {
        let a = Averages::at(neurons.transfer, d.mu, zero + d.s_squared);
        for ((image, n), n_u) in image.iter_mut().zip(d.n).zip(&d.n_u) {
            *image += d.weight * (n * a.phi + n_u * a.d1);
        }
    }
    image[rank] = zero - zero.max(1.0) * half_minus_excess(neurons, pairs, inf, zero);
    image[rank + 1] = far_covariance(neurons, pairs, inf);
    image
}

fn solve(neurons: &Neurons, precision: Precision, start: Vec<f64>) -> Outcome {
    let rank = neurons.rank;
    let admissible =
        |x: &[f64]| x.iter().all(|v| v.is_finite()) && x[rank] > 0.0 && x[rank + 1] >= 0.0 && x[rank + 1] <= x[rank];
    let pairs_at = |x: &[f64]| pairs(neurons, precision, &x[..rank], x[rank]).ok();
    let goal = if precision == Precision::Full { RESIDUAL_GOAL } else { ROUGH_GOAL };
    fixed_point(start, goal, admissible, |x| {
        let pairs = pairs_at(x)?;
        let centre = image(neurons, x, &pairs);
        let d = x.len();
        let mut jacobian = Mat::zeros(d, d);
        for j in 0..d {
            // Towards the inside: Delta_0 up, Delta_inf down unless it is at zero.
            let up = j != rank + 1 || x[j] < DIFFERENCE_STEP;
            let mut moved = x.to_vec();
            moved[j] += DIFFERENCE_STEP * x[j].abs().max(1.0) * if up { 1.0 } else { -1.0 };
            // The pair averages do not depend on Delta_inf.
            let there =
                if j == rank + 1 { image(neurons, &moved, &pairs) } else { image(neurons, &moved, &pairs_at(&moved)?) };
            for i in 0..d {
                jacobian[(i, j)] = (there[i] - centre[i]) / (moved[j] - x[j]);
            }
        }
        centre.iter().all(|v| v.is_finite()).then_some(Evaluation { image: centre, jacobian })
    })
}

fn describe(neurons: &Neurons, variant: Variant, outcome: Outcome) -> Result<Chaotic, MeanFieldError> {
    debug_assert!(outcome.residual <= RESIDUAL_LIMIT);
    let rank = neurons.rank;
    let kappa = &outcome.x[..rank];
    let (individual_0, individual_inf) = (outcome.x[rank], outcome.x[rank + 1]);
    let (mu, from_drive) = neurons.mean_and_drive_variance(kappa);
    let (mut r_mean, mut phi_sq) = (0.0, 0.0);
    for d in neurons.drives(kappa) {
        let a = Averages::at(neurons.transfer, d.mu, individual_0 + d.s_squared);
        r_mean += d.weight * a.phi;
        phi_sq += d.weight * a.phi_sq;
    }
    let g_squared = neurons.g * neurons.g;
    let delta_t = individual_0 - individual_inf;
    let r_second_moment = match variant {
        Variant::Rate => individual_0 / g_squared,
        _ => phi_sq,
    };
    let order = OrderParameters {
        kappa: kappa.to_vec(),
        mu,
        delta_0: individual_0 + from_drive,
        delta_0_individual: individual_0,
        delta_inf: individual_inf + from_drive,
        delta_t,
        r_mean,
        r_second_moment,
        r_temporal_variance: r_second_moment - individual_inf / g_squared,
    };
    let rho = radius_at(neurons, kappa, individual_0);
    let pairs = pairs(neurons, Precision::Full, kappa, individual_0)?;
    let autocovariance = Autocovariance::new(neurons.g, pairs, (individual_inf, individual_0), order.delta_inf);
    Ok(Chaotic { order, rho, residual: outcome.residual, iterations: outcome.iterations, autocovariance })
}
