//! Fixed-step integration: the choice of a method, and the loop over its steps.

use std::fmt;

use crate::error::{check_dimension, check_finite, check_interval};
use crate::etd_ab3::{self, Memory};
use crate::{IntegrateError, VectorField, euler, exponential_euler, heun, rk4};

/// More steps than this is a mistake, not a wish: a week of the smallest network.
const MOST_STEPS: usize = 1_000_000_000;

/// A fixed-step method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Forward Euler, order 1, one evaluation a step.
    Euler,
    /// Exponential Euler (ETD1), order 1, one evaluation a step; exact for pure decay.
    ExponentialEuler,
    /// Heun's method (explicit trapezoid), order 2, two evaluations a step.
    Heun,
    /// The classical Runge-Kutta method, order 4, four evaluations a step.
    Rk4,
    /// Exponential Adams-Bashforth, order 3, one evaluation a step: the cheapest for a given accuracy of statistics.
    EtdAb3,
}

impl Method {
    /// Every fixed-step method.
    pub const ALL: [Self; 5] = [Self::Euler, Self::ExponentialEuler, Self::Heun, Self::Rk4, Self::EtdAb3];

    /// Order of the global error in the step.
    pub fn order(self) -> u32 {
        match self {
            Self::Euler | Self::ExponentialEuler => 1,
            Self::Heun => 2,
            Self::EtdAb3 => 3,
            Self::Rk4 => 4,
        }
    }

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::ExponentialEuler => "exponential-euler",
            Self::Heun => "heun",
            Self::Rk4 => "rk4",
            Self::EtdAb3 => "etd-ab3",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A method with its work space, for states of one dimension.
#[derive(Debug, Clone)]
pub struct Stepper {
    method: Method,
    /// Stage derivatives and one stage state.
    work: [Vec<f64>; 3],
    decay: Vec<f64>,
    memory: Memory,
    /// Estimated local error per unit time; empty until it is asked for.
    error: Vec<f64>,
}

impl Stepper {
    /// Work space for this field.
    pub fn new(method: Method, field: &impl VectorField) -> Self {
        let d = field.dimension();
        let decay = match method {
            Method::ExponentialEuler | Method::EtdAb3 => (0..d).map(|i| field.decay_rate(i)).collect(),
            _ => Vec::new(),
        };
        let memory = if method == Method::EtdAb3 { Memory::new(&decay) } else { Memory::default() };
        Self { method, work: std::array::from_fn(|_| vec![0.0; d]), decay, memory, error: Vec::new() }
    }

    /// One step from t to t + dt. Nothing is allocated; nothing is checked.
    pub fn step(&mut self, field: &mut impl VectorField, t: f64, dt: f64, state: &mut [f64]) {
        match self.method {
            Method::Euler => euler::step(field, t, dt, state, &mut self.work),
            Method::ExponentialEuler => exponential_euler::step(field, t, dt, state, &mut self.work, &self.decay),
            Method::Heun => heun::step(field, t, dt, state, &mut self.work),
            Method::Rk4 => rk4::step(field, t, dt, state, &mut self.work),
            Method::EtdAb3 => etd_ab3::step(field, t, dt, state, &mut self.work, &mut self.memory),
        }
    }

    /// One step, to the bit as [`Stepper::step`], and an estimate of its local error per unit time, one number a component
    /// (T37). `None` where no estimate can be had: the third step of ETD-AB3 after a start.
    ///
    /// ETD-AB3 takes what the next order would add, at no cost; the others compare the step with two of half its length, at
    /// that of two steps.
    pub fn step_with_error(
        &mut self,
        field: &mut impl VectorField,
        t: f64,
        dt: f64,
        state: &mut [f64],
    ) -> Option<&[f64]> {
        self.error.resize(state.len(), 0.0);
        if self.method == Method::EtdAb3 && !self.memory.starts(dt) {
            let known = self.memory.knows_three(dt);
            self.error.copy_from_slice(self.memory.oldest());
            self.step(field, t, dt, state);
            etd_ab3::third_difference(&self.memory, &mut self.error);
            return known.then_some(&self.error[..]);
        }
        let order = if self.method == Method::EtdAb3 { Method::Rk4.order() } else { self.method.order() };
        self.error.copy_from_slice(state);
        for half in 0..2 {
            let (t, half_step, state) = (t + 0.5 * dt * f64::from(half), 0.5 * dt, &mut self.error);
            match self.method {
                Method::Euler => euler::step(field, t, half_step, state, &mut self.work),
                Method::ExponentialEuler => {
                    exponential_euler::step(field, t, half_step, state, &mut self.work, &self.decay);
                }
                Method::Heun => heun::step(field, t, half_step, state, &mut self.work),
                Method::Rk4 | Method::EtdAb3 => rk4::step(field, t, half_step, state, &mut self.work),
            }
        }
        self.step(field, t, dt, state);
        let whole = f64::from(1_u32 << order);
        let factor = whole / (whole - 1.0) / dt;
        self.error.iter_mut().zip(&*state).for_each(|(error, x)| *error = (x - *error) * factor);
        Some(&self.error)
    }

