//! One run of one network.

use faer::{Mat, MatRef};
use lowrank_connectivity::Network;
use lowrank_integrate::{IntegrateError, Method, Stepper, VectorField};
use lowrank_model::{Model, Variant, Vector};

use crate::control::{
    Control, first_of_protocol, halve_until_believed, is_noisy, rms, unfaithful, unstable, weak_error,
};
use crate::escape::{Escape, Growth};
use crate::mover::Mover;
use crate::observables::{Accumulator, Structure};
use crate::{Field, Observed, Protocol, SimulateError};

/// The largest dx/dt of a state of rest, relative to max(1, size).
const RESIDUAL: f64 = 1e-6;
/// A method that moves by less than this part of dx/dt has stopped.
const STOPPED: f64 = 0.01;
/// A time course ends where the state passes this size: squares of the variances of larger ones, of which errors are made, leave the
/// range of numbers.
const LARGEST_OF_COURSE: f64 = 1e70;
/// Looks, a unit of time apart, after the end of a run for growth without bound: the direction may turn slowly.
const MOST_LOOKS: usize = 120;

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
    let each = |variant: &Variant| simulate(network, &model.with_variant(*variant)?, x0, protocol, noise_key);
    let apart = || variants.iter().map(each).collect::<Result<Vec<_>, _>>();
    let noisy = is_noisy(model);
    if noisy && variants.len() > 1 {
        return apart();
    }
    let (longest, most) = (protocol.timing().step, protocol.halvings());
    let first = variants.iter().map(|variant| first_of_protocol(network, model, *variant, protocol));
    let first = first.collect::<Result<Vec<u32>, _>>()?;
    let at = |halvings: u32, group: &[usize]| {
        let step = longest / f64::from(1_u32 << halvings);
        let of_group: Vec<Variant> = group.iter().map(|v| variants[*v]).collect();
        at_step(network, model, &of_group, x0, (protocol, step), noise_key)
    };
    halve_until_believed(&first, most, at, Result::is_ok)?.into_iter().collect()
}

/// What every variant showed at this step, or why it is not believed there.
fn at_step(
    network: &Network,
    model: &Model,
    variants: &[Variant],
    x0: MatRef<'_, f64>,
    (protocol, step): (&Protocol, f64),
    noise_key: (u64, u64),
) -> Result<Vec<Result<Observed, SimulateError>>, SimulateError> {
    let mut control = Control::new(Vec::new(), 0, 1, protocol.method(), protocol.tolerance());
    let error = match observe_variants(network, model, variants, x0, (protocol, step), noise_key, &mut control) {
        Err(error) if error.time().is_some() => error,
        other => return other,
    };
    if variants.len() > 1 {
        // One variant that overflows takes the others with it.
        let alone = |variant: &Variant| at_step(network, model, &[*variant], x0, (protocol, step), noise_key);
        return variants
            .iter()
            .map(alone)
            .collect::<Result<Vec<_>, _>>()
            .map(|each| each.into_iter().flatten().collect());
    }
    // Where phi has no bound and the steps were accurate, what overflows has grown without one.
    let accurate = !control.is_hopeless();
    match error.time().filter(|time| *time > 0.0) {
        Some(time) if model.transfer().bound().is_none() && accurate => Err(SimulateError::Unbounded { time }),
        Some(_) => Ok(vec![Err(error)]),
        None => Err(error),
    }
}

