//! The one error of this crate.

use lowrank_connectivity::ConnectivityError;
use lowrank_meanfield::MeanFieldError;
use lowrank_model::ModelError;
use lowrank_simulate::SimulateError;
use thiserror::Error;

/// Why a validation could not be carried out.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ValidateError {
    /// A pattern that no claim matches.
    #[error("no claim matches the pattern {pattern:?}: use a part of a name such as {example}")]
    NothingMatches {
        /// The pattern given.
        pattern: String,
        /// The name of some claim.
        example: String,
    },
    /// No such planted fault.
    #[error("there is no planted fault named {name:?}: choose one of {known}")]
    UnknownPlant {
        /// The name given.
        name: String,
        /// All names.
        known: String,
    },
    /// A number of threads out of range.
    #[error("the number of threads is {threads}: it must be between 1 and {limit}")]
    BadThreads {
        /// The number given.
        threads: usize,
        /// The most there may be.
        limit: usize,
    },
    /// Theory has no solution of the phase an operating point is in.
    #[error("theory has no {phase} solution at operating point {point}")]
    WrongPhase {
        /// Name of the operating point.
        point: String,
        /// The phase it should be in.
        phase: &'static str,
    },
    /// A claim about something that one of the arms does not find at an operating point.
    #[error("operating point {point} has no {statistic}: claim it where theory and simulation find it")]
    NotThere {
        /// Name of the operating point.
        point: String,
        /// Name of the statistic.
        statistic: String,
    },
    /// Too few networks for a standard error.
    #[error("{networks} networks give no standard error: at least 2 are needed")]
    TooFewNetworks {
        /// Number of networks.
        networks: usize,
    },
    /// The threads could not be started.
    #[error("{threads} threads could not be started: ask for fewer")]
    NoThreads {
        /// The number asked for.
        threads: usize,
    },
    /// A simulation failed.
    #[error("operating point {point}, realisation {realisation}: {source}")]
    Simulation {
        /// Name of the operating point.
        point: String,
        /// Which network.
        realisation: u64,
        /// What happened.
        source: SimulateError,
    },
    /// A network could not be drawn.
    #[error(transparent)]
    Connectivity(#[from] ConnectivityError),
    /// Theory failed.
    #[error(transparent)]
    MeanField(#[from] MeanFieldError),
    /// A model was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A protocol was refused.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
}
