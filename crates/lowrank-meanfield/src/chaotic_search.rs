//! Where chaotic solutions may lie: starts for Newton on T8, T21 and T14.
//!
//! At fixed kappa, T21 gives Delta_inf for every Delta_0 and T14 is scanned over Delta_0 for sign changes. That is done
//! at zero kappa, at the stationary ones, and at kappa that cover the region where solutions can lie; for rank one, the
//! solutions at fixed kappa are followed along kappa besides, and every sign change of T8 is a start.

use lowrank_model::Model;

use crate::averages::Averages;
use crate::branches::{FAR, halvings};
use crate::chaotic::solve_at;
use crate::excess::{Top, values};
use crate::nested::{FULL, Precision, ROUGH};
use crate::neurons::{Drive, Neurons};
use crate::root::bracketed_root;
use crate::stationary::{SMALLEST_KAPPA, halton};
use crate::{Instability, MeanFieldError, Stability, Stationary, unbounded_states};

/// Grid of Delta_0 on which T14 is scanned for sign changes.
const SCAN: usize = 24;
/// Parts of each stationary kappa at which a scan is made.
const STATIONARY_PARTS: [f64; 2] = [1.0, 0.6];
/// Delta_0 as a part of that of a stationary solution, and Delta_inf as a part of Delta_0, where phi has no scale.
const PARTS_OF_SIZE: [f64; 4] = [1.0, 0.9, 0.7, 0.4];
const PARTS_OF_ZERO: [f64; 3] = [0.3, 0.6, 0.9];
/// Parts of the largest possible kappa_k at which a scan is made: a chaotic branch may outlive the stationary one it
/// came from (\[MO18\]'s ensemble: 2.136 against 2.06).
const BOUND_PARTS: [f64; 7] = [0.01, 0.03, 0.08, 0.16, 0.3, 0.5, 0.8];
/// Fewer of them suffice for rank one, where kappa is followed.
const BOUND_PARTS_OF_RANK_ONE: [f64; 3] = [0.03, 0.16, 0.5];
/// Steps in which kappa is followed from 0 to its bound, growing as their square.
const FOLLOWED: usize = 24;
/// Beyond the kappa that are searched evenly they are followed by this factor, and a wide range of Delta_0 is.
const FACTOR: f64 = 1.5;
/// Iterations that lower the bound of Delta_0.
const BOUND_ITERATIONS: usize = 20;
/// Parts of the bound at which \<phi^2> is looked at.
const BOUND_SAMPLES: [f64; 4] = [1.0, 0.25, 0.06, 0.0];
/// Quasi-random kappa a rank above one.
const QUASI_RANDOM: usize = 24;
/// Accuracy of Delta_inf in a scan, as a part of Delta_0.
const ACCURACY: f64 = 1e-3;
/// Delta_inf as a part of Delta_0: the largest at which T21 is looked at.
const LARGEST_PART: f64 = 0.9999;
/// Bisections of an interval of the scan with no root of T21 at either end: a thousandth of the interval.
const BISECTIONS: usize = 10;
/// Excess of rho over one from which on chaos is not weak any more.
const CLEARLY_BEYOND: f64 = 1e-3;
/// Delta_T of weak noise, and its part of Delta_0, below which it may be too weak to be resolved.
const WEAK_PART: f64 = 1e-4;
/// Smallest Delta_0 as a part of its bound: between it and the bound lies every central solution.
const SMALLEST_PART: f64 = 1e-9;

