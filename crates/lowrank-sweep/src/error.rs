//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_meanfield::MeanFieldError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use thiserror::Error;

/// Why a sweep was refused or could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SweepError {
    /// The definition is no TOML, or has fields or values that a definition has not.
    #[error("the definition is not understood: {reason}")]
    NotUnderstood {
        /// What the parser says, in one line.
        reason: String,
    },
    /// The definition could not be written as text.
    #[error("the definition cannot be written as JSON: {reason}")]
    NotWritten {
        /// What the writer says.
        reason: String,
    },
    /// A number out of its range.
    #[error("{field} is {value}: it must be {relation}")]
    OutOfRange {
        /// Field of the definition.
        field: String,
        /// Its value.
        value: String,
        /// What it must be.
        relation: &'static str,
    },
    /// A name that is not known.
    #[error("{field} is {name:?}: choose one of {known}")]
    UnknownName {
        /// Field of the definition.
        field: String,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A parameter is set twice.
    #[error("{first} and {second} both set {what}: leave one of the axes out")]
    SetTwice {
        /// One axis.
        first: String,
        /// Another.
        second: String,
        /// What both set.
        what: String,
    },
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
    /// A model of the grid was refused.
    #[error("at {at}: {source}")]
    BadCell {
        /// The values of the axes.
        at: String,
        /// Why.
        source: ModelError,
    },
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
