//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use thiserror::Error;

/// Why a spec was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SpecError {
    /// The spec is no TOML, or has fields or values that a spec has not.
    #[error("the spec is not understood: {reason}")]
    NotUnderstood {
        /// Line, field and mend, in one line.
        reason: String,
    },
    /// The spec could not be written as text.
    #[error("the spec cannot be written as JSON: {reason}")]
    NotWritten {
        /// What the writer says.
        reason: String,
    },
    /// A number out of its range.
    #[error("{field} is {value}: it must be {relation}")]
    OutOfRange {
        /// Field of the spec.
        field: String,
        /// Its value.
        value: String,
        /// What it must be.
        relation: &'static str,
    },
    /// A name that is not known.
    #[error("{field} is {name:?}: did you mean {nearest:?}? Choose one of {known}")]
    UnknownName {
        /// Field of the spec.
        field: String,
        /// The name given.
        name: String,
        /// The known name that is most like it.
        nearest: String,
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
    /// A field that does not go with the rest, or with what is asked for.
    #[error("{field} is given: {why}; {mend}")]
    NotHere {
        /// Field of the spec.
        field: String,
        /// Why it cannot be there.
        why: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// The file of the vectors was not read.
    #[error("structure.vectors is {path:?}: its vectors are needed here; read the file and hand them over")]
    NeedsVectors {
        /// The file.
        path: String,
    },
    /// The table of an input was not read.
    #[error(
        "input {input} has from = {path:?}: its times and amplitudes are needed here; read the file and hand them over"
    )]
    NeedsTable {
        /// The input.
        input: usize,
        /// The file.
        path: String,
    },
    /// A model of the grid was refused.
    #[error("at {at}: {source}")]
    BadCell {
        /// The values of the axes.
        at: String,
        /// Why.
        source: ModelError,
    },
    /// A field that another crate refused.
    #[error("{field}: {source}")]
    BadModel {
        /// Field of the spec.
        field: String,
        /// Why.
        source: ModelError,
    },
    /// A kind of bulk was refused.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// A protocol was refused.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// The model was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl SpecError {
    /// Whether this cell of a grid alone cannot be: each value may be had, and they do not go together. Where a value can never be had
    /// the spec is wrong.
    pub fn is_of_cell(&self) -> bool {
        use ModelError::{EigenvaluesFailed, NotPositiveSemidefinite};
        matches!(self, Self::BadCell { source: NotPositiveSemidefinite { .. } | EigenvaluesFailed { .. }, .. })
    }
}

/// A field with a value that it cannot have.
pub fn out_of_range(field: impl ToString, value: impl ToString, relation: &'static str) -> SpecError {
    SpecError::OutOfRange { field: field.to_string(), value: value.to_string(), relation }
}

/// A name that is none of the known ones.
pub(crate) fn unknown(field: &str, name: &str, known: &[&str]) -> SpecError {
    SpecError::UnknownName {
        field: field.to_owned(),
        name: name.to_owned(),
        nearest: nearest(name, known.iter().copied()).unwrap_or_default().to_owned(),
        known: known.join(", "),
    }
}

/// The known name that is most like the given one.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