    /// Whether the next step of this length is one of a start, whose error is not that of the steps to come.
    pub fn is_starting(&self, dt: f64) -> bool {
        self.method == Method::EtdAb3 && self.memory.starts(dt)
    }

    /// Multiplies what the method remembers, for a linear field whose state was multiplied.
    #[cfg(test)]
    pub(crate) fn scale(&mut self, factor: f64) {
        self.memory.scale(factor);
    }

    /// Tells the method that the field jumps here, or that another trajectory begins: what it remembers of earlier steps
    /// no longer holds.
    pub fn forget(&mut self) {
        self.memory.forget();
    }
}

/// Refuses a number of steps that is zero or that no run can take.
///
/// # Errors
/// The number, with the limit.
pub fn check_steps(steps: usize) -> Result<(), IntegrateError> {
    if (1..=MOST_STEPS).contains(&steps) { Ok(()) } else { Err(IntegrateError::BadSteps { steps, limit: MOST_STEPS }) }
}

/// Advances `state` from `start` to `end` in `steps` equal steps.
///
/// # Errors
/// A state that becomes non-finite, with the time; a bad interval, number of steps or dimension.
pub fn integrate(
    stepper: &mut Stepper,
    field: &mut impl VectorField,
    state: &mut [f64],
    (start, end): (f64, f64),
    steps: usize,
) -> Result<(), IntegrateError> {
    check_interval(start, end)?;
    check_dimension(state.len(), field.dimension())?;
    check_dimension(stepper.work[0].len(), field.dimension())?;
    check_steps(steps)?;
    let dt = (end - start) / steps as f64;
    for i in 0..steps {
        stepper.step(field, start + i as f64 * dt, dt, state);
        check_finite(start + (i + 1) as f64 * dt, state)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dx/dt = -x + 3 tanh(y) + sin(2 t), dy/dt = -y - 2 tanh(x).
    struct Driven;

    impl VectorField for Driven {
        fn dimension(&self) -> usize {
            2
        }
        fn derivative(&mut self, t: f64, x: &[f64], out: &mut [f64]) {
            out[0] = -x[0] + 3.0 * x[1].tanh() + (2.0 * t).sin();
            out[1] = -x[1] - 2.0 * x[0].tanh();
        }
        fn decay_rate(&self, _: usize) -> f64 {
            1.0
        }
    }

    #[test]
    fn the_estimate_is_the_local_error_and_the_step_is_the_same_to_the_bit() {
        let dt = 0.1;
        for method in Method::ALL {
            let (mut plain, mut stepper) = (Stepper::new(method, &Driven), Stepper::new(method, &Driven));
            let (mut alone, mut state) = ([0.5, 0.2], [0.5, 0.2]);
            let (mut estimated, mut local, mut compared) = (0.0, 0.0, 0);
            for i in 0..200 {
                let t = f64::from(i) * dt;
                let mut exact = state;
                integrate(&mut Stepper::new(Method::Rk4, &Driven), &mut Driven, &mut exact, (t, t + dt), 50).unwrap();
                plain.step(&mut Driven, t, dt, &mut alone);
                let error = stepper.step_with_error(&mut Driven, t, dt, &mut state).map(<[f64]>::to_vec);
                assert_eq!(alone, state, "{method}");
                if let Some(error) = error.filter(|_| i >= 10) {
                    estimated += error.iter().map(|e| e * e).sum::<f64>();
                    local += state.iter().zip(exact).map(|(x, e)| ((x - e) / dt).powi(2)).sum::<f64>();
                    compared += 1;
                }
            }
            assert!(compared > 180, "{method}");
            let ratio = (estimated / local).sqrt();
            assert!((0.9..1.1).contains(&ratio), "{method}: estimate over local error {ratio}");
        }
    }
}
