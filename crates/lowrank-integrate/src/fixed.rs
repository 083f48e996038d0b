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
        Self { method, work: std::array::from_fn(|_| vec![0.0; d]), decay, memory }
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
