//! The one error of this crate: what was wrong with a description, with the value, the limit and the mend.

use thiserror::Error;

/// Why a description of a network was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ModelError {
    /// A number is infinite or NaN.
    #[error("{field} is {value}: it must be a finite number")]
    NotFinite {
        /// What was given.
        field: String,
        /// The value found.
        value: f64,
    },
    /// A number lies below its limit.
    #[error("{field} is {value}: it must be {relation} {limit}")]
    TooSmall {
        /// What was given.
        field: String,
        /// The value found.
        value: f64,
        /// ">=" or ">".
        relation: &'static str,
        /// The limit.
        limit: f64,
    },
    /// An array has the wrong length.
    #[error("{field} has {found} entries where {expected} are needed: {mend}")]
    Length {
        /// What was given.
        field: String,
        /// Its length.
        found: usize,
        /// The length needed.
        expected: usize,
        /// Where the needed length comes from.
        mend: &'static str,
    },
    /// A vector is named that the ensemble does not have.
    #[error(
        "there is no vector {vector}: this ensemble has rank {rank}, {inputs} inputs and {readouts} readouts, each counted from 0"
    )]
    NoSuchVector {
        /// The vector asked for.
        vector: String,
        /// Rank of the structure.
        rank: usize,
        /// Number of input vectors.
        inputs: usize,
        /// Number of readout vectors.
        readouts: usize,
    },
    /// The covariance is not symmetric.
    #[error(
        "covariance[{row}][{column}] is {upper} but covariance[{column}][{row}] is {lower}: a covariance is symmetric, give both the same value"
    )]
    NotSymmetric {
        /// Row of the offending entry.
        row: usize,
        /// Column of the offending entry.
        column: usize,
        /// Entry (row, column).
        upper: f64,
        /// Entry (column, row).
        lower: f64,
    },
    /// The covariance has a negative eigenvalue.
    #[error(
        "the covariance is not positive semidefinite: its smallest eigenvalue is {smallest}, it must be >= 0; lower the covariances or raise the variances"
    )]
    NotPositiveSemidefinite {
        /// Smallest eigenvalue.
        smallest: f64,
    },
    /// The eigenvalues of the covariance could not be computed.
    #[error("the eigenvalues of the {dimension} x {dimension} covariance did not converge: rescale its entries")]
    EigenvaluesFailed {
        /// Number of jointly Gaussian vectors.
        dimension: usize,
    },
    /// The times of a piecewise input do not increase.
    #[error("time {index} of the piecewise input is {time}, not after {previous}: give the times in increasing order")]
    TimesNotIncreasing {
        /// Index of the offending time.
        index: usize,
        /// The offending time.
        time: f64,
        /// The time before it.
        previous: f64,
    },
    /// A name is not known.
    #[error("there is no {kind} named {name:?}: choose one of {known}")]
    UnknownName {
        /// What kind of thing was named.
        kind: &'static str,
        /// The name given.
        name: String,
        /// The names that exist.
        known: String,
    },
}

/// Refuses what is not finite.
pub(crate) fn finite(field: &str, value: f64) -> Result<f64, ModelError> {
    if value.is_finite() { Ok(value) } else { Err(ModelError::NotFinite { field: field.to_owned(), value }) }
}

/// Refuses what is not finite or is negative.
pub(crate) fn non_negative(field: &str, value: f64) -> Result<f64, ModelError> {
    if finite(field, value)? >= 0.0 {
        Ok(value)
    } else {
        Err(ModelError::TooSmall { field: field.to_owned(), value, relation: ">=", limit: 0.0 })
    }
}

/// Refuses what is not finite or is not above zero.
pub(crate) fn positive(field: &str, value: f64) -> Result<f64, ModelError> {
    if finite(field, value)? > 0.0 {
        Ok(value)
    } else {
        Err(ModelError::TooSmall { field: field.to_owned(), value, relation: ">", limit: 0.0 })
    }
}
