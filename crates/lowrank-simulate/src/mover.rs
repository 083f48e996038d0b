//! A method that advances a run, with white noise or without, and tells its error on the way.

use lowrank_connectivity::stream;
use lowrank_integrate::{EulerMaruyama, IntegrateError, Method, Stepper, VectorField, check_steps};
use lowrank_model::{Model, Role, StreamKey};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::control::{Control, is_noisy};
use crate::run::steps_between;
use crate::{Field, SimulateError};

/// The method, with noise or without.
pub(crate) enum Mover {
    Fixed(Box<Stepper>),
    Noisy { method: Box<EulerMaruyama>, streams: Vec<ChaCha8Rng>, shared: usize },
}

impl Mover {
    pub(crate) fn new(
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
    pub(crate) fn forget(&mut self) {
        if let Self::Fixed(stepper) = self {
            stepper.forget();
        }
    }

    /// From the start to the end of an interval in equal steps of at most `step`.
    pub(crate) fn advance(
        &mut self,
        field: &mut impl VectorField,
        state: &mut [f64],
        (start, end): (f64, f64),
        step: f64,
        control: &mut Control,
    ) -> Result<(), SimulateError> {
        if end <= start {
            return Ok(());
        }
        let steps = steps_between(start, end, step);
        match self {
            Self::Fixed(stepper) => advance(stepper, field, state, (start, end), steps, control)?,
            Self::Noisy { method, streams, shared } => {
                check_steps(steps)?;
                let dt = (end - start) / steps as f64;
                let mut increments = vec![0.0; method.increments()];
                // A step of twice the length from the state and time before two others, on the sum of their increments.
                let mut twice: Option<(f64, Vec<f64>, Vec<f64>)> = None;
                for i in 0..steps {
                    let time = start + i as f64 * dt;
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
                    let before = (twice.is_none() && control.is_due(time, false)).then(|| state.to_vec());
                    method.step(field, time, dt, &increments, state)?;
                    if let Some((time, mut coarse, mut sum)) = twice.take() {
                        sum.iter_mut().zip(&increments).for_each(|(sum, increment)| *sum += increment);
                        method.step(field, time, 2.0 * dt, &sum, &mut coarse)?;
                        // Errors of zero mean add up to this over a unit of time.
                        let factor = 1.0 / (2.0 * dt).sqrt();
                        coarse.iter_mut().zip(&*state).for_each(|(c, x)| *c = (*c - x) * factor);
                        control.take(time, &coarse, state);
                    }
                    twice = before.map(|before| (time, before, increments.clone()));
                    if control.is_hopeless() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// [`lowrank_integrate::integrate`] that takes the error of the steps that are due; it ends early where no column is believed any more.
pub(crate) fn advance(
    stepper: &mut Stepper,
    field: &mut impl VectorField,
    state: &mut [f64],
    (start, end): (f64, f64),
    steps: usize,
    control: &mut Control,
) -> Result<(), SimulateError> {
    check_steps(steps)?;
    let dt = (end - start) / steps as f64;
    for i in 0..steps {
        let time = start + i as f64 * dt;
        if control.is_due(time, stepper.is_starting(dt)) {
            if let Some(error) = stepper.step_with_error(field, time, dt, state) {
                control.take(time, error, state);
                if control.is_hopeless() {
                    return Ok(());
                }
            }
        } else {
            stepper.step(field, time, dt, state);
        }
        if let Some(index) = state.iter().position(|x| !x.is_finite()) {
            let (time, value) = (start + (i + 1) as f64 * dt, state[index]);
            return Err(IntegrateError::NonFinite { time, index, value }.into());
        }
    }
    Ok(())
}
