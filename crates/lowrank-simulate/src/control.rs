//! Whether a run is believed: its local error (T37) and the stability of its method (T36), and the first step that is tried.

use std::f64::consts::TAU;
use std::ops::Range;

use faer::{Mat, MatRef};
use lowrank_connectivity::Network;
use lowrank_integrate::{Filters, GAMMA_3, Method, SpectrumBound, is_faithful, is_stable, longest_stable_step};
use lowrank_model::{Empirical, Input, Transfer, Variant};

/// The largest local error per unit time, relative to max(1, size of the state), of a run that is believed (T37). ETD-AB3 at 0.2
/// has 0.05 at g = 2.5, 0.16 at 3.5 and 0.5 at 5 (tanh); just outside its region of stability it has 0.7 and more.
pub const ERROR_TOLERANCE: f64 = 0.3;
/// The same for a step that is given to a method other than ETD-AB3: forward Euler at 0.125 has 0.35 at ordinary points, which is its
/// user's wish, and an alternating state of size A has 2 A / h.
const GIVEN_TOLERANCE: f64 = 1.0;
/// Below this a tangent vector is lost, which is an error of its own.
const LOST: f64 = 1e-140;
/// How often a step is halved where it is chosen: 0.2 becomes 0.003.
pub const MOST_HALVINGS: u32 = 6;
/// The part of a tangent vector's relative error that counts: exponents bear a local error some five times that of a state. At
/// g = 10 the exponent is right to its noise at 1.5 per unit time, at g = 20 it is too large by a third at 6.
pub(crate) const OF_TANGENT: f64 = 0.2;
/// The longest step of any method in units of the shortest time constant: the one of the published diagram.
const LONGEST_STEP: f64 = 0.5;
/// The largest relative bias of the stationary variance of a filtered white noise, h / (2 tau - h), of a step that is chosen.
const WEAK_ERROR: f64 = 0.01;
/// The largest local error per unit time, relative to the amplitude, that a chosen step makes of a sine among the inputs: it is never
/// hidden by a state that is large or chaotic for another reason. Methods of order one keep ten times as much, the weak error of noise.
const INPUT_ERROR: f64 = 1e-3;
/// Estimates by two half steps cost two steps: they are taken a unit of time apart at first, and this part of the time later.
const SPARSE: f64 = 0.25;

/// The largest error estimate that is believed of a step that is given.
pub(crate) fn given_tolerance(method: Method) -> f64 {
    if method == Method::EtdAb3 { ERROR_TOLERANCE } else { GIVEN_TOLERANCE }
}

/// How often `longest` has to be halved before the method is faithful on the outliers that the overlaps of these vectors make at the
/// steepest slope of phi (T36), and not too long for the shorter time constant nor, under white noise, for its variance; at most
/// `most`. The random part does not count: where it is strong, activity makes slopes small, and what is left is told by the
/// error of the run.
pub(crate) fn first_halvings(
    vectors: &Empirical,
    (transfer, variant): (Transfer, Variant),
    (method, longest): (Method, f64),
    noisy: bool,
    most: u32,
) -> u32 {
    let filters = filters(variant);
    let slope = transfer.largest_slope();
    let outliers = overlap_eigenvalues(vectors, None).into_iter().map(|(re, im)| (slope * re, slope * im)).collect();
    let spectrum = SpectrumBound { radius: 0.0, outliers };
    let serves = |halvings: u32| {
        let step = longest / f64::from(1_u32 << halvings);
        let tau = filters.shortest();
        step <= LONGEST_STEP * tau
            && (!noisy || weak_error(step, variant) <= WEAK_ERROR)
            && is_faithful(method, step, filters, &spectrum)
    };
    (0..most).find(|halvings| serves(*halvings)).unwrap_or(most)
}

/// How often `longest` has to be halved before a method makes an error of at most [`INPUT_ERROR`] of the fastest sine among the inputs;
/// at most `most`. With the angle z that the sine turns in a step, a method of order p makes c z^p a unit of time.
pub(crate) fn input_halvings(input: &Input, (method, longest): (Method, f64), most: u32) -> u32 {
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

/// Where a step is unstable at these states, `[n x replicas]` currents: the longest stable half of it, `None` inside if there is none.
pub(crate) fn unstable(
    network: &Network,
    (transfer, variant): (Transfer, Variant),
    (method, step): (Method, f64),
    x: MatRef<'_, f64>,
) -> Option<Option<f64>> {
    let filters = filters(variant);
    x.col_iter().find_map(|column| {
        let slopes: Vec<f64> = column.iter().map(|x| transfer.jet(*x).d1).collect();
        let mean_square = slopes.iter().map(|slope| slope * slope).sum::<f64>() / slopes.len() as f64;
        let outliers = overlap_eigenvalues(network.vectors(), Some(&slopes));
        let spectrum = SpectrumBound { radius: network.g() * mean_square.sqrt(), outliers };
        let stable = is_stable(method, step, filters, &spectrum);
        (!stable).then(|| longest_stable_step(method, step, filters, &spectrum))
    })
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
        Self { columns, tangents, group, dense, floors, tolerance, due: 0.0, worst: vec![0.0; groups] }
    }

    /// Takes for every group the size of its variant's states below which an error is not relative to them: 1 for currents, and for
    /// rates, which J makes to currents, one over its largest scale.
    pub(crate) fn with_floors(mut self, network: &Network, transfer: Transfer, variants: &[Variant]) -> Self {
        let overlaps = overlap_eigenvalues(network.vectors(), None).into_iter().map(|(re, im)| re.hypot(im));
        let scale = overlaps.fold(network.g(), f64::max) * transfer.largest_slope();
        for (column, floor) in self.floors.iter_mut().enumerate() {
            *floor = match variants.get(column / self.group) {
                Some(Variant::Rate | Variant::TwoTimescale { .. }) => 1.0 / scale.max(1.0),
                _ => 1.0,
            };
        }
        self
    }

    /// Whether an estimate is wanted of the step that begins at this time: of a step that starts a method only where no other
    /// came for a unit of time.
    pub(crate) fn is_due(&self, time: f64, starting: bool) -> bool {
        time >= self.due + if starting { 1.0 } else { 0.0 }
    }

    /// Takes the local errors per unit time of the step that began at `time` and ended in `state`.
    pub(crate) fn take(&mut self, time: f64, error: &[f64], state: &[f64]) {
        self.due = time + if self.dense { 1.0 } else { (SPARSE * time).max(1.0) };
        for (column, range) in self.columns.iter().enumerate() {
            let (error, size) = (rms(&error[range.clone()]), rms(&state[range.clone()]));
            // What overflows or is lost is an error of its own.
            if !size.is_finite() || (column >= self.tangents && size < LOST) {
                continue;
            }
            let (relative, column) = if column < self.tangents {
                (error / size.max(self.floors[column]), column)
            } else {
                (OF_TANGENT * error / size, column - self.tangents)
            };
            let worst = &mut self.worst[column / self.group];
            // Not a number is not believed.
            *worst = if relative.is_nan() { f64::INFINITY } else { worst.max(relative) };
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
