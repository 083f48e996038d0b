//! Where chaotic solutions may lie: starts for Newton on T8, T21 and T14.
//!
//! At fixed kappa, T21 gives Delta_inf for every Delta_0 and T14 is scanned over Delta_0 for sign changes. That is done
//! at zero kappa, at the stationary ones, and at kappa that cover the region where solutions can lie; for rank one, the
//! solutions at fixed kappa are followed along kappa besides, and every sign change of T8 is a start.

use lowrank_model::Model;

use crate::MeanFieldError;
use crate::averages::{Averages, LARGEST_VARIANCE};
use crate::chaotic::solve_at;
use crate::excess::{Top, values};
use crate::nested::{FULL, Precision, ROUGH};
use crate::neurons::{Drive, Neurons};
use crate::root::bracketed_root;
use crate::stationary::{SMALLEST_KAPPA, halton, stationary_branches};

/// Grid of Delta_0 on which T14 is scanned for sign changes.
const SCAN: usize = 24;
/// Parts of each stationary kappa at which a scan is made.
const STATIONARY_PARTS: [f64; 2] = [1.0, 0.6];
/// Parts of the largest possible kappa_k at which a scan is made: a chaotic branch may outlive the stationary one it
/// came from (\[MO18\]'s ensemble: 2.136 against 2.06).
const BOUND_PARTS: [f64; 7] = [0.01, 0.03, 0.08, 0.16, 0.3, 0.5, 0.8];
/// Fewer of them suffice for rank one, where kappa is followed.
const BOUND_PARTS_OF_RANK_ONE: [f64; 3] = [0.03, 0.16, 0.5];
/// Steps in which kappa is followed from 0 to its bound, growing as their square.
const FOLLOWED: usize = 24;
/// Iterations that lower the bound of Delta_0.
const BOUND_ITERATIONS: usize = 20;
/// Quasi-random kappa a rank above one.
const QUASI_RANDOM: usize = 24;
/// Accuracy of Delta_inf in a scan, as a part of Delta_0.
const ACCURACY: f64 = 1e-3;
/// Delta_inf as a part of Delta_0: the largest at which T21 is looked at.
const LARGEST_PART: f64 = 0.9999;
/// Smallest Delta_0 as a part of its bound: between it and the bound lies every central solution.
const SMALLEST_PART: f64 = 1e-9;

/// Starts (kappa, Delta_0, Delta_inf), individual variances. Mirror images are left out where x -> -x is a symmetry.
pub(crate) fn starting_points(model: &Model, neurons: &Neurons) -> Result<Vec<Vec<f64>>, MeanFieldError> {
    let rank = neurons.rank;
    let widest: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, neurons.bound())).collect();
    let mut starts = Vec::new();
    let mut at_rest = Vec::new();
    for kappa in places(model, neurons, &widest)? {
        let found = variances_at(neurons, &kappa)?;
        if kappa.iter().all(|k| *k == 0.0) {
            at_rest.clone_from(&found);
        }
        starts.extend(found.iter().map(|(z, i)| kappa.iter().copied().chain([*z, *i]).collect::<Vec<_>>()));
    }
    if rank == 1 {
        for start in at_rest {
            let both_ways = if neurons.is_symmetric() { &[1.0][..] } else { &[1.0, -1.0] };
            for direction in both_ways {
                starts.extend(followed(neurons, direction * widest[0], start));
            }
        }
    }
    Ok(starts)
}