/// One run at one step: what every variant showed, or why it is not believed.
fn observe_variants(
    network: &Network,
    model: &Model,
    variants: &[Variant],
    x0: MatRef<'_, f64>,
    (protocol, step): (&Protocol, f64),
    noise_key: (u64, u64),
    control: &mut Control,
) -> Result<Vec<Result<Observed, SimulateError>>, SimulateError> {
    let (n, copies) = (network.neurons(), check_states(network, x0)?);
    let mut field = Field::of_variants(network, model, variants, copies)?;
    let mut state = field.state_from_currents(x0)?;
    let mut mover = Mover::new(&field, model, protocol.method(), copies, noise_key)?;
    let columns = field.column_ranges();
    let count = columns.len();
    // Paths under white noise have a strong error of the order of the noise itself, which their statistics do not: it is told, not judged.
    let tolerance = if is_noisy(model) { f64::INFINITY } else { protocol.tolerance() };
    *control = Control::new(columns, count, copies, protocol.method(), tolerance).of(network, model, variants);
    let along = vectors(network, &protocol.kappa_along(network.rank()))?;
    let of = |name: fn(usize) -> Vector| vectors(network, &(0..network.rank()).map(name).collect::<Vec<_>>());
    let structure = Structure { m: of(Vector::M)?, n: of(Vector::N)? };
    let sums = |_: &Variant| Accumulator::new(n, copies, protocol.lags(), protocol.keeps_trajectory());
    let mut sums: Vec<Accumulator> = variants.iter().map(sums).collect();
    let (mut x, mut r) = (Mat::zeros(n, copies * variants.len()), Mat::zeros(n, copies * variants.len()));
    let sizes: Vec<f64> = field.column_ranges().into_iter().map(|column| rms(&state[column])).collect();
    let mut time = 0.0;
    // The field has those of time 0.
    let mut amplitudes = model.input().at(time);
    // Where phi has no bound, a time course of one variant may end before its time; several are then run one by one.
    let (may_grow, as_course) = (model.transfer().bound().is_none(), protocol.is_course() && count == 1);
    let mut unbounded = None;
    'samples: for sample in 0..protocol.samples() {
        let target = protocol.sample_time(sample);
        let mut stops = model.input().breakpoints(time, target);
        stops.push(target);
        for stop in stops {
            field.move_until(stop);
            match mover.advance(&mut field, &mut state, (time, stop), step, control) {
                Err(error) if may_grow && as_course && sample > 0 && !control.is_hopeless() => {
                    unbounded = Some(error.time().ok_or(error)?);
                    break 'samples;
                }
                other => other?,
            }
            if control.is_hopeless() {
                let error = |worst: &f64| Err(inaccurate(protocol, step, *worst));
                return Ok(control.worst().iter().map(error).collect());
            }
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
        if may_grow && as_course && sample > 0 && rms(&state) > LARGEST_OF_COURSE {
            unbounded = Some(time);
            break;
        }
        field.currents_and_rates(&state, x.as_mut(), r.as_mut())?;
        for (v, sums) in sums.iter_mut().enumerate() {
            let (x, r) = (x.subcols(v * copies, copies), r.subcols(v * copies, copies));
            sums.sample(time, (x, r), field.input(), &along, &structure);
        }
    }
    let residuals = spurious_rest(&mut field, protocol.method(), (&state, time), step);
    if may_grow && unbounded.is_none() {
        unbounded = match refuse_escape(&mut field, &mut mover, (state, time), &sizes, step, control) {
            // A course is right whatever comes after it.
            Err(SimulateError::Unbounded { time }) if as_course => Some(time),
            Err(SimulateError::Undecided { .. }) if as_course => None,
            Err(error) if as_course && !control.is_hopeless() => Some(error.time().ok_or(error)?),
            other => other.map(|()| None)?,
        };
    }
    let symmetry = (is_odd(model), protocol.structured_from());
    let mut all = Vec::with_capacity(variants.len());
    for (v, (sums, variant)) in sums.into_iter().zip(variants).enumerate() {
        let centres = sums.moving_centres();
        let mut observed = sums.finish(&structure, symmetry);
        if let Some((observable, value)) = observed.first_not_finite() {
            return Err(SimulateError::NotANumber { observable, value, time });
        }
        (observed.step, observed.error_estimate) = (step, control.worst()[v]);
        observed.unbounded = unbounded;
        observed.weak_error = is_noisy(model).then(|| weak_error(step, *variant));
        let states = x.subcols(v * copies, copies);
        let method = protocol.method();
        let (given, of, at) = ((network.vectors(), network.g()), (model.transfer(), *variant), (method, step));
        let (judged, chosen) = (protocol.tolerance().is_finite(), protocol.halvings() > 0);
        let unstable =
            || states.col_iter().find_map(|x| unstable(given, of, at, &x.iter().copied().collect::<Vec<_>>()));
        let resting = || residuals[v * copies..(v + 1) * copies].iter().flatten().next();
        all.push(if observed.error_estimate > tolerance {
            Err(inaccurate(protocol, step, observed.error_estimate))
        } else if let Some(longest) = judged.then(unstable).flatten() {
            Err(SimulateError::UnstableStep { method, step, longest })
        } else if let Some(residual) = judged.then(resting).flatten() {
            Err(SimulateError::SpuriousRest { method, step, residual: *residual })
        } else if let Some((error, limit)) =
            centres.iter().filter(|_| chosen).find_map(|x| unfaithful(given, of, at, x))
        {
            Err(SimulateError::UnfaithfulStep { method, step, error, limit })
        } else {
            Ok(observed)
        });
    }
    Ok(all)
}

