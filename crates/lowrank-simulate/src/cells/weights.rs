//! One step of a filter tau dy/dt = -y + rest: y <- decay y + sum_j rest_j rest(t - j dt), one evaluation a step.

use lowrank_integrate::{Method, etd_weights};
use lowrank_model::Real;

use crate::SimulateError;

/// The numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weights<T> {
    pub(crate) decay: T,
    /// Of the rest now, one and two steps ago.
    pub(crate) rest: [T; 3],
}

/// The weights of the first, the second and all later steps: a multistep method rises to its order as its past grows.
/// (The two short steps of lower order are part of the transient.)
///
/// # Errors
/// A method of more than one evaluation a step.
pub(crate) fn weights<T: Real>(method: Method, tau: f64, dt: f64) -> Result<[Weights<T>; 3], SimulateError> {
    let a = 1.0 / tau;
    let of_order = |order: u32| {
        let [decay, rest @ ..] = match method {
            Method::Euler => [1.0 - a * dt, dt, 0.0, 0.0],
            _ => etd_weights(order, a, dt),
        };
        Weights { decay: T::from_f64(decay), rest: rest.map(|weight| T::from_f64(weight * a)) }
    };
    match method {
        Method::Euler | Method::ExponentialEuler => Ok([of_order(1); 3]),
        Method::EtdAb3 => Ok([of_order(1), of_order(2), of_order(3)]),
        Method::Heun | Method::Rk4 => Err(SimulateError::ManyProducts { method }),
    }
}
