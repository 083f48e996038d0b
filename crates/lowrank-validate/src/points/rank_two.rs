//! Rank two: one pair of vectors sustains itself, the other is driven and fed by the first.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, at_rest, both};
use crate::{OperatingPoint, Phase, Predictor};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(2).with_inputs(1))
        .mean(M(0), 1.2)
        .mean(N(0), 1.8)
        .mean(I(0), 0.4)
        .variance(M(0), 0.5)
        .variance(M(1), 1.0)
        .variance(N(0), 1.0)
        .variance(N(1), 1.5)
        .variance(I(0), 0.5)
        .covariance(M(0), N(1), 0.5)
        .covariance(M(1), N(1), 0.6)
        .covariance(N(1), I(0), 0.5)
        .build()?;
    Ok(OperatingPoint {
        name: "rank-two".into(),
        why: "g = 0.8: kappa_1 from the means, kappa_2 from covariances with m_1, m_2 and the input; far below rho = 1"
            .into(),
        model: Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0])?)?,
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
        statistics: at_rest(2),
        variants: both(),
    })
}
