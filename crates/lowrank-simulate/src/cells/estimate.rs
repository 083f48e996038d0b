//! The error of a step as the column itself tells it (T37), from what the method remembers, at the looks only.

use lowrank_integrate::{Method, error_weights};
use lowrank_model::Real;

use super::lanes;

/// How the estimate of one filter tau dy/dt = -y + rest is put together: a sum over the rest now, one, two and three steps ago,
/// and the filter's own value, with these coefficients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    rest: [f64; 4],
    own: f64,
    /// Steps of the past that it needs.
    needs: usize,
}

/// One filter of a column: its value, and its rest now, one, two and three steps ago; empty where the method has no such past.
pub(crate) struct Filtered<'a, T> {
    pub(crate) y: &'a [T],
    pub(crate) rest: [&'a [T]; 4],
}

impl Estimate {
    /// Of a step of `dt`, per unit time. ETD-AB3: what the next order of Adams and Bashforth would add. Methods of first order:
    /// h y'' / 2, y'' from the last change of the rest and, for Euler, of y itself.
    pub(crate) fn new(method: Method, tau: f64, dt: f64) -> Self {
        let a = 1.0 / tau;
        let half = 0.5 * a;
        match method {
            // The rest that methods of lowrank-integrate remember is a times this one.
            Method::EtdAb3 => Self { rest: error_weights().map(|weight| a * weight), own: 0.0, needs: 3 },
            Method::Euler => Self { rest: [half * (1.0 - dt * a), -half, 0.0, 0.0], own: half * dt * a, needs: 1 },
            _ => Self { rest: [half, -half, 0.0, 0.0], own: 0.0, needs: 1 },
        }
    }

    /// Sum over neurons of the squares of the estimated errors, and of y; none while too few steps are `known`.
    pub(crate) fn squares<T: Real>(&self, known: usize, of: &Filtered<'_, T>) -> Option<(f64, f64)> {
        if known < self.needs {
            return None;
        }
        let Filtered { y, rest: [now, one, two, three] } = of;
        // What a method of first order does not remember has no weight.
        let rest = if self.needs == 1 { [*now, *one, *now, *now] } else { [*now, *one, *two, *three] };
        Some(lanes::error(y, T::from_f64(self.own), rest, self.rest.map(T::from_f64)))
    }
}
