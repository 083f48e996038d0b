//! Euler-Maruyama for dx = f(t, x) dt + sum_q b_q dW_q + diag(a) dV with constant b_q and a: strong order 1 (additive
//! noise), weak order 1.
//!
//! P. E. Kloeden, E. Platen, Numerical Solution of Stochastic Differential Equations (1992), section 10.2. The
//! increments are given by the caller, so that this crate draws no random numbers. Noises that many components share
//! are directions b_q; noises of one component each are blocks of components with a common amplitude a.

use std::ops::Range;

use crate::error::{check_amplitude, check_block, check_dimension, check_finite};
use crate::{IntegrateError, VectorField};

/// The method with its work space, the directions b_q of the shared noise and the blocks of private noise.
#[derive(Debug, Clone)]
pub struct EulerMaruyama {
    directions: Vec<Vec<f64>>,
    blocks: Vec<(Range<usize>, f64)>,
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
        Ok(Self { directions, blocks: Vec::new(), k: vec![0.0; field.dimension()] })
    }

    /// The same with a noise of its own on every component of these blocks, each block of one amplitude. Blocks may
    /// overlap: a component in two of them has two noises.
    ///
    /// # Errors
    /// A block that runs backwards or beyond the state; an amplitude that is not finite.
    pub fn with_private_noise(mut self, blocks: Vec<(Range<usize>, f64)>) -> Result<Self, IntegrateError> {
        for (components, amplitude) in &blocks {
            check_block(components, self.k.len())?;
            check_amplitude(*amplitude)?;
        }
        self.blocks = blocks;
        Ok(self)
    }

    /// Increments a step takes: one a direction, and one a component of every block.
    pub fn increments(&self) -> usize {
        self.directions.len() + self.blocks.iter().map(|(components, _)| components.len()).sum::<usize>()
    }

    /// One step from t to t + dt. `increments` are dW_q, one a direction, and then dV, one a component of every block
    /// in their order: normal, mean 0, variance dt.
    ///
    /// # Errors
    /// A state that becomes non-finite, with the time; another number of increments.
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
        check_dimension(increments.len(), self.increments())?;
        field.derivative(t, state, &mut self.k);
        for (x, k) in state.iter_mut().zip(&self.k) {
            *x += dt * *k;
        }
        let (shared, mut private) = increments.split_at(self.directions.len());
        for (direction, increment) in self.directions.iter().zip(shared) {
            for (x, b) in state.iter_mut().zip(direction) {
                *x += increment * *b;
            }
        }
        for (components, amplitude) in &self.blocks {
            let (own, rest) = private.split_at(components.len());
            for (x, increment) in state[components.clone()].iter_mut().zip(own) {
                *x += amplitude * increment;
            }
            private = rest;
        }
        check_finite(t + dt, state)
    }
}
