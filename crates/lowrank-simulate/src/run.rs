//! One run of one network.

use faer::{Mat, MatRef};
use lowrank_connectivity::{Network, stream};
use lowrank_integrate::{EulerMaruyama, IntegrateError, Method, Stepper, VectorField, check_steps, integrate};
use lowrank_model::{Model, Role, StreamKey, Variant, Vector};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::escape::Escape;
use crate::observables::{Accumulator, Structure};
use crate::{Field, Observed, Protocol, SimulateError};

/// Looks, a unit of time apart, after the end of a run for growth without bound: as many as decide, and some more.
const MOST_LOOKS: usize = 34;

/// Integrates `network` in `model`'s variant under `model`'s input from the currents `x0`, `[n x copies]` at time 0,
/// and measures as `protocol` says. The input's amplitude never changes within a step. White noise is drawn from the
/// streams of `noise_key` = (seed, realisation), one a copy; a step takes from it one number a noisy input, in the
/// inputs' order, and then, if the units have noise of their own (T24), one a unit.
///
/// # Errors
/// Initial states of the wrong shape; a network of another g, rank or number of inputs; a state that is or becomes
/// non-finite, with the time; activity that grows without bound, which only a phi without bound lets it; noise with another
/// method than Euler.
pub fn simulate(
    network: &Network,
    model: &Model,
    x0: MatRef<'_, f64>,
    protocol: &Protocol,
    noise_key: (u64, u64),
) -> Result<Observed, SimulateError> {
    simulate_variants(network, model, &[model.variant()], x0, protocol, noise_key)
        .map(|mut observed| observed.remove(0))
}

/// [`simulate`] in each of these variants of the model, in their order and to the bit. Without noise they advance together:
/// a product with J, which reads the whole matrix, then serves all of them.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_variants(
    network: &Network,
    model: &Model,
    variants: &[Variant],
    x0: MatRef<'_, f64>,
    protocol: &Protocol,
    noise_key: (u64, u64),
) -> Result<Vec<Observed>, SimulateError> {
    if variants.is_empty() {
        return Ok(Vec::new());
    }
    let observed = observe_variants(network, model, variants, x0, protocol, noise_key);
    // Where phi has no bound, what overflows has grown without one; where it has, the step was at fault.
    match observed {
        Err(
            SimulateError::Integrate(IntegrateError::NonFinite { time, .. }) | SimulateError::NotANumber { time, .. },
        ) if model.transfer().bound().is_none() && time > 0.0 => Err(SimulateError::Unbounded { time }),
        other => other,
    }
}

fn observe_variants(
    network: &Network,
    model: &Model,
    variants: &[Variant],
    x0: MatRef<'_, f64>,
    protocol: &Protocol,
    noise_key: (u64, u64),
) -> Result<Vec<Observed>, SimulateError> {
    if is_noisy(model) && variants.len() > 1 {
        let each = |variant: &Variant| simulate_variants(network, model, &[*variant], x0, protocol, noise_key);
        return Ok(variants.iter().map(each).collect::<Result<Vec<_>, _>>()?.concat());
    }
    let (n, copies) = (network.neurons(), check_states(network, x0)?);
    let mut field = Field::of_variants(network, model, variants, copies)?;
    let mut state = field.state_from_currents(x0)?;
    let mut mover = Mover::new(&field, model, protocol.method(), copies, noise_key)?;
    let along = vectors(network, &protocol.kappa_along(network.rank()))?;
    let of = |name: fn(usize) -> Vector| vectors(network, &(0..network.rank()).map(name).collect::<Vec<_>>());
    let structure = Structure { m: of(Vector::M)?, n: of(Vector::N)? };
    let sums = |_: &Variant| Accumulator::new(n, copies, protocol.lags(), protocol.keeps_trajectory());
    let mut sums: Vec<Accumulator> = variants.iter().map(sums).collect();
    let (mut x, mut r) = (Mat::zeros(n, copies * variants.len()), Mat::zeros(n, copies * variants.len()));
    let mut time = 0.0;
    // The field has those of time 0.
    let mut amplitudes = model.input().at(time);
    for sample in 0..protocol.samples() {
        let target = protocol.sample_time(sample);
        let mut stops = model.input().breakpoints(time, target);
        stops.push(target);
        for stop in stops {
            field.move_until(stop);
            mover.advance(&mut field, &mut state, (time, stop), protocol.timing().step)?;
            time = stop;
            let next = model.input().at(time);
            if next != amplitudes {
                if !model.input().is_moving() || model.input().breaks_at(time) {
                    mover.forget();
                }
                field.set_amplitudes(&next)?;
                amplitudes = next;
            }
        }
        field.currents_and_rates(&state, x.as_mut(), r.as_mut())?;
        for (v, sums) in sums.iter_mut().enumerate() {
            let (x, r) = (x.subcols(v * copies, copies), r.subcols(v * copies, copies));
            sums.sample(time, (x, r), field.input(), &along, &structure);
        }
    }
    if model.transfer().bound().is_none() {
        refuse_escape(&mut field, &mut mover, (state, time), protocol.timing().step)?;
    }
    let symmetry = (is_odd(model), protocol.structured_from());
    let observed: Vec<Observed> = sums.into_iter().map(|sums| sums.finish(&structure, symmetry)).collect();
    match observed.iter().find_map(Observed::first_not_finite) {
        None => Ok(observed),
        Some((observable, value)) => Err(SimulateError::NotANumber { observable, value, time }),
    }
}