/// The kappa at which scans are made.
fn places(model: &Model, neurons: &Neurons, widest: &[f64]) -> Result<Vec<Vec<f64>>, MeanFieldError> {
    let rank = neurons.rank;
    let mut kappas = vec![vec![0.0; rank]];
    for branch in stationary_branches(&model.with_noise(0.0)?)? {
        if branch.order.kappa.iter().any(|k| k.abs() > SMALLEST_KAPPA) {
            kappas.extend(STATIONARY_PARTS.map(|part| branch.order.kappa.iter().map(|k| part * k).collect::<Vec<_>>()));
        }
    }
    let parts = if rank == 1 { &BOUND_PARTS_OF_RANK_ONE[..] } else { &BOUND_PARTS[..] };
    for axis in 0..rank {
        for part in parts.iter().flat_map(|part| [*part, -part]) {
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
    Ok(kappas)
}

/// Rank one: the solution at fixed kappa followed from zero towards `end`; starts where what is left of T8 changes sign.
fn followed(neurons: &Neurons, end: f64, mut at: (f64, f64)) -> Vec<Vec<f64>> {
    let mut starts = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for i in 0..=FOLLOWED {
        let kappa = end * (i as f64 / FOLLOWED as f64).powi(2);
        let Some((zero, inf, rest)) = solve_at(neurons, &[kappa], at) else { break };
        at = (zero, inf);
        if let Some((last_kappa, last_rest)) = before
            && (last_rest > 0.0) != (rest[0] > 0.0)
        {
            // At kappa = 0 of a symmetric model the rest is zero: whatever follows starts anew.
            let part = if last_kappa == 0.0 { 1.0 } else { last_rest / (last_rest - rest[0]) };
            starts.push(vec![last_kappa + part * (kappa - last_kappa), zero, inf]);
        }
        before = Some((kappa, rest[0]));
    }
    starts
}

/// The neurons at fixed kappa and Delta_0.
struct Place<'a> {
    neurons: &'a Neurons,
    precision: Precision,
    zero: f64,
    drives: Vec<(Drive<'a>, Top)>,
}

impl<'a> Place<'a> {
    fn new(neurons: &'a Neurons, precision: Precision, kappa: &'a [f64], zero: f64) -> Result<Self, MeanFieldError> {
        let with_top = |d: Drive<'a>| {
            let top = Top::at(precision, neurons.transfer, d.mu, zero + d.s_squared)?;
            Ok((d, top))
        };
        let drives = neurons.drives(kappa).map(with_top).collect::<Result<_, MeanFieldError>>()?;
        Ok(Self { neurons, precision, zero, drives })
    }

    /// What T21 leaves at Delta_inf, 1/2 - g^2 Q - sigma^4 / (2 Delta_T^2), and the right side of T14.
    fn rests(&self, inf: f64) -> (f64, f64) {
        let (mut q, mut c) = (0.0, 0.0);
        let transfer = self.neurons.transfer;
        for (d, top) in &self.drives {
            let (variance, far) = (self.zero + d.s_squared, inf + d.s_squared);
            let Ok(values) = values(self.precision, transfer, d.mu, variance, far, top) else {
                return (f64::NAN, f64::NAN);
            };
            q += d.weight * values.0;
            c += d.weight * values.1;
        }
        let g_squared = self.neurons.g * self.neurons.g;
        let noise = 0.5 * (self.neurons.sigma.powi(2) / (self.zero - inf)).powi(2);
        (0.5 - g_squared * q - noise, g_squared * c)
    }
}

/// All (Delta_0, Delta_inf), individual, that solve T21 and T14 at fixed kappa, roughly.
fn variances_at(neurons: &Neurons, kappa: &[f64]) -> Result<Vec<(f64, f64)>, MeanFieldError> {
    let top = largest_variance(neurons, kappa);
    if top == 0.0 {
        return Ok(Vec::new());
    }
    if neurons.is_symmetric() && kappa.iter().all(|k| *k == 0.0) {
        // The central solution: Delta_inf = 0 solves T14 for every Delta_0.
        let rest = |zero: f64| Ok(Place::new(neurons, FULL, kappa, zero)?.rests(0.0).0);
        let low = (top * SMALLEST_PART).max(neurons.sigma.powi(2) * (1.0 - f64::EPSILON));
        let (at_low, at_top) = (rest(low)?, rest(top)?);
        if (at_low > 0.0) == (at_top > 0.0) {
            return Ok(Vec::new());
        }
        return Ok(vec![(bracketed_root("T13 at the central solution", (low, top), 0.0, rest)?.x, 0.0)]);
    }
    // Delta_inf by T21 and the residual of T14, none where T21 has no root below Delta_0.
    let at = |zero: f64| -> Result<Option<(f64, f64)>, MeanFieldError> {
        let place = Place::new(neurons, ROUGH, kappa, zero)?;
        let rest = |inf: f64| place.rests(inf).0;
        let end = LARGEST_PART * zero;
        if !(rest(0.0) > 0.0 && rest(end) < 0.0) {
            return Ok(None);
        }
        let inf = bracketed_root("T21 in Delta_inf", (0.0, end), ACCURACY * zero, |inf| Ok(rest(inf)))?.x;
        Ok(Some((inf, inf - place.rests(inf).1)))
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
        // The interval in which T21 gains or loses its root may hide one of T14: both ends are starts.
        match (before, here) {
            (None, Some((z, i, _))) | (Some((z, i, _)), None) => found.push((z, i)),
            _ => {}
        }
        before = here;
    }
    Ok(found)
}

/// An upper bound of the individual Delta_0 at fixed kappa: Delta_0 = g^2 C_r(0) + sigma^2 <= g^2 \<phi^2> + sigma^2, since r
/// is at most phi(x) in mean square; iterated from the bound of phi it falls towards the largest Delta_0 for which that
/// holds.
fn largest_variance(neurons: &Neurons, kappa: &[f64]) -> f64 {
    let bound = neurons.bound();
    let noise = neurons.sigma.powi(2);
    let mut top = ((neurons.g * bound).powi(2) + noise).min(LARGEST_VARIANCE);
    for _ in 0..BOUND_ITERATIONS {
        let square = |d: Drive<'_>| d.weight * Averages::at(neurons.transfer, d.mu, top + d.s_squared).phi_sq;
        let next = neurons.g * neurons.g * neurons.drives(kappa).map(square).sum::<f64>() + noise;
        if next > 0.99 * top {
            break;
        }
        top = next;
    }
    1.01 * top
}
