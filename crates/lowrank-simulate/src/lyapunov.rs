//! The largest Lyapunov exponent of a network by the method of Benettin et al., Meccanica 15:9 (1980): what (T17) and
//! (T18) predict.
//!
//! One random tangent vector a copy follows the linearised dynamics along the trajectory, integrated with it by the same
//! method. It is brought back to unit length at every sample; the logarithms of its growth over the measuring window,
//! per unit time, are the exponent. During the transient it turns into the fastest growing direction.

use faer::MatRef;
use lowrank_connectivity::{Network, stream};
use lowrank_integrate::{Stepper, check_steps};
use lowrank_model::{Model, Role, StreamKey};
use rand_distr::{Distribution, StandardNormal};

use crate::control::{Control, first_of_protocol, halve_until_believed, is_noisy};
use crate::field::Tangent;
use crate::mover::advance;
use crate::run::{check_states, inaccurate, steps_between};
use crate::{Field, Protocol, SimulateError};

/// Below this the squares of a tangent vector's entries lose digits or vanish.
const SMALLEST_FACTOR: f64 = 1e-140;

/// Largest Lyapunov exponents of the copies of one network, per unit time.
#[derive(Debug, Clone, PartialEq)]
pub struct Lyapunov {
    /// Mean over copies.
    pub mean: f64,
    /// One a copy.
    pub exponents: Vec<f64>,
    /// The same over the first and the second half of the sample intervals (the middle one, if any, in the second):
    /// their difference tells how much of the exponent is chance or an unfinished transient.
    pub halves: Vec<[f64; 2]>,
    /// The step of the integration, in unit time constants.
    pub step: f64,
    /// The largest estimated local error per unit time of states and, by its part, of tangent vectors (T37).
    pub error_estimate: f64,
}

/// The largest Lyapunov exponent along the trajectories that start from the currents `x0`, `[n x copies]` at time 0,
/// with the protocol's times and method; its lags and vectors are not looked at. The tangent vectors are drawn from the
/// streams of `tangent_key` = (seed, realisation), one a copy.
///
/// # Errors
/// Initial states of the wrong shape; a network of another g, rank or number of inputs; noise; a window shorter than
/// two sampling intervals; a state that is or becomes non-finite; a tangent vector that leaves the range of numbers
/// between two samples.
pub fn lyapunov(
    network: &Network,
    model: &Model,
    x0: MatRef<'_, f64>,
    protocol: &Protocol,
    tangent_key: (u64, u64),
) -> Result<Lyapunov, SimulateError> {
    check_states(network, x0)?;
    if is_noisy(model) {
        return Err(SimulateError::NoisyTangent);
    }
    let timing = protocol.timing();
    let intervals = protocol.samples() - 1;
    if intervals < 2 {
        let (field, limit) = ("the measuring window", 2.0 * timing.interval);
        return Err(SimulateError::BadTime { field, value: timing.window, relation: ">=", limit });
    }
    let (method, most) = (protocol.method(), protocol.halvings());
    let first = first_of_protocol(network, model, model.variant(), protocol)?;
    let bounded = model.transfer().bound().is_some();
    let at = |halvings: u32, _: &[usize]| {
        let step = timing.step / f64::from(1_u32 << halvings);
        let mut control = Control::new(Vec::new(), 0, 1, method, protocol.tolerance());
        let found = match at_step(network, model, x0, (protocol, step), tangent_key, &mut control) {
            Ok(_) if control.is_hopeless() => {
                let worst = control.worst().iter().copied().fold(0.0, f64::max);
                Err(inaccurate(protocol, step, worst))
            }
            // A bounded activity overflows by the step alone.
            Err(error) if !(bounded && error.time().is_some()) => return Err(error),
            found => found,
        };
        Ok(vec![found])
    };
    halve_until_believed(&[first], most, at, Result::is_ok)?.remove(0)
}

