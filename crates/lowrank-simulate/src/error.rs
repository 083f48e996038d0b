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
        "the window {window} holds {samples} samples at interval {interval}: at most {limit}, lengthen run.interval"
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
    /// States have the wrong shape.
    #[error("the states are {rows} x {columns}: they must be {neurons} (neurons) x {copies} (copies, at least 1)")]
    BadShape {
        /// Rows given.
        rows: usize,
        /// Columns given.
        columns: usize,
        /// Neurons of the network.
        neurons: usize,
        /// Copies that are run together.
        copies: usize,
    },
    /// A method that does not take noise.
    #[error(
        "the model carries white noise, which run.method {method} does not integrate: choose euler (Euler-Maruyama) or auto"
    )]
    NoiseNeedsEuler {
        /// The method asked for.
        method: Method,
    },
    /// A method that the block engine does not have.
    #[error(
        "method {method} takes more than one product a step, which a block of cells does not: choose euler, exponential-euler or etd-ab3"
    )]
    ManyProducts {
        /// The method asked for.
        method: Method,
    },
    /// A time that a whole number of steps does not reach.
    #[error("{field} is {value}, no multiple of run.step = {step}: choose one that is")]
    OffStep {
        /// Which time.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The step.
        step: f64,
    },
    /// Cells of different variants in one block.
    #[error(
        "cell {index} of a block is of the {other} variant, the first of the {first} one: run them in blocks of their own"
    )]
    MixedVariants {
        /// Variant of the first cell.
        first: &'static str,
        /// Variant of the other.
        other: &'static str,
        /// Place of the other, counted from 0.
        index: usize,
    },
    /// A Lyapunov exponent of a noisy model.
    #[error(
        "the model carries white noise, whose Lyapunov exponent is not computed: set run.lyapunov to false, or network.noise and input.noise to 0"
    )]
    NoisyTangent,
    /// A tangent vector that became zero, infinite or NaN between two samples.
    #[error("a tangent vector changed its length by a factor of {factor} up to time {time}: shorten run.interval")]
    TangentLost {
        /// The factor since the sample before.
        factor: f64,
        /// Time of the sample.
        time: f64,
    },
    /// Network and model have different vectors.
    #[error(
        "the network has g {network_g}, rank {network_rank} and {network_inputs} inputs, the model g {model_g}, rank {model_rank} and {model_inputs} inputs: draw the network from this model"
    )]
    ModelMismatch {
        /// Random strength of the network.
        network_g: f64,
        /// Random strength of the model.
        model_g: f64,
        /// Rank of the network.
        network_rank: usize,
        /// Inputs of the network.
        network_inputs: usize,
        /// Rank of the model.
        model_rank: usize,
        /// Inputs of the model.
        model_inputs: usize,
    },
    /// An observable is no number although every state was: the activity is too large for its square.
    #[error("{observable} is {value} at time {time}: the activity diverges, lower g or the overlaps")]
    NotANumber {
        /// Which observable.
        observable: &'static str,
        /// Its value.
        value: f64,
        /// End of the run.
        time: f64,
    },
    /// The method amplifies modes of the network that decay.
    #[error(
        "run.step is {step}: method {method} is unstable with it for this network; {}",
        longest.map_or_else(
            || "it has no stable step there, choose another run.method".to_owned(),
            |longest| format!("it is stable at {longest}, choose that or \"auto\"")
        )
    )]
    UnstableStep {
        /// The method.
        method: Method,
        /// The step.
        step: f64,
        /// The longest stable half, quarter, ... of it.
        longest: Option<f64>,
    },
    /// The estimated error of a run is too large for its numbers to be believed.
    #[error(
        "run.step is {step}: the error estimate of the run is {error:.3} per unit time with method {method}, at most {limit} is believed; choose {}",
        if *chosen { "another run.method, or a shorter step as a number" } else { "\"auto\", or a shorter step" }
    )]
    InaccurateStep {
        /// The method.
        method: Method,
        /// The step, the shortest that was tried.
        step: f64,
        /// Whether it was chosen, not given.
        chosen: bool,
        /// The estimate (T37).
        error: f64,
        /// The largest that is believed.
        limit: f64,
    },
    /// A chosen step with which the method changes the growth of a rotation.
    #[error(
        "run.step is {step}: method {method} changes the growth of a rotation of the activity by {error:.3} per unit time, at most {limit:.3} is believed; choose etd-ab3 or rk4 where there is no noise, or give the step as a number"
    )]
    UnfaithfulStep {
        /// The method.
        method: Method,
        /// The step, the shortest that was tried.
        step: f64,
        /// Change of growth rate and frequency, per unit time.
        error: f64,
        /// The largest that is believed.
        limit: f64,
    },
    /// A state at which the method rests and the equations do not.
    #[error(
        "run.step is {step}: method {method} rests at a state where dx/dt is {residual:.3} (root mean square), which is no state of rest; choose \"auto\", or a shorter step"
    )]
    SpuriousRest {
        /// The method.
        method: Method,
        /// The step.
        step: f64,
        /// The root mean square of dx/dt.
        residual: f64,
    },
    /// No step that may be chosen serves.
    #[error(
        "run.step is \"auto\": no step from {longest} to {shortest} serves the network and its input with method {method}; choose {}, or a step as a number", others(*method)
    )]
    NoStep {
        /// The method.
        method: Method,
        /// The longest step that may be chosen.
        longest: f64,
        /// The shortest one.
        shortest: f64,
    },
    /// The activity grows for ever.
    #[error("the activity grows without bound (unbounded), as is seen at time {time}: lower g or the overlaps")]
    Unbounded {
        /// When it was seen.
        time: f64,
    },
    /// The activity still grows, too slowly to tell whether for ever.
    #[error(
        "the activity still grows at time {time}, too slowly to tell whether it has a bound: lengthen run.transient, or choose g and the overlaps farther from where growth begins"
    )]
    Undecided {
        /// The time until which it was followed.
        time: f64,
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

/// Methods of high order, without this one.
fn others(method: Method) -> &'static str {
    match method {
        Method::EtdAb3 => "rk4",
        Method::Rk4 => "etd-ab3",
        _ => "etd-ab3 or rk4",
    }
}

impl SimulateError {
    /// When a state or an observable left the range of numbers, if that is the error.
    pub(crate) fn time(&self) -> Option<f64> {
        match self {
            Self::Integrate(IntegrateError::NonFinite { time, .. }) | Self::NotANumber { time, .. } => Some(*time),
            _ => None,
        }
    }
}
