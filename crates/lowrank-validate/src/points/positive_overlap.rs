//! Positive rates with a covariance of m and n: a real outlier of the stability matrix (T10), in which all rows take part.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, absolute, at_rest_within, both};
use crate::{OperatingPoint, Phase, Predictor, Statistic};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 0.2)
        .mean(N(0), 0.3)
        .mean(I(0), -0.8)
        .variance(M(0), 1.5)
        .variance(N(0), 1.5)
        .variance(I(0), 0.3)
        .covariance(M(0), N(0), 1.1)
        .covariance(N(0), I(0), 0.1)
        .covariance(M(0), I(0), -0.3)
        .build()?;
    let mut statistics = at_rest_within(1, [0.021, 0.01, 0.065, 0.062, 0.0105, 0.048]);
    statistics.push((Statistic::OutlierRe(0), absolute(0.02)));
    Ok(OperatingPoint {
        name: "positive-overlap".into(),
        why: "1 + tanh near its threshold, S_mn = 1.1 at g = 0.3: one state, a real outlier 0.64, far outside the disc of \
              radius 0.20 and below 1".into(),
        model: Model::new(0.3, Transfer::OnePlusTanh, Variant::Current, ensemble, Input::constant(&[1.0])?)?,
        phase: Phase::AtRest,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: Vec::new(), deviation: 1.0 },
        copies: 1,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: OperatingPoint::METHOD,
        timing: AT_REST,
        chosen_step: false,
        lags: Vec::new(),
        statistics,
        variants: both(),
    })
}