/// The exponents at one step; `control` tells whether they are believed.
fn at_step(
    network: &Network,
    model: &Model,
    x0: MatRef<'_, f64>,
    (protocol, step): (&Protocol, f64),
    tangent_key: (u64, u64),
    control: &mut Control,
) -> Result<Lyapunov, SimulateError> {
    let (copies, timing, intervals) = (x0.ncols(), protocol.timing(), protocol.samples() - 1);
    let mut field = Field::new(network, model, copies)?;
    let mut all = field.state_from_currents(x0)?;
    // One group: all copies are run again where one is not believed.
    let columns = (0..2 * copies).map(|c| c * (all.len() / copies)..(c + 1) * (all.len() / copies)).collect();
    *control = Control::new(columns, copies, copies, protocol.method(), protocol.tolerance()).of(
        network,
        model,
        &[model.variant()],
    );
    let rows = all.len() / copies;
    all.extend(tangent_vectors(rows, copies, tangent_key));
    let mut tangent = Tangent::new(&mut field, model.variant());
    let mut stepper = Stepper::new(protocol.method(), &tangent);
    // The transient in intervals as well, or the tangent vector would leave the range of numbers.
    let before = (timing.transient / timing.interval).ceil() as usize;
    check_steps(before.max(1))?;
    let mut growth = vec![[0.0; 2]; copies];
    let mut time = 0.0;
    let mut amplitudes = model.input().at(time);
    for i in 0..before + intervals {
        let end = if i + 1 < before { (i + 1) as f64 * timing.interval } else { protocol.sample_time(i + 1 - before) };
        let mut stops = model.input().breakpoints(time, end);
        stops.push(end);
        for stop in stops {
            let next = model.input().at(time);
            if next != amplitudes {
                if !model.input().is_moving() || model.input().breaks_at(time) {
                    stepper.forget();
                }
                tangent.field.set_amplitudes(&next)?;
                amplitudes = next;
            }
            if stop > time {
                tangent.field.move_until(stop);
                let steps = steps_between(time, stop, step);
                advance(&mut stepper, &mut tangent, &mut all, (time, stop), steps, control)?;
                if control.is_hopeless() {
                    break;
                }
            }
            time = stop;
        }
        if control.is_hopeless() {
            break;
        }
        let (_, vectors) = all.split_at_mut(rows * copies);
        for (halves, vector) in growth.iter_mut().zip(vectors.chunks_exact_mut(rows)) {
            let factor = normalise(vector);
            stepper.forget();
            if !(factor > SMALLEST_FACTOR && factor.is_finite()) {
                return Err(SimulateError::TangentLost { factor, time });
            }
            if i >= before {
                halves[usize::from(i - before >= intervals / 2)] += factor.ln();
            }
        }
    }
    let first = intervals / 2;
    let lengths = [first, intervals - first].map(|count| count as f64 * timing.interval);
    let exponents: Vec<f64> = growth.iter().map(|[a, b]| (a + b) / (intervals as f64 * timing.interval)).collect();
    let mean = exponents.iter().sum::<f64>() / copies as f64;
    let halves = growth.iter().map(|[a, b]| [a / lengths[0], b / lengths[1]]).collect();
    let error_estimate = control.worst().iter().copied().fold(0.0, f64::max);
    Ok(Lyapunov { mean, exponents, halves, step, error_estimate })
}

/// Unit vectors of random direction, one a copy, after each other.
fn tangent_vectors(rows: usize, copies: usize, (seed, realisation): (u64, u64)) -> Vec<f64> {
    let mut vectors = Vec::with_capacity(rows * copies);
    for copy in 0..copies {
        let mut rng = stream(StreamKey { seed, realisation, role: Role::Tangent, line: copy as u64 });
        let start = vectors.len();
        vectors.extend((0..rows).map(|_| -> f64 { StandardNormal.sample(&mut rng) }));
        normalise(&mut vectors[start..]);
    }
    vectors
}

/// Divides the vector by its length, which is returned.
fn normalise(vector: &mut [f64]) -> f64 {
    let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|v| *v /= norm);
    norm
}
