//! Whether a run is believed: its local error (T37) and the stability of its method (T36), and the first step that is tried.

use std::f64::consts::TAU;
use std::ops::Range;

use faer::Mat;
use lowrank_connectivity::Network;
use lowrank_integrate::{
    Filters, GAMMA_3, Method, SpectrumBound, is_faithful, is_stable, longest_stable_step, rotation_error,
};
use lowrank_model::{Empirical, Input, Model, Transfer, Variant};

use crate::{Protocol, SimulateError};

/// The largest local error per unit time, relative to max(1, size of the state), of a run that is believed (T37). ETD-AB3 at 0.2
/// has 0.05 at g = 2.5, 0.16 at 3.5 and 0.5 at 5 (tanh); just outside its region of stability it has 0.7 and more.
pub const ERROR_TOLERANCE: f64 = 0.3;
/// The same for a step that is given to a method other than ETD-AB3: forward Euler at 0.125 has 0.35 at ordinary points, which is its
/// user's wish, and an alternating state of size A has 2 A / h.
const GIVEN_TOLERANCE: f64 = 1.0;
/// Below this a tangent vector is lost, which is an error of its own.
const LOST: f64 = 1e-140;
/// How often a step is halved where it is chosen: 0.2 becomes 0.0008, with which forward Euler follows a rotation of frequency two.
pub const MOST_HALVINGS: u32 = 8;
/// The part of a tangent vector's relative error that counts: exponents bear a local error some five times that of a state. At
/// g = 10 the exponent is right to its noise at 1.5 per unit time, at g = 20 it is too large by a third at 6.
const OF_TANGENT: f64 = 0.2;
/// The longest step of any method in units of the shortest time constant: the one of the published diagram.
const LONGEST_STEP: f64 = 0.5;
/// The largest relative bias of the stationary variance of a filtered white noise, h / (2 tau - h), of a step that is chosen.
const WEAK_ERROR: f64 = 0.01;
/// The largest local error per unit time, relative to the amplitude, that a chosen step makes of a sine among the inputs: it is never
/// hidden by a state that is large or chaotic for another reason. Methods of order one keep ten times as much, the weak error of noise.
const INPUT_ERROR: f64 = 1e-3;
/// Growth of a rotation that a chosen step may change around the centre of an activity, however slowly it grows there: below it a cycle
/// takes thousands of units to find its size.
const LEAST_OF_CENTRE: f64 = 1e-4;
/// An activity whose currents have a larger standard deviation in time than this, relative to max(1, size), moves.
pub(crate) const MOVING: f64 = 1e-4;
/// Part of a period of the input between two estimates at most, so that they do not always meet the same phase.
const PART_OF_PERIOD: f64 = 0.23;
/// Estimates by two half steps, which cost two steps, are this part of the time so far apart: a start is left fast.
const SPARSE: f64 = 0.25;

/// The largest error estimate that is believed of a step that is given.
pub(crate) fn given_tolerance(method: Method) -> f64 {
    if method == Method::EtdAb3 { ERROR_TOLERANCE } else { GIVEN_TOLERANCE }
}

/// How often `longest` has to be halved before the method is faithful on the outliers that the overlaps of these vectors make at the
/// steepest slope of phi (T36), and not too long for the shorter time constant nor, under white noise, for its variance; at most
/// `most`; `None` where that is not enough. The random part does not count: where it is strong, activity makes slopes small, and what
/// is left is told by the error of the run. A step that is given (`most` = 0) is judged by [`check_step`] and by its run.
pub(crate) fn first_halvings(
    vectors: &Empirical,
    (transfer, variant): (Transfer, Variant),
    (method, longest): (Method, f64),
    noisy: bool,
    most: u32,
) -> Option<u32> {
    if most == 0 {
        return Some(0);
    }
    let (filters, spectrum) = (filters(variant), steepest(vectors, transfer));
    let serves = |halvings: u32| {
        let step = longest / f64::from(1_u32 << halvings);
        let tau = filters.shortest();
        step <= LONGEST_STEP * tau
            && (!noisy || weak_error(step, variant) <= WEAK_ERROR)
            && is_faithful(method, step, filters, &spectrum)
    };
    (0..=most).find(|halvings| serves(*halvings))
}

/// Whether an input or the units carry white noise.
pub(crate) fn is_noisy(model: &Model) -> bool {
    model.input().is_noisy() || model.noise() > 0.0
}

