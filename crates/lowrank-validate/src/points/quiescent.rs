//! Quiescent: nothing is fed in and nothing sustains itself.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, absolute};
use crate::{OperatingPoint, Phase, Predictor, Statistic};

/// Below this a network is at rest: e^(-24 / 2) of its start.
const REST: f64 = 1e-3;

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), 0.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()?;
    Ok(OperatingPoint {
        name: "quiescent".into(),
        why: "g = 0.5 and overlap 0.5, half of what either instability needs: x decays as e^(-t / 2)".into(),
        model: Model::new(0.5, Transfer::Tanh, Variant::Current, ensemble, Input::none())?,
        phase: Phase::AtRest,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: vec![(M(0), 1.0)], deviation: 1.0 },
        copies: 1,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: OperatingPoint::METHOD,
        timing: AT_REST,
        chosen_step: false,
        lags: Vec::new(),
        statistics: [Statistic::Mu, Statistic::Delta0, Statistic::Delta0Individual, Statistic::Kappa(0)]
            .map(|s| (s, absolute(REST)))
            .to_vec(),
        variants: vec![
            (Variant::Current, Vec::new()),
            (Variant::Rate, [Statistic::RMean, Statistic::RSecondMoment].map(|s| (s, absolute(REST))).to_vec()),
        ],
    })
}
