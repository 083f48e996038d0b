//! Independent networks of one model: draws, runs, averages over them.

use lowrank_connectivity::{Bulk, BulkKind, Network, Sampling, draw_vectors};
use lowrank_integrate::Method;
use lowrank_model::{Initial, Model, Variant};
use lowrank_simulate::{Observed, Protocol, Timing, initial_currents, simulate};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Arc;

use crate::StudyError;

/// Mean over networks and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) standard_error: f64,
}

impl Estimate {
    /// Of independent values; without a spread where there is one.
    pub(crate) fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares = values.map(|value| (value - mean).powi(2)).sum::<f64>();
        Self { mean, standard_error: (squares / (count - 1.0).max(1.0) / count).sqrt() }
    }
}

/// How large the networks are, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Ensemble {
    pub(crate) neurons: usize,
    pub(crate) networks: usize,
    pub(crate) seed: u64,
}

/// The bulk of one realisation, shared by whatever is run on it.
pub(crate) fn bulk(neurons: usize, seed: u64, realisation: u64) -> Result<Arc<Bulk>, StudyError> {
    Ok(Arc::new(Bulk::draw(BulkKind::Gaussian, neurons, seed, realisation)?))
}

/// One run of so many states of a model on a bulk, its vectors drawn with the ensemble's moments; and its network.
pub(crate) fn run(
    bulk: &Arc<Bulk>,
    model: &Model,
    start: &Initial,
    protocol: &Protocol,
    (seed, realisation): (u64, u64),
    copies: usize,
) -> Result<(Network, Observed), StudyError> {
    let vectors = draw_vectors(model.ensemble(), bulk.neurons(), Sampling::Matched, seed, realisation)?;
    let network = Network::new(model.g(), Arc::clone(bulk), vectors)?;
    let x0 = initial_currents(&network, start, copies, seed, realisation)?;
    let observed = simulate(&network, model, x0.as_ref(), protocol, (seed, realisation))?;
    Ok((network, observed))
}

/// What `of` gives for every realisation of an ensemble, in their order.
pub(crate) fn every<T: Send>(
    ensemble: Ensemble,
    of: impl Fn(u64) -> Result<T, StudyError> + Send + Sync,
) -> Result<Vec<T>, StudyError> {
    (0..ensemble.networks as u64).into_par_iter().map(of).collect()
}

/// A protocol of the method of one product a step, which is a fifth of the shortest time constant of the model's variant, or shorter where
/// the network asks for it.
pub(crate) fn protocol(variant: Variant, transient: f64, window: f64, interval: f64) -> Result<Protocol, StudyError> {
    let step = 0.2 * variant.shortest_time_constant();
    Ok(Protocol::new(Timing { transient, window, interval, step }, Method::EtdAb3)?.with_chosen_step())
}
