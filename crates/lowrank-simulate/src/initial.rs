//! Draws of initial states, which choose the branch a network settles on.

use faer::Mat;
use lowrank_connectivity::{Network, stream};
use lowrank_model::{Empirical, Initial, Role, StreamKey};
use rand_distr::{Distribution, StandardNormal};

use crate::SimulateError;

/// Initial currents x(0), `[n x batch]`, every column with an independent part of its own.
///
/// # Errors
/// A vector the network does not have; a deviation that is negative or not finite.
pub fn initial_currents(
    network: &Network,
    initial: &Initial,
    batch: usize,
    seed: u64,
    realisation: u64,
) -> Result<Mat<f64>, SimulateError> {
    initial_currents_along(network.vectors(), initial, batch, seed, realisation)
}

/// [`initial_currents`] of the network with these vectors.
///
/// # Errors
/// As there.
pub fn initial_currents_along(
    vectors: &Empirical,
    initial: &Initial,
    batch: usize,
    seed: u64,
    realisation: u64,
) -> Result<Mat<f64>, SimulateError> {
    let deviation = initial.deviation;
    if !(deviation >= 0.0 && deviation.is_finite()) {
        let field = "the deviation of the initial state";
        return Err(SimulateError::BadTime { field, value: deviation, relation: ">=", limit: 0.0 });
    }
    let mut x = Mat::zeros(vectors.neurons(), batch);
    for (column, x) in x.col_iter_mut().enumerate() {
        let mut rng = stream(StreamKey { seed, realisation, role: Role::InitialState, line: column as u64 });
        for x in x.iter_mut() {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *x = deviation * normal;
        }
    }
    for (vector, coefficient) in &initial.along {
        let vector = &vectors.vectors()[vectors.layout().index(*vector)?];
        for x in x.col_iter_mut() {
            x.iter_mut().zip(vector).for_each(|(x, v)| *x += coefficient * v);
        }
    }
    Ok(x)
}