/// How often the step of a protocol has to be halved for this network and input before the first run of a variant; none of a step that
/// is given.
///
/// # Errors
/// A given step that is unstable at the steepest slope, unless its runs are not judged; no step that may be chosen.
pub(crate) fn first_of_protocol(
    network: &Network,
    model: &Model,
    variant: Variant,
    protocol: &Protocol,
) -> Result<u32, SimulateError> {
    let (timing, method, most) = (protocol.timing(), protocol.method(), protocol.halvings());
    let (vectors, of, noisy) = (network.vectors(), (model.transfer(), variant), is_noisy(model));
    if most == 0 && protocol.tolerance().is_finite() && timing.transient + timing.window > 0.0 {
        // No step is longer than an interval between samples.
        check_step((vectors, network.g()), of, (method, timing.step.min(timing.interval)))?;
    }
    let longest = (method, timing.step);
    let first = first_halvings(vectors, of, longest, noisy, most);
    let shortest = timing.step / f64::from(1_u32 << most);
    first.map(|first| first.max(input_halvings(model.input(), longest, most))).ok_or(SimulateError::NoStep {
        method,
        longest: timing.step,
        shortest,
    })
}

/// How often `longest` has to be halved before a method makes an error of at most [`INPUT_ERROR`] of the fastest sine among the inputs;
/// at most `most`. With the angle z that the sine turns in a step, a method of order p makes c z^p a unit of time.
fn input_halvings(input: &Input, (method, longest): (Method, f64), most: u32) -> u32 {
    let Some(period) = input.shortest_period() else { return 0 };
    let (c, error) = match method {
        Method::Euler | Method::ExponentialEuler => (0.5, 10.0 * INPUT_ERROR),
        Method::Heun => (1.0 / 6.0, INPUT_ERROR),
        Method::Rk4 => (1.0 / 120.0, INPUT_ERROR),
        Method::EtdAb3 => (GAMMA_3, INPUT_ERROR),
    };
    let longest_angle = (error / c).powf(1.0 / f64::from(method.order()));
    let angle = |halvings: u32| TAU * longest / f64::from(1_u32 << halvings) / period;
    (0..most).find(|halvings| angle(*halvings) <= longest_angle).unwrap_or(most)
}

/// The relative bias of the stationary variance of white noise that Euler and Maruyama filter with this step: the weak error.
pub(crate) fn weak_error(step: f64, variant: Variant) -> f64 {
    // With two time scales the noise passes tau_s.
    let (tau_s, tau_r) = variant.time_constants();
    let tau = if tau_s > 0.0 { tau_s } else { tau_r };
    step / (2.0 * tau - step)
}

/// Where a step is unstable at this state, N currents: the longest stable half of it, `None` inside if there is none (T36).
pub(crate) fn unstable(
    (vectors, g): (&Empirical, f64),
    (transfer, variant): (Transfer, Variant),
    (method, step): (Method, f64),
    x: &[f64],
) -> Option<Option<f64>> {
    let (filters, spectrum) = (filters(variant), at_state(vectors, g, transfer, x));
    let stable = is_stable(method, step, filters, &spectrum);
    (!stable).then(|| longest_stable_step(method, step, filters, &spectrum))
}

/// By how much a step changes the growth of a rotation around the centre of an activity that moves, N currents averaged over time, and
/// what a chosen step may: the size of a cycle hangs on its growth there, which strong input makes far less than that at the steepest
/// slope. `None` where none is changed by too much; rotations within the random part count for nothing.
pub(crate) fn unfaithful(
    (vectors, g): (&Empirical, f64),
    (transfer, variant): (Transfer, Variant),
    (method, step): (Method, f64),
    centre: &[f64],
) -> Option<(f64, f64)> {
    let SpectrumBound { radius, outliers } = at_state(vectors, g, transfer, centre);
    let rotations = outliers.into_iter().filter(|(re, im)| *im > 0.0 && re.hypot(*im) > radius);
    let mut errors = rotations.map(|lambda| rotation_error(method, step, filters(variant), lambda, LEAST_OF_CENTRE));
    errors.find(|(error, limit)| *error > *limit || error.is_nan())
}

/// The spectrum at a state of N currents: the random part and the outliers, both by the slopes there.
fn at_state(vectors: &Empirical, g: f64, transfer: Transfer, x: &[f64]) -> SpectrumBound {
    let slopes: Vec<f64> = x.iter().map(|x| transfer.jet(*x).d1).collect();
    let mean_square = slopes.iter().map(|slope| slope * slope).sum::<f64>() / slopes.len() as f64;
    SpectrumBound { radius: g * mean_square.sqrt(), outliers: overlap_eigenvalues(vectors, Some(&slopes)) }
}

