//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_integrate::{IntegrateError, Method};
use lowrank_model::ModelError;
use thiserror::Error;

/// Why a simulation was refused or stopped.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SimulateError {
    /// A time of the protocol is out of range.
    #[error("{field} is {value}: it must be a finite number {relation} {limit}")]
    BadTime {
        /// Which time.
        field: &'static str,
        /// The value found.
        value: f64,
        /// ">=" or ">".
        relation: &'static str,
        /// The limit.
        limit: f64,
    },
    /// A lag does not fall on the grid of samples.
    #[error(
        "lag {lag} is not a multiple of the sampling interval {interval} within the window {window}: choose one that is"
    )]
    LagOffGrid {
        /// The lag asked for.
        lag: f64,
        /// The sampling interval.
        interval: f64,
        /// The measuring window.
        window: f64,
    },
    /// More samples than a run can hold.
    #[error(
        "the window {window} holds {samples} samples at interval {interval}: at most {limit}, lengthen the interval"
    )]
    TooManySamples {
        /// The measuring window.
        window: f64,
        /// The sampling interval.
        interval: f64,
        /// Samples asked for.
        samples: f64,
        /// The most there may be.
        limit: f64,
    },
    /// The initial states have the wrong shape.
    #[error("the initial states are {rows} x {columns}: they must be {neurons} (neurons) x at least 1")]
    BadShape {
        /// Rows given.
        rows: usize,
        /// Columns given.
        columns: usize,
        /// Neurons of the network.
        neurons: usize,
    },
    /// A method that does not take noise.
    #[error("the input carries white noise, which method {method} does not integrate: choose euler (Euler-Maruyama)")]
    NoiseNeedsEuler {
        /// The method asked for.
        method: Method,
    },
    /// Network and model have different vectors.
    #[error(
        "the network has rank {network_rank} and {network_inputs} inputs, the model rank {model_rank} and {model_inputs}: draw the network from this model"
    )]
    ModelMismatch {
        /// Rank of the network.
        network_rank: usize,
        /// Inputs of the network.
        network_inputs: usize,
        /// Rank of the model.
        model_rank: usize,
        /// Inputs of the model.
        model_inputs: usize,
    },
    /// The integration stopped.
    #[error(transparent)]
    Integrate(#[from] IntegrateError),
    /// The network was refused.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// The model was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}