/// Starts (kappa, Delta_0, Delta_inf), individual variances, given [`central_variance`] and the stationary solutions. Mirror images are left out where
/// x -> -x is a symmetry.
pub(crate) fn starting_points(
    neurons: &Neurons,
    central: Option<f64>,
    branches: &[Stationary],
) -> Result<Vec<Vec<f64>>, MeanFieldError> {
    let rank = neurons.rank;
    let widest: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, neurons.bound())).collect();
    let mut starts = Vec::new();
    let mut at_rest = Vec::new();
    if neurons.sigma > 0.0 {
        starts.extend(weakly_driven(neurons, branches));
    }
    if neurons.transfer.bound().is_none() {
        starts.extend(branches.iter().filter(|branch| branch.rho > 1.0).flat_map(of_one_size));
    }
    for kappa in places(branches, neurons, &widest) {
        let at_zero = kappa.iter().all(|k| *k == 0.0);
        let found = if at_zero && neurons.is_symmetric() {
            central.map(|zero| (zero, 0.0)).into_iter().collect()
        } else {
            variances_at(neurons, &kappa)?
        };
        if at_zero {
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

/// Refuses to say that there is no chaos where there has to be: activity has a bound, and every stationary solution is unstable, none
/// of them towards a cycle.
pub(crate) fn refuse_missing_chaos(model: &Model, branches: &[Stationary]) -> Result<(), MeanFieldError> {
    let by = |s: &Stationary, what| s.stability == Stability::Unstable(what);
    let left = |s: &Stationary| s.stability == Stability::Stable || by(s, Instability::ComplexPair);
    let leads = branches.iter().filter(|s| by(s, Instability::Bulk)).max_by(|a, b| a.rho.total_cmp(&b.rho));
    match leads {
        Some(unstable) if !branches.iter().any(left) && unbounded_states(model)?.is_empty() => {
            let Stationary { rho, order, .. } = unstable;
            Err(if *rho > 1.0 + CLEARLY_BEYOND {
                MeanFieldError::ChaosNotFound { rho: *rho, delta_0: order.delta_0 }
            } else {
                MeanFieldError::WeakChaos { g: model.g(), excess: rho - 1.0 }
            })
        }
        _ => Ok(()),
    }
}

/// Refuses to say that nothing fluctuates where white noise has to make a stable state fluctuate, by too little to be resolved.
pub(crate) fn refuse_weak_noise(model: &Model, branches: &[Stationary]) -> Result<(), MeanFieldError> {
    let sigma = model.noise();
    // T21 to first order, where that has a meaning.
    let delta_t = |s: &Stationary| sigma * sigma / (1.0 - s.rho * s.rho).max(sigma.powf(4.0 / 3.0)).sqrt();
    let part = |s: &Stationary| delta_t(s) / s.order.delta_0;
    let is_weak = |s: &&Stationary| s.stability == Stability::Stable && (part(s) < WEAK_PART || delta_t(s) < WEAK_PART);
    match branches.iter().filter(is_weak).max_by(|a, b| part(a).total_cmp(&part(b))) {
        Some(s) => Err(MeanFieldError::WeakFluctuations { sigma, delta_t: delta_t(s), delta_0: s.order.delta_0 }),
        None => Ok(()),
    }
}

/// The kappa at which scans are made.
fn places(branches: &[Stationary], neurons: &Neurons, widest: &[f64]) -> Vec<Vec<f64>> {
    let rank = neurons.rank;
    let mut kappas = vec![vec![0.0; rank]];
    for branch in branches {
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
        // In a region wider than phi bends: closer to zero.
        let close = halvings(BOUND_PARTS_OF_RANK_ONE[0] * widest[axis]).step_by(2);
        for part in close.filter(|_| rank > 1 && widest[axis] > FAR).flat_map(|kappa| [kappa, -kappa]) {
            let mut kappa = vec![0.0; rank];
            kappa[axis] = part;
            kappas.push(kappa);
        }
    }
    for i in 1..=QUASI_RANDOM * rank.saturating_sub(1) {
        kappas.push((0..rank).map(|k| widest[k] * (2.0 * halton(i, k) - 1.0)).collect());
    }
    if neurons.is_symmetric() {
        kappas.retain(|kappa| kappa.iter().find(|k| **k != 0.0).is_none_or(|k| *k > 0.0));
    }
    kappas
}

/// Starts around stationary solutions with rho < 1, where weak noise makes Delta_T = sigma^2 / sqrt(1 - rho^2): T21 to first
/// order.
pub(crate) fn weakly_driven(neurons: &Neurons, branches: &[Stationary]) -> Vec<Vec<f64>> {
    let start = |branch: &Stationary| {
        let delta_t = neurons.sigma.powi(2) / (1.0 - branch.rho.powi(2)).sqrt();
        let inf = branch.order.delta_0_individual;
        branch.order.kappa.iter().copied().chain([inf + delta_t, inf]).collect()
    };
    branches.iter().filter(|branch| branch.rho < 1.0).map(start).collect()
}

/// Starts next to stationary solutions with rho > 1: just above the onset of chaos kappa and Delta_0 are those of the stationary
/// solution but for terms of the order of Delta_T^2, and Delta_T, which vanishes at the onset, is what T21 makes of them (T45).
pub(crate) fn just_above_onset(neurons: &Neurons, branches: &[Stationary]) -> Vec<Vec<f64>> {
    let start = |branch: &Stationary| {
        let (kappa, zero) = (&branch.order.kappa, branch.order.delta_0_individual);
        let place = Place::new(neurons, FULL, kappa, zero).ok()?;
        let inf = bracketed_root("T21 in Delta_inf", (0.0, zero), 0.0, |inf| Ok(place.rests(inf).0)).ok()?.x;
        Some(kappa.iter().copied().chain([zero, inf]).collect())
    };
    branches
        .iter()
        .filter(|branch| branch.rho > 1.0 && branch.order.delta_0_individual > 0.0)
        .filter_map(start)
        .collect()
}

/// Starts near a stationary solution of threshold-linear, which has no scale of its own: chaos has the size of the stationary
/// solution that it came from, however small or large that is.
fn of_one_size(branch: &Stationary) -> impl Iterator<Item = Vec<f64>> + '_ {
    let size = branch.order.delta_0_individual;
    let parts = PARTS_OF_SIZE.into_iter().flat_map(|zero| PARTS_OF_ZERO.map(|inf| (zero, zero * inf)));
    parts.map(move |(zero, inf)| branch.order.kappa.iter().copied().chain([size * zero, size * inf]).collect())
}

/// Rank one: the solution at fixed kappa followed from zero towards `end`; starts where what is left of T8 changes sign.
fn followed(neurons: &Neurons, end: f64, mut at: (f64, f64)) -> Vec<Vec<f64>> {
    let mut starts = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for kappa in followed_places(end) {
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

/// The kappa through which solutions are followed: to the end of a wide region by factors.
fn followed_places(end: f64) -> Vec<f64> {
    let near = end.clamp(-FAR, FAR);
    let mut places: Vec<f64> = (0..=FOLLOWED).map(|i| near * (i as f64 / FOLLOWED as f64).powi(2)).collect();
    let farther = |kappa: &f64| (kappa.abs() < end.abs()).then(|| (FACTOR * kappa.abs()).min(end.abs()).copysign(end));
    places.extend(std::iter::successors(farther(&near), farther));
    places
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

    /// What T21 leaves at Delta_inf, and the right side of T14. T21 is taken in the form Delta_T sqrt(1 - 2 g^2 Q) =
    /// sigma^2, nearly linear in Delta_T where noise is weak; without noise as 1/2 - g^2 Q.
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
        let part = 0.5 - g_squared * q;
        let left = if self.neurons.sigma > 0.0 {
            (self.zero - inf) * (2.0 * part.abs()).sqrt().copysign(part) - self.neurons.sigma.powi(2)
        } else {
            part
        };
        (left, g_squared * c)
    }
}

/// Delta_0 of the central solution of a symmetric model, to rounding: at kappa = 0 Delta_inf = 0 solves T14 for every
/// Delta_0.
pub(crate) fn central_variance(neurons: &Neurons) -> Result<Option<f64>, MeanFieldError> {
    if !neurons.is_symmetric() {
        return Ok(None);
    }
    let kappa = vec![0.0; neurons.rank];
    let top = largest_variance(neurons, &kappa);
    if top == 0.0 {
        return Ok(None);
    }
    let rest = |zero: f64| Ok(Place::new(neurons, FULL, &kappa, zero)?.rests(0.0).0);
    let noise = neurons.sigma.powi(2) * (1.0 - f64::EPSILON);
    let mut low = (top * SMALLEST_PART).max(noise);
    let (mut at_low, at_top) = (rest(low)?, rest(top)?);
    if (at_low > 0.0) == (at_top > 0.0) && low > noise && noise > 0.0 {
        (low, at_low) = (noise, rest(noise)?);
    }
    if (at_low > 0.0) == (at_top > 0.0) {
        return Ok(None);
    }
    Ok(Some(bracketed_root("T13 at the central solution", (low, top), 0.0, rest)?.x))
}

/// All (Delta_0, Delta_inf), individual, that solve T21 and T14 at fixed kappa, roughly.
fn variances_at(neurons: &Neurons, kappa: &[f64]) -> Result<Vec<(f64, f64)>, MeanFieldError> {
    let top = largest_variance(neurons, kappa);
    if top == 0.0 {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut before: Option<Guess> = None;
    for zero in scan(top) {
        let here = guess(neurons, kappa, zero)?;
        if let Some(mut low) = before
            && (low.rest > 0.0) != (here.rest > 0.0)
        {
            // Next to a stationary solution both ends may lie where T21 has no root, and the root between them.
            let mut high = here;
            for _ in 0..BISECTIONS {
                if !(low.clamped && high.clamped) {
                    break;
                }
                let middle = guess(neurons, kappa, 0.5 * (low.zero + high.zero))?;
                if (middle.rest > 0.0) == (low.rest > 0.0) { low = middle } else { high = middle }
            }
            let part = (low.rest / (low.rest - high.rest)).clamp(0.0, 1.0);
            let mixed = |a: f64, b: f64| a + part * (b - a);
            let (zero, inf) = (mixed(low.zero, high.zero), mixed(low.inf, high.inf));
            // Without noise what is left of Delta_T = 0 is the stationary solution.
            if inf < LARGEST_PART * zero {
                found.push((zero, inf));
            } else if neurons.sigma > 0.0 {
                found.push((zero, zero - neurons.sigma.powi(2).min(0.5 * zero)));
            }
        }
        // The interval in which T21 gains or loses its root may hide two of T14: both ends are starts.
        if let Some(low) = before
            && low.clamped != here.clamped
        {
            let open = if low.clamped { here } else { low };
            found.push((open.zero, open.inf));
        }
        before = Some(here);
    }
    Ok(found)
}

/// The Delta_0 at which T14 is looked at. A wide range is crossed by factors besides: under strong inhibition chaos is small.
fn scan(top: f64) -> Vec<f64> {
    let mut places: Vec<f64> = (1..=SCAN).map(|i| top * (i as f64 / SCAN as f64).powi(2)).collect();
    if top > FAR * FAR {
        places.extend(std::iter::successors(Some(top / FACTOR), |d| Some(d / FACTOR)).take_while(|d| *d > 1.0));
        places.sort_by(f64::total_cmp);
    }
    places
}

/// Delta_inf at one Delta_0, roughly.
#[derive(Clone, Copy)]
struct Guess {
    zero: f64,
    inf: f64,
    /// What is left of T14.
    rest: f64,
    /// Whether T21 has no root between zero and Delta_0, and Delta_inf stands at the end that is nearer to it.
    clamped: bool,
}

/// Q rises with Delta_inf, so that T21 has at most one root: that, or the end of \[0, Delta_0\] beyond which it lies. So
/// what is left of T14 is a continuous function of Delta_0, of which no root is lost between two places: at Delta_inf = 0
/// it is <= 0, and at Delta_inf = Delta_0 it vanishes at stationary solutions alone.
fn guess(neurons: &Neurons, kappa: &[f64], zero: f64) -> Result<Guess, MeanFieldError> {
    let g_squared = neurons.g * neurons.g;
    let noise = neurons.sigma.powi(2);
    // Noise alone makes this much of Delta_T.
    let end = zero - noise;
    let mut at_end = f64::NEG_INFINITY;
    if noise == 0.0 {
        // At Delta_inf = Delta_0 Q is <phi'^2> / 2 and C_phi is <phi^2>.
        let (mut slope, mut square) = (0.0, 0.0);
        for d in neurons.drives(kappa) {
            let a = Averages::rough(neurons.transfer, d.mu, zero + d.s_squared);
            slope += d.weight * a.d1_sq;
            square += d.weight * a.phi_sq;
        }
        at_end = 0.5 * (1.0 - g_squared * slope);
        if at_end >= 0.0 {
            return Ok(Guess { zero, inf: zero, rest: zero - g_squared * square, clamped: true });
        }
    }
    let place = Place::new(neurons, ROUGH, kappa, zero)?;
    let (at_zero, c) = place.rests(0.0);
    if at_zero.is_nan() || at_zero <= 0.0 || end <= 0.0 {
        return Ok(Guess { zero, inf: 0.0, rest: -c, clamped: true });
    }
    if noise > 0.0 {
        at_end = place.rests(end).0;
    }
    if at_end >= 0.0 {
        return Ok(Guess { zero, inf: end, rest: end - place.rests(end).1, clamped: true });
    }
    let rest = |inf: f64| {
        Ok(if inf == 0.0 {
            at_zero
        } else if inf == end {
            at_end
        } else {
            place.rests(inf).0
        })
    };
    let accuracy = ACCURACY * if noise > 0.0 { noise.min(zero) } else { zero };
    let inf = bracketed_root("T21 in Delta_inf", (0.0, end), accuracy, rest)?.x;
    Ok(Guess { zero, inf, rest: inf - place.rests(inf).1, clamped: false })
}

/// An upper bound of the individual Delta_0 at fixed kappa: Delta_0 = g^2 C_r(0) + sigma^2 <= g^2 \<phi^2> + sigma^2, since r
/// is at most phi(x) in mean square; iterated from the bound of phi it falls towards the largest Delta_0 for which that
/// holds. Where the mean saturates phi, \<phi^2> falls with the variance: of each unit the largest within the bound counts.
fn largest_variance(neurons: &Neurons, kappa: &[f64]) -> f64 {
    let bound = neurons.bound();
    let noise = neurons.sigma.powi(2);
    let mut top = ((neurons.g * bound).powi(2) + noise).min(neurons.largest_variance());
    for _ in 0..BOUND_ITERATIONS {
        let square = |d: Drive<'_>| {
            let at = |part: f64| Averages::rough(neurons.transfer, d.mu, part * top + d.s_squared).phi_sq;
            d.weight * BOUND_SAMPLES.into_iter().map(at).fold(0.0, f64::max)
        };
        let next = neurons.g * neurons.g * neurons.drives(kappa).map(square).sum::<f64>() + noise;
        if next > 0.99 * top {
            break;
        }
        top = next;
    }
    1.01 * top
}