/// The outliers that the overlaps of these vectors make at the steepest slope of phi.
fn steepest(vectors: &Empirical, transfer: Transfer) -> SpectrumBound {
    let slope = transfer.largest_slope();
    let outliers = overlap_eigenvalues(vectors, None).into_iter().map(|(re, im)| (slope * re, slope * im)).collect();
    SpectrumBound { radius: 0.0, outliers }
}

/// Refuses a given step where the vectors alone tell that it cannot serve, as [`check_given_step`] does where the ensemble does.
pub(crate) fn check_step(
    (vectors, g): (&Empirical, f64),
    (transfer, variant): (Transfer, Variant),
    (method, step): (Method, f64),
) -> Result<(), SimulateError> {
    let spectrum = SpectrumBound { radius: g * transfer.largest_slope(), ..steepest(vectors, transfer) };
    serves(&spectrum, variant, (method, step))
}

/// Refuses a given step where the model alone tells that it cannot serve: beyond half the shortest time constant, or unstable on the
/// overlaps of the ensemble at the steepest slope of phi, unless rest at that slope is left faster than the step can tell (T36).
///
/// # Errors
/// The method and the step, with the longest half, quarter, ... of it that is stable.
pub fn check_given_step(model: &Model, method: Method, step: f64) -> Result<(), SimulateError> {
    let (rank, slope, moments) = (model.rank(), model.transfer().largest_slope(), model.ensemble().moments()?);
    let entry =
        |k: usize, l: usize| slope * (moments.mean()[rank + k] * moments.mean()[l] + moments.covariance(rank + k, l));
    let spectrum = SpectrumBound { radius: slope * model.g(), outliers: eigenvalues(rank, entry) };
    serves(&spectrum, model.variant(), (method, step))
}

fn serves(spectrum: &SpectrumBound, variant: Variant, (method, step): (Method, f64)) -> Result<(), SimulateError> {
    let filters = filters(variant);
    let most = LONGEST_STEP * filters.shortest();
    if step <= most && is_stable(method, step, filters, spectrum) {
        return Ok(());
    }
    let longest = longest_stable_step(method, step, filters, spectrum);
    let halved = (most / step).log2().floor().exp2() * step;
    Err(SimulateError::UnstableStep { method, step, longest: longest.map(|longest| longest.min(halved)) })
}

