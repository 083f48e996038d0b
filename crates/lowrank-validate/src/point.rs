//! An operating point: a network in a known phase, how it is started, and what is claimed about it.

use lowrank_connectivity::Sampling;
use lowrank_integrate::Method;
use lowrank_model::Initial;
use lowrank_model::{Model, Variant};
use lowrank_simulate::{Protocol, SimulateError, Timing};
use serde::Serialize;

use crate::{Margin, Statistic};

/// Whose moments theory is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predictor {
    /// The ensemble's; vectors are drawn matched to them, so that sampled overlaps add no noise.
    Ensemble,
    /// Each network's own vectors (empirical ensemble), drawn independently.
    EachNetwork,
}

/// One operating point. The model's variant is replaced by each variant in turn.
#[derive(Debug, Clone)]
pub struct OperatingPoint {
    /// Name in tables: lower case, hyphens.
    pub name: &'static str,
    /// Why this point: in which phase it is, and how far from the transitions.
    pub why: &'static str,
    /// The network model.
    pub model: Model,
    /// Whether theory is the chaotic solution (or else the stationary one).
    pub chaotic: bool,
    /// Rough kappa of the branch that the initial state leads to.
    pub kappa: Vec<f64>,
    /// Whose moments theory is given.
    pub predictor: Predictor,
    /// Law of the initial state.
    pub initial: Initial,
    /// States of one network that are run together.
    pub copies: usize,
    /// Times of a run.
    pub timing: Timing,
    /// Lags of the autocovariance.
    pub lags: Vec<f64>,
    /// What is claimed, for both variants.
    pub statistics: Vec<(Statistic, Margin)>,
    /// What is claimed for the rate variant besides.
    pub rate_statistics: Vec<(Statistic, Margin)>,
}

impl OperatingPoint {
    /// The method all points are integrated with.
    pub const METHOD: Method = Method::Rk4;

    /// What is claimed about a variant.
    pub fn statistics_of(&self, variant: Variant) -> impl Iterator<Item = (Statistic, Margin)> + '_ {
        let extra: &[_] = if variant == Variant::Rate { &self.rate_statistics } else { &[] };
        self.statistics.iter().chain(extra).copied()
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
        Protocol::new(timing, Self::METHOD)?.with_lags(&self.lags)
    }
}