/// Goes on from the end of a run for as long as some column grows in a way that never ends.
fn refuse_escape(
    field: &mut Field<'_>,
    mover: &mut Mover,
    (mut state, mut time): (Vec<f64>, f64),
    step: f64,
) -> Result<(), SimulateError> {
    let columns = field.column_ranges();
    let rms = |values: &[f64]| (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt();
    let drive = rms(field.input());
    let mut escapes = vec![Escape::default(); columns.len()];
    let mut speed = vec![0.0; state.len()];
    for look in 0..=MOST_LOOKS {
        field.derivative(time, &state, &mut speed);
        for (escape, column) in escapes.iter_mut().zip(&columns) {
            if escape.look(time, rms(&state[column.clone()]), rms(&speed[column.clone()]), drive) {
                return Err(SimulateError::Unbounded { time });
            }
        }
        let open = escapes.iter().any(|escape| escape.is_open(drive));
        if look >= 2 && !open {
            break;
        }
        mover.advance(field, &mut state, (time, time + 1.0), step)?;
        time += 1.0;
    }
    Ok(())
}

/// The number of copies whose initial currents these are.
pub(crate) fn check_states(network: &Network, x0: MatRef<'_, f64>) -> Result<usize, SimulateError> {
    let (neurons, copies) = (network.neurons(), x0.ncols());
    if x0.nrows() != neurons || copies == 0 {
        return Err(SimulateError::BadShape { rows: x0.nrows(), columns: copies, neurons, copies: copies.max(1) });
    }
    match first_not_finite(x0) {
        None => Ok(copies),
        Some((index, value)) => Err(IntegrateError::NonFinite { time: 0.0, index, value }.into()),
    }
}

/// The number of equal steps of at most `step` between two times.
pub(crate) fn steps_between(start: f64, end: f64, step: f64) -> usize {
    // A whole number of steps must not become one more by rounding.
    ((end - start) / step * (1.0 - 1e-12)).ceil().max(1.0) as usize
}

fn first_not_finite(x: MatRef<'_, f64>) -> Option<(usize, f64)> {
    let entries = x.col_iter().flat_map(|column| column.iter().copied().enumerate().collect::<Vec<_>>());
    entries.into_iter().find(|(_, value)| !value.is_finite())
}

fn vectors<'a>(network: &'a Network, names: &[Vector]) -> Result<Vec<&'a [f64]>, SimulateError> {
    names.iter().map(|name| Ok(network.vector(*name)?)).collect()
}

/// Whether the network is odd under x -> -x, in law where there is noise: phi is odd, and no input ever has an amplitude.
fn is_odd(model: &Model) -> bool {
    let silent = |time: f64| model.input().at(time).iter().all(|amplitude| *amplitude == 0.0);
    let changes = model.input().breakpoints(f64::NEG_INFINITY, f64::INFINITY);
    model.transfer().is_odd() && silent(f64::NEG_INFINITY) && changes.into_iter().all(silent)
}

/// Whether an input or the units carry white noise.
pub(crate) fn is_noisy(model: &Model) -> bool {
    model.input().is_noisy() || model.noise() > 0.0
}

/// The method, with noise or without.
enum Mover {
    Fixed(Box<Stepper>),
    Noisy { method: Box<EulerMaruyama>, streams: Vec<ChaCha8Rng>, shared: usize },
}

