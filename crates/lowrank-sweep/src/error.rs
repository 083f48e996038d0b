//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_meanfield::MeanFieldError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use lowrank_spec::SpecError;
use thiserror::Error;

/// Why a sweep was refused or could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SweepError {
    /// A block that the sweep does not have.
    #[error("there is no block {block}: this sweep has {blocks}, counted from 0")]
    NoSuchBlock {
        /// The index asked for.
        block: usize,
        /// Number of blocks.
        blocks: usize,
    },
    /// The bytes of a block are not those of this sweep's fields.
    #[error("block {block} holds {found} bytes where its cells need {expected}: run it again with this version")]
    WrongBlock {
        /// Index of the block.
        block: usize,
        /// Bytes found.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// The given step is unstable for a cell, as its overlaps tell.
    #[error("cell {cell}, {variant} variant: {error}")]
    Step {
        /// The values of the axes.
        cell: String,
        /// Name of the variant.
        variant: &'static str,
        /// The step and the longest stable one.
        error: SimulateError,
    },
    /// The spec was refused.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A network was refused.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// A simulation was refused.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Theory failed.
    #[error(transparent)]
    MeanField(#[from] MeanFieldError),
    /// The model was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}