/// Gives each of several runs the longest step at which it is believed (T40): run i is tried with `first[i]` halvings and, while its
/// outcome is not believed, with one more, up to `most`. `at` runs those of one number of halvings side by side, their places in
/// rising order, and gives their outcomes in this order. The last outcome of every run comes back, believed or not.
///
/// # Errors
/// Those of `at`.
pub fn halve_until_believed<T, E>(
    first: &[u32],
    most: u32,
    mut at: impl FnMut(u32, &[usize]) -> Result<Vec<T>, E>,
    believed: impl Fn(&T) -> bool,
) -> Result<Vec<T>, E> {
    let mut due: Vec<Option<u32>> = first.iter().map(|first| Some((*first).min(most))).collect();
    let mut outcomes: Vec<Option<T>> = first.iter().map(|_| None).collect();
    while let Some(halvings) = due.iter().flatten().min().copied() {
        let group: Vec<usize> = (0..due.len()).filter(|run| due[*run] == Some(halvings)).collect();
        group.iter().for_each(|run| due[*run] = None);
        for (run, outcome) in group.iter().zip(at(halvings, &group)?) {
            due[*run] = (halvings < most && !believed(&outcome)).then_some(halvings + 1);
            outcomes[*run] = Some(outcome);
        }
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// The size of a state below which its error is not relative to it (T37): 1 for currents, and for rates, which J makes to currents,
/// one over its largest scale.
pub(crate) fn floor(vectors: &Empirical, g: f64, transfer: Transfer, variant: Variant) -> f64 {
    if matches!(variant, Variant::Current) {
        return 1.0;
    }
    let overlaps = overlap_eigenvalues(vectors, None).into_iter().map(|(re, im)| re.hypot(im));
    1.0 / (overlaps.fold(g, f64::max) * transfer.largest_slope()).max(1.0)
}

/// The relative error (T37) of a state of this size; what is not a number is not believed.
pub(crate) fn of_state(error: f64, size: f64, floor: f64) -> f64 {
    let relative = error / size.max(floor);
    if relative.is_nan() { f64::INFINITY } else { relative }
}

/// The part that counts of the relative error of a tangent vector of this size; none of one that is lost, which is an error of its own.
pub(crate) fn of_tangent(error: f64, size: f64) -> Option<f64> {
    (size >= LOST).then(|| OF_TANGENT * of_state(error, size, 0.0))
}

/// The root mean square of the values.
pub(crate) fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt()
}

fn filters(variant: Variant) -> Filters {
    let (tau_s, tau_r) = variant.time_constants();
    Filters { tau_s, tau_r }
}

/// Eigenvalues (re, im) of sum_i n_i^(k) s_i m_i^(l) / N, slopes s of one unless given; none where they cannot be computed.
fn overlap_eigenvalues(vectors: &Empirical, slopes: Option<&[f64]>) -> Vec<(f64, f64)> {
    let rank = vectors.layout().rank;
    if rank == 0 {
        return Vec::new();
    }
    let rows = vectors.vectors();
    let entry = |k: usize, l: usize| -> f64 {
        // In the order of a layout: m, then n.
        let products = rows[rank + k].iter().zip(&rows[l]).map(|(n, m)| n * m);
        let sum: f64 = match slopes {
            None => products.sum(),
            Some(slopes) => products.zip(slopes).map(|(product, slope)| product * slope).sum(),
        };
        sum / vectors.neurons() as f64
    };
    eigenvalues(rank, entry)
}

/// The eigenvalues (re, im) of a matrix `[rank x rank]`.
fn eigenvalues(rank: usize, entry: impl FnMut(usize, usize) -> f64) -> Vec<(f64, f64)> {
    let eigenvalues = Mat::from_fn(rank, rank, entry).eigenvalues();
    eigenvalues.map(|found| found.into_iter().map(|value| (value.re, value.im)).collect()).unwrap_or_default()
}

/// The error of a run of several columns, as far as it has come.
#[derive(Debug)]
pub(crate) struct Control {
    /// Where every column is in the flat state.
    columns: Vec<Range<usize>>,
    /// Columns from this one on are tangent vectors.
    tangents: usize,
    /// Columns that are judged together.
    group: usize,
    dense: bool,
    /// The size of a state, one a column, below which its error is not relative to it.
    floors: Vec<f64>,
    /// Largest error that is believed.
    tolerance: f64,
    /// Time between estimates.
    spacing: f64,
    due: f64,
    /// The largest error so far, one a group.
    worst: Vec<f64>,
}

impl Control {
    /// Columns in groups of `group`, one after the other; tangent vectors from column `tangents` on count for the groups from the
    /// first on again.
    pub(crate) fn new(
        columns: Vec<Range<usize>>,
        tangents: usize,
        group: usize,
        method: Method,
        tolerance: f64,
    ) -> Self {
        let groups = tangents / group.max(1);
        let (dense, floors) = (method == Method::EtdAb3, vec![1.0; columns.len()]);
        Self { columns, tangents, group, dense, floors, tolerance, spacing: 1.0, due: 0.0, worst: vec![0.0; groups] }
    }

    /// Takes for every group the [`floor`] of its variant, and estimates more than once a period of the input.
    pub(crate) fn of(mut self, network: &Network, model: &Model, variants: &[Variant]) -> Self {
        self.spacing = model.input().shortest_period().map_or(1.0, |period| (PART_OF_PERIOD * period).min(1.0));
        for (group, variant) in variants.iter().enumerate() {
            let of_group = self.floors.iter_mut().skip(group * self.group).take(self.group);
            of_group.for_each(|own| *own = floor(network.vectors(), network.g(), model.transfer(), *variant));
        }
        self
    }

    /// Whether an estimate is wanted of the step that begins at this time: of a step that starts a method only where no other
    /// came for a unit of time.
    pub(crate) fn is_due(&self, time: f64, starting: bool) -> bool {
        time >= self.due + if starting { self.spacing } else { 0.0 }
    }

    /// Takes the local errors per unit time of the step that began at `time` and ended in `state`.
    pub(crate) fn take(&mut self, time: f64, error: &[f64], state: &[f64]) {
        self.due = time + if self.dense { self.spacing } else { SPARSE * time };
        for (column, range) in self.columns.iter().enumerate() {
            let (error, size) = (rms(&error[range.clone()]), rms(&state[range.clone()]));
            // What overflows is an error of its own.
            if !size.is_finite() {
                continue;
            }
            let (relative, column) = if column < self.tangents {
                (Some(of_state(error, size, self.floors[column])), column)
            } else {
                (of_tangent(error, size), column - self.tangents)
            };
            let worst = &mut self.worst[column / self.group];
            *worst = worst.max(relative.unwrap_or(0.0));
        }
    }

    /// The largest error of every group.
    pub(crate) fn worst(&self) -> &[f64] {
        &self.worst
    }

    /// Whether no group is believed any more.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.worst.iter().all(|worst| *worst > self.tolerance)
    }
}
