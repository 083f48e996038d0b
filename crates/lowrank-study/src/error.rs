//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_integrate::IntegrateError;
use lowrank_meanfield::MeanFieldError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use lowrank_sweep::SweepError;
use lowrank_tasks::TaskError;
use lowrank_validate::ValidateError;
use thiserror::Error;

/// Why a figure could not be made.
#[derive(Debug, Error)]
pub enum StudyError {
    /// No figure has this name.
    #[error("there is no figure {name:?}: choose one of {known}")]
    UnknownFigure {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Theory has no solution where the figure needs one.
    #[error("no {what} at {at}; report this as a fault of the program")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// Where.
        at: String,
    },
    /// A description that cannot be.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A network that could not be drawn.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// An integration that failed.
    #[error(transparent)]
    Integrate(#[from] IntegrateError),
    /// Theory without an answer.
    #[error(transparent)]
    MeanField(#[from] MeanFieldError),
    /// A simulation that failed.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// A sweep that failed.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// A task that could not be built, run or predicted.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// An operating point that failed.
    #[error(transparent)]
    Validate(#[from] ValidateError),
    /// Data that JSON does not have.
    #[error("cannot write the data of a figure as JSON: {0}; report this as a fault of the program")]
    Json(#[from] serde_json::Error),
}
