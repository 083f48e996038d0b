//! Euler-Maruyama for dx = f(t, x) dt + sum_q b_q dW_q with constant b_q: strong order 1 (additive noise), weak order 1.
//!
//! P. E. Kloeden, E. Platen, Numerical Solution of Stochastic Differential Equations (1992), section 10.2. The
//! increments are given by the caller, so that this crate draws no random numbers.

use crate::error::{check_dimension, check_finite};
use crate::{IntegrateError, VectorField};

/// The method with its work space and the directions b_q of the noise.
#[derive(Debug, Clone)]
pub struct EulerMaruyama {
    directions: Vec<Vec<f64>>,
    k: Vec<f64>,
}

impl EulerMaruyama {
    /// Noise along the given directions, each of the state's dimension.
    ///
    /// # Errors
    /// A direction of another dimension.
    pub fn new(field: &impl VectorField, directions: Vec<Vec<f64>>) -> Result<Self, IntegrateError> {
        for direction in &directions {
            check_dimension(direction.len(), field.dimension())?;
        }
        Ok(Self { directions, k: vec![0.0; field.dimension()] })
    }

    /// One step from t to t + dt. `increments` are dW_q, one a direction: normal, mean 0, variance dt.
    ///
    /// # Errors
    /// A state that becomes non-finite, with the time; not one increment a direction.
    pub fn step(
        &mut self,
        field: &mut impl VectorField,
        t: f64,
        dt: f64,
        increments: &[f64],
        state: &mut [f64],
    ) -> Result<(), IntegrateError> {
        check_dimension(state.len(), field.dimension())?;
        check_dimension(self.k.len(), field.dimension())?;
        check_dimension(increments.len(), self.directions.len())?;
        field.derivative(t, state, &mut self.k);
        for (x, k) in state.iter_mut().zip(&self.k) {
            *x += dt * *k;
        }
        for (direction, increment) in self.directions.iter().zip(increments) {
            for (x, b) in state.iter_mut().zip(direction) {
                *x += increment * *b;
            }
        }
        check_finite(t + dt, state)
    }
}
