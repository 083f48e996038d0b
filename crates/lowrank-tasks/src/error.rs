//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_meanfield::MeanFieldError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use lowrank_validate::ValidateError;
use thiserror::Error;

/// Why a task could not be built, run or predicted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TaskError {
    /// A task that is not there.
    #[error("there is no task named {name:?}: choose one of {known}")]
    UnknownTask {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A number that cannot be.
    #[error("{field} is {value}: it must be {limit}")]
    BadNumber {
        /// Which number.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        limit: &'static str,
    },
    /// Theory cannot tell the conditions of a task apart.
    #[error(
        "theory's readout is {below} where it must be low and {above} where it must be high: this geometry does not do the task, change its parameters"
    )]
    NotSeparated {
        /// Highest readout where it must be low.
        below: f64,
        /// Lowest readout where it must be high.
        above: f64,
    },
    /// The search has found nothing.
    #[error(
        "the search ended without a geometry that does the task: start it from another seed, or within wider bounds"
    )]
    NothingFound,
    /// No step that was tried serves a trial.
    #[error("at g = {g} in the {variant} variant no step serves a trial, lower g: {error}")]
    NoStep {
        /// Random strength.
        g: f64,
        /// Name of the variant.
        variant: &'static str,
        /// Why the shortest step does not.
        error: SimulateError,
    },
    /// A description was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A network could not be drawn.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// A simulation stopped.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Theory has no answer.
    #[error(transparent)]
    MeanField(#[from] MeanFieldError),
    /// A claim could not be judged.
    #[error(transparent)]
    Validate(#[from] ValidateError),
}
