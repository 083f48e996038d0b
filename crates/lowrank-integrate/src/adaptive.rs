//! The adaptive reference: Dopri5 (order 5) and Dop853 (order 8) of `ode_solvers`.
//!
//! Three properties of `ode_solvers` 0.6 are fenced in here. Its Dop853 evaluates the last two stages at the start of
//! the step (their nodes in its table are 0 where they are 1), which costs a time-dependent field its order: time is
//! made a component of the state, dt/dt = 1, so that stages find their time there. Its dense output extrapolates the
//! last point: only the end of the last step is read (sparse output). A negative start time panics: time runs from
//! 0. It also keeps every step in memory, so this is a reference for small systems.

use std::cell::{Cell, RefCell};

use ode_solvers::dop_shared::IntegrationError;
use ode_solvers::{DVector, Dop853, Dopri5, OutputType, System};

use crate::error::{check_dimension, check_finite, check_interval};
use crate::{IntegrateError, VectorField};

/// Below this a relative tolerance asks for less than rounding error.
const SMALLEST_RELATIVE_TOLERANCE: f64 = 1e-15;

/// More steps than this in one call count as a failure.
const MOST_STEPS: u32 = 100_000;

/// Every how many accepted steps stiffness is tested. Never: a stiff problem still ends in too many steps.
const NO_STIFFNESS_TEST: u32 = u32::MAX;

/// An adaptive method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adaptive {
    /// Dormand-Prince, order 5.
    Dopri5,
    /// Dormand-Prince, order 8.
    Dop853,
}

/// Error allowed a step and component: relative times |x| plus absolute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Relative tolerance, >= 1e-15.
    pub relative: f64,
    /// Absolute tolerance, >= 0.
    pub absolute: f64,
}

/// The state at `end` of the solution that is `state` at `start`.
///
/// # Errors
/// A state that becomes non-finite or a step that fails, with the time; a bad interval, tolerance or dimension.
pub fn solve_adaptive(
    method: Adaptive,
    field: &mut impl VectorField,
    state: &[f64],
    (start, end): (f64, f64),
    tolerance: Tolerance,
) -> Result<Vec<f64>, IntegrateError> {
    check_interval(start, end)?;
    check_dimension(state.len(), field.dimension())?;
    check_tolerance("relative", tolerance.relative, SMALLEST_RELATIVE_TOLERANCE)?;
    check_tolerance("absolute", tolerance.absolute, 0.0)?;
    check_finite(start, state)?;
    if start == end || state.is_empty() {
        return Ok(state.to_vec());
    }
    let mut derivative = vec![0.0; state.len()];
    field.derivative(start, state, &mut derivative);
    check_finite(start, &derivative)?;
    let failure = Cell::new(None);
    let system = Shifted { field: RefCell::new(field), start, failure: &failure };
    let y = DVector::from_iterator(state.len() + 1, state.iter().copied().chain([0.0]));
    let (length, rtol, atol) = (end - start, tolerance.relative, tolerance.absolute);
    let sparse = OutputType::Sparse;
    // Safety factor, PI coefficient and step factors are those of Hairer's codes.
    let (outcome, last) = match method {
        Adaptive::Dopri5 => {
            let mut s = Dopri5::from_param(
                system,
                0.0,
                length,
                length,
                y,
                rtol,
                atol,
                0.9,
                0.04,
                0.2,
                10.0,
                length,
                0.0,
                MOST_STEPS,
                NO_STIFFNESS_TEST,
                sparse,
            );
            (s.integrate(), s.y_out().last().cloned())
        }
        Adaptive::Dop853 => {
            let mut s = Dop853::from_param(
                system,
                0.0,
                length,
                length,
                y,
                rtol,
                atol,
                0.9,
                0.0,
                0.333,
                6.0,
                length,
                0.0,
                MOST_STEPS,
                NO_STIFFNESS_TEST,
                sparse,
            );
            (s.integrate(), s.y_out().last().cloned())
        }
    };
    if let Some((time, index, value)) = failure.get() {
        return Err(IntegrateError::NonFinite { time, index, value });
    }
    outcome.map_err(|error| failed(&error, start))?;
    let last: Vec<f64> = last.map(|y| y.as_slice()[..state.len()].to_vec()).unwrap_or_default();
    check_dimension(last.len(), state.len())?;
    check_finite(end, &last)?;
    Ok(last)
}

fn check_tolerance(which: &'static str, value: f64, limit: f64) -> Result<(), IntegrateError> {
    if value.is_finite() && value >= limit { Ok(()) } else { Err(IntegrateError::BadTolerance { which, value, limit }) }
}

fn failed(error: &IntegrationError, start: f64) -> IntegrateError {
    let (time, reason) = match error {
        IntegrationError::MaxNumStepReached { x, n_step } => (x, format!("more than {n_step} steps are needed")),
        IntegrationError::StepSizeUnderflow { x } => (x, "the step became too small".to_owned()),
        IntegrationError::StiffnessDetected { x } => (x, "the problem is stiff".to_owned()),
    };
    IntegrateError::StepFailed { time: start + time, reason }
}

/// Where and in which component a derivative first became non-finite.
type Failure = Cell<Option<(f64, usize, f64)>>;

/// The field as `ode_solvers` wants it: `&self`, time from 0 in the last component, and a note of the first state
/// or derivative that is not finite.
struct Shifted<'a, F> {
    field: RefCell<&'a mut F>,
    start: f64,
    failure: &'a Failure,
}

impl<F: VectorField> System<f64, DVector<f64>> for Shifted<'_, F> {
    fn system(&self, _: f64, y: &DVector<f64>, dy: &mut DVector<f64>) {
        let d = y.len() - 1;
        let (state, out) = (&y.as_slice()[..d], &mut dy.as_mut_slice()[..d]);
        self.field.borrow_mut().derivative(self.start + y[d], state, out);
        dy[d] = 1.0;
    }

    fn solout(&mut self, t: f64, y: &DVector<f64>, dy: &DVector<f64>) -> bool {
        let bad = y.iter().chain(dy.iter()).position(|v| !v.is_finite());
        if let Some(position) = bad {
            let value = y.iter().chain(dy.iter()).nth(position).copied().unwrap_or(f64::NAN);
            self.failure.set(Some((self.start + t, position % y.len(), value)));
        }
        bad.is_some()
    }
}
