//! An operating point: a network in a known phase, how it is started, and what is claimed about it.

use std::borrow::Cow;

use lowrank_connectivity::{BulkKind, Sampling};
use lowrank_integrate::Method;
use lowrank_model::Initial;
use lowrank_model::{Model, Variant};
use lowrank_simulate::{Protocol, SimulateError, Timing};
use serde::Serialize;

use crate::{Margin, Statistic};

/// Whose moments theory is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Predictor {
    /// The ensemble's; vectors are drawn matched to them, so that sampled overlaps add no noise.
    Ensemble,
    /// Each network's own vectors (empirical ensemble), drawn independently.
    EachNetwork,
}

/// Which theory an operating point is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The stationary solution (T6-T10).
    AtRest,
    /// The chaotic solution (T12-T18).
    Chaotic,
    /// The fluctuating solution of a network with white noise whose Lyapunov exponent is not positive (T24): its theory is that of
    /// the chaotic one.
    Fluctuating,
    /// The course in time from the initial state (T19).
    Transient,
    /// Growth without bound (T29): no number is claimed but that networks grow so too.
    Unbounded,
}

impl Phase {
    /// The word in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::AtRest => "stationary",
            Self::Chaotic => "chaotic",
            Self::Fluctuating => "fluctuating",
            Self::Transient => "transient",
            Self::Unbounded => "unbounded",
        }
    }
}

/// One operating point. The model's variant is replaced by each variant in turn.
#[derive(Debug, Clone)]
pub struct OperatingPoint {
    /// Name in tables: lower case, hyphens.
    pub name: Cow<'static, str>,
    /// Why this point: in which phase it is, and how far from the transitions.
    pub why: Cow<'static, str>,
    /// The network model.
    pub model: Model,
    /// Which theory it is held against.
    pub phase: Phase,
    /// kappa of the state that the initial state leads to, as `lowrank_meanfield::selection` selects it.
    pub kappa: Vec<f64>,
    /// Whose moments theory is given.
    pub predictor: Predictor,
    /// Law of the initial state.
    pub initial: Initial,
    /// States of one network that are run together.
    pub copies: usize,
    /// Of the networks every so many-th is run, from the first on.
    pub every: usize,
    /// Kind of bulk.
    pub bulk: BulkKind,
    /// Method of integration.
    pub method: Method,
    /// Times of a run.
    pub timing: Timing,
    /// Whether the step is chosen, the one of the times being the longest, or given.
    pub chosen_step: bool,
    /// Lags of the autocovariance.
    pub lags: Vec<f64>,
    /// What is claimed for every variant.
    pub statistics: Vec<(Statistic, Margin)>,
    /// The variants, each with what is claimed for it besides.
    pub variants: Vec<(Variant, Vec<(Statistic, Margin)>)>,
}

impl OperatingPoint {
    /// The method of all points that last, and of the figure.
    pub const METHOD: Method = Method::EtdAb3;

    /// The method of transients: just after a jump of the input, where the multistep method has just begun, it errs by most of
    /// a standard error.
    pub const METHOD_OF_TRANSIENTS: Method = Method::Rk4;

    /// What is claimed about a variant; nothing about one that the point does not have.
    pub fn statistics_of(&self, variant: Variant) -> impl Iterator<Item = (Statistic, Margin)> + '_ {
        let own = self.variants.iter().filter(move |(v, _)| *v == variant);
        own.flat_map(|(_, besides)| self.statistics.iter().chain(besides).copied())
    }

    /// Number of claims in all variants.
    pub fn claims(&self) -> usize {
        self.variants.iter().map(|(_, besides)| self.statistics.len() + besides.len()).sum()
    }

    /// How many of so many networks are run.
    pub fn networks_of(&self, networks: usize) -> usize {
        networks.div_ceil(self.every.max(1))
    }

    /// How vectors are drawn.
    pub fn sampling(&self) -> Sampling {
        match self.predictor {
            Predictor::Ensemble => Sampling::Matched,
            Predictor::EachNetwork => Sampling::Independent,
        }
    }

    /// The protocol of a run, the step multiplied by `step_factor`.
    ///
    /// # Errors
    /// Times out of range or lags off the grid: a mistake in the point.
    pub fn protocol(&self, step_factor: f64) -> Result<Protocol, SimulateError> {
        let timing = Timing { step: self.timing.step * step_factor, ..self.timing };
        let protocol = Protocol::new(timing, self.method)?.with_lags(&self.lags)?;
        let protocol = if self.phase == Phase::Transient { protocol.as_course() } else { protocol };
        // A step that is not the point's own is there to be caught by the claims, not by the integrator.
        let own = step_factor == 1.0;
        Ok(match (own, self.chosen_step) {
            (true, true) => protocol.with_chosen_step(),
            (true, false) => protocol,
            (false, _) => protocol.with_tolerance(f64::INFINITY),
        })
    }
}