impl Mover {
    fn new(
        field: &Field<'_>,
        model: &Model,
        method: Method,
        copies: usize,
        (seed, realisation): (u64, u64),
    ) -> Result<Self, SimulateError> {
        if !is_noisy(model) {
            return Ok(Self::Fixed(Box::new(Stepper::new(method, field))));
        }
        if method != Method::Euler {
            return Err(SimulateError::NoiseNeedsEuler { method });
        }
        let directions = field.noise_directions();
        let shared = directions.len();
        let key = |line| StreamKey { seed, realisation, role: Role::Noise, line };
        let streams = (0..copies as u64).map(|copy| stream(key(copy))).collect();
        let method = EulerMaruyama::new(field, directions)?.with_private_noise(field.private_noise())?;
        Ok(Self::Noisy { method: Box::new(method), streams, shared })
    }

    /// The field jumps.
    fn forget(&mut self) {
        if let Self::Fixed(stepper) = self {
            stepper.forget();
        }
    }

    /// From the start to the end of an interval in equal steps of at most `step`.
    fn advance(
        &mut self,
        field: &mut impl VectorField,
        state: &mut [f64],
        (start, end): (f64, f64),
        step: f64,
    ) -> Result<(), SimulateError> {
        if end <= start {
            return Ok(());
        }
        let steps = steps_between(start, end, step);
        match self {
            Self::Fixed(stepper) => integrate(stepper, field, state, (start, end), steps)?,
            Self::Noisy { method, streams, shared } => {
                check_steps(steps)?;
                let dt = (end - start) / steps as f64;
                let mut increments = vec![0.0; method.increments()];
                for i in 0..steps {
                    let (inputs, units) = increments.split_at_mut(*shared);
                    let (per_input, per_unit) = (inputs.len() / streams.len(), units.len() / streams.len());
                    for (copy, stream) in streams.iter_mut().enumerate() {
                        let inputs = inputs[copy * per_input..(copy + 1) * per_input].iter_mut();
                        let units = units[copy * per_unit..(copy + 1) * per_unit].iter_mut();
                        for increment in inputs.chain(units) {
                            let normal: f64 = StandardNormal.sample(stream);
                            *increment = dt.sqrt() * normal;
                        }
                    }
                    method.step(field, start + i as f64 * dt, dt, &increments, state)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lowrank_connectivity::Sampling;
    use lowrank_integrate::Method;
    use lowrank_model::{Initial, Input, Layout, Moments, TimeCourse, Transfer};

    use super::*;
    use crate::{Timing, initial_currents};

    #[test]
    fn variants_together_are_each_alone_to_the_bit() {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(Vector::M(0), 1.0).mean(Vector::N(0), 1.5);
        let ensemble = moments.variance(Vector::M(0), 1.0).variance(Vector::I(0), 0.5).build().unwrap();
        let variants = [Variant::Rate, Variant::two_timescale(0.7, 1.9).unwrap(), Variant::Current];
        let step = Input::new(vec![TimeCourse::step(1.3, 0.2, 0.8).unwrap()]);
        for input in [step.clone(), step.with_noise(&[0.4]).unwrap()] {
            let method = if input.is_noisy() { Method::Euler } else { Method::EtdAb3 };
            let model = Model::new(1.8, Transfer::Tanh, Variant::Current, ensemble.clone(), input).unwrap();
            let network = Network::draw(&model, 70, Sampling::Independent, 2, 0).unwrap();
            let x0 = initial_currents(&network, &Initial { along: Vec::new(), deviation: 1.0 }, 3, 2, 0).unwrap();
            let timing = Timing { transient: 2.0, window: 4.0, interval: 0.5, step: 0.1 };
            let protocol = Protocol::new(timing, method).unwrap();
            let together = simulate_variants(&network, &model, &variants, x0.as_ref(), &protocol, (2, 0)).unwrap();
            for (variant, observed) in variants.into_iter().zip(together) {
                let model = model.with_variant(variant).unwrap();
                assert_eq!(observed, simulate(&network, &model, x0.as_ref(), &protocol, (2, 0)).unwrap(), "{variant}");
            }
        }
        let timing = Timing { transient: 0.0, window: 1.0, interval: 1.0, step: 0.1 };
        let model = Model::new(1.0, Transfer::Tanh, Variant::Rate, ensemble, Input::constant(&[0.0]).unwrap()).unwrap();
        let network = Network::draw(&model, 10, Sampling::Independent, 2, 0).unwrap();
        let (x0, protocol) = (Mat::zeros(10, 1), Protocol::new(timing, Method::Euler).unwrap());
        assert_eq!(simulate_variants(&network, &model, &[], x0.as_ref(), &protocol, (2, 0)), Ok(Vec::new()));
    }
}