/// For every column at the end of a run the root mean square of dx/dt where the method rests though it is not zero: stages of Runge and
/// Kutta may cancel. The other methods rest where the equations do.
fn spurious_rest(field: &mut Field<'_>, method: Method, (state, time): (&[f64], f64), step: f64) -> Vec<Option<f64>> {
    let columns = field.column_ranges();
    if !matches!(method, Method::Heun | Method::Rk4) {
        return vec![None; columns.len()];
    }
    let (mut speed, mut next) = (vec![0.0; state.len()], state.to_vec());
    field.derivative(time, state, &mut speed);
    Stepper::new(method, field).step(field, time, step, &mut next);
    let of_column = |column: std::ops::Range<usize>| {
        let (residual, size) = (rms(&speed[column.clone()]), rms(&state[column.clone()]));
        let moved: Vec<f64> = column.map(|i| (next[i] - state[i]) / step).collect();
        (residual > RESIDUAL * size.max(1.0) && rms(&moved) < STOPPED * residual).then_some(residual)
    };
    columns.into_iter().map(of_column).collect()
}

/// The error of a run of this protocol whose estimate is above its tolerance.
pub(crate) fn inaccurate(protocol: &Protocol, step: f64, error: f64) -> SimulateError {
    let (method, chosen, limit) = (protocol.method(), protocol.halvings() > 0, protocol.tolerance());
    SimulateError::InaccurateStep { method, step, chosen, error, limit }
}

/// Goes on from the end of a run for as long as some column grows in a way that never ends.
fn refuse_escape(
    field: &mut Field<'_>,
    mover: &mut Mover,
    (mut state, mut time): (Vec<f64>, f64),
    start_sizes: &[f64],
    step: f64,
    control: &mut Control,
) -> Result<(), SimulateError> {
    let columns = field.column_ranges();
    let drive = rms(field.input());
    let mut escapes: Vec<Escape> = start_sizes.iter().map(|size| Escape::from_start(*size)).collect();
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
            return Ok(());
        }
        field.move_until(time + 1.0);
        mover.advance(field, &mut state, (time, time + 1.0), step, control)?;
        time += 1.0;
    }
    let verdicts = escapes.iter().filter_map(|escape| escape.verdict(drive));
    match verdicts.max_by_key(|growth| *growth == Growth::Unbounded) {
        Some(Growth::Unbounded) => Err(SimulateError::Unbounded { time }),
        Some(Growth::Undecided) => Err(SimulateError::Undecided { time }),
        None => Ok(()),
    }
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
    /// Heun's method at 0.2 rests away from zero for an overlap of -10; (T6) has rest at zero alone.
    #[test]
    fn a_fixed_point_of_the_method_alone_is_no_rest() {
        let moments = Moments::new(Layout::rank(1)).mean(Vector::M(0), 1.0).mean(Vector::N(0), -10.0);
        let ensemble = moments.build().unwrap();
        let model = Model::new(0.0, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap();
        let network = Network::draw(&model, 20, Sampling::Matched, 1, 0).unwrap();
        let mut field = Field::of_variants(&network, &model, &[Variant::Current], 1).unwrap();
        let mut state = field.state_from_currents(Mat::from_fn(20, 1, |_, _| 4.0).as_ref()).unwrap();
        let mut stepper = Stepper::new(Method::Heun, &field);
        (0..2000).for_each(|_| stepper.step(&mut field, 0.0, 0.2, &mut state));
        assert!(state[0].abs() > 0.5, "{}", state[0]);
        assert!(spurious_rest(&mut field, Method::Heun, (&state, 0.0), 0.2)[0].is_some_and(|residual| residual > 1.0));
        // Rest of the equations, and what moves, are not that.
        for start in [0.0, 0.3] {
            let state = field.state_from_currents(Mat::from_fn(20, 1, |_, _| start).as_ref()).unwrap();
            assert_eq!(spurious_rest(&mut field, Method::Heun, (&state, 0.0), 0.02), [None]);
        }
    }
}
