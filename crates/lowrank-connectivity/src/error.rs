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
    /// A population of too few neurons for its moments to be matched.
    #[error(
        "a population has {members} of the {n} neurons: matched vectors need {limit}, two more than there are vectors; choose a larger N, a larger weight, or structure.sampling = \"independent\""
    )]
    SmallPopulation {
        /// Neurons of the population.
        members: usize,
        /// Neurons of the network.
        n: usize,
        /// The least there may be.
        limit: usize,
    },
    /// Too many neurons for the memory of this machine.
    #[error("N is {n}: the bulk needs {gigabytes:.1} GB, which cannot be had; choose a smaller N")]
    TooManyNeurons {
        /// Number of neurons asked for.
        n: usize,
        /// Memory of the bulk.
        gigabytes: f64,
    },
    /// More memory is needed than there is.
    #[error(
        "{needed:.1} GB are needed where {available:.1} GB are available and nine tenths of them may be filled: choose a smaller N, fewer samples to keep, a sign or sparse bulk, or in a sweep f32 or fewer cells together"
    )]
    NotEnoughMemory {
        /// Memory needed, in 10^9 bytes.
        needed: f64,
        /// Memory available, in 10^9 bytes.
        available: f64,
    },
    /// A number of inputs a unit that a sparse bulk cannot have.
    #[error("the sparse bulk has {inputs} inputs a unit where N is {n}: choose 1 to {n}")]
    BadInputs {
        /// Inputs asked for.
        inputs: usize,
        /// Number of neurons.
        n: usize,
    },
    /// Not the name of a kind of bulk.
    #[error("the kind of bulk is {name:?}: write gaussian, sign or sparse:K with K inputs a unit")]
    BadBulkKind {
        /// What was written.
        name: String,
    },
    /// A bulk of given entries has the wrong number of them.
    #[error("the bulk has {found} entries where N is {n}: give N x N entries, column by column")]
    WrongEntries {
        /// Number of entries.
        found: usize,
        /// Number of neurons.
        n: usize,
    },
    /// An entry of a given bulk is infinite or NaN.
    #[error("entry ({row}, {column}) of the bulk is {value}: it must be a finite number")]
    EntryNotFinite {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// The buffers of a product have the wrong shape.
    #[error(
        "the product J v of {n} neurons got v of {v_rows} x {v_columns} and an output of {out_rows} x {out_columns}: both must be {n} x batch"
    )]
    WrongShape {
        /// Number of neurons.
        n: usize,
        /// Rows of v.
        v_rows: usize,
        /// Columns of v.
        v_columns: usize,
        /// Rows of the output.
        out_rows: usize,
        /// Columns of the output.
        out_columns: usize,
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
    /// A number of eigenvalues that a network does not have.
    #[error("{count} leading eigenvalues are asked for where N is {n}: ask for 1 to {n}")]
    BadCount {
        /// Number of eigenvalues asked for.
        count: usize,
        /// Number of neurons.
        n: usize,
    },
    /// The leading eigenvalues did not converge.
    #[error(
        "the {count} leading eigenvalues have a relative residual of {residual:e} after {restarts} restarts where {limit:e} is the limit: ask for fewer, or compute all of them"
    )]
    LeadingFailed {
        /// Number of eigenvalues asked for.
        count: usize,
        /// The largest ||S v - lambda v|| over the largest |lambda|, ||v|| = 1; infinite if a product overflowed.
        residual: f64,
        /// Restarts made.
        restarts: usize,
        /// The limit.
        limit: f64,
    },
    /// The vectors were refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}
