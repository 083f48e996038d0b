//! The one error of this crate.

use lowrank_model::ModelError;
use thiserror::Error;

/// Why a network could not be drawn or analysed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConnectivityError {
    /// Too few neurons.
    #[error("N is {n}: it must be >= {limit}{why}")]
    TooFewNeurons {
        /// Number of neurons asked for.
        n: usize,
        /// The least there may be.
        limit: usize,
        /// What sets the limit.
        why: &'static str,
    },
    /// N does not agree with given vectors.
    #[error("N is {n} but the given vectors have {entries} entries: set N to {entries} or give vectors of length {n}")]
    SizeMismatch {
        /// Number of neurons asked for.
        n: usize,
        /// Entries of the vectors.
        entries: usize,
    },
    /// A variance factor that is not above zero.
    #[error("the variance of the bulk is {value} / N: it must be a finite number > 0")]
    BadVariance {
        /// N times the variance asked for.
        value: f64,
    },
    /// A gain vector has the wrong length.
    #[error("there are {found} gains phi' for {expected} neurons: give one gain a neuron")]
    WrongGains {
        /// Number of gains.
        found: usize,
        /// Number of neurons.
        expected: usize,
    },
    /// A gain is infinite or NaN.
    #[error("gain phi' of neuron {neuron} is {value}: it must be a finite number")]
    GainNotFinite {
        /// The neuron, counted from 0.
        neuron: usize,
        /// The value found.
        value: f64,
    },
    /// The iteration for the eigenvalues did not converge.
    #[error("the eigenvalues of the {n} x {n} connectivity did not converge: draw another realisation")]
    EigenvaluesFailed {
        /// Number of neurons.
        n: usize,
    },
    /// The vectors were refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}
